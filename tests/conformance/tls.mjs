/* TLS of an endpoint, as the suite probes it: no version below 1.2, and with 1.2 four suites. Nothing where plain HTTP is spoken. */
import { connect } from 'node:tls';
import { when } from './shape.mjs';

const SUITES = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'];
const OTHERS = 'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-SHA256:AES128-GCM-SHA256:AES256-SHA';

/* What was agreed, or undefined. Old versions need OpenSSL's lowest security level to be tried at all. */
const handshake = (url, options) => new Promise((resolve) => {
	const { hostname, port } = new URL(url);
	const socket = connect({ host: hostname, port: Number(port) || 443, rejectUnauthorized: false, timeout: 5000, ...options }, () => {
		resolve({ version: socket.getProtocol(), suite: socket.getCipher().name });
		socket.destroy();
	});
	const none = () => {
		socket.destroy();
		resolve(undefined);
	};
	socket.on('error', none);
	socket.on('timeout', none);
});

export async function tlsFaults(url, profile) {
	if (!url.startsWith('https:'))
		return [];
	const old = await Promise.all(['TLSv1', 'TLSv1.1'].map((version) =>
		handshake(url, { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' })));
	const agreed = await handshake(url, {});
	const second = await handshake(url, { maxVersion: 'TLSv1.2' });
	const other = await handshake(url, { maxVersion: 'TLSv1.2', ciphers: OTHERS });
	return [
		...when(old.some(Boolean), url, 'speaks TLS 1.0 or 1.1'),
		...when(!agreed, url, 'speaks no TLS this client knows'), ...when(agreed && agreed.version !== 'TLSv1.3', url, 'does not prefer TLS 1.3', 'W'),
		...when(second && !SUITES.includes(second.suite), url, `agrees on ${second?.suite}`),
		...when(other, url, `accepts ${other?.suite} with TLS 1.2`, profile === 'haip' ? 'F' : 'W'),
	];
}
