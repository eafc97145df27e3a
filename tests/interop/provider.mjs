/*
 * A national sign-on: oidc-provider (certified by the OpenID Foundation) as a process of its own, with fresh keys. What it says can be
 * bent from outside, one fault at a time: POST /lie/KIND; the next ID token is then that one. Says "ready" when it answers.
 */
import { exportJWK, generateKeyPair, SignJWT, decodeJwt } from 'jose';
import { createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Provider } from 'oidc-provider';

const [port, callback, secret, keyed, keyFile] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

async function freshKey(kid) {
	const { privateKey } = await generateKeyPair('ES256', { extractable: true });
	return { ...await exportJWK(privateKey), kid, alg: 'ES256', use: 'sig' };
}

const key = await freshKey('sign-on-1');
const stranger = await freshKey('sign-on-1');
let lie = '';

const client = (redirect) => ({
	redirect_uris: [redirect], grant_types: ['authorization_code'], response_types: ['code'], id_token_signed_response_alg: 'ES256',
});

const provider = new Provider(issuer, {
	clients: [{
		...client(callback), client_id: 'idrail', client_secret: secret, token_endpoint_auth_method: 'client_secret_basic',
	}, {
		...client(keyed), client_id: 'idrail-keyed', token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256',
		jwks: { keys: [createPublicKey(readFileSync(keyFile)).export({ format: 'jwk' })] },
	}],
	jwks: { keys: [key] },
	cookies: { keys: [randomBytes(16).toString('hex')] },
	claims: { openid: ['sub'], number: ['national_number'] },
	conformIdTokenClaims: false,
	pkce: { required: () => true },
	features: { devInteractions: { enabled: true } },
	// whoever says who they are is believed: this one knows invented people only
	findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: `account-${id}`, national_number: id }) }),
	ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 300, Interaction: 300, Session: 300, Grant: 300 },
});

const sign = (claims, jwk = key) => new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: jwk.kid }).sign(jwk);
const seconds = () => Math.floor(Date.now() / 1000);
const b64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const lies = {
	nonce: (c) => sign({ ...c, nonce: 'of-another-login' }),
	'no-nonce': ({ nonce, ...c }) => sign(c),
	iss: (c) => sign({ ...c, iss: 'https://other.example' }),
	aud: (c) => sign({ ...c, aud: 'another-client' }),
	expired: (c) => sign({ ...c, iat: seconds() - 900, exp: seconds() - 600 }),
	key: (c) => sign(c, stranger),
	none: (c) => `${b64({ alg: 'none' })}.${b64(c)}.`,
	claim: ({ national_number, ...c }) => sign(c),
	hs256: (c) => new SignJWT(c).setProtectedHeader({ alg: 'HS256', kid: key.kid }).sign(Buffer.from(secret)),
};

provider.use(async (ctx, next) => {
	if (ctx.path.startsWith('/lie')) {
		lie = ctx.path.slice('/lie/'.length);
		ctx.status = 204;
		return;
	}
	if (lie === 'away' && (ctx.path === '/token' || ctx.path.startsWith('/.well-known'))) {
		ctx.status = 503;
		return;
	}
	await next();
	if (ctx.path === '/token' && ctx.body?.id_token && lies[lie])
		ctx.body = { ...ctx.body, id_token: await lies[lie](decodeJwt(ctx.body.id_token)) };
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
