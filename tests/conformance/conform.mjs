/*
 * The conformance harness: node conform.mjs TARGET.json... [--only TEXT] [--lies] [--totals FILE] [--verbose]
 *
 * Every target is a server in one profile; every row of the tables is played in each format. One line a case, then the
 * totals of each combination. With --lies it then tries itself (lies.mjs). Exit code 1 when anything failed. README.md says what stands in a target file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BUILT } from './built.mjs';
import { Case } from './case.mjs';
import { fapiRows } from './rows_fapi.mjs';
import { issuerRows } from './rows_issuer.mjs';
import { issuerGapRows } from './rows_issuer_gaps.mjs';
import { browserRows } from './rows_verifier_browser.mjs';
import { verifierRows } from './rows_verifier.mjs';
import { verifierGapRows } from './rows_verifier_gaps.mjs';
import { tellLies } from './lies.mjs';
import { World } from './world.mjs';

const ROWS = [...issuerRows, ...fapiRows, ...issuerGapRows, ...verifierRows, ...verifierGapRows, ...browserRows];
const FORMATS = ['dc+sd-jwt', 'mso_mdoc'];
const AT_A_TIME = 6, PATIENCE_S = 5;

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: {
	only: { type: 'string' }, lies: { type: 'boolean' }, totals: { type: 'string' }, verbose: { type: 'boolean' } } });

/* ---- which rows, and why not ---- */

/* Rows that wait for something to expire run where it expires soon; all others run where nothing does. */
function belongs(row, { target, format }) {
	if (row.formats && !row.formats.includes(format))
		return false;
	if (row.profiles && !row.profiles.includes(target.profile))
		return false;
	if (options.only && !row.name.includes(options.only))
		return false;
	return target.only === 'waits' ? Boolean(row.waits) : !row.waits || row.waits in (target.lifetimes ?? {});
}

/* undefined: to be played; otherwise ['skip' or 'FAIL', the reason] */
function leftOut(row, world) {
	if (world.can.has(row.unless))
		return ['skip', `does not hold with ${row.unless}`];
	if (row.waits && world.lifetimes[row.waits] > PATIENCE_S)
		return ['skip', `${row.waits} lives ${world.lifetimes[row.waits]} s here`];
	const missing = (row.needs ?? []).map((one) => (typeof one === 'function' ? one(world) : one)).filter((one) => !world.can.has(one));
	if (!missing.length)
		return undefined;
	const built = world.target.matrix && missing.every((one) => BUILT[one]?.includes(world.profile));
	return built ? ['FAIL', `${missing.join(', ')} is built and not announced`] : ['skip', `${missing.join(', ')} is not announced`];
}

/* ---- playing and telling ---- */

const totals = [];
let tried = false; /* whether the harness has tried itself */

function tell(combination, row, word, reason) {
	combination[word === 'ok' ? 'passed' : word === 'skip' ? 'skipped' : 'failed']++;
	console.log(`${word.padEnd(4)} ${combination.name.padEnd(16)} ${row.name}${reason ? `: ${reason}` : ''}`);
}

/* Warnings of the suite count as failures unless the target allows them. */
function judged(combination, row, said, { warnings = 'refused' }) {
	if (typeof said === 'string')
		return tell(combination, row, 'skip', said);
	const lines = [...new Set(said.filter(([level]) => level === 'F' || warnings !== 'allowed').map(([level, what]) => `${level === 'W' ? '(warning) ' : ''}${what}`))];
	return tell(combination, row, lines.length ? 'FAIL' : 'ok', options.verbose ? lines.join('\n       ') : lines.slice(0, 3).join('; '));
}

async function play(row, world, combination) {
	const left = leftOut(row, world);
	if (left)
		return tell(combination, row, ...left);
	const begin = performance.now();
	const said = await new Case(world, row).run();
	combination.slow.push([performance.now() - begin, row.name]);
	return judged(combination, row, said, world.target);
}

async function inTurn(rows, atATime, each) {
	const waiting = [...rows];
	await Promise.all(Array.from({ length: atATime }, async () => {
		while (waiting.length)
			await each(waiting.shift());
	}));
}

async function combine(target, format, combination) {
	const world = new World(target, format);
	try {
		await world.open();
	} catch (error) {
		return tell(combination, { name: 'the server as a whole' }, 'FAIL', error.stack);
	}
	if (world.trouble)
		console.log(`     ${combination.name.padEnd(16)} a first credential could not be had: ${world.trouble}`);
	const rows = ROWS.filter((row) => belongs(row, world) && !(row.once && format !== target.first));
	await inTurn(rows.filter((row) => !row.alone), AT_A_TIME, (row) => play(row, world, combination));
	await inTurn(rows.filter((row) => row.alone), 1, (row) => play(row, world, combination));
	if (options.lies && target.matrix && target.profile === 'plain' && !tried) { /* DPoP nonces of haip are refusals that a wallet must read */
		tried = true;
		await tellLies(world, rows, (row) => !leftOut(row, world), (name, fault) => tell(combination, { name }, fault ? 'FAIL' : 'ok', fault));
	}
	return world.close();
}

/* every server by itself, its formats one after the other */
await Promise.all(positionals.map(async (file) => {
	const target = JSON.parse(readFileSync(file, 'utf8'));
	const formats = FORMATS.filter((format) => target.formats[format]);
	const combinations = formats.map((format) => ({ name: `${target.profile} ${format}`, passed: 0, failed: 0, skipped: 0, slow: [] }));
	totals.push(...combinations);
	for (const [i, format] of formats.entries())
		await combine({ ...target, first: formats[0] }, format, combinations[i]);
}));

for (const { name, passed, failed, skipped, slow } of totals) {
	console.log(`${name.padEnd(16)} ${passed} passed, ${failed} failed, ${skipped} skipped`);
	if (options.verbose)
		slow.sort(([a], [b]) => b - a).slice(0, 3).forEach(([ms, row]) => console.log(`       ${Math.round(ms)} ms: ${row}`));
}
const sum = (what) => totals.reduce((all, one) => all + one[what], 0);
if (options.totals)
	writeFileSync(options.totals, `TOTAL conformance ${sum('passed')} ${sum('failed') || Number(sum('passed') === 0)} ${sum('skipped')}\n`);
process.exit(sum('failed') || !sum('passed') ? 1 : 0);
