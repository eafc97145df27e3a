/* Token Status List: what a credential's place says, read by jose and zlib (draft sections 5.1, 8.1, 8.3). */
import { inflateSync } from 'node:zlib';
import * as jose from 'jose';
import { checkJws } from './jwt.mjs';
import { when } from './shape.mjs';

export const VALID = 0, REVOKED = 1, SUSPENDED = 2;
const MEDIA = 'application/statuslist+jwt';

/* One entry and what is wrong with the list it stands in. */
export async function statusAt(world, { uri, idx }) {
	const answer = await world.http.ask({ url: uri, headers: [['Accept', MEDIA]] });
	if (answer.status !== 200 || answer.media !== MEDIA)
		return { faults: [['F', `the status list: ${answer}, as ${answer.media}`]] };
	const { x5c, kid, typ } = jose.decodeProtectedHeader(answer.text);
	const { sub, iat, exp, ttl, status_list: list } = jose.decodeJwt(answer.text);
	const faults = [
		...when(typ !== 'statuslist+jwt', 'typ', `is ${typ}`), ...when(sub !== uri, 'sub', 'is not the address of the list'),
		...when(!Number.isInteger(iat), 'iat', 'is missing'), ...when(exp === undefined && ttl === undefined, 'exp and ttl', 'are missing', 'W'),
		...when(![1, 2, 4, 8].includes(list?.bits), 'bits', `is ${list?.bits}`),
		...when(world.profile === 'haip' && !x5c, 'x5c', 'is missing (HAIP 1.0 section 6.1)'),
	];
	try {
		await checkJws(answer.text, world.anchors.status ?? world.anchors.issuer, () => world.keyOf(kid));
		if (kid !== undefined && world.as.jwks_uri) /* plain suite runs look the key up there */
			await jose.compactVerify(answer.text, await world.keyOf(kid), { algorithms: ['ES256'] });
	} catch (error) {
		faults.push(['F', `the signature: ${error.message}`]);
	}
	const bytes = inflateSync(jose.base64url.decode(list.lst), { maxOutputLength: 1 << 26 });
	const value = (bytes[Math.floor(idx * list.bits / 8)] >> (idx * list.bits % 8)) & ((1 << list.bits) - 1);
	return { value, bits: list.bits, faults: faults.map(([level, what]) => [level, `status list: ${what}`]) };
}

/* A new credential stands on a list that can be had and says VALID. */
export async function issuedStatusFaults(world, place) {
	const { value, faults } = await statusAt(world, place);
	return [...faults, ...when(value !== VALID, 'the status', `of a new credential is ${value}`)];
}
