/*
 * wallet_provider: a wallet provider for tests: it says of any key whatever is asked of it. A real
 * provider looks at the phone first.
 */
#include "idwallet/wallet_issuing.h"
#include "suite/pem.h"

enum { FILE_MAX = 64 * 1024, LIFE_S = 300 };

static bool read_file(struct idr_arena *a, const char *dir, const char *name, struct idr_bytes *out,
    struct idr_err *err)
{
	const char *path = idr_arena_printf(a, err, "%s/%s", dir, name);

	return path && cli_read(a, path, FILE_MAX, out, err);
}

bool wallet_provider_open(struct idr_suite *s, struct idr_arena *a, const char *dir,
    struct wallet_provider *out, struct idr_err *err)
{
	struct idr_bytes json, pem, key;
	const struct idr_json *doc, *attester;

	*out = (struct wallet_provider){ .key = NULL };
	if (!read_file(a, dir, "provider.json", &json, err) || !idr_json_parse(a, json, FILE_MAX, &doc, err))
		return false;
	attester = idr_json_find(doc, "attester");
	if (!idr_json_is(attester, IDR_JSON_STRING))
		return idr_fail(err, IDR_FILE, NULL, "%s/provider.json names no attester", dir);
	out->attester = attester->text;
	return read_file(a, dir, "attester.pem", &pem, err) && read_file(a, dir, "attester.key", &key, err) &&
	    idr_pem_certificates(a, pem, out->chain, IDR_CHAIN_MAX, &out->n, err) &&
	    idr_private_from_pem(s, key, &out->key, err);
}

void wallet_provider_close(struct wallet_provider *p)
{
	if (p->key)
		idr_private_free(&p->key);
}

/* ---- what it signs ---- */

static bool sign(struct idr_suite *s, struct idr_arena *a, const struct wallet_provider *p,
    const char *typ, const struct idr_buf *payload, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_bytes header, text;

	return idr_buf_done(payload, &text, err) &&
	    idr_jws_header(a, idr_private_alg(p->key), typ, NULL, p->chain, p->n, &header, err) &&
	    wallet_sign_jwt(s, a, p->key, header, text, out, err);
}

static struct idr_jw begin(struct idr_buf *b, struct idr_arena *a, const struct wallet_provider *p)
{
	int64_t now = wallet_now();
	struct idr_jw w;

	idr_buf_init(b, a, 2048, FILE_MAX);
	w = idr_jw(b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "iss", p->attester);
	idr_jw_put_int(&w, "iat", now);
	idr_jw_put_int(&w, "exp", now + LIFE_S);
	return w;
}

static void put_key(struct idr_jw *w, struct idr_arena *a, const struct idr_key *key)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 256, 512);
	idr_key_put_jwk(&b, key, NULL);
	idr_jw_raw(w, idr_buf_bytes(&b));
}

bool wallet_provider_attest(struct idr_suite *s, struct idr_arena *a, const struct wallet_provider *p,
    struct idr_bytes client_id, const struct idr_key *instance, struct idr_bytes *out,
    struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w = begin(&b, a, p);

	idr_jw_put_str(&w, "sub", client_id);
	idr_jw_name(&w, "cnf");
	idr_jw_open(&w, '{');
	idr_jw_name(&w, "jwk");
	put_key(&w, a, instance);
	idr_jw_close(&w, '}');
	idr_jw_close(&w, '}');
	return sign(s, a, p, "oauth-client-attestation+jwt", &b, out, err);
}

/* implements: HAIP 4.5.1a */
bool wallet_provider_attest_keys(struct idr_suite *s, struct idr_arena *a,
    const struct wallet_provider *p, struct idr_private *const *key, size_t n, struct idr_bytes nonce,
    const struct idr_json *required, struct idr_bytes *out, struct idr_err *err)
{
	static const char *const levels[] = { "key_storage", "user_authentication" };
	struct idr_buf b;
	struct idr_jw w = begin(&b, a, p);

	if (nonce.n)
		idr_jw_put_str(&w, "nonce", nonce);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		const struct idr_json *wanted = idr_json_find(required, levels[i]);

		if (idr_json_is(wanted, IDR_JSON_ARRAY))
			idr_jw_put_raw(&w, levels[i], wanted->raw);
	}
	idr_jw_name(&w, "attested_keys");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++)
		put_key(&w, a, idr_private_public(key[i]));
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	return sign(s, a, p, "key-attestation+jwt", &b, out, err);
}
