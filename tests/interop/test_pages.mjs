/*
 * The pages citizens see, in a real browser (Debian's Chromium): they work with script switched off and by keyboard alone, fit a narrow
 * screen and a zoomed one, keep the rules of accessibility that can be checked by a machine (axe-core), and break none of their own policy.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { authorizationUrl } from './authorize.mjs';
import { mustBeAccessible, mustFit, program } from './pages.mjs';
import { activate, person, server } from './rail.mjs';

const skip = program ? false : 'no Chromium is installed';
const languages = ['en', 'km', 'ta'], others = ['th', 'my', 'lo', 'vi', 'ms', 'zh'];
const numberOf = (i) => person(i).claims.personal_administrative_number;
let browser;

before(async () => {
	if (program)
		browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
});
after(() => browser?.close());

/* A page whose every complaint is kept. */
async function open(options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
	const page = await context.newPage();
	page.complaints = [];
	page.on('console', (message) => page.complaints.push(message.text()));
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	page.on('request', (request) => {
		if (!request.url().startsWith(server) && !request.url().startsWith('https://odd.example/'))
			page.complaints.push(`asked for ${request.url()}`);
	});
	return page;
}

/* Where the browser sets out to from a page of ours, the name of the wallet's host being invented. */
async function leaves(page, act) {
	const [request] = await Promise.all([page.waitForRequest((r) => r.url().startsWith('https://odd.example/')), act()]);
	return new URL(request.url()).searchParams;
}
const faults = (page) => page.complaints.filter((text) => !text.includes('ERR_NAME_NOT_RESOLVED'));

async function logIn(page, i) {
	await page.fill('#username', numberOf(i));
	await page.fill('#password', activate(person(i)).code);
	await page.click('#login');
}

test('with script switched off a citizen logs in, agrees and comes to the wallet', { skip }, async () => {
	const page = await open({ javaScriptEnabled: false });
	await page.goto(await authorizationUrl());
	await logIn(page, 100);
	// also shown by it: the policy does not hold the redirect behind the form
	assert.ok((await leaves(page, () => page.click('#approve'))).has('code'));
	assert.deepEqual(faults(page), []);
	await page.context().close();
});

test('by keyboard alone, in the order one reads', { skip }, async () => {
	const page = await open();
	await page.goto(await authorizationUrl());
	const order = [];
	for (let i = 0; i < 5; i++) {
		await page.keyboard.press('Tab');
		order.push(await page.evaluate(() => document.activeElement.id || document.activeElement.tagName));
	}
	assert.deepEqual(order, ['SUMMARY', 'username', 'password', 'login', 'cancel']);
	await page.focus('#username');
	await page.keyboard.type(numberOf(101));
	await page.keyboard.press('Tab');
	await page.keyboard.type(activate(person(101)).code);
	await page.keyboard.press('Enter'); // the first button of the form, not `cancel`
	await page.waitForSelector('#approve');
	await page.focus('#deny');
	assert.equal((await leaves(page, () => page.keyboard.press('Enter'))).get('error'), 'access_denied');
	assert.deepEqual(faults(page), []);
	await page.context().close();
});

for (const language of languages)
	test(`every page in ${language} is accessible, fits, and keeps its policy`, { skip }, async () => {
		const page = await open();
		await page.goto(await authorizationUrl(server, { ui_locales: language }));
		assert.equal(await page.getAttribute('html', 'lang'), language);
		await page.click('summary');
		await mustBeAccessible(page);
		await mustFit(page);
		await page.fill('#username', `nobody ${language}`);
		await page.fill('#password', '1');
		await page.click('#login');
		await page.waitForSelector('#problem');
		await mustBeAccessible(page);
		await logIn(page, 102 + languages.indexOf(language));
		await page.waitForSelector('#approve');
		await mustBeAccessible(page);
		await mustFit(page);
		// a page that was refused is said by its status too, which the console repeats
		assert.deepEqual(page.complaints.filter((text) => !text.includes('status of 400')), []);
		await page.goto(`${server}/authorize`);
		await mustBeAccessible(page);
		await page.context().close();
	});

test('the first page fits in the other languages', { skip }, async () => {
	const page = await open();
	for (const language of others) {
		await page.goto(await authorizationUrl(server, { ui_locales: language }));
		assert.equal(await page.getAttribute('html', 'lang'), language);
		await page.click('summary');
		await mustFit(page);
	}
	await page.context().close();
});

test('another page cannot show one of ours inside', { skip }, async () => {
	const page = await open();
	await page.route('https://odd.example/frame', async (route) => route.fulfill({ contentType: 'text/html',
		body: `<iframe src="${await authorizationUrl()}"></iframe>` }));
	await page.goto('https://odd.example/frame');
	await page.waitForTimeout(0);
	assert.equal(await page.frames()[1].$('#login'), null);
	await page.context().close();
});
