/*
 * The server behind ask.html, as small as it can be: node bank.mjs, nothing to install. It shows what yours has to do,
 * in any language; the key of the relying party stays here.
 *
 *   RAIL      the rail's address                     ORIGIN    where this listens, as a browser writes it; registered
 *   KEY_FILE  your key                               POLICY    what is asked for
 */
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { RAIL, KEY_FILE, ORIGIN, POLICY } = process.env;
const LONGEST = 1 << 20, LIFE_MS = 15 * 60 * 1000, MOST_SESSIONS = 10000;
const authorization = `Bearer ${readFileSync(KEY_FILE, 'utf8').trim()}`;
const files = Object.fromEntries([['ask.html', 'text/html; charset=utf-8'], ['ask.js', 'text/javascript'], ['ask.css', 'text/css'],
	['ask_words.json', 'application/json']].map(([name, type]) => [`/${name}`, { type, body: readFileSync(join(import.meta.dirname, name)) }]));
files['/'] = files['/ask.html'];
const HEADERS = {
	'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	'Permissions-Policy': 'digital-credentials-get=(self)', 'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff',
	'Cache-Control': 'no-store',
};

async function rail(path, { body, code } = {}) {
	const answer = await fetch(`${RAIL}/v1/presentations${path}`, {
		method: body === undefined ? 'GET' : 'POST', body: body && JSON.stringify(body), signal: AbortSignal.timeout(40000),
		headers: { Authorization: authorization, ...body && { 'Content-Type': 'application/json' }, ...code && { 'X-Response-Code': code } },
	});
	if (!answer.ok)
		throw new Error(`${answer.status} ${(await answer.json()).code}`);
	return answer.json();
}

/* What a session may know of its presentation. Here you would keep the claims, and show only that it went well. */
async function resultOf(session, { wait = 0, code } = {}) {
	const { state, presentations = [] } = await rail(`/${session.presentation}?wait=${wait}`, { code });
	return { state, ...state === 'verified' && { claims: Object.assign({}, ...presentations.map((one) => one.claims)) } };
}

/* The page chooses one of these and nothing besides. Without a prototype: `constructor` is none of them. */
const WAYS = {
	__proto__: null,
	dc_api: ({ protocol }) => ({ flow: 'dc_api', origin: ORIGIN, protocol }),
	same_device: () => ({ flow: 'same_device', return_url: `${ORIGIN}/` }),
	cross_device: () => ({ flow: 'cross_device', qr: true }),
};
const ROUTES = {
	/* A request, tied to this browser's session; the page gets what it needs to reach a wallet, and not the id. */
	'/ask': async (session, body) => {
		const made = await rail('', { body: { policy: POLICY, ...WAYS[body.way](body) } });
		session.presentation = made.id;
		return { digital: made.digital, link: made.invocation_url, qr: made.qr_svg };
	},
	/* What the browser gave the page, as it is. Read it no further: the rail opens it and judges it. */
	'/answer': async (session, body) => {
		await rail(`/${session.presentation}/dc-api`, { body });
		return resultOf(session);
	},
	'/result': (session, { response_code: code }) => resultOf(session, code ? { code } : { wait: 30 }),
};

/* ---- sessions: one cookie, no other memory of the customer ---- */

const sessions = new Map(), secure = ORIGIN.startsWith('https:');
const COOKIE = secure ? '__Host-session' : 'session'; /* __Host-: no neighbour under the same domain can set it */

function sessionOf(request) {
	const cookies = (request.headers.cookie ?? '').split('; ').map((one) => one.split('='));
	return sessions.get(cookies.find(([name]) => name === COOKIE)?.[1]);
}

/* Only who asks gets one, and the oldest make room: nobody fills the memory. */
function openSession(response) {
	const id = randomBytes(32).toString('base64url'), session = {};
	if (sessions.size >= MOST_SESSIONS)
		sessions.delete(sessions.keys().next().value);
	sessions.set(id, session);
	setTimeout(() => sessions.delete(id), LIFE_MS).unref();
	/* Strict: no other site can make this browser ask or answer; the page itself sends it, also when a wallet opened it */
	response.setHeader('Set-Cookie', `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`);
	return session;
}

async function bodyOf(request) {
	const parts = [];
	let n = 0;
	for await (const part of request) {
		parts.push(part);
		if ((n += part.length) > LONGEST)
			throw new Error('too long');
	}
	try {
		return JSON.parse(Buffer.concat(parts));
	} catch {
		throw new Error('no JSON'); /* what the parser says quotes the body, and this comes into the log */
	}
}

async function serve(request, response, path) {
	const route = ROUTES[path], file = files[path];
	if (request.method === 'GET' && file)
		return response.writeHead(200, { 'Content-Type': file.type }).end(file.body);
	if (request.method !== 'POST' || !route || request.headers['content-type'] !== 'application/json')
		return response.writeHead(404).end();
	/* our page alone may speak here, whatever a browser was made to believe of our address */
	if (request.headers.origin !== ORIGIN)
		return response.writeHead(403).end();
	const session = sessionOf(request) ?? (path === '/ask' && openSession(response));
	if (!session)
		return response.writeHead(403).end();
	const answer = await route(session, await bodyOf(request));
	return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
}

createServer((request, response) => {
	for (const [name, value] of Object.entries(HEADERS))
		response.setHeader(name, value);
	const [path] = request.url.split('?');
	serve(request, response, path).catch((error) => {
		console.error(`${request.method} ${path}: ${error.message}`);
		response.writeHead(502, { 'Content-Type': 'application/json' }).end('{}');
	});
}).listen(new URL(ORIGIN).port, new URL(ORIGIN).hostname, () => console.log(`ready at ${ORIGIN}/`));
