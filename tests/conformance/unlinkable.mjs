/*
 * What the suite checks of a credential in either format: RFC 9901 section 10.1, copies of one batch must not tell that
 * they belong together, and yet hold the same; and what the metadata calls mandatory is there.
 */
import { when } from './shape.mjs';

const HOUR = 3600, JITTER = 120;
const rounded = (seconds) => seconds % HOUR === 0 || (seconds + 1) % HOUR === 0;

/* times: { iat: [..], exp: [..] } of all copies; rounded to the hour, or spread over more than two minutes */
const timeFaults = (times) => Object.entries(times).flatMap(([name, all]) =>
	when(!all.every(rounded) && Math.max(...all) - Math.min(...all) <= JITTER, name, 'tells when the copies were made'));

/* places: [{ uri, idx }]; three and more on one list must not stand at equal distances */
function placeFaults(places) {
	const lists = new Map();
	places.forEach((one) => lists.set(one.uri, [...lists.get(one.uri) ?? [], one]));
	const indexes = [...lists.values()].map((all) => all.map((one) => one.idx));
	return [
		...when(new Set(places.map((one) => `${one.uri} ${one.idx}`)).size < places.length, 'status', 'gives one place to two copies'),
		...indexes.filter((all) => all.length > 2).flatMap((all) =>
			when(all.slice(2).every((idx, i) => idx - all[i + 1] === all[1] - all[0]), 'status', 'places stand at equal distances')),
		...when(places.length > 2 && indexes.length === places.length && lists.size > 1, 'status', 'gives each copy a list of its own', 'W'),
	];
}

/* the order of members says nothing: sorted, the same things are the same text */
const canonical = (value) => JSON.stringify(value, (name, one) => (one && typeof one === 'object' && !Array.isArray(one)
	? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one));

export const batchFaults = ({ datasets, times, places, secrets }) => [
	...when(new Set(datasets.map(canonical)).size > 1, 'the copies', 'do not hold the same'),
	...timeFaults(times), ...placeFaults(places),
	...when(new Set(secrets).size < secrets.length, 'salts', 'are used twice'),
];

/* OpenID4VCI 1.0 appendix B.2: `has(path)` says whether the credential holds it */
export const mandatoryFaults = ({ credential_metadata: { claims = [] } = {} }, has) =>
	claims.filter(({ path, mandatory }) => mandatory && !has(path))
		.flatMap(({ path }) => when(true, path.join('/'), 'is mandatory and not there'));
