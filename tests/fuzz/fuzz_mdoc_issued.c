/*
 * mdoc_issued: a credential of chosen claims is issued, some of its elements are presented, and up to three bytes
 * of the presentation are changed. The input chooses; an empty one leaves nothing out and changes nothing.
 *
 * An oracle: what is issued verifies and says what the person's claims say, the presentation holds exactly the
 * chosen elements, and one with other bytes is never VALID with anything else than was chosen.
 */
#include "base/text.h"
#include "fuzz/fuzzland.h"
#include "mdoc/mdoc.h"
#include "types/types.h"
#include "unit/mdoc/card_type.h"
#include "verify/verify.h"

#define LIST "https://status.example/1"
#define JPEG "/9j/4AECAwQF"       /* as the claim has it, and as the verdict hands it out */
#define JPEG_URL "_9j_4AECAwQF"

enum { TEXT = 1 << 20, STRING_MAX = 48, CHANGES = 4, DAY = 86400 };

struct world {
	struct idr_arena *a;
	struct idr_bytes choices;
	const struct idr_json *claims;
	bool fits;                     /* no claim that the mdoc form does not admit */
	struct idr_verify_in in;
};

static unsigned pick(struct world *w, unsigned n)
{
	return fuzz_pick(&w->choices, n);
}

static const struct idr_type *card(void)
{
	static const struct idr_type *t;
	struct idr_err err;

	if (!t)
		fuzz_check(idr_type_parse(fuzzland()->a, IDR_LIT(CARD_TYPE), &t, &err));
	return t;
}

/* ---- a person ---- */

/* The next bytes of the input as a text; what is no text, or too short for one, becomes one. */
static struct idr_bytes text(struct world *w)
{
	size_t n = pick(w, STRING_MAX);
	struct idr_bytes s = idr_bytes_first(w->choices, n < w->choices.n ? n : w->choices.n);

	w->choices = idr_bytes_from(w->choices, s.n);
	return s.n && idr_is_utf8(s) && idr_bytes_index(s, 0, 0) == SIZE_MAX ? s : IDR_LIT("Srey \xe1\x9e\x89");
}

static void put_date(struct world *w, struct idr_jw *jw, const char *name)
{
	static const char *const dates[] = { "1990-02-28", "1999-07", "2000", "2000-02", "0001-01-01", "9999-12" };

	idr_jw_put_cstr(jw, name, dates[pick(w, sizeof(dates) / sizeof(dates[0]))]);
}

static void put_level(struct world *w, struct idr_jw *jw)
{
	static const int64_t levels[] = { -3, 0, 23, 24, 255, 256, 65536, -256, INT64_C(9007199254740991) };

	idr_jw_put_int(jw, "level", levels[pick(w, sizeof(levels) / sizeof(levels[0]))]);
}

static void put_face(struct world *w, struct idr_jw *jw)
{
	bool webp = pick(w, 16) == 15;

	w->fits = w->fits && !webp;
	idr_jw_put_cstr(jw, "face", webp ? "data:image/webp;base64,UklGRgAAAABXRUJQ" : "data:image/jpeg;base64," JPEG);
}

static void put_home(struct world *w, struct idr_jw *jw)
{
	unsigned members = pick(w, 4);

	idr_jw_name(jw, "home");
	idr_jw_open(jw, '{');
	if (!(members & 1))
		idr_jw_put_str(jw, "city", text(w));
	if (!(members & 2))
		idr_jw_put_str(jw, "zip", text(w));
	idr_jw_close(jw, '}');
}

static void put_langs(struct world *w, struct idr_jw *jw)
{
	unsigned n = 3 - pick(w, 3);

	idr_jw_name(jw, "langs");
	idr_jw_open(jw, '[');
	while (n--)
		idr_jw_str(jw, text(w));
	idr_jw_close(jw, ']');
}

/* False when the type does not take the person as chosen. */
static bool make_claims(struct world *w)
{
	unsigned left_out = pick(w, 256);
	const struct idr_json *person;
	struct idr_bytes json;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw jw;

	idr_buf_init(&b, w->a, 1024, TEXT);
	jw = idr_jw(&b);
	idr_jw_open(&jw, '{');
	if (!(left_out & 1))
		idr_jw_put_str(&jw, "name", text(w));
	if (!(left_out & 2))
		put_date(w, &jw, "born");
	if (!(left_out & 4))
		put_date(w, &jw, "since");
	if (!(left_out & 8))
		put_level(w, &jw);
	if (!(left_out & 16))
		idr_jw_put_bool(&jw, "member", pick(w, 2));
	if (!(left_out & 32))
		put_face(w, &jw);
	if (!(left_out & 64))
		put_home(w, &jw);
	if (!(left_out & 128))
		put_langs(w, &jw);
	idr_jw_put_cstr(&jw, "country", pick(w, 2) ? "KH" : "TH");
	idr_jw_close(&jw, '}');
	return idr_json_parse(w->a, idr_buf_bytes(&b), TEXT, &person, &err) &&
	    idr_type_claims(w->a, card(), person, FUZZ_NOW, &json, &err) &&
	    idr_json_parse(w->a, json, TEXT, &w->claims, &err);
}

/* ---- what was issued ---- */

static struct idr_bytes issue(struct world *w)
{
	const struct idr_mdoc_make m = { .type = card(), .claims = w->claims,
		.holder = idr_private_public(fuzzland()->signer), .iat = FUZZ_NOW - DAY, .exp = FUZZ_NOW + DAY,
		.status = { IDR_LIT(LIST), 77, pick(w, 2) == 0 }, .alg = IDR_ES256, .chain_der = &fuzzland()->signer_der,
		.n_chain = 1 };
	struct idr_bytes out = { NULL, 0 };
	struct idr_mdoc_built built;
	struct idr_err err;

	if (!idr_mdoc_build(fuzzland()->s, w->a, &m, &built, &err)) {
		fuzz_check(!w->fits && err.code == IDR_IMAGE);
		return out;
	}
	fuzz_check(w->fits && idr_mdoc_attach(w->a, &built, fuzzland_sign(w->a, built.to_be_signed), &out, &err));
	return out;
}

static const struct idr_json *element_of(const struct idr_json *shown, const struct idr_mdoc_element *e)
{
	return idr_json_find_bytes(idr_json_find_bytes(shown, e->namespace), e->element);
}

/* What a reader of the mdoc sees of a claim. */
static bool says(const struct idr_json *shown, const struct idr_mdoc_element *e, const struct idr_json *claim)
{
	const struct idr_json *date = idr_json_find(shown, "birth_date");

	if (e->form == IDR_MDOC_APPROXIMATE_DATE)
		return date && (idr_json_find(shown, "approximate_mask") != NULL) == (claim->text.n < 10) &&
		    idr_bytes_equal(idr_bytes_first(date->text, claim->text.n), claim->text);
	if (e->source->type == IDR_CLAIM_IMAGE)
		return idr_json_is_str(shown, JPEG_URL);
	return idr_json_equal(shown, claim);
}

/* Every element of these bits (all of them in an IssuerSigned), with the value of its claim, and nothing else. */
static void check_shown(const struct world *w, const struct idr_json *shown, const bool *chosen)
{
	size_t n = 0;

	for (size_t i = 0; i < card()->n_element; i++) {
		const struct idr_mdoc_element *e = &card()->element[i];
		const struct idr_json *claim = idr_type_value_at(w->claims, e->claim), *v = element_of(shown, e);

		fuzz_check((v != NULL) == (claim && (!chosen || chosen[i])));
		fuzz_check(!v || says(v, e, claim));
		n += v != NULL;
	}
	for (const struct idr_json *k = idr_json_first(shown); k; k = idr_json_next(shown, k))
		n -= idr_json_value(k)->n;
	fuzz_check(n == 0);
}

/* ---- presented ---- */

static enum idr_status_found find_status(void *ctx, struct idr_bytes uri, uint64_t idx,
    struct idr_status_answer *out)
{
	(void)ctx;
	fuzz_check(idr_bytes_is(uri, LIST) && idx == 77); /* signed by the issuer, whatever was changed around it */
	*out = (struct idr_status_answer){ .value = IDR_VALUE_VALID, .as_of = FUZZ_NOW, .for_mdoc = true };
	return IDR_STATUS_FOUND;
}

static const struct idr_verdict *judge(struct world *w, struct idr_bytes in)
{
	const struct idr_verdict *v;
	struct idr_err err;

	w->in.input = in;
	fuzz_check(idr_verify(fuzzland()->s, w->a, &w->in, FUZZ_NOW, &v, &err));
	fuzz_check((v->result == IDR_VALID) == (idr_verdict_claims(v) != NULL));
	return v;
}

static size_t choose(struct world *w, struct idr_mdoc_choice *choice, bool *chosen)
{
	unsigned left_out = pick(w, 256) << 8 | pick(w, 256);
	size_t n = 0;

	for (size_t i = 0; i < card()->n_element; i++) {
		const struct idr_mdoc_element *e = &card()->element[i];

		chosen[i] = idr_type_value_at(w->claims, e->claim) && !(left_out >> i & 1);
		if (chosen[i])
			choice[n++] = (struct idr_mdoc_choice){ e->namespace, e->element };
	}
	return n;
}

static struct idr_bytes present(struct world *w, struct idr_bytes issued, bool *chosen)
{
	struct idr_mdoc_choice choice[IDR_MDOC_ELEMENTS];
	size_t n = choose(w, choice, chosen);
	struct idr_mdoc_answer answer;
	struct idr_bytes out = { NULL, 0 };
	struct idr_err err;

	fuzz_check(idr_mdoc_select(w->a, issued, choice, n, w->in.transcript, IDR_ES256, &answer, &err) &&
	    idr_mdoc_respond(w->a, &answer, fuzzland_sign(w->a, answer.to_be_signed), &out, &err));
	return out;
}

/* Other bytes: refused, or the same in every respect but for elements that were left out on the way. */
static void check_changed(struct world *w, struct idr_bytes response, const struct idr_verdict *was)
{
	const struct idr_json *before = idr_verdict_claims(was), *after;
	struct idr_bytes other = response;
	const struct idr_verdict *v;

	for (unsigned n = pick(w, CHANGES); n; n--)
		if (other.n)
			fuzz_change(w->a, &w->choices, &other);
	if (idr_bytes_equal(other, response))
		return;
	v = judge(w, other);
	if (v->result != IDR_VALID)
		return;
	after = idr_verdict_claims(v);
	fuzz_check(idr_bytes_equal(v->vct, was->vct) && v->expires == was->expires && idr_key_equal(&v->holder, &was->holder));
	fuzz_check(v->possession == IDR_POSSESSION_PROVED && v->status.present == was->status.present);
	for (const struct idr_json *space = idr_json_first(after); space; space = idr_json_next(after, space)) {
		const struct idr_json *all = idr_json_value(space), *signed_all = idr_json_find_bytes(before, space->text);

		for (const struct idr_json *k = idr_json_first(all); k; k = idr_json_next(all, k))
			fuzz_check(idr_json_equal(idr_json_value(k), idr_json_find_bytes(signed_all, k->text)));
	}
}

static void try_all(struct world *w)
{
	struct idr_bytes issued = issue(w), response;
	bool chosen[IDR_MDOC_ELEMENTS];
	const struct idr_verdict *v;

	if (!issued.p)
		return;
	v = judge(w, issued);
	fuzz_check(v->result == IDR_VALID && v->possession == IDR_POSSESSION_NONE);
	check_shown(w, idr_verdict_claims(v), NULL);
	w->in.transcript = IDR_LIT("\x83\xf6\xf6\x81\x65" "fuzzy");
	fuzz_check(judge(w, issued)->result == IDR_INVALID);
	response = present(w, issued, chosen);
	v = judge(w, response);
	fuzz_check(v->result == IDR_VALID && v->possession == IDR_POSSESSION_PROVED);
	check_shown(w, idr_verdict_claims(v), chosen);
	check_changed(w, response, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct idr_path_cache *cache;
	struct world w = { .a = idr_arena_new(32 << 20), .choices = idr_bytes(data, size), .fits = true };

	if (!cache)
		cache = idr_path_cache_new();
	/* most of the time would go into certificates */
	w.in = (struct idr_verify_in){ .trust = fuzzland()->trust, .cache = cache, .status = { find_status, &w } };
	if (make_claims(&w))
		try_all(&w);
	idr_arena_free(&w.a);
	return 0;
}
