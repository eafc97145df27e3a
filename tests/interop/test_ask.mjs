/*
 * The page that relying parties copy (docs/integrate), served as it is by its own small server, in a real browser. Where
 * the browser knows the Digital Credentials API, a wallet of other people's code answers behind navigator.credentials.get;
 * where it does not, the link and the QR code lead the same wallet to us.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { present, transcriptOf } from './mdoc.mjs';
import { mustBeAccessible, mustFit, program } from './pages.mjs';
import { addParty, makeOffer, people, person, server, work } from './rail.mjs';
import { answerBrowser, disclose, receive, resolveBrowserRequest, resolveRequest, respond } from './wallet.mjs';

const skip = program ? false : 'no Chromium is installed', reader = '/usr/bin/zbarimg';
const PORTS = process.env.BANK_PORTS.split(' '), SIGNED = 'openid4vp-v1-signed', UNSIGNED = 'openid4vp-v1-unsigned';
const WANTED = { full_name: true, birthdate: true, personal_administrative_number: true };
/* of the nation whose signer we have; not the first, whose licences others count */
const nation = ({ key }) => key.split('-')[0];
const driver = people.findIndex((one, i) => i > 0 && nation(one) === nation(people[0]) && one.claims.licence_picture);
const banks = {}, wallet = {};
let browser;

/* bank.mjs as a bank would start it, registered with its own origin */
async function bank(policy, port) {
	const origin = `http://127.0.0.1:${port}`, key = work(`${policy}.key`);
	addParty(`Bank of ${policy}`, '--policy', policy, '--cross-device', '--origin', origin, '--return-url', `${origin}/`, '--out', key);
	const child = spawn(process.execPath, ['docs/integrate/bank.mjs'],
		{ env: { RAIL: server, KEY_FILE: key, ORIGIN: origin, POLICY: policy }, stdio: ['ignore', 'pipe', 'inherit'] });
	await once(child.stdout, 'data');
	return { origin, child };
}

before(async () => {
	if (!program)
		return;
	browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
	banks.sdJwt = await bank('bank-account', PORTS[0]);
	banks.mdoc = await bank('car-rental', PORTS[1]);
	({ credentials: [wallet.credential] } = await receive(makeOffer(person(driver)).link_by_reference));
	const { credentials: [licence], keys: [holder] } = await receive(makeOffer(person(driver), ['mdl.mdoc']).link_by_reference);
	Object.assign(wallet, { licence, holder });
});
after(async () => {
	await browser?.close();
	for (const { child } of Object.values(banks))
		child.kill();
});

/* ---- the wallet ---- */

/* With the licence where one is asked for; made for this origin or, by redirect, for the client_id. */
async function answerOf(request, origin) {
	const { dcql_query: { credentials }, client_id: clientId, nonce } = request.authorizationRequestPayload;
	const query = credentials.find(({ meta }) => meta.doctype_value === 'org.iso.18013.5.1.mDL') ?? credentials[0];
	const presented = query.format === 'dc+sd-jwt'
		? await disclose(wallet.credential, WANTED, origin ? `origin:${origin}` : clientId, nonce)
		: await present(wallet.licence, wallet.holder, query, await transcriptOf(request, {}, origin));
	return { [query.id]: [presented] };
}

/* What a browser hands a wallet, and what it gets; `made` is the origin the proof is made for. */
async function honest({ protocol, data }, origin, made = origin) {
	const request = await resolveBrowserRequest(data, origin);
	return { protocol, data: await answerBrowser(request, await answerOf(request, made), origin) };
}

/* ---- the browser ---- */

/* A page of a bank whose every complaint is kept; `play` stands behind navigator.credentials.get, without it there is no such API. */
async function open(at, { play, allows = [SIGNED, UNSIGNED], ...options } = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en', ...options });
	const page = await context.newPage();
	page.asked = [];
	page.complaints = [];
	page.on('console', (message) => page.complaints.push(message.text()));
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	page.on('request', (request) => {
		if (!request.url().startsWith(`${at.origin}/`) && !request.url().startsWith('data:'))
			page.complaints.push(`asked for ${request.url()}`);
	});
	await page.exposeFunction('behindTheBrowser', async (request, origin) => {
		page.asked.push(request);
		return play(request.digital.requests[0], origin);
	});
	await page.addInitScript(({ known, protocols }) => {
		delete globalThis.DigitalCredential;
		if (!known)
			return;
		globalThis.DigitalCredential = class { static userAgentAllowsProtocol(one) { return protocols.includes(one); } };
		navigator.credentials.get = async (request) => {
			if (!navigator.userActivation.isActive)
				throw new DOMException('not asked for by the user', 'NotAllowedError');
			const given = await globalThis.behindTheBrowser(request, location.origin);
			if (given.closed)
				throw new DOMException('closed', 'NotAllowedError');
			return Object.assign(new DigitalCredential(), given);
		};
	}, { known: Boolean(play), protocols: allows });
	await page.goto(`${at.origin}/`);
	await page.waitForSelector('body[data-state]');
	return page;
}
const becomes = (page, state) => page.waitForSelector(`body[data-state="${state}"]`, { timeout: 20000 });
const close = (page) => page.context().close();

/* Nothing was asked for elsewhere, no policy was broken, no script failed. */
async function done(page) {
	assert.deepEqual(page.complaints, []);
	await close(page);
}

/* side by side: most of a page is waiting */
describe('the page that relying parties copy', { concurrency: 3 }, () => {
	/* ---- through the browser ---- */

	const HOLDS = { sdJwt: person(driver).claims.full_name, mdoc: person(driver).claims.name_primary };
	for (const [kind, allows] of [['sdJwt', [SIGNED, UNSIGNED]], ['mdoc', [UNSIGNED]]])
		test(`a ${kind} comes through the browser, which allows ${allows[0]} first`, { skip }, async () => {
			const page = await open(banks[kind], { play: honest, allows });
			await mustBeAccessible(page);
			await mustFit(page);
			await page.click('#browser');
			await becomes(page, 'verified');
			const [{ digital: { requests: [{ protocol }] } }] = page.asked;
			assert.equal(protocol, allows[0]);
			assert.ok((await page.textContent('#claims')).includes(HOLDS[kind]));
			assert.equal(await page.evaluate(() => document.activeElement.id), 'title');
			await mustBeAccessible(page);
			await done(page);
		});

	for (const [state, what, play] of [
		['rejected', 'an answer made for another page', (request, origin) => honest(request, origin, 'https://evil.example')],
		['declined', 'a holder who declines', () => ({ data: { error: 'access_denied' } })],
		['failed', 'data that nobody can read', () => ({ data: { response: 'x' } })],
		['cancelled', 'a window that is closed', () => ({ closed: true })],
	])
		test(`${what} is said to be ${state}`, { skip }, async () => {
			const page = await open(banks.sdJwt, { play });
			await page.click('#browser');
			await becomes(page, state);
			assert.equal(await page.isVisible('#claims'), false);
			assert.equal(await page.isVisible(state === 'cancelled' ? '#browser' : '#restart'), true);
			if (state === 'rejected')
				await mustBeAccessible(page);
			await close(page);
		});

	test('the page can be used by keyboard alone, in the order one reads', { skip }, async () => {
		const page = await open(banks.sdJwt, { play: honest });
		const order = [];
		for (let i = 0; i < 4; i++) {
			await page.keyboard.press('Tab');
			order.push(await page.evaluate(() => document.activeElement.id));
		}
		assert.deepEqual(order, ['language', 'browser', 'link', 'code']);
		await page.focus('#browser');
		await page.keyboard.press('Enter');
		await becomes(page, 'verified');
		await done(page);
	});

	test('in every language it has every phrase, and fits', { skip }, async () => {
		const { languages, words } = JSON.parse(readFileSync('docs/integrate/ask_words.json', 'utf8'));
		const page = await open(banks.sdJwt, { play: honest, locale: 'km-KH' });
		assert.equal(await page.getAttribute('html', 'lang'), 'km');
		for (const { locale } of languages) {
			for (const [key, phrase] of Object.entries(words))
				assert.ok(phrase[locale], `${key} is not said in ${locale}`);
			await page.selectOption('#language', locale);
			assert.equal(await page.getAttribute('html', 'lang'), locale);
			assert.equal(await page.textContent('h1'), words.title[locale]);
			await mustFit(page);
		}
		await done(page);
	});

	/* ---- its server ---- */

	test('its server lets a page choose the way and nothing else, and outlives whatever is sent', { skip }, async () => {
		const { origin } = banks.sdJwt;
		const post = async (path, body, headers) => (await fetch(`${origin}${path}`, { method: 'POST', body,
			headers: { 'Content-Type': 'application/json', Origin: origin, ...headers } })).status;
		const way = (name, more) => JSON.stringify({ way: name, ...more });
		assert.equal((await fetch(`${origin}//`)).status, 404);
		for (const name of ['constructor', 'toString', '__proto__', undefined])
			assert.equal(await post('/ask', way(name, { policy: 'car-rental', flow: 'cross_device' })), 502, name);
		for (const body of ['', '{', 'null', '7'])
			assert.equal(await post('/ask', body), 502, body);
		assert.equal(await post('/ask', way('same_device'), { Origin: 'https://evil.example' }), 403);
		for (const path of ['/answer', '/result'])
			assert.equal(await post(path, '{}', { Cookie: `session=${'A'.repeat(43)}` }), 403, path);
		assert.equal(await post('/ask', way('same_device')), 200);
	});

	/* ---- without it ---- */

	/* What a camera sees. */
	const scanned = async (page) => execFileSync(reader, ['-q', '--raw', '-Sdisable', '-Sqrcode.enable', '-'],
		{ input: await page.locator('#qr').screenshot(), encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] }).trim();

	for (const kind of ['sdJwt', 'mdoc'])
		test(`without the interface, a QR code brings a ${kind} from another device`, { skip: skip || (!existsSync(reader) && 'no zbarimg is installed') }, async () => {
			const page = await open(banks[kind]);
			assert.equal(await page.isVisible('#browser'), false);
			await page.click('#code');
			await becomes(page, 'handed');
			await mustBeAccessible(page);
			await mustFit(page);
			const request = await resolveRequest(await scanned(page));
			assert.equal((await respond(request, await answerOf(request))).status, 200);
			await becomes(page, 'verified');
			assert.ok((await page.textContent('#claims')).includes(HOLDS[kind]));
			await done(page);
		});

	test('without the interface, a link opens the wallet of this device, which brings back the browser that asked', { skip }, async () => {
		const page = await open(banks.sdJwt);
		await page.click('#link');
		await becomes(page, 'handed');
		await mustBeAccessible(page);
		await mustFit(page);
		const request = await resolveRequest(await page.getAttribute('#wallet', 'href'));
		const { redirect_uri: back } = await (await respond(request, await answerOf(request))).json();
		// another browser gets nothing for the code
		const stranger = await open(banks.sdJwt);
		await stranger.goto(back);
		await becomes(stranger, 'failed');
		await close(stranger);
		await page.goto('about:blank');
		await page.goto(back);
		await becomes(page, 'verified');
		assert.equal(new URL(page.url()).hash, '');
		assert.ok((await page.textContent('#claims')).includes(HOLDS.sdJwt));
		await done(page);
	});

	test('a browser that allows no protocol of ours is offered the other ways', { skip }, async () => {
		const page = await open(banks.sdJwt, { play: honest, allows: ['org-iso-mdoc'] });
		assert.equal(await page.isVisible('#browser'), false);
		assert.equal(await page.isVisible('#code'), true);
		await done(page);
	});
});
