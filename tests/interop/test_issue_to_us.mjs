/* The other way round: sd-jwt-js issues with the nation's signer, and we verify. */
import { before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { digest, ES256, generateSalt } from '@sd-jwt/crypto-nodejs';
import * as jose from 'jose';
import { claimsOf, getBundle, keyFile, makeOffer, person, verify, verifyOffline, work } from './rail.mjs';
import { disclose, newKey, receive } from './wallet.mjs';

const AUDIENCE = 'x509_hash:another-verifier', NONCE = 'n-0S6_WzA2Mj-n-0S6_WzA2Mj';
const DAY = 86400, TODAY = Math.floor(Date.now() / 1000 / DAY) * DAY;
const chain = (name) => [new X509Certificate(keyFile(name)).raw.toString('base64')];
const jwkOf = (key) => key.export({ format: 'jwk' });
let status, all;

before(async () => {
	const { credentials: [ours] } = await receive(makeOffer(person(2)).link_by_reference);
	({ status } = jose.decodeJwt(ours.split('~')[0])); /* a place our lists say VALID at */
	all = claimsOf(person(0));
	all.picture = `data:image/webp;base64,${all.picture}`;
});

/* A credential as sd-jwt-js makes it; `signer` names the key and the certificate of the demo authority. */
async function issue({ signer = 'issuer', secret, claims = {}, frame, header = {}, hashAlg = 'sha-256' } = {}) {
	const holder = await newKey();
	const instance = new SDJwtVcInstance({
		hasher: digest, hashAlg, saltGenerator: generateSalt, signAlg: 'ES256',
		signer: await ES256.getSigner(secret ?? jwkOf(createPrivateKey(keyFile(`${signer}.key`)))),
	});
	const payload = {
		iss: 'https://id.example', vct: 'urn:idrail:pid:1', iat: TODAY, exp: TODAY + 30 * DAY,
		cnf: { jwk: holder.publicJwk }, status, ...all, ...claims,
	};
	Object.keys(payload).forEach((name) => payload[name] === undefined && delete payload[name]);
	const hidden = Object.keys(all).filter((name) => !name.startsWith('issuing_'));
	return instance.issue(payload, frame ?? { _sd: hidden, _sd_decoy: 3 },
		{ header: { typ: 'dc+sd-jwt', x5c: chain(`${signer}.pem`), ...header } });
}

const present = (credential, frame = { full_name: true, birthdate: true }) =>
	disclose(credential, frame, AUDIENCE, NONCE);
const judge = async (credential, frame) =>
	verify(await present(credential, frame), { nonce: NONCE, audience: AUDIENCE });

test('a credential made by sd-jwt-js, with decoys, is VALID online and offline', async () => {
	const presented = await present(await issue());
	const verdict = await verify(presented, { nonce: NONCE, audience: AUDIENCE });
	assert.equal(verdict.verdict, 'VALID', JSON.stringify(verdict));
	assert.equal(verdict.holder_binding, 'proved');
	assert.equal(verdict.claims.full_name, person(0).claims.full_name);
	writeFileSync(work('foreign.txt'), presented);
	const offline = verifyOffline(work('foreign.txt'), '--bundle', getBundle(work('foreign.bundle')),
		'--nonce', NONCE, '--audience', AUDIENCE);
	assert.equal(offline.verdict, 'VALID', JSON.stringify(offline));
});

test('objects with disclosures inside disclosures by sd-jwt-js are read', async () => {
	const hidden = Object.keys(all).filter((name) => !name.startsWith('issuing_'));
	const credential = await issue({
		frame: { _sd: hidden, address: { _sd: Object.keys(all.address), _sd_decoy: 2 } },
	});
	const { verdict, claims } = await judge(credential, { address: { country: true } });
	assert.equal(verdict, 'VALID');
	assert.deepEqual(claims.address, { country: all.address.country });
});

const invalid = (code, what, made) => test(`${what}: INVALID with ${code}`, async () => {
	const { verdict, code: got } = await judge(await made());
	assert.deepEqual([verdict, got], ['INVALID', code]);
});

invalid('issuer_signature', 'signed by a stranger under our certificate', () =>
	issue({ secret: jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey) }));
invalid('referenced_status_malformed', 'no status reference in a type that demands one', () =>
	issue({ claims: { status: undefined } }));
invalid('expired', 'expired yesterday', () => issue({ claims: { exp: TODAY - DAY } }));
invalid('nbf', 'valid from next week', () => issue({ claims: { nbf: TODAY + 7 * DAY } }));
invalid('trust', 'a type this signer may not issue', () => issue({ claims: { vct: 'urn:example:other:1' } }));
invalid('typ', 'another kind of JWT', () => issue({ header: { typ: 'jwt' } }));
for (const signer of ['status', 'reader', 'bundle'])
	invalid('chain_profile', `signed by the nation's ${signer} key, which must not issue`, () => issue({ signer }));
