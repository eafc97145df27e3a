/* Token Status List: zlib and jose read the list a credential names, before and after a change. */
import { before, test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { inflateSync } from 'node:zlib';
import * as jose from 'jose';
import { credentialsOf, makeOffer, person, server, setStatus, verify } from './rail.mjs';
import { disclose, receive, sdJwt, trustedLeaf } from './wallet.mjs';
import { openSign1 } from '../nodekit/cose.mjs';

const VALID = 0, REVOKED = 1, SUSPENDED = 2;
const VISIBLE_MS = 3000; /* promised is about one second; the machine may be busy */
const AUDIENCE = 'x509_hash:status', NONCE = 'n-0S6_WzA2Mj-n-0S6_WzA2Mj';
let batch, place;

before(async () => {
	batch = (await receive(makeOffer(person(1)).link_by_reference, { copies: 3 })).credentials;
	place = jose.decodeJwt(batch[0].split('~')[0]).status.status_list;
});

/* Token Status List section 8.3: fetch, signature, subject, inflate, entry. */
async function entry({ uri, idx }) {
	const answer = await fetch(uri, { headers: { Accept: 'application/statuslist+jwt' } });
	assert.equal(answer.headers.get('Content-Type'), 'application/statuslist+jwt');
	const token = await answer.text();
	const { x5c } = jose.decodeProtectedHeader(token);
	const { payload } = await jose.jwtVerify(token, trustedLeaf(x5c).publicKey,
		{ typ: 'statuslist+jwt', algorithms: ['ES256'], subject: uri });
	const { bits, lst } = payload.status_list;
	return at(inflateSync(jose.base64url.decode(lst)), bits, idx);
}

const at = (list, bits, idx) =>
	(list[Math.floor(idx * bits / 8)] >> (idx * bits % 8)) & ((1 << bits) - 1);

/* How long after `begin` the entry shows `wanted`. */
async function visible(wanted, begin) {
	while (await entry(place) !== wanted) {
		assert.ok(performance.now() - begin < VISIBLE_MS, `not ${wanted} after ${VISIBLE_MS} ms`);
		await sleep(20);
	}
	return Math.round(performance.now() - begin);
}

async function change(t, status, reason, wanted) {
	const [{ credential_id: id }] = credentialsOf(person(1)).filter((c) => c.type === 'pid' &&
		c.format === 'dc+sd-jwt' && c.status !== 'revoked').sort((a, b) => b.credential_id - a.credential_id);
	const begin = performance.now();
	setStatus(id, status, reason);
	t.diagnostic(`visible after ${await visible(wanted, begin)} ms, idctl's start included`);
	const presented = await disclose(batch[0], { full_name: true }, AUDIENCE, NONCE);
	return verify(presented, { nonce: NONCE, audience: AUDIENCE });
}

/* proves: TSL 4.1c, TSL 4.2a, TSL 5.1a, TSL 5.1c, TSL 5.1g, TSL 8.1a */
test('the list a credential names is signed, is about itself, and says VALID', async () => {
	assert.ok(place.uri.startsWith(`${server}/statuslists/`));
	assert.equal(await entry(place), VALID);
});

/* proves: TSL 9.3a */
test('the status list aggregation names that list', async () => {
	const { status_lists: lists } = await (await fetch(`${server}/statuslists`)).json();
	assert.ok(lists.includes(place.uri));
});

/* proves: TSL 4.3a, TSL 5.1g, TSL 5.2a, TSL 5.2d, TSL 8.2a */
test('the same list as CWT holds the same bytes', async () => {
	const jwt = await (await fetch(place.uri)).text();
	const answer = await fetch(place.uri, { headers: { Accept: 'application/statuslist+cwt' } });
	assert.equal(answer.headers.get('Content-Type'), 'application/statuslist+cwt');
	const leaf = trustedLeaf(jose.decodeProtectedHeader(jwt).x5c);
	const { payload } = openSign1(Buffer.from(await answer.arrayBuffer()), leaf.publicKey);
	const list = payload.get(65533);
	assert.equal(payload.get(2), place.uri);
	assert.equal(at(inflateSync(list.get('lst')), list.get('bits'), place.idx), VALID);
});

/* proves: TSL 7.1a */
test('suspended shows in the list within a second or so, and we say INVALID', async (t) => {
	const { verdict, code } = await change(t, 'suspended', 'investigation', SUSPENDED);
	assert.deepEqual([verdict, code], ['INVALID', 'status_suspended']);
});

test('reinstated shows in the list, and we say VALID again', async (t) => {
	const { verdict } = await change(t, 'valid', 'investigation_ended', VALID);
	assert.equal(verdict, 'VALID');
});

/* proves: TSL 7.1a */
test('revoked shows in the list for every copy; sd-jwt-js and we refuse it', async (t) => {
	const { verdict, code } = await change(t, 'revoked', 'lost', REVOKED);
	assert.deepEqual([verdict, code], ['INVALID', 'status_revoked']);
	for (const copy of batch) {
		assert.equal(await entry(jose.decodeJwt(copy.split('~')[0]).status.status_list), REVOKED);
		await assert.rejects((await sdJwt(copy)).verify(copy), /Status is not valid/);
	}
});

test('revoking one person leaves another alone', async () => {
	const { credentials: [other] } = await receive(makeOffer(person(2)).link_by_reference);
	assert.equal(await entry(jose.decodeJwt(other.split('~')[0]).status.status_list), VALID);
});
