/*
 * Asks a customer's wallet: through the browser where it knows how (Digital Credentials API), else by a link on this
 * device or a QR code for another. It speaks with its own server alone (bank.mjs says what that does), and the key of
 * the relying party never comes here. No framework, nothing from elsewhere, no inline script: it runs under
 * Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'.
 */
const PROTOCOLS = ['openid4vp-v1-signed', 'openid4vp-v1-unsigned'];
const ENDED = ['verified', 'rejected', 'declined', 'expired'];
const element = (id) => document.getElementById(id);
let words, state = 'begin', turn = 0; /* a turn that is over changes nothing any more */

/* ---- the server of this page ---- */

async function server(path, body = {}) {
	const answer = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
	if (!answer.ok)
		throw new Error(`${path}: ${answer.status}`);
	return answer.json();
}

/* ---- what is seen ---- */

function say() {
	for (const one of document.querySelectorAll('[data-say]'))
		one.textContent = words[one.dataset.say];
	element('qr').alt = words.scan;
	element('status').textContent = words[`state_${state}`] ?? '';
	document.title = words.title;
}

function show(next, { claims } = {}) {
	state = next;
	document.body.dataset.state = state;
	element('choice').hidden = !['begin', 'cancelled'].includes(state);
	element('handing').hidden = state !== 'handed';
	element('again').hidden = ['begin', 'cancelled', 'browser'].includes(state);
	element('claims').hidden = !claims;
	element('claims').replaceChildren(...Object.entries(claims ?? {}).flatMap(([name, value]) => {
		const [term, text] = [document.createElement('dt'), document.createElement('dd')];
		[term.textContent, text.textContent] = [name, typeof value === 'string' ? value : JSON.stringify(value)];
		return [term, text];
	}));
	say();
	if (ENDED.includes(state) || state === 'failed')
		element('title').focus(); /* what was pressed is gone */
}

/* Whatever goes wrong is said; a customer who closed the wallet's window only comes back to the choice. */
async function attempt(play) {
	const mine = ++turn;
	try {
		await play((next, more) => mine === turn && show(next, more), () => mine === turn);
	} catch (error) {
		console.info(error.message);
		if (mine === turn)
			show(['AbortError', 'NotAllowedError'].includes(error.name) ? 'cancelled' : 'failed');
	}
}

/* ---- through the browser ---- */

/* The first protocol that this browser hands on; none where it does not know the interface. */
function protocolOfBrowser() {
	if (typeof globalThis.DigitalCredential !== 'function' || !navigator.credentials?.get)
		return undefined;
	const allowed = (one) => DigitalCredential.userAgentAllowsProtocol?.(one) ?? true;
	return PROTOCOLS.find(allowed);
}

const askBrowser = () => attempt(async (see) => {
	see('browser');
	const { digital } = await server('ask', { way: 'dc_api', protocol: protocolOfBrowser() });
	const { data } = await navigator.credentials.get({ mediation: 'required', digital });
	const { state: told, claims } = await server('answer', typeof data === 'string' ? JSON.parse(data) : data);
	see(told, { claims });
});

/* ---- by link and code ---- */

/* The server waits half a minute at a time; another device may take several. */
async function result(see, current) {
	while (current()) {
		const { state: told, claims } = await server('result');
		if (told !== 'pending')
			return see(ENDED.includes(told) ? told : 'failed', { claims });
	}
	return undefined;
}

const askByLink = () => attempt(async (see) => {
	const { link } = await server('ask', { way: 'same_device' });
	element('wallet').href = link;
	element('go-on').hidden = false;
	element('scan').hidden = true;
	see('handed'); /* the wallet brings the customer back to this page */
	element('wallet').focus();
});

const askByCode = () => attempt(async (see, current) => {
	const { qr } = await server('ask', { way: 'cross_device' });
	element('qr').src = `data:image/svg+xml,${encodeURIComponent(qr)}`;
	element('go-on').hidden = true;
	element('scan').hidden = false;
	see('handed');
	await result(see, current);
});

/* Brought back by the wallet: the code in the fragment opens the result, in the browser that asked and in no other. */
function comeBack() {
	const code = new URLSearchParams(location.hash.slice(1)).get('response_code');
	if (code === null)
		return false;
	history.replaceState(null, '', location.pathname); /* into no history, no bookmark, no screenshot */
	attempt(async (see) => {
		see('browser');
		const { state: told, claims } = await server('result', { response_code: code });
		see(ENDED.includes(told) ? told : 'failed', { claims });
	});
	return true;
}

/* ---- languages ---- */

async function speak() {
	const { languages, words: all } = await (await fetch('ask_words.json')).json();
	const wanted = [...navigator.languages, 'en'].map((one) => one.split('-')[0].toLowerCase());
	const use = (locale) => {
		words = Object.fromEntries(Object.entries(all).map(([key, phrase]) => [key, phrase[locale]]));
		document.documentElement.lang = locale;
	};
	for (const { locale, name } of languages)
		element('language').append(new Option(name, locale));
	for (const option of element('language').options)
		option.lang = option.value;
	element('language').value = wanted.find((one) => languages.some(({ locale }) => locale === one));
	use(element('language').value);
	element('language').addEventListener('change', ({ target }) => {
		use(target.value);
		say();
	});
}

await speak();
element('by-browser').hidden = protocolOfBrowser() === undefined;
element('browser').addEventListener('click', askBrowser);
element('link').addEventListener('click', askByLink);
element('code').addEventListener('click', askByCode);
element('restart').addEventListener('click', () => {
	turn++;
	show('begin');
	element('title').focus();
});
addEventListener('hashchange', comeBack); /* the wallet may open the page that is there */
if (!comeBack())
	show('begin');
