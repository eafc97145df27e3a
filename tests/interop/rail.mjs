/*
 * Our side of the tests, as its users have it: idctl for the agency and the relying party, HTTP for
 * what a relying party's program calls. tests/interop/run starts the server and sets the environment.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { BIN, SCHEMA, WORK, IDCTL_SERVER, IDCTL_KEY_FILE } = process.env;

export const server = IDCTL_SERVER;
export const work = (name) => join(WORK, name);
export const keyFile = (name) => readFileSync(join(WORK, 'keys', name), 'utf8');
export const person = (index) => people[index];

/* What was imported of a person and belongs to a type. */
export function claimsOf(who, type = 'pid') {
	const { claims } = JSON.parse(readFileSync(join(SCHEMA, 'types', type, 'type.json'), 'utf8'));
	return Object.fromEntries(claims.map(({ name }) => [name, who.claims[name]])
		.filter(([, value]) => value !== undefined));
}

export const people = readFileSync(process.env.PEOPLE, 'utf8').trim().split('\n').map((line) => JSON.parse(line));

function run(program, args) {
	const { status, stdout, stderr } = spawnSync(join(BIN, program), args, { encoding: 'utf8' });
	return { status, stdout, stderr };
}

/* One JSON answer; idctl ends with 1 or 2 when the answer is no, and still says it. */
function idctl(...args) {
	const { status, stdout, stderr } = run('idctl', [...args, '--json']);
	if (status > 2 || !stdout.trim().startsWith('{'))
		throw new Error(`idctl ${args.join(' ')}: ${status} ${stderr}${stdout}`);
	return JSON.parse(stdout);
}

export const makeOffer = (who, configurations = ['pid.sdjwt'], ...more) =>
	idctl('offer', 'make', '--person', who.key, ...more, ...configurations);
/* A code to log in with, beside this number (else beside the imported one). */
export const activate = (who, ...number) =>
	idctl('activation', 'make', '--person', who.key, ...number.flatMap((one) => ['--number', one]));
export const makePaper = (who, prefix) =>
	idctl('paper', 'make', '--person', who.key, '--type', 'pid', '--cut', 'card', '--out', prefix);
export const addParty = (name, ...more) => idctl('party', 'add', name, '--token-file', work('keys/admin.token'), ...more);
export const makeRequest = (...more) => idctl('request', 'make', '--flow', 'cross_device', ...more);
export const resultOf = (id, ...more) => idctl('result', id, '--wait', '2', ...more);
export const credentialsOf = (who) =>
	idctl('find', '--person', who.key, '--reason', 'support').credentials;
export const setStatus = (id, status, reason) =>
	idctl('status', 'set', String(id), status, '--reason', reason);

/* POST /v1/verify as a relying party's program does it. */
export async function verify(input, more = {}) {
	const answer = await fetch(`${server}/v1/verify`, {
		method: 'POST',
		headers: {
			'Authorization': `Bearer ${readFileSync(IDCTL_KEY_FILE, 'utf8').trim()}`,
			'Content-Type': 'application/json',
		},
		body: JSON.stringify({ input, ...more }),
	});
	if (answer.status !== 200)
		throw new Error(`/v1/verify: ${answer.status} ${await answer.text()}`);
	return answer.json();
}

/* The offline verifier: what it reads from a file. */
export function verifyOffline(file, ...more) {
	const { status, stdout, stderr } = run('idverify', ['--root', work('keys/root.pem'), '--json', ...more, file]);
	if (status > 2)
		throw new Error(`idverify ${file}: ${status} ${stderr}${stdout}`);
	return JSON.parse(stdout);
}

export const getBundle = (file) => {
	const { status, stderr } = run('idctl', ['bundle', 'get', '--out', file]);
	if (status)
		throw new Error(`idctl bundle get: ${stderr}`);
	return file;
};
export const checkBundle = (file) => run('idctl', ['bundle', 'verify', '--root', work('keys/root.pem'), file]);
