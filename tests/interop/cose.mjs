/* COSE_Sign1 (RFC 9052) by cbor2 and node's crypto: what a stranger needs to read our binary forms. */
import { sign as makeSignature, verify as checkSignature } from 'node:crypto';
import { decode as decodeCbor, encode, Tag } from 'cbor2';

const SIGN1 = 18, ALG = 1, ES256 = -7;

/* RFC 8949 section 4.2: we promise deterministic encoding, so a strict reader is asked. cbor2 writes a
 * Buffer as an object, so what it reads is made of plain arrays. */
export const decode = (bytes) =>
	decodeCbor(new Uint8Array(bytes), { preferMap: true, rejectDuplicateKeys: true, requirePreferred: true, rejectStreaming: true });

const toBeSigned = (protectedBytes, payload) =>
	encode(['Signature1', protectedBytes, new Uint8Array(0), payload]);

/* RFC 9052 section 4.4: the headers and the payload of a message this key signed. */
export function openSign1(bytes, publicKey) {
	const { tag, contents: [protectedBytes, , payload, signature] } = decode(bytes);
	const header = decode(protectedBytes);
	if (Number(tag) !== SIGN1 || header.get(ALG) !== ES256)
		throw new Error(`tag ${tag}, algorithm ${header.get(ALG)}`);
	if (!checkSignature('sha256', toBeSigned(protectedBytes, payload), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature))
		throw new Error('the signature does not match');
	return { header, payload: decode(payload) };
}

/* A message of its own, for what must be refused. */
export function sign1(header, payload, pem) {
	const protectedBytes = encode(header);
	const signature = makeSignature('sha256', toBeSigned(protectedBytes, payload),
		{ key: pem, dsaEncoding: 'ieee-p1363' });
	return encode(new Tag(SIGN1, [protectedBytes, new Map(), payload, new Uint8Array(signature)]));
}
