/*
 * The server under test as one combination of profile and format sees it: what the target file says, what the server
 * announces, and the people around it (clients, wallet provider, issuer the verifier trusts, relying party, citizen).
 */
import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import * as jose from 'jose';
import { authorityKeyId } from '../nodekit/chain.mjs';
import { ANNOUNCED } from './built.mjs';
import { Http } from './http.mjs';
import { CODE, Issuance, PRE } from './issuance.mjs';
import { newKey } from './jwt.mjs';
import * as mdoc from './mdoc.mjs';
import * as sdjwt from './sdjwt.mjs';
import { BrowserPresentation } from './browser_presentation.mjs';
import { Presentation } from './presentation.mjs';
import { when } from './shape.mjs';
import { issuedStatusFaults } from './status.mjs';

export const KINDS = { [sdjwt.FORMAT]: sdjwt, [mdoc.FORMAT]: mdoc };
const run = promisify(execFile);
const text = (file) => readFileSync(file, 'utf8');

/* A private key (PEM) and its certificates (PEM, leaf first) as JOSE and COSE want them. */
function signerOf({ key, chain }) {
	const secret = createPrivateKey(text(key));
	const { kty, crv, x, y } = createPublicKey(secret).export({ format: 'jwk' });
	const ders = chain.map((file) => new X509Certificate(text(file)).raw);
	return { key: { secret, jwk: { kty, crv, x, y } }, chain: ders, x5c: ders.map((der) => der.toString('base64')) };
}

/* RFC 8414 section 3.1: the name stands between host and path. */
export function wellKnown(identifier, name) {
	const { origin, pathname } = new URL(identifier);
	return `${origin}/.well-known/${name}${pathname === '/' ? '' : pathname}`;
}

function clientOf(one, provider) {
	return {
		id: one.client_id, redirectUri: one.redirect_uri, auth: one.auth ?? 'none', kid: one.kid,
		instance: newKey(), attester: provider && { ...signerOf(provider), iss: provider.iss },
		key: one.key && signerOf({ key: one.key, chain: [] }).key,
	};
}

export class World {
	constructor(target, format) {
		const { issuer, profile } = target;
		Object.assign(this, { target, format, issuer, profile, kind: KINDS[format], can: new Set(), anchors: {} });
		this.http = new Http({ ca: target.ca && text(target.ca) });
		for (const [name, file] of Object.entries(target.anchors ?? {}))
			this.anchors[name] = text(file);
		this.type = target.formats[format];
		this.signer = this.type?.signer && signerOf(this.type.signer);
		this.clients = (target.clients ?? [{}]).map((one) => clientOf(one, target.wallet_provider));
		this.keyAttester = target.wallet_provider && signerOf(target.wallet_provider);
		this.strangers = Object.fromEntries(Object.entries(target.strangers ?? {}).map(([name, one]) => [name, signerOf(one)]));
		this.party = target.verifier && { ...target.verifier, key: text(target.verifier.key_file).trim() };
		this.lifetimes = target.lifetimes ?? {};
	}

	async open() {
		[this.metadata, this.as] = await Promise.all(['openid-credential-issuer', 'oauth-authorization-server']
			.map(async (name) => (await this.http.ask({ url: wellKnown(this.issuer, name), headers: [['Accept', 'application/json']] })).json ?? {}));
		this.configurations = this.metadata.credential_configurations_supported ?? {};
		this.configuration = Object.keys(this.configurations).find((id) => this.configurations[id].format === this.format &&
			[undefined, id].includes(this.type?.configuration));
		for (const [name, announced] of Object.entries(ANNOUNCED))
			if (announced(this))
				this.can.add(name === 'issuing' ? `issuing ${this.format}` : name);
		this.grant = this.profile === 'haip' || !this.can.has('pre-authorized code') ? CODE : PRE;
		for (const [name, there] of [['two clients', this.clients.length > 1], ['strangers', this.target.strangers], ['approval', this.target.deferring]])
			if (there)
				this.can.add(name);
		for (const client of this.clients)
			if (this.as.challenge_endpoint)
				client.challenge = (await this.http.ask({ method: 'POST', url: this.as.challenge_endpoint })).json?.attestation_challenge;
		if (this.metadata.nonce_endpoint && (await this.http.ask({ method: 'POST', url: this.metadata.nonce_endpoint })).headers['dpop-nonce'])
			this.can.add('dpop nonce');
		await this.#lookAtCredential();
		if (this.party)
			await this.#probeVerifier();
		return this;
	}

	/* What only a credential tells: has it a place on a status list? The harness's own credentials point there too. */
	async #lookAtCredential() {
		if (!this.can.has(`issuing ${this.format}`) || !this.can.has(this.grant === PRE ? 'pre-authorized code' : 'authorization code'))
			return;
		const it = new Issuance(this);
		try {
			await it.through('nonce');
			await it.must('credential');
			this.status = this.kind.statusOf(it.issued[0]);
		} catch (error) {
			this.trouble = error.message;
		}
		if (this.status)
			this.can.add('status list');
	}

	/* The suite's client 2, or the only one; one that a wallet provider attests. */
	get second() { return this.clients[1] ?? this.clients[0]; }
	get attested() { return this.clients.find((one) => one.auth === 'attest_jwt_client_auth'); }

	get anchorOfIssuer() { return new X509Certificate(this.anchors.issuer).raw.toString('base64'); }
	get signerAki() { return authorityKeyId(this.signer.chain[0]).toString('base64url'); }

	/* A verifier has no metadata: what it can ask for it says in a request object. */
	async #probeVerifier() {
		const probe = new Presentation(this, { creating: { request_uri_method: 'post' } });
		if (!this.type || !(await probe.create()).fine || !(await probe.request()).fine)
			return;
		if (probe.object.client_metadata?.vp_formats_supported?.[this.format])
			this.can.add(`presenting ${this.format}`);
		if (probe.method === 'post')
			this.can.add('request_uri_method=post');
		const data = new Presentation(this, { creating: { transaction_data: [this.transactionData()] } });
		if ((await data.create()).fine && (await data.request()).fine && data.object.transaction_data)
			this.can.add('transaction_data');
		if (this.party.origin && (await new BrowserPresentation(this).create()).fine)
			this.can.add('dc_api');
	}

	/* OpenID4VP 1.0 section 8.4: as the relying party hands it in and the wallet is shown it */
	transactionData(more = {}) {
		return { type: 'urn:example:payment', credential_ids: ['credential'], transaction_data_hashes_alg: ['sha-256'], amount: '10.00', ...more };
	}

	scopeOf(configuration) { return this.configurations[configuration]?.scope; }
	proofTypes = (configuration) => this.configurations[configuration]?.proof_types_supported;
	/* the configuration that asks for keys of certain levels */
	get vouched() { return this.target.vouched?.[this.format] ?? this.configuration; }
	keyAttestation = (configuration) => this.proofTypes(configuration)?.jwt?.key_attestations_required;

	/* A command of the target, which prints one JSON object. */
	async command(name, ...args) {
		const [program, ...fixed] = this.target.commands[name];
		const { stdout } = await run(program, [...fixed, ...args], { encoding: 'utf8', env: { ...process.env, ...this.target.environment } });
		return JSON.parse(stdout);
	}

	async makeOffer({ configuration, grant, txCode }) {
		const { link, tx_code: value } = await this.command('offer', configuration, grant === CODE ? CODE : 'pre-authorized_code', ...txCode ? ['tx_code'] : []);
		return { link, txCode: value };
	}

	/* Who logs in, and with what: always the same, or asked for each time where a code is good once. */
	citizen(configuration) { return this.target.citizen ?? this.command('citizen', configuration); }

	async checkIssued(credential, key, configuration) {
		const about = { configuration: this.configurations[configuration], profile: this.profile, anchor: this.anchors.issuer,
			keyOf: (kid) => this.keyOf(kid) };
		const faults = await this.kind.issuedFaults(credential, key, about);
		const place = this.kind.statusOf(credential);
		return [...faults, ...await this.typeFaults(about.configuration), ...place ? await issuedStatusFaults(this, place) : []];
	}

	/* SD-JWT VC: a vct that is an address leads to its type metadata */
	async typeFaults({ vct }) {
		if (!vct?.startsWith('https://'))
			return [];
		const { status, json } = await this.http.ask({ url: vct });
		return when(status !== 200 || json?.vct !== vct, 'vct', 'does not lead to its type metadata');
	}

	checkBatch(credentials) { return credentials.length > 1 ? this.kind.copiesFaults(credentials) : []; }

	async keyOf(kid) {
		const { keys = [] } = (await this.http.ask({ url: this.as.jwks_uri })).json ?? {};
		return jose.importJWK(keys.find((one) => one.kid === kid) ?? {}, 'ES256');
	}

	close() { this.http.close(); }
}
