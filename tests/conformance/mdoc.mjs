/*
 * ISO mdoc (ISO/IEC 18013-5 sections 8.3 and 9.1) by cbor2 and node's crypto: what an issuer gave is checked, what a
 * verifier shall see is made. OpenID4VCI 1.0 appendix A.2, OpenID4VP 1.0 appendix B.2.
 */
import { createHash, randomBytes } from 'node:crypto';
import { decode as decodeAny, encode, Tag } from 'cbor2';
import { leafUnder } from '../nodekit/chain.mjs';
import { checkSign1, makeSign1 } from '../nodekit/cose.mjs';
import { newKey, now } from './jwt.mjs';
import { when } from './shape.mjs';
import { batchFaults, mandatoryFaults } from './unlinkable.mjs';

export const FORMAT = 'mso_mdoc';
const ALG = 1, ES256 = -7, CHAIN = 33, EMBEDDED = 24, DATE_TIME = 0, FULL_DATE = 1004;
const DAY = 86400, HOUR = 3600;
const MDL = 'org.iso.18013.5.1.mDL', MDL_ELEMENTS = ['family_name', 'given_name', 'birth_date', 'issue_date', 'expiry_date',
	'issuing_country', 'issuing_authority', 'document_number', 'portrait', 'driving_privileges', 'un_distinguishing_sign'];

const plain = (bytes) => new Uint8Array(bytes);
const sha256 = (bytes) => plain(createHash('sha256').update(bytes).digest());
const read = (bytes) => decodeAny(plain(bytes), { preferMap: true, rejectDuplicateKeys: true });
const embedded = (value) => new Tag(EMBEDDED, encode(value));
const opened = (tag) => read(tag.contents);
const equal = (a, b) => a && b && Buffer.from(a).equals(Buffer.from(b));
const tdate = (seconds) => new Tag(DATE_TIME, new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z'));
const secondsOf = (date) => Math.floor(new Date(date?.contents ?? date).getTime() / 1000);
const coordinate = (text) => plain(Buffer.from(text, 'base64url'));
const coseKey = ({ x, y }) => new Map([[1, 2], [-1, 1], [-2, coordinate(x)], [-3, coordinate(y)]]);

/* ---- what an issuer gave ---- */

function issuerSigned(credential) {
	if (!/^[A-Za-z0-9_-]+$/.test(credential))
		throw new Error('the credential is no base64url without padding');
	const it = read(Buffer.from(credential, 'base64url'));
	const auth = it.get('issuerAuth');
	return { it, auth, mso: opened(read(auth[2])) };
}

const itemsOf = (it) => [...(it.get('nameSpaces') ?? new Map())].flatMap(([namespace, tags]) =>
	tags.map((tag) => ({ namespace, tag, item: opened(tag) })));

function digestFaults({ it, mso }) {
	const items = itemsOf(it);
	const digests = mso.get('valueDigests');
	return [
		...when(items.some(({ namespace, tag, item }) => !equal(digests.get(namespace)?.get(item.get('digestID')), sha256(encode(tag)))),
			'an item', 'does not match its digest'),
		...when(items.some(({ item }) => (item.get('random')?.length ?? 0) < 16), 'random', 'is too short'),
		...when(mso.get('docType') === MDL && !MDL_ELEMENTS.every((name) =>
			items.some(({ namespace, item }) => namespace === 'org.iso.18013.5.1' && item.get('elementIdentifier') === name)), 'the mDL', 'lacks a mandatory element'),
	];
}

function msoFaults({ mso }, key, { configuration, profile }) {
	const bound = mso.get('deviceKeyInfo')?.get('deviceKey'), validity = mso.get('validityInfo');
	const [signed, from, until] = ['signed', 'validFrom', 'validUntil'].map((name) => secondsOf(validity.get(name)));
	return [
		...when(mso.get('version') !== '1.0', 'version', `is ${mso.get('version')}`),
		...when(mso.get('digestAlgorithm') !== 'SHA-256', 'digestAlgorithm', `is ${mso.get('digestAlgorithm')}`),
		...when(mso.get('docType') !== configuration.doctype, 'docType', `is ${mso.get('docType')}`),
		...when(key && ![[1, 2], [-1, 1]].every(([label, value]) => bound?.get(label) === value), 'deviceKey', 'is no EC2 key on P-256'),
		...when(key && !(equal(bound?.get(-2), coordinate(key.jwk.x)) && equal(bound?.get(-3), coordinate(key.jwk.y))), 'deviceKey', 'is not the key of the proof'),
		...when(!(signed <= now() && from <= now() && now() < until), 'validityInfo', 'does not hold now'),
		...when(profile === 'haip' && [...mso.get('status')?.keys() ?? []].some((name) => !['status_list', 'identifier_list'].includes(name)),
			'status', 'is no mechanism of ISO'),
	];
}

export async function issuedFaults(credential, key, about) {
	const parts = issuerSigned(credential);
	const given = itemsOf(parts.it).map(({ namespace, item }) => `${namespace} ${item.get('elementIdentifier')}`);
	const faults = [...digestFaults(parts), ...msoFaults(parts, key, about),
		...mandatoryFaults(about.configuration, ([namespace, element]) => given.includes(`${namespace} ${element}`))];
	try {
		const chain = [].concat(parts.auth[1].get(CHAIN)).map((one) => Buffer.from(one));
		checkSign1(parts.auth, leafUnder(about.anchor, chain).publicKey);
	} catch (error) {
		faults.push(['F', `issuerAuth: ${error.message}`]);
	}
	return faults;
}

export function statusOf(credential) {
	const list = issuerSigned(credential).mso.get('status')?.get('status_list');
	return list && { uri: list.get('uri'), idx: list.get('idx') };
}

export function copiesFaults(credentials) {
	const all = credentials.map(issuerSigned);
	const times = Object.fromEntries(['signed', 'validFrom', 'validUntil'].map((name) =>
		[name, all.map(({ mso }) => secondsOf(mso.get('validityInfo').get(name)))]));
	return batchFaults({
		datasets: all.map(({ it }) => itemsOf(it).map(({ namespace, item }) =>
			[namespace, item.get('elementIdentifier'), Buffer.from(encode(item.get('elementValue'))).toString('hex')]).sort()),
		times, places: credentials.map(statusOf).filter(Boolean),
		secrets: all.flatMap(({ it }) => itemsOf(it).map(({ item }) => Buffer.from(item.get('random')).toString('hex'))),
	});
}

/* ---- what a verifier shall see ---- */

/* A draft of the issuer's part. `type` is { doctype, namespaces: { ns: { element: value } } }, `signer` { key, chain }. */
export function draft({ type, signer, holder, status }) {
	const hour = Math.floor(now() / HOUR) * HOUR;
	return {
		doctype: type.doctype, msoDoctype: type.doctype, namespaces: structuredClone(type.namespaces), signer, holder, status,
		validity: { signed: hour - HOUR, validFrom: hour - HOUR, validUntil: hour + 14 * DAY },
		header: new Map([[ALG, ES256]]), digestAlgorithm: 'SHA-256', version: '1.0',
	};
}

/* dates as ISO wants them, bytes as bytes: how JSON writes an element of the configuration */
function element(value) {
	if (value && typeof value === 'object' && 'full_date' in value)
		return new Tag(FULL_DATE, value.full_date);
	if (value && typeof value === 'object' && 'bytes' in value)
		return plain(Buffer.from(value.bytes, 'base64'));
	if (Array.isArray(value))
		return value.map(element);
	return value && typeof value === 'object' ? new Map(Object.entries(value).map(([name, one]) => [name, element(one)])) : value;
}

const item = (digestID, name, value) => new Map([['digestID', digestID], ['random', plain(randomBytes(32))],
	['elementIdentifier', name], ['elementValue', element(value)]]);

function mso(it, items) {
	const digests = new Map(Object.entries(items).map(([ns, all]) =>
		[ns, new Map(all.map(({ id, tag }) => [id, sha256(encode(tag))]))]));
	return new Map([
		['version', it.version], ['digestAlgorithm', it.digestAlgorithm], ['valueDigests', digests],
		['deviceKeyInfo', new Map([['deviceKey', coseKey(it.holder.jwk)]])], ['docType', it.msoDoctype],
		['validityInfo', new Map(Object.entries(it.validity).map(([name, s]) => [name, tdate(s)]))],
		...it.status ? [['status', new Map([['status_list', new Map(Object.entries(it.status))]])]] : [],
	]);
}

/* Seals a draft: base64url of IssuerSigned, as a wallet stores it. */
export async function made(it) {
	const items = Object.fromEntries(Object.entries(it.namespaces).map(([ns, elements]) =>
		[ns, Object.entries(elements).map(([name, value], id) => ({ id, tag: embedded(item(id, name, value)) }))]));
	const object = mso(it, items);
	it.touchMso?.(object);
	const chain = it.signer.chain.map(plain);
	const auth = makeSign1({ header: it.header, unprotected: new Map([[CHAIN, chain.length > 1 ? chain : chain[0]]]),
		payload: encode(embedded(object)), key: it.signer.key.secret });
	if (it.corrupt)
		auth[3][10] ^= 1;
	const namespaces = new Map(Object.entries(items).map(([ns, all]) => [ns, all.map(({ tag }) => tag)]));
	return Buffer.from(encode(new Map([['nameSpaces', namespaces], ['issuerAuth', auth]]))).toString('base64url');
}

/* OpenID4VP 1.0 appendices B.2.6.1 and, where a page asked through the browser, B.2.6.2 */
export const transcript = ({ clientId, nonce, thumbprint, responseUri, origin }) => [null, null, origin === undefined
	? ['OpenID4VPHandover', sha256(encode([clientId, nonce, thumbprint, responseUri]))]
	: ['OpenID4VPDCAPIHandover', sha256(encode([origin, nonce, thumbprint]))]];
const handover = ({ client_id: clientId, response_uri: responseUri, nonce, thumbprint, origin }) =>
	origin === undefined ? { clientId, nonce, thumbprint, responseUri } : { origin, nonce, thumbprint };

/*
 * A DeviceResponse with the elements of `ask` ([namespace, element]) and a device signature over the handover. The draft
 * a row may change: the handover, the document, the response.
 */
export async function presented({ credential, holder, ask, request, touch = () => {} }) {
	const signed = read(Buffer.from(credential, 'base64url'));
	const doctype = opened(read(signed.get('issuerAuth')[2])).get('docType');
	const it = {
		doctype, signedDoctype: doctype, holder, status: 0, version: '1.0', copies: 1, header: new Map([[ALG, ES256]]),
		handover: handover(request), namespaces: new Map(), device: new Map(),
	};
	for (const [ns, tags] of signed.get('nameSpaces'))
		for (const tag of tags.filter((one) => ask.some(([space, name]) => space === ns && opened(one).get('elementIdentifier') === name)))
			it.namespaces.set(ns, [...it.namespaces.get(ns) ?? [], tag]);
	await touch(it);
	const own = embedded(it.device);
	const authentication = embedded(['DeviceAuthentication', transcript(it.handover), it.signedDoctype, own]);
	const signature = makeSign1({ header: it.header, payload: encode(authentication), detached: true, key: it.holder.secret });
	if (it.corrupt)
		signature[3][10] ^= 1;
	const document = new Map([
		['docType', it.doctype],
		['issuerSigned', new Map([['nameSpaces', it.namespaces], ['issuerAuth', signed.get('issuerAuth')]])],
		['deviceSigned', new Map([['nameSpaces', own], ['deviceAuth', it.auth ?? new Map([['deviceSignature', signature]])]])],
	]);
	const response = new Map([['version', it.version], ...it.copies ? [['documents', Array(it.copies).fill(document)]] : [], ['status', it.status]]);
	const bytes = encode(response);
	return Buffer.from(it.finish ? it.finish(bytes) : bytes).toString('base64url');
}

/* Another value in an item, its digest left alone. */
export function altered(tag, value) {
	const changed = new Map(opened(tag));
	changed.set('elementValue', value);
	return embedded(changed);
}
export const renumbered = (tag, id) => embedded(new Map(opened(tag)).set('digestID', id));

export const query = (id, type, ask) => ({
	id, format: FORMAT, meta: { doctype_value: type.doctype }, claims: ask.map((path) => ({ path })),
});
export const holderKey = newKey;
