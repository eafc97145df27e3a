/*
 * The same way through the browser of a page, OpenID4VP 1.0 appendix A: the relying party gets what it hands to
 * navigator.credentials.get(), the wallet reads it and answers for the origin, the relying party brings back the answer.
 */
import * as jose from 'jose';
import * as documents from './documents.mjs';
import { checkJws } from './jwt.mjs';
import { Presentation } from './presentation.mjs';
import { when } from './shape.mjs';

export const SIGNED = 'openid4vp-v1-signed', UNSIGNED = 'openid4vp-v1-unsigned', MULTISIGNED = 'openid4vp-v1-multisigned';

export class BrowserPresentation extends Presentation {
	constructor(world, options) {
		super(world, { protocol: SIGNED, mode: 'dc_api.jwt', flow: 'dc_api', ...options });
	}

	async create() {
		const { world: { party } } = this;
		const draft = {
			dcql: this.dcql ?? { credentials: [this.kind.query('credential', this.type, this.ask)] },
			flow: this.flow, mode: this.mode, protocol: this.protocol, origin: party.origin, ...this.creating,
		};
		await this.change.create?.(draft, this);
		const answer = await this.http.ask({ method: 'POST', url: party.url, json: draft, headers: this.key });
		answer.fine = answer.status === 201;
		if (answer.fine)
			await this.#handedOver(answer.json);
		return answer;
	}

	async #handedOver(json) {
		this.note(documents.handedOver(json), 'answer to the page');
		this.id = json.id;
		const [{ protocol, data }] = json.digital.requests;
		this.note(when(protocol !== this.protocol, 'protocol', `is ${protocol}`), 'request');
		const object = await this.#read(data);
		const { world: { party: { origin }, profile } } = this;
		this.note(documents.browserRequest({ protocol, origin, mode: this.mode, profile, transactionData: this.creating?.transaction_data })(object), 'request');
		this.note(this.fresh(object, profile), 'request');
		/* what the wallet answers: the origin that the browser tells it, never one of the request's words */
		this.object = { ...object, origin, audience: `origin:${origin}`,
			thumbprint: this.encrypts ? new Uint8Array(Buffer.from(this.thumbprint, 'base64url')) : null };
	}

	async #read(data) {
		if (this.protocol === UNSIGNED)
			return data;
		const compacts = this.protocol === SIGNED ? [data.request]
			: data.request.signatures.map((one) => `${one.protected}.${data.request.payload}.${one.signature}`);
		this.note(when(!compacts.length, 'signatures', 'are none'), 'request');
		for (const compact of compacts)
			await this.#signed(compact);
		return jose.decodeJwt(compacts[0]);
	}

	async #signed(compact) {
		const header = jose.decodeProtectedHeader(compact), object = jose.decodeJwt(compact);
		this.note((this.protocol === SIGNED ? documents.requestHeader : documents.multisignedHeader)(header), 'request header');
		try {
			await checkJws(compact, this.world.anchors.reader);
			const clientId = header.client_id ?? object.client_id;
			if (this.world.profile !== 'haip' || clientId.startsWith('x509_hash:')) /* beside it others may stand */
				this.note(this.identified(clientId, Buffer.from(header.x5c[0], 'base64'), object), 'request');
		} catch (error) {
			this.note([['F', error.message]], 'request');
		}
	}

	/* It was handed over, and is fetched nowhere. */
	request() { return Promise.resolve({ fine: true, status: 200 }); }

	async response({ body, form, ...sealing }) {
		const draft = { method: 'POST', url: `${this.world.party.url}/${this.id}/dc-api`, headers: this.key,
			json: { ...sealing.header ? { response: await this.sealed({ body, ...sealing }) } : body, ...form } };
		await this.change.response?.(draft, this);
		const answer = await this.http.ask(draft);
		answer.fine = answer.status === 200 && answer.json?.state === 'verified';
		if (answer.status === 200)
			this.note(documents.judged(answer.json ?? null), 'response');
		return answer;
	}
}
