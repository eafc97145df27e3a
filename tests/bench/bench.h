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
	const char *tokens;    /* file: an access token a line, of different people */
	const char *party;     /* key of a relying party */
	const char *card;      /* text of a paper QR */
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

void bench_title(const char *text);
/* Prints the row; with IDBENCH_ROWS set also appends it to that file, tab separated. */
void bench_row(const struct bench_goal *g);
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

/* What an endpoint cannot do without, on all cores at once. */
enum bench_work {
	BENCH_ISSUING,         /* proof (fresh verify), signature, our own output (verify) */
	BENCH_PRESENTED,       /* issuer, key binding (fresh): two verifies */
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

/* ---- load over HTTP ---- */

struct bench_request {
	char *p;
	size_t n;
};

struct bench_load {
	const char *server;
	int connections;
	double seconds;
	int status;                            /* every answer must have it */
	/* The next request of this connection, which may read the last answer; false: it has done its part. */
	bool (*next)(void *ctx, int connection, const char *body, size_t n, struct bench_request *out);
	void *ctx;
	/* out */
	long done, stalled;                    /* stalled: an answer took longer than 5 s */
	double rate, p50_us, p99_us, max_us;
};

/* False when a connection broke or got a wrong answer; says so. */
bool bench_load_run(struct bench_load *l);

/* The caller frees p. token and type may be NULL. */
struct bench_request bench_request_make(const char *method, const char *path, const char *token,
    const char *type, struct idr_bytes body);

/* Credential requests made beforehand, each with a fresh nonce, a fresh key and its proof. */
struct bench_prepared;
struct bench_prepared *bench_prepared_new(const struct bench_options *o, const char *configuration,
    size_t n);
void bench_prepared_free(struct bench_prepared **p);
bool bench_prepared_next(void *ctx, int connection, const char *body, size_t n,
    struct bench_request *out);

/* ---- the parts; false when something could not be measured or an answer was wrong ---- */

bool bench_core(const struct bench_options *o);
bool bench_endpoints(const struct bench_options *o);

#endif
