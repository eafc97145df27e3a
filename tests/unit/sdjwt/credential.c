#include "credential.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"

static const char *text_of(struct kit *k, struct idr_bytes in)
{
	struct idr_err err;
	struct idr_bytes copy;

	assert_true(idr_arena_copy(k->a, in, &copy, &err));
	return (const char *)copy.p;
}

const char *cred_printf(struct kit *k, const char *fmt, ...)
{
	char text[8192];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_in_range(n, 0, sizeof(text) - 1);
	return text_of(k, idr_bytes(text, (size_t)n));
}

static const char *b64url(struct kit *k, struct idr_bytes in)
{
	struct idr_buf b;
	struct idr_bytes out;
	struct idr_err err;

	idr_buf_init(&b, k->a, 64, 1 << 20);
	idr_b64url_put(&b, in);
	assert_true(idr_buf_done(&b, &out, &err));
	return text_of(k, out);
}

const char *cred_disclosure(struct kit *k, const char *json)
{
	return b64url(k, idr_str(json));
}

static const char *hash_of(struct kit *k, const char *text)
{
	uint8_t h[IDR_HASH_MAX];

	idr_suite_hash(k->s, IDR_SHA256, idr_str(text), h);
	return b64url(k, idr_bytes(h, 32));
}

const char *cred_digest(struct kit *k, const char *json)
{
	return hash_of(k, cred_disclosure(k, json));
}

const char *cred_sd_hash(struct kit *k, const char *sdjwt)
{
	return hash_of(k, sdjwt);
}

const char *cred_payload(struct kit *k, const char *extra)
{
	struct idr_bytes jwk;
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, k->a, 256, 4096);
	idr_key_put_jwk(&b, idr_private_public(k->holder), NULL);
	assert_true(idr_buf_done(&b, &jwk, &err));
	return cred_printf(k, "{\"iss\":\"https://issuer.example\",\"vct\":\"" CRED_VCT "\",\"iat\":%lld,"
	    "\"exp\":%lld,\"cnf\":{\"jwk\":%s}%s}", (long long)(k->now - KIT_DAY),
	    (long long)(k->now + KIT_DAY), text_of(k, jwk), extra);
}

const char *cred_issue_as(struct kit *k, const char *header, const char *payload)
{
	return cred_printf(k, "%s~", text_of(k, kit_jws(k, k->ds, header, payload)));
}

const char *cred_issue(struct kit *k, const char *payload)
{
	struct idr_bytes header;
	struct idr_err err;

	assert_true(idr_jws_header(k->a, IDR_ES256, "dc+sd-jwt", NULL, &k->ds_der, 1, &header, &err));
	return cred_issue_as(k, text_of(k, header), payload);
}

const char *cred_bind(struct kit *k, const struct idr_private *key, const char *sdjwt,
    const char *header, const char *payload)
{
	if (!payload)
		payload = cred_printf(k, "{\"iat\":%lld,\"aud\":\"" CRED_AUD "\",\"nonce\":\"" CRED_NONCE
		    "\",\"sd_hash\":\"%s\"}", (long long)k->now, hash_of(k, sdjwt));
	if (!header)
		header = "{\"alg\":\"ES256\",\"typ\":\"kb+jwt\"}";
	return cred_printf(k, "%s%s", sdjwt, text_of(k, kit_jws(k, key, header, payload)));
}

struct idr_sdjwt_rules cred_rules(struct kit *k)
{
	static const struct idr_bytes vct = { (const uint8_t *)CRED_VCT, sizeof(CRED_VCT) - 1 };

	return (struct idr_sdjwt_rules){ .trust = k->trust, .algs = IDR_ALGS_ALL, .vct = &vct,
		.n_vct = 1, .kb_required = true, .nonce = IDR_LIT(CRED_NONCE), .aud = IDR_LIT(CRED_AUD),
		.kb_max_age = 300, .skew = 60 };
}

enum idr_code cred_verify(struct kit *k, const struct idr_sdjwt_rules *rules, const char *in,
    struct idr_sdjwt_result *out)
{
	struct idr_check checks[4];
	struct idr_findings f;
	struct idr_err why;
	bool passed[4];
	size_t n = 0;

	idr_findings_init(&f);
	assert_true(idr_sdjwt_begin(k->s, k->a, idr_str(in), rules, k->now, out, &f, checks, &n, &why));
	assert_in_range(n, 0, 2);
	idr_suite_perform(k->s, checks, n);
	for (size_t i = 0; i < n; i++)
		passed[i] = checks[i].passed;
	return idr_findings_conclude(&f, passed, n, &why);
}
