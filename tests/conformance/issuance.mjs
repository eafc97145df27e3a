/*
 * A wallet's way through OpenID4VCI 1.0, stage by stage: offer, par, authorize, token, nonce, proof, credential,
 * notification; refresh and deferred beside them. Every stage makes a draft of what it will send, lets the row change
 * it, seals what is to be signed, sends it. What must hold of every success is checked where it arrives.
 */
import * as jose from 'jose';
import { Browser } from './browser.mjs';
import * as documents from './documents.mjs';
import { newKey, now, random, seal, sha256, shannon } from './jwt.mjs';
import { when } from './shape.mjs';

export const CODE = 'authorization_code';
export const PRE = 'urn:ietf:params:oauth:grant-type:pre-authorized_code';
export const STAGES = {
	[PRE]: ['offer', 'token', 'nonce', 'credential', 'notification'],
	[CODE]: ['par', 'authorize', 'token', 'nonce', 'credential', 'notification'],
};
const HOUR = 3600, LONGEST_TOKEN = 365 * 24 * HOUR;

export class Wrong extends Error {}

const bitsEnough = (value, path) => when(value.length * 8 < 128 || shannon(value) <= 96, path, 'could be guessed');

export class Issuance {
	/* change: { stage: (draft, issuance) => ... }; client, grant, keys and configuration may be given */
	constructor(world, { change = {}, client = world.clients[0], grant = world.grant, configuration = world.configuration, ...more } = {}) {
		Object.assign(this, { world, change, client, grant, configuration, copies: 1, encrypted: false, ...more });
		this.faults = [];
		this.http = world.http.toldTo((answer, faults) => this.faults.push(...faults.map(([level, what]) => [level, `${answer}: ${what}`])));
		this.dpopKey ??= client.dpopKey ?? newKey();
		this.dpopNonces = {};
		this.state = random(16);
		this.verifier = random();
	}

	/* ---- the way ---- */

	/* Up to and including `last`; every stage before it must succeed, what `last` answered is returned. */
	async to(last) {
		const stages = STAGES[this.grant];
		for (const stage of stages.slice(0, stages.indexOf(last)))
			await this.must(stage);
		return this[last]();
	}

	/* Up to and including `last`, all with success. */
	async through(last) {
		const answer = await this.to(last);
		return this.#fine(last, answer);
	}

	/* A stage that has to succeed. */
	async must(stage, ...args) { return this.#fine(stage, await this[stage](...args)); }

	#fine(stage, answer) {
		if (!answer.fine)
			throw new Wrong(`${stage}: ${answer.error ?? answer.status} ${answer.json?.error_description ?? answer.text ?? ''}`.trim().slice(0, 300));
		return answer;
	}

	note(found, prefix) { this.faults.push(...found.map(([level, what]) => [level, `${prefix}: ${what}`])); }

	/* ---- drafts ---- */

	dpop(method, url, token) {
		return {
			header: { typ: 'dpop+jwt', alg: 'ES256', jwk: this.dpopKey.jwk }, key: this.dpopKey,
			payload: { jti: random(16), htm: method, htu: url, iat: now(), ...token && { ath: sha256(token) } },
		};
	}

	/* ABCA draft 07; private_key_jwt as FAPI 2.0 section 5.3.3.1 narrows it; or nobody. */
	authenticate(draft) {
		const { client, world: { issuer } } = this;
		const iat = now(), times = { iat, nbf: iat, exp: iat + 300 };
		if (client.id)
			draft.form.client_id = client.id;
		if (client.auth === 'attest_jwt_client_auth') {
			draft.attestation = {
				header: { typ: 'oauth-client-attestation+jwt', alg: 'ES256', x5c: client.attester.x5c }, key: client.attester.key,
				payload: { iss: client.attester.iss, sub: client.id, cnf: { jwk: client.instance.jwk }, ...times },
			};
			draft.pop = {
				header: { typ: 'oauth-client-attestation-pop+jwt', alg: 'ES256' }, key: client.instance,
				payload: { iss: client.id, aud: issuer, jti: random(16), ...client.challenge && { challenge: client.challenge }, ...times },
			};
		} else if (client.auth === 'private_key_jwt')
			draft.assertion = {
				header: { alg: 'ES256', kid: client.kid }, key: client.key,
				payload: { iss: client.id, sub: client.id, aud: issuer, jti: random(16), ...times },
			};
		return draft;
	}

	/* The authorization server's endpoints. */
	server(url, form) {
		const draft = this.authenticate({ kind: 'as', method: 'POST', url, headers: [], form });
		if (this.world.can.has('dpop'))
			draft.dpop = this.dpop('POST', url);
		return draft;
	}

	/* The credential issuer's endpoints, with the access token. */
	resource(url, json) {
		const { accessToken: token, tokenType: type } = this;
		return {
			kind: 'rs', method: 'POST', url, headers: [['Accept', 'application/json;charset=utf-8, application/jwt;q=0.9']],
			authorization: `${type} ${token}`, dpop: type === 'DPoP' ? this.dpop('POST', url, token) : undefined, json,
		};
	}

	/* ---- sending ---- */

	async #sealed(draft) {
		const headers = [...draft.headers];
		if (draft.authorization)
			headers.push(['Authorization', draft.authorization]);
		for (const proof of [].concat(draft.dpop ?? [])) {
			const nonce = this.dpopNonces[draft.kind];
			if (nonce && proof.payload)
				proof.payload.nonce ??= nonce;
			headers.push([draft.dpopName ?? 'DPoP', await seal(proof)]);
		}
		for (const [name, jwt] of [['OAuth-Client-Attestation', draft.attestation], ['OAuth-Client-Attestation-PoP', draft.pop]])
			if (jwt)
				headers.push([name, await seal(jwt)]);
		const { method, url, json, body, type } = draft;
		const form = draft.form && new URLSearchParams(draft.form);
		if (draft.assertion) {
			form.append('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
			form.append('client_assertion', await seal(draft.assertion));
		}
		return { method, url, headers, json, body, type, form };
	}

	/* A use_dpop_nonce answer is followed once, with the same body and the same attestation PoP, as the suite does. */
	async transmit(stage, draft) {
		await this.change[stage]?.(draft, this);
		let answer = await this.http.ask(await this.#sealed(draft));
		const nonce = answer.headers['dpop-nonce'];
		if (answer.error === 'use_dpop_nonce' && nonce && draft.dpop) {
			this.dpopNonces[draft.kind] = nonce;
			for (const proof of [].concat(draft.dpop).filter((one) => one.payload))
				Object.assign(proof.payload, { nonce, ...proof.payload.jti && !draft.keepJti && { jti: random(16) } });
			answer = await this.http.ask(await this.#sealed(draft));
		}
		if (answer.headers['dpop-nonce'])
			this.dpopNonces[draft.kind] = answer.headers['dpop-nonce'];
		if (answer.headers['oauth-client-attestation-challenge'])
			this.client.challenge = answer.headers['oauth-client-attestation-challenge'];
		return answer;
	}

	/* A success by its status; its document, and that nobody stores it. */
	#success(answer, status, check, name) {
		answer.fine = answer.status === status;
		if (!answer.fine)
			return answer;
		this.note(when(answer.media !== 'application/json', '', `comes as ${answer.media}`), name);
		this.note(when(!answer.has('cache-control', /\bno-store\b/), '', 'comes without no-store'), name);
		this.note(check(answer.json), name);
		return answer;
	}

	/* ---- stages: authorization ---- */

	async offer() {
		const made = await this.world.makeOffer({ configuration: this.configuration, grant: this.grant, txCode: this.txCode });
		const params = new URL(made.link.replace(/^[a-z-]+:\/\/\/?/, 'https://wallet.invalid/')).searchParams;
		const uri = params.get('credential_offer_uri');
		this.offered = uri ? (await this.#offerAt(uri)).json : JSON.parse(params.get('credential_offer'));
		this.note(documents.offer(this.world.issuer, Object.keys(this.world.configurations))(this.offered), 'offer');
		this.grantOffered = this.offered.grants?.[this.grant] ?? {};
		this.txCodeValue = made.txCode;
		return { fine: true, status: 200, offerUri: uri };
	}

	async #offerAt(uri) {
		const answer = await this.http.ask({ url: uri });
		if (answer.status !== 200 || answer.media !== 'application/json')
			throw new Wrong(`${answer}: the offer by reference`);
		return answer;
	}

	async par() {
		const { world, client } = this;
		const form = {
			response_type: 'code', redirect_uri: client.redirectUri, state: this.state,
			code_challenge: sha256(this.verifier), code_challenge_method: 'S256',
			...this.details ? { authorization_details: JSON.stringify(this.details) } : { scope: world.scopeOf(this.configuration) },
			...this.grantOffered?.issuer_state && { issuer_state: this.grantOffered.issuer_state },
		};
		const answer = await this.transmit('par', this.server(world.as.pushed_authorization_request_endpoint, form));
		if (this.#success(answer, 201, documents.pushedResponse, 'PAR').fine) {
			this.requestUri = answer.json.request_uri;
			this.note(bitsEnough(this.requestUri, 'request_uri'), 'PAR');
		}
		return answer;
	}

	/* Where the citizen's browser is sent. */
	authorizeUrl(draft) {
		const url = new URL(this.world.as.authorization_endpoint);
		for (const [name, value] of Object.entries(draft.query))
			url.searchParams.append(name, value);
		return url;
	}

	async authorize() {
		const draft = { query: { client_id: this.client.id, request_uri: this.requestUri }, decision: 'approve', browser: new Browser(this.http) };
		await this.change.authorize?.(draft, this);
		const end = await draft.browser.authorize(this.authorizeUrl(draft), {
			credentials: () => this.world.citizen(this.configuration), decision: draft.decision, redirectUri: this.client.redirectUri,
		});
		this.code = end.query?.get('code') ?? undefined;
		end.fine = Boolean(this.code);
		if (end.kind === 'redirect')
			this.note(this.#response(end), 'authorization response');
		return end;
	}

	/* RFC 9207; FAPI 2.0 section 5.3.2.2: in the query, with iss, nothing surprising, what was there survives */
	#response({ location, query }) {
		const expected = new Set([...this.code ? ['code'] : ['error', 'error_description', 'error_uri'], 'state', 'iss',
			...new URL(this.client.redirectUri).searchParams.keys()]);
		const own = new URL(this.client.redirectUri).search.slice(1);
		return [
			...when(location.hash, '', 'stands in the fragment'),
			...when(query.get('iss') !== this.world.issuer, 'iss', 'is missing or of somebody else'),
			...when((query.get('state') ?? undefined) !== this.state, 'state', 'is not what was pushed'),
			...when(own && !location.search.includes(own), '', 'changes the query of the redirect_uri'),
			...[...query.keys()].filter((name) => !expected.has(name)).map((name) => ['W', `has the surprising parameter ${name}`]),
			...this.code ? bitsEnough(this.code, 'code') : [],
		];
	}

	/* ---- stages: tokens ---- */

	async token() {
		const form = this.grant === PRE ? { grant_type: PRE, 'pre-authorized_code': this.grantOffered['pre-authorized_code'],
			...this.grantOffered.tx_code && { tx_code: this.txCodeValue } }
			: { grant_type: CODE, code: this.code, redirect_uri: this.client.redirectUri, code_verifier: this.verifier };
		return this.#tokens(await this.transmit('token', this.server(this.world.as.token_endpoint, form)));
	}

	async refresh() {
		this.dpopKey = newKey(); /* as the suite: the refresh token is not bound to the DPoP key */
		const form = { grant_type: 'refresh_token', refresh_token: this.refreshToken };
		return this.#tokens(await this.transmit('refresh', this.server(this.world.as.token_endpoint, form)));
	}

	#tokens(answer) {
		if (!this.#success(answer, 200, documents.tokenResponse, 'token').fine)
			return answer;
		const { access_token: token, token_type: type, expires_in: life, refresh_token: refreshToken, authorization_details: granted } = answer.json;
		this.note([...bitsEnough(token, 'access_token'), ...when(life >= LONGEST_TOKEN, 'expires_in', 'is a year and more'),
			...when(this.details && !granted, 'authorization_details', 'are missing though they were asked for')], 'token');
		Object.assign(this, { accessToken: token, tokenType: type, refreshToken: refreshToken ?? this.refreshToken });
		this.identifiers = granted?.find((one) => one.credential_configuration_id === this.configuration)?.credential_identifiers;
		return answer;
	}

	/* ---- stages: the credential ---- */

	async nonce() {
		const { nonce_endpoint: url } = this.world.metadata;
		if (!url)
			return { fine: true, status: 200 };
		const draft = { kind: 'rs', method: 'POST', url, headers: [] };
		const answer = this.#success(await this.transmit('nonce', draft), 200, documents.nonceResponse, 'nonce');
		this.cNonce = answer.json?.c_nonce;
		return answer;
	}

	/* Key proofs as drafts; with a key attestation where the configuration wants one (OpenID4VCI 1.0 appendix F.1). */
	proofs() {
		this.keys = Array.from({ length: this.copies }, newKey);
		return this.keys.map((key) => ({
			header: { typ: 'openid4vci-proof+jwt', alg: 'ES256', jwk: key.jwk }, key,
			payload: { aud: this.world.issuer, iat: now(), ...this.cNonce && { nonce: this.cNonce },
				...this.client.id && { iss: this.client.id } },
		}));
	}

	/* OpenID4VCI 1.0 appendix D: the wallet provider speaks for all keys at once, at the levels the metadata lists. */
	keyAttestation() {
		const { world, keys } = this;
		const wanted = world.keyAttestation(this.configuration) ?? {};
		const iat = now();
		return {
			header: { typ: 'key-attestation+jwt', alg: 'ES256', x5c: world.keyAttester.x5c }, key: world.keyAttester.key,
			payload: { iat, exp: iat + 300, attested_keys: keys.map((key) => key.jwk), ...this.cNonce && { nonce: this.cNonce }, ...wanted },
		};
	}

	async #proofObject() {
		const drafts = this.proofs(), { keys } = this;
		const { world: { proofTypes, keyAttestation, keyAttester }, configuration } = this;
		const attestation = keyAttester && (keyAttestation(configuration) || this.attestKeys) ? this.keyAttestation() : undefined;
		await this.change.key_attestation?.(attestation, this);
		if (this.attestKeys === 'attestation')
			return { keys, proofs: { attestation: [await seal(attestation)] } };
		if (attestation) {
			const jwt = await seal(attestation);
			drafts.forEach((draft) => { draft.header.key_attestation = jwt; });
		}
		await this.change.proof?.(drafts, this);
		return { keys, proofs: proofTypes(configuration) && { jwt: await Promise.all(drafts.map(seal)) } };
	}

	async credential() {
		const { world, configuration } = this;
		const { keys, proofs } = await this.#proofObject();
		const json = {
			...this.identifiers ? { credential_identifier: this.identifiers[0] } : { credential_configuration_id: configuration },
			...proofs && { proofs },
		};
		const draft = this.resource(world.metadata.credential_endpoint, json);
		if (this.encrypted)
			draft.seal = this.responseKeys(draft);
		const answer = await this.transmitSealed('credential', draft);
		this.keys = keys; /* several requests may be under way at once */
		return this.received(answer, 'credential response');
	}

	/* Adds the response's encryption to a draft. */
	responseKeys(draft) {
		const { alg_values_supported: [alg], enc_values_supported: [enc] } = this.world.metadata.credential_response_encryption;
		this.responseKey = newKey();
		draft.json.credential_response_encryption = { jwk: { ...this.responseKey.jwk, alg, use: 'enc', kid: random(8) }, enc,
			...this.zip && { zip: 'DEF' } };
		return true;
	}

	/* OpenID4VCI 1.0 section 10: a JWE to the first key of the metadata; rows see the plain JSON and the JWE's header. */
	async transmitSealed(stage, draft) {
		if (!draft.seal)
			return this.transmit(stage, draft);
		const { jwks: { keys: [key] }, enc_values_supported: [enc] } = this.world.metadata.credential_request_encryption;
		draft.jwe = { alg: key.alg, enc, kid: key.kid, cty: 'json' };
		await this.change[stage]?.(draft, this);
		const { [stage]: dropped, ...rest } = this.change;
		const body = draft.body ?? await new jose.CompactEncrypt(Buffer.from(JSON.stringify(draft.json)))
			.setProtectedHeader(draft.jwe).encrypt(await jose.importJWK(key, key.alg));
		this.change = rest;
		try {
			return await this.transmit(stage, { ...draft, json: undefined, body, type: draft.type ?? 'application/jwt' });
		} finally {
			this.change = { ...rest, ...dropped && { [stage]: dropped } };
		}
	}

	/* What the credential and the deferred endpoint answer, opened and checked. */
	async received(answer, name) {
		const { keys } = this;
		const expected = this.encrypted ? 'application/jwt' : 'application/json';
		answer.fine = answer.status === 200;
		if (!answer.fine)
			return answer;
		this.note(when(answer.media !== expected, '', `comes as ${answer.media}`), name);
		this.note(when(!answer.has('cache-control', /\bno-store\b/), '', 'comes without no-store'), name);
		const json = this.encrypted ? await this.#open(answer) : answer.json;
		this.note(documents.credentialResponse(json), name);
		this.issued = json?.credentials?.map((one) => one.credential) ?? [];
		this.notificationId = json?.notification_id;
		this.note(when(this.issued.length > this.copies, '', 'holds more credentials than keys'), name);
		for (const [i, credential] of this.issued.entries())
			this.note(await this.world.checkIssued(credential, keys[i], this.configuration), `credential ${i}`);
		this.note(this.world.checkBatch(this.issued), 'batch');
		return answer;
	}

	async #open(answer) {
		const { plaintext, protectedHeader } = await jose.compactDecrypt(answer.text.trim(), this.responseKey.secret);
		this.note(when(Boolean(protectedHeader.zip) !== Boolean(this.zip), 'zip', 'is not as it was asked', 'W'), 'credential response');
		return JSON.parse(Buffer.from(plaintext).toString('utf8'));
	}

	async deferred(transactionId) {
		const draft = this.resource(this.world.metadata.deferred_credential_endpoint, { transaction_id: transactionId });
		return this.received(await this.transmit('deferred', draft), 'deferred response');
	}

	async notification(event = 'credential_accepted') {
		const draft = this.resource(this.world.metadata.notification_endpoint, { notification_id: this.notificationId, event });
		const answer = await this.transmit('notification', draft);
		answer.fine = answer.status === 204;
		return answer;
	}
}
