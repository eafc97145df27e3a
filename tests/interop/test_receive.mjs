/* OpenID4VCI 1.0: another implementation's wallet receives from us. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import * as jose from 'jose';
import { makeOffer, person, server } from './rail.mjs';
import { issuance, newKey, receive, sdJwt, secretOf } from './wallet.mjs';

const GRANT = 'urn:ietf:params:oauth:grant-type:pre-authorized_code';

const batchSize = async () => (await issuance.resolveIssuerMetadata(server))
	.credentialIssuer.batch_credential_issuance.batch_size;

/* proves: VCI 4.1a */
test('the wallet library reads an offer by value and by reference, and they are the same', async () => {
	const made = makeOffer(person(0));
	const byValue = await issuance.resolveCredentialOffer(made.link_by_value);
	const byReference = await issuance.resolveCredentialOffer(made.link_by_reference);
	assert.deepEqual(byValue, byReference);
	assert.equal(byValue.credential_issuer, server);
	assert.deepEqual(byValue.credential_configuration_ids, ['pid.sdjwt']);
	assert.equal(byValue.grants[GRANT].tx_code, undefined);
});

test('the wallet library reads what transaction code an offer wants', async () => {
	const made = makeOffer(person(0), ['pid.sdjwt'], '--tx-code=8');
	const offer = await issuance.resolveCredentialOffer(made.link_by_reference);
	assert.deepEqual(offer.grants[GRANT].tx_code, { input_mode: 'numeric', length: 8 });
	assert.match(made.tx_code, /^[0-9]{8}$/);
});

test('the wallet library accepts our metadata as OpenID4VCI 1.0 and knows every configuration', async () => {
	const metadata = await issuance.resolveIssuerMetadata(server);
	assert.equal(metadata.originalDraftVersion, 'V1');
	assert.equal(metadata.credentialIssuer.credential_issuer, server);
	assert.equal(metadata.authorizationServers[0].issuer, server);
	const offered = Object.keys(metadata.credentialIssuer.credential_configurations_supported);
	assert.ok(offered.includes('pid.sdjwt'));
	assert.deepEqual(Object.keys(metadata.knownCredentialConfigurations).sort(), offered.sort());
	for (const [id, configuration] of Object.entries(metadata.knownCredentialConfigurations))
		assert.equal(configuration.format, id.endsWith('.mdoc') ? 'mso_mdoc' : 'dc+sd-jwt');
});

/* proves: VCI A.3.4a */
test('a wallet with DPoP and transaction code receives a batch, each copy for a key of its own', async () => {
	const made = makeOffer(person(0), ['pid.sdjwt'], '--tx-code');
	const copies = await batchSize();
	const got = await receive(made.link_by_reference, { txCode: made.tx_code, copies });
	assert.equal(got.accessTokenResponse.token_type, 'DPoP');
	assert.equal(got.credentials.length, copies);
	const bound = got.credentials.map((one) => jose.decodeJwt(one.split('~')[0]).cnf);
	bound.forEach((cnf, i) => assert.deepEqual(cnf, { jwk: got.keys[i].publicJwk }));
});

test('copies of one batch cannot be told to belong together', async () => {
	const made = makeOffer(person(1));
	const { credentials } = await receive(made.link_by_reference, { copies: await batchSize() });
	const payloads = credentials.map((one) => jose.decodeJwt(one.split('~')[0]));
	const salts = [], digests = [], places = [];
	for (const [i, one] of credentials.entries()) {
		const decoded = await (await sdJwt(one)).decode(one);
		salts.push(...decoded.disclosures.map((d) => d.salt));
		digests.push(...payloads[i]._sd);
		places.push(payloads[i].status.status_list.idx);
		for (const time of ['iat', 'nbf', 'exp'].filter((name) => name in payloads[i]))
			assert.ok(payloads[i][time] % 3600 === 0 || (payloads[i][time] + 1) % 3600 === 0, time);
	}
	for (const all of [salts, digests, places])
		assert.equal(new Set(all).size, all.length);
	assert.ok(salts.every((salt) => jose.base64url.decode(salt).length >= 16));
	places.sort((a, b) => a - b);
	assert.ok(places.every((place, i) => i === 0 || place - places[i - 1] > 1), 'two copies side by side');
});

test('an office may offer without transaction code, and a wallet may come without DPoP', async () => {
	const made = makeOffer(person(0));
	const got = await receive(made.link_by_value, { dpop: false });
	assert.equal(got.accessTokenResponse.token_type, 'Bearer');
	assert.equal(got.credentials.length, 1);
});

const refusal = (code) => (error) => {
	const said = error.errorResponse ?? error.response?.credentialErrorResponseResult?.data;
	assert.equal(said?.error, code, error.stack);
	return true;
};

test('a wrong transaction code is invalid_grant, and the right one then still works', async () => {
	const made = makeOffer(person(0), ['pid.sdjwt'], '--tx-code');
	const wrong = String((Number(made.tx_code) + 1) % 1000000).padStart(6, '0');
	await assert.rejects(receive(made.link_by_reference, { txCode: wrong }), refusal('invalid_grant'));
	const got = await receive(made.link_by_reference, { txCode: made.tx_code });
	assert.equal(got.credentials.length, 1);
});

test('an offer gives one token and no second', async () => {
	const made = makeOffer(person(0));
	await receive(made.link_by_value);
	await assert.rejects(receive(made.link_by_value), refusal('invalid_grant'));
});

/* What receive() does, with one thing wrong in the last step. */
async function credentialWith(spoil) {
	const made = makeOffer(person(0));
	const offer = await issuance.resolveCredentialOffer(made.link_by_value);
	const issuerMetadata = await issuance.resolveIssuerMetadata(server);
	const tokenKey = await newKey(), key = await newKey();
	const { accessTokenResponse } = await issuance.retrievePreAuthorizedCodeAccessTokenFromOffer({
		credentialOffer: offer, issuerMetadata, dpop: { signer: tokenKey },
	});
	const { c_nonce: nonce } = await issuance.requestNonce({ issuerMetadata });
	const it = { nonce, aud: server, typ: 'openid4vci-proof+jwt', key, dpop: tokenKey, ...await spoil?.(nonce) };
	const jwt = await new jose.SignJWT({ aud: it.aud, iat: Math.floor(Date.now() / 1000), nonce: it.nonce })
		.setProtectedHeader({ alg: 'ES256', typ: it.typ, jwk: key.publicJwk })
		.sign(await jose.importJWK(await secretOf(it.key.publicJwk), 'ES256'));
	return issuance.retrieveCredentials({
		issuerMetadata, credentialConfigurationId: 'pid.sdjwt', proofs: { jwt: [jwt] },
		accessToken: accessTokenResponse.access_token, dpop: { signer: it.dpop },
	});
}

test('key proofs with the wrong nonce, audience, type or signature are refused with their code', async () => {
	const { credentialResponse } = await credentialWith();
	assert.equal(credentialResponse.credentials.length, 1);
	await assert.rejects(credentialWith(() => ({ nonce: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })),
		refusal('invalid_nonce'));
	await assert.rejects(credentialWith(() => ({ aud: `${server}/` })), refusal('invalid_proof'));
	await assert.rejects(credentialWith(() => ({ typ: 'jwt' })), refusal('invalid_proof'));
	await assert.rejects(credentialWith(async () => ({ key: await newKey() })), refusal('invalid_proof'));
});

test('a token bound by DPoP is of no use to another key', async () => {
	await assert.rejects(credentialWith(async () => ({ dpop: await newKey() })), (error) => {
		assert.equal(error.response.response.status, 401);
		assert.match(error.response.response.headers.get('WWW-Authenticate'), /^DPoP .*error="invalid_(token|dpop_proof)"/);
		return true;
	});
});
