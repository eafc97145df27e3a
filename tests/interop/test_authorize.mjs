/* The authorization code flow of HAIP: another implementation's wallet pushes with a wallet attestation, its citizen logs in. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as jose from 'jose';
import { clientAuthenticationClientAttestationJwt, createClientAttestationJwt, Oauth2Client } from '@openid4vc/oauth2';
import { Openid4vciClient } from '@openid4vc/openid4vci';
import { activate, makeOffer, person, server, work } from './rail.mjs';
import { Browser } from './visitor.mjs';
import { callbacks, issuerOf, newKey, sdJwt } from './wallet.mjs';

const clientId = 'https://wallet.example', redirectUri = 'https://wallet.example/cb';
const attesterKey = createPrivateKey(readFileSync(work('provider/attester.key')));
const attesterDer = new X509Certificate(readFileSync(work('provider/attester.pem'))).raw.toString('base64');

/* One installation of the wallet: its key, what the provider says of it, and the library around both. The library knows no
 * challenge yet, so the claim is added where its proofs are signed. */
async function installation() {
	const instance = await newKey();
	const { attestation_challenge: challenge } =
		await (await fetch(`${server}/challenge`, { method: 'POST' })).json();
	const signJwt = async (signer, { header, payload }) => {
		if (signer.method === 'x5c')
			return { jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(attesterKey), signerJwk: instance.publicJwk };
		const more = header.typ === 'oauth-client-attestation-pop+jwt' ? { challenge } : {};
		return callbacks.signJwt(signer, { header, payload: { ...payload, ...more } });
	};
	const clientAttestationJwt = await createClientAttestationJwt({
		callbacks: { signJwt }, clientId, issuer: 'https://provider.example', confirmation: { jwk: instance.publicJwk },
		expiresAt: new Date(Date.now() + 300_000), signer: { method: 'x5c', alg: 'ES256', x5c: [attesterDer] },
	});
	const own = { ...callbacks, signJwt };
	own.clientAuthentication = clientAuthenticationClientAttestationJwt({ clientAttestationJwt, callbacks: own });
	return { issuance: new Openid4vciClient({ callbacks: own }), oauth: new Oauth2Client({ callbacks: own }) };
}

/* ---- the citizen ---- */

async function logIn(url, who, button) {
	const number = String(who.key.replace(/\D/g, '')).padStart(8, '7');
	const { code } = activate(who, number);
	const browser = new Browser();
	let page = await browser.go(url);
	assert.equal(page.status, 200);
	page = await browser.press(page, 'login', { username: number, password: code });
	assert.match(page.html, /Sample Wallet/);
	return browser.press(page, button);
}

/* ---- the flow ---- */

async function begin(wallet, who) {
	const offer = await wallet.issuance.resolveCredentialOffer(makeOffer(who, ['pid.sdjwt'], '--grant=authorization_code',
		'--profile=haip').link_by_reference);
	const issuerMetadata = await wallet.issuance.resolveIssuerMetadata(server);
	const signer = await newKey();
	const started = await wallet.oauth.createAuthorizationRequestUrl({
		authorizationServerMetadata: issuerMetadata.authorizationServers[0], clientId, redirectUri, scope: 'pid.sdjwt',
		state: 'a state', dpop: { signer }, additionalRequestPayload: offer.grants.authorization_code,
	});
	return { offer, issuerMetadata, signer, ...started };
}

/* proves: HAIP 4a */
test('another implementation receives through PAR, PKCE, DPoP and wallet attestation, and refreshes', async () => {
	const wallet = await installation();
	const flow = await begin(wallet, person(5));
	const asked = new URL(flow.authorizationRequestUrl);
	assert.deepEqual([...asked.searchParams.keys()].sort(), ['client_id', 'request_uri']);
	const { status, location } = await logIn(flow.authorizationRequestUrl, person(5), 'approve');
	assert.equal(status, 303);
	const answer = wallet.issuance.parseAndVerifyAuthorizationResponseRedirectUrl({
		url: location, authorizationServerMetadata: flow.issuerMetadata.authorizationServers[0],
	});
	assert.equal(answer.state, 'a state');
	const { accessTokenResponse: token } = await wallet.issuance.retrieveAuthorizationCodeAccessTokenFromOffer({
		issuerMetadata: flow.issuerMetadata, credentialOffer: flow.offer, authorizationCode: answer.code, redirectUri,
		pkceCodeVerifier: flow.pkce.codeVerifier, dpop: { signer: flow.signer },
	});
	assert.equal(token.token_type, 'DPoP');
	const key = await newKey();
	const { c_nonce: nonce } = await wallet.issuance.requestNonce({ issuerMetadata: flow.issuerMetadata });
	const { jwt } = await wallet.issuance.createCredentialRequestJwtProof({
		issuerMetadata: flow.issuerMetadata, credentialConfigurationId: 'pid.sdjwt', nonce, clientId, signer: key,
	});
	const { credentialResponse } = await wallet.issuance.retrieveCredentials({
		issuerMetadata: flow.issuerMetadata, credentialConfigurationId: 'pid.sdjwt', proofs: { jwt: [jwt] },
		accessToken: token.access_token, dpop: { signer: flow.signer },
	});
	const [{ credential }] = credentialResponse.credentials;
	assert.ok(issuerOf(credential));
	const { payload } = await (await sdJwt(credential)).verify(credential);
	assert.deepEqual(payload.cnf, { jwk: key.publicJwk });
	const { accessTokenResponse: fresh } = await wallet.oauth.retrieveRefreshTokenAccessToken({
		authorizationServerMetadata: flow.issuerMetadata.authorizationServers[0], refreshToken: token.refresh_token,
		dpop: { signer: await newKey() },
	});
	assert.equal(fresh.token_type, 'DPoP');
	assert.notEqual(fresh.access_token, token.access_token);
});

test('a citizen who refuses is an error of the authorization response, with iss', async () => {
	const wallet = await installation();
	const flow = await begin(wallet, person(6));
	const { status, location } = await logIn(flow.authorizationRequestUrl, person(6), 'deny');
	assert.equal(status, 303);
	const answer = wallet.issuance.parseAndVerifyAuthorizationResponseRedirectUrl({
		url: location, authorizationServerMetadata: flow.issuerMetadata.authorizationServers[0],
	});
	assert.equal(answer.error, 'access_denied');
	assert.equal(answer.iss, server);
});
