/* The offline bundle: read by cbor2, and trusted only from the key made for it. */
import { before, test } from 'node:test';
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { checkBundle, getBundle, keyFile, server, work } from './rail.mjs';
import { trustedLeaf } from './wallet.mjs';
import { decode, openSign1, sign1 } from '../nodekit/cose.mjs';

const CHAIN = 33, TYP = 16, ANCHORS = 6, LISTS = 8, SUB = 2, STATUS_LIST = 65533;
let file;

before(() => {
	file = readFileSync(getBundle(work('interop-read.bundle')));
});

test('the bundle is a COSE_Sign1 of the bundle signer, in deterministic CBOR', () => {
	const { contents: [protectedBytes] } = decode(file);
	const leaf = trustedLeaf([Buffer.from(decode(protectedBytes).get(CHAIN)).toString('base64')]);
	const { header } = openSign1(file, leaf.publicKey);
	assert.equal(header.get(TYP), 'application/idrail-bundle+cbor');
	assert.ok(leaf.raw.equals(new X509Certificate(keyFile('bundle.pem')).raw));
});

test('its anchor is our root, and its status lists are those that are published', async () => {
	const { payload } = openSign1(file, new X509Certificate(keyFile('bundle.pem')).publicKey);
	const [anchor] = payload.get(ANCHORS);
	assert.ok(new X509Certificate(keyFile('root.pem')).raw.equals(Buffer.from(anchor.get(1))));
	const { status_lists: published } = await (await fetch(`${server}/statuslists`)).json();
	/* lists travel as CWT; openSign1 also checks them against the status signer */
	const statusKey = new X509Certificate(keyFile('status.pem')).publicKey;
	const carried = payload.get(LISTS).map((token) => openSign1(token, statusKey).payload);
	assert.deepEqual(carried.map((list) => list.get(SUB)).sort(), published.sort());
	for (const list of carried.map((one) => one.get(STATUS_LIST)))
		assert.ok(inflateSync(list.get('lst')).length * 8 / list.get('bits') >= 1 << 17);
});

test('idctl accepts the same content signed again by the bundle key', () => {
	assert.equal(checkBundle(signedBy('bundle')).status, 0);
});

for (const signer of ['status', 'issuer', 'reader'])
	test(`a bundle signed by the nation's ${signer} key is refused`, () => {
		const { status, stdout, stderr } = checkBundle(signedBy(signer));
		assert.equal(status, 1, stdout + stderr);
	});

/* The bundle's own content under another signature, chain included. */
function signedBy(signer) {
	const { contents: [protectedBytes, , payload] } = decode(file);
	const header = decode(protectedBytes);
	header.set(CHAIN, new Uint8Array(new X509Certificate(keyFile(`${signer}.pem`)).raw));
	const path = work(`by-${signer}.bundle`);
	writeFileSync(path, sign1(header, payload, keyFile(`${signer}.key`)));
	return path;
}
