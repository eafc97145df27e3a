/* RFC 9901 section 10.1 as the suite checks it: copies of one batch must not tell that they belong together. */
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

export const batchFaults = ({ times, places, secrets }) => [
	...timeFaults(times), ...placeFaults(places),
	...when(new Set(secrets).size < secrets.length, 'salts', 'are used twice'),
];
