/*
 * The documents a server publishes or answers with, as closed schemas: OpenID4VCI 1.0 sections 4.1, 6.2, 8.3, 12.2;
 * RFC 8414; OpenID4VP 1.0 sections 5 and 6. What the suite checks beyond the schemas stands beside them.
 */
import { address, any, anything, both, exactly, filled, flag, list, mapOf, matching, oneOf, seconds, setOf, shape, text, when,
	whole } from './shape.mjs';

const JOSE_ALG = oneOf('ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'PS384', 'PS512', 'RS256');
const COSE_ALG = oneOf(-7, -9, -35, -51, -36, -52, -8, -19, -37, -38, -39);
const JWE_ALG = oneOf('ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW', 'RSA-OAEP-256');
const JWE_ENC = oneOf('A128GCM', 'A192GCM', 'A256GCM', 'A128CBC-HS256', 'A256CBC-HS512');
const SCOPE = matching(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'scope-token');

function locale(value, path) {
	try {
		return when(Intl.getCanonicalLocales(value)[0] !== value, path, 'is a locale in unusual case', 'W');
	} catch {
		return when(true, path, 'is no BCP 47 locale');
	}
}

const oncePerLocale = (entries, path) => when(Array.isArray(entries) &&
	new Set(entries.map((one) => one?.locale)).size < entries.length, path, 'says a locale twice');
const displays = (members) => both(list(shape({ name: filled, locale, ...members })), oncePerLocale);

/* ---- keys ---- */

const COORDINATE = matching(/^[A-Za-z0-9_-]{43}$/, 'P-256 coordinate');
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];
const isPublic = (jwk, path) => when(SECRET_MEMBERS.some((name) => name in jwk), path, 'holds a private member');
export const jwk = (more = {}) => shape({
	'kty!': exactly('EC'), 'crv!': exactly('P-256'), 'x!': COORDINATE, 'y!': COORDINATE,
	kid: filled, use: oneOf('sig', 'enc'), alg: filled, key_ops: list(filled), x5c: list(filled), ...more,
}, isPublic);
const keySet = (more) => shape({ 'keys!': list(jwk({ 'kid!': filled, ...more })) }, ({ keys }, path) =>
	when(Array.isArray(keys) && new Set(keys.map((one) => one.kid)).size < keys.length, path, 'says a kid twice'));
export const jwks = keySet({});

/* ---- OpenID4VCI 1.0 section 12.2.4 ---- */

const logo = shape({ 'uri!': filled, alt_text: text });
const claim = shape({ 'path!': list((v, p) => when(!(typeof v === 'string' || v === null || (Number.isInteger(v) && v >= 0)), p, 'is no path')),
	mandatory: flag, display: displays({}) });
const noPathTwice = (claims, path) => when(Array.isArray(claims) &&
	new Set(claims.map((one) => JSON.stringify(one?.path))).size < claims.length, path, 'describes a claim twice');
const LEVEL = filled;
const proofType = shape({
	'proof_signing_alg_values_supported!': setOf(JOSE_ALG),
	key_attestations_required: shape({ key_storage: list(LEVEL), user_authentication: list(LEVEL) }),
});

const common = {
	'format!': oneOf('dc+sd-jwt', 'mso_mdoc'), scope: SCOPE,
	cryptographic_binding_methods_supported: setOf(oneOf('jwk', 'cose_key')),
	proof_types_supported: shape({ jwt: proofType, attestation: proofType }, (v, p) => when(!Object.keys(v).length, p, 'names no type')),
	credential_metadata: shape({
		display: displays({ 'name!': filled, logo, description: text, background_color: text, background_image: shape({ 'uri!': filled }),
			text_color: text }),
		claims: both(list(claim), noPathTwice),
	}),
};
const byFormat = {
	'dc+sd-jwt': { 'vct!': filled, credential_signing_alg_values_supported: setOf(JOSE_ALG) },
	mso_mdoc: { 'doctype!': filled, credential_signing_alg_values_supported: setOf(COSE_ALG) },
};

const bindingAndProof = (c, path) =>
	when(!c.cryptographic_binding_methods_supported !== !c.proof_types_supported, path, 'has binding methods without proof types, or the reverse');
const configuration = (profile) => (value, path) => shape(
	{ ...common, ...byFormat[value?.format], ...profile === 'haip' && { 'scope!': SCOPE } }, bindingAndProof)(value, path);

const requestEncryption = shape({
	'jwks!': keySet({ 'alg!': JWE_ALG, use: exactly('enc') }),
	'enc_values_supported!': setOf(JWE_ENC), zip_values_supported: setOf(exactly('DEF')), 'encryption_required!': flag,
});
const responseEncryption = shape({
	'alg_values_supported!': setOf(JWE_ALG), 'enc_values_supported!': setOf(JWE_ENC),
	zip_values_supported: setOf(exactly('DEF')), 'encryption_required!': flag,
});

function issuerAsAWhole(profile, m, path) {
	const configurations = Object.values(m.credential_configurations_supported ?? {});
	const { credential_response_encryption: response, credential_request_encryption: request } = m;
	const bound = configurations.some((one) => one.cryptographic_binding_methods_supported);
	return [
		...when(profile === 'haip' && bound && !m.nonce_endpoint, path, 'has no nonce_endpoint (HAIP 1.0 section 4.1)'),
		...when(response && !request, path, 'encrypts responses and no requests', response?.encryption_required ? 'F' : 'W'),
	];
}

export const issuerMetadata = (issuer, profile, more = {}) => shape({
	'credential_issuer!': exactly(issuer), authorization_servers: setOf(address),
	'credential_endpoint!': address, nonce_endpoint: address, deferred_credential_endpoint: address, notification_endpoint: address,
	credential_request_encryption: requestEncryption, credential_response_encryption: responseEncryption,
	batch_credential_issuance: shape({ 'batch_size!': whole(2) }), display: displays({ logo }),
	'credential_configurations_supported!': mapOf(configuration(profile)), ...more,
}, (m, path) => issuerAsAWhole(profile, m, path));

/* ---- RFC 8414 ---- */

const has = (m, member, value) => m[member]?.includes(value);

function serverAsAWhole({ profile, everyScope }, m, path) {
	const code = has(m, 'grant_types_supported', 'authorization_code');
	const attested = has(m, 'token_endpoint_auth_methods_supported', 'attest_jwt_client_auth');
	const lists = (member, what) => when(!m[member]?.length, path, `has no ${member}, and ${what}`);
	return [
		...code ? ['authorization_endpoint', 'response_types_supported'].flatMap((one) => lists(one, 'gives codes')) : [],
		...when(code && !has(m, 'code_challenge_methods_supported', 'S256'), path, 'does not name S256'),
		...when(code && m.authorization_response_iss_parameter_supported !== true, path, 'does not promise iss (RFC 9207)'),
		...attested ? lists('client_attestation_signing_alg_values_supported', 'takes attestations') : [],
		...attested ? lists('client_attestation_pop_signing_alg_values_supported', 'takes attestations') : [],
		...lists('dpop_signing_alg_values_supported', 'FAPI 2.0 wants sender-constrained tokens'),
		...when(!everyScope && !has(m, 'authorization_details_types_supported', 'openid_credential'), path,
			'offers a configuration that neither scope nor authorization_details can ask for'),
		...profile !== 'haip' ? [] : [
			...when(!code, path, 'gives no codes (HAIP 1.0 section 4)'),
			...when(!attested, path, 'takes no wallet attestation (HAIP 1.0 section 4.4)'),
			...when(!m.pushed_authorization_request_endpoint, path, 'takes no pushed requests (HAIP 1.0 section 4.3)'),
			...when(m.require_pushed_authorization_requests !== true, path, 'does not require pushed requests'),
		],
	];
}

const SIGNING = setOf(oneOf('ES256', 'PS256', 'EdDSA', 'Ed25519'));
export const serverMetadata = (issuer, world) => shape({
	'issuer!': exactly(issuer), 'token_endpoint!': address, authorization_endpoint: address, jwks_uri: address,
	pushed_authorization_request_endpoint: address, require_pushed_authorization_requests: flag, challenge_endpoint: address,
	response_types_supported: setOf(exactly('code')), response_modes_supported: setOf(oneOf('query')),
	'grant_types_supported!': setOf(oneOf('authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:pre-authorized_code')),
	code_challenge_methods_supported: setOf(exactly('S256')),
	'token_endpoint_auth_methods_supported!': setOf(oneOf('none', 'attest_jwt_client_auth', 'private_key_jwt')),
	token_endpoint_auth_signing_alg_values_supported: SIGNING, client_attestation_signing_alg_values_supported: SIGNING,
	client_attestation_pop_signing_alg_values_supported: SIGNING, dpop_signing_alg_values_supported: SIGNING,
	authorization_response_iss_parameter_supported: flag, authorization_details_types_supported: setOf(exactly('openid_credential')),
	scopes_supported: setOf(SCOPE), 'pre-authorized_grant_anonymous_access_supported': flag, status_list_aggregation_endpoint: address,
	ui_locales_supported: setOf(locale), service_documentation: address, op_policy_uri: address,
}, (m, path) => serverAsAWhole(world, m, path));

/* ---- answers of the issuer ---- */

const GRANT = 'urn:ietf:params:oauth:grant-type:pre-authorized_code';
export const offer = (issuer, configurations) => shape({
	'credential_issuer!': exactly(issuer), 'credential_configuration_ids!': setOf(oneOf(...configurations)),
	grants: shape({
		authorization_code: shape({ issuer_state: filled, authorization_server: address }),
		[GRANT]: shape({ 'pre-authorized_code!': filled, authorization_server: address,
			tx_code: shape({ input_mode: oneOf('numeric', 'text'), length: whole(1), description: text }) }),
	}),
});

export const tokenResponse = shape({
	'access_token!': filled, 'token_type!': oneOf('DPoP', 'Bearer'), 'expires_in!': whole(1), refresh_token: filled, scope: text,
	authorization_details: list(shape({ 'type!': exactly('openid_credential'), 'credential_configuration_id!': filled,
		'credential_identifiers!': setOf(filled), claims: list(anything) })),
});
export const pushedResponse = shape({ 'request_uri!': filled, 'expires_in!': whole(5) },
	({ expires_in: s }, path) => when(s >= 600, path, 'lives ten minutes and longer'));
export const nonceResponse = shape({ 'c_nonce!': filled });
export const challengeResponse = shape({ 'attestation_challenge!': filled });
export const credentialResponse = shape({
	'credentials!': list(shape({ 'credential!': filled })), notification_id: filled,
});
export const deferral = shape({ 'transaction_id!': filled, 'interval!': whole(1) });

/* ---- OpenID4VP 1.0 ---- */

const NAME = matching(/^[A-Za-z0-9_-]+$/, 'identifier of DCQL');
const value = (v, p) => when(v === '' || !['string', 'number', 'boolean'].includes(typeof v), p, 'is no value to compare');
const claimsQuery = shape({ id: NAME, values: list(value), intent_to_retain: flag,
	'path!': list((v, p) => when(!((typeof v === 'string' && v) || v === null || (Number.isInteger(v) && v >= 0)), p, 'is no path')) });
const META = { 'dc+sd-jwt': { 'vct_values!': list(filled) }, mso_mdoc: { 'doctype_value!': filled } };
const twice = (entries, of) => {
	const all = entries.map(of).filter((one) => one !== undefined);
	return new Set(all).size < all.length;
};

function oneQuery(q, path) {
	const { claims = [], claim_sets: sets } = q;
	const ids = new Set(claims.map((one) => one.id));
	return [
		...when(twice(claims, (one) => one.id), path, 'has a claim id twice'),
		...when(twice(claims, (one) => JSON.stringify(one.path)), path, 'asks for a claim twice'),
		...when(q.format === 'mso_mdoc' && claims.some((one) => one.path.length !== 2 || !one.path.every((p) => typeof p === 'string')),
			path, 'has an mdoc path that is not [namespace, element]'),
		...when(sets && sets.flat().some((id) => !ids.has(id)), path, 'has a claim set with an unknown id'),
		...when(sets && claims.some((one) => !sets.flat().includes(one.id)), path, 'has a claim in no claim set', 'W'),
		...when(q.format === 'dc+sd-jwt' && claims.some((one) =>
			['iss', 'nbf', 'exp', 'cnf', 'vct', 'vct#integrity', 'status', 'aka_vcts'].includes(one.path[0])), path, 'asks for what is always there', 'W'),
	];
}

const query = (q, path) => shape({
	'id!': NAME, 'format!': oneOf('dc+sd-jwt', 'mso_mdoc'), 'meta!': shape(META[q?.format] ?? {}), multiple: flag,
	trusted_authorities: list(shape({ 'type!': oneOf('aki', 'etsi_tl', 'openid_federation'), 'values!': list(filled) })),
	require_cryptographic_holder_binding: flag, claims: list(claimsQuery), claim_sets: list(list(NAME)),
}, oneQuery)(q, path);

export const dcql = shape({
	'credentials!': list(query), credential_sets: list(shape({ 'options!': list(list(NAME)), required: flag })),
}, ({ credentials, credential_sets: sets = [] }, path) => {
	const ids = new Set(credentials.map((one) => one.id));
	return [
		...when(ids.size < credentials.length, path, 'has a query id twice'),
		...when(sets.flatMap((one) => one.options.flat()).some((id) => !ids.has(id)), path, 'has a set with an unknown id'),
	];
});

const vpFormats = shape({
	'dc+sd-jwt': shape({ 'sd-jwt_alg_values': setOf(JOSE_ALG), 'kb-jwt_alg_values': setOf(JOSE_ALG) }),
	mso_mdoc: shape({ issuerauth_alg_values: setOf(COSE_ALG), deviceauth_alg_values: setOf(COSE_ALG) }),
});

const HEADER = { 'typ!': exactly('oauth-authz-req+jwt'), 'alg!': exactly('ES256'), 'x5c!': list(filled), kid: filled };
export const requestHeader = shape(HEADER), multisignedHeader = shape({ ...HEADER, 'client_id!': filled });
const encrypted = (mode) => mode.endsWith('.jwt');
const URL_SAFE = matching(/^[A-Za-z0-9._~-]+$/, 'URL-safe text');
const keysIfEncrypted = (mode, profile) => (m, path) => [
	...when(encrypted(mode) && !m.jwks, path, 'has no key to encrypt to'),
	...when(encrypted(mode) && profile === 'haip' && !['A128GCM', 'A256GCM'].every((enc) => m.encrypted_response_enc_values_supported?.includes(enc)),
		path, 'does not list both A128GCM and A256GCM (HAIP 1.0 section 5)'),
];

/* what every request asks, whichever way it goes */
const asking = ({ mode, profile, transactionData }) => ({
	'response_type!': exactly('vp_token'), 'response_mode!': exactly(mode), 'dcql_query!': dcql,
	'nonce!': both(URL_SAFE, (v, p) => when(v.length < 16 || v.length > 43, p, 'is not 16 to 43 characters long', 'W')),
	'client_metadata!': shape({
		jwks: keySet({ 'alg!': JWE_ALG, use: exactly('enc') }), encrypted_response_enc_values_supported: setOf(JWE_ENC),
		'vp_formats_supported!': vpFormats,
	}, keysIfEncrypted(mode, profile)),
	...transactionData && { 'transaction_data!': list(filled) },
	verifier_info: list(anything),
});
const dated = { aud: oneOf('https://self-issued.me/v2'), iat: seconds, exp: seconds, nbf: seconds };

/* Presenting: every claim of a request object, and nothing else. */
export const requestObject = ({ clientId, walletNonce, ...about }) => shape({
	...asking(about), ...dated, 'client_id!': exactly(clientId), 'response_uri!': address, state: URL_SAFE,
	...walletNonce && { 'wallet_nonce!': exactly(walletNonce) }, iss: any,
});

/* OpenID4VP 1.0 appendix A.2 and A.3: nothing that leads a wallet elsewhere; who asks only where that is signed */
export const browserRequest = ({ protocol, origin, ...about }) => shape({
	...asking(about),
	...protocol !== 'openid4vp-v1-unsigned' && { ...dated, 'expected_origins!': list(exactly(origin)) },
	...protocol === 'openid4vp-v1-signed' && { 'client_id!': filled },
});

/* For navigator.credentials.get(), and what became of its answer. */
export const handedOver = shape({ 'id!': filled, 'digital!': shape({ 'requests!': list(shape({ 'protocol!': filled, 'data!': anything })) }), 'expires_at!': filled });
export const judged = shape({ 'state!': oneOf('verified', 'rejected', 'declined'), 'code!': filled });

/* 200 of response_uri; HAIP wants redirect_uri. */
export const accepted = (profile) => shape({ [profile === 'haip' ? 'redirect_uri!' : 'redirect_uri']: filled });
