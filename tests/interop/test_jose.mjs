/* JOSE: jose reads our keys, tokens and certificates, and writes what our server opens. */
import { before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as jose from 'jose';
import { makeOffer, makeRequest, person, resultOf, server } from './rail.mjs';
import { disclose, receive, resolveRequest, trustedLeaf } from './wallet.mjs';

let jwks, credential;

before(async () => {
	jwks = await (await fetch(`${server}/jwks`)).json();
	({ credentials: [credential] } = await receive(makeOffer(person(0)).link_by_reference));
});

const issuerJwt = () => credential.split('~')[0];
const statusToken = async () =>
	(await fetch(jose.decodeJwt(issuerJwt()).status.status_list.uri)).text();

test('our published keys are public, named and usable', async () => {
	assert.ok(jwks.keys.length >= 2);
	assert.equal(new Set(jwks.keys.map((key) => key.kid)).size, jwks.keys.length);
	for (const key of jwks.keys) {
		assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
		assert.equal((await jose.importJWK(key, key.alg)).type, 'public');
	}
});

test('a status list verifies with the published key its kid names, which is that of its chain', async () => {
	const { key, protectedHeader } = await jose.compactVerify(await statusToken(), jose.createLocalJWKSet(jwks));
	const fromChain = await jose.exportJWK(trustedLeaf(protectedHeader.x5c).publicKey);
	assert.equal(await jose.calculateJwkThumbprint(await jose.exportJWK(key)),
		await jose.calculateJwkThumbprint(fromChain));
});

test('a credential verifies with the key of its chain, which is published too', async () => {
	const { protectedHeader } = await jose.compactVerify(issuerJwt(),
		({ x5c }) => trustedLeaf(x5c).publicKey);
	const leaf = trustedLeaf(protectedHeader.x5c);
	const wanted = await jose.calculateJwkThumbprint(await jose.exportJWK(leaf.publicKey));
	const published = await Promise.all(jwks.keys.map((key) => jose.calculateJwkThumbprint(key)));
	assert.ok(published.includes(wanted));
	const { kid } = jwks.keys[published.indexOf(wanted)];
	assert.equal(kid, createHash('sha256').update(leaf.raw).digest().subarray(0, 16).toString('base64url'));
});

test('the request object verifies with jose and its client_id is the hash of its certificate', async () => {
	const made = makeRequest('--policy', 'bank-account');
	const object = await (await fetch(made.request_uri)).text();
	const leaf = trustedLeaf(jose.decodeProtectedHeader(object).x5c);
	const { payload } = await jose.jwtVerify(object, leaf.publicKey, {
		typ: 'oauth-authz-req+jwt', algorithms: ['ES256'], audience: 'https://self-issued.me/v2',
		requiredClaims: ['iat', 'exp', 'nonce', 'client_id', 'response_uri', 'dcql_query'],
	});
	const hash = createHash('sha256').update(leaf.raw).digest('base64url');
	assert.equal(payload.client_id, `x509_hash:${hash}`);
});

test('the request object is the same bytes at every fetch', async () => {
	const made = makeRequest('--policy', 'bank-account');
	const [first, second] = [await fetch(made.request_uri), await fetch(made.request_uri)];
	assert.equal(first.headers.get('Content-Type'), 'application/oauth-authz-req+jwt');
	assert.equal(await first.text(), await second.text());
});

test('every request has an encryption key and a nonce of its own', async () => {
	const seen = new Set();
	for (let i = 0; i < 4; i++) {
		const { authorizationRequestPayload: p } =
			await resolveRequest(makeRequest('--policy', 'bank-account').invocation_url);
		const [key, ...more] = p.client_metadata.jwks.keys;
		assert.deepEqual(more, []);
		assert.deepEqual([key.alg, key.use, key.crv], ['ECDH-ES', 'enc', 'P-256']);
		seen.add(await jose.calculateJwkThumbprint(key)).add(p.nonce).add(p.state);
	}
	assert.equal(seen.size, 12);
});

/* ---- JWE made by jose, with one header at a time ---- */

async function sendJwe({ alg = 'ECDH-ES', enc = 'A128GCM', kid, parameters, header = {} } = {}) {
	const made = makeRequest('--policy', 'bank-account');
	const { authorizationRequestPayload: p } = await resolveRequest(made.invocation_url);
	const [jwk] = p.client_metadata.jwks.keys;
	const presented = await disclose(credential,
		{ full_name: true, birthdate: true, personal_administrative_number: true }, p.client_id, p.nonce);
	const body = { vp_token: { [p.dcql_query.credentials[0].id]: [presented] }, state: p.state };
	const encrypt = new jose.CompactEncrypt(new TextEncoder().encode(JSON.stringify(body)))
		.setProtectedHeader({ alg, enc, kid: kid ?? jwk.kid, ...header });
	if (parameters)
		encrypt.setKeyManagementParameters(parameters);
	const jwe = await encrypt.encrypt(await jose.importJWK({ ...jwk, alg }, alg));
	const answer = await fetch(p.response_uri, { method: 'POST', body: new URLSearchParams({ response: jwe }) });
	return { status: answer.status, id: made.id };
}

for (const enc of ['A128GCM', 'A256GCM'])
	test(`our server opens jose's ECDH-ES with ${enc}`, async () => {
		const { status, id } = await sendJwe({ enc });
		assert.equal(status, 200);
		assert.equal(resultOf(id).state, 'verified');
	});

test('our server takes apu and apv into the key, as jose does', async () => {
	const bytes = (text) => new TextEncoder().encode(text);
	const { status, id } = await sendJwe({ parameters: { apu: bytes('Alice'), apv: bytes('Bob') } });
	assert.equal(status, 200);
	assert.equal(resultOf(id).state, 'verified');
});

const refused = (what, how) => test(`our server refuses a JWE ${what}`, async () => {
	assert.equal((await sendJwe(how)).status, 400);
});
refused('with a wrapped key, which was not offered', { alg: 'ECDH-ES+A128KW' });
refused('with A128CBC-HS256, which was not offered', { enc: 'A128CBC-HS256' });
refused('with A192GCM, which was not offered', { enc: 'A192GCM' });
refused('whose kid names another key', { kid: 'another' });
