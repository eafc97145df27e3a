/*
 * An mdoc wallet, verifier and issuer made of the OpenWallet Foundation's @owf/mdoc: CBOR, COSE and ISO/IEC 18013-5
 * are theirs. What they leave to their user is keys, hashes and certificates; those are node's.
 */
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify, X509Certificate } from 'node:crypto';
import { CoseKey, DeviceRequest, DocRequest, Holder, IssuerSigned, ItemsRequest, SessionTranscript } from '@owf/mdoc';
import * as jose from 'jose';
import { keyFile } from './rail.mjs';
import { secretOf, trustedLeaf } from './wallet.mjs';

const RAW = 'ieee-p1363';
const never = () => { throw new Error('no MAC without a reader near by'); };
const base64 = (der) => Buffer.from(der).toString('base64');

export const context = {
	crypto: {
		random: (n) => new Uint8Array(randomBytes(n)),
		digest: ({ digestAlgorithm, bytes }) =>
			new Uint8Array(createHash(digestAlgorithm.replace('-', '')).update(bytes).digest()),
		calculateEphemeralMacKey: never,
	},
	cose: {
		sign1: {
			sign: ({ toBeSigned, key }) => new Uint8Array(sign('sha256', toBeSigned,
				{ key: createPrivateKey({ key: key.jwk, format: 'jwk' }), dsaEncoding: RAW })),
			verify: ({ sign1, key }) => verify('sha256', sign1.toBeSigned,
				{ key: createPublicKey({ key: key.jwk, format: 'jwk' }), dsaEncoding: RAW }, sign1.signature),
		},
		mac0: { sign: never, verify: never },
	},
	x509: {
		getIssuerNameField: ({ certificate, field }) => new X509Certificate(certificate).issuer.split('\n')
			.filter((line) => line.startsWith(`${field}=`)).map((line) => line.slice(field.length + 1)),
		getPublicKey: ({ certificate }) =>
			CoseKey.fromJwk(new X509Certificate(certificate).publicKey.export({ format: 'jwk' })),
		verifyCertificateChain: ({ x5chain }) => { trustedLeaf(x5chain.map(base64)); },
		getCertificateData: ({ certificate }) => {
			const x = new X509Certificate(certificate);
			return {
				issuerName: x.issuer, subjectName: x.subject, serialNumber: x.serialNumber, thumbprint: x.fingerprint256,
				notBefore: new Date(x.validFrom), notAfter: new Date(x.validTo), pem: x.toString(),
			};
		},
	},
};

export const root = () => new Uint8Array(new X509Certificate(keyFile('root.pem')).raw);

/* Every check of the library; its callback throws at the first that fails. */
export async function readIssued(credential) {
	await Holder.verifyIssuerSigned({ issuerSigned: credential, trustedCertificates: [root()] }, context);
	return IssuerSigned.fromEncodedForOid4Vci(credential);
}

/* OpenID4VP 1.0 appendices B.2.6.1 and, with an origin, B.2.6.2, as the library computes it from the request. */
export async function transcriptOf({ authorizationRequestPayload: request }, more = {}, origin = undefined) {
	const [key] = request.client_metadata.jwks?.keys ?? [];
	const thumbprint = key && jose.base64url.decode(await jose.calculateJwkThumbprint(key));
	if (origin)
		return SessionTranscript.forOid4VpDcApi({ origin, nonce: request.nonce, jwkThumbprint: thumbprint, ...more }, context);
	return SessionTranscript.forOid4Vp({
		clientId: request.client_id, nonce: request.nonce, responseUri: request.response_uri,
		jwkThumbprint: thumbprint, ...more,
	}, context);
}

/* A DeviceResponse with what the query asks for, or with `elements`: {namespace: [name]}. */
export async function present(credential, holder, query, sessionTranscript, elements) {
	const asked = elements ?? query.claims.map(({ path }) => path).reduce((all, [space, name]) =>
		({ ...all, [space]: [...all[space] ?? [], name] }), {});
	const namespaces = Object.fromEntries(Object.entries(asked)
		.map(([space, names]) => [space, Object.fromEntries(names.map((name) => [name, true]))]));
	const response = await Holder.createDeviceResponseForDeviceRequest({
		deviceRequest: DeviceRequest.create({ docRequests: [DocRequest.create({
			itemsRequest: ItemsRequest.create({ docType: query.meta.doctype_value, namespaces }),
		})] }),
		issuerSigned: [IssuerSigned.fromEncodedForOid4Vci(credential)], sessionTranscript,
		signature: { signingKey: CoseKey.fromJwk({ ...await secretOf(holder.publicJwk), alg: 'ES256' }) },
	}, context);
	return Buffer.from(response.encode()).toString('base64url');
}
