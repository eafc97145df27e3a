/*
 * A wallet's way through OpenID4VP 1.0 towards a verifier, stage by stage: create (as the relying party), request, then
 * credential, proof, envelope and response, and the result as the relying party sees it. Every stage makes a draft and
 * lets the row change it. The request is checked as the suite checks it.
 */
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import * as jose from 'jose';
import * as documents from './documents.mjs';
import { Wrong } from './issuance.mjs';
import { checkJws, now, sha256, shannon } from './jwt.mjs';
import { address, when } from './shape.mjs';

const DAY = 86400, WAIT_S = 5;
const used = new Set(); /* thumbprints of encryption keys, over the whole run: a fresh one each time */

export class Presentation {
	constructor(world, { change = {}, ...more } = {}) {
		Object.assign(this, { world, change, kind: world.kind, type: world.type, mode: 'direct_post.jwt', flow: 'same_device', ...more });
		this.faults = [];
		this.http = world.http.toldTo((answer, faults) => this.faults.push(...faults.map(([level, what]) => [level, `${answer}: ${what}`])));
	}

	note(found, prefix) { this.faults.push(...found.map(([level, what]) => [level, `${prefix}: ${what}`])); }
	get ask() { return this.type.ask; }

	/* ---- create: the relying party ---- */

	async create() {
		const { world: { party, profile } } = this;
		const draft = {
			dcql: this.dcql ?? { credentials: [this.kind.query('credential', this.type, this.ask)] },
			flow: this.flow, mode: this.mode, ...this.flow === 'same_device' && { return_url: party.return_url },
			...profile === 'haip' && { wallet_base: 'haip-vp://' }, ...this.creating,
		};
		await this.change.create?.(draft, this);
		const answer = await this.http.ask({ method: 'POST', url: party.url, json: draft, headers: this.key });
		answer.fine = answer.status === 201;
		if (answer.fine)
			this.#invited(answer.json);
		return answer;
	}

	get key() { return [['Authorization', `Bearer ${this.world.party.key}`]]; }

	/* Section 5 of the invocation URL: client_id, request_uri, request_uri_method and nothing else. */
	#invited({ id, invocation_url: link }) {
		const params = new URL(link.replace(/^[a-z0-9-]+:\/\/\/?/, 'https://wallet.invalid/')).searchParams;
		Object.assign(this, { id, clientId: params.get('client_id'), requestUri: params.get('request_uri'),
			method: params.get('request_uri_method') ?? undefined });
		const surprising = [...params.keys()].filter((name) => !['client_id', 'request_uri', 'request_uri_method'].includes(name));
		this.note([
			...surprising.map((name) => ['W', `has the parameter ${name}`]),
			...when(this.method && !['get', 'post'].includes(this.method), 'request_uri_method', `is ${this.method}`),
			...address(this.requestUri, 'request_uri'),
		], 'invocation');
	}

	/* ---- request: the wallet ---- */

	async request({ walletNonce, wallet } = {}) {
		const draft = { method: 'GET', url: this.requestUri, headers: [['Accept', 'application/oauth-authz-req+jwt']] };
		if (walletNonce !== undefined)
			Object.assign(draft, { method: 'POST', form: { wallet_nonce: walletNonce, ...wallet && { wallet_metadata: JSON.stringify(wallet) } } });
		await this.change.request?.(draft, this);
		const answer = await this.http.ask(draft);
		answer.fine = answer.status === 200;
		if (answer.fine)
			await this.#asked(answer, walletNonce);
		return answer;
	}

	async #asked(answer, walletNonce) {
		const { world: { profile, anchors } } = this;
		const header = jose.decodeProtectedHeader(answer.text), object = jose.decodeJwt(answer.text);
		this.note(when(answer.headers['content-type'] !== 'application/oauth-authz-req+jwt', '', `comes as ${answer.headers['content-type']}`), 'request object');
		this.note(when(!answer.has('cache-control', /\bno-store\b/), '', 'comes without no-store'), 'request object');
		this.note(documents.requestHeader(header), 'request header');
		this.note(documents.requestObject({ clientId: this.clientId, mode: this.mode, profile, walletNonce,
			transactionData: this.creating?.transaction_data })(object), 'request object');
		try {
			await checkJws(answer.text, anchors.reader);
			this.note(this.identified(object.client_id, Buffer.from(header.x5c[0], 'base64'), object), 'request object');
		} catch (error) {
			this.note([['F', error.message]], 'request object');
		}
		this.note(this.fresh(object, profile), 'request object');
		this.object = { ...object, thumbprint: this.encrypts ? new Uint8Array(Buffer.from(this.thumbprint, 'base64url')) : null };
	}

	/* OpenID4VP 1.0 section 5.9.3 */
	identified(clientId, der, { response_uri: to }) {
		const prefix = clientId.slice(0, clientId.indexOf(':')), name = clientId.slice(prefix.length + 1);
		const { profile } = this.world;
		if (prefix === 'x509_hash')
			return when(name !== createHash('sha256').update(der).digest('base64url'), 'client_id', 'is not the hash of the leaf');
		const names = new X509Certificate(der).subjectAltName ?? '';
		return [
			...when(profile === 'haip', 'client_id', 'is no x509_hash (HAIP 1.0 section 5)'),
			...when(prefix !== 'x509_san_dns', 'client_id', `has the prefix ${prefix}`),
			...when(!names.split(', ').includes(`DNS:${name}`) || (to && new URL(to).hostname !== name), 'client_id', 'is not the name in the leaf'),
		];
	}

	fresh(object, profile) {
		const [key] = object.client_metadata?.jwks?.keys ?? [];
		this.thumbprint = key && sha256(JSON.stringify({ crv: key.crv, kty: key.kty, x: key.x, y: key.y }));
		const again = key && used.has(`${this.thumbprint} `) && !used.has(`${this.thumbprint} ${this.id}`);
		if (key) {
			used.add(`${this.thumbprint} `);
			used.add(`${this.thumbprint} ${this.id}`);
		}
		return [
			...when(again, 'the encryption key', 'was used before', profile === 'haip' ? 'F' : 'W'),
			...when(shannon(object.nonce ?? '') <= 96, 'nonce', 'could be guessed', 'W'),
			...when(object.iat > now() + 60 || object.iat < now() - DAY, 'iat', 'is not of today', 'W'),
			...when(object.exp !== undefined && object.exp <= now(), 'exp', 'has passed'),
			...when(object.response_uri && new URL(object.response_uri).hash, 'response_uri', 'has a fragment'),
		];
	}

	get encrypts() { return this.mode.endsWith('.jwt'); }

	/* ---- credential and proof: the holder ---- */

	/* A credential of the harness's own issuer, unless the row brings one. */
	async credential(more = {}) {
		if (this.brought)
			return this.brought;
		const holder = this.kind.holderKey();
		const draft = this.kind.draft({ type: this.type, signer: this.world.signer, holder, status: this.world.status, ...more });
		await this.change.credential?.(draft, this);
		return { credential: await this.kind.made(draft), holder: draft.deviceKey ?? holder };
	}

	async presented(more = {}) {
		return this.kind.presented({ ...await this.credential(), ask: this.ask, request: this.object,
			touch: (draft) => this.change.proof?.(draft, this), ...more });
	}

	/* ---- envelope and response ---- */

	/* vp_token and state, then a JWE for direct_post.jwt; rows see the object, then the JWE's header. */
	async envelope(vpToken) {
		const draft = { body: { vp_token: vpToken, ...this.object.state && { state: this.object.state } }, form: {} };
		if (this.encrypts) {
			const { jwks: { keys: [key] }, encrypted_response_enc_values_supported: [enc] = ['A128GCM'] } = this.object.client_metadata;
			draft.header = { alg: key.alg, enc, kid: key.kid, cty: 'json' };
			draft.key = key;
			draft.params = { apu: randomBytes(16), apv: Buffer.from(this.object.nonce) };
		}
		await this.change.envelope?.(draft, this);
		return draft;
	}

	async #form({ body, form, ...sealing }) {
		if (!sealing.header)
			return { ...Object.fromEntries(Object.entries(body).map(([name, one]) => [name, typeof one === 'string' ? one : JSON.stringify(one)])), ...form };
		return { response: await this.sealed({ body, ...sealing }), ...form };
	}

	async sealed({ body, header, key, params }) {
		const plaintext = typeof body === 'string' ? body : JSON.stringify(body);
		return new jose.CompactEncrypt(Buffer.from(plaintext)).setProtectedHeader(header)
			.setKeyManagementParameters(params).encrypt(await jose.importJWK(key, header.alg));
	}

	async response(envelope) {
		const draft = { method: 'POST', url: this.object.response_uri, form: await this.#form(envelope) };
		await this.change.response?.(draft, this);
		const answer = await this.http.ask(draft);
		answer.fine = answer.status === 200;
		if (answer.fine) {
			this.note(when(answer.headers['content-type'] !== 'application/json', '', `comes as ${answer.headers['content-type']}`), 'response');
			this.note(documents.accepted(this.world.profile)(answer.json ?? null), 'response');
		}
		this.redirected = answer.json?.redirect_uri;
		return answer;
	}

	/* ---- all of it ---- */

	async must(stage, ...args) {
		const answer = await this[stage](...args);
		if (!answer.fine)
			throw new Wrong(`${stage}: ${answer} ${answer.text.slice(0, 200)}`);
		return answer;
	}

	async opened(asking) {
		await this.must('create');
		await this.must('request', asking);
		return this;
	}

	/* Answers an opened request with one presentation for its first query. */
	async answer() {
		const vpToken = this.vpToken ? await this.vpToken(this) : { [this.object.dcql_query.credentials[0].id]: [await this.presented()] };
		return this.response(await this.envelope(vpToken));
	}

	/* ---- the relying party again ---- */

	get responseCode() {
		const { hash, searchParams } = new URL(this.redirected);
		return new URLSearchParams(hash.slice(1)).get('response_code') ?? searchParams.get('response_code');
	}

	/* The result; a same-device one is opened by the response code the wallet was given. */
	async result({ code, wait = WAIT_S } = {}) {
		const { party } = this.world;
		const answer = await this.http.ask({
			url: `${party.url}/${this.id}?wait=${wait}`, headers: [...this.key, ...code ? [['X-Response-Code', code]] : []],
		});
		return answer;
	}
}
