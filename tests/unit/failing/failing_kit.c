#include "failing_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <zlib.h>

enum what { OUR_MEMORY, IN_ARENA, OPENSSL_MEMORY, CALLS, KINDS };
static const char *const what_name[KINDS] = { "our memory", "an arena", "OpenSSL's memory", "a call" };

enum { LARGER_THAN_A_BLOCK = 2 << 20 };

static struct {
	bool armed, ongoing;   /* ongoing: all from there on */
	bool no_malloc;
	enum what what;
	unsigned seen, at;     /* at 0: only count */
	unsigned failed;
} f;

static bool fails(enum what what)
{
	if (!f.armed || f.what != what)
		return false;
	f.seen++;
	if (!f.at || (f.ongoing ? f.seen < f.at : f.seen != f.at))
		return false;
	f.failed++;
	return true;
}

/* ---- memory ---- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
	return f.no_malloc || fails(OUR_MEMORY) ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails(OUR_MEMORY) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails(OUR_MEMORY) ? NULL : __real_realloc(p, n);
}

static void *openssl_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails(OPENSSL_MEMORY) ? NULL : __real_malloc(n);
}

static void *openssl_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails(OPENSSL_MEMORY) ? NULL : __real_realloc(p, n);
}

static void openssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* Before OpenSSL takes its first byte. */
__attribute__((constructor)) static void take_over(void)
{
	if (!CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free))
		abort();
}

/*
 * An arena asks for memory now and then only. So that each request to it meets want of memory, a chosen
 * one is made so large that a new block is needed, and that one is not given.
 */
void *__real_idr_arena_alloc(struct idr_arena *a, size_t n, struct idr_err *err);
void *__real_idr_arena_room(struct idr_arena *a, size_t n, struct idr_err *err);
void *__real_idr_arena_array(struct idr_arena *a, size_t count, size_t size, struct idr_err *err);
bool __real_idr_arena_copy(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out, struct idr_err *err);
void *__wrap_idr_arena_alloc(struct idr_arena *a, size_t n, struct idr_err *err);
void *__wrap_idr_arena_room(struct idr_arena *a, size_t n, struct idr_err *err);
void *__wrap_idr_arena_array(struct idr_arena *a, size_t count, size_t size, struct idr_err *err);
bool __wrap_idr_arena_copy(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out, struct idr_err *err);

static bool arena_fails(struct idr_arena *a, struct idr_err *err)
{
	if (!fails(IN_ARENA))
		return false;
	f.no_malloc = true;
	assert_null(__real_idr_arena_alloc(a, LARGER_THAN_A_BLOCK, err));
	f.no_malloc = false;
	return true;
}

void *__wrap_idr_arena_alloc(struct idr_arena *a, size_t n, struct idr_err *err)
{
	return arena_fails(a, err) ? NULL : __real_idr_arena_alloc(a, n, err);
}

void *__wrap_idr_arena_room(struct idr_arena *a, size_t n, struct idr_err *err)
{
	return arena_fails(a, err) ? NULL : __real_idr_arena_room(a, n, err);
}

void *__wrap_idr_arena_array(struct idr_arena *a, size_t count, size_t size, struct idr_err *err)
{
	return arena_fails(a, err) ? NULL : __real_idr_arena_array(a, count, size, err);
}

bool __wrap_idr_arena_copy(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out, struct idr_err *err)
{
	return arena_fails(a, err) ? false : __real_idr_arena_copy(a, in, out, err);
}

/* ---- calls: pointers become NULL, numbers what the manual names for an error ---- */

static bool call_fails(void)
{
	if (!fails(CALLS))
		return false;
	ERR_raise(ERR_LIB_EVP, ERR_R_INTERNAL_ERROR);
	return true;
}

#define WRAP(type, name, bad, params, ...) \
	type __real_##name params; \
	type __wrap_##name params; \
	type __wrap_##name params \
	{ \
		return call_fails() ? (bad) : __real_##name(__VA_ARGS__); \
	}

WRAP(EVP_PKEY *, EVP_PKEY_new, NULL, (void))
WRAP(int, EVP_PKEY_copy_parameters, 0, (EVP_PKEY *to, const EVP_PKEY *from), to, from)
WRAP(int, EVP_PKEY_set1_encoded_public_key, 0, (EVP_PKEY *k, const unsigned char *p, size_t n), k, p, n)
WRAP(EVP_PKEY *, EVP_PKEY_new_raw_public_key, NULL, (int t, ENGINE *e, const unsigned char *p, size_t n), t, e, p, n)
WRAP(EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_pkey, NULL, (OSSL_LIB_CTX *l, EVP_PKEY *k, const char *q), l, k, q)
WRAP(EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_name, NULL, (OSSL_LIB_CTX *l, const char *n, const char *q), l, n, q)
WRAP(int, EVP_PKEY_verify_init, 0, (EVP_PKEY_CTX *c), c)
WRAP(int, EVP_PKEY_verify, -1, (EVP_PKEY_CTX *c, const unsigned char *s, size_t sn, const unsigned char *t, size_t tn),
    c, s, sn, t, tn)
WRAP(int, EVP_PKEY_sign_init, 0, (EVP_PKEY_CTX *c), c)
WRAP(int, EVP_PKEY_sign, -1, (EVP_PKEY_CTX *c, unsigned char *s, size_t *sn, const unsigned char *t, size_t tn),
    c, s, sn, t, tn)
WRAP(int, EVP_DigestVerifyInit, 0, (EVP_MD_CTX *c, EVP_PKEY_CTX **p, const EVP_MD *m, ENGINE *e, EVP_PKEY *k),
    c, p, m, e, k)
WRAP(int, EVP_DigestVerify, -1, (EVP_MD_CTX *c, const unsigned char *s, size_t sn, const unsigned char *t, size_t tn),
    c, s, sn, t, tn)
WRAP(int, EVP_PKEY_fromdata_init, 0, (EVP_PKEY_CTX *c), c)
WRAP(int, EVP_PKEY_fromdata, 0, (EVP_PKEY_CTX *c, EVP_PKEY **k, int s, OSSL_PARAM *p), c, k, s, p)
WRAP(int, EVP_PKEY_derive_init, 0, (EVP_PKEY_CTX *c), c)
WRAP(int, EVP_PKEY_derive_set_peer_ex, 0, (EVP_PKEY_CTX *c, EVP_PKEY *k, int v), c, k, v)
WRAP(int, EVP_PKEY_derive, 0, (EVP_PKEY_CTX *c, unsigned char *p, size_t *n), c, p, n)
WRAP(EVP_CIPHER *, EVP_CIPHER_fetch, NULL, (OSSL_LIB_CTX *l, const char *n, const char *q), l, n, q)
WRAP(int, EVP_DecryptInit_ex2, 0, (EVP_CIPHER_CTX *c, const EVP_CIPHER *t, const unsigned char *k,
    const unsigned char *i, const OSSL_PARAM *p), c, t, k, i, p)
WRAP(int, EVP_DecryptUpdate, 0, (EVP_CIPHER_CTX *c, unsigned char *o, int *n, const unsigned char *i, int in),
    c, o, n, i, in)
WRAP(int, EVP_EncryptInit_ex2, 0, (EVP_CIPHER_CTX *c, const EVP_CIPHER *t, const unsigned char *k,
    const unsigned char *i, const OSSL_PARAM *p), c, t, k, i, p)
WRAP(int, EVP_EncryptUpdate, 0, (EVP_CIPHER_CTX *c, unsigned char *o, int *n, const unsigned char *i, int in),
    c, o, n, i, in)
WRAP(int, EVP_EncryptFinal_ex, 0, (EVP_CIPHER_CTX *c, unsigned char *o, int *n), c, o, n)
WRAP(int, EVP_CIPHER_CTX_ctrl, 0, (EVP_CIPHER_CTX *c, int t, int a, void *p), c, t, a, p)
WRAP(X509 *, d2i_X509, NULL, (X509 **x, const unsigned char **p, long n), x, p, n)
WRAP(int, X509_NAME_get0_der, 0, (const X509_NAME *x, const unsigned char **p, size_t *n), x, p, n)
WRAP(int, ASN1_STRING_to_UTF8, -1, (unsigned char **o, const ASN1_STRING *i), o, i)
WRAP(X509_STORE *, X509_STORE_new, NULL, (void))
WRAP(int, X509_STORE_add_cert, 0, (X509_STORE *s, X509 *x), s, x)
WRAP(X509_STORE_CTX *, X509_STORE_CTX_new, NULL, (void))
WRAP(int, X509_STORE_CTX_init, 0, (X509_STORE_CTX *c, X509_STORE *s, X509 *x, STACK_OF(X509) *u), c, s, x, u)
WRAP(int, X509_verify_cert, -1, (X509_STORE_CTX *c), c)
WRAP(int, inflateInit_, Z_MEM_ERROR, (z_streamp z, const char *v, int n), z, v, n)
WRAP(int, inflateInit2_, Z_MEM_ERROR, (z_streamp z, int w, const char *v, int n), z, w, v, n)
WRAP(int, deflateInit2_, Z_MEM_ERROR, (z_streamp z, int l, int m, int w, int k, int s, const char *v, int n),
    z, l, m, w, k, s, v, n)

/* ---- trying ---- */

struct outcome {
	bool ran;
	struct idr_err err;
};

/* What a suite keeps was not spoilt by what failed. */
static void recovers(struct kit *k, struct idr_suite *s, failing_work *work, void *ctx)
{
	struct idr_arena *a = idr_arena_new(KIT_MEMORY);
	struct idr_err err;

	assert_true(a != NULL);
	if (!work(k, s, a, ctx, &err))
		fail_msg("after %s failed the same suite says %s: %s (%s)", what_name[f.what], idr_code_name(err.code),
		    err.msg, err.at);
	idr_arena_free(&a);
}

static struct outcome once(struct kit *k, failing_work *work, void *ctx, enum what what, unsigned at, bool ongoing)
{
	struct idr_suite *s = idr_suite_new();
	struct idr_arena *a = idr_arena_new(KIT_MEMORY);
	struct outcome o = { .err = { .code = IDR_OK } };

	assert_true(s && a);
	f.what = what;
	f.at = at;
	f.ongoing = ongoing;
	f.seen = f.failed = 0;
	f.armed = true;
	o.ran = work(k, s, a, ctx, &o.err);
	f.armed = false;
	ERR_clear_error();
	if (f.failed)
		recovers(k, s, work, ctx);
	idr_arena_free(&a);
	idr_suite_free(&s);
	return o;
}

static bool is_our_fault(enum idr_code code)
{
	return idr_code_kind(code) == IDR_KIND_UNAVAILABLE || idr_code_kind(code) == IDR_KIND_INTERNAL;
}

/*
 * OpenSSL asks thousands of times for one certificate: the first places one by one, then a few of each
 * hundred. FAILING_ALL=1 in the environment tries every one.
 */
static unsigned next(enum what what, unsigned n)
{
	return what != OPENSSL_MEMORY || n < 50 || getenv("FAILING_ALL") ? n + 1 : n + 41;
}

/* Each n, until the work ends before it comes to n. Gives the number of runs that did without. */
static unsigned try_all(struct kit *k, const char *name, failing_work *work, void *ctx, enum what what,
    bool ongoing, unsigned *runs)
{
	unsigned did_without = 0;

	for (unsigned n = 1;; n = next(what, n)) {
		struct outcome o = once(k, work, ctx, what, n, ongoing);

		if (!f.failed)
			break;
		++*runs;
		if (!o.ran && !is_our_fault(o.err.code))
			fail_msg("%s: %s %u%s failed and it said %s: %s (%s)", name, what_name[what], n,
			    ongoing ? " and on" : "", idr_code_name(o.err.code), o.err.msg, o.err.at);
		did_without += o.ran;
	}
	return did_without;
}

void failing_try(struct kit *k, const char *name, failing_work *work, void *ctx)
{
	struct outcome o = once(k, work, ctx, KINDS, 0, false);

	if (!o.ran)
		fail_msg("%s: %s: %s (%s)", name, idr_code_name(o.err.code), o.err.msg, o.err.at);
	for (int what = 0; what < KINDS; what++) {
		unsigned runs = 0, did_without = try_all(k, name, work, ctx, (enum what)what, false, &runs);

		did_without += try_all(k, name, work, ctx, (enum what)what, true, &runs);
		print_message("%s: %s failed in %u runs, %u did without\n", name, what_name[what], runs, did_without);
		/* OpenSSL goes another way now and then, and comes to the same result */
		assert_true(what == OPENSSL_MEMORY || did_without <= runs / 4);
	}
}
