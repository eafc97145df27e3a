/*
 * The FAPI 2.0 modules that the HAIP issuer plan adds (fapi2-security-profile-final-*). Those about DPoP and the token
 * endpoint hold for a pre-authorized code too and run wherever their capability is announced.
 */
import * as documents from './documents.mjs';
import { CODE } from './issuance.mjs';
import { newKey, now, random, sha256, spoil } from './jwt.mjs';
import { tlsFaults } from './tls.mjs';
import { wellKnown } from './world.mjs';

const NAME = 'fapi2-security-profile-final-';
const code = ['authorization code'], issuing = (world) => `issuing ${world.format}`;
const PROOF = ['invalid_dpop_proof', 'invalid_request', 'invalid_grant'];
const rowsOf = (needs, options, rows) => rows.map((row) => ({ options, ...row, name: NAME + row.name, needs: [issuing, ...needs, ...row.needs ?? []] }));

const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/* ---- PAR and authorization ---- */

const refusedPush = (name, change, codes, status = 400) => ({ name, stage: 'par', change, status, code: codes });
const without = (...names) => (d) => names.forEach((name) => { delete d.form[name]; });

async function userRejects(t) {
	const it = t.issuance({ change: { authorize: (d) => { d.decision = 'deny'; } } });
	t.turnedAway(await it.to('authorize'), { codes: 'access_denied', page: false });
}

async function withoutState(t) {
	const it = t.issuance({ change: { par: without('state') } });
	it.state = undefined;
	await it.to('authorize').then((end) => t.truth(end.fine, `no code: ${end.error}`));
}

async function longState(t) {
	const it = t.issuance();
	it.state = 's'.repeat(1000);
	const pushed = await it.to('par');
	if (!pushed.fine)
		return t.expect(pushed, 400, 'invalid_request');
	const end = await it.authorize();
	return end.fine || t.turnedAway(end, { codes: 'invalid_request' });
}

/* What stands in the query beside request_uri does not count: the pushed state comes back, or none. */
const stateOutside = (pushed) => async (t) => {
	const it = t.issuance({ change: { authorize: (d) => { d.query.state = random(16); }, ...!pushed && { par: without('state') } } });
	if (!pushed)
		it.state = undefined;
	const end = await it.to('authorize');
	t.truth(end.fine, `no code: ${end.error}`);
};

async function withoutPush(t, world) {
	const it = t.issuance();
	const query = { response_type: 'code', client_id: it.client.id, redirect_uri: it.client.redirectUri, scope: world.scopeOf(it.configuration),
		code_challenge: sha256(it.verifier), code_challenge_method: 'S256', state: it.state };
	it.change = { authorize: (d) => { d.query = query; } };
	t.turnedAway(await it.authorize(), { codes: ['invalid_request', undefined] });
}

async function reusedBeforeLogin(t) {
	const it = t.issuance();
	await it.through('par');
	it.change = { authorize: (d, one) => d.browser.open(one.authorizeUrl(d)) };
	const end = await it.authorize();
	t.truth(end.fine, `the second visit ended with ${end.error}`);
}

async function reusedRequest(t) {
	const it = t.issuance();
	await it.through('token');
	t.turnedAway(await it.authorize(), { codes: 'invalid_request_uri' });
}

async function expiredRequest(t, { lifetimes }) {
	const it = t.issuance();
	await it.must('par');
	await wait((lifetimes.request_uri + 1) * 1000);
	t.turnedAway(await it.authorize(), { codes: 'invalid_request_uri' });
}

async function requestOfAnother(t, world) {
	const it = t.issuance({ change: { authorize: (d) => { d.query.client_id = world.second.id; } } });
	t.turnedAway(await it.to('authorize'), { codes: ['invalid_request', 'invalid_request_object', 'invalid_request_uri', undefined] });
}

/* An unregistered one is refused, or used as pushed: never exchanged for the registered one. */
async function unregisteredRedirect(t) {
	const it = t.issuance({ change: { par: (d) => { d.form.redirect_uri += '/unregistered'; } } });
	const answer = await it.to('par');
	if (!answer.fine)
		return t.expect(answer, 400, ['invalid_request', 'invalid_request_object']);
	it.client = { ...it.client, redirectUri: `${it.client.redirectUri}/unregistered` };
	const end = await it.authorize();
	return end.fine || t.turnedAway(end, { codes: ['invalid_request', undefined] });
}

async function wrongMethod(t, world) {
	const answer = await world.http.ask({ url: world.as.pushed_authorization_request_endpoint });
	t.truth(answer.status >= 400, `${answer}`);
}

const authorizationRows = rowsOf(code, { grant: CODE }, [
	/* proves: VCI 5.3a */
	{ name: 'user-rejects-authentication', play: userRejects },
	/* proves: VCI 5.2a */
	{ name: 'ensure-authorization-request-without-state-success', play: withoutState },
	{ name: 'ensure-authorization-request-with-long-state', play: longState },
	{ name: 'ensure-different-state-inside-and-outside-request-object', play: stateOutside(true) },
	{ name: 'state-only-outside-request-object-not-used', play: stateOutside(false) },
	refusedPush('ensure-mismatched-dpop-jkt-fails', (d) => { d.form.dpop_jkt = newKey().jkt; }, ['invalid_dpop_proof', 'invalid_request']),
	refusedPush('ensure-request-object-without-redirect-uri-fails', without('redirect_uri'), 'invalid_request'),
	refusedPush('ensure-redirect-uri-in-authorization-request', without('redirect_uri'), 'invalid_request'),
	/* proves: HAIP 4k */
	{ name: 'plain-fapi-tolerate-unregistered-redirect-uri', play: unregisteredRedirect },
	/* proves: HAIP 4c */
	{ name: 'ensure-unsigned-authorization-request-without-using-par-fails', needs: ['par required'], play: withoutPush },
	refusedPush('ensure-response-type-code-idtoken-fails', (d) => { d.form.response_type = 'code id_token'; },
		['unsupported_response_type', 'invalid_request', 'unauthorized_client'], [400, 401, 403]),
	refusedPush('ensure-response-type-token-fails', (d) => { d.form.response_type = 'token'; },
		['unsupported_response_type', 'invalid_request', 'unauthorized_client'], [400, 401, 403]),
	{ name: 'par-ensure-reused-request-uri-prior-to-auth-completion-succeeds', play: reusedBeforeLogin },
	/* proves: HAIP 4c */
	{ name: 'par-attempt-reuse-request_uri', play: reusedRequest },
	{ name: 'par-attempt-to-use-expired-request_uri', waits: 'request_uri', play: expiredRequest },
	{ name: 'par-attempt-to-use-request_uri-for-different-client', needs: ['two clients'], play: requestOfAnother },
	refusedPush('par-authorization-request-containing-request_uri-form-param', (d) => {
		d.form.request_uri = `urn:ietf:params:oauth:request_uri:${random()}`;
	}, ['invalid_request', 'invalid_request_object', 'request_uri_not_supported']),
	{ name: 'par-attempt-invalid-http-method', play: wrongMethod },
	/* proves: HAIP 4b */
	refusedPush('par-ensure-pkce-required', without('code_challenge', 'code_challenge_method'), 'invalid_request'),
	/* proves: HAIP 4b */
	refusedPush('par-plain-pkce-rejected', (d, it) => {
		Object.assign(d.form, { code_challenge: it.verifier, code_challenge_method: 'plain' });
	}, 'invalid_request'),
	{ name: 'par-without-duplicate-parameters', success: true },
]);

/* ---- the token endpoint with a code ---- */

const refusedToken = (name, change, codes, status = 400) => ({ name, stage: 'token', change, status, code: codes });

async function otherClientsCode(t, world) {
	const first = t.issuance();
	await first.through('authorize');
	const second = t.issuance({ client: world.second });
	Object.assign(second, { code: first.code, verifier: first.verifier });
	second.change = { token: (d) => { d.form.redirect_uri = first.client.redirectUri; } };
	t.expect(await second.token(), 400, 'invalid_grant');
}

async function reusedCode(t) {
	const it = t.issuance();
	await it.through('nonce');
	await wait(1000);
	const { accessToken } = it;
	t.expect(await it.token(), 400, 'invalid_grant');
	it.accessToken = accessToken;
	await it.must('nonce');
	const after = await it.credential();
	t.truth(!after.fine, 'the access token still works after its code was used twice', 'W');
}

async function expiredCode(t, { lifetimes }) {
	const it = t.issuance();
	await it.through('authorize');
	await wait((lifetimes.code + 1) * 1000);
	t.expect(await it.token(), 400, 'invalid_grant');
}

const codeRows = rowsOf(code, { grant: CODE }, [
	refusedToken('ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt', (d) => {
		const other = newKey();
		Object.assign(d.dpop, { key: other, header: { ...d.dpop.header, jwk: other.jwk } });
	}, PROOF),
	{ ...refusedToken('ensure-token-endpoint-fails-with-mismatched-dpop-jkt', undefined, PROOF), change: {
		par: (d) => {
			delete d.dpop;
			d.form.dpop_jkt = newKey().jkt;
		},
	} },
	{ name: 'ensure-dpopproof-at-par-endpoint-binding-success', success: true },
	{ name: 'ensure-dpop-auth-code-binding-success', success: true, change: { par: (d, it) => {
		delete d.dpop;
		d.form.dpop_jkt = it.dpopKey.jkt;
	} } },
	{ ...refusedToken('ensure-client-id-in-token-endpoint', undefined, ['invalid_client', 'invalid_grant'], [400, 401]), needs: ['two clients'],
		change: { token: (d, it) => { d.form.client_id = it.world.second.id; } } },
	/* proves: HAIP 4e */
	refusedToken('ensure-holder-of-key-required', (d) => { delete d.dpop; }, PROOF),
	/* proves: HAIP 4g */
	{ name: 'ensure-authorization-code-is-bound-to-client', needs: ['two clients'], play: otherClientsCode },
	{ name: 'attempt-reuse-authorization-code-after-one-second', play: reusedCode },
	/* proves: HAIP 4g */
	{ name: 'ensure-token-endpoint-fails-with-expired-auth-code', waits: 'code', play: expiredCode },
	refusedToken('ensure-pkce-code-verifier-required', without('code_verifier'), 'invalid_grant'),
	/* proves: HAIP 4b */
	refusedToken('incorrect-pkce-code-verifier-rejected', (d) => { d.form.code_verifier = random(); }, 'invalid_grant'),
	{ name: 'check-dpop-proof-nbf-exp', success: true, change: { token: lasting, credential: lasting } },
	...[['before', -10], ['after', 10]].map(([word, by]) => ({
		name: `ensure-dpopproof-with-iat-10seconds-${word}-succeeds`, success: true,
		change: Object.fromEntries(['par', 'token', 'credential'].map((stage) => [stage, (d) => { d.dpop.payload.iat += by; }])),
	})),
]);

function lasting(d) {
	Object.assign(d.dpop.payload, { nbf: now(), exp: now() + 300 });
}

/* ---- refresh ---- */

async function refreshing(t) {
	const it = t.issuance();
	await it.through('nonce');
	if (!it.refreshToken)
		return 'no refresh token was issued';
	await it.must('credential');
	const identifiers = JSON.stringify(it.identifiers);
	await it.must('refresh');
	t.truth(JSON.stringify(it.identifiers) === identifiers, 'the refreshed token has other credential_identifiers');
	await it.must('nonce');
	await it.must('credential');
	return undefined;
}

const BAD_REFRESH = [...['invalid_client', 'invalid_client_attestation', 'use_fresh_attestation'], 'invalid_grant', 'invalid_request'];
const refusedRefresh = (name, change, expected) => ({
	name: `refresh-token (${name})`, play: async (t, world) => {
		const it = t.issuance();
		await it.through('nonce');
		if (!it.refreshToken)
			return 'no refresh token was issued';
		it.change = { refresh: (d) => change(d, it, world) };
		t.expect(await it.refresh(), ...expected);
		return undefined;
	},
});

const refreshRows = rowsOf([...code, 'refresh'], { grant: CODE }, [
	/* proves: HAIP 4l */
	{ name: 'refresh-token', play: refreshing },
	{ ...refusedRefresh('without client authentication', (d) => {
		delete d.attestation;
		delete d.pop;
		delete d.assertion;
	}, [[400, 401], BAD_REFRESH]) },
	{ ...refusedRefresh('of another instance of the wallet', (d) => {
		const other = newKey();
		d.attestation.payload.cnf = { jwk: other.jwk };
		d.pop.key = other;
	}, [[400, 401], BAD_REFRESH]), needs: ['wallet attestation'], options: ({ attested }) => ({ grant: CODE, client: attested }) },
	/* proves: HAIP 4e */
	{ ...refusedRefresh('without DPoP', (d) => { delete d.dpop; }, [400, PROOF]), profiles: ['haip'] },
	{ name: 'refresh-token (of another client)', needs: ['two clients'], play: async (t, world) => {
		const [first, second] = [t.issuance(), t.issuance({ client: world.second })];
		await first.through('nonce');
		if (!first.refreshToken)
			return 'no refresh token was issued';
		second.refreshToken = first.refreshToken;
		t.expect(await second.refresh(), 400, 'invalid_grant');
		return undefined;
	} },
]);

/* ---- DPoP at the credential endpoint: RFC 9449 section 4.3 ---- */

const bad = (what, change) => ({ name: `dpop-negative-tests (${what})`, stage: 'credential', change, status: [400, 401] });
const good = (what, change) => ({ name: `dpop-negative-tests (${what})`, success: true, change: { credential: change } });
const lacking = (part, name) => bad(`${name} missing`, (d) => { delete d.dpop[part][name]; });
const payload = (change) => (d) => Object.assign(d.dpop.payload, change(d.dpop.payload));

async function sameProofTwice(t) {
	const it = t.issuance();
	await it.through('nonce');
	let kept;
	it.change = { credential: (d) => {
		kept ??= d.dpop;
		Object.assign(d, { dpop: kept, keepJti: true });
	} };
	await it.must('credential');
	await it.must('nonce');
	const again = await it.credential();
	t.truth(!again.fine, 'the same jti was taken twice', 'W');
}

const upper = (url) => url.replace(/^[a-z]+:\/\/[^:/]+/, (start) => start.toUpperCase());
const withPort = (url) => url.replace(/^(https:\/\/[^:/]+)(\/|$)/, '$1:443$2');

const dpopRows = rowsOf(['dpop'], {}, [
	good('1: header name in capitals', (d) => { d.dpopName = 'DPOP'; }),
	bad('2: two headers', (d) => { d.dpop = [d.dpop, { ...d.dpop, payload: { ...d.dpop.payload, jti: random(16) } }]; }),
	bad('3: no JWT', (d) => { d.dpop = 'this.is-no.jwt'; }),
	bad('4: typ missing', (d) => { delete d.dpop.header.typ; }),
	bad('4: typ of another JWT', (d) => { d.dpop.header.typ = 'jwt'; }),
	bad('5: alg missing', (d) => { delete d.dpop.header.alg; }),
	bad('5: alg none', (d) => { d.dpop.header.alg = 'none'; }),
	lacking('header', 'jwk'), ...['jti', 'htm', 'htu', 'iat', 'ath'].map((name) => lacking('payload', name)),
	bad('8: signature invalid', (d) => { d.dpop.corrupt = true; }),
	bad('9: jwk private', (d) => { d.dpop.header.jwk = d.dpop.key.secret.export({ format: 'jwk' }); }),
	bad('10: htm wrong', payload(() => ({ htm: 'PUT' }))),
	good('11: htu with query and fragment', payload(({ htu }) => ({ htu: `${htu}?a=b#c` }))),
	bad('12: htu of another place', payload(({ htu }) => ({ htu: `${htu}/other` }))),
	...[['ahead', 3600], ['back', -3600]].map(([word, by]) => ({ ...bad(`13: iat one hour ${word}`, payload(({ iat }) => ({ iat: iat + by }))),
		unless: 'dpop nonce' })),
	...[['ahead', 10], ['back', -10]].map(([word, by]) => good(`14: iat ten seconds ${word}`, payload(({ iat }) => ({ iat: iat + by })))),
	{ name: 'dpop-negative-tests (15: jti used twice)', play: sameProofTwice },
	bad('16: ath wrong', payload(({ ath }) => ({ ath: spoil(ath) }))),
	/* proves: HAIP 4f */
	bad('17: another key', (d) => {
		const other = newKey();
		Object.assign(d.dpop, { key: other, header: { ...d.dpop.header, jwk: other.jwk } });
	}),
	good('18: further members', (d) => {
		d.dpop.header.x_extra = random(6);
		d.dpop.payload.x_extra = random(6);
	}),
	good('19: htu in capitals', payload(({ htu }) => ({ htu: upper(htu) }))),
	good('19: htu with its port', payload(({ htu }) => ({ htu: withPort(htu) }))),
	bad('20: no proof', (d) => { delete d.dpop; }),
	bad('21: no proof, as a bearer token', (d, it) => {
		delete d.dpop;
		d.authorization = `Bearer ${it.accessToken}`;
	}),
	good('22: nbf and exp', lasting),
	good('23: scheme in other case', (d, it) => { d.authorization = `dPoP ${it.accessToken}`; }),
	bad('24: token in the query only', (d, it) => {
		delete d.authorization;
		d.url += `?access_token=${it.accessToken}`;
	}),
	{ name: 'access-token-type-header-case-sensitivity', success: true, change: { credential: (d, it) => { d.authorization = `DPOP ${it.accessToken}`; } } },
]);

/* ---- as a whole ---- */

const wholeRows = [
	/* proves: HAIP 4.1a */
	{ name: `${NAME}discovery-end-point-verification`, once: true, needs: code, play: async (t, world) => {
		const answer = await world.http.ask({ url: wellKnown(world.issuer, 'oauth-authorization-server') });
		t.expect(answer, 200);
		t.faults.push(...documents.serverMetadata(world.issuer, { profile: world.profile, everyScope: true })(answer.json ?? null));
	} },
	/* proves: HAIP 4a, HAIP 4d */
	...rowsOf(code, { grant: CODE }, [{ name: 'happy-flow', play: async (t, world) => {
		for (const client of [world.clients[0], world.second]) {
			const it = t.issuance({ client });
			await it.through('nonce');
			await it.must('credential');
		}
		for (const url of [world.as.token_endpoint, world.as.authorization_endpoint, world.as.pushed_authorization_request_endpoint])
			t.faults.push(...await tlsFaults(url, world.profile));
	} }]),
];

export const fapiRows = [...wholeRows, ...authorizationRows, ...codeRows, ...refreshRows, ...dpopRows];
