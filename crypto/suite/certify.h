/*
 * certify: makes certificates and CRLs for idctl ca and tests. Part of libidr-issue.a.
 *
 * Standard  RFC 5280; profiles of the trust brief 3.2
 * Enter at  idr_certify(), idr_certify_crl()
 */
#ifndef IDR_SUITE_CERTIFY_H
#define IDR_SUITE_CERTIFY_H

#include "suite/sign.h"

enum idr_cert_profile {
	IDR_PROFILE_ROOT,            /* IACA: CA, pathlen 0, certSign + crlSign */
	IDR_PROFILE_DOCUMENT_SIGNER, /* EKU 1.0.18013.5.1.2 critical, digitalSignature */
	IDR_PROFILE_STATUS_SIGNER,   /* digitalSignature, no critical EKU */
	IDR_PROFILE_READER,          /* request-object signer: EKU 1.0.18013.5.1.6 critical */
	IDR_PROFILE_BUNDLE_SIGNER,   /* signs the offline bundle: an EKU of our own, critical */
	IDR_PROFILE_TLS              /* server certificate with DNS and IP names */
};

struct idr_certify {
	enum idr_cert_profile profile;
	const char *country;      /* "KH" */
	const char *organization; /* or NULL */
	const char *common_name;
	const char *url;          /* issuerAltName and CRL distribution point base, https://... */
	const char *dns[8];       /* subjectAltName: READER and TLS */
	size_t n_dns;
	const struct idr_key *subject_key;
	struct idr_bytes issuer_der; /* empty: self-signed with issuer_key */
	const struct idr_private *issuer_key;
	int64_t not_before;
	int64_t not_after;
};

/* A certificate as DER in the arena. errors IDR_CRYPTO, IDR_INVALID_FIELD (validity longer than
 * the profile allows) */
IDR_MUST bool idr_certify(struct idr_suite *s, struct idr_arena *a, const struct idr_certify *in,
    struct idr_bytes *der, struct idr_err *err);
/*
 * A CRL of the certificates that issuer_key signed: version 2, CRL number, AKI, revocation dates, no
 * reasons. An empty list is a CRL too. errors IDR_INVALID_FIELD, IDR_CRYPTO
 */
struct idr_revoked {
	struct idr_bytes serial;
	int64_t at;
};
IDR_MUST bool idr_certify_crl(struct idr_suite *s, struct idr_arena *a, struct idr_bytes issuer_der,
    const struct idr_private *issuer_key, const struct idr_revoked *revoked, size_t n, int64_t number,
    int64_t this_update, int64_t next_update, struct idr_bytes *der, struct idr_err *err);
/* PEM text of DER and DER (all certificates in order) of PEM text. */
IDR_MUST bool idr_cert_to_pem(struct idr_arena *a, struct idr_bytes der, struct idr_bytes *pem,
    struct idr_err *err);

#endif
