/*
 * Presenting over the Digital Credentials API: OpenID4VP 1.0 appendix A, HAIP 1.0 section 5.2. The suite has no verifier
 * module for it, so every row is ours. Here the relying party itself brings the answer, and is told what became of it.
 */
import { MULTISIGNED, SIGNED, UNSIGNED } from './browser_presentation.mjs';
import { random, sha256 } from './jwt.mjs';
import { presenting } from './rows_verifier.mjs';

const SD_JWT = ['dc+sd-jwt'], MDOC = ['mso_mdoc'], PLAIN = ['plain'], HAIP = ['haip'];
const AT_ONCE = 100;
const needs = [presenting, 'dc_api'];
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function answered(t, options) {
	const it = await t.browserPresentation(options).opened();
	return [it, await it.answer()];
}

async function told(t, it, state, code) {
	const { json } = await it.result({ wait: 0 });
	t.truth(json?.state === state && (code === undefined || [].concat(code).includes(json.code)),
		`the relying party was told ${json?.state} ${json?.code}; ${state} ${[].concat(code ?? []).join(' or ')} is right`);
	return json;
}

async function accepts(t, options) {
	const [it, answer] = await answered(t, options);
	t.expect(answer, 200);
	t.truth(answer.fine, `the answer was ${answer.json?.state} ${answer.json?.code}`);
	const json = await told(t, it, 'verified');
	t.truth(Boolean(json?.presentations?.[0]?.claims), 'the claims were not handed over');
	return it;
}

/* Judged and found wrong: said to who brought it, and to who asks. */
async function rejects(t, options, code) {
	const [it, answer] = await answered(t, options);
	t.expect(answer, 200);
	t.truth(answer.json?.state === 'rejected' && [].concat(code).includes(answer.json.code),
		`the answer was ${answer.json?.state} ${answer.json?.code}; rejected ${[].concat(code).join(' or ')} is right`);
	await told(t, it, 'rejected', code);
	return it;
}

const good = (name, options, more) => ({ name: `browser ${name}`, needs, play: (t) => accepts(t, options), ...more });
const wrong = (name, change, code, more = {}) => ({ name: `browser ${name}`, needs, play: (t) => rejects(t, { change, ...more.options }, code), ...more });
/* refused before it is judged, and the right answer still gets through */
const unread = (name, change, code, more = {}) => ({ name: `browser ${name}`, needs, refuses: true, play: async (t) => {
	const it = await t.browserPresentation({ change, ...more.options }).opened();
	t.expect(await it.answer(), 400, code);
	it.change = {};
	t.truth((await it.answer()).fine, 'the right answer was not taken after it');
}, ...more });

/* ---- the request ---- */

const created = (name, change, status, more) => ({ name: `browser ${name}`, needs, refuses: status >= 400, play: async (t) => {
	t.expect(await t.browserPresentation({ change: { create: change } }).create(), status);
}, ...more });
const requests = [
	/* proves: HAIP 5.2a, HAIP 5.2c, VP A.1a */
	good('request signed', { protocol: SIGNED }),
	/* proves: HAIP 5.2c, VP A.1a */
	good('request unsigned', { protocol: UNSIGNED }),
	/* proves: HAIP 5.2c, VP A.1a, VP A.3.2.2a */
	good('request signed more than once', { protocol: MULTISIGNED }),
	good('request signed, answered in the clear as asked', { mode: 'dc_api' }, { profiles: PLAIN }),
	good('request unsigned, answered in the clear as asked', { protocol: UNSIGNED, mode: 'dc_api' }, { profiles: PLAIN }),
	/* proves: HAIP 5.2b */
	created('request for an answer in the clear', (d) => { d.mode = 'dc_api'; }, 400, { profiles: HAIP }),
	created('request for a page of somebody else', (d) => { d.origin = 'https://other.example'; }, 400),
	created('request for an origin with a slash', (d) => { d.origin += '/'; }, 400),
	created('request by another protocol', (d) => { d.protocol = 'openid4vp-v2-signed'; }, 400),
	created('request answered by post', (d) => { d.mode = 'direct_post.jwt'; }, 400),
	created('request with an address to return to', (d, it) => { d.return_url = it.world.party.return_url; }, 400),
	created('request by link answered in the browser', (d, it) => {
		Object.assign(d, { flow: 'same_device', return_url: it.world.party.return_url });
	}, 400),
];

/* ---- what binds the answer ---- */

/* the nonce and, in either format, what the proof was made for */
const made = (change) => ({ proof: (d, it) => change(d.kb?.payload ?? d.handover, it, Boolean(d.kb)) });
const BINDING = ['kb_aud', 'device_signature'];
const byRedirect = made((p, it, sdJwt) => {
	const clientId = it.object.client_id ?? 'x509_hash:none';
	if (sdJwt)
		p.aud = clientId;
	else
		Object.assign(p, { origin: undefined, clientId, responseUri: 'https://verifier.example/response' });
});
const bindings = [
	/* proves: VP A.4a, VP B.2.6.2a */
	wrong('answer for another origin', made((p, it, sdJwt) => { p[sdJwt ? 'aud' : 'origin'] = `${sdJwt ? 'origin:' : ''}https://evil.example`; }), BINDING),
	wrong('answer for the origin with a slash', made((p, it, sdJwt) => { p[sdJwt ? 'aud' : 'origin'] += '/'; }), BINDING),
	wrong('answer to an unsigned request for another origin', made((p, it, sdJwt) => { p[sdJwt ? 'aud' : 'origin'] = `${sdJwt ? 'origin:' : ''}https://evil.example`; }),
		BINDING, { options: { protocol: UNSIGNED } }),
	wrong('answer made as for a redirect', byRedirect, BINDING),
	/* proves: VP A.4a */
	wrong('answer for the client_id of a signed request', made((p, it) => { p.aud = it.object.client_id; }), 'kb_aud', { formats: SD_JWT }),
	wrong('answer for the origin without its prefix', made((p, it) => { p.aud = it.object.origin; }), 'kb_aud', { formats: SD_JWT }),
	/* proves: VP B.2.6.2a */
	wrong('answer for the origin with the prefix', made((p, it) => { p.origin = it.object.audience; }), 'device_signature', { formats: MDOC }),
	/* proves: VP B.2.6.2a */
	wrong('answer as if not encrypted', made((p) => { p.thumbprint = null; }), 'device_signature', { formats: MDOC }),
	/* proves: VP B.2.6.2a */
	wrong('answer in the clear as if encrypted', made((p) => { p.thumbprint = new Uint8Array(32); }), 'device_signature',
		{ formats: MDOC, profiles: PLAIN, options: { mode: 'dc_api' } }),
	wrong('answer with another nonce', made((p) => { p.nonce = random(); }), ['kb_nonce', 'device_signature']),
	wrong('answer signed wrongly', { proof: (d) => { (d.kb ?? d).corrupt = true; } }, ['kb_signature', 'device_signature']),
	{ name: 'browser answer to a request by redirect', needs, refuses: true, play: async (t, { party: { origin } }) => {
		const it = await t.presentation().opened();
		Object.assign(it.object, { audience: `origin:${origin}`, origin });
		t.expect(await it.answer(), 400);
		await told(t, it, 'rejected', BINDING);
	} },
	{ name: 'browser answer brought for a request by redirect', needs, refuses: true, play: async (t, { party }) => {
		const it = await t.presentation().opened();
		t.expect(await it.http.ask({ method: 'POST', url: `${party.url}/${it.id}/dc-api`, headers: it.key, json: { error: 'access_denied' } }), 400);
		t.expect(await it.answer(), 200);
	} },
];

/* ---- how it comes ---- */

const data = (change) => ({ response: (d, it) => { d.json = change(d.json, it); } });
const ways = [
	unread('answer in the clear', { response: async (d, it) => { d.json = { vp_token: { credential: [await it.presented()] } }; } }, 'encryption_required'),
	unread('answer encrypted though in the clear was asked for', data(() => ({ response: 'a.b.c.d.e' })), 'invalid_request',
		{ profiles: PLAIN, options: { mode: 'dc_api' } }),
	unread('answer to another key', { envelope: (d) => { d.header.kid = random(); } }, 'decrypt'),
	unread('answer that is no object', data(() => ['x']), 'invalid_request'),
	unread('answer that is empty', data(() => ({})), 'invalid_request'),
	unread('answer beside an error', data((json) => ({ ...json, error: 'access_denied' })), 'invalid_request'),
	unread('answer with a token beside its envelope', data((json) => ({ ...json, vp_token: {} })), 'encryption_required'),
	{ ...unread('answer as a form', { response: (d) => Object.assign(d, { form: { response: d.json.response }, json: undefined }) }),
		play: async (t) => {
			const it = await t.browserPresentation({ change: { response: (d) => Object.assign(d, { form: d.json, json: undefined }) } }).opened();
			t.expect(await it.answer(), 415);
		} },
	{ name: 'browser answer larger than any', needs, refuses: true, play: async (t) => {
		const it = await t.browserPresentation({ change: { response: (d) => { d.json = { response: 'a'.repeat(1500 << 10) }; } } }).opened();
		t.expect(await it.answer(), 413);
	} },
];

/* ---- once, in time, by who asked ---- */

const turns = [
	{ name: 'browser answer twice', needs, refuses: true, play: async (t) => {
		const it = await t.browserPresentation().opened();
		const sealed = await it.envelope({ credential: [await it.presented()] });
		t.truth((await it.response(sealed)).fine, 'the first was not taken');
		t.expect(await it.response(sealed), 400, 'transaction_closed');
		await told(t, it, 'verified');
		t.truth((await told(t, it, 'delivered'))?.presentations === undefined, 'the claims were handed over twice');
	} },
	{ name: 'browser answer many times at once', needs, play: async (t) => {
		const it = await t.browserPresentation().opened();
		const sealed = await it.envelope({ credential: [await it.presented()] });
		const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => it.response(sealed)));
		t.truth(answers.filter((one) => one.fine).length === 1, `${answers.filter((one) => one.fine).length} of ${AT_ONCE} at once were accepted`);
		t.truth(answers.every((one) => one.fine || one.error === 'transaction_closed' || one.json?.code === 'transaction_closed'), 'a loser was told something else');
	} },
	{ name: 'browser answer of one request brought for another', needs, refuses: true, play: async (t) => {
		const [one, other] = [await t.browserPresentation().opened(), await t.browserPresentation().opened()];
		const sealed = await one.envelope({ credential: [await one.presented()] });
		t.expect(await other.response(sealed), 400);
	} },
	{ name: 'browser answer of one request encrypted for another', needs, play: async (t) => {
		const one = await t.browserPresentation().opened();
		const it = await t.browserPresentation().opened();
		const answer = await it.response(await it.envelope({ credential: [await one.presented()] }));
		t.truth(answer.json?.state === 'rejected', `the answer was ${answer.json?.state}`);
	} },
	{ name: 'browser answer after a rejected one', needs, refuses: true, play: async (t) => {
		const it = await rejects(t, { change: made((p) => { p.nonce = random(); }) }, ['kb_nonce', 'device_signature']);
		it.change = {};
		t.expect(await it.answer(), 400, 'transaction_closed');
	} },
	{ name: 'browser answer after the request has expired', needs, refuses: true, waits: 'presentation', play: async (t, { lifetimes }) => {
		const it = await t.browserPresentation().opened();
		await wait((lifetimes.presentation + 1) * 1000);
		t.expect(await it.answer(), 400, 'transaction_closed');
	} },
	{ name: 'browser answer for a presentation that nobody asked for', needs, refuses: true, play: async (t) => {
		const it = await t.browserPresentation().opened();
		it.id = `${it.id.slice(0, -8)}00000000`;
		t.expect(await it.answer(), 404);
	} },
	{ name: 'browser answer brought without the key of who asked', needs, refuses: true, play: async (t) => {
		const it = await t.browserPresentation({ change: { response: (d) => { d.headers = [['Authorization', `Bearer ${random()}`]]; } } }).opened();
		t.expect(await it.answer(), 401);
	} },
];

/* ---- what a wallet may say instead ---- */

const declined = (name, change, code) => ({ name: `browser wallet answers ${name}`, needs, play: async (t) => {
	const it = await t.browserPresentation({ change }).opened();
	const answer = await it.answer();
	t.expect(answer, 200);
	t.truth(answer.json?.state === 'declined' && answer.json.code === code, `the answer was ${answer.json?.state} ${answer.json?.code}`);
	await told(t, it, 'declined', code);
} });
const errors = [
	declined('access_denied', data(() => ({ error: 'access_denied' })), 'access_denied'),
	declined('invalid_request because of the origin', data(() => ({ error: 'invalid_request' })), 'invalid_request'),
	declined('an error in its envelope', { envelope: (d) => { d.body = { error: 'wallet_unavailable' }; } }, 'wallet_unavailable'),
	declined('an error of its own', data(() => ({ error: '<script>alert(1)</script>' })), 'declined'),
];

/* ---- transaction data ---- */

const confirming = (name, change, play) => ({ name: `browser transaction data ${name}`, needs: [...needs, 'transaction_data'], formats: SD_JWT,
	play: (t, world) => play(t, { creating: { transaction_data: [world.transactionData()] }, change: { proof: change } }) });
const confirms = (d, it) => Object.assign(d.kb.payload, { transaction_data_hashes: it.object.transaction_data.map(sha256), transaction_data_hashes_alg: 'sha-256' });
const transactions = [
	confirming('confirmed', confirms, accepts),
	confirming('confirmed to an unsigned request', confirms, (t, options) => accepts(t, { ...options, protocol: UNSIGNED })),
	confirming('not confirmed', () => {}, (t, options) => rejects(t, options, 'transaction_data')),
];

export const browserRows = [...requests, ...bindings, ...ways, ...turns, ...errors, ...transactions].map((row) => ({ gap: true, ...row }));
