/*
 * http_internal: one request as the HTTP room sees it. Shared by the files of this room only.
 *
 * Threads   struct http_call goes with the request; struct http_conn is the HTTP thread's, but for
 *           its atomic fields, which the sweep reads under the server's lock
 */
#ifndef IDSRV_HTTP_HTTP_INTERNAL_H
#define IDSRV_HTTP_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/http_path.h"
#include "http/http_server.h"
#include "http/http_strict.h"
#include "sys/limit.h"
#include "outbound/network.h"

struct idr_suite;

/* Open while their predecessors are being closed: conf.connections is kept by http_sweep.c. */
enum { HTTP_SPARE_CONNECTIONS = 64 };

/* What a connection is doing; the sweep cuts it when that takes too long. */
enum http_phase {
	PHASE_WAITING, /* between requests, or a request line that does not come */
	PHASE_READING, /* from the request line until the body is complete */
	PHASE_INSIDE,  /* the flow has it and answers in time by itself */
	PHASE_SENDING,
	PHASE_CUT
};

struct http_conn {
	struct http_conn *next, **back;
	int fd;
	atomic_int phase;
	_Atomic int64_t since_us;
	bool is_front, is_direct; /* a proxy that is believed; a client of its own */
	uint64_t address;         /* is_direct: whose (network_key) */
	struct idr_bytes target;  /* as received, from the request line; heap, until the next one */
};

struct http_call {
	struct http_request r;    /* first: a request is its call */
	struct http_server *server;
	struct http_conn *conn;
	struct MHD_Connection *mhd;
	struct http_field field[HTTP_HEADERS];
	size_t n_field;
	bool too_many;            /* more fields than there is room for */
	struct http_framing framing;
	struct idr_buf body;
	uint64_t received;        /* body bytes seen, kept or swallowed */
	bool head;
	bool close;               /* the connection cannot be used again */
	bool complete;            /* handed over or answered */
	int64_t replied_us;
	char allow[48];
};

struct http_server {
	struct http_server_options o;
	struct MHD_Daemon *daemon;
	struct idr_suite *suite;        /* HTTP thread only: request ids */
	uint8_t random[16 * 64];
	size_t random_used;
	struct http_listen listen;
	struct http_path base[2];       /* public: the paths of base_url and verifier_url */
	bool tls;
	char *tls_cert, *tls_key;
	struct limit *limit;            /* of addresses; NULL: none */
	struct network front[NETWORKS_MAX];
	size_t n_front;
	atomic_bool draining;
	atomic_int open_calls;          /* requests begun and not completed */
	pthread_mutex_t lock;           /* guards conns: no descriptor is closed while it is held */
	struct http_conn *conns;
	int64_t n_conns;
	pthread_t sweeper;
	bool sweeping;
	atomic_bool stop;
};

static inline struct http_call *http_call_of(const struct http_request *r)
{
	return r->private_http;
}

void http_phase(struct http_conn *c, enum http_phase p);
/* http_sweep.c: connections and how long they may take */
void http_conn_notify(void *cls, struct MHD_Connection *mhd, void **ctx,
    enum MHD_ConnectionNotificationCode what);
IDR_MUST bool http_sweep_start(struct http_server *s, struct idr_err *err);
void http_sweep_stop(struct http_server *s);
/* http_client.c: who asks, by address, and whether too often */
IDR_MUST bool http_client_start(struct http_server *s, struct idr_err *err);
void http_client_note(struct http_server *s, struct MHD_Connection *mhd, struct http_conn *c);
/* errors IDR_TOO_MANY_REQUESTS */
IDR_MUST bool http_client_admit(struct http_call *c, struct idr_err *err);
/* http_head.c: headers and framing, refused when not exactly what was sent */
IDR_MUST bool http_head_read(struct http_call *c, const char *method, const char *version,
    struct idr_err *err);
/* http_send.c: queue the reply that stands in the request */
enum MHD_Result http_send(struct http_call *c);

#endif
