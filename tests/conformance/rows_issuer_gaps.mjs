/*
 * What the issuer plan leaves: transaction codes, nonces, the rest of the key proof, batches, requests of the wrong form,
 * notification and deferred errors, encryption, what is used twice at once. Names are sentences.
 */
import * as documents from './documents.mjs';
import { CODE, PRE } from './issuance.mjs';
import { newKey, now, random, seal } from './jwt.mjs';
import { attestation } from './rows_issuer.mjs';
import { when } from './shape.mjs';

const issuing = (world) => `issuing ${world.format}`;
const TRIES = 5, AT_ONCE = 100, DAY = 86400;
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const refused = (name, stage, change, status, code, more = {}) => ({ name, stage, change, status, code, ...more, needs: [issuing, ...more.needs ?? []] });

/* ---- transaction codes ---- */

const other = (digits) => [...digits].map((one) => (one >= '0' && one <= '9' ? (Number(one) + 1) % 10 : one)).join('');
const withCode = { needs: ['pre-authorized code'], options: { grant: PRE, txCode: true } };

async function exhausted(t) {
	const it = t.issuance({ grant: PRE, txCode: true, change: { token: (d) => { d.form.tx_code = other(d.form.tx_code); } } });
	t.expect(await it.to('token'), 400, 'invalid_grant');
	for (let i = 1; i < TRIES; i++)
		t.expect(await it.token(), 400, 'invalid_grant');
	it.change = {};
	t.expect(await it.token(), 400, 'invalid_grant');
}

const txCodes = [
	refused('tx_code is wrong', 'token', (d) => { d.form.tx_code = other(d.form.tx_code); }, 400, 'invalid_grant', withCode),
	refused('tx_code is missing', 'token', (d) => { delete d.form.tx_code; }, 400, 'invalid_request', withCode),
	refused('tx_code is sent though none is expected', 'token', (d) => { d.form.tx_code = '123456'; }, 400, 'invalid_request',
		{ needs: ['pre-authorized code'], options: { grant: PRE } }),
	{ name: 'tx_code is wrong once, then right', needs: [issuing, 'pre-authorized code'], play: async (t) => {
		const it = t.issuance({ grant: PRE, txCode: true, change: { token: (d) => { d.form.tx_code = other(d.form.tx_code); } } });
		t.expect(await it.to('token'), 400, 'invalid_grant');
		it.change = {};
		t.expect(await it.token(), 200);
	} },
	{ name: 'tx_code is guessed until the code is dead', needs: [issuing, 'pre-authorized code'], play: exhausted },
];

/* ---- the token request ---- */

const twice = (name) => (d) => {
	d.form = [...Object.entries(d.form), [name, d.form[name]]];
};
const token = (name, change, code, more) => refused(name, 'token', change, 400, code, more);
const preOnly = { needs: ['pre-authorized code'], options: { grant: PRE } };

async function codeTwice(t) {
	const it = t.issuance({ grant: PRE });
	await it.through('token');
	t.expect(await it.token(), 400, 'invalid_grant');
	const gone = await it.http.ask({ url: it.offerUri ?? it.world.issuer });
	t.truth(!it.offerUri || gone.status === 404, `the offer is still served: ${gone.status}`);
}

async function codeExpires(t, { lifetimes }) {
	const it = t.issuance({ grant: PRE });
	await it.must('offer');
	await wait((lifetimes['pre-authorized code'] + 1) * 1000);
	t.expect(await it.token(), 400, 'invalid_grant');
}

/* Nothing is accepted twice under concurrency: exactly one of many. */
const atOnce = (stage, before) => async (t, world) => {
	const it = t.issuance();
	await it.through(before(world));
	const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => it[stage]()));
	const fine = answers.filter((one) => one.fine).length;
	t.truth(fine === 1, `${fine} of ${AT_ONCE} at once were accepted`);
};

const tokens = [
	token('grant_type is missing', (d) => { delete d.form.grant_type; }, 'invalid_request'),
	token('grant_type is not known', (d) => { d.form.grant_type = 'urn:example:other'; }, 'unsupported_grant_type'),
	token('grant_type is sent twice', twice('grant_type'), 'invalid_request'),
	token('pre-authorized_code is missing', (d) => { delete d.form['pre-authorized_code']; }, 'invalid_request', preOnly),
	token('pre-authorized_code is not known', (d) => { d.form['pre-authorized_code'] = random(); }, 'invalid_grant', preOnly),
	{ name: 'pre-authorized_code is used twice', needs: [issuing, 'pre-authorized code'], play: codeTwice },
	{ name: 'pre-authorized_code has expired', needs: [issuing, 'pre-authorized code'], waits: 'pre-authorized code', play: codeExpires },
	{ name: 'a code is redeemed many times at once', needs: [issuing], play: atOnce('token', ({ grant }) => (grant === PRE ? 'offer' : 'authorize')) },
	token('redirect_uri differs from the pushed one', (d) => { d.form.redirect_uri += '/other'; }, 'invalid_grant',
		{ needs: ['authorization code'], options: { grant: CODE } }),
];

/* ---- nonces and key proofs ---- */

const proof = (name, change, code = 'invalid_proof', more = {}) =>
	refused(name, 'credential', { proof: (drafts, it) => change(drafts[0], it, drafts) }, 400, code, more);
const body = (name, change, code, more) => refused(name, 'credential', change, 400, code, more);

async function nonceTwice(t) {
	const it = t.issuance();
	await it.through('nonce');
	await it.must('credential');
	t.expect(await it.credential(), 400, 'invalid_nonce');
}

async function nonceExpires(t, { lifetimes }) {
	const it = t.issuance();
	await it.through('nonce');
	await wait((lifetimes.c_nonce + 1) * 1000);
	t.expect(await it.credential(), 400, 'invalid_nonce');
}

/* A forged proof must not burn a nonce. */
async function nonceSurvives(t) {
	const it = t.issuance({ change: { proof: ([d]) => { d.corrupt = true; } } });
	await it.through('nonce');
	t.expect(await it.credential(), 400, 'invalid_proof');
	it.change = {};
	await it.must('credential');
}

const proofs = [
	{ name: 'c_nonce is used twice', needs: [issuing, 'c_nonce'], play: nonceTwice },
	{ name: 'c_nonce has expired', needs: [issuing, 'c_nonce'], waits: 'c_nonce', play: nonceExpires },
	{ name: 'c_nonce survives a forged proof', needs: [issuing, 'c_nonce'], play: nonceSurvives },
	{ name: 'c_nonce is used many times at once', needs: [issuing, 'c_nonce'], play: atOnce('credential', () => 'nonce') },
	/* proves: VCI 8.2f */
	proof('proof without nonce', (d) => { delete d.payload.nonce; }, 'invalid_proof', { needs: ['c_nonce'] }),
	/* proves: VCI F.1d */
	proof('proof for another issuer', (d) => { d.payload.aud = 'https://other.example'; }),
	/* proves: VCI F.1c */
	proof('proof of another client', (d) => { d.payload.iss = 'https://other.example'; }),
	proof('proof without aud', (d) => { delete d.payload.aud; }),
	proof('proof of another typ', (d) => { d.header.typ = 'jwt'; }),
	proof('proof without typ', (d) => { delete d.header.typ; }),
	proof('proof with alg none', (d) => { d.header.alg = 'none'; }),
	/* proves: VCI F.1a */
	proof('proof with an HMAC', (d) => { d.header.alg = 'HS256'; }),
	proof('proof without key', (d) => { delete d.header.jwk; }),
	/* proves: VCI F.1b */
	proof('proof with two keys named', (d) => { d.header.kid = 'key-1'; }),
	/* proves: VCI F.4a */
	proof('proof with a private key in it', (d) => { d.header.jwk = d.key.secret.export({ format: 'jwk' }); }),
	proof('proof with a key off the curve', (d) => { d.header.jwk = { ...d.header.jwk, y: d.header.jwk.x }; }),
	proof('proof with crit', (d) => { Object.assign(d.header, { crit: ['x_unknown'], x_unknown: 1 }); }),
	proof('proof without iat', (d) => { delete d.payload.iat; }),
	proof('proof with iat in words', (d) => { d.payload.iat = String(now()); }),
	/* proves: VCI F.4c */
	proof('proof of yesterday', (d) => { d.payload.iat -= DAY; }),
	proof('proof of tomorrow', (d) => { d.payload.iat += DAY; }),
	body('proof that is no JWT', (d) => { d.json.proofs = { jwt: ['no.proof'] }; }, 'invalid_proof'),
	body('proof that is no text', (d) => { d.json.proofs = { jwt: [7] }; }, 'invalid_proof'),
	body('proofs is no object', (d) => { d.json.proofs = 'jwt'; }, 'invalid_proof'),
	body('proofs is empty', (d) => { d.json.proofs = {}; }, 'invalid_proof'),
	body('proofs of two types', (d) => { d.json.proofs = { ...d.json.proofs, di_vp: [{}] }; }, 'invalid_proof'),
	body('proofs of a type that is not offered', (d) => { d.json.proofs = { di_vp: [{}] }; }, 'invalid_proof'),
	/* proves: VCI Fa */
	body('proofs without a proof', (d) => { d.json.proofs.jwt = []; }, 'invalid_proof'),
];

const batches = [
	{ name: 'batch larger than offered', needs: [issuing, 'batch'], play: async (t, { metadata: { batch_credential_issuance: offered } }) => {
		t.expect(await t.issuance({ copies: offered.batch_size + 1 }).to('credential'), 400, 'invalid_proof');
	} },
	proof('batch with one key twice', (d, it, all) => { Object.assign(all[1], { key: d.key, header: { ...d.header } }); }, 'invalid_proof',
		{ needs: ['batch'], options: { copies: 2 } }),
	proof('batch with one bad proof', (d, it, all) => { all[1].corrupt = true; }, 'invalid_proof', { needs: ['batch'], options: { copies: 2 } }),
	proof('batch with two nonces', async (d, it, all) => {
		const first = it.cNonce;
		await it.must('nonce');
		all[1].payload.nonce = it.cNonce;
		it.cNonce = first;
	}, ['invalid_proof', 'invalid_nonce'], { needs: ['batch', 'c_nonce'], options: { copies: 2 }, lenient: true }),
];

/* ---- the credential request ---- */

const text = (value, type = 'application/json') => (d) => Object.assign(d, { json: undefined, body: value, type });
const requests = [
	body('credential request that is no JSON', text('{'), 'invalid_credential_request'),
	body('credential request that is an array', text('[]'), 'invalid_credential_request'),
	body('credential request with a member twice', (d) => text(JSON.stringify(d.json).replace('{', '{"credential_configuration_id":"other",'))(d),
		'invalid_credential_request'),
	body('credential request as a form', text('a=b', 'application/x-www-form-urlencoded'), 'invalid_credential_request'),
	/* proves: VCI 8.2a */
	body('credential request naming both', (d) => { Object.assign(d.json, { credential_identifier: 'one', credential_configuration_id: 'other' }); },
		'invalid_credential_request'),
	body('credential request naming nothing', (d) => {
		delete d.json.credential_configuration_id;
		delete d.json.credential_identifier;
	}, 'invalid_credential_request'),
	body('credential request of an old draft', (d, it) => {
		d.json = { format: it.world.format, proof: { proof_type: 'jwt', jwt: d.json.proofs?.jwt?.[0] } };
	}, 'invalid_credential_request'),
	/* proves: VCI 8.2c */
	{ name: 'credential the token is not for', needs: [issuing], play: async (t, { configurations, configuration }) => {
		const another = Object.keys(configurations).find((id) => id !== configuration);
		const answer = await t.issuance({ change: { credential: (d) => { d.json = { ...d.json, credential_identifier: undefined,
			credential_configuration_id: another }; } } }).to('credential');
		t.expect(answer, another ? 403 : 400, another ? 'insufficient_scope' : undefined);
	} },
	{ name: 'every configuration of this format can be had', needs: [issuing], play: async (t, { configurations, format, target }) => {
		const waits = target.deferring?.[format];
		for (const configuration of Object.keys(configurations).filter((id) => configurations[id].format === format && id !== waits)) {
			const it = t.issuance({ configuration });
			await it.through('nonce');
			await it.must('credential');
		}
	} },
	{ name: 'credential without a token', needs: [issuing], play: async (t, world) => {
		const answer = await world.http.ask({ method: 'POST', url: world.metadata.credential_endpoint, json: {} });
		t.expect(answer, 401);
		t.truth(answer.has('www-authenticate', /^(DPoP|Bearer)\b/i), 'no WWW-Authenticate');
		t.truth(!answer.has('www-authenticate', /error=/), 'an error code though no token was sent (RFC 6750 section 3.1)');
	} },
	refused('credential with a made-up token', 'credential', (d, it) => {
		it.accessToken = random();
		Object.assign(d, it.resource(d.url, d.json));
	}, 401, 'invalid_token'),
	{ name: 'endpoints refuse another method', needs: [issuing], play: async (t, { http, metadata, as }) => {
		for (const url of [metadata.credential_endpoint, metadata.nonce_endpoint, metadata.notification_endpoint,
			metadata.deferred_credential_endpoint, as.token_endpoint, as.challenge_endpoint].filter(Boolean)) {
			const answer = await http.ask({ url });
			t.expect(answer, 405);
			t.truth(answer.has('allow', /\bPOST\b/), `${answer} without Allow: POST`);
		}
	} },
	{ name: 'a body larger than any request', needs: [issuing], play: async (t, { http, metadata: { credential_endpoint: url } }) => {
		t.expect(await http.ask({ method: 'POST', url, body: ' '.repeat(400 << 10), type: 'application/json' }), [400, 401, 413]);
	} },
];

/* ---- notification ---- */

const notification = (name, change, code) => refused(`notification ${name}`, 'notification', change, 400, code, { needs: ['notification'] });
const notifications = [
	/* proves: VCI 11.3a */
	notification('of an unknown id', (d) => { d.json.notification_id = random(); }, 'invalid_notification_id'),
	notification('of an unknown event', (d) => { d.json.event = 'credential_forgotten'; }, 'invalid_notification_request'),
	/* proves: VCI 11.1a */
	notification('of an event in capitals', (d) => { d.json.event = 'CREDENTIAL_ACCEPTED'; }, 'invalid_notification_request'),
	notification('without id', (d) => { delete d.json.notification_id; }, 'invalid_notification_request'),
	notification('without event', (d) => { delete d.json.event; }, 'invalid_notification_request'),
	/* proves: VCI 11.1b */
	notification('described with a quote', (d) => { d.json.event_description = 'a " b'; }, 'invalid_notification_request'),
	notification('that is no JSON', (d) => Object.assign(d, { json: undefined, body: '{', type: 'application/json' }), 'invalid_notification_request'),
	/* proves: VCI 11.2a */
	{ name: 'notification sent twice', needs: [issuing, 'notification'], play: async (t) => {
		const it = t.issuance();
		await it.through('notification');
		t.expect(await it.notification(), 204);
	} },
	...['credential_failure', 'credential_deleted'].map((event) => ({
		name: `notification ${event}`, needs: [issuing, 'notification'], success: true, change: { notification: (d) => { d.json.event = event; } },
	})),
	{ name: 'notification with another token', needs: [issuing, 'notification'], play: async (t) => {
		const [first, second] = [t.issuance(), t.issuance()];
		await first.through('nonce');
		await first.must('credential');
		await second.through('nonce');
		second.notificationId = first.notificationId;
		t.expect(await second.notification(), 400, 'invalid_notification_id');
	} },
	/* proves: VCI 11a */
	{ name: 'notification without a token', needs: [issuing, 'notification'], play: async (t, { http, metadata }) => {
		t.expect(await http.ask({ method: 'POST', url: metadata.notification_endpoint, json: {} }), 401);
	} },
];

/* ---- deferred ---- */

const deferred = (name, change, code) => ({ name: `deferred ${name}`, needs: [issuing, 'deferred'], play: async (t) => {
	const it = t.issuance({ change: { deferred: change } });
	await it.through('nonce');
	t.expect(await it.deferred(random()), 400, code);
} });
/* A request that is answered with 202: the issuance and its transaction. */
async function deferredTo(t, { target, format }) {
	const it = t.issuance({ configuration: target.deferring[format] });
	await it.through('nonce');
	const waiting = await it.credential();
	t.expect(waiting, 202);
	t.faults.push(...documents.deferral(waiting.json ?? null));
	return [it, waiting.json?.transaction_id];
}
const decide = (world, word) => world.command('decide', world.target.deferring[world.format], word);
const deferrals = [
	deferred('for an unknown transaction', undefined, 'invalid_transaction_id'),
	/* proves: VCI 9.1a */
	deferred('without transaction_id', (d) => { delete d.json.transaction_id; }, 'invalid_credential_request'),
	deferred('with a number as transaction_id', (d) => { d.json.transaction_id = 7; }, 'invalid_credential_request'),
	deferred('that is no JSON', (d) => Object.assign(d, { json: undefined, body: '{', type: 'application/json' }), 'invalid_credential_request'),
	/* proves: VCI 9.1d */
	deferred('asking for encryption in the clear', (d) => {
		d.json.credential_response_encryption = { jwk: { ...newKey().jwk, alg: 'ECDH-ES' }, enc: 'A256GCM' };
	}, 'invalid_encryption_parameters'),
	{ name: 'deferred without a token', needs: [issuing, 'deferred'], play: async (t, { http, metadata }) => {
		t.expect(await http.ask({ method: 'POST', url: metadata.deferred_credential_endpoint, json: { transaction_id: 'x' } }), 401);
	} },
	/* proves: VCI 8.3b */
	{ name: 'deferred until an officer approves', alone: true, needs: [issuing, 'deferred', 'approval'], play: async (t, world) => {
		const [it, id] = await deferredTo(t, world);
		t.expect(await it.deferred(id), 202);
		await decide(world, 'approve');
		t.expect(await it.deferred(id), 200);
		t.truth(it.issued?.length === 1, 'no credential came of it');
	} },
	{ name: 'deferred until an officer refuses', alone: true, needs: [issuing, 'deferred', 'approval'], play: async (t, world) => {
		const [it, id] = await deferredTo(t, world);
		await decide(world, 'refuse');
		t.expect(await it.deferred(id), 400, 'credential_request_denied');
	} },
	/* proves: VCI 9a */
	{ name: 'deferred to another wallet', alone: true, needs: [issuing, 'deferred', 'approval'], play: async (t, world) => {
		const [, id] = await deferredTo(t, world);
		const other = t.issuance({ configuration: world.target.deferring[world.format] });
		await other.through('nonce');
		t.expect(await other.deferred(id), 400, 'invalid_transaction_id');
	} },
];

/* ---- encryption: OpenID4VCI 1.0 section 10 ---- */

const sealed = (name, change, code = 'invalid_encryption_parameters', more = {}) =>
	body(`encrypted request: ${name}`, change, code, { needs: ['encryption'], options: { encrypted: true }, ...more });
const answerTo = (change) => (d) => { change(d.json.credential_response_encryption, d); };
const encryption = [
	sealed('kid of nobody', (d) => { d.jwe.kid = random(8); }),
	sealed('kid missing', (d) => { delete d.jwe.kid; }),
	sealed('compressed', (d) => { d.jwe.zip = 'DEF'; }),
	sealed('not a JWE', (d) => { d.body = 'a.b.c.d.e'; }),
	sealed('response enc that is not offered', answerTo((e) => { e.enc = 'A128CBC-HS256'; })),
	sealed('response key without alg', answerTo((e) => { delete e.jwk.alg; })),
	sealed('response key with its private part', answerTo((e) => { Object.assign(e.jwk, newKey().secret.export({ format: 'jwk' })); })),
	sealed('response key off the curve', answerTo((e) => { e.jwk.y = e.jwk.x; })),
	sealed('response zip that is not offered', answerTo((e) => { e.zip = 'GZ'; })),
	/* proves: VCI 8.2k */
	body('response encryption asked for in the clear', (d, it) => it.responseKeys(d), 'invalid_encryption_parameters', { needs: ['encryption'] }),
	/* proves: VCI 8.3.1.2b */
	{ name: 'encrypted request that is wrong is answered in the clear', needs: [issuing, 'encryption'], play: async (t) => {
		const answer = await t.issuance({ encrypted: true, change: { credential: (d) => { delete d.json.proofs; } } }).to('credential');
		t.expect(answer, 400, 'invalid_proof');
		t.truth(answer.media === 'application/json', `the refusal comes as ${answer.media}`);
	} },
];

/* ---- key attestations: OpenID4VCI 1.0 appendix D ---- */

const attested = (name, change, { code = 'invalid_proof', ...more } = {}) => refused(`key attestation ${name}`, 'credential',
	{ key_attestation: change }, 400, code, { options: { attestKeys: 'jwt' }, ...more, needs: ['key attestation', ...more.needs ?? []] });
const levelled = (world, attestKeys = 'jwt') => ({ attestKeys, configuration: world.vouched });
const ofLevel = (name, levels, attestKeys) => attested(name, (d) => Object.assign(d.payload, levels),
	{ needs: ['key attestation level'], options: (world) => levelled(world, attestKeys) });
const attestations = [
	/* proves: VCI D.1a */
	attested('of another typ', (d) => { d.header.typ = 'jwt'; }),
	/* proves: HAIP 4.5.1b */
	attested('without x5c', (d) => { delete d.header.x5c; }),
	/* proves: VCI D.1b */
	attested('that has expired', (d) => { d.payload.exp = now() - 60; }),
	/* proves: VCI D.1d */
	attested('for another key', (d) => { d.payload.attested_keys = [newKey().jwk]; }),
	/* proves: VCI D.1c */
	attested('without keys', (d) => { d.payload.attested_keys = []; }),
	/* proves: VCI F.1f */
	attested('without nonce', (d) => { delete d.payload.nonce; }),
	{ name: 'key attestation of the levels that are asked for', needs: [issuing, 'key attestation level'], success: true, options: levelled },
	ofLevel('with keys kept too badly', { key_storage: ['iso_18045_basic'] }),
	ofLevel('with a user known too badly', { user_authentication: ['iso_18045_basic'] }),
	ofLevel('that says nothing of storage', { key_storage: undefined }),
	ofLevel('that says nothing of the user', { user_authentication: undefined }),
	ofLevel('whose storage is no list', { key_storage: 'iso_18045_high' }),
	ofLevel('of no level at all', { key_storage: [], user_authentication: [] }),
	ofLevel('as the proof itself, with keys kept too badly', { key_storage: ['iso_18045_basic'] }, 'attestation'),
	refused('key attestation left out where levels are asked for', 'credential', { proof: (drafts) => drafts.forEach(({ header }) => delete header.key_attestation) },
		400, 'invalid_proof', { needs: ['key attestation level'], options: levelled }),
	{ name: 'key attestation as the proof itself', needs: [issuing, 'attestation proof'], success: true, options: { attestKeys: 'attestation' } },
	{ name: 'key attestation as the proof, for two keys', needs: [issuing, 'attestation proof', 'batch'], success: true,
		options: { attestKeys: 'attestation', copies: 2 } },
	/* proves: VCI F.3a */
	attested('as the proof, with the nonce of nobody', (d) => { d.payload.nonce = random(); },
		{ needs: ['attestation proof', 'c_nonce'], options: { attestKeys: 'attestation' }, code: 'invalid_nonce' }),
	refused('key attestation as the proof, twice', 'credential', (d) => { d.json.proofs.attestation.push(d.json.proofs.attestation[0]); }, 400,
		'invalid_proof', { needs: ['attestation proof'], options: { attestKeys: 'attestation' } }),
	/* proves: HAIP 7a */
	{ name: 'key attestation beside the proof', needs: [issuing, 'key attestation'], success: true, options: { attestKeys: 'jwt' } },
];

/* ---- RFC 9396, and offers that a citizen takes up with a login ---- */

const coded = { needs: ['authorization code'], options: { grant: CODE } };
const detailed = ({ configuration }) => ({ grant: CODE, details: [{ type: 'openid_credential', credential_configuration_id: configuration }] });
const details = (name, change, code) => refused(`authorization_details ${name}`, 'par', change, 400, code,
	{ needs: ['authorization code', 'rar'], options: detailed });
const offered = async (t, more) => {
	const it = t.issuance({ grant: CODE, ...more });
	await it.must('offer');
	return it;
};
const authorizations = [
	/* proves: VCI 6.2a */
	{ name: 'authorization_details give credential identifiers', success: true, needs: [issuing, 'authorization code', 'rar'], options: detailed,
		change: { credential: (d, it) => { it.note(when(!d.json.credential_identifier, 'token response', 'has no credential_identifiers'), 'rar'); } } },
	details('of an unknown configuration', (d) => {
		d.form.authorization_details = JSON.stringify([{ type: 'openid_credential', credential_configuration_id: random(8) }]);
	}, 'invalid_authorization_details'),
	details('of another type', (d) => { d.form.authorization_details = '[{"type":"payment"}]'; }, 'invalid_authorization_details'),
	details('that are no JSON', (d) => { d.form.authorization_details = '['; }, 'invalid_authorization_details'),
	details('that are an object', (d) => { d.form.authorization_details = '{}'; }, 'invalid_authorization_details'),
	/* proves: VCI 8.2b */
	refused('configuration asked for though identifiers were given', 'credential', (d, it) => {
		delete d.json.credential_identifier;
		d.json.credential_configuration_id = it.configuration;
	}, 400, 'invalid_credential_request', { needs: ['authorization code', 'rar'], options: detailed }),
	/* proves: HAIP 4.3b */
	refused('scope that nothing answers to', 'par', (d) => { d.form.scope = random(8); }, 400, 'invalid_scope', coded),
	refused('state sent twice', 'par', twice('state'), 400, 'invalid_request', coded),
	refused('code_challenge that is too short', 'par', (d) => { d.form.code_challenge = 'short'; }, 400, 'invalid_request', coded),
	refused('request object by value', 'par', (d) => { d.form.request = 'a.b.c'; }, 400, ['request_not_supported', 'invalid_request'], coded),
	/* proves: HAIP 4h */
	{ name: 'offer with issuer_state is taken up', needs: [issuing, 'authorization code'], play: async (t) => {
		const it = await offered(t);
		t.truth(Boolean(it.grantOffered.issuer_state), 'the offer has no issuer_state');
		await it.through('nonce');
		await it.must('credential');
	} },
	{ name: 'offer with issuer_state is taken up twice', needs: [issuing, 'authorization code'], play: async (t) => {
		const it = await offered(t);
		await it.through('token');
		const again = t.issuance({ grant: CODE });
		again.grantOffered = it.grantOffered;
		const end = await again.to('authorize').catch((error) => error);
		t.truth(!end.fine, 'a code came of it again');
	} },
	{ name: 'offer with issuer_state of nobody', needs: [issuing, 'authorization code'], play: async (t) => {
		const it = t.issuance({ grant: CODE });
		it.grantOffered = { issuer_state: random() };
		const pushed = await it.to('par');
		return pushed.fine ? t.truth(!(await it.authorize()).fine, 'a code came of it', 'W') : t.expect(pushed, 400, 'invalid_request');
	} },
	{ name: 'pre-authorized code by a client that nobody authenticates', needs: [issuing, 'pre-authorized code', 'anonymous'], success: true,
		options: { grant: PRE, client: {} } },
];

/* ---- client authentication beyond the plan ---- */

const client = (name, change, more) => attestation(`client attestation ${name}`, change, more);
const clients = [
	/* proves: HAIP 4.4.1a */
	client('missing', (d) => {
		delete d.attestation;
		delete d.pop;
	}),
	client('without its proof', (d) => { delete d.pop; }),
	client('sent twice', async (d) => { d.headers.push(['OAuth-Client-Attestation', await seal(d.attestation)]); }),
	client('of another typ', (d) => { d.attestation.header.typ = 'jwt'; }),
	/* proves: HAIP 4.4.1b */
	client('without x5c', (d) => { delete d.attestation.header.x5c; }),
	/* proves: VCI Ea */
	client('by a self-made provider', (d) => { d.attestation.key = newKey(); }),
	client('with a private key in cnf', (d, it) => { d.attestation.payload.cnf.jwk = it.client.instance.secret.export({ format: 'jwk' }); }),
	client('proof without jti', (d) => { delete d.pop.payload.jti; }),
	client('proof of yesterday', (d) => { Object.assign(d.pop.payload, { iat: now() - DAY, nbf: now() - DAY, exp: now() - DAY + 300 }); }),
	client('proof of another client', (d) => { d.pop.payload.iss = 'other'; }),
	client('proof with a challenge of nobody', (d) => { d.pop.payload.challenge = random(); },
		{ needs: ['challenge'], status: 400, code: ['use_attestation_challenge', 'invalid_client_attestation'] }),
	/* proves: HAIP 4.4.1d */
	client('of another client_id', (d) => { d.form.client_id = 'other'; }),
];

export const issuerGapRows = [...txCodes, ...tokens, ...proofs, ...batches, ...requests, ...notifications, ...deferrals, ...encryption,
	...attestations, ...authorizations, ...clients].map((row) => ({ gap: true, ...row }));
