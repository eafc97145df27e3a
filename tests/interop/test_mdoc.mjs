/* ISO/IEC 18013-5 and OpenID4VP 1.0 appendix B.2: another implementation of mdoc, in all three roles. */
import { before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { CoseKey, DeviceKey, Issuer, SignatureAlgorithm } from '@owf/mdoc';
import * as jose from 'jose';
import { context, present, readIssued, transcriptOf } from './mdoc.mjs';
import { credentialsOf, keyFile, makeOffer, makeRequest, person, resultOf, setStatus, verify } from './rail.mjs';
import { newKey, receive, resolveRequest, respond } from './wallet.mjs';
import { decode } from '../nodekit/cose.mjs';

const MDL = 'org.iso.18013.5.1', DAY = 86400;
let licence, holder;

before(async () => {
	const got = await receive(makeOffer(person(0), ['mdl.mdoc']).link_by_reference);
	([licence] = got.credentials);
	([holder] = got.keys);
});

/* The decoded elements of a namespace. */
const elements = (issued, space) => issued.getPrettyClaims(space);
const iso = (date) => date.toISOString().slice(0, 10);
/* What the signed object says of its status: the library does not hand that out. */
const placeOf = (credential) =>
	decode(decode(decode(Buffer.from(credential, 'base64url')).get('issuerAuth')[2]).contents).get('status').get('status_list');

/* proves: MDOC 7.1a, MDOC 9.1.2.4a, MDOC 9.1.2.4b, MDOC 9.1.2.4e, MDOC 9.1.2.5a */
/* proves: VCI A.2.4a */
test('the library verifies a licence we issued, with every check it has', async () => {
	const issued = await readIssued(licence), mso = issued.issuerAuth.mobileSecurityObject;
	const { claims } = person(0), shown = elements(issued, MDL);
	assert.equal(mso.docType, `${MDL}.mDL`);
	assert.deepEqual(mso.deviceKeyInfo.deviceKey.jwk, { ...mso.deviceKeyInfo.deviceKey.jwk, ...holder.publicJwk });
	assert.equal(shown.family_name, claims.name_primary);
	assert.equal(shown.issuing_country, 'KH');
	assert.equal(iso(new Date(shown.birth_date)), claims.birth_date);
	assert.equal(shown.driving_privileges.length, claims.driving_privileges.length);
	assert.equal(Buffer.from(shown.portrait).toString('base64'), claims.licence_picture);
	assert.equal(shown.age_over_18, true);
});

test('a photo ID has its namespaces, and a date of birth in the structure of ISO/IEC TS 23220-2', async () => {
	const { credentials: [one] } = await receive(makeOffer(person(0), ['pid.mdoc']).link_by_reference);
	const issued = await readIssued(one), { claims } = person(0);
	assert.equal(issued.issuerAuth.mobileSecurityObject.docType, 'org.iso.23220.photoid.1');
	assert.equal(elements(issued, 'org.iso.23220.photoid.1').person_id, claims.personal_administrative_number);
	assert.equal(elements(issued, 'idrail.pid.1').full_name, claims.full_name);
	assert.ok(elements(issued, 'org.iso.23220.1').birth_date);
});

/* proves: TSL 13.2b, MDOC 9.1.2.5b, MDOC 12.3.6a */
test('copies of a batch have times of whole hours, other randoms and other places in one list', async () => {
	const { credentials } = await receive(makeOffer(person(0), ['mdl.mdoc']).link_by_reference, { copies: 5 });
	const issued = await Promise.all(credentials.map(readIssued));
	const randoms = issued.flatMap((one) => one.getIssuerNamespace(MDL).map((item) => Buffer.from(item.random).toString('hex')));
	assert.equal(new Set(randoms).size, randoms.length);
	const places = credentials.map(placeOf);
	assert.equal(new Set(places.map((place) => place.get('uri'))).size, 1);
	assert.equal(new Set(places.map((place) => place.get('idx'))).size, 5);
	for (const one of issued) {
		const { signed, validFrom, validUntil } = one.issuerAuth.mobileSecurityObject.validityInfo;
		for (const time of [signed, validFrom, new Date(validUntil.getTime() + 1000)])
			assert.equal(time.getTime() / 1000 % 3600, 0);
	}
});

/* proves: MDOC 9.1.2.5a */
test('the library refuses an element that was changed', async () => {
	const bytes = Buffer.from(licence, 'base64url'), at = bytes.indexOf(Buffer.from(person(0).claims.name_primary));
	assert.ok(at > 0);
	bytes[at] ^= 1;
	await assert.rejects(readIssued(bytes.toString('base64url')));
});

/* ---- presenting ---- */

const ask = (...more) => makeRequest('--policy', 'car-rental', ...more);
const mdocQuery = (request) => request.authorizationRequestPayload.dcql_query.credentials
	.find(({ format }) => format === 'mso_mdoc');

async function answer(request, more, wanted) {
	const query = mdocQuery(request);
	return { [query.id]: [await present(licence, holder, query, await transcriptOf(request, more), wanted)] };
}

for (const mode of ['direct_post.jwt', 'direct_post'])
	/* proves: MDOC 9.1.3.4a, MDOC 9.1.3.6a */
	test(`a presentation made by the library is verified (${mode})`, async () => {
		const made = ask('--mode', mode);
		const request = await resolveRequest(made.invocation_url);
		const got = await respond(request, await answer(request));
		assert.equal(got.status, 200);
		const result = resultOf(made.id), { claims } = person(0);
		assert.equal(result.verdict.verdict, 'VALID', JSON.stringify(result));
		assert.equal(result.presentations[0].verdict.holder_binding, 'proved');
		const shown = result.presentations[0].claims[MDL];
		assert.deepEqual(Object.keys(shown).sort(),
			['driving_privileges', 'expiry_date', 'family_name', 'given_name', 'portrait']);
		assert.equal(shown.expiry_date, claims.licence_expiry_date);
		assert.equal(Buffer.from(shown.portrait, 'base64url').toString('base64'), claims.licence_picture);
	});

const rejected = (code, what, vpToken) => test(`${what}: rejected with ${code}`, async () => {
	const made = ask();
	const request = await resolveRequest(made.invocation_url);
	await respond(request, await vpToken(request));
	const result = resultOf(made.id);
	assert.equal(result.state, 'rejected', JSON.stringify(result));
	assert.equal(result.code, code);
});

rejected('device_signature', 'an answer to another request', (r) => answer(r, { nonce: 'x'.repeat(43) }));
rejected('device_signature', 'an answer to another verifier', (r) => answer(r, { clientId: 'x509_hash:other' }));
rejected('device_signature', 'an answer said not to be encrypted', (r) => answer(r, { jwkThumbprint: undefined }));
rejected('claim_missing', 'fewer elements than asked for', (r) => answer(r, {}, { [MDL]: ['family_name'] }));

test('a suspended licence is refused, and is good again when the suspension ends', async () => {
	const judged = async () => {
		const made = ask();
		const request = await resolveRequest(made.invocation_url);
		await respond(request, await answer(request));
		return resultOf(made.id).code;
	};
	// of several of this person, the first that was issued here
	const { credential_id: id } = credentialsOf(person(0)).filter(({ type }) => type === 'mdl').at(-1);
	setStatus(id, 'suspended', 'investigation');
	assert.equal(await judged(), 'status_revoked');
	setStatus(id, 'valid', 'investigation_ended');
	assert.equal(await judged(), 'ok');
});

/* ---- the library as issuer: with the nation's signer, and with someone else's ---- */

async function issueHere({ key = keyFile('issuer.key'), docType = 'idrail.age.1', from = 0 } = {}) {
	const today = new Date(Math.floor(Date.now() / 1000 / DAY) * DAY * 1000 + from * DAY * 1000);
	const until = new Date(today.getTime() + 7 * DAY * 1000), device = await newKey();
	const issuer = new Issuer(docType, context);
	issuer.addIssuerNamespace('idrail.age.1', { age_over_18: true, issuing_country: 'KH' });
	const issued = await issuer.sign({
		signingKey: CoseKey.fromJwk({ ...createPrivateKey(key).export({ format: 'jwk' }), alg: 'ES256' }),
		algorithm: SignatureAlgorithm.ES256, digestAlgorithm: 'SHA-256',
		validityInfo: { signed: today, validFrom: today, validUntil: until },
		deviceKeyInfo: { deviceKey: DeviceKey.fromJwk(device.publicJwk) },
		certificates: [new Uint8Array(new X509Certificate(keyFile('issuer.pem')).raw)],
	});
	return issued.encodedForOid4Vci;
}

test('an mdoc made by the library with our signer is VALID', async () => {
	const verdict = await verify(await issueHere());
	assert.equal(verdict.verdict, 'VALID', JSON.stringify(verdict));
	assert.equal(verdict.doctype, 'idrail.age.1');
	assert.equal(verdict.claims['idrail.age.1'].age_over_18, true);
});

test('one of another key, of a docType nobody may sign, or of tomorrow is not', async () => {
	const stranger = await jose.generateKeyPair('ES256', { extractable: true });
	const judge = async (how) => (await verify(await issueHere(how))).code;
	assert.equal(await judge({ key: await jose.exportPKCS8(stranger.privateKey) }), 'issuer_signature');
	assert.equal(await judge({ docType: 'org.example.other.1' }), 'trust');
	assert.equal(await judge({ from: 2 }), 'nbf');
});
