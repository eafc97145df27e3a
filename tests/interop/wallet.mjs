/*
 * A wallet made of other people's code: OpenWallet Foundation's OpenID4VCI and OpenID4VP, sd-jwt-js,
 * jose for signatures and encryption, node's X.509. Ours is only what joins them.
 */
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import * as jose from 'jose';
import { setGlobalConfig, clientAuthenticationAnonymous } from '@openid4vc/oauth2';
import { Openid4vciClient } from '@openid4vc/openid4vci';
import { Openid4vpClient } from '@openid4vc/openid4vp';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { digest, ES256, generateSalt } from '@sd-jwt/crypto-nodejs';
import { leafUnder } from '../nodekit/chain.mjs';
import { keyFile } from './rail.mjs';

/* The server under test speaks plain HTTP on loopback. */
setGlobalConfig({ allowInsecureUrls: true });

/* ---- keys and certificates ---- */

const secrets = new Map(); /* JWK thumbprint -> private JWK */

export async function newKey() {
	const pair = await jose.generateKeyPair('ES256', { extractable: true });
	const { kty, crv, x, y } = await jose.exportJWK(pair.publicKey);
	const publicJwk = { kty, crv, x, y };
	secrets.set(await jose.calculateJwkThumbprint(publicJwk), await jose.exportJWK(pair.privateKey));
	return { method: 'jwk', alg: 'ES256', publicJwk };
}

export const secretOf = async (jwk) => secrets.get(await jose.calculateJwkThumbprint(jwk));

/* The leaf of an x5c header that leads to our root. */
export const trustedLeaf = (x5c) => leafUnder(keyFile('root.pem'), x5c.map((one) => Buffer.from(one, 'base64')));

/* ---- what the OpenID4VC libraries leave to their user ---- */

async function signJwt(signer, { header, payload }) {
	const key = await jose.importJWK(await secretOf(signer.publicJwk), signer.alg);
	const jwt = await new jose.SignJWT(payload).setProtectedHeader(header).sign(key);
	return { jwt, signerJwk: signer.publicJwk };
}

async function verifyJwt(signer, { compact }) {
	try {
		const key = signer.method === 'x5c' ? trustedLeaf(signer.x5c).publicKey :
			await jose.importJWK(signer.publicJwk, signer.alg);
		await jose.compactVerify(compact, key, { algorithms: ['ES256'] });
		return { verified: true, signerJwk: await jose.exportJWK(key) };
	} catch (error) {
		return { verified: false, error };
	}
}

async function encryptJwe({ alg, enc, apu, apv, publicJwk }, text) {
	const bytes = (value) => value && jose.base64url.decode(value);
	const jwe = await new jose.CompactEncrypt(new TextEncoder().encode(text))
		.setProtectedHeader({ alg, enc, kid: publicJwk.kid })
		.setKeyManagementParameters({ apu: bytes(apu), apv: bytes(apv) })
		.encrypt(await jose.importJWK(publicJwk, alg));
	return { jwe, encryptionJwk: publicJwk };
}

export const callbacks = {
	fetch: (...args) => fetch(...args),
	hash: (data, alg) => createHash(alg.replace('-', '')).update(data).digest(),
	generateRandom: (n) => randomBytes(n),
	signJwt, verifyJwt, encryptJwe,
	decryptJwe: () => ({ decrypted: false }),
	clientAuthentication: clientAuthenticationAnonymous(),
	getX509CertificateMetadata: (one) => {
		const names = (new X509Certificate(Buffer.from(one, 'base64')).subjectAltName ?? '').split(', ');
		const of = (kind) => names.filter((n) => n.startsWith(kind)).map((n) => n.slice(kind.length));
		return { sanDnsNames: of('DNS:'), sanUriNames: of('URI:') };
	},
};

export const issuance = new Openid4vciClient({ callbacks });
export const presentation = new Openid4vpClient({ callbacks });

/* ---- receiving ---- */

/* A link becomes credentials, each bound to a key of its own. */
export async function receive(link, { txCode, copies = 1, dpop = true, configuration } = {}) {
	const offer = await issuance.resolveCredentialOffer(link);
	const issuerMetadata = await issuance.resolveIssuerMetadata(offer.credential_issuer);
	const signer = dpop ? await newKey() : undefined;
	const { accessTokenResponse } = await issuance.retrievePreAuthorizedCodeAccessTokenFromOffer({
		credentialOffer: offer, issuerMetadata, txCode, dpop: signer && { signer },
	});
	const credentialConfigurationId = configuration ?? offer.credential_configuration_ids[0];
	const { c_nonce: nonce } = await issuance.requestNonce({ issuerMetadata });
	const keys = await Promise.all(Array.from({ length: copies }, newKey));
	const jwt = await Promise.all(keys.map(async (key) => (await issuance.createCredentialRequestJwtProof({
		issuerMetadata, credentialConfigurationId, nonce, signer: key,
	})).jwt));
	const { credentialResponse } = await issuance.retrieveCredentials({
		issuerMetadata, credentialConfigurationId, proofs: { jwt },
		accessToken: accessTokenResponse.access_token, dpop: signer && { signer },
	});
	const credentials = credentialResponse.credentials.map((one) => one.credential);
	return { offer, issuerMetadata, accessTokenResponse, credentials, keys };
}

/* ---- SD-JWT VC ---- */

export const issuerOf = (credential) =>
	trustedLeaf(jose.decodeProtectedHeader(credential.split('~')[0]).x5c);

/* Status lists are signed by a key of their own: the one in their header, if it leads to our root. */
async function verifyWithOwnChain(data, signature) {
	const leaf = trustedLeaf(jose.decodeProtectedHeader(`${data}.${signature}`).x5c);
	return (await ES256.getVerifier(leaf.publicKey.export({ format: 'jwk' })))(data, signature);
}

/* sd-jwt-js for one credential: the issuer's key from its chain, the holder's from cnf. */
export async function sdJwt(credential) {
	const { cnf } = jose.decodeJwt(credential.split('~')[0]);
	const secret = cnf && await secretOf(cnf.jwk);
	return new SDJwtVcInstance({
		hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt,
		verifier: await ES256.getVerifier(issuerOf(credential).publicKey.export({ format: 'jwk' })),
		statusVerifier: verifyWithOwnChain,
		kbVerifier: async (data, signature, payload) =>
			(await ES256.getVerifier(payload.cnf.jwk))(data, signature),
		...secret && { kbSigner: await ES256.getSigner(secret), kbSignAlg: 'ES256' },
	});
}

/* Discloses what `frame` names and proves possession towards `audience`. */
export async function disclose(credential, frame, audience, nonce, iat = Math.floor(Date.now() / 1000)) {
	const instance = await sdJwt(credential);
	return instance.present(credential, frame, { kb: { payload: { iat, aud: audience, nonce } } });
}

/* ---- presenting ---- */

/* OpenID4VP 1.0 section 5.10.1. openid4vp 0.4.6 sends the members of the metadata as parameters of
 * their own and leaves wallet_nonce out, so the form of that one request is written here. */
function postingNonce(walletNonce, metadata) {
	return (address, init) => fetch(address, init?.method?.toLowerCase() !== 'post' ? init : {
		...init, method: 'POST',
		body: new URLSearchParams({ wallet_nonce: walletNonce, wallet_metadata: JSON.stringify(metadata) }),
	});
}

/* A request link becomes a checked request. */
export async function resolveRequest(link, walletNonce) {
	const { params } = presentation.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link });
	const metadata = {
		vp_formats_supported: { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] } },
		client_id_prefixes_supported: ['x509_hash', 'x509_san_dns'],
		request_object_signing_alg_values_supported: ['ES256'],
	};
	if (!walletNonce)
		return presentation.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: params });
	return new Openid4vpClient({ callbacks: { ...callbacks, fetch: postingNonce(walletNonce, metadata) } })
		.resolveOpenId4vpAuthorizationRequest({
			authorizationRequestPayload: params, wallet: { metadata, nonce: walletNonce, expectedNonce: walletNonce },
		});
}

/* What a browser handed over becomes a checked request: the data, and the origin of the page as the browser saw it. */
export const resolveBrowserRequest = (data, origin) =>
	presentation.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: data, origin });

/* A vp_token as the request asks for it: plain or encrypted. */
function made({ authorizationRequestPayload }, vpToken, enc, more) {
	const encrypted = authorizationRequestPayload.response_mode.endsWith('.jwt');
	return presentation.createOpenid4vpAuthorizationResponse({
		authorizationRequestPayload, ...more,
		authorizationResponsePayload: { vp_token: vpToken },
		jarm: encrypted ? {
			encryption: { nonce: randomBytes(16).toString('base64url') },
			serverMetadata: {
				authorization_signing_alg_values_supported: [],
				authorization_encryption_alg_values_supported: ['ECDH-ES'],
				authorization_encryption_enc_values_supported: [enc],
			},
		} : undefined,
	});
}

/* The data of a DigitalCredential. */
export async function answerBrowser(request, vpToken, origin, enc = 'A256GCM') {
	const { authorizationResponsePayload: plain, jarm } = await made(request, vpToken, enc, { origin });
	return jarm ? { response: jarm.responseJwt } : plain;
}

/* Sends a vp_token where the request wants it. */
export async function respond(request, vpToken, enc = 'A256GCM') {
	const { authorizationRequestPayload } = request;
	const response = await made(request, vpToken, enc);
	const { response: answer } = await presentation.submitOpenid4vpAuthorizationResponse({
		authorizationRequestPayload, ...response,
	});
	return answer;
}
