/*
 * JWTs as drafts: { header, payload, key, corrupt }. A row changes the draft, then it is sealed. jose signs what is
 * right; what jose would refuse to make (alg none, no alg, crit) is put together by hand.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import * as jose from 'jose';
import { leafUnder } from '../nodekit/chain.mjs';

export const now = () => Math.floor(Date.now() / 1000);
export const random = (bytes = 32) => randomBytes(bytes).toString('base64url');
export const sha256 = (text) => createHash('sha256').update(text).digest('base64url');

/* RFC 7638 */
const thumbprint = ({ crv, kty, x, y }) => sha256(JSON.stringify({ crv, kty, x, y }));

export function newKey() {
	const { privateKey: secret, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
	const jwk = { kty, crv, x, y };
	return { secret, jwk, jkt: thumbprint(jwk) };
}

const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/* One bit of a base64url text, in the middle, is another. */
export function spoil(text) {
	const bytes = Buffer.from(text, 'base64url');
	bytes[bytes.length >> 1] ^= 1;
	return bytes.toString('base64url');
}

async function signed({ header, payload, key }) {
	if (header.alg === 'ES256' && !header.crit)
		return new jose.CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader(header).sign(key.secret);
	const input = `${part(header)}.${part(payload)}`;
	if (header.alg === 'none')
		return `${input}.`;
	return `${input}.${sign('sha256', Buffer.from(input), { key: key.secret, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

export async function seal(draft) {
	if (typeof draft === 'string') /* a row may put any text in place of a JWT */
		return draft;
	const compact = await signed(draft);
	if (!draft.corrupt)
		return compact;
	const parts = compact.split('.');
	return [...parts.slice(0, 2), spoil(parts[2])].join('.');
}

/* The bits of entropy a value could hold, as the suite counts: Shannon, over its characters. */
export function shannon(text) {
	const counts = {};
	for (const one of text)
		counts[one] = (counts[one] ?? 0) + 1;
	return text.length * -Object.values(counts).reduce((sum, n) => sum + n / text.length * Math.log2(n / text.length), 0);
}

/* Checks a compact JWS by the leaf of its x5c, which must lead to the anchor, or else by the key other(header) finds. */
export async function checkJws(compact, anchorPem, other = () => undefined) {
	const header = jose.decodeProtectedHeader(compact);
	const key = header.x5c ? leafUnder(anchorPem, header.x5c.map((one) => Buffer.from(one, 'base64'))).publicKey : await other(header);
	await jose.compactVerify(compact, key, { algorithms: ['ES256'] });
}
