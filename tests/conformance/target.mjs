/*
 * Writes the target file of a server that `run` started: node target.mjs WORK PROFILE URL SCHEMA MORE
 * Claims are those of the first sample person, whom `rail` makes offers for.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [work, profile, url, schema, more] = process.argv.slice(2);
const json = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));
const key = (name) => join(work, 'keys', name);
const [person] = readFileSync(join(schema, 'samples/people.ndjson'), 'utf8').split('\n', 1).map(JSON.parse);
const pid = json(schema, 'types/pid/type.json');
const rail = (verb) => [join(import.meta.dirname, 'rail'), verb];
const stranger = (name) => ({ key: join(work, '..', 'strangers', `${name}.key`), chain: [join(work, '..', 'strangers', `${name}.pem`)] });

const claims = Object.fromEntries(pid.claims.map(({ name }) => [name, person.claims[name]]).filter(([, value]) => value !== undefined));
if (claims.picture)
	claims.picture = `data:image/webp;base64,${claims.picture}`;

/* OpenID4VCI 1.0 appendix A.2: the elements the type names, dates and pictures as ISO writes them. */
const DATES = ['date', 'partial-date'];
function elements({ mdoc: { elements: all }, claims: described }) {
	const namespaces = {};
	for (const { namespace, element, claim, form } of all) {
		const [name, ...path] = claim.split('.');
		const value = path.reduce((at, step) => at?.[step], person.claims[name]);
		const { type } = described.find((one) => one.name === name);
		if (value === undefined)
			continue;
		namespaces[namespace] ??= {};
		namespaces[namespace][element] = type === 'image' ? { bytes: value } : !DATES.includes(type) ? value
			: form === 'approximate-date' ? { birth_date: { full_date: value } } : { full_date: value };
	}
	return namespaces;
}

/* Who tests/demo/clients.sh registered, by profile, and who attests them. */
const provider = (name) => join(work, 'provider', name);
const attested = { client_id: 'https://wallet.example', redirect_uri: 'https://wallet.example/cb', auth: 'attest_jwt_client_auth' };
const wallets = {
	haip: [
		attested,
		{ client_id: 'https://second.example', redirect_uri: 'https://second.example/cb?dummy1=lorem&dummy2=ipsum', auth: 'attest_jwt_client_auth' },
	],
	plain: [
		{ client_id: 'plain-wallet', redirect_uri: 'https://plain.example/cb', auth: 'private_key_jwt', key: provider('plain.key'), kid: '1' },
		{ client_id: 'open-wallet', redirect_uri: 'example.open.wallet:/cb', auth: 'none' },
		attested,
	],
};
const pathOf = (claim) => {
	const { namespace, element } = pid.mdoc.elements.find((one) => one.claim === claim);
	return [namespace, element];
};

const signer = { key: key('issuer.key'), chain: [key('issuer.pem')] };
const { doctype } = pid.mdoc;
const commands = Object.fromEntries(['offer', 'last', 'status', 'decide'].map((verb) => [verb, rail(verb)]));
const environment = { PERSON: person.key, APPROVER: key('admin.token') };
for (const name of ['BIN', 'IDCTL_SERVER', 'IDCTL_ADMIN', 'IDCTL_TOKEN_FILE'])
	environment[name] = process.env[name];

console.log(JSON.stringify({
	profile, issuer: url, commands, environment, clients: wallets[profile],
	wallet_provider: { iss: 'https://provider.example', key: provider('attester.key'), chain: [provider('attester.pem')] },
	citizen: JSON.parse(readFileSync(join(work, 'citizen.json'), 'utf8')),
	anchors: { issuer: key('root.pem'), reader: key('root.pem'), status: key('root.pem') },
	verifier: { url: `${url}/v1/presentations`, key_file: join(work, 'party.key'), return_url: `${url}/back`,
		origin: 'https://bank.example' },
	...existsSync(join(work, '..', 'strangers')) && { strangers: { foreign: stranger('foreign'), selfsigned: stranger('selfsigned') } },
	...existsSync(join(schema, 'types/permit')) && { deferring: { 'dc+sd-jwt': 'permit.sdjwt', mso_mdoc: 'permit.mdoc' } },
	...existsSync(join(schema, 'types/vouched')) && { vouched: { 'dc+sd-jwt': 'vouched.sdjwt', mso_mdoc: 'vouched.mdoc' } },
	formats: {
		'dc+sd-jwt': { configuration: 'pid.sdjwt', iss: 'https://id.example', vct: pid.vct, claims, ask: ['full_name', 'birthdate'],
			secret: claims.birthdate, signer },
		mso_mdoc: { configuration: 'pid.mdoc', doctype, namespaces: elements(pid), ask: ['full_name', 'document_number'].map(pathOf),
			secret: claims.document_number, signer },
	},
	...JSON.parse(more),
}, null, '\t'));
