/* A browser without script: cookies by host, forms by the id or text of what is in them, redirects followed within a host. */
const unescape = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g,
	(_, name) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name]);
const attribute = (tag, name) => {
	const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag);
	return found ? unescape(found[1]) : undefined;
};

const atTheWallet = (location) => !/^https?:\/\/127\.0\.0\.1[:/]/.test(location);

export class Browser {
	cookies = new Map();

	#jar(url) {
		const { host } = new URL(url);
		if (!this.cookies.has(host))
			this.cookies.set(host, new Map());
		return this.cookies.get(host);
	}

	/* One request; a redirect is not followed. */
	async send(url, body) {
		const jar = this.#jar(url);
		const answer = await fetch(url, {
			method: body === undefined ? 'GET' : 'POST', redirect: 'manual', body,
			headers: {
				Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
				...(body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }),
			},
		});
		for (const line of answer.headers.getSetCookie()) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
			if (value)
				jar.set(name, value);
			else
				jar.delete(name);
		}
		const location = answer.headers.get('location');
		return { status: answer.status, url, html: await answer.text(), headers: answer.headers,
			location: location && new URL(location, url).href };
	}

	/* As far as redirects lead, up to one that `stop` says is far enough: to begin with, one that leaves this machine. */
	async go(url, body, stop = atTheWallet) {
		let page = await this.send(url, body);
		while (page.location && !stop(page.location))
			page = await this.send(page.location);
		return page;
	}

	/* The form that holds `mark`, with the fields given, and the button whose id is `mark`. */
	press(page, mark, fields = {}, stop) {
		const form = page.html.split(/(?=<form)/).find((part) => part.startsWith('<form') && part.includes(mark));
		if (!form)
			throw new Error(`no form with ${mark} at ${page.url}: ${page.status} ${page.html.slice(0, 400)}`);
		const body = new URLSearchParams();
		for (const [tag] of form.split('</form>')[0].matchAll(/<input[^>]*>/g)) {
			const name = attribute(tag, 'name');
			if (name)
				body.set(name, fields[name] ?? attribute(tag, 'value') ?? '');
		}
		const button = [...form.matchAll(/<button[^>]*>/g)].map(([tag]) => tag).find((tag) => attribute(tag, 'id') === mark);
		if (button && attribute(button, 'name'))
			body.set(attribute(button, 'name'), attribute(button, 'value'));
		return this.go(new URL(attribute(form, 'action') ?? page.url, page.url).href, body.toString(), stop);
	}

	text(page, id) {
		const found = new RegExp(`\\sid="${id}"[^>]*>([^<]*)`).exec(page.html);
		return found ? unescape(found[1]) : undefined;
	}
}
