/*
 * Closed schemas as small functions: a check takes (value, path) and returns faults [severity, sentence]. An unknown
 * member is a warning of the suite (W), everything else a failure (F).
 */
const fail = (path, what) => [['F', `${path || 'the document'} ${what}`]];
const test = (is, what) => (value, path) => (is(value) ? [] : fail(path, what));

export const text = test((v) => typeof v === 'string', 'is no string');
export const filled = test((v) => typeof v === 'string' && v.length > 0, 'is no string with something in it');
export const flag = test((v) => typeof v === 'boolean', 'is no boolean');
export const whole = (least = 0) => test((v) => Number.isInteger(v) && v >= least, `is no integer from ${least}`);
export const seconds = test((v) => typeof v === 'number' && v >= 0, 'is no time');
export const oneOf = (...values) => test((v) => values.includes(v), `is none of ${values.join(', ')}`);
export const exactly = (value) => test((v) => v === value, `is not ${value}`);
export const matching = (pattern, what) => test((v) => typeof v === 'string' && pattern.test(v), `is no ${what}`);
export const any = () => [];
export const anything = test((v) => typeof v === 'object' && v !== null && !Array.isArray(v), 'is no object');

/* https, or plain HTTP on this machine: what a test server without TLS has */
export const address = test((v) => {
	try {
		const { protocol, hostname, hash } = new URL(v);
		return !hash && (protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)));
	} catch {
		return false;
	}
}, 'is no https address');

export const list = (check, { least = 1 } = {}) => (value, path) => {
	if (!Array.isArray(value) || value.length < least)
		return fail(path, least ? 'is no array with something in it' : 'is no array');
	return value.flatMap((one, i) => check(one, `${path}[${i}]`));
};

export const setOf = (check, more) => (value, path) => {
	const faults = list(check, more)(value, path);
	return faults.length || new Set(value).size === value.length ? faults : fail(path, 'says something twice');
};

/* an object under chosen names, all of one shape */
export const mapOf = (check) => (value, path) => {
	const faults = anything(value, path);
	return faults.length ? faults : Object.entries(value).flatMap(([name, one]) => check(one, `${path}.${name}`, name));
};

/* { 'must!': check, 'may': check }; `extra(value, path)` sees the whole object afterwards */
export const shape = (members, extra = any) => (value, path = '') => {
	const faults = anything(value, path);
	if (faults.length)
		return faults;
	const known = Object.fromEntries(Object.entries(members).map(([name, check]) => [name.replace('!', ''), check]));
	for (const name of Object.keys(members).filter((one) => one.endsWith('!')))
		if (!(name.slice(0, -1) in value))
			faults.push(...fail(`${path}.${name.slice(0, -1)}`, 'is missing'));
	for (const [name, one] of Object.entries(value))
		faults.push(...(known[name] ? known[name](one, `${path}.${name}`) : [['W', `${path}.${name} is not known here`]]));
	return faults.concat(extra(value, path));
};

export const when = (wrong, path, what, severity = 'F') => (wrong ? [[severity, `${path} ${what}`.trim()]] : []);
export const both = (...checks) => (value, path) => checks.flatMap((check) => check(value, path));
