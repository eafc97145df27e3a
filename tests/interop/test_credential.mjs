/* SD-JWT VC: sd-jwt-js reads and presents what we issued, and we judge what it presents. */
import { before, test } from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as jose from 'jose';
import { claimsOf, getBundle, makeOffer, person, verify, verifyOffline, work } from './rail.mjs';
import { disclose, issuerOf, receive, sdJwt } from './wallet.mjs';

const AUDIENCE = 'x509_hash:another-verifier', NONCE = 'n-0S6_WzA2Mj-n-0S6_WzA2Mj';
const THREE = { full_name: true, birthdate: true, personal_administrative_number: true };
let credential, presented;

before(async () => {
	const made = makeOffer(person(0));
	({ credentials: [credential] } = await receive(made.link_by_reference));
	presented = await disclose(credential, THREE, AUDIENCE, NONCE);
});

/* proves: TSL 6.2a */
test('sd-jwt-js verifies our credential, its chain and its entry in the status list', async () => {
	const { payload, header } = await (await sdJwt(credential)).verify(credential);
	assert.equal(header.typ, 'dc+sd-jwt');
	assert.equal(header.alg, 'ES256');
	assert.equal(payload.vct, 'urn:idrail:pid:1');
	assert.match(issuerOf(credential).subject, /C=KH/);
});

test('sd-jwt-js decodes every disclosure to the claims that were imported', async () => {
	const claims = await (await sdJwt(credential)).getClaims(credential);
	const { picture, ...imported } = claimsOf(person(0));
	for (const [name, value] of Object.entries(imported))
		assert.deepEqual(claims[name], value, name);
	assert.ok(claims.picture.endsWith(`;base64,${picture}`));
});

test('nothing about the person is readable before it is disclosed', () => {
	const payload = jose.decodeJwt(credential.split('~')[0]);
	const visible = ['_sd', '_sd_alg', 'cnf', 'exp', 'iat', 'iss', 'issuing_authority', 'issuing_country', 'nbf',
		'status', 'vct', 'vct#integrity'];
	assert.deepEqual(Object.keys(payload).filter((name) => !visible.includes(name)), []);
});

test('what sd-jwt-js presents is VALID for us, with possession proved and only the claims it shares', async () => {
	const verdict = await verify(presented, { nonce: NONCE, audience: AUDIENCE });
	assert.equal(verdict.verdict, 'VALID', JSON.stringify(verdict));
	assert.equal(verdict.holder_binding, 'proved');
	const { full_name, birthdate, personal_administrative_number } = person(0).claims;
	for (const [name, value] of Object.entries({ full_name, birthdate, personal_administrative_number }))
		assert.deepEqual(verdict.claims[name], value);
	for (const name of ['picture', 'sex', 'address', 'document_number'])
		assert.equal(verdict.claims[name], undefined, name);
});

test('members of an object can be disclosed one by one', async () => {
	const whole = await (await sdJwt(credential)).getClaims(credential);
	assert.ok(whole.address.country, 'the first sample person has an address');
	const one = await disclose(credential, { address: { country: true } }, AUDIENCE, NONCE);
	const { verdict, claims } = await verify(one, { nonce: NONCE, audience: AUDIENCE });
	assert.equal(verdict, 'VALID');
	assert.deepEqual(claims.address, { country: whole.address.country });
});

test('idverify, offline, comes to the same verdict', () => {
	const bundle = getBundle(work('interop.bundle'));
	writeFileSync(work('presented.txt'), presented);
	const verdict = verifyOffline(work('presented.txt'), '--bundle', bundle, '--nonce', NONCE, '--audience', AUDIENCE);
	assert.equal(verdict.verdict, 'VALID', JSON.stringify(verdict));
});

/* ---- what was altered ---- */

const invalid = (code, what, made) => test(`${what}: INVALID with ${code}`, async () => {
	const { verdict, code: got, claims } = await verify(await made(), { nonce: NONCE, audience: AUDIENCE });
	assert.deepEqual([verdict, got], ['INVALID', code]);
	assert.deepEqual(Object.keys(claims ?? {}), []);
});

/* Another character of the same alphabet, where it does not fall into unused bits. */
const flip = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
const parts = () => presented.split('~');
const withPart = (i, text) => parts().with(i < 0 ? parts().length + i : i, text).join('~');

invalid('issuer_signature', 'one bit of the issuer\'s signature altered', () =>
	withPart(0, flip(parts()[0], parts()[0].lastIndexOf('.') + 20)));
invalid('issuer_signature', 'another claim under the same signature', () => {
	const [header, payload, signature] = parts()[0].split('.');
	const claims = JSON.parse(Buffer.from(payload, 'base64url'));
	claims.issuing_country = 'ZZ';
	return withPart(0, [header, jose.base64url.encode(JSON.stringify(claims)), signature].join('.'));
});
invalid('disclosure_unreferenced', 'a disclosed value changed', () => {
	const [salt, name] = JSON.parse(Buffer.from(parts()[1], 'base64url'));
	return withPart(1, Buffer.from(JSON.stringify([salt, name, 'Somebody Else'])).toString('base64url'));
});
invalid('kb_sd_hash', 'a disclosure taken away', () => parts().toSpliced(1, 1).join('~'));
invalid('disclosure_duplicate', 'a disclosure sent twice', () => parts().toSpliced(1, 0, parts()[1]).join('~'));
invalid('kb_signature', 'one bit of the holder\'s signature altered', () =>
	withPart(-1, flip(parts().at(-1), parts().at(-1).lastIndexOf('.') + 20)));
invalid('kb_nonce', 'made for another request', () => disclose(credential, THREE, AUDIENCE, 'another-nonce'));
invalid('kb_aud', 'made for another verifier', () => disclose(credential, THREE, 'x509_hash:other', NONCE));
invalid('kb_iat', 'made an hour ago', () =>
	disclose(credential, THREE, AUDIENCE, NONCE, Math.floor(Date.now() / 1000) - 3600));
invalid('kb_missing', 'without the holder\'s proof', () => [...parts().slice(0, -1), ''].join('~'));
invalid('kb_signature', 'with the proof of another copy\'s key', async () => {
	const made = makeOffer(person(0));
	const { credentials: [other] } = await receive(made.link_by_reference);
	return withPart(-1, (await disclose(other, THREE, AUDIENCE, NONCE)).split('~').at(-1));
});
