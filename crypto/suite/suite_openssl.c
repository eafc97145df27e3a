/* The suite on OpenSSL 3: life of a suite, imported keys, random, AES-GCM. */
#include "suite/suite_internal.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

/* About what reading a certificate takes. */
enum { PROBE = 16 * 1024 };

bool idr_openssl_failed(struct idr_suite *s)
{
	bool ours = false;
	unsigned long e;

	while ((e = ERR_get_error()) != 0)
		ours |= ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE || ERR_GET_REASON(e) == ERR_R_INTERNAL_ERROR;
	s->failures += ours;
	return false;
}

bool idr_openssl_broke(struct idr_suite *s)
{
	ERR_clear_error();
	s->failures++;
	return false;
}

bool idr_openssl_again(struct idr_suite *s, unsigned before)
{
	void *p;

	idr_openssl_failed(s);
	if (s->failures != before)
		return false;
	idr_suite_x509_forget(s);
	p = OPENSSL_malloc(PROBE);
	OPENSSL_free(p);
	return p ? true : idr_openssl_broke(s);
}

unsigned idr_suite_failures(const struct idr_suite *s)
{
	return s->failures;
}

bool idr_suite_sound(const struct idr_suite *s, unsigned before, const struct idr_arena *a, bool ok,
    struct idr_err *err)
{
	if (idr_arena_is_exhausted(a))
		return idr_arena_blame(a, err);
	if (s->failures != before)
		return idr_fail(err, IDR_CRYPTO, NULL, "OpenSSL could not do its work");
	return ok;
}

const char *idr_curve_group(enum idr_curve curve)
{
	return curve == IDR_P256 ? "prime256v1" : curve == IDR_P384 ? "secp384r1" : NULL;
}

static EVP_PKEY *params_new(enum idr_curve curve)
{
	OSSL_PARAM p[2] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		(char *)(uintptr_t)idr_curve_group(curve), 0), OSSL_PARAM_construct_end() };
	IDR_AUTO(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *k = NULL;

	if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_KEY_PARAMETERS, p) <= 0)
		return NULL;
	return k;
}

struct idr_suite *idr_suite_new(void)
{
	struct idr_suite *s;

	/* The core reads no file: not OpenSSL's configuration either. Also a third of idverify's start. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->until_ageing = IDR_AGE_EVERY;
	s->params[0] = params_new(IDR_P256);
	s->params[1] = params_new(IDR_P384);
	s->cipher = EVP_CIPHER_CTX_new();
	s->md = EVP_MD_CTX_new();
	if (!s->params[0] || !s->params[1] || !s->cipher || !s->md) {
		idr_openssl_broke(s);
		idr_suite_free(&s);
	}
	return s;
}

static void imported_clear(struct idr_imported *k)
{
	EVP_PKEY_CTX_free(k->ctx);
	EVP_PKEY_free(k->pkey);
	*k = (struct idr_imported){ .pkey = NULL };
}

void idr_suite_free(struct idr_suite **s)
{
	if (!*s)
		return;
	for (size_t i = 0; i < IDR_YOUNG; i++)
		imported_clear(&(*s)->young[i]);
	for (size_t i = 0; i < IDR_KEPT; i++)
		imported_clear(&(*s)->kept[i]);
	for (size_t i = 0; i < IDR_SIGNERS; i++)
		EVP_PKEY_CTX_free((*s)->signer[i].ctx);
	idr_suite_x509_free(*s);
	EVP_PKEY_free((*s)->params[0]);
	EVP_PKEY_free((*s)->params[1]);
	EVP_MD_free((*s)->md_sha1);
	EVP_CIPHER_free((*s)->gcm128);
	EVP_CIPHER_free((*s)->gcm256);
	EVP_CIPHER_CTX_free((*s)->cipher);
	EVP_MD_CTX_free((*s)->md);
	free(*s);
	*s = NULL;
}

size_t idr_key_point(const struct idr_key *key, uint8_t out[97])
{
	size_t n = idr_key_len(key);

	out[0] = 4;
	memcpy(out + 1, key->x, n);
	memcpy(out + 1 + n, key->y, n);
	return 1 + 2 * n;
}

/* Refuses a point that is not on the curve: EC_POINT_oct2point checks the equation. */
static EVP_PKEY *pkey_new(struct idr_suite *s, const struct idr_key *key)
{
	uint8_t point[97];
	size_t n;
	EVP_PKEY *k;

	if (key->curve == IDR_ED25519)
		return idr_ed25519_key_is_sound(key->x) ?
		    EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->x, 32) : NULL;
	if (key->curve != IDR_P256 && key->curve != IDR_P384)
		return NULL;
	k = EVP_PKEY_new();
	n = idr_key_point(key, point);
	if (!k || EVP_PKEY_copy_parameters(k, s->params[key->curve == IDR_P384]) <= 0)
		idr_openssl_broke(s);
	else if (EVP_PKEY_set1_encoded_public_key(k, point, n) > 0)
		return k;
	EVP_PKEY_free(k);
	return NULL;
}

static uint64_t tag_of(const struct idr_key *key)
{
	uint64_t t;

	memcpy(&t, key->x, sizeof(t));
	return t;
}

static struct idr_imported *look(struct idr_imported *set, const uint64_t *tag, size_t n,
    const struct idr_key *key)
{
	uint64_t t = tag_of(key);

	for (size_t i = 0; i < n; i++)
		if (tag[i] == t && set[i].pkey && idr_key_equal(&set[i].key, key))
			return &set[i];
	return NULL;
}

/* Move a key that is used again and again to where a flood of new keys does not reach. */
static struct idr_imported *promote(struct idr_suite *s, struct idr_imported *k)
{
	size_t least = 0;

	for (size_t i = 0; i < IDR_KEPT; i++)
		if (s->kept[i].uses < s->kept[least].uses)
			least = i;
	imported_clear(&s->kept[least]);
	s->kept[least] = *k;
	s->kept_tag[least] = tag_of(&k->key);
	*k = (struct idr_imported){ .pkey = NULL };
	return &s->kept[least];
}

/* Old fame fades, so that yesterday's issuer gives way to today's. */
static void age(struct idr_suite *s)
{
	if (--s->until_ageing)
		return;
	s->until_ageing = IDR_AGE_EVERY;
	for (size_t i = 0; i < IDR_KEPT; i++)
		s->kept[i].uses /= 2;
}

static struct idr_imported *import_new(struct idr_suite *s, const struct idr_key *key)
{
	struct idr_imported *place = &s->young[s->next_young];
	EVP_PKEY *pkey = pkey_new(s, key);

	if (!pkey) {
		idr_openssl_failed(s);
		return NULL;
	}
	imported_clear(place);
	place->key = *key;
	place->pkey = pkey;
	s->young_tag[s->next_young] = tag_of(key);
	s->next_young = (s->next_young + 1) % IDR_YOUNG;
	return place;
}

struct idr_imported *idr_suite_import(struct idr_suite *s, const struct idr_key *key)
{
	struct idr_imported *k = look(s->kept, s->kept_tag, IDR_KEPT, key);

	age(s);
	if (!k)
		k = look(s->young, s->young_tag, IDR_YOUNG, key);
	if (!k)
		return import_new(s, key);
	if (k->uses >= IDR_PROMOTE_AT && k >= s->young && k < s->young + IDR_YOUNG)
		return promote(s, k);
	return k;
}

bool idr_suite_key_is_valid(struct idr_suite *s, const struct idr_key *key)
{
	return idr_suite_import(s, key) != NULL;
}

void idr_suite_key_identifier(struct idr_suite *s, struct idr_bytes in, uint8_t out[20])
{
	if (!s->md_sha1)
		s->md_sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	if (!s->md_sha1 || !EVP_Digest(in.p, in.n, out, NULL, s->md_sha1, NULL))
		abort(); /* memory is out; a wrong identifier must not be written into a certificate */
}

void idr_suite_random(struct idr_suite *s, uint8_t *out, size_t n)
{
	(void)s;
	if (n > INT32_MAX || RAND_bytes(out, (int)n) != 1)
		abort();
}

/* Fetched when first needed: 0.6 ms that an offline verifier, which never decrypts, is spared. */
static const EVP_CIPHER *gcm(struct idr_suite *s, size_t key_len)
{
	if (key_len == 16 && !s->gcm128)
		s->gcm128 = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	if (key_len == 32 && !s->gcm256)
		s->gcm256 = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if ((key_len == 16 && !s->gcm128) || (key_len == 32 && !s->gcm256))
		idr_openssl_broke(s);
	return key_len == 16 ? s->gcm128 : key_len == 32 ? s->gcm256 : NULL;
}

bool idr_suite_gcm_seal(struct idr_suite *s, struct idr_bytes key, const uint8_t iv[12],
    struct idr_bytes aad, struct idr_bytes in, uint8_t *out, uint8_t tag[16])
{
	const EVP_CIPHER *c = gcm(s, key.n);
	bool ok;
	int n;

	if (!c || aad.n > INT32_MAX || in.n > INT32_MAX)
		return false;
	ok = EVP_EncryptInit_ex2(s->cipher, c, key.p, iv, NULL) > 0 &&
	    (!aad.n || EVP_EncryptUpdate(s->cipher, NULL, &n, aad.p, (int)aad.n) > 0) &&
	    (!in.n || EVP_EncryptUpdate(s->cipher, out, &n, in.p, (int)in.n) > 0) &&
	    EVP_EncryptFinal_ex(s->cipher, tag, &n) > 0 &&
	    EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_GET_TAG, 16, tag) > 0;
	EVP_CIPHER_CTX_reset(s->cipher); /* the key does not stay behind */
	return ok || idr_openssl_broke(s);
}

bool idr_suite_gcm_open(struct idr_suite *s, struct idr_bytes key, const uint8_t iv[12],
    struct idr_bytes aad, struct idr_bytes in, const uint8_t tag[16], uint8_t *out)
{
	const EVP_CIPHER *c = gcm(s, key.n);
	uint8_t t[16];
	bool done, ok;
	int n;

	if (!c || aad.n > INT32_MAX || in.n > INT32_MAX)
		return false;
	memcpy(t, tag, sizeof(t));
	done = EVP_DecryptInit_ex2(s->cipher, c, key.p, iv, NULL) > 0 &&
	    EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_SET_TAG, 16, t) > 0 &&
	    (!aad.n || EVP_DecryptUpdate(s->cipher, NULL, &n, aad.p, (int)aad.n) > 0) &&
	    (!in.n || EVP_DecryptUpdate(s->cipher, out, &n, in.p, (int)in.n) > 0);
	ok = done && EVP_DecryptFinal_ex(s->cipher, t, &n) > 0; /* the tag decides here */
	EVP_CIPHER_CTX_reset(s->cipher);
	if (!ok)
		idr_wipe(out, in.n); /* what was decrypted without a right tag is not shown */
	return ok || (done ? idr_openssl_failed(s) : idr_openssl_broke(s));
}
