/* OpenID4VCI 1.0 section 10: another implementation's JWE, both ways; and metadata signed for it. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as jose from 'jose';
import { makeOffer, person, server } from './rail.mjs';
import { issuance, newKey, sdJwt, secretOf, trustedLeaf } from './wallet.mjs';

const METADATA = `${server}/.well-known/openid-credential-issuer`;
const metadata = await (await fetch(METADATA)).json();

async function entitle() {
	const issuerMetadata = await issuance.resolveIssuerMetadata(server);
	const credentialOffer = await issuance.resolveCredentialOffer(makeOffer(person(2)).link_by_value);
	const signer = await newKey();
	const { accessTokenResponse: { access_token: token } } = await issuance.retrievePreAuthorizedCodeAccessTokenFromOffer({
		credentialOffer, issuerMetadata, dpop: { signer } });
	const { c_nonce: nonce } = await issuance.requestNonce({ issuerMetadata });
	const key = await newKey();
	const { jwt } = await issuance.createCredentialRequestJwtProof({
		issuerMetadata, credentialConfigurationId: 'pid.sdjwt', nonce, signer: key });
	return { token, signer, body: { credential_configuration_id: 'pid.sdjwt', proofs: { jwt: [jwt] } } };
}

async function dpop(signer, token) {
	const claims = { htm: 'POST', htu: metadata.credential_endpoint, jti: crypto.randomUUID(),
		ath: createHash('sha256').update(token).digest('base64url') };
	return new jose.SignJWT(claims).setIssuedAt().setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: signer.publicJwk })
		.sign(await jose.importJWK(await secretOf(signer.publicJwk), 'ES256'));
}

const post = async ({ token, signer }, type, body) => fetch(metadata.credential_endpoint, { method: 'POST', body,
	headers: { 'Content-Type': type, 'Authorization': `DPoP ${token}`, 'DPoP': await dpop(signer, token) } });

async function seal(json, enc) {
	const [jwk] = metadata.credential_request_encryption.jwks.keys;
	return new jose.CompactEncrypt(Buffer.from(JSON.stringify(json)))
		.setProtectedHeader({ alg: jwk.alg, enc, kid: jwk.kid, cty: 'json' }).encrypt(await jose.importJWK(jwk, jwk.alg));
}

/* A request sealed by jose; what it is answered with, opened by jose. */
async function sealed(enc, zip) {
	const who = await entitle();
	const pair = await jose.generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
	const jwk = { ...await jose.exportJWK(pair.publicKey), alg: 'ECDH-ES', use: 'enc', kid: 'mine' };
	const answer = await post(who, 'application/jwt', await seal({ ...who.body, credential_response_encryption: { jwk, enc, ...zip && { zip } } }, enc));
	assert.equal(answer.status, 200);
	assert.equal(answer.headers.get('content-type'), 'application/jwt');
	const { plaintext, protectedHeader } = await jose.compactDecrypt(await answer.text(), pair.privateKey);
	return { json: JSON.parse(Buffer.from(plaintext)), header: protectedHeader };
}

for (const enc of metadata.credential_request_encryption.enc_values_supported)
	for (const zip of [undefined, 'DEF'])
		test(`jose seals a request and opens the answer: ${enc}${zip ? ', deflated' : ''}`, async () => {
			const { json, header } = await sealed(enc, zip);
			assert.equal(header.alg, 'ECDH-ES');
			assert.equal(header.enc, enc);
			assert.equal(header.zip, zip);
			assert.equal(header.kid, 'mine');
			const [{ credential }] = json.credentials;
			assert.ok((await (await sdJwt(credential)).decode(credential)).disclosures.length > 0);
		});

test('a request that jose sealed may be answered in the clear, and a refusal always is', async () => {
	const who = await entitle();
	const plain = await post(who, 'application/jwt', await seal(who.body, 'A256GCM'));
	assert.equal(plain.status, 200);
	assert.equal((await plain.json()).credentials.length, 1);
	const refused = await post(who, 'application/jwt', await seal({ credential_configuration_id: 'none' }, 'A128GCM'));
	assert.equal(refused.status, 400);
	assert.equal((await refused.json()).error, 'unknown_credential_configuration');
});

test('what jose deflates on the way to us is refused', async () => {
	const who = await entitle();
	const [jwk] = metadata.credential_request_encryption.jwks.keys;
	const bomb = await new jose.CompactEncrypt(Buffer.alloc(200 * 1024, ' '))
		.setProtectedHeader({ alg: jwk.alg, enc: 'A256GCM', kid: jwk.kid, zip: 'DEF' }).encrypt(await jose.importJWK(jwk, jwk.alg));
	const refused = await post(who, 'application/jwt', bomb);
	assert.equal(refused.status, 400);
	assert.equal((await refused.json()).error, 'invalid_encryption_parameters');
});

test('jose verifies our signed metadata by its chain', async () => {
	const answer = await fetch(METADATA, { headers: { Accept: 'application/jwt' } });
	assert.equal(answer.headers.get('content-type'), 'application/jwt');
	const jwt = await answer.text();
	const header = jose.decodeProtectedHeader(jwt);
	assert.equal(header.typ, 'openidvci-issuer-metadata+jwt');
	const { payload } = await jose.jwtVerify(jwt, trustedLeaf(header.x5c).publicKey, { subject: server });
	for (const [name, value] of Object.entries(metadata))
		assert.deepEqual(payload[name], value);
});
