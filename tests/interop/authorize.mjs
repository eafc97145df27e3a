/* Where a wallet without authentication of its own sends the browser: a pushed request of its own. */
import { createHash, randomBytes } from 'node:crypto';
import { server } from './rail.mjs';

const client = { client_id: 'odd-wallet', redirect_uri: 'https://odd.example/cb' };
const random = () => randomBytes(32).toString('base64url');

export async function authorizationUrl(our = server, more = {}) {
	const answer = await fetch(`${our}/par`, {
		method: 'POST', body: new URLSearchParams({
			...client, response_type: 'code', scope: 'pid.sdjwt', state: random(), code_challenge_method: 'S256',
			code_challenge: createHash('sha256').update(random()).digest('base64url'), ...more,
		}),
	});
	if (answer.status !== 201)
		throw new Error(`/par: ${answer.status} ${await answer.text()}`);
	const { request_uri } = await answer.json();
	return `${our}/authorize?${new URLSearchParams({ client_id: client.client_id, request_uri })}`;
}
