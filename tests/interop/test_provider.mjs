/*
 * By way of an existing national sign-on: oidc-provider, certified by the OpenID Foundation, vouches for citizens at our
 * authorization endpoint; and what a sign-on, or somebody between, may say that is not right.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { authorizationUrl } from './authorize.mjs';
import { Browser } from './visitor.mjs';
import { person, server, work } from './rail.mjs';

const { PROVIDER_PORT, PROVIDER_SECRET, KEYED_SERVER } = process.env;
const issuer = `http://127.0.0.1:${PROVIDER_PORT}`;
const numberOf = (i) => person(i).claims.personal_administrative_number;
const atHome = (url) => url.startsWith('https://odd.example/');
let provider;

async function start() {
	provider = spawn(process.execPath, ['--disable-warning=DEP0040', new URL('provider.mjs', import.meta.url).pathname, PROVIDER_PORT,
		`${server}/authorize/callback`, PROVIDER_SECRET, `${KEYED_SERVER}/authorize/callback`, work('provider.key')], { stdio: ['ignore', 'pipe', 'inherit'] });
	await once(provider.stdout, 'data');
}
async function stop() {
	provider.kill();
	await once(provider, 'exit');
}
const lie = (kind) => fetch(`${issuer}/lie/${kind}`, { method: 'POST' });

before(start);
after(stop);

/* Our first page, then over there: logged in and agreed, up to the redirect back to us. */
async function vouched(browser, number, url) {
	const back = (location) => [server, KEYED_SERVER].some((our) => location.startsWith(`${our}/`));
	let page = await browser.go(url ?? await authorizationUrl());
	page = await browser.press(page, 'provider', {}, back);
	page = await browser.press(page, 'name="login"', { login: number, password: 'x' }, back);
	while (!page.location)
		page = await browser.press(page, 'name="prompt"', {}, back);
	return page.location;
}

async function refused(browser, callback, phrase, status = 400) {
	const page = await browser.send(callback);
	assert.equal(page.status, status);
	assert.match(browser.text(page, 'problem') ?? browser.text(page, 'error-code'), phrase);
	assert.ok(!page.html.includes('id="approve"'));
	return page;
}

test('a citizen whom the national sign-on vouches for agrees and is sent back to the wallet', async () => {
	const browser = new Browser();
	let page = await browser.send(await vouched(browser, numberOf(90)));
	assert.equal(page.status, 200);
	page = await browser.press(page, 'approve', {}, atHome);
	assert.equal(page.status, 303);
	assert.ok(new URL(page.location).searchParams.has('code'));
});

test('with a key instead of a secret, and no other way in', async () => {
	const browser = new Browser();
	const url = await authorizationUrl(KEYED_SERVER);
	const first = await browser.go(url);
	assert.ok(!first.html.includes('id="login"') && first.html.includes('id="cancel"'));
	const page = await browser.send(await vouched(browser, numberOf(89), url));
	assert.equal(page.status, 200);
	assert.ok(page.html.includes('id="approve"'));
	// the form of codes, made by hand
	const token = /name="token" value="([^"]*)"/.exec(first.html)[1];
	assert.equal((await browser.send(`${KEYED_SERVER}/authorize/login`, `token=${token}&username=x&password=y`)).status, 400);
});

test('somebody whom the office does not know is told so', async () => {
	const browser = new Browser();
	await refused(browser, await vouched(browser, 'SAMPLE-XX-000000'), /no record of you/);
});

for (const kind of ['nonce', 'no-nonce', 'iss', 'aud', 'expired', 'key', 'none', 'hs256', 'claim'])
	test(`an ID token with a wrong ${kind} lets nobody in`, async () => {
		const browser = new Browser();
		const callback = await vouched(browser, numberOf(91));
		await lie(kind);
		try {
			const page = await refused(browser, callback, /did not confirm/);
			// nothing is lost: the page goes on with a code, or once more over there
			assert.ok(page.html.includes('id="login"') && page.html.includes('id="provider"'));
		} finally {
			await lie('');
		}
	});

test('a code put into the session of another is worth nothing', async () => {
	const thief = new Browser(), victim = new Browser();
	const stolen = new URL(await vouched(thief, numberOf(92))), theirs = new URL(await vouched(victim, numberOf(93)));
	// in the victim's browser, with the victim's state: PKCE and nonce are others
	theirs.searchParams.set('code', stolen.searchParams.get('code'));
	await refused(victim, theirs.href, /did not confirm/);
	// and with the thief's own state: that is another browser's
	await refused(victim, stolen.href, /invalid_request/);
});

test('a state comes back once', async () => {
	const browser = new Browser();
	const callback = await vouched(browser, numberOf(94));
	assert.equal((await browser.send(callback)).status, 200);
	await refused(browser, callback, /invalid_request/);
	await refused(browser, `${server}/authorize/callback?state=made-up&code=x`, /invalid_request/);
});

test('the answer of another issuer is not redeemed', async () => {
	const browser = new Browser();
	const callback = new URL(await vouched(browser, numberOf(95)));
	assert.equal(callback.searchParams.get('iss'), issuer);
	callback.searchParams.set('iss', 'https://other.example');
	await refused(browser, callback.href, /did not confirm/);
});

test('an answer without iss, where it was promised, is not redeemed', async () => {
	const browser = new Browser();
	const callback = new URL(await vouched(browser, numberOf(95)));
	callback.searchParams.delete('iss');
	await refused(browser, callback.href, /did not confirm/);
});

test('who cancels over there may try again here', async () => {
	const browser = new Browser();
	const callback = new URL(await vouched(browser, numberOf(96)));
	callback.searchParams.delete('code');
	callback.searchParams.set('error', 'access_denied');
	const page = await refused(browser, callback.href, /did not confirm/);
	assert.ok(page.html.includes('id="cancel"'));
});

test('a sign-on that is away is said to be, and the page goes on with a code', async () => {
	const browser = new Browser();
	const callback = await vouched(browser, numberOf(97));
	await lie('away');
	try {
		await refused(browser, callback, /does not answer/, 503);
	} finally {
		await lie('');
	}
	await stop();
	try {
		const other = new Browser();
		const page = await other.press(await other.go(await authorizationUrl()), 'provider', {}, () => true);
		// its documents are kept for an hour, so the browser is sent there and meets the silence itself; or it is said at once
		assert.ok(page.status === 303 || /does not answer/.test(other.text(page, 'problem')));
	} finally {
		await start();
	}
});
