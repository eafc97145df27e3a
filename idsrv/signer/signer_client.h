/*
 * signer_client: asks the signer child for signatures.
 *
 * The child gets to-be-signed bytes with key and purpose, checks typ, type and validity against the
 * key's policy with the core's readers, hashes, signs, counts. It holds the keys; this process
 * never does. What has queued is sent as one batch; nothing waits to fill one.
 *
 * Standard  architecture.md section 1; security brief 4.2 step 7
 * Enter at  signer_start() (before any thread or socket), signer_submit()
 * Threads   signer_submit() from any thread; done() on the client's thread
 */
#ifndef IDSRV_SIGNER_SIGNER_CLIENT_H
#define IDSRV_SIGNER_SIGNER_CLIENT_H

#include "base/arena.h"
#include "rules/rules.h"

enum { SIGNER_ITEMS_MAX = 20, SIGNER_SIGNATURE = 96 };

/* What the bytes claim to be; the child checks that they are. */
enum signer_purpose {
	SIGNER_SDJWT,        /* JWS signing input, typ dc+sd-jwt (issuer key) */
	SIGNER_QR,           /* Sig_structure with claim 169 (issuer key) */
	SIGNER_STATUS_JWT,   /* typ statuslist+jwt (status key) */
	SIGNER_STATUS_CWT,
	SIGNER_REQUEST,      /* typ oauth-authz-req+jwt (reader key) */
	SIGNER_BUNDLE,       /* bundle key */
	SIGNER_METADATA,     /* typ openidvci-issuer-metadata+jwt (issuer key) */
	SIGNER_MDOC          /* Sig_structure over a mobile security object (issuer key) */
};
enum { SIGNER_PURPOSES = SIGNER_MDOC + 1 };

struct signer_job {
	enum signer_purpose purpose;
	struct idr_bytes item[SIGNER_ITEMS_MAX]; /* to-be-signed bytes */
	size_t n;
	/* out */
	uint8_t signature[SIGNER_ITEMS_MAX][SIGNER_SIGNATURE];
	size_t signature_len;
	bool ok;
	struct idr_err err;                      /* IDR_SIGNER, IDR_SIGNER_REFUSED, IDR_QUOTA */
	/* set by who submits */
	void (*done)(struct signer_job *job);
	void *owner;
	struct signer_job *next;
};

struct signer;

/* Fork the child: it opens the keys of conf->key_dir, drops rights, enters its sandbox. Returns in
 * the parent when the child said it can sign with every key. errors IDR_SIGNER with its words */
IDR_MUST bool signer_start(const struct conf *conf, struct signer **out, struct idr_err *err);
/* Start the client's thread; after privileges were dropped. */
IDR_MUST bool signer_connect(struct signer *s, struct idr_err *err);
IDR_MUST bool signer_submit(struct signer *s, struct signer_job *job, struct idr_err *err);
/* Submit and wait: for threads of their own (list publisher, health, bundle). */
IDR_MUST bool signer_sign_wait(struct signer *s, struct signer_job *job, struct idr_err *err);
bool signer_is_gone(struct signer *s); /* main thread only: it asks for the child's end */
/* Nothing will be signed any more: whoever is about to record an intent need not. */
bool signer_is_lost(const struct signer *s);
/* Which process, for tests and health. */
int signer_pid(const struct signer *s);
void signer_stop(struct signer **s);

/* Since the start, and what waits now. */
struct signer_counts {
	uint64_t signatures, batches;
	size_t waiting;
};
struct signer_counts signer_counts(struct signer *s);

#endif
