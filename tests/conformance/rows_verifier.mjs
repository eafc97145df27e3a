/* OpenID Foundation's verifier plan (oid4vp-1final-verifier-*), under its own names; what it leaves is in rows_verifier_gaps.mjs. */
import { random } from './jwt.mjs';
import { alterSignature } from './sdjwt.mjs';

const NAME = 'oid4vp-1final-verifier-';
const YEAR = 365 * 86400, SD_JWT = ['dc+sd-jwt'], MDOC = ['mso_mdoc'];
export const presenting = (world) => `presenting ${world.format}`;

/* Answers a request and judges what the relying party gets to see. */
export async function answered(t, options, asking) {
	const it = t.presentation(options);
	await it.opened(asking);
	return [it, await it.answer()];
}

export async function accepts(t, options, asking) {
	const [it, answer] = await answered(t, options, asking);
	t.expect(answer, 200);
	if (!answer.fine)
		t.fault(`the relying party was told ${(await it.result({ wait: 0 })).json?.code}`);
	return it;
}

/* The wallet gets a 400 that explains nothing; the relying party gets `code`. */
export async function rejects(t, options, { status = 400, code, state = 'rejected' }) {
	const [it, answer] = await answered(t, options);
	t.expect(answer, status);
	if (!code || answer.fine)
		return;
	const { json } = await it.result({ wait: 0 });
	t.truth(json?.state === state && [].concat(code).includes(json.code),
		`the relying party was told ${json?.state} ${json?.code}; ${state} ${[].concat(code).join(' or ')} is right`);
}

export const positive = (name, options, more = {}) => ({ name, needs: [presenting], play: (t) => accepts(t, options), ...more });
export const negative = (name, change, code, more = {}) => ({ name, needs: [presenting], refuses: true,
	play: (t) => rejects(t, { change, ...more.options }, { code, ...more.expect }), ...more });

const kb = (change) => ({ proof: (d) => change(d.kb, d) });

async function posted(t) {
	const walletNonce = random(24);
	await accepts(t, { creating: { request_uri_method: 'post' } }, { walletNonce });
}

async function fetchedTwice(t) {
	const it = t.presentation();
	await it.opened();
	const first = JSON.stringify(it.object);
	await it.must('request');
	t.truth(JSON.stringify(it.object) === first, 'the second request object is another');
	t.expect(await it.answer(), 200);
}

export const verifierRows = [
	/* proves: HAIP 3a, HAIP 5a, HAIP 5b, HAIP 5c, HAIP 5e, HAIP 5f, HAIP 5.1a, HAIP 5.1c, HAIP 5.3.1a, HAIP 5.3.2a, HAIP 6.1a, HAIP 7b, HAIP 8a */
	/* proves: VP 5a, VP 5.2c, VP 5.9.3g, VP 5.10.1a */
	positive(`${NAME}happy-flow`),
	positive(`${NAME}minimal-cnf-jwk`, { change: { credential: (d) => {
		const { kty, crv, x, y } = d.payload.cnf.jwk;
		d.payload.cnf.jwk = { kty, crv, x, y };
	} } }, { formats: SD_JWT }),
	/* proves: VP 5.10b */
	{ name: `${NAME}request-uri-method-post`, needs: [presenting, 'request_uri_method=post'], play: posted },
	{ name: `${NAME}request-uri-fetched-twice`, needs: [presenting], play: fetchedTwice },
	/* proves: VP B.2.6.1d */
	negative(`${NAME}invalid-session-transcript`, { proof: (d) => { d.handover.nonce = random(); } }, 'device_signature', { formats: MDOC }),
	negative(`${NAME}invalid-kb-jwt-signature`, kb((d) => { d.corrupt = true; }), 'kb_signature', { formats: SD_JWT }),
	/* proves: VP 8.6a */
	/* proves: SDJWT 7.1b */
	negative(`${NAME}invalid-credential-signature`, { proof: (d) => { d.jwt = alterSignature(d.jwt); } }, 'issuer_signature', { formats: SD_JWT }),
	/* proves: SDJWT 4.3.1a */
	negative(`${NAME}invalid-sd-hash`, kb((d) => { d.payload.sd_hash = random(); }), 'kb_sd_hash', { formats: SD_JWT }),
	/* proves: VP 14.1.2b, VP B.3.6b */
	negative(`${NAME}invalid-kb-jwt-nonce`, kb((d) => { d.payload.nonce = random(); }), 'kb_nonce', { formats: SD_JWT }),
	/* proves: VP 14.1.2b, VP B.3.6b */
	negative(`${NAME}invalid-kb-jwt-aud`, kb((d) => { d.payload.aud = 'https://other.example'; }), 'kb_aud', { formats: SD_JWT }),
	negative(`${NAME}kb-jwt-iat-in-past`, kb((d) => { d.payload.iat -= YEAR; }), 'kb_iat', { formats: SD_JWT }),
	negative(`${NAME}kb-jwt-iat-in-future`, kb((d) => { d.payload.iat += YEAR; }), 'kb_iat', { formats: SD_JWT }),
];
