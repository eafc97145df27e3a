/*
 * sdjwt: a presentation as received, and payloads whose disclosures fit.
 *
 * First byte '~': the rest is a presentation. Otherwise: a payload, then disclosures as JSON, each
 * behind a zero byte; in all of them "@0" to "@9" stands for the digest of a disclosure.
 */
#include "base/text.h"
#include "fuzz/fuzzkit.h"
#include "sdjwt/sdjwt.h"

enum { MOST = 10 };

struct run {
	struct idr_suite *s;
	struct idr_arena *a;
	struct idr_bytes part[MOST + 1]; /* payload, disclosures */
	uint8_t digest[MOST][44];
	size_t n;
};

/* Digests are put in from the last disclosure to the first, so that outer ones stand first. */
static struct idr_bytes filled(struct run *r, struct idr_bytes in, size_t from)
{
	struct idr_bytes out = { NULL, 0 };
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, r->a, in.n + 1, 1 << 20);
	for (size_t i = 0; i < in.n; i++) {
		size_t d = i + 1 < in.n ? (size_t)(in.p[i + 1] - '0') : MOST;

		if (in.p[i] == '@' && d < MOST && d >= from && d + 1 < r->n) {
			idr_buf_put(&b, idr_bytes(r->digest[d], 43));
			i++;
		} else {
			idr_buf_put_byte(&b, in.p[i]);
		}
	}
	return idr_buf_done(&b, &out, &err) ? out : (struct idr_bytes){ NULL, 0 };
}

static struct idr_bytes encoded(struct run *r, struct idr_bytes in)
{
	uint8_t *p;
	struct idr_err err;

	p = idr_arena_alloc(r->a, IDR_B64URL_LEN(in.n) + 1, &err);
	return p ? idr_bytes(p, idr_b64url_encode(in, p)) : (struct idr_bytes){ NULL, 0 };
}

static void split(struct run *r, struct idr_bytes in)
{
	size_t at = 0;

	while (r->n <= MOST && at <= in.n) {
		size_t end = idr_bytes_index(in, at, 0);

		r->part[r->n++] = idr_bytes_first(idr_bytes_from(in, at),
		    end == SIZE_MAX ? SIZE_MAX : end - at);
		at = end == SIZE_MAX ? SIZE_MAX : end + 1;
	}
}

/* What was accepted holds no trace of selective disclosure any more. */
static void check_clean(const struct idr_json *v)
{
	for (uint32_t i = 0; i < v->span; i++) {
		if (v[i].type != IDR_JSON_OBJECT)
			continue;
		fuzz_check(!idr_json_find(&v[i], "_sd") && !idr_json_find(&v[i], "...") &&
		    !idr_json_find(&v[i], "_sd_alg"));
	}
}

static void try_fitting(struct run *r, struct idr_bytes in)
{
	struct idr_disclosure d[MOST] = { 0 };
	struct idr_sdjwt j = { .disclosure = d };
	const struct idr_json *claims;
	struct idr_bytes text;
	struct idr_err err;

	split(r, in);
	for (size_t i = r->n - 1; i > 0; i--) {
		uint8_t hash[IDR_HASH_MAX];

		d[i - 1].text = encoded(r, filled(r, r->part[i], i));
		idr_suite_hash(r->s, IDR_SHA256, d[i - 1].text, hash);
		idr_b64url_encode(idr_bytes(hash, 32), r->digest[i - 1]);
	}
	j.n_disclosure = r->n - 1;
	if (!idr_json_parse(r->a, filled(r, r->part[0], 0), 1 << 20, &j.payload, &err) ||
	    j.payload->type != IDR_JSON_OBJECT)
		return;
	if (!idr_sdjwt_process(r->s, r->a, &j, &claims, &text, &err))
		return;
	check_clean(claims);
	for (size_t i = 0; i < j.n_disclosure; i++)
		fuzz_check(d[i].used);
}

static void try_presentation(struct run *r, struct idr_bytes in)
{
	struct idr_sdjwt_rules rules = { .algs = IDR_ALGS_ALL, .kb_max_age = 300, .skew = 60 };
	const struct idr_sdjwt_choice all = { NULL, 0, true };
	struct idr_sdjwt_result result;
	struct idr_check checks[4];
	struct idr_findings f;
	struct idr_bytes out;
	struct idr_err err;
	size_t n = 0;

	idr_findings_init(&f);
	if (idr_sdjwt_begin(r->s, r->a, in, &rules, 1790000000, &result, &f, checks, &n, &err))
		fuzz_check(idr_findings_conclude(&f, NULL, 0, &err) != IDR_OK); /* nobody is trusted here */
	if (idr_sdjwt_select(r->s, r->a, in, &all, &out, &err))
		fuzz_check(idr_bytes_equal(in, out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_suite *s = fuzz_suite();
	struct run r = { .a = idr_arena_new(32 << 20) };

	r.s = s;
	if (size && data[0] == '~')
		try_presentation(&r, idr_bytes(data + 1, size - 1));
	else
		try_fitting(&r, idr_bytes(data, size));
	idr_arena_free(&r.a);
	return 0;
}
