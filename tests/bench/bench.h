/*
 * bench: how fast, as ratios to a limit measured in the same run.
 *
 * Ours and the limit are measured in turns (limit, ours, limit, ours, limit), so that a machine that
 * drifts drifts under both; what is printed are medians. CPU time is the steadier unit where other
 * programs share the cores. A row whose limit moved by more than a tenth between its first and its
 * last round says void. Nothing here fails because it was slow.
 *
 * Enter at  bench_row(); one bench_<part>() per part of the table
 */
#ifndef IDR_TESTS_BENCH_H
#define IDR_TESTS_BENCH_H

#include <sys/types.h>

#include "base/arena.h"

enum { BENCH_ROUNDS_MAX = 15 };

/* What the command line says, for all parts. */
struct bench_options {
	const char *server;    /* http://127.0.0.1:port */
	const char *people;    /* file: the row key of a person a line */
	const char *party;     /* key of a relying party */
	const char *card;      /* text of a paper QR */
	const char *admin;     /* http://127.0.0.1:port */
	const char *officer;   /* an officer's token */
	const char *delay;     /* file of preload/slow_fsync.c */
	const char *shared;    /* directory that the server's user may enter */
	const char *keys;      /* directory with the keys of the rail */
	const char *person;    /* row key of one */
	const char *bin, *work; /* programs; what this run made */
	const char *db;        /* connection string of the server's database */
	pid_t pid;             /* of idsrv */
	int rounds;
	double seconds;        /* of one round of load */
};

/* ---- the table ---- */

enum bench_sense {
	BENCH_RATE,            /* per second: ours / limit, at least */
	BENCH_TIME,            /* microseconds: limit / ours, at least */
	BENCH_COST,            /* ours / limit, at most */
};

/* One goal. limit[i] was measured before ours[i], limit[n] at the end. */
struct bench_goal {
	const char *name, *unit;
	enum bench_sense sense;
	double accept, stretch; /* both 0: told for comparison, no goal */
	int n;
	double ours[BENCH_ROUNDS_MAX], limit[BENCH_ROUNDS_MAX + 1];
};

/* Opens the file IDBENCH_ROWS names, if any: later we may have become a user who cannot. */
void bench_rows_open(void);
void bench_title(const char *text);
/* Measures ours and limit in turns, each as CPU time of one call, and prints the row. */
void bench_pair(const struct bench_options *o, struct bench_goal *g, void (*ours)(void *),
    void (*limit)(void *), void *ctx);
/* Prints the row; and adds it to the file, tab separated. */
void bench_row(const struct bench_goal *g);
/* A figure without a limit to compare it with; at_most < 0 when none is asked for either. */
void bench_told(const char *name, double ours, const char *unit, double at_most);
/* A line below a row: figures that explain it. */
void bench_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

double bench_median(const double *v, size_t n);
double bench_cpu_us(void);  /* of this thread */
double bench_wall_us(void);
void bench_die(const char *what, const struct idr_err *err) __attribute__((noreturn));
void bench_must(bool ok, const struct idr_err *err);

/* ---- bare OpenSSL: the best way this machine knows to do the same operations ---- */

struct bench_bare;
struct bench_bare *bench_bare_new(void);
void bench_bare_free(struct bench_bare **b);
void bench_bare_sign(struct bench_bare *b);
void bench_bare_verify(struct bench_bare *b);       /* cached key and context */
void bench_bare_verify_fresh(struct bench_bare *b); /* key from its point each time */
void bench_bare_agree(struct bench_bare *b);        /* ECDH, the peer from its point each time */

/* root: a certificate that was read before */
void *bench_bare_root(struct idr_bytes der);
void bench_bare_root_free(void *root);
void bench_bare_certificate(struct idr_bytes der, void *root);

/* What an endpoint cannot do without, on all cores at once. */
enum bench_work {
	BENCH_ISSUING,         /* proof (fresh verify), signature, our own output (verify) */
	BENCH_BOUND,           /* the same, and a DPoP proof (fresh verify) */
	BENCH_PRESENTED,       /* issuer, key binding (fresh): two verifies */
	BENCH_SEALED,          /* the same, and one ECDH */
	BENCH_PAPER,           /* issuer: one verify */
};
struct bench_speed {
	double rate;           /* per second */
	double cpu_us;         /* of one */
};
struct bench_speed bench_bare_all(enum bench_work work, double seconds);

/* ---- CPU a server has used, by part, in microseconds since its start ---- */

struct bench_cpu {
	double server, signer, postgres;
};
void bench_cpu_of(pid_t server, struct bench_cpu *out);
double bench_cpu_own_us(void); /* of this process: the load generator's */

/* The file of preload/slow_fsync.c: [0] delay in microseconds, [1] calls delayed so far. */
_Atomic uint32_t *bench_delay_open(const char *name);

/* ---- load over HTTP ---- */

struct bench_request {
	char *p;
	size_t n;
};

struct bench_load {
	const char *server;
	int connections;
	double seconds;
	int status;                            /* every answer must have it; 0: any 2xx */
	/* The next request of this connection, which may read the last answer; false: it has done its part. */
	bool (*next)(void *ctx, int connection, const char *body, size_t n, struct bench_request *out);
	void *ctx;
	/* out */
	long done, stalled;                    /* stalled: answers that took longer than bench_stall_us() */
	double rate, p50_us, p99_us, max_us;
	double body;                           /* bytes of an answer, mean */
};

/* 5 s; in a run about as short less, because it could not be seen. */
double bench_stall_us(const struct bench_load *l);
/* False when a connection broke or got a wrong answer; says so. */
bool bench_load_run(struct bench_load *l);

/* The caller frees p. token and type may be NULL. */
struct bench_request bench_request_make(const char *method, const char *path, const char *token,
    const char *type, struct idr_bytes body);

/* The same with whole header lines, each with its end. */
struct bench_request bench_request_with(const char *method, const char *path, const char *headers,
    struct idr_bytes body);

/* POST /v1/verify; nonce and audience NULL for what carries no key binding. */
struct bench_request bench_verify_request(const struct bench_options *o, struct idr_bytes input,
    const char *nonce, const char *audience);
/* Give the same request again and again: ctx is a struct bench_request. */
bool bench_same_again(void *ctx, int connection, const char *body, size_t n, struct bench_request *out);
/* One request at a time, from the answer's body; aborts the program when it is refused. */
struct idr_bytes bench_ask(const char *server, struct bench_request *r, struct idr_arena *a);

/* ---- wallets: each request with a fresh nonce, a fresh key and its proof ---- */

struct bench_wallet;
/* Gets itself an access token of every one of o->people. */
struct bench_wallet *bench_wallet_new(const struct bench_options *o, const char *configuration);
void bench_wallet_free(struct bench_wallet **w);
/* The same with access tokens bound to a key, which every request proves by DPoP; they live longer than the
 * five minutes of the others. */
struct bench_wallet *bench_wallet_bound(const struct bench_options *o, const char *configuration);
/* n credential requests made beforehand, so that what is measured is the server; then next() gives them. */
void bench_wallet_prepare(struct bench_wallet *w, size_t n);
bool bench_wallet_next(void *ctx, int connection, const char *body, size_t n, struct bench_request *out);
/* For a load without end: a nonce, then the credential, by turns on every connection. */
bool bench_wallet_walk(void *ctx, int connection, const char *body, size_t n, struct bench_request *out);
/* A credential bound to the key; lives as long as the wallet. */
struct idr_private;
struct idr_bytes bench_wallet_receive(struct bench_wallet *w, const struct idr_private *key);
/* An SD-JWT+KB of a credential received now, with three claims disclosed; lives as long as the wallet. */
struct idr_bytes bench_wallet_present(struct bench_wallet *w, const char *nonce, const char *audience);

/* ---- revocation over HTTP ---- */

struct bench_revoke;
struct bench_revoke *bench_revoke_new(const struct bench_options *o);
void bench_revoke_free(struct bench_revoke **r);
/* Microseconds from the officer's request until the list with the change is in our hands. */
double bench_revoke_once(struct bench_revoke *r);
/* Compressing the same list and one signature. */
double bench_revoke_parts(struct bench_revoke *r);

/* ---- the parts; false when something could not be measured or an answer was wrong ---- */

bool bench_suite(const struct bench_options *o);
bool bench_core(const struct bench_options *o);
bool bench_endpoints(const struct bench_options *o);
/* One round of load and nothing measured: for a profiler. */
bool bench_load_issue(const struct bench_options *o);
bool bench_load_verify(const struct bench_options *o);
bool bench_durable(const struct bench_options *o);
bool bench_publish(const struct bench_options *o);
bool bench_registry(const struct bench_options *o);
bool bench_spawn(const struct bench_options *o);
bool bench_many(const struct bench_options *o);
bool bench_long(const struct bench_options *o);

#endif
