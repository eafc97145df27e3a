#include "idctl/ctl_selftest.h"

#include <stdio.h>
#include <string.h>

#include "jose/jwt.h"
#include "status/status.h"
#include "verify/bundle.h"

/* What is published (status lists, bundle), and what is said about forged credentials. */

enum { LISTS_MAX = 16, SKEW_S = 60, TOKEN_MAX = 32 * 1024 * 1024 };

/* ---- status lists ---- */

static bool fetch_list(struct selftest *t, const struct idr_json *uri, struct idr_bytes *url,
    struct web_response *r, struct idr_err *err)
{
	struct web_request q = { .method = "GET", .header = { "Accept: application/statuslist+jwt" } };

	if (!idr_json_is(uri, IDR_JSON_STRING) || !idr_bytes_starts(uri->text, t->base))
		return selftest_seen(err, "a list does not lie below the address asked: %.80s",
		    ctl_text(t->c, uri));
	*url = uri->text;
	q.url = idr_arena_printf(t->a, err, "%.*s", (int)uri->text.n, (const char *)uri->text.p);
	if (!q.url || !web_send(t->a, &q, r, err))
		return false;
	return r->status == 200 || selftest_seen(err, "%.80s answers %ld", q.url, r->status);
}

typedef bool judge(struct selftest *t, struct idr_bytes url, const struct web_response *r,
    struct idr_err *err);

/* Each list the server names, LISTS_MAX at most. */
static bool each_list(struct selftest *t, judge *f, struct idr_err *err)
{
	const struct idr_json *doc, *all;
	size_t n = 0;

	if (!selftest_json(t, "/statuslists", &doc, err))
		return false;
	all = idr_json_find(doc, "status_lists");
	for (const struct idr_json *v = idr_json_first(all); v && n < LISTS_MAX;
	    v = idr_json_next(all, v), n++) {
		struct web_response r;
		struct idr_bytes url;

		if (!fetch_list(t, v, &url, &r, err) || !f(t, url, &r, err))
			return false;
	}
	return n || selftest_seen(err, "no list is published");
}

static bool is_fresh(struct selftest *t, struct idr_bytes url, const struct web_response *r,
    struct idr_err *err)
{
	const struct idr_json *p, *sub;
	struct idr_err ignored;
	struct idr_jws jws;
	int64_t exp = 0, iat = 0, ttl = 0;

	if (!idr_jws_parse(t->a, r->body, TOKEN_MAX, false, &jws, &ignored) ||
	    !idr_jws_typ_is(&jws, "statuslist+jwt") ||
	    !idr_jwt_payload(t->a, &jws, &p, &ignored))
		return selftest_seen(err, "it is no status list token");
	sub = idr_json_find(p, "sub");
	if (!idr_json_is(sub, IDR_JSON_STRING) || !idr_bytes_equal(url, sub->text))
		return selftest_seen(err, "its sub is not its address");
	if (!idr_json_int(idr_json_find(p, "iat"), &iat) || iat > t->now + SKEW_S)
		return selftest_seen(err, "its iat is missing or to come");
	if (!idr_json_int(idr_json_find(p, "exp"), &exp) || exp <= t->now)
		return selftest_seen(err, "it has expired, or never does");
	return (idr_json_int(idr_json_find(p, "ttl"), &ttl) && ttl > 0) ||
	    selftest_seen(err, "its ttl is missing");
}

static bool lists_fresh(struct selftest *t, struct idr_err *err)
{
	return each_list(t, is_fresh, err);
}

static bool is_signed(struct selftest *t, struct idr_bytes url, const struct web_response *r,
    struct idr_err *err)
{
	struct idr_status_rules rules = { .trust = t->trust, .uri = url, .skew = SKEW_S };
	struct idr_status_list list;
	struct idr_err why;

	return idr_status_open(t->s, t->a, r->body, &rules, t->now, &list, &why) ||
	    selftest_seen(err, "%s: %.120s", idr_code_name(why.code), why.msg);
}

static bool lists_signed(struct selftest *t, struct idr_err *err)
{
	return each_list(t, is_signed, err);
}

static bool is_cached(struct selftest *t, struct idr_bytes url, const struct web_response *r,
    struct idr_err *err)
{
	struct web_request q = { .method = "GET",
		.url = idr_arena_printf(t->a, err, "%.*s", (int)url.n, (const char *)url.p),
		.header = { "Accept: application/statuslist+jwt",
			r->etag ? idr_arena_printf(t->a, err, "If-None-Match: %s", r->etag) : NULL } };
	struct web_response again;

	if (!r->etag)
		return selftest_seen(err, "it has no ETag");
	if (!web_send(t->a, &q, &again, err))
		return false;
	/* it may have been published anew between the two */
	return again.status == 304 || (again.status == 200 && !idr_bytes_equal(again.body, r->body)) ||
	    selftest_seen(err, "unchanged and sent again with %ld", again.status);
}

static bool lists_cached(struct selftest *t, struct idr_err *err)
{
	return each_list(t, is_cached, err);
}

static bool no_past(struct selftest *t, struct idr_bytes url, const struct web_response *r,
    struct idr_err *err)
{
	struct web_request q = { .method = "GET",
		.url = idr_arena_printf(t->a, err, "%.*s?time=%lld", (int)url.n,
		    (const char *)url.p, (long long)t->now - 3600) };
	struct web_response past;

	(void)r;
	if (!q.url || !web_send(t->a, &q, &past, err))
		return false;
	return past.status == 501 || selftest_seen(err, "a list of the past is answered %ld", past.status);
}

static bool lists_of_now(struct selftest *t, struct idr_err *err)
{
	return each_list(t, no_past, err);
}

static bool bundle(struct selftest *t, struct idr_err *err)
{
	const struct idr_bundle *b;
	struct web_response r;
	struct idr_err why;

	if (!selftest_ask(t, "/bundle", NULL, "Accept: application/idrail-bundle+cbor", &r, err))
		return false;
	if (r.status != 200)
		return selftest_seen(err, "answered %ld", r.status);
	if (!idr_bundle_open(t->s, t->a, r.body, t->trust, &b, &why))
		return selftest_seen(err, "%s: %.120s", idr_code_name(why.code), why.msg);
	if (b->issued > t->now + SKEW_S)
		return selftest_seen(err, "it was issued in the future");
	return b->good_until > t->now || selftest_seen(err, "it is past its time");
}

/* ---- forged credentials ---- */

static bool judged(struct selftest *t, const char *input, const char *code, struct idr_err *err)
{
	struct web_request q = { .method = "POST", .content_type = "application/json", .header = { t->key },
		.url = idr_arena_printf(t->a, err, "%s/v1/verify", t->base) };
	char *body = idr_arena_printf(t->a, err, "{\"input\":\"%s\"}", input);
	const struct idr_json *doc;
	struct web_response r;
	struct idr_err ignored;

	if (!q.url || !body)
		return false;
	q.body = idr_str(body);
	if (!web_send(t->a, &q, &r, err))
		return false;
	if (r.status != 200 || !idr_json_parse(t->a, r.body, 1024 * 1024, &doc, &ignored))
		return selftest_seen(err, "answered %ld", r.status);
	if (!idr_json_is_str(idr_json_find(doc, "verdict"), "INVALID"))
		return selftest_seen(err, "judged %s", ctl_member(t->c, doc, "verdict"));
	return idr_json_is_str(idr_json_find(doc, "code"), code) ||
	    selftest_seen(err, "refused with %s instead of %s", ctl_member(t->c, doc, "code"), code);
}

static bool forged_as(struct selftest *t, const char *header, bool sign, const char *code,
    struct idr_err *err)
{
	char *payload = idr_arena_printf(t->a, err,
	    "{\"iss\":\"%s\",\"vct\":\"urn:idrail:pid:1\",\"iat\":%lld,\"exp\":%lld}",
	    t->base, (long long)t->now - 60, (long long)t->now + 3600);
	const char *jwt;

	return payload && selftest_jwt(t, header, payload, sign, &jwt, err) &&
	    judged(t, idr_arena_printf(t->a, err, "%s~", jwt), code, err);
}

static bool forged(struct selftest *t, struct idr_err *err)
{
	return forged_as(t, "{\"alg\":\"none\",\"typ\":\"dc+sd-jwt\"}", false, "algorithm", err) &&
	    forged_as(t, "{\"alg\":\"none\",\"typ\":\"dc+sd-jwt\"}", true, "algorithm", err) &&
	    forged_as(t, "{\"alg\":\"HS256\",\"typ\":\"dc+sd-jwt\"}", true, "algorithm", err) &&
	    forged_as(t, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", true, "trust", err) &&
	    forged_as(t, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"kid\":\"1\"}", true, "trust", err) &&
	    forged_as(t, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"crit\":[\"x\"],\"x\":1}", true,
	    "crit", err) &&
	    forged_as(t, "{\"alg\":\"ES256\",\"typ\":\"kb+jwt\"}", true, "typ", err) &&
	    judged(t, "no credential", "unrecognized", err);
}

static bool without_key(struct selftest *t, struct idr_err *err)
{
	static const char *const paths[] = { "/v1/verify", "/v1/presentations" };

	for (size_t i = 0; i < 2; i++) {
		struct web_request q = { .method = "POST", .content_type = "application/json",
			.url = idr_arena_printf(t->a, err, "%s%s", t->base, paths[i]),
			    .body = IDR_LIT("{\"input\":\"x~\"}") };
		struct web_response r;

		if (!q.url || !web_send(t->a, &q, &r, err) ||
		    !selftest_refused(t, &r, 401, "unauthorized", err))
			return false;
	}
	return true;
}

const struct selftest_check selftest_status[] = {
	{ "status.fresh", "every status list is about itself and current",
	  "Token Status List section 8.3", 0, lists_fresh },
	{ "status.signed", "every status list is signed under the root",
	  "Token Status List section 8.3", SELFTEST_NEEDS_ROOT,
	  lists_signed },
	{ "status.cached", "an unchanged list is not sent again", "RFC 9110 section 13.1.2", 0,
	  lists_cached },
	{ "status.past", "nobody may ask about the past", "Token Status List section 8.4", 0,
	  lists_of_now },
	{ "bundle.signed", "the offline bundle is signed under the root and current", "our formats, bundle",
	  SELFTEST_NEEDS_ROOT, bundle },
	{ "verify.key", "without a key nothing is judged", "RFC 6750 section 3.1", 0, without_key },
	{ "verify.forged", "forged credentials are refused, each with its code",
	  "RFC 9901 section 7.1", SELFTEST_NEEDS_KEY,
	  forged },
	{ 0 },
};
