#include "bench.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

struct bench_bare {
	EVP_PKEY *key, *params;
	EVP_PKEY_CTX *sign, *verify;
	uint8_t digest[32], signature[80], point[65];
	size_t n_signature, n_point;
};

struct bench_bare *bench_bare_new(void)
{
	struct bench_bare *b = calloc(1, sizeof(*b));

	b->key = EVP_EC_gen("P-256");
	memset(b->digest, 0x5a, sizeof(b->digest));
	b->sign = EVP_PKEY_CTX_new(b->key, NULL);
	b->verify = EVP_PKEY_CTX_new(b->key, NULL);
	if (EVP_PKEY_sign_init(b->sign) <= 0 || EVP_PKEY_verify_init(b->verify) <= 0)
		abort();
	if (EVP_PKEY_get_octet_string_param(b->key, OSSL_PKEY_PARAM_PUB_KEY, b->point, sizeof(b->point),
	        &b->n_point) != 1)
		abort();
	b->params = EVP_PKEY_new();
	if (EVP_PKEY_copy_parameters(b->params, b->key) != 1)
		abort();
	bench_bare_sign(b);
	return b;
}

void bench_bare_free(struct bench_bare **b)
{
	EVP_PKEY_CTX_free((*b)->sign);
	EVP_PKEY_CTX_free((*b)->verify);
	EVP_PKEY_free((*b)->key);
	EVP_PKEY_free((*b)->params);
	free(*b);
	*b = NULL;
}

void bench_bare_sign(struct bench_bare *b)
{
	b->n_signature = sizeof(b->signature);
	if (EVP_PKEY_sign(b->sign, b->signature, &b->n_signature, b->digest, sizeof(b->digest)) <= 0)
		abort();
}

void bench_bare_verify(struct bench_bare *b)
{
	if (EVP_PKEY_verify(b->verify, b->signature, b->n_signature, b->digest, sizeof(b->digest)) != 1)
		abort();
}

/* The fastest public way to a key that was never seen (performance brief 1). */
void bench_bare_verify_fresh(struct bench_bare *b)
{
	EVP_PKEY *k = EVP_PKEY_new();
	EVP_PKEY_CTX *c;

	if (EVP_PKEY_copy_parameters(k, b->params) != 1 ||
	    EVP_PKEY_set1_encoded_public_key(k, b->point, b->n_point) != 1)
		abort();
	c = EVP_PKEY_CTX_new(k, NULL);
	if (EVP_PKEY_verify_init(c) <= 0 ||
	    EVP_PKEY_verify(c, b->signature, b->n_signature, b->digest, sizeof(b->digest)) != 1)
		abort();
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(k);
}

/* ECDH with a peer seen for the first time; that its point is on the curve was checked when it was read. */
void bench_bare_agree(struct bench_bare *b)
{
	EVP_PKEY *peer = EVP_PKEY_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(b->key, NULL);
	uint8_t secret[32];
	size_t n = sizeof(secret);

	if (EVP_PKEY_copy_parameters(peer, b->params) != 1 ||
	    EVP_PKEY_set1_encoded_public_key(peer, b->point, b->n_point) != 1)
		abort();
	if (EVP_PKEY_derive_init(c) <= 0 || EVP_PKEY_derive_set_peer_ex(c, peer, 0) <= 0 ||
	    EVP_PKEY_derive(c, secret, &n) <= 0)
		abort();
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(peer);
}

/* A certificate read and its signature verified, and nothing asked of what it says. */
void bench_bare_certificate(struct idr_bytes der, void *root)
{
	const unsigned char *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	if (!x || X509_verify(x, X509_get0_pubkey(root)) != 1)
		abort();
	X509_free(x);
}

void *bench_bare_root(struct idr_bytes der)
{
	const unsigned char *p = der.p;

	return d2i_X509(NULL, &p, (long)der.n);
}

void bench_bare_root_free(void *root)
{
	X509_free(root);
}

/* ---- all cores at once ---- */

struct share {
	double until, cpu_us;
	enum bench_work work;
	long done;
};

static void once(struct bench_bare *b, enum bench_work work)
{
	if (work != BENCH_PAPER)
		bench_bare_verify_fresh(b);
	if (work == BENCH_BOUND)
		bench_bare_verify_fresh(b);
	if (work == BENCH_ISSUING || work == BENCH_BOUND)
		bench_bare_sign(b);
	if (work == BENCH_SEALED)
		bench_bare_agree(b);
	bench_bare_verify(b);
}

static void *work(void *arg)
{
	struct bench_bare *b = bench_bare_new();
	struct share *s = arg;
	double from = bench_cpu_us();

	while (bench_wall_us() < s->until)
		for (int i = 0; i < 16; i++, s->done++)
			once(b, s->work);
	s->cpu_us = bench_cpu_us() - from;
	bench_bare_free(&b);
	return NULL;
}

struct bench_speed bench_bare_all(enum bench_work what, double seconds)
{
	int threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
	struct share share[64];
	pthread_t thread[64];
	double from = bench_wall_us(), cpu = 0;
	long done = 0;

	if (threads > 64)
		threads = 64;
	for (int i = 0; i < threads; i++) {
		share[i] = (struct share){ from + seconds * 1e6, 0, what, 0 };
		if (pthread_create(&thread[i], NULL, work, &share[i]) != 0)
			abort();
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		done += share[i].done;
		cpu += share[i].cpu_us;
	}
	return (struct bench_speed){ (double)done / ((bench_wall_us() - from) / 1e6), cpu / (double)done };
}
