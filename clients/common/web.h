/*
 * web: the HTTP client of the programs, on libcurl.
 *
 * No redirects, time-outs, a cap on what comes back (counted in the write callback: curl's own
 * limit does not stop chunked bodies), https or loopback http only unless told otherwise.
 */
#ifndef CLIENTS_COMMON_WEB_H
#define CLIENTS_COMMON_WEB_H

#include "base/buf.h"

enum { WEB_HEADERS = 12, WEB_BODY_MAX = 256 * 1024 * 1024 };

struct web_request {
	const char *method;               /* "GET", "POST", "PUT" */
	const char *url;
	const char *header[WEB_HEADERS];  /* "Name: value", up to the first NULL */
	struct idr_bytes body;            /* p == NULL: none */
	const char *content_type;         /* of the body */
	long timeout_s;                   /* 0: 30 */
	size_t body_max;                  /* of the answer; 0: WEB_BODY_MAX */
};

struct web_response {
	long status;
	struct idr_bytes body;
	const char *content_type;         /* without parameters, or "" */
	const char *dpop_nonce;           /* or NULL */
	const char *challenge;            /* OAuth-Client-Attestation-Challenge, or NULL */
	const char *authenticate;         /* WWW-Authenticate, or NULL */
	const char *etag;                 /* or NULL */
};

/* errors IDR_NETWORK (no answer), IDR_LIMIT. A status of 4xx or 5xx is an answer, not an error. */
IDR_MUST bool web_send(struct idr_arena *a, const struct web_request *q, struct web_response *out,
    struct idr_err *err);
/*
 * These bytes and no others, over a connection of their own to the host of `url` (TLS when it is
 * https): for requests that no HTTP client sends. The answer is what came until the other side closed,
 * was silent, or sent 256 KiB; empty when it closed without a word. errors IDR_NETWORK (no connection)
 */
IDR_MUST bool web_raw(struct idr_arena *a, const char *url, struct idr_bytes bytes,
    struct idr_bytes *answer, struct idr_err *err);
/*
 * Every TLS connection of these programs: 1.2 or newer, the names and chains of servers checked. The
 * environment may name, as files (PEM): IDRAIL_CA_FILE, the authorities to believe instead of the
 * system's; IDRAIL_CERT_FILE and IDRAIL_CERT_KEY_FILE, the certificate to show where one is asked for
 * (mutual TLS in front of the admin listener).
 */
void web_tls(void *curl);
/* http to this machine: http://127.0.0.1, http://localhost or http://[::1]. */
bool web_is_loopback(const char *url);
/* Turn a refusal of our API (problem+json) or of OAuth ({"error"}) into err; true for 2xx. */
IDR_MUST bool web_expect(struct idr_arena *a, const struct web_response *r, struct idr_err *err);

#endif
