/*
 * What the verifier plan leaves: every further way a presentation, its envelope or its post can be wrong, queries of
 * more than one credential, binding to state and session, transaction data, status. The code is what the relying party
 * is told; the wallet gets 400 and no reason.
 */
import { newKey, now, random, sha256, spoil } from './jwt.mjs';
import { altered, renumbered } from './mdoc.mjs';
import { accepts, answered, negative, positive, presenting, rejects } from './rows_verifier.mjs';
import { disclosure } from './sdjwt.mjs';
import { REVOKED, statusAt, SUSPENDED } from './status.mjs';

const DAY = 86400, SD_JWT = { formats: ['dc+sd-jwt'] }, MDOC = { formats: ['mso_mdoc'] };
const AT_ONCE = 100, VISIBLE_MS = 10000;
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/* ---- the key binding JWT ---- */

const kb = (name, change, code) => negative(name, { proof: (d, it) => change(d.kb, d, it) }, code, SD_JWT);
const kbs = [
	/* proves: HAIP 6.1.1.1a */
	/* proves: VP 8.6c */
	kb('key binding missing', (jwt, d) => { d.kb = undefined; }, 'kb_missing'),
	kb('key binding of another typ', (jwt) => { jwt.header.typ = 'jwt'; }, 'kb_typ'),
	kb('key binding without typ', (jwt) => { delete jwt.header.typ; }, 'kb_typ'),
	/* proves: SDJWT 7.3c */
	kb('key binding with alg none', (jwt) => { jwt.header.alg = 'none'; }, ['kb_algorithm', 'malformed']),
	kb('key binding with an HMAC', (jwt) => { jwt.header.alg = 'HS256'; }, 'kb_algorithm'),
	kb('key binding by another key', (jwt) => { jwt.key = newKey(); }, 'kb_signature'),
	/* proves: SDJWT 4.3.2a */
	kb('key binding that brings its key', (jwt) => {
		jwt.key = newKey();
		jwt.header.jwk = jwt.key.jwk;
	}, 'kb_signature'),
	kb('key binding without aud', (jwt) => { delete jwt.payload.aud; }, ['kb_aud', 'claim_missing']),
	kb('key binding for the client_id without its prefix', (jwt) => { jwt.payload.aud = jwt.payload.aud.replace(/^[^:]*:/, ''); }, 'kb_aud'),
	kb('key binding for several', (jwt) => { jwt.payload.aud = [jwt.payload.aud]; }, ['kb_aud', 'claim_type']),
	kb('key binding without nonce', (jwt) => { delete jwt.payload.nonce; }, ['kb_nonce', 'claim_missing']),
	kb('key binding without iat', (jwt) => { delete jwt.payload.iat; }, ['kb_iat', 'claim_missing']),
	kb('key binding without sd_hash', (jwt) => { jwt.payload.sd_hash = undefined; }, ['kb_sd_hash', 'claim_missing']),
	kb('key binding that has expired', (jwt) => { jwt.payload.exp = now() - DAY; }, 'kb_exp'),
	kb('a disclosure taken away after key binding', (jwt, d) => {
		d.hashed = [d.jwt, ...d.disclosures, ''].join('~');
		d.shown = [d.jwt, ...d.disclosures.slice(1), ''].join('~');
	}, 'kb_sd_hash'),
];

/* ---- disclosures and the issuer's part of an SD-JWT VC ---- */

const shown = (name, change, code) => negative(name, { proof: change }, code, SD_JWT);
const issued = (name, change, code) => negative(name, { credential: change }, code, SD_JWT);
/* something hidden that is shown too */
const hidden = (name, change, code) => negative(name, { credential: change, proof: (d) => { d.disclosures = d.all; } }, code, SD_JWT);
const hide = (name, value) => (d) => { d.disclosures.push([random(16), name, value]); };
const disclosures = [
	/* proves: SDJWT 7.1g */
	shown('disclosure without a digest', (d) => { d.disclosures.push(disclosure([random(16), 'x', 1])); }, 'disclosure_unreferenced'),
	shown('disclosure twice', (d) => { d.disclosures.push(d.disclosures[0]); }, 'disclosure_duplicate'),
	/* proves: SDJWT 7.1g */
	shown('disclosure altered', (d) => {
		const [salt, name] = JSON.parse(Buffer.from(d.disclosures[0], 'base64url'));
		d.disclosures[0] = disclosure([salt, name, 'Somebody Else']);
	}, 'disclosure_unreferenced'),
	shown('disclosure that is no JSON', (d) => { d.disclosures[0] = Buffer.from('[1,').toString('base64url'); }, 'disclosure_shape'),
	shown('disclosure with padding', (d) => { d.disclosures[0] += '='; }, 'disclosure_shape'),
	shown('an empty slot between disclosures', (d) => { d.disclosures.push(''); }, 'malformed'),
	/* proves: SDJWT 7.1f */
	issued('digest that stands twice', (d) => {
		const digest = sha256(disclosure(d.disclosures[0]));
		d.payload._sd = [...d.disclosures.map((one) => sha256(disclosure(one))), digest];
	}, 'digest_repeated'),
	hidden('disclosure named _sd', hide('_sd', []), ['disclosure_shape', 'disclosure_unreferenced', 'sd_structure']),
	/* proves: SDJWT 7.1e */
	issued('disclosure over a claim that is there', (d, it) => { d.payload[it.ask[0]] = 'plain'; }, 'name_collision'),
	/* proves: SDJWT 4.1.1b */
	issued('unknown hash', (d) => { d.payload._sd_alg = 'md5'; }, 'hash_alg'),
];

const chainOf = (name) => (d, it) => {
	const other = it.world.strangers?.[name];
	Object.assign(d, { key: other.key, header: { ...d.header, x5c: other.x5c } });
};
const issuers = [
	/* proves: SDJWTVC 2.2.1b */
	issued('credential of another typ', (d) => { d.header.typ = 'jwt'; }, 'typ'),
	issued('credential of the old typ', (d) => { d.header.typ = 'vc+sd-jwt'; }, 'typ'),
	/* proves: SDJWT 7.1a */
	issued('credential with alg none', (d) => { d.header.alg = 'none'; }, ['algorithm', 'malformed']),
	issued('credential with an HMAC', (d) => { d.header.alg = 'HS256'; }, 'algorithm'),
	issued('credential with crit', (d) => { Object.assign(d.header, { crit: ['x_unknown'], x_unknown: 1 }); }, 'crit'),
	/* proves: HAIP 6.1.1b */
	/* proves: SDJWTVC 2.5a */
	issued('credential without x5c', (d) => { delete d.header.x5c; }, 'trust'),
	issued('credential signed by a stranger under our certificate', (d) => { d.key = newKey(); }, 'issuer_signature'),
	/* proves: SDJWTVC 2.2.2.1b */
	issued('credential of another vct', (d) => { d.payload.vct = 'urn:example:other:1'; }, ['vct', 'trust']),
	issued('credential that has expired', (d) => { d.payload.exp = now() - DAY; }, 'expired'),
	/* proves: SDJWTVC 2.2.2.3c */
	issued('credential that begins tomorrow', (d) => { d.payload.nbf = now() + DAY; }, 'nbf'),
	issued('credential without cnf', (d) => { delete d.payload.cnf; }, 'cnf'),
	issued('credential with a private key in cnf', (d) => { d.payload.cnf.jwk.d = random(); }, ['cnf', 'key']),
	issued('credential with cnf off the curve', (d) => { d.payload.cnf.jwk.y = d.payload.cnf.jwk.x; }, ['cnf', 'key']),
	/* proves: SDJWTVC 2.2.2.3b */
	hidden('credential with exp in a disclosure', (d) => {
		hide('exp', d.payload.exp)(d);
		delete d.payload.exp;
	}, ['registered_claim_selectively_disclosed', 'expired', 'claim_missing', 'disclosure_unreferenced', 'cnf']),
	{ ...issued('credential under a foreign anchor', chainOf('foreign'), 'trust'), needs: [presenting, 'strangers'] },
	/* proves: HAIP 6.1.1b */
	{ ...issued('credential by a self-signed leaf', chainOf('selfsigned'), ['trust', 'chain_profile', 'chain_order']), needs: [presenting, 'strangers'] },
	/* proves: HAIP 6.1.1b */
	{ ...issued('credential with the anchor in its chain', (d, it) => { d.header.x5c = [...d.header.x5c, it.world.anchorOfIssuer]; },
		['chain_order', 'chain_profile', 'trust']), needs: [presenting] },
];

/* ---- mdoc ---- */

const mdoc = (name, change, code) => negative(name, change, code, MDOC);
const proof = (name, change, code) => mdoc(name, { proof: change }, code);
const first = (d, change) => {
	const [[ns, [tag, ...rest]]] = d.namespaces;
	d.namespaces.set(ns, [change(tag), ...rest]);
};
const mdocs = [
	proof('mdoc device signature corrupted', (d) => { d.corrupt = true; }, 'device_signature'),
	proof('mdoc device signature by another key', (d) => { d.holder = newKey(); }, 'device_signature'),
	proof('mdoc device signature over another docType', (d) => { d.signedDoctype = 'org.example.other'; }, 'device_signature'),
	/* proves: VP B.2.6.1d */
	proof('mdoc transcript of another response_uri', (d) => { d.handover.responseUri += '/other'; }, 'device_signature'),
	/* proves: VP B.2.6.1d */
	proof('mdoc transcript of another client_id', (d) => { d.handover.clientId = 'x509_hash:other'; }, 'device_signature'),
	/* proves: VP B.2.6.1d */
	proof('mdoc transcript as if not encrypted', (d) => { d.handover.thumbprint = null; }, 'device_signature'),
	/* proves: VP 8.6c */
	proof('mdoc without device authentication', (d) => { d.auth = new Map(); }, ['malformed', 'device_auth_missing']),
	proof('mdoc with a MAC over OpenID4VP', (d) => { d.auth = new Map([['deviceMac', [new Uint8Array([0xa1, 1, 5]), new Map(), null, new Uint8Array(32)]]]); },
		['algorithm', 'device_auth_missing', 'device_signature', 'malformed']),
	proof('mdoc with a device element nobody authorized', (d) => { d.device = new Map([['org.example', new Map([['x', 1]])]]); },
		['key_authorization', 'device_signature']),
	proof('mdoc item altered', (d) => first(d, (tag) => altered(tag, 'Somebody Else')), 'digest_mismatch'),
	proof('mdoc item with an unknown digestID', (d) => first(d, (tag) => renumbered(tag, 4711)), 'digest_missing'),
	proof('mdoc item in another namespace', (d) => {
		const [[ns, tags]] = d.namespaces;
		d.namespaces = new Map([[`${ns}.other`, tags]]);
	}, ['digest_missing', 'claim_missing']),
	proof('mdoc item without its tag', (d) => first(d, (tag) => tag.contents), 'malformed'),
	proof('mdoc item twice', (d) => {
		const [[ns, tags]] = d.namespaces;
		d.namespaces.set(ns, [...tags, tags[0]]);
	}, ['duplicate_element', 'malformed']),
	proof('mdoc response with status 10', (d) => { d.status = 10; }, 'status'),
	proof('mdoc response of another version', (d) => { d.version = '2.0'; }, 'version'),
	proof('mdoc response without documents', (d) => { d.copies = 0; }, ['empty', 'malformed']),
	/* proves: HAIP 5.3.1b */
	proof('mdoc response with two documents', (d) => { d.copies = 2; }, 'malformed'),
	proof('mdoc response with trailing bytes', (d) => { d.finish = (bytes) => new Uint8Array([...bytes, 0]); }, 'malformed'),
	proof('mdoc response that is too deep', (d) => { d.finish = () => new Uint8Array([...Array(64).fill(0x81), 0]); }, ['malformed', 'unrecognized']),
	proof('mdoc response with a key twice', (d) => { d.finish = () => new Uint8Array([0xa2, 0x61, 0x78, 1, 0x61, 0x78, 2]); }, ['malformed', 'unrecognized']),
	proof('mdoc document of another docType than its MSO', (d) => { d.doctype = 'org.example.other'; }, ['doctype', 'trust']),
	/* proves: VP 8.6a */
	mdoc('mdoc issuer signature corrupted', { credential: (d) => { d.corrupt = true; } }, 'issuer_signature'),
	mdoc('mdoc of another docType', { credential: (d) => { Object.assign(d, { doctype: 'org.example.other', msoDoctype: 'org.example.other' }); } },
		['doctype', 'trust']),
	mdoc('mdoc that has expired', { credential: (d) => { d.validity.validUntil = now() - 60; } }, 'expired'),
	mdoc('mdoc that begins tomorrow', { credential: (d) => { d.validity.validFrom = now() + DAY; } }, ['nbf', 'validity']),
	mdoc('mdoc signed tomorrow', { credential: (d) => { Object.assign(d.validity, { signed: now() + DAY, validFrom: now() + DAY }); } }, ['validity', 'nbf']),
	mdoc('mdoc with an unknown digest algorithm', { credential: (d) => { d.digestAlgorithm = 'sha-256'; } }, 'hash_alg'),
	mdoc('mdoc with an MSO of another version', { credential: (d) => { d.version = '2.0'; } }, 'version'),
	mdoc('mdoc with algorithm EdDSA named', { credential: (d) => { d.header = new Map([[1, -8]]); } }, 'algorithm'),
];

/* ---- vp_token ---- */

const envelope = (name, change, code) => negative(name, { envelope: change }, code);
const tokenOf = (change) => (d) => { d.body.vp_token = change(d.body.vp_token, Object.keys(d.body.vp_token)[0]); };
const vpTokens = [
	envelope('vp_token is an array', tokenOf((v) => [v]), undefined),
	envelope('vp_token names an unknown query', tokenOf((v, id) => ({ other: v[id] })), undefined),
	/* proves: VP 8.1a */
	envelope('vp_token names a query too many', tokenOf((v, id) => ({ ...v, other: v[id] })), undefined),
	envelope('vp_token with two presentations', tokenOf((v, id) => ({ [id]: [v[id][0], v[id][0]] })), undefined),
	envelope('vp_token with an empty array', tokenOf((v, id) => ({ [id]: [] })), undefined),
	envelope('vp_token with a number', tokenOf((v, id) => ({ [id]: [7] })), undefined),
	envelope('vp_token with text in place of an array', tokenOf((v, id) => ({ [id]: v[id][0] })), undefined),
	envelope('vp_token that is empty', tokenOf(() => ({})), undefined),
	envelope('neither vp_token nor error', (d) => { delete d.body.vp_token; }, undefined),
	envelope('both vp_token and error', (d) => { d.body.error = 'access_denied'; }, undefined),
	envelope('state is missing', (d) => { delete d.body.state; }, undefined),
	envelope('state of another request', (d) => { d.body.state = random(); }, undefined),
];

/* ---- the JWE ---- */

const jwe = (name, change) => negative(`encrypted response: ${name}`, { envelope: change }, undefined);
const posted = (name, change) => negative(`encrypted response: ${name}`, { response: change }, undefined);
const parts = (change) => (d) => {
	const split = d.form.response.split('.');
	change(split);
	d.form.response = split.join('.');
};
const jwes = [
	/* proves: VP 8.3c */
	jwe('kid of nobody', (d) => { d.header.kid = random(); }),
	jwe('kid missing', (d) => { delete d.header.kid; }),
	/* proves: VP 8.3c */
	jwe('enc that was not offered', (d) => { d.header.enc = 'A256CBC-HS512'; }),
	jwe('compressed', (d) => { d.header.zip = 'DEF'; }),
	jwe('to another key', (d) => { d.key = newKey().jwk; }),
	jwe('plaintext that is no JSON', (d) => { d.body = 'no JSON'; }),
	jwe('plaintext that is an array', (d) => { d.body = '[]'; }),
	posted('tag cut', parts((p) => { p[4] = p[4].slice(0, 8); })),
	posted('tag changed', parts((p) => { p[4] = spoil(p[4]); })),
	posted('ciphertext changed', parts((p) => { p[3] = spoil(p[3]); })),
	/* proves: VP 8.3c */
	posted('alg RSA-OAEP named', parts((p) => { p[0] = recoded(p[0], (h) => { h.alg = 'RSA-OAEP'; }); })),
	posted('alg dir named', parts((p) => { p[0] = recoded(p[0], (h) => { h.alg = 'dir'; }); })),
	posted('epk off the curve', parts((p) => { p[0] = recoded(p[0], (h) => { h.epk.y = h.epk.x; }); })),
	posted('epk missing', parts((p) => { p[0] = recoded(p[0], (h) => { delete h.epk; }); })),
	/* proves: VP 8.3a */
	posted('not a JWE', (d) => { d.form.response = 'a.b.c.d.e'; }),
	/* proves: HAIP 5.1b */
	{ name: 'encrypted response: left out where it was asked for', needs: [presenting], play: (t) => rejects(t, { change: {
		envelope: (d) => { delete d.header; } } }, {}) },
	/* proves: HAIP 5e */
	positive('encrypted response: with A256GCM', { change: { envelope: (d) => { d.header.enc = 'A256GCM'; } } }),
	positive('encrypted response: without apu and apv', { change: { envelope: (d) => { d.params = {}; } } }),
];
function recoded(part, change) {
	const header = JSON.parse(Buffer.from(part, 'base64url'));
	change(header);
	return Buffer.from(JSON.stringify(header)).toString('base64url');
}

/* ---- the post ---- */

const posts = [
	/* proves: VP 8.2a */
	negative('response as JSON', { response: (d) => Object.assign(d, { json: d.form, form: undefined }) }, undefined, { expect: { status: 415 } }),
	/* proves: VP 8.2a */
	negative('response with a parameter twice', { response: (d) => { d.form = [...Object.entries(d.form), ...Object.entries(d.form)]; } }, undefined),
	negative('response that is empty', { response: (d) => { d.form = {}; } }, undefined),
	negative('response larger than any', { response: (d) => { d.form = { response: 'a'.repeat(1500 << 10) }; } }, undefined, { expect: { status: 413 } }),
	{ name: 'response and request by another method', needs: [presenting], play: async (t) => {
		const it = await t.presentation().opened();
		for (const [method, url] of [['GET', it.object.response_uri], ['PUT', it.object.response_uri], ['DELETE', it.requestUri]]) {
			const answer = await it.http.ask({ method, url });
			t.expect(answer, 405);
			t.truth(Boolean(answer.headers.allow), `${answer} without Allow`);
		}
	} },
	/* proves: VP 8.1c */
	positive('response with unknown parameters', { change: { response: (d) => { d.form[`x_${random(6)}`] = random(6); } } }),
	{ name: 'response twice', needs: [presenting], play: async (t) => {
		const it = await t.presentation().opened();
		const sealed = await it.envelope({ [it.object.dcql_query.credentials[0].id]: [await it.presented()] });
		t.expect(await it.response(sealed), 200);
		t.expect(await it.response(sealed), 400);
		t.expect(await it.request(), [404, 410]);
	} },
	{ name: 'response many times at once', needs: [presenting], play: async (t) => {
		const it = await t.presentation().opened();
		const sealed = await it.envelope({ [it.object.dcql_query.credentials[0].id]: [await it.presented()] });
		const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => it.response(sealed)));
		t.truth(answers.filter((one) => one.fine).length === 1, `${answers.filter((one) => one.fine).length} of ${AT_ONCE} at once were accepted`);
	} },
	{ name: 'response of one request posted to another', needs: [presenting], play: async (t) => {
		const [one, other] = [await t.presentation().opened(), await t.presentation().opened()];
		const vpToken = { [other.object.dcql_query.credentials[0].id]: [await one.presented()] };
		t.expect(await other.response(await other.envelope(vpToken)), 400);
	} },
	{ name: 'response after a rejected one', needs: [presenting], play: async (t) => {
		const [it, answer] = await answered(t, { change: { proof: (d) => { (d.kb ?? d).corrupt = true; } } });
		t.expect(answer, 400);
		it.change = {};
		t.expect(await it.answer(), 400);
	} },
	{ name: 'garbage before the response does not end the request', needs: [presenting], play: async (t) => {
		const it = await t.presentation().opened();
		t.expect(await it.http.ask({ method: 'POST', url: it.object.response_uri, form: { response: 'garbage' } }), 400);
		t.expect(await it.answer(), 200);
	} },
	{ name: 'response after the request has expired', needs: [presenting], waits: 'presentation', play: async (t, { lifetimes }) => {
		const it = await t.presentation().opened();
		await wait((lifetimes.presentation + 1) * 1000);
		t.expect(await it.answer(), 400);
	} },
];

/* ---- the request ---- */

const requests = [
	{ name: 'request with an empty wallet_nonce or one too long', needs: [presenting, 'request_uri_method=post'], play: async (t) => {
		const it = t.presentation({ creating: { request_uri_method: 'post' } });
		await it.must('create');
		t.expect(await it.request({ walletNonce: 'x'.repeat(257) }), 400);
	} },
	...[['x509_san_dns', 'client_id_prefixes_supported'], ['ES384', 'request_object_signing_alg_values_supported']].map(([value, member]) => ({
		name: `request for a wallet that knows only ${value}`, needs: [presenting, 'request_uri_method=post'], play: async (t) => {
			const it = t.presentation({ creating: { request_uri_method: 'post' } });
			await it.must('create');
			t.expect(await it.request({ walletNonce: random(), wallet: { [member]: [value] } }), 400);
		},
	})),
	{ name: 'request that nobody made', needs: [presenting], play: async (t) => {
		const it = t.presentation();
		await it.must('create');
		t.expect(await it.http.ask({ url: it.requestUri.replace(/[0-9a-f]{8}$/, '00000000') }), [404, 410]);
	} },
	positive('request by GET though POST was announced', { creating: { request_uri_method: 'post' } }, { needs: [presenting, 'request_uri_method=post'] }),
	{ ...positive('response in the clear where that was asked for', { mode: 'direct_post' }), profiles: ['plain'] },
];

/* ---- what a wallet may say instead: OpenID4VP 1.0 section 8.5 ---- */

const ERRORS = ['invalid_request', 'invalid_client', 'invalid_scope', 'unauthorized_client', 'access_denied', 'vp_formats_not_supported',
	'invalid_request_uri_method', 'invalid_transaction_data', 'wallet_unavailable', 'server_error'];
const declines = (form) => async (t) => {
	const it = await t.presentation().opened();
	const answer = await it.http.ask({ method: 'POST', url: it.object.response_uri, form: form(it.object) });
	t.expect(answer, 200);
	const { json } = await it.result({ wait: 0 });
	t.truth(json?.state === 'declined', `the relying party was told ${json?.state}`);
};
const errors = [
	...ERRORS.map((error) => ({ name: `wallet answers ${error}`, needs: [presenting], play: declines(({ state }) => ({ error, state })) })),
	{ name: 'wallet answers an error of its own', needs: [presenting],
		play: declines(({ state }) => ({ error: 'x_other', error_description: '<script>alert(1)</script>', state })) },
	{ name: 'wallet answers an error with the wrong state', needs: [presenting], play: async (t) => {
		const it = await t.presentation().opened();
		t.expect(await it.http.ask({ method: 'POST', url: it.object.response_uri, form: { error: 'access_denied', state: random() } }), 400);
		t.expect(await it.answer(), 200);
	} },
];

/* ---- DCQL: more than one credential, sets, values ---- */

const queryOf = (it, id, more = {}) => ({ ...it.kind.query(id, it.type, it.ask), ...more });
const both = (more) => (it) => ({ credentials: [queryOf(it, 'one'), queryOf(it, 'two')], ...more });

/* Opens a request for a query and answers with these ids. */
async function asked(t, dcql, ids) {
	const it = t.presentation();
	it.dcql = dcql(it);
	await it.opened();
	const vpToken = Object.fromEntries(await Promise.all(ids.map(async (id) => [id, [await it.presented()]])));
	return [it, await it.response(await it.envelope(vpToken))];
}
const queried = (name, dcql, ids, status, check) => ({ name, needs: [presenting], play: async (t) => {
	const [it, answer] = await asked(t, dcql, ids);
	t.expect(answer, status);
	await check?.(t, it);
} });
const OPTIONS = { credential_sets: [{ options: [['one'], ['two']] }] };
const queries = [
	queried('two credentials, both answered', both(), ['one', 'two'], 200),
	/* proves: HAIP 5d */
	/* proves: VP 8.6e */
	queried('two credentials, one missing', both(), ['one'], 400),
	queried('one of two credentials by a set', both(OPTIONS), ['two'], 200),
	queried('set that nothing satisfies', both({ credential_sets: [{ options: [['one', 'two']] }] }), ['two'], 400),
	queried('optional set left unanswered', both({ credential_sets: [{ options: [['one']] }, { options: [['two']], required: false }] }), ['one'], 200),
	queried('several of one credential where that was asked for', (it) => ({ credentials: [queryOf(it, 'one', { multiple: true })] }), ['one'], 200),
	/* proves: HAIP 5d */
	{ name: 'claims that were asked for are missing', needs: [presenting], play: async (t) => {
		const it = await t.presentation().opened();
		const shown = it.kind.presented({ ...await it.credential(), ask: it.ask.slice(1), request: it.object });
		t.expect(await it.response(await it.envelope({ [it.object.dcql_query.credentials[0].id]: [await shown] })), 400);
		const { json } = await it.result({ wait: 0 });
		t.truth(json?.code === 'claim_missing', `the relying party was told ${json?.code}`);
	} },
	/* proves: VP 6.4.1d */
	{ name: 'a value that was not asked for', needs: [presenting], play: async (t) => {
		const it = t.presentation();
		const query = queryOf(it, 'one');
		query.claims[0].values = ['Somebody Else'];
		it.dcql = { credentials: [query] };
		await it.opened();
		t.expect(await it.answer(), 400);
	} },
	/* proves: VP 14.9a */
	{ name: 'claims beyond those asked for reach nobody', needs: [presenting], play: async (t) => {
		const it = t.presentation();
		const wanted = it.type.ask.slice(0, 1);
		it.dcql = { credentials: [it.kind.query('one', it.type, wanted)] };
		await it.opened();
		const shown = await it.kind.presented({ ...await it.credential(), ask: it.type.ask, request: it.object });
		t.expect(await it.response(await it.envelope({ one: [shown] })), 200);
		const { json } = await it.result({ code: it.responseCode });
		const text = JSON.stringify(json?.presentations ?? 'nothing');
		t.truth(json?.state === 'verified', `the relying party was told ${json?.state}`);
		t.truth(!text.includes(it.type.secret), 'a claim that nobody asked for was handed over');
	} },
	/* proves: HAIP 5g */
	{ name: 'trusted authorities by key identifier', needs: [presenting], play: async (t, { signerAki }) => {
		const it = t.presentation();
		it.dcql = { credentials: [queryOf(it, 'one', { trusted_authorities: [{ type: 'aki', values: [signerAki] }] })] };
		await it.opened();
		t.expect(await it.answer(), 200);
	} },
	/* proves: HAIP 5g */
	/* proves: VP 6.1.1.1a */
	{ name: 'trusted authorities that are others', needs: [presenting], play: async (t) => {
		const it = t.presentation();
		it.dcql = { credentials: [queryOf(it, 'one', { trusted_authorities: [{ type: 'aki', values: [random(20)] }] })] };
		await it.opened();
		t.expect(await it.answer(), 400);
	} },
];

/* ---- the relying party: response_code, session ---- */

async function withCode(t) {
	const it = await accepts(t, {});
	t.truth(Boolean(it.redirected && it.responseCode), 'no redirect_uri with a response_code');
	return it;
}
const parties = [
	/* proves: HAIP 5.1e */
	/* proves: VP 14.2a */
	{ name: 'result is closed without the response_code', needs: [presenting], play: async (t) => {
		const it = await withCode(t);
		const { json } = await it.result({ wait: 0 });
		t.truth(!json?.presentations && json?.state !== 'verified', 'the result was handed over without the code');
	} },
	{ name: 'result opens with the response_code', needs: [presenting], play: async (t) => {
		const it = await withCode(t);
		const { json } = await it.result({ code: it.responseCode });
		t.truth(json?.state === 'verified' && Boolean(json.presentations?.length), `the relying party was told ${json?.state}`);
	} },
	/* proves: VP 14.2a */
	{ name: 'result does not open with a guessed response_code', needs: [presenting], play: async (t) => {
		const it = await withCode(t);
		t.expect(await it.result({ code: random() }), 403);
	} },
	{ name: 'result does not open with the response_code of another', needs: [presenting], play: async (t) => {
		const [one, other] = [await withCode(t), await withCode(t)];
		t.expect(await one.result({ code: other.responseCode }), 403);
	} },
	{ name: 'response_code opens once', needs: [presenting], play: async (t) => {
		const it = await withCode(t);
		await it.result({ code: it.responseCode });
		const { json, status } = await it.result({ code: it.responseCode, wait: 0 });
		t.truth(status === 403 || !json?.presentations, 'the result was handed over twice');
	} },
	/* proves: VP 14.3.3a */
	{ name: 'result is nobody else\'s', needs: [presenting], play: async (t, { party }) => {
		const it = await accepts(t, {});
		t.expect(await it.http.ask({ url: `${party.url}/${it.id}?wait=0`, headers: [['Authorization', `Bearer ${random()}`]] }), [401, 403, 404]);
	} },
];

/* ---- transaction data: OpenID4VP 1.0 appendix B.3.3.1 ---- */

const data = (name, change, status, code) => ({ name: `transaction data ${name}`, formats: SD_JWT.formats, needs: [presenting, 'transaction_data'],
	play: async (t, world) => {
		const options = { creating: { transaction_data: [world.transactionData()] }, change: { proof: (d, it) => {
			Object.assign(d.kb.payload, { transaction_data_hashes: it.object.transaction_data.map(sha256), transaction_data_hashes_alg: 'sha-256' });
			change?.(d.kb.payload, it);
		} } };
		await (status === 200 ? accepts(t, options) : rejects(t, options, { status, code }));
	} });
const transactions = [
	data('confirmed', undefined, 200),
	/* proves: VP 8.4c */
	data('not confirmed', (p) => { delete p.transaction_data_hashes; }, 400, 'transaction_data'),
	data('of another transaction', (p) => { p.transaction_data_hashes = [sha256(random())]; }, 400, 'transaction_data'),
	data('with one too many', (p) => { p.transaction_data_hashes.push(sha256(random())); }, 400, 'transaction_data'),
	/* proves: VP B.3.3.1b */
	data('hashed decoded', (p, it) => {
		p.transaction_data_hashes = it.object.transaction_data.map((one) => sha256(Buffer.from(one, 'base64url')));
	}, 400, 'transaction_data'),
	/* proves: VP B.3.3.1b */
	data('by a hash that was not offered', (p) => { p.transaction_data_hashes_alg = 'sha-512'; }, 400, 'transaction_data'),
];

/* ---- status: a credential of the server under test, changed by an officer ---- */

async function received(t) {
	const it = t.issuance();
	await it.through('nonce');
	await it.must('credential');
	return { credential: it.issued[0], holder: it.keys[0] };
}

/* Waits until the published list says it; a list of one bit, as ISO mdoc has them, says of both states that it is invalid. */
async function published(world, place, wanted) {
	for (const end = Date.now() + VISIBLE_MS; Date.now() < end; await wait(100)) {
		const { value, bits } = await statusAt(world, place);
		if (value === wanted || (bits === 1 && value === REVOKED))
			return value;
	}
	return undefined;
}

const CODES = { [REVOKED]: 'status_revoked', [SUSPENDED]: 'status_suspended' };
const changed = (word, wanted) => ({ name: `a credential that is ${word}`, alone: true,
	needs: [presenting, ({ format }) => `issuing ${format}`, 'status list'], play: async (t, world) => {
		const brought = await received(t);
		const place = world.kind.statusOf(brought.credential);
		const { id } = await world.command('last', world.configuration);
		await world.command('status', String(id), word);
		const value = await published(world, place, wanted);
		t.truth(value !== undefined, `the list did not say ${word} in time`);
		await rejects(t, { brought }, { code: CODES[value] });
	} });
const states = [
	/* proves: HAIP 7b */
	{ name: 'a credential that this server issued', needs: [presenting, ({ format }) => `issuing ${format}`],
		play: async (t) => accepts(t, { brought: await received(t) }) },
	changed('revoked', REVOKED),
	changed('suspended', SUSPENDED),
	{ name: 'a credential whose place is beyond its list', needs: [presenting, 'status list'], play: (t, world) => rejects(t,
		{ change: { credential: (d) => {
			const place = { ...world.status, idx: 1 << 28 };
			if (d.payload)
				d.payload.status = { status_list: place };
			else
				d.status = place;
		} } }, { code: ['index_out_of_range', 'status_unknown', 'referenced_status_malformed'] }) },
];

export const verifierGapRows = [...kbs, ...disclosures, ...issuers, ...mdocs, ...vpTokens, ...jwes, ...posts, ...requests, ...errors, ...queries,
	...parties, ...transactions, ...states].map((row) => ({ gap: true, ...row }));
