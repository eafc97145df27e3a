/*
 * What a citizen's browser does at the authorization endpoint: pages without scripts, forms by the ids of the
 * automation contract (username, password, login, approve, deny, error-code), cookies, redirects.
 */
import { parse } from 'node-html-parser';

const PAGES = 12;
const isRedirect = ({ status, headers }) => [302, 303].includes(status) && headers.location;

/* The parameters an authorization response brought to the client, and where it stood. */
function arrived(answer, location) {
	const query = new URLSearchParams(location.search);
	return { kind: 'redirect', answer, status: answer.status, location, query, error: query.get('error') ?? undefined };
}

/* What a form would send when this button is pressed. */
function pressed(button, page, values) {
	const form = button.closest('form');
	const fields = new URLSearchParams();
	for (const one of form.querySelectorAll('input, select')) {
		const name = one.getAttribute('name'), type = (one.getAttribute('type') ?? 'text').toLowerCase();
		if (!name || ['submit', 'button', 'image'].includes(type) || (['checkbox', 'radio'].includes(type) && !one.hasAttribute('checked')))
			continue;
		fields.append(name, values[one.getAttribute('id')] ?? one.getAttribute('value') ?? '');
	}
	if (button.getAttribute('name'))
		fields.append(button.getAttribute('name'), button.getAttribute('value') ?? '');
	return {
		method: (form.getAttribute('method') ?? 'get').toUpperCase(),
		url: new URL(button.getAttribute('formaction') ?? form.getAttribute('action') ?? '', page), fields,
	};
}

export class Browser {
	#cookies = new Map();

	constructor(http) { this.http = http; }

	async #visit({ method = 'GET', url, fields }) {
		const target = new URL(url);
		if (fields && method === 'GET')
			target.search = fields;
		const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
		const answer = await this.http.ask({
			method, url: target, redirects: true, headers: [['Accept', 'text/html'], ...cookie ? [['Cookie', cookie]] : []],
			...method === 'POST' && { form: fields },
		});
		for (const line of [].concat(answer.headers['set-cookie'] ?? [])) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
			this.#cookies.set(name, value);
		}
		return answer;
	}

	/* Opens a page and stops there. */
	open(url) { return this.#visit({ url }); }

	/* Logs in where asked, decides, and returns where it ended: at the client, or on a page (with its error code). */
	async authorize(url, { credentials, decision, redirectUri }) {
		let answer = await this.#visit({ url });
		for (let i = 0; i < PAGES; i++) {
			if (isRedirect(answer)) {
				const location = new URL(answer.headers.location, answer.url);
				if (location.href.split(/[?#]/)[0] === redirectUri.split(/[?#]/)[0])
					return arrived(answer, location);
				answer = await this.#visit({ url: location });
				continue;
			}
			const html = parse(answer.text);
			const next = await this.#next(html, answer, credentials, decision);
			if (!next)
				return { kind: 'page', answer, status: answer.status, error: html.querySelector('#error-code')?.text.trim() };
			answer = await this.#visit(next);
		}
		throw new Error(`the login did not end after ${PAGES} pages: ${answer}`);
	}

	async #next(html, { url }, credentials, decision) {
		if (html.querySelector('#username') && html.querySelector('#login')) {
			const { username, password } = await credentials();
			return pressed(html.querySelector('#login'), url, { username, password });
		}
		const button = html.querySelector(decision === 'deny' ? '#deny' : '#approve');
		return button && pressed(button, url, {});
	}
}
