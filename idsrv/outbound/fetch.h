/*
 * fetch: all outbound HTTPS. Several transfers at once on the thread that owns it; none of them can
 * hold up another.
 *
 * What another side may do to us is bounded here: no redirect is followed, every address is looked at
 * when it is connected to (so a name that changes its address gains nothing), an answer is counted as it
 * comes and cut when it grows, and every transfer ends in time. No proxy of the environment is used.
 *
 * Standard  RFC 9110, RFC 6890 (special-purpose addresses)
 * Enter at  fetch_new(), fetch_start(), fetch_wait()
 * Threads   one owner; only fetch_wake() may be called from others
 */
#ifndef IDSRV_SYS_FETCH_H
#define IDSRV_SYS_FETCH_H

#include "base/buf.h"

enum { FETCH_HEADERS = 8, FETCH_URL_MAX = 512 };

struct fetch;

struct fetch_options {
	struct idr_bytes ca_pem;       /* anchors of servers; empty: the system's */
	const char *networks;          /* addresses that are allowed though they are not public: "10.1.0.0/16 ::1" */
	bool loopback_http;            /* demo: http:// to this machine */
	long timeout_s;                /* of one transfer, whole */
	size_t answer_max;             /* bytes of an answer; more ends the transfer */
	size_t at_once;
};

enum fetch_outcome {
	FETCH_ANSWERED,                /* status and retry_after_s count */
	FETCH_NO_CONNECTION,           /* name, address or connection */
	FETCH_FORBIDDEN,               /* the address is not public */
	FETCH_NOT_TRUSTED,             /* TLS: its certificate */
	FETCH_TOO_SLOW,
	FETCH_TOO_LARGE,
	FETCH_BROKEN                   /* anything else of HTTP */
};

/* One POST or GET. The caller's memory until it is given back by fetch_wait(). */
struct fetch_call {
	char url[FETCH_URL_MAX + 1];
	bool get;                          /* without a body */
	const char *header[FETCH_HEADERS]; /* "Name: value"; NULL ends them; copied */
	struct idr_bytes body;             /* must stay until then */
	struct idr_buf *answer;            /* where the answer's body goes; NULL: only its status is of interest */
	/* out */
	enum fetch_outcome outcome;
	long status;
	long retry_after_s;                /* 0: not said */
	/* its own */
	void *handle;
	struct fetch *fetch;
	size_t received;
	bool forbidden, too_large;
};

/* errors IDR_CONFIG (networks, anchors), IDR_MEMORY */
IDR_MUST bool fetch_new(const struct fetch_options *o, struct fetch **out, struct idr_err *err);
/* Transfers that still run are cut. */
void fetch_free(struct fetch **f);
/* May this be fetched at all, by its form? https, or http to the loopback where that is allowed. */
bool fetch_url_is_usable(struct idr_bytes url, bool loopback_http);
bool fetch_is_full(const struct fetch *f);
/* Start it. errors IDR_MEMORY, IDR_INVALID_FIELD (address of another form) */
IDR_MUST bool fetch_start(struct fetch *f, struct fetch_call *call, struct idr_err *err);
/* Let everything go on for up to wait_ms, or until one has ended; NULL: none has. */
struct fetch_call *fetch_wait(struct fetch *f, int wait_ms);
/*
 * One transfer, waited for on this thread: c->outcome says how it ended. errors as of fetch_new(),
 * fetch_start()
 */
IDR_MUST bool fetch_once(const struct fetch_options *o, struct fetch_call *c, struct idr_err *err);
/* End a fetch_wait() early. */
void fetch_wake(struct fetch *f);

#endif
