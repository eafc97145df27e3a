/*
 * Would it be noticed? A harness that finds nothing wrong with anything says nothing. Here the server's answers are
 * altered on the way in, one thing at a time, and the row that is to notice it must fail and say so. And every refusal
 * is once turned into a success: each row that expects one must fail.
 */
import { Case } from './case.mjs';

const ISSUER = 'oid4vci-1_0-issuer-', VERIFIER = 'oid4vp-1final-verifier-';
const HAPPY = `${ISSUER}happy-flow`, MISSING = `${ISSUER}fail-missing-proof`, SHOWN = `${VERIFIER}happy-flow`;

/* ---- alterations ---- */

const edit = (change) => (answer) => {
	const { json } = answer;
	change(json);
	answer.body = Buffer.from(JSON.stringify(json));
};
const without = (header) => (answer) => { delete answer.headers[header]; };
const status = (value) => (answer) => { answer.status = value; };
const header = (name, value) => (answer) => { answer.headers[name] = value; };
const text = (change) => (answer) => { answer.body = Buffer.from(change(answer.text)); };

/* what an answer is, by its address and its members */
const at = (path) => ({ url }) => new URL(url).pathname.startsWith(path);
const holding = (member) => ({ json }) => json?.[member] !== undefined;
const refusal = ({ status: s, json }) => s >= 400 && json?.error !== undefined;
const jwtOf = (media) => (answer) => answer.status === 200 && answer.media === media;
const anything = () => true;

/* the last character but one of a signature is another */
const misSigned = (compact) => {
	const i = compact.indexOf('~') < 0 ? compact.length : compact.indexOf('~');
	const signed = compact.slice(0, i);
	return `${signed.slice(0, -4)}${signed.at(-4) === 'A' ? 'B' : 'A'}${signed.slice(-3)}${compact.slice(i)}`;
};
const bare = (credential) => `${credential.split('~')[0]}~`;
const firstCredential = (change) => edit((json) => { json.credentials[0].credential = change(json.credentials[0].credential); });

/* [what is wrong, the row that notices, which answers, how they are altered, what it says] */
const LIES = [
	['no Date', HAPPY, anything, without('date'), /no Date header/],
	['a refusal that is kept', MISSING, refusal, without('cache-control'), /without no-store/],
	['a refusal with a member of its own', MISSING, refusal, edit((json) => { json.x = 1; }), /unknown member x/],
	['a refusal that echoes a quote', MISSING, refusal, edit((json) => { json.error_description = 'a "b"'; }), /character it must not/],
	['another code', MISSING, refusal, edit((json) => { json.error = 'invalid_request'; }), /invalid_proof is right/],
	['a redirect at the token endpoint', HAPPY, holding('access_token'), status(302), /redirect from a back channel/],
	['metadata with a member of its own', `${ISSUER}metadata-test`, holding('credential_endpoint'), edit((json) => { json.x = 1; }), /x is not known here/],
	['metadata without proof types', `${ISSUER}metadata-test`, holding('credential_endpoint'),
		edit((json) => Object.values(json.credential_configurations_supported).forEach((one) => { delete one.proof_types_supported; })), /without proof types/],
	['metadata of another issuer', `${ISSUER}metadata-test`, holding('token_endpoint'), edit((json) => { json.issuer += '/'; }), /issuer is not/],
	['a private key in jwks', `${ISSUER}metadata-test`, holding('keys'), edit((json) => { json.keys[0].d = json.keys[0].x; }), /private member/],
	['a token that can be guessed', HAPPY, holding('access_token'), edit((json) => { json.access_token = 'aaaaaaaaaaaaaaaa'; }), /could be guessed/],
	['a token that is kept', HAPPY, holding('access_token'), without('cache-control'), /without no-store/],
	['a nonce with more beside it', HAPPY, holding('c_nonce'), edit((json) => { json.c_nonce_expires_in = 300; }), /c_nonce_expires_in is not known/],
	['a credential that is mis-signed', HAPPY, holding('credentials'), firstCredential(misSigned), /the signature|issuerAuth/],
	['credentials for each other\'s keys', `${ISSUER}batch-issuance`, holding('credentials'), edit((json) => json.credentials.reverse()), /is not the key of the proof/],
	['one credential twice', `${ISSUER}batch-issuance`, holding('credentials'), edit((json) => { json.credentials[1] = json.credentials[0]; }), /used twice|two copies/],
	['a credential without its disclosures', HAPPY, holding('credentials'), firstCredential(bare), /is mandatory and not there/],
	['copies that hold different things', `${ISSUER}batch-issuance`, holding('credentials'), firstCredential(bare), /do not hold the same/],
	['a notification answered with 200', HAPPY, ({ status: s }) => s === 204, status(200), /notification/],
	['a wrong method without Allow', 'endpoints refuse another method', ({ status: s }) => s === 405, without('allow'), /without Allow/],
	['a status list of another media type', HAPPY, jwtOf('application/statuslist+jwt'), header('content-type', 'application/jwt'), /the status list/],
	['a status list that is mis-signed', HAPPY, jwtOf('application/statuslist+jwt'), text(misSigned), /status list: the signature/],
	['a request object of another media type', SHOWN, jwtOf('application/oauth-authz-req+jwt'), header('content-type', 'application/jwt'), /comes as application\/jwt/],
	['a request object that is mis-signed', SHOWN, jwtOf('application/oauth-authz-req+jwt'), text(misSigned), /signature verification failed/],
	['a request object served again', SHOWN, jwtOf('application/oauth-authz-req+jwt'), null, /was used before|is not/],
	['an answer to the wallet that explains itself', SHOWN, at('/response'), edit((json) => { json.verified = true; }), /verified is not known/],
	['a good presentation refused', SHOWN, at('/response'), status(400), /200 is right/],
	['a request of a page that is mis-signed', 'browser request signed', holding('digital'), edit(({ digital: { requests: [one] } }) => {
		one.data.request = misSigned(one.data.request);
	}), /signature verification failed/],
	['a request of a page one of whose signatures is wrong', 'browser request signed more than once', holding('digital'),
		edit(({ digital: { requests: [{ data: { request: { signatures } } }] } }) => {
			signatures.at(-1).signature = misSigned(signatures.at(-1).signature);
		}), /signature verification failed/],
	['an unsigned request that says who asks', 'browser request unsigned', holding('digital'), edit(({ digital: { requests: [{ data }] } }) => {
		data.client_id = 'x';
	}), /client_id is not known here/],
	['a wrong answer of a page called verified', 'browser answer with another nonce', ({ url, json }) => url.endsWith('/dc-api') && json?.state === 'rejected',
		edit((json) => { json.state = 'verified'; }), /the answer was verified/],
	['a result for whoever asks', 'result does not open with a guessed response_code', ({ status: s }) => s === 403, status(200), /403 is right/],
];

/* Every answer of one kind is the first one that was seen. */
function again() {
	let first;
	return (answer) => {
		first ??= answer.body;
		answer.body = first;
	};
}

const yes = (answer) => {
	if (answer.status >= 400 && answer.status < 500)
		answer.status = 200;
};

/* The world with a server that lies. */
function lyingTo(world, which, change) {
	const lie = change ?? again();
	return Object.create(world, { http: { value: world.http.lyingWith((answer) => { if (which(answer)) lie(answer); }) } });
}

/* tell(name, fault or undefined) for each lie; `playable` says whether a row can be played in this world */
export async function tellLies(world, rows, playable, tell) {
	const named = new Map(rows.map((row) => [row.name, row]));
	for (const [what, name, which, change, says] of LIES) {
		const row = named.get(name);
		if (!row || !playable(row))
			continue;
		if (!change) /* something has to have been seen before */
			await new Case(world, row).run();
		const lying = lyingTo(world, which, change);
		if (!change)
			await new Case(lying, row).run();
		const faults = await new Case(lying, row).run();
		tell(`noticed: ${what}`, faults.some(([, said]) => says.test(said)) ? undefined : `${name} said ${faults.map(([, said]) => said).join('; ') || 'nothing'}`);
	}
	const silent = [];
	const refusals = rows.filter((row) => (row.stage || row.refuses) && playable(row));
	const lying = lyingTo(world, anything, yes);
	for (const row of refusals)
		if (!(await new Case(lying, row).run()).length)
			silent.push(row.name);
	tell(`noticed: a success in place of a refusal, by each of ${refusals.length} rows`, silent.length ? silent.join('; ') : undefined);
}
