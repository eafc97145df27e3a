/*
 * err: what could not be done, once and for all.
 *
 * Every code is one line of err.def: a stable number-free name that never changes meaning, its
 * kind, one sentence, and what the reader of it can do next. docs/codes.md is made from it.
 *
 * Enter at  idr_fail()
 * Threads   a struct idr_err belongs to its caller
 */
#ifndef IDR_BASE_ERR_H
#define IDR_BASE_ERR_H

#include "base/bytes.h"

/* What sort of failure a code is; the HTTP status and the exit code follow from it. */
enum idr_kind {
	IDR_KIND_OK,
	IDR_KIND_INPUT,       /* the caller sent something malformed: 4xx, try again differently */
	IDR_KIND_REFUSED,     /* well formed and refused: 4xx, or a check that failed */
	IDR_KIND_UNDECIDED,   /* a check that could not be concluded: status unknown, clock */
	IDR_KIND_UNAVAILABLE, /* something we need is away: 503 with Retry-After */
	IDR_KIND_INTERNAL     /* our fault: 500, detail for the log only */
};

enum idr_code {
#define X(NAME, name, KIND, sentence, next) IDR_##NAME,
#include "base/err.def"
#undef X
	IDR_CODE_COUNT
};

struct idr_err {
	enum idr_code code;
	const char *ref; /* clause broken, e.g. "RFC 9901 section 7.1"; static text or NULL */
	const char *at;  /* file:line of the refusal, for logs only */
	char msg[200];   /* one sentence; may name claims, never carries their values */
};

/* "issuer_signature" and so on; the published name. */
const char *idr_code_name(enum idr_code code);
enum idr_kind idr_code_kind(enum idr_code code);
/* What is wrong, and what to do next, as published sentences in English. */
const char *idr_code_sentence(enum idr_code code);
const char *idr_code_next(enum idr_code code);
/* The code with this published name, or IDR_CODE_COUNT. */
enum idr_code idr_code_find(struct idr_bytes name);

bool idr_fail_at(struct idr_err *err, const char *at, enum idr_code code, const char *ref,
    const char *fmt, ...) IDR_PRINTF(5, 6);

#define IDR_STR2(x) #x
#define IDR_STR(x) IDR_STR2(x)
#define IDR_AT __FILE__ ":" IDR_STR(__LINE__)

/*
 * Fill err and give false, so that a refusal is one line:
 *	return idr_fail(err, IDR_TYP, "RFC 9901 section 4.1", "typ is not dc+sd-jwt");
 */
#define idr_fail(err, code, ref, ...) idr_fail_at((err), IDR_AT, (code), (ref), __VA_ARGS__)

#endif
