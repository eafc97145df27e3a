/*
 * One HTTP client for every request of the harness: header lines go out as given (twice the same one too), a redirect
 * is an answer, and every answer is looked at for what holds everywhere.
 */
import http from 'node:http';
import https from 'node:https';

const TIMEOUT_MS = 30000;
const DESCRIPTION = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/; /* RFC 6749 section 5.2 */
const ERROR_MEMBERS = new Set(['error', 'error_description', 'error_uri']);

/* One answer: what was sent is kept for the line that says what went wrong. */
class Answer {
	constructor(method, url, message, body) {
		Object.assign(this, { method, url, status: message.statusCode, headers: message.headers, raw: message.rawHeaders, body });
	}

	get text() { return this.body.toString('utf8'); }
	get media() { return (this.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase(); }

	/* The body as JSON, undefined when it is none. */
	get json() {
		try {
			return JSON.parse(this.text);
		} catch {
			return undefined;
		}
	}

	/* The error code, of the body (a problem of RFC 9457 has a code instead) or of WWW-Authenticate (RFC 6750 section 3). */
	get error() {
		return this.json?.error ?? (this.media === 'application/problem+json' ? this.json?.code : undefined) ?? /\berror="([^"]*)"/.exec(this.headers['www-authenticate'] ?? '')?.[1];
	}

	has(header, pattern) { return pattern.test(this.headers[header] ?? ''); }
	toString() { return `${this.method} ${new URL(this.url).pathname} answered ${this.status} ${this.error ?? ''}`.trim(); }
}

/* What must hold of every answer, as [severity, sentence]: F fails, W is the suite's warning. */
function everywhere(answer, redirects) {
	const faults = [];
	if (!answer.headers.date)
		faults.push(['F', 'no Date header']);
	if (answer.status >= 300 && answer.status < 400 && answer.status !== 304 && !redirects)
		faults.push(['F', 'a redirect from a back channel']);
	if (answer.status < 400 || answer.media !== 'application/json')
		return faults;
	const { json } = answer;
	if (typeof json?.error !== 'string')
		return [...faults, ['F', 'a JSON refusal without error']];
	if (!answer.has('cache-control', /\bno-store\b/))
		faults.push(['F', 'a refusal without no-store']);
	if (json.error_description !== undefined && !DESCRIPTION.test(json.error_description))
		faults.push(['F', 'error_description holds a character it must not']);
	for (const name of Object.keys(json).filter((one) => !ERROR_MEMBERS.has(one)))
		faults.push(['W', `a refusal with the unknown member ${name}`]);
	return faults;
}

/* header lines, body and its type of a request as rows write it */
function encodeBody({ headers = [], form, json, body, type }) {
	const lines = Array.isArray(headers) ? [...headers] : Object.entries(headers);
	if (form !== undefined)
		return [[...lines, ['Content-Type', type ?? 'application/x-www-form-urlencoded']],
			Buffer.from(form instanceof URLSearchParams || typeof form === 'string' ? String(form) : String(new URLSearchParams(form)))];
	if (json !== undefined)
		return [[...lines, ['Content-Type', type ?? 'application/json']], Buffer.from(JSON.stringify(json))];
	if (body !== undefined)
		return [type ? [...lines, ['Content-Type', type]] : lines, Buffer.from(body)];
	return [lines, Buffer.alloc(0)];
}

export class Http {
	#agents;

	/* seen(answer, faults) is called for each answer; lie(answer) before, where the harness tries itself (lies.mjs) */
	constructor({ ca, seen = () => {}, lie, agents } = {}) {
		Object.assign(this, { ca, seen, lie });
		this.#agents = agents ?? {
			'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true, ca }),
		};
	}

	/* The same connections, told about elsewhere. */
	toldTo(seen) { return new Http({ ...this, seen, agents: this.#agents }); }
	lyingWith(lie) { return new Http({ ...this, lie, agents: this.#agents }); }

	async ask({ method = 'GET', url, redirects = false, ...rest }) {
		const [lines, body] = encodeBody(rest);
		const answer = await this.#send(method, new URL(url), lines, body);
		this.lie?.(answer);
		this.seen(answer, everywhere(answer, redirects));
		return answer;
	}

	#send(method, url, lines, body) {
		const flat = [['Host', url.host], ...lines];
		if (body.length || method === 'POST' || method === 'PUT')
			flat.push(['Content-Length', String(body.length)]);
		return new Promise((resolve, reject) => {
			const request = (url.protocol === 'https:' ? https : http).request(url, {
				method, headers: flat.flat(), agent: this.#agents[url.protocol], timeout: TIMEOUT_MS,
			}, (message) => {
				const parts = [];
				message.on('data', (part) => parts.push(part));
				message.on('end', () => resolve(new Answer(method, url.href, message, Buffer.concat(parts))));
				message.on('error', reject);
			});
			request.on('timeout', () => request.destroy(new Error('no answer')));
			/* a connection that the server closed while it was idle: RFC 9110 section 9.2.2 lets it be asked anew */
			request.on('error', (error) => (request.reusedSocket && error.code === 'ECONNRESET'
				? resolve(this.#send(method, url, lines, body)) : reject(new Error(`${method} ${url.pathname}: ${error.message}`))));
			request.end(body);
		});
	}

	close() { Object.values(this.#agents).forEach((agent) => agent.destroy()); }
}
