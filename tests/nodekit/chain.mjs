/* X.509 by node: certificate chains as JOSE and COSE messages carry them. */
import { X509Certificate } from 'node:crypto';

/*
 * The leaf of a chain (DER, leaf first, anchor excluded) that leads to the anchor; every link and every date is
 * checked. RFC 5280 section 6.1, as far as node goes: no extensions but basicConstraints.
 */
export function leafUnder(anchorPem, ders) {
	const anchor = new X509Certificate(anchorPem);
	const chain = [...ders.map((der) => new X509Certificate(der)), anchor];
	const now = Date.now();
	chain.forEach((certificate, i) => {
		const issuer = chain[Math.min(i + 1, chain.length - 1)];
		if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey) || !issuer.ca)
			throw new Error(`certificate ${i} is not issued by the next`);
		if (Date.parse(certificate.validFrom) > now || Date.parse(certificate.validTo) < now)
			throw new Error(`certificate ${i} is not valid now`);
		if (i < chain.length - 1 && certificate.raw.equals(anchor.raw))
			throw new Error('the anchor is in the chain');
	});
	return chain[0];
}

/* The key identifier in the authorityKeyIdentifier extension (RFC 5280 section 4.2.1.1); node does not show it. */
export function authorityKeyId(der) {
	const at = Buffer.from(der).indexOf(Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x23]));
	const begin = at < 0 ? -1 : Buffer.from(der).indexOf(0x80, at + 5);
	return begin < 0 ? undefined : Buffer.from(der).subarray(begin + 2, begin + 2 + der[begin + 1]);
}
