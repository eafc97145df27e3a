/* Printed QR: base45, zlib, CBOR and COSE by other people's code. */
import { before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import base45 from 'base45';
import { keyFile, makePaper, person, server, verify, work } from './rail.mjs';
import { openSign1 } from '../nodekit/cose.mjs';

const CLAIM_169 = 169, STATUS = 65535, KID = 4;
const issuer = new X509Certificate(keyFile('issuer.pem'));
let text, message;

before(() => {
	makePaper(person(0), work('interop-card'));
	text = readFileSync(work('interop-card.txt'), 'latin1').trim();
	message = inflateSync(Buffer.from(base45.decode(text)));
});

test('the QR text is base45 of zlib of a COSE_Sign1 that the issuer signed', () => {
	const { header } = openSign1(message, issuer.publicKey);
	assert.deepEqual(Buffer.from(header.get(KID)), createHash('sha256').update(issuer.raw).digest().subarray(0, 8));
});

/* proves: TSL 6.3a, TSL 6.3b */
test('its Claim 169 holds the imported person and a place in a status list', () => {
	const { payload } = openSign1(message, issuer.publicKey);
	const claims = person(0).claims, paper = payload.get(CLAIM_169);
	assert.equal(payload.get(1), server);
	assert.equal(paper.get(1), claims.document_number);
	assert.equal(paper.get(4), claims.full_name);
	assert.equal(paper.get(8), claims.birthdate.replaceAll('-', ''));
	assert.equal(paper.get(9), claims.sex);
	assert.equal(paper.get(13), claims.nationalities[0]);
	assert.deepEqual(Buffer.from(paper.get(16)), Buffer.from(claims.picture, 'base64'));
	assert.equal(paper.get(23), claims.issuing_country);
	const place = payload.get(STATUS).get('status_list');
	assert.ok(place.get('uri').startsWith(`${server}/statuslists/`));
	assert.ok(Number.isInteger(place.get('idx')));
});

test('the stranger\'s reading and our verdict agree: VALID', async () => {
	const { verdict, claims } = await verify(text);
	assert.equal(verdict, 'VALID');
	assert.equal(claims.full_name, person(0).claims.full_name);
});

test('one bit altered: the stranger and we refuse alike', async () => {
	const altered = Buffer.from(message);
	altered[message.length - 100] ^= 1;
	assert.throws(() => openSign1(altered, issuer.publicKey));
	const { verdict, code } = await verify(base45.encode(deflateSync(altered)));
	assert.deepEqual([verdict, code], ['INVALID', 'issuer_signature']);
});
