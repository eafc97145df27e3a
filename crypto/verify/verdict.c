#include "verify/verify_internal.h"

#include "base/text.h"

const char *idr_result_name(enum idr_result r)
{
	static const char *const names[] = { "INVALID", "UNDECIDED", "VALID" };

	return r <= IDR_VALID ? names[r] : names[IDR_INVALID];
}

bool idr_verdict_is_accepted(const struct idr_verdict *v)
{
	return v->result == IDR_VALID || (v->result == IDR_UNDECIDED && v->accepted_undecided);
}

const struct idr_json *idr_verdict_claims(const struct idr_verdict *v)
{
	return idr_verdict_is_accepted(v) ? v->private_claims : NULL;
}

struct idr_bytes idr_verdict_claims_json(const struct idr_verdict *v)
{
	return idr_verdict_is_accepted(v) ? v->private_claims_json : (struct idr_bytes){ NULL, 0 };
}

int64_t idr_verdict_status_age(const struct idr_verdict *v)
{
	if (!v->status_as_of)
		return -1;
	return v->checked_at > v->status_as_of ? v->checked_at - v->status_as_of : 0;
}

static void put_time(struct idr_jw *w, const char *name, int64_t t)
{
	char text[21];

	idr_time_format(t, text);
	idr_jw_put_cstr(w, name, text);
}

static void put_issuer(struct idr_jw *w, const struct idr_verdict *v)
{
	static const uint8_t none[32];

	if (!memcmp(v->issuer_sha256, none, sizeof(none)))
		return;
	idr_jw_name(w, "issuer");
	idr_jw_open(w, '{');
	if (v->issuer_country.n)
		idr_jw_put_str(w, "country", v->issuer_country);
	if (v->issuer_name.n)
		idr_jw_put_str(w, "name", v->issuer_name);
	idr_jw_name(w, "certificate_sha256");
	idr_jw_b64url(w, idr_bytes(v->issuer_sha256, sizeof(v->issuer_sha256)));
	idr_jw_close(w, '}');
}

static void put_checks(struct idr_jw *w, const struct idr_findings *f)
{
	static const char *const outcomes[] = { "passed", "failed", "unknown", "not_done", "not_done" };

	idr_jw_name(w, "checks");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < f->n; i++) {
		idr_jw_open(w, '{');
		idr_jw_put_cstr(w, "code", idr_code_name(f->f[i].code));
		if (f->f[i].ref)
			idr_jw_put_cstr(w, "clause", f->f[i].ref);
		idr_jw_put_cstr(w, "outcome", outcomes[f->f[i].outcome]);
		idr_jw_close(w, '}');
	}
	idr_jw_close(w, ']');
}

/* Members that serve verification and tie presentations together: formats brief 3.6. */
static bool is_technical(struct idr_bytes name)
{
	static const char *const names[] = { "iss", "iat", "nbf", "exp", "aud", "cnf", "vct", "vct#integrity",
		"aka_vcts", "status" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (idr_bytes_is(name, names[i]))
			return true;
	return false;
}

static void put_claims(struct idr_jw *w, const struct idr_verdict *v, struct idr_bytes claims)
{
	const struct idr_json *all = idr_verdict_claims(v);

	/* the gate stands here too: a caller cannot print claims of a refused credential */
	if (!all)
		return;
	if (claims.n) {
		idr_jw_put_raw(w, "claims", claims);
		return;
	}
	idr_jw_name(w, "claims");
	idr_jw_open(w, '{');
	for (const struct idr_json *m = idr_json_first(all); m; m = idr_json_next(all, m)) {
		if (is_technical(m->text))
			continue;
		idr_jw_name_bytes(w, m->text);
		idr_jw_raw(w, idr_json_value(m)->raw);
	}
	idr_jw_close(w, '}');
}

void idr_verdict_put_json(struct idr_buf *b, const struct idr_verdict *v, struct idr_bytes claims)
{
	struct idr_jw w = idr_jw(b);

	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "verdict", idr_result_name(v->result));
	idr_jw_put_cstr(&w, "code", idr_code_name(v->code));
	if (v->why.ref)
		idr_jw_put_cstr(&w, "clause", v->why.ref);
	/* a sentence cut in the middle of a character is no text */
	idr_jw_put_cstr(&w, "message", idr_is_utf8(idr_str(v->why.msg)) ? v->why.msg :
	    idr_code_sentence(v->code));
	idr_jw_put_cstr(&w, "next", idr_code_next(v->code));
	if (v->accepted_undecided)
		idr_jw_put_bool(&w, "accepted", true);
	if (v->format != IDR_FORMAT_UNKNOWN)
		idr_jw_put_cstr(&w, "format", idr_format_name(v->format));
	if (v->vct.n)
		idr_jw_put_str(&w, v->format == IDR_FORMAT_MDOC ? "doctype" : "vct", v->vct);
	if (v->type_id.n)
		idr_jw_put_str(&w, "type", v->type_id);
	put_issuer(&w, v);
	idr_jw_put_cstr(&w, "holder_binding",
	    v->possession == IDR_POSSESSION_PROVED ? "proved" : "none");
	if (v->status_as_of) {
		idr_jw_name(&w, "status");
		idr_jw_open(&w, '{');
		put_time(&w, "checked_at", v->status_as_of);
		idr_jw_put_int(&w, "age_s", idr_verdict_status_age(v));
		idr_jw_close(&w, '}');
	}
	put_time(&w, "checked_at", v->checked_at);
	if (v->expires)
		put_time(&w, "expires", v->expires);
	put_checks(&w, &v->findings);
	put_claims(&w, v, claims);
	idr_jw_close(&w, '}');
}
