/* COSE_Sign1 (RFC 9052) by cbor2 and node's crypto: what a stranger needs to read our binary forms. */
import { verify as checkSignature } from 'node:crypto';
import { decode as decodeCbor, encode } from 'cbor2';

const SIGN1 = 18, ALG = 1, ES256 = -7;

/* RFC 8949 section 4.2: we promise deterministic encoding, so a strict reader is asked. cbor2 writes a
 * Buffer as an object, so what it reads is made of plain arrays. */
export const decode = (bytes) =>
	decodeCbor(new Uint8Array(bytes), { preferMap: true, rejectDuplicateKeys: true, requirePreferred: true, rejectStreaming: true });

/* RFC 9052 section 4.4: the headers and the payload of a message this key signed. */
export function openSign1(bytes, publicKey) {
	const { tag, contents: [protectedBytes, , payload, signature] } = decode(bytes);
	const header = decode(protectedBytes);
	if (Number(tag) !== SIGN1 || header.get(ALG) !== ES256)
		throw new Error(`tag ${tag}, algorithm ${header.get(ALG)}`);
	const signed = encode(['Signature1', protectedBytes, new Uint8Array(0), payload]);
	if (!checkSignature('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature))
		throw new Error('the signature does not match');
	return { header, payload: decode(payload) };
}
