/* OpenID Foundation's issuer plan (oid4vci-1_0-issuer-*): metadata, positive and negative modules, under its own names. */
import { randomUUID } from 'node:crypto';
import * as jose from 'jose';
import * as documents from './documents.mjs';
import { CODE, PRE } from './issuance.mjs';
import { checkJws, newKey, now, random } from './jwt.mjs';
import { exactly, seconds } from './shape.mjs';
import { tlsFaults } from './tls.mjs';
import { wellKnown } from './world.mjs';

const NAME = 'oid4vci-1_0-issuer-';
const MOST = 20;
const issuing = (world) => `issuing ${world.format}`;

/* ---- metadata ---- */

async function metadata(t, world) {
	const said = await world.http.ask({ url: wellKnown(world.issuer, 'openid-credential-issuer') });
	const server = await world.http.ask({ url: wellKnown(world.issuer, 'oauth-authorization-server') });
	for (const [answer, check] of [[said, documents.issuerMetadata(world.issuer, world.profile)],
		[server, documents.serverMetadata(world.issuer, { profile: world.profile, everyScope: everyScope(world) })]]) {
		t.expect(answer, 200);
		t.truth(answer.media === 'application/json', `${answer} comes as ${answer.media}`);
		t.faults.push(...check(answer.json ?? null));
	}
	if (world.as.jwks_uri)
		t.faults.push(...documents.jwks((await world.http.ask({ url: world.as.jwks_uri })).json ?? null));
}
const everyScope = ({ configurations }) => Object.values(configurations).every((one) => one.scope);

async function signedMetadata(t, world) {
	const answer = await world.http.ask({ url: wellKnown(world.issuer, 'openid-credential-issuer'),
		headers: [['Accept', 'application/jwt, application/json;q=0.5']] });
	if (answer.media !== 'application/jwt')
		return 'the server answers JSON when application/jwt is asked for';
	const jws = answer.text.trim(), header = jose.decodeProtectedHeader(jws), payload = jose.decodeJwt(jws);
	await checkJws(jws, world.anchors.issuer, ({ jwk, alg }) => jose.importJWK(jwk, alg));
	t.truth(header.typ === 'openidvci-issuer-metadata+jwt', `typ is ${header.typ}`);
	t.truth(header.alg === 'ES256', `alg is ${header.alg}`);
	t.truth(payload.iat <= now() + 5 && (payload.exp === undefined || payload.exp > now()), 'iat or exp do not hold now');
	t.faults.push(...documents.issuerMetadata(world.issuer, world.profile, {
		'sub!': exactly(world.issuer), 'iat!': seconds, exp: seconds, iss: exactly(world.issuer) })(payload));
	return undefined;
}

/* ---- positive modules ---- */

const unknown = () => ({ [`x_${random(6)}`]: random(6) });
const surprises = {
	par: (d) => Object.assign(d.form, unknown()), authorize: (d) => Object.assign(d.query, unknown()),
	token: (d) => Object.assign(d.form, unknown()), credential: (d) => Object.assign(d.json, unknown()),
	notification: (d) => Object.assign(d.json, unknown()),
};

/* More credentials with the same token: other headers, a fresh nonce and proof each time. */
async function additionalRequests(t, world) {
	const it = t.issuance();
	await it.through('nonce');
	await it.must('credential');
	for (const accept of ['application/json;charset=utf-8', 'application/json, text/plain;q=0.9, */*;q=0.8', '*/*']) {
		await it.must('nonce');
		const interaction = randomUUID();
		it.change = { credential: (d) => { d.headers = [['Accept', accept], ['x-fapi-customer-ip-address', '2001:db8::1893:def'],
			['x-fapi-interaction-id', interaction]]; } };
		const { headers } = await it.must('credential');
		t.truth([undefined, interaction].includes(headers['x-fapi-interaction-id']), 'x-fapi-interaction-id came back changed');
	}
	for (const url of [world.metadata.credential_endpoint, world.as.token_endpoint])
		t.faults.push(...await tlsFaults(url, world.profile));
}

async function multipleClients(t, world) {
	const [first, second] = [t.issuance(), t.issuance({ client: world.second })];
	await first.through('nonce');
	await first.must('credential');
	second.state = 's'.repeat(128);
	second.change = { par: (d) => { d.form = Object.fromEntries(Object.entries(d.form).reverse()); } };
	await second.through('nonce');
	await second.must('credential');
	t.faults.push(...world.checkBatch([first.issued[0], second.issued[0]]).map(([, what]) => ['W', what]));
	await second.must('nonce');
	second.dpopKey = first.dpopKey;
	t.expect(await second.credential(), [400, 401, 403]);
}

/* OpenID4VCI 1.0 section 3.3: as many copies as offered, each for a key of its own. */
async function batch(t, { metadata: { batch_credential_issuance: offered } }) {
	const copies = Math.min(offered.batch_size, MOST);
	const it = t.issuance({ copies });
	await it.through('nonce');
	await it.must('credential');
	t.truth(it.issued.length >= 2, `${it.issued.length} credentials for ${copies} keys`);
	t.truth(it.issued.length <= copies, 'more credentials than keys');
	t.truth(it.issued.length >= copies, `${it.issued.length} credentials for ${copies} keys`, 'W');
}

/* ---- negative modules ---- */

const BAD_CLIENT = ['invalid_request', 'invalid_client', 'invalid_client_attestation', 'use_fresh_attestation'];
const asCode = ({ can }) => can.has('authorization code');
/* An attested client is refused at the first endpoint of the authorization server it comes to. */
export const attestation = (name, change, more = {}) => ({
	name, change, status: [400, 401], code: BAD_CLIENT, stage: (world) => (asCode(world) ? 'par' : 'token'),
	options: (world) => ({ client: world.attested, grant: asCode(world) ? CODE : PRE }), ...more,
	needs: [issuing, 'wallet attestation', ...more.needs ?? []],
});
const refused = (name, change, code, more) => ({ name: NAME + name, stage: 'credential', change, status: 400, code, needs: [], ...more });
const ofIdentifier = (json) => (d) => {
	delete d.json.credential_configuration_id;
	delete d.json.credential_identifier;
	Object.assign(d.json, json);
};

export const issuerRows = [
	/* proves: VCI 12.2.2a, VCI 12.2.4a, VCI 12.2.4c, VCI 12.2.4d, VCI 12.2.4e, VCI 12.2.4f, VCI 12.2.4g, VCI 12.2.4h, VCI A.2.2a, VCI A.3.2a, VCI B.2a, VCI B.3b */
	/* proves: HAIP 4.1b, HAIP 4.1c, HAIP 4.1f */
	{ name: `${NAME}metadata-test`, play: metadata, once: true },
	/* proves: VCI 12.2.3a, VCI 12.2.3b */
	/* proves: HAIP 4.1d */
	{ name: `${NAME}metadata-test-signed`, play: signedMetadata, once: true },

	/* proves: VCI 4.1.1a, VCI 4.1.3a, VCI 5.1.3b, VCI 8.2h, VCI 8.3e, VCI A.2.4a, VCI A.3.2a, VCI A.3.4a */
	/* proves: HAIP 3a, HAIP 5.3.1c, HAIP 6.1a, HAIP 6.1b, HAIP 6.1c, HAIP 6.1d, HAIP 6.1e, HAIP 6.1.1a, HAIP 7a, HAIP 8a */
	{ name: `${NAME}happy-flow`, success: true, change: surprises, needs: [issuing] },
	/* proves: VCI 8.2e */
	{ name: `${NAME}happy-flow (encrypted)`, success: true, change: surprises, needs: [issuing, 'encryption'], options: { encrypted: true } },
	{ name: `${NAME}happy-flow (encrypted, zip)`, success: true, needs: [issuing, 'encryption'], options: { encrypted: true, zip: true } },
	{ name: `${NAME}happy-flow-additional-requests`, play: additionalRequests, needs: [issuing] },
	{ name: `${NAME}happy-flow-multiple-clients`, play: multipleClients, needs: [issuing] },
	{ name: `${NAME}happy-flow-skip-notification`, needs: [issuing], play: async (t) => {
		const it = t.issuance();
		await it.through('nonce');
		await it.must('credential');
	} },
	/* proves: VCI 3.3.2a, VCI 8.3g */
	/* proves: HAIP 4i, HAIP 6.1f */
	{ name: `${NAME}batch-issuance`, play: batch, needs: [issuing, 'batch'] },

	/* proves: VCI F.4b */
	refused('fail-invalid-nonce', { proof: ([d]) => { d.payload.nonce = random(); } }, 'invalid_nonce', { needs: [issuing, 'c_nonce'] }),
	/* proves: VCI F.1e */
	refused('fail-invalid-jwt-proof-signature', { proof: ([d]) => { d.corrupt = true; } }, 'invalid_proof', { needs: [issuing] }),
	refused('fail-invalid-key-attestation-signature', { key_attestation: (d) => { d.corrupt = true; } }, 'invalid_proof',
		{ needs: [issuing, 'key attestation'], options: { attestKeys: 'jwt' } }),
	/* proves: VCI 8.2g, VCI 8.3.1.2c */
	refused('fail-missing-proof', (d) => { delete d.json.proofs; }, 'invalid_proof', { needs: [issuing] }),
	refused('fail-unknown-credential-configuration', ofIdentifier({ credential_configuration_id: random(8) }),
		'unknown_credential_configuration', { needs: [issuing] }),
	refused('fail-unknown-credential-configuration (encrypted)', ofIdentifier({ credential_configuration_id: random(8) }),
		'unknown_credential_configuration', { needs: [issuing, 'encryption'], options: { encrypted: true } }),
	refused('fail-unknown-credential-identifier', ofIdentifier({ credential_identifier: random(8) }),
		'unknown_credential_identifier', { needs: [issuing] }),
	refused('fail-unsupported-encryption-algorithm', (d) => { d.json.credential_response_encryption.jwk.alg = 'UNSUPPORTED_ALG'; },
		'invalid_encryption_parameters', { needs: [issuing, 'encryption'], options: { encrypted: true } }),
	refused('fail-on-access-token-in-query', (d, it) => {
		delete d.authorization;
		d.url += `?access_token=${it.accessToken}`;
	}, undefined, { needs: [issuing], status: [400, 401] }),

	/* proves: HAIP 4.3a */
	attestation(`${NAME}fail-invalid-client-attestation-signature`, (d) => { d.attestation.corrupt = true; }),
	attestation(`${NAME}fail-invalid-client-attestation-pop-signature`, (d) => { d.pop.corrupt = true; }),
	attestation(`${NAME}fail-client-attestation-exp-in-past`, (d) => { d.attestation.payload.exp = now() - 600; }),
	attestation(`${NAME}fail-client-attestation-no-sub`, (d) => { delete d.attestation.payload.sub; }),
	attestation(`${NAME}fail-client-attestation-pop-wrong-aud`, (d) => { d.pop.payload.aud = 'https://other.example'; }),
	/* proves: VCI Eb */
	attestation(`${NAME}fail-mismatched-client-attestation-pop-key`, (d) => { d.pop.key = newKey(); }),
];
