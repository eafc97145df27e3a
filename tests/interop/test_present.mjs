/* OpenID4VP 1.0: another implementation's wallet reads our requests and answers them. */
import { before, test } from 'node:test';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { DcqlQuery } from 'dcql';
import * as jose from 'jose';
import { makeOffer, makeRequest, person, resultOf, server } from './rail.mjs';
import { disclose, receive, resolveRequest, respond, sdJwt, trustedLeaf } from './wallet.mjs';

const WANTED = ['full_name', 'birthdate', 'personal_administrative_number'];
const THREE = Object.fromEntries(WANTED.map((name) => [name, true]));
let credential;

before(async () => {
	({ credentials: [credential] } = await receive(makeOffer(person(0)).link_by_reference));
});

const askBank = (...more) => makeRequest('--policy', 'bank-account', ...more);

/* The answer to the first query of a request. */
async function answer(request, frame = THREE, more = {}) {
	const { client_id: audience, nonce, dcql_query: query } = request.authorizationRequestPayload;
	return { [query.credentials[0].id]:
		[await disclose(more.credential ?? credential, frame, more.audience ?? audience, more.nonce ?? nonce)] };
}

function assertVerified(result) {
	assert.equal(result.state, 'verified', JSON.stringify(result));
	assert.equal(result.verdict.verdict, 'VALID');
	const [one] = result.presentations;
	const claims = person(0).claims;
	assert.deepEqual(one.claims, Object.fromEntries(WANTED.map((name) => [name, claims[name]])));
}

/* proves: VP 5a, VP 5.9.3g */
test('the library accepts our request: by reference, signed, x509_hash, to our root', async () => {
	const request = await resolveRequest(askBank().invocation_url);
	assert.equal(request.jar.sendBy, 'reference');
	assert.equal(request.client.prefix, 'x509_hash');
	assert.equal(request.version, 100);
	assert.equal(request.jar.jwt.header.typ, 'oauth-authz-req+jwt');
	assert.match(trustedLeaf(request.jar.signer.x5c).subject, /C=KH/);
	assert.equal(request.authorizationRequestPayload.response_mode, 'direct_post.jwt');
});

test('our DCQL query parses in dcql and matches the credential we issued', async () => {
	const { dcql } = await resolveRequest(askBank().invocation_url);
	const query = DcqlQuery.parse(dcql.query);
	DcqlQuery.validate(query);
	const found = DcqlQuery.query(query, [{
		credential_format: 'dc+sd-jwt', vct: jose.decodeJwt(credential.split('~')[0]).vct,
		claims: await (await sdJwt(credential)).getClaims(credential), cryptographic_holder_binding: true,
	}]);
	assert.equal(found.can_be_satisfied, true, JSON.stringify(found));
});

for (const enc of ['A128GCM', 'A256GCM'])
	test(`an answer encrypted by jose with ${enc} is verified, with exactly the claims asked for`, async () => {
		const made = askBank();
		const request = await resolveRequest(made.invocation_url);
		const got = await respond(request, await answer(request), enc);
		assert.equal(got.status, 200);
		assertVerified(resultOf(made.id));
	});

test('a wallet that posts its nonce gets it back in the signed request, and its answer is verified', async () => {
	const made = askBank('--request-uri-method', 'post');
	const walletNonce = randomBytes(24).toString('base64url');
	assert.match(made.invocation_url, /[?&]request_uri_method=post/);
	const request = await resolveRequest(made.invocation_url, walletNonce);
	assert.equal(request.authorizationRequestPayload.wallet_nonce, walletNonce);
	assert.equal((await respond(request, await answer(request))).status, 200);
	assertVerified(resultOf(made.id));
});

test('a plain direct_post answer is verified where it was asked for', async () => {
	const made = askBank('--mode', 'direct_post');
	const request = await resolveRequest(made.invocation_url);
	assert.equal(request.authorizationRequestPayload.response_mode, 'direct_post');
	assert.equal((await respond(request, await answer(request))).status, 200);
	assertVerified(resultOf(made.id));
});

test('a same-device wallet is sent back with a code that alone opens the result', async () => {
	const made = makeRequest('--policy', 'bank-account', '--flow', 'same_device', '--return-url', `${server}/done`);
	const request = await resolveRequest(made.invocation_url);
	const got = await respond(request, await answer(request));
	const { redirect_uri: back } = await got.json();
	assert.ok(back.startsWith(`${server}/done`), back);
	const code = new URLSearchParams(new URL(back).hash.slice(1)).get('response_code');
	assert.equal(resultOf(made.id).presentations, undefined);
	assertVerified(resultOf(made.id, '--response-code', code));
});

test('claims beyond those asked for reach nobody', async () => {
	const made = askBank();
	const request = await resolveRequest(made.invocation_url);
	await respond(request, await answer(request, { ...THREE, sex: true, document_number: true }));
	assertVerified(resultOf(made.id));
});

/* ---- what a wallet must not get away with ---- */

const rejected = (code, what, vpToken) => test(`${what}: rejected with ${code}, and no claim`, async () => {
	const made = askBank();
	const request = await resolveRequest(made.invocation_url);
	await respond(request, await vpToken(request));
	const result = resultOf(made.id);
	assert.equal(result.state, 'rejected', JSON.stringify(result));
	assert.equal(result.code, code);
	assert.ok(!JSON.stringify(result).includes(person(0).claims.full_name));
});

rejected('claim_missing', 'fewer claims than asked for', (r) => answer(r, { full_name: true }));
rejected('kb_nonce', 'an answer to another request', (r) => answer(r, THREE, { nonce: 'x'.repeat(43) }));
rejected('kb_aud', 'an answer to another verifier', (r) => answer(r, THREE, { audience: 'x509_hash:other' }));
rejected('kb_missing', 'the bare credential, as a thief would have it', async (r) => ({
	[r.authorizationRequestPayload.dcql_query.credentials[0].id]: [credential],
}));
rejected('disclosure_unreferenced', 'another name in a disclosure', async (r) => {
	const [[id, [one]]] = Object.entries(await answer(r));
	const parts = one.split('~');
	const i = parts.findIndex((p, n) => n > 0 && Buffer.from(p, 'base64url').includes('full_name'));
	const [salt, name] = JSON.parse(Buffer.from(parts[i], 'base64url'));
	parts[i] = Buffer.from(JSON.stringify([salt, name, 'Somebody Else'])).toString('base64url');
	return { [id]: [parts.join('~')] };
});

test('a second answer to the same request is refused', async () => {
	const made = askBank();
	const request = await resolveRequest(made.invocation_url);
	const vpToken = await answer(request);
	assert.equal((await respond(request, vpToken)).status, 200);
	assert.equal((await respond(request, vpToken)).status, 400);
});

test('a plain answer is refused where an encrypted one was asked for', async () => {
	const made = askBank();
	const { authorizationRequestPayload } = await resolveRequest(made.invocation_url);
	const plain = { authorizationRequestPayload: { ...authorizationRequestPayload, response_mode: 'direct_post' } };
	assert.equal((await respond(plain, await answer(plain))).status, 400);
	assert.equal(resultOf(made.id).state, 'pending');
});

test('an answer encrypted to the key of another request is refused', async () => {
	const [one, other] = [askBank(), askBank()];
	const request = await resolveRequest(one.invocation_url);
	const foreign = await resolveRequest(other.invocation_url);
	const { jwks } = foreign.authorizationRequestPayload.client_metadata;
	const mixed = { authorizationRequestPayload: { ...request.authorizationRequestPayload,
		client_metadata: { ...request.authorizationRequestPayload.client_metadata, jwks } } };
	assert.equal((await respond(mixed, await answer(request))).status, 400);
});
