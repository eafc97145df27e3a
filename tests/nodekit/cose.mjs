/* COSE_Sign1 (RFC 9052) by cbor2 and node's crypto: what a stranger needs to read our binary forms. */
import { sign as makeSignature, verify as checkSignature } from 'node:crypto';
import { decode as decodeCbor, encode, Tag } from 'cbor2';

const SIGN1 = 18, ALG = 1, ES256 = -7;
const NOTHING = new Uint8Array(0);

/* RFC 8949 section 4.2: we promise deterministic encoding, so a strict reader is asked. cbor2 writes a
 * Buffer as an object, so what it reads is made of plain arrays. */
export const decode = (bytes) =>
	decodeCbor(new Uint8Array(bytes), { preferMap: true, rejectDuplicateKeys: true, requirePreferred: true, rejectStreaming: true });

const toBeSigned = (protectedBytes, payload) =>
	encode(['Signature1', protectedBytes, NOTHING, payload]);

/* RFC 9052 section 4.4: the protected header of an untagged message this key signed. `detached` is the payload
 * of a message that carries null. */
export function checkSign1([protectedBytes, , carried, signature], publicKey, detached) {
	const header = decode(protectedBytes);
	if (header.get(ALG) !== ES256)
		throw new Error(`algorithm ${header.get(ALG)}`);
	if (!checkSignature('sha256', toBeSigned(protectedBytes, carried ?? detached),
		{ key: publicKey, dsaEncoding: 'ieee-p1363' }, signature))
		throw new Error('the signature does not match');
	return header;
}

/* An untagged message; header and unprotected are maps. With `detached` it carries null instead of the payload. */
export function makeSign1({ header, unprotected = new Map(), payload, detached = false, key }) {
	const protectedBytes = encode(header);
	const signature = makeSignature('sha256', toBeSigned(protectedBytes, payload), { key, dsaEncoding: 'ieee-p1363' });
	return [protectedBytes, unprotected, detached ? null : payload, new Uint8Array(signature)];
}

/* Headers and payload of a tagged message this key signed. */
export function openSign1(bytes, publicKey) {
	const { tag, contents } = decode(bytes);
	if (Number(tag) !== SIGN1)
		throw new Error(`tag ${tag}`);
	return { header: checkSign1(contents, publicKey), payload: decode(contents[2]) };
}

/* A message of its own, for what must be refused. */
export const sign1 = (header, payload, key) => encode(new Tag(SIGN1, makeSign1({ header, payload, key })));
