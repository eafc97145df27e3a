/*
 * SD-JWT VC (RFC 9901) by jose and node's hashes: what an issuer gave is checked, what a verifier shall see is made.
 * OpenID4VCI 1.0 appendix A.3, OpenID4VP 1.0 appendix B.3, HAIP 1.0 section 6.1.
 */
import * as jose from 'jose';
import { checkJws, newKey, now, random, seal, sha256, spoil } from './jwt.mjs';
import { when } from './shape.mjs';
import { batchFaults, mandatoryFaults } from './unlinkable.mjs';

export const FORMAT = 'dc+sd-jwt';
const DAY = 86400, YEAR = 365 * DAY, FIRST = Date.UTC(2019) / 1000;
const PLAIN = ['iss', 'nbf', 'exp', 'cnf', 'vct', 'vct#integrity', 'status', 'aka_vcts'];
const JWK_MEMBERS = new Set(['kty', 'crv', 'x', 'y', 'kid', 'alg', 'use', 'key_ops']);

function opened(credential) {
	const [jwt, ...rest] = credential.split('~');
	const disclosures = rest.slice(0, -1).map((encoded) => ({ encoded, parts: JSON.parse(Buffer.from(encoded, 'base64url')) }));
	return { jwt, disclosures, last: rest.at(-1), header: jose.decodeProtectedHeader(jwt), payload: jose.decodeJwt(jwt) };
}

/* every digest that stands anywhere, in _sd or in the place of an array element */
function digestsIn(value, found = []) {
	if (Array.isArray(value))
		value.forEach((one) => digestsIn(one, found));
	else if (value && typeof value === 'object')
		for (const [name, one] of Object.entries(value)) {
			if (name === '_sd')
				found.push(...one);
			else if (name === '...')
				found.push(one);
			else
				digestsIn(one, found);
		}
	return found;
}

/* RFC 9901 section 7.1 without its refusals: the claims as they are when everything is disclosed. */
function processed(value, byDigest) {
	if (Array.isArray(value))
		return value.flatMap((one) => (one?.['...'] ? (byDigest.has(one['...']) ? [processed(byDigest.get(one['...']).at(-1), byDigest)] : [])
			: [processed(one, byDigest)]));
	if (!value || typeof value !== 'object')
		return value;
	const { _sd: hidden = [], _sd_alg: dropped, ...rest } = value;
	const shown = hidden.filter((one) => byDigest.has(one)).map((one) => byDigest.get(one).slice(1));
	return Object.fromEntries([...Object.entries(rest), ...shown].map(([name, one]) => [name, processed(one, byDigest)]));
}

const claimsOf = ({ payload, disclosures }) =>
	processed(payload, new Map(disclosures.map(({ encoded, parts }) => [sha256(encoded), parts])));

/* a claims path pointer selects something: OpenID4VCI 1.0 appendix C */
const selects = (value, [step, ...rest]) => step === undefined || (step === null
	? Array.isArray(value) && value.some((one) => selects(one, rest))
	: value?.[step] !== undefined && selects(value[step], rest));

/* ---- what an issuer gave ---- */

function disclosureFaults({ disclosures, payload }) {
	const digests = [payload, ...disclosures.map(({ parts }) => parts.at(-1))].flatMap((one) => digestsIn(one));
	return [
		...when(new Set(digests).size < digests.length, 'digests', 'stand twice'),
		...when(disclosures.some(({ encoded }) => !digests.includes(sha256(encoded))), 'a disclosure', 'has no digest'),
		...when(disclosures.some(({ parts: [salt] }) => typeof salt !== 'string' || Buffer.from(salt, 'base64url').length < 16), 'a salt', 'is too short'),
		...when(disclosures.some(({ parts }) => parts.length === 3 && PLAIN.includes(parts[1])), 'a claim', 'must not be selectively disclosable'),
		...when(payload._sd_alg !== undefined && payload._sd_alg !== 'sha-256', '_sd_alg', `is ${payload._sd_alg}`),
	];
}

function payloadFaults({ payload }, key, { configuration, profile }) {
	const { iat, nbf, exp, vct, cnf, status } = payload;
	const bound = cnf?.jwk ?? {};
	return [
		...when(vct !== configuration.vct, 'vct', `is ${vct}`),
		...when(key && !['kty', 'crv', 'x', 'y'].every((name) => bound[name] === key.jwk[name]), 'cnf', 'is not the key of the proof'),
		...when('d' in bound, 'cnf', 'holds a private member'),
		...when(Object.keys(bound).some((name) => !JWK_MEMBERS.has(name)) || Object.keys(cnf ?? {}).length !== 1, 'cnf', 'holds unusual members', 'W'),
		...when(iat !== undefined && (iat > now() || iat < FIRST), 'iat', 'is not of this time'),
		...when(nbf !== undefined && nbf > now(), 'nbf', 'is in the future'),
		...when(exp !== undefined && (exp <= now() || exp > now() + 50 * YEAR), 'exp', 'is not in the coming years'),
		...when(profile === 'haip' && exp === undefined && !status, 'the credential', 'has neither exp nor status', 'W'),
		...when(profile === 'haip' && status && Object.keys(status).some((name) => name !== 'status_list'), 'status', 'is no status_list alone'),
	];
}

export async function issuedFaults(credential, key, about) {
	const it = opened(credential);
	const { header } = it;
	const faults = [
		...when(!credential.endsWith('~'), 'the credential', 'does not end with ~'),
		...when(header.typ !== 'dc+sd-jwt', 'typ', `is ${header.typ}`), ...when(header.alg !== 'ES256', 'alg', `is ${header.alg}`),
		...when(about.profile === 'haip' && !header.x5c, 'x5c', 'is missing (HAIP 1.0 section 6.1.1)'),
		...disclosureFaults(it), ...payloadFaults(it, key, about),
		...mandatoryFaults(about.configuration, (path) => selects(claimsOf(it), path)),
	];
	try {
		await checkJws(it.jwt, about.anchor, ({ kid }) => about.keyOf(kid));
	} catch (error) {
		faults.push(['F', `the signature: ${error.message}`]);
	}
	return faults;
}

export const statusOf = (credential) => opened(credential).payload.status?.status_list;

export function copiesFaults(credentials) {
	const all = credentials.map(opened);
	const of = (name) => all.map(({ payload }) => payload[name]).filter((one) => one !== undefined);
	return batchFaults({
		datasets: all.map((one) => {
			const { iat, nbf, exp, cnf, status, ...claims } = claimsOf(one);
			return claims;
		}),
		times: Object.fromEntries(['iat', 'nbf', 'exp'].map((name) => [name, of(name)]).filter(([, values]) => values.length)),
		places: of('status').map((one) => one.status_list),
		secrets: all.flatMap(({ disclosures }) => disclosures.map(({ parts }) => parts[0])),
	});
}

/* ---- what a verifier shall see ---- */

/* A draft of the issuer's part. `type` is { vct, claims }, `signer` { key, x5c }. */
export function draft({ type, signer, holder, status }) {
	const today = Math.floor(now() / DAY) * DAY;
	const disclosures = Object.entries(type.claims).map(([name, value]) => [random(16), name, value]);
	return {
		header: { alg: 'ES256', typ: 'dc+sd-jwt', x5c: signer.x5c }, key: signer.key, disclosures,
		payload: { iss: type.iss, vct: type.vct, iat: today, exp: today + 14 * DAY, cnf: { jwk: { ...holder.jwk, use: 'sig', kid: 'holder' } },
			...status && { status: { status_list: status } } },
	};
}

const encodeDisclosure = (parts) => Buffer.from(JSON.stringify(parts)).toString('base64url');

/* Seals a draft to a credential, with decoys as the suite puts three. */
export async function made(it) {
	const encoded = it.disclosures.map(encodeDisclosure);
	const decoys = Array.from({ length: 3 }, () => sha256(random()));
	it.payload._sd ??= [...encoded.map(sha256), ...decoys].sort();
	it.payload._sd_alg ??= 'sha-256';
	return `${await seal(it)}~${encoded.map((one) => `${one}~`).join('')}`;
}

/*
 * Shows the disclosures of `ask` (names of top-level claims) with a key binding. The draft a row may change: disclosures
 * as encoded, the key binding JWT, and what is put together from them.
 */
export async function presented({ credential, holder, ask, request, touch = () => {} }) {
	const { jwt, disclosures } = opened(credential);
	const it = {
		jwt, all: disclosures.map(({ encoded }) => encoded),
		disclosures: disclosures.filter(({ parts }) => parts.length === 2 || ask.includes(parts[1])).map(({ encoded }) => encoded),
		kb: { header: { alg: 'ES256', typ: 'kb+jwt' }, key: holder, payload: { iat: now(), aud: request.audience ?? request.client_id, nonce: request.nonce } },
	};
	await touch(it);
	const shown = it.shown ?? [it.jwt, ...it.disclosures, ''].join('~');
	if (!it.kb)
		return shown;
	if (it.kb.payload && !('sd_hash' in it.kb.payload))
		it.kb.payload.sd_hash = sha256(it.hashed ?? shown);
	return it.finish ? it.finish(shown, await seal(it.kb)) : shown + await seal(it.kb);
}

export const alterSignature = (jwt) => {
	const [header, payload, signature] = jwt.split('.');
	return [header, payload, spoil(signature)].join('.');
};
export const disclosure = encodeDisclosure;

export const query = (id, type, ask) => ({
	id, format: FORMAT, meta: { vct_values: [type.vct] }, claims: ask.map((name) => ({ path: [name] })),
});
export const holderKey = newKey;
