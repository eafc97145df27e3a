/*
 * presentation: whole presentations for idr_verify() and idr_verify_response(), well formed and well
 * signed, then broken in up to three places. The input chooses; an empty one breaks nothing.
 *
 * Each break names the codes it may be refused with, so this is an oracle: nothing broken must be VALID
 * with exactly the claims that were disclosed, anything broken must not, and the code must be one of
 * theirs. Changing any byte of what was signed is one of the breaks, whatever the code.
 */
#include <stdio.h>

#include "dcql/dcql.h"
#include "fuzz/presented.h"
#include "verify/verify.h"

enum { MOST_BREAKS = 3, CODES = 4 };

/* Which answers a break allows. */
enum grade { HARMLESS, OPEN, REFUSED };

struct world {
	struct idr_arena *a;
	struct idr_bytes choices;
	struct presented_plan plan;
	/* what surrounds the presentation */
	struct idr_verify_in in;
	struct idr_status_answer status;
	enum idr_status_found found;
	/* the oracle */
	enum grade grade;
	bool any_code, allowed[IDR_CODE_COUNT];
	/* a byte changed at the end */
	bool change;
};

static unsigned pick(struct world *w, unsigned n)
{
	return fuzz_pick(&w->choices, n);
}

static const char *one_of(struct world *w, const char *const *text, unsigned n)
{
	return text[pick(w, n)];
}
#define ONE_OF(w, ...) one_of((w), (const char *const[]){ __VA_ARGS__ }, \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static const char *at(struct world *w, int64_t seconds)
{
	struct idr_err err;
	const char *text = idr_arena_printf(w->a, &err, "%lld", (long long)(FUZZ_NOW + seconds));

	fuzz_check(text != NULL);
	return text;
}

static void grade(struct world *w, enum grade g)
{
	if (g > w->grade)
		w->grade = g;
}

/* ---- breaks: what is changed, and how it is refused ---- */

static void issuer_alg(struct world *w)
{
	w->plan.alg = ONE_OF(w, "\"none\"", "\"HS256\"", "\"RS256\"", "\"ES384\"", "\"EdDSA\"", "\"es256\"", "1", NULL);
}
static void issuer_typ(struct world *w)
{
	w->plan.typ = ONE_OF(w, "\"JWT\"", "\"kb+jwt\"", "\"vc+sd-jwt\"", "\"statuslist+jwt\"", "\"dc+SD-jwt\"", "1", NULL);
}
static void issuer_header(struct world *w)
{
	w->plan.header_more = ONE_OF(w, ",\"crit\":[\"x\"]", ",\"crit\":[]", ",\"b64\":false", ",\"jku\":\"https://x\"",
	    ",\"x5u\":\"https://x\"", ",\"jwk\":{}", ",\"x\":1,\"x\":2", ",");
}
static void harmless_header(struct world *w)
{
	w->plan.header_more = ONE_OF(w, ",\"kid\":\"x\"", ",\"kid\":1", ",\"cty\":\"x\"", ",\"x5t#S256\":\"AA\"");
}
static void chain(struct world *w)
{
	w->plan.chain = (enum presented_chain)(1 + pick(w, CHAIN_TWICE));
}
static void issuer_signs_wrong(struct world *w)
{
	w->plan.issuer_key = KEY_OTHER;
}
static void vct(struct world *w)
{
	w->plan.vct = ONE_OF(w, "1", "\"\"", "[\"" PRESENTED_VCT "\"]", NULL);
}
static void expired(struct world *w)
{
	w->plan.exp = at(w, -60 - (int64_t)pick(w, 255));
}
static void not_expired_by_skew(struct world *w)
{
	w->plan.exp = at(w, -58 + (int64_t)pick(w, 120)); /* also when the clock is one second late */
}
static void not_yet(struct world *w)
{
	w->plan.nbf = at(w, 61 + (int64_t)pick(w, 255));
}
static void issued_later(struct world *w)
{
	w->plan.iat = at(w, 61 + (int64_t)pick(w, 255));
}
static void wrong_types(struct world *w)
{
	switch (pick(w, 5)) {
	case 0:
		w->plan.exp = "\"2030\"";
		break;
	case 1:
		w->plan.iss = "1";
		break;
	case 2:
		w->plan.status = "\"valid\"";
		break;
	case 3:
		w->plan.cnf = "[]";
		break;
	default:
		w->plan.nbf = "null";
	}
}
static void payload_twice(struct world *w)
{
	w->plan.payload_more = ONE_OF(w, ",\"x\":1,\"x\":2", ",\"_sd\":[]", ",\"\\u005fsd\":[]",
	    ",\"cnf\":{},\"cnf\":{}", ",", ",\"x\":\"\\u0000\"", ",\"x\":\"\\ud800\"", ",\"x\":01");
}
static void payload_unknown(struct world *w)
{
	w->plan.payload_more = ONE_OF(w, ",\"x\":1e999", ",\"x\":[[[[[{}]]]]]", ",\"x\":\"~.~\"", ",\"EXP\":1");
}
static void meant_for_others(struct world *w)
{
	w->plan.payload_more = ONE_OF(w, ",\"aud\":\"x\"", ",\"aud\":[]", ",\"aud\":{}");
}
static void hash_alg(struct world *w)
{
	w->plan.sd_alg = ONE_OF(w, "\"sha-512\"", "\"md5\"", "\"SHA-256\"", "1");
}
static void no_hash_alg(struct world *w)
{
	w->plan.sd_alg = NULL; /* RFC 9901 section 4.1.1: then it is sha-256 */
}
static void holder_key(struct world *w)
{
	w->plan.cnf = ONE_OF(w, "{}", "{\"jwk\":1}", "{\"kid\":\"x\"}", "{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\","
	    "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}");
}
static void holder_other(struct world *w)
{
	w->plan.cnf = presented_holder(w->a, KEY_OTHER);
}
static void status_malformed(struct world *w)
{
	w->plan.status = ONE_OF(w, "{\"status_list\":{}}", "{\"status_list\":{\"idx\":-1,\"uri\":\"" PRESENTED_LIST "\"}}",
	    "{\"status_list\":{\"idx\":\"7\",\"uri\":\"" PRESENTED_LIST "\"}}", "{\"status_list\":{\"idx\":7}}",
	    "{\"status_list\":[]}");
}
static void revoked(struct world *w)
{
	w->status.value = IDR_VALUE_INVALID;
}
static void suspended(struct world *w)
{
	w->status.value = IDR_VALUE_SUSPENDED;
}
static void no_such_entry(struct world *w)
{
	w->found = IDR_STATUS_NO_ENTRY;
}
static void status_unknown(struct world *w)
{
	if (pick(w, 2))
		w->status.value = 3;
	else
		w->found = IDR_STATUS_NO_LIST;
}
static void status_old(struct world *w)
{
	w->status.as_of = FUZZ_NOW - 86401 - (int64_t)pick(w, 255);
}
static void status_nearly_old(struct world *w)
{
	w->status.as_of = FUZZ_NOW - 86400 + (int64_t)pick(w, 255);
}
static void clock_wrong(struct world *w)
{
	w->in.floor = FUZZ_NOW + 1;
}
static void bundle_old(struct world *w)
{
	w->in.good_until = FUZZ_NOW - 1;
}
static void disclosure_shape(struct world *w)
{
	int i = (int)pick(w, PRESENTED_CLAIMS);

	w->plan.shape[i] = ONE_OF(w, "[\"s\"]", "[]", "{}", "[\"s\",\"a\",\"b\",\"c\"]", "\"s\"", "[1,\"a\",\"b\"]",
	    "[\"s\",1,\"b\"]", "[\"s\",\"_sd\",\"b\"]", "[\"s\",\"...\",\"b\"]", "[\"s\",\"a\",\"b\"", "");
	w->plan.sent = 0x3f;
}
static void name_collides(struct world *w)
{
	w->plan.shape[CLAIM_NAME] = ONE_OF(w, "[\"s\",\"nationalities\",1]", "[\"s\",\"birthdate\",1]", "[\"s\",\"_sd_alg\",1]");
	w->plan.sent = 0x3f;
}
static void hides_registered(struct world *w)
{
	w->plan.exp = NULL;
	w->plan.shape[CLAIM_NAME] = ONE_OF(w, "[\"s\",\"exp\",1]", "[\"s\",\"exp\",1900000000]");
	w->plan.sent = 0x3f;
}
static void disclosure_changed(struct world *w)
{
	int i = (int)pick(w, PRESENTED_CLAIMS);

	w->plan.late[i] = ONE_OF(w, "[\"salt-of-the-name\",\"full_name\",\"Sok Dira\"]", "[\"s\",\"admin\",true]",
	    "[\"salt-of-the-country\",\"TH\"]");
	w->plan.sent = 0x3f;
}
static void disclosure_twice(struct world *w)
{
	w->plan.repeated = (int)pick(w, PRESENTED_CLAIMS);
	w->plan.sent = 0x3f;
}
static void digest_twice(struct world *w)
{
	w->plan.digest_twice = (int)pick(w, PRESENTED_CLAIMS);
	w->plan.sent = 0x3f;
}
static void unreferenced(struct world *w)
{
	w->plan.unreferenced = true;
}
static void padded(struct world *w)
{
	w->plan.padded = true;
	w->plan.sent = 0x3f;
}
static void parent_missing(struct world *w)
{
	w->plan.sent = (w->plan.sent | 1u << CLAIM_CITY) & ~(1u << CLAIM_ADDRESS);
}
static void reversed(struct world *w)
{
	w->plan.reversed = true;
}
static void kb_missing(struct world *w)
{
	w->plan.kb = false;
}
static void kb_alg(struct world *w)
{
	w->plan.kb_alg = ONE_OF(w, "\"none\"", "\"HS256\"", "\"ES384\"", NULL);
}
static void kb_typ(struct world *w)
{
	w->plan.kb_typ = ONE_OF(w, "\"JWT\"", "\"dc+sd-jwt\"", NULL);
}
static void kb_header(struct world *w)
{
	w->plan.kb_header_more = ONE_OF(w, ",\"crit\":[\"x\"]", ",\"b64\":true", ",\"jku\":\"https://x\"");
}
static void kb_nonce(struct world *w)
{
	w->plan.kb_nonce = ONE_OF(w, "\"\"", "\"" PRESENTED_NONCE " \"", "1", "[\"" PRESENTED_NONCE "\"]", NULL);
}
static void kb_aud(struct world *w)
{
	w->plan.kb_aud = ONE_OF(w, "\"verifier\"", "\"x509_hash:verifier2\"", "[\"" PRESENTED_AUD "\"]", NULL);
}
static void kb_old(struct world *w)
{
	w->plan.kb_iat = at(w, -301 - (int64_t)pick(w, 255));
}
static void kb_future(struct world *w)
{
	w->plan.kb_iat = pick(w, 4) ? at(w, 61 + (int64_t)pick(w, 255)) : NULL;
}
static void kb_expired(struct world *w)
{
	w->plan.kb_more = ONE_OF(w, ",\"exp\":1", ",\"nbf\":9999999999", ",\"exp\":\"x\"");
}
static void kb_by_other(struct world *w)
{
	w->plan.kb_key = KEY_OTHER;
}
static void kb_hash(struct world *w)
{
	w->plan.sent &= ~(1u << CLAIM_BIRTHDATE);
	w->plan.hash_of_all = true;
}
static void any_byte(struct world *w)
{
	w->change = true;
}

/* What a break changes: each once, so that none undoes another. */
enum place { P_ALG, P_TYP, P_HEADER, P_CHAIN, P_SIGNATURE, P_VCT, P_EXP, P_NBF, P_IAT, P_TYPES, P_PAYLOAD, P_SD_ALG,
	P_HOLDER, P_REFERENCE, P_STATUS, P_CLOCK, P_BUNDLE, P_SHAPE, P_LATE, P_REPEATED, P_DIGEST, P_MORE, P_PADDED,
	P_SENT, P_ORDER, P_KB, P_KB_ALG, P_KB_TYP, P_KB_HEADER, P_KB_NONCE, P_KB_AUD, P_KB_IAT, P_KB_MORE, P_BYTE };

static const struct {
	void (*apply)(struct world *w);
	enum place place;
	enum grade grade;
	enum idr_code code[CODES]; /* IDR_OK ends; none: any */
} breaks[] = {
	{ issuer_alg, P_ALG, REFUSED, { IDR_ALGORITHM, IDR_MALFORMED } },
	{ issuer_typ, P_TYP, REFUSED, { IDR_TYP } },
	{ issuer_header, P_HEADER, REFUSED, { IDR_CRIT, IDR_MALFORMED } },
	{ harmless_header, P_HEADER, HARMLESS, { IDR_OK } },
	{ chain, P_CHAIN, REFUSED, { IDR_TRUST, IDR_CHAIN_EXPIRED, IDR_CHAIN_PROFILE, IDR_CHAIN_ORDER } },
	{ issuer_signs_wrong, P_SIGNATURE, REFUSED, { IDR_ISSUER_SIGNATURE } },
	{ vct, P_VCT, REFUSED, { IDR_VCT } },
	{ expired, P_EXP, REFUSED, { IDR_EXPIRED } },
	{ not_expired_by_skew, P_EXP, HARMLESS, { IDR_OK } },
	{ not_yet, P_NBF, REFUSED, { IDR_NBF } },
	{ issued_later, P_IAT, REFUSED, { IDR_IAT } },
	{ wrong_types, P_TYPES, REFUSED, { IDR_CLAIM_TYPE } },
	{ payload_twice, P_PAYLOAD, REFUSED, { IDR_MALFORMED } },
	{ payload_unknown, P_PAYLOAD, HARMLESS, { IDR_OK } },
	{ meant_for_others, P_PAYLOAD, REFUSED, { IDR_AUD } },
	{ hash_alg, P_SD_ALG, REFUSED, { IDR_HASH_ALG, IDR_DISCLOSURE_UNREFERENCED, IDR_KB_SD_HASH } },
	{ no_hash_alg, P_SD_ALG, HARMLESS, { IDR_OK } },
	{ holder_key, P_HOLDER, REFUSED, { IDR_CNF } },
	{ holder_other, P_HOLDER, REFUSED, { IDR_KB_SIGNATURE } },
	{ status_malformed, P_REFERENCE, REFUSED, { IDR_REFERENCED_STATUS_MALFORMED } },
	{ revoked, P_STATUS, REFUSED, { IDR_STATUS_REVOKED } },
	{ suspended, P_STATUS, REFUSED, { IDR_STATUS_SUSPENDED } },
	{ no_such_entry, P_STATUS, REFUSED, { IDR_INDEX_OUT_OF_RANGE } },
	{ status_unknown, P_STATUS, OPEN, { IDR_STATUS_UNKNOWN } },
	{ status_old, P_STATUS, OPEN, { IDR_STATUS_STALE } },
	{ status_nearly_old, P_STATUS, HARMLESS, { IDR_OK } },
	{ clock_wrong, P_CLOCK, OPEN, { IDR_CLOCK } },
	{ bundle_old, P_BUNDLE, OPEN, { IDR_BUNDLE_EXPIRED } },
	{ disclosure_shape, P_SHAPE, REFUSED, { IDR_DISCLOSURE_SHAPE, IDR_MALFORMED, IDR_DISCLOSURE_UNREFERENCED } },
	{ name_collides, P_SHAPE, REFUSED, { IDR_NAME_COLLISION, IDR_DISCLOSURE_SHAPE } },
	{ hides_registered, P_SHAPE, REFUSED, { IDR_REGISTERED_CLAIM_SELECTIVELY_DISCLOSED, IDR_NAME_COLLISION } },
	{ disclosure_changed, P_LATE, REFUSED, { IDR_DISCLOSURE_UNREFERENCED } },
	{ disclosure_twice, P_REPEATED, REFUSED, { IDR_DISCLOSURE_DUPLICATE } },
	{ digest_twice, P_DIGEST, REFUSED, { IDR_DIGEST_REPEATED } },
	{ unreferenced, P_MORE, REFUSED, { IDR_DISCLOSURE_UNREFERENCED } },
	{ padded, P_PADDED, REFUSED, { IDR_DISCLOSURE_SHAPE, IDR_DISCLOSURE_UNREFERENCED } },
	{ parent_missing, P_SENT, REFUSED, { IDR_DISCLOSURE_UNREFERENCED } },
	{ reversed, P_ORDER, HARMLESS, { IDR_OK } },
	{ kb_missing, P_KB, REFUSED, { IDR_KB_MISSING } },
	{ kb_alg, P_KB_ALG, REFUSED, { IDR_KB_ALGORITHM } },
	{ kb_typ, P_KB_TYP, REFUSED, { IDR_KB_TYP } },
	{ kb_header, P_KB_HEADER, REFUSED, { IDR_CRIT, IDR_MALFORMED } },
	{ kb_nonce, P_KB_NONCE, REFUSED, { IDR_KB_NONCE } },
	{ kb_aud, P_KB_AUD, REFUSED, { IDR_KB_AUD } },
	{ kb_old, P_KB_IAT, REFUSED, { IDR_KB_IAT } },
	{ kb_future, P_KB_IAT, REFUSED, { IDR_KB_IAT } },
	{ kb_expired, P_KB_MORE, REFUSED, { IDR_KB_EXP } },
	{ kb_by_other, P_HOLDER, REFUSED, { IDR_KB_SIGNATURE } },
	{ kb_hash, P_SENT, REFUSED, { IDR_KB_SD_HASH } },
	{ any_byte, P_BYTE, REFUSED, { IDR_OK } },
};
enum { BREAKS = sizeof(breaks) / sizeof(breaks[0]) };

static void break_it(struct world *w)
{
	unsigned n = pick(w, MOST_BREAKS + 1);
	bool taken[P_BYTE + 1] = { false };

	while (n--) {
		unsigned i = pick(w, BREAKS);

		if (taken[breaks[i].place])
			continue;
		taken[breaks[i].place] = true;
		breaks[i].apply(w);
		grade(w, breaks[i].grade);
		if (breaks[i].grade != HARMLESS && breaks[i].code[0] == IDR_OK)
			w->any_code = true;
		for (size_t k = 0; k < CODES && breaks[i].code[k] != IDR_OK; k++)
			w->allowed[breaks[i].code[k]] = true;
	}
}

static enum idr_status_found find_status(void *ctx, struct idr_bytes uri, uint64_t idx,
    struct idr_status_answer *out)
{
	const struct world *w = ctx;

	fuzz_check(idr_bytes_is(uri, PRESENTED_LIST) && idx == 7);
	*out = w->status;
	return w->found;
}

/* ---- the oracle ---- */

static bool disclosed(const struct world *w, enum presented_claim i)
{
	return w->plan.sent & 1u << i;
}

static void check_claims(const struct world *w, const struct idr_json *claims)
{
	const struct idr_json *address = idr_json_find(claims, "address");
	const struct idr_json *nationalities = idr_json_find(claims, "nationalities");

	fuzz_check(idr_json_is_str(idr_json_find(claims, "full_name"), "Sok Dara") == disclosed(w, CLAIM_NAME));
	fuzz_check(idr_json_is_str(idr_json_find(claims, "birthdate"), "1990-05-01") ==
	    disclosed(w, CLAIM_BIRTHDATE));
	fuzz_check((address != NULL) == disclosed(w, CLAIM_ADDRESS));
	fuzz_check((idr_json_find(address, "street") != NULL) == disclosed(w, CLAIM_STREET));
	fuzz_check((idr_json_find(address, "city") != NULL) == disclosed(w, CLAIM_CITY));
	fuzz_check(idr_json_is(nationalities, IDR_JSON_ARRAY) &&
	    nationalities->n == 1u + disclosed(w, CLAIM_NATIONALITY));
	fuzz_check(!idr_json_find(claims, "_sd") && !idr_json_find(address, "_sd"));
}

static void expect(const struct idr_verdict *v, bool holds, const char *what)
{
	if (!holds)
		fprintf(stderr, "%s: %s %s, %s\n", what, idr_result_name(v->result), idr_code_name(v->code), v->why.msg);
	fuzz_check(holds);
}

static void judge(const struct world *w, const struct idr_verdict *v)
{
	static const enum idr_result at_best[] = { [HARMLESS] = IDR_VALID, [OPEN] = IDR_UNDECIDED,
		[REFUSED] = IDR_INVALID };

	expect(v, (v->result == IDR_VALID) == (idr_verdict_claims(v) != NULL), "claims");
	expect(v, w->any_code || (w->grade == HARMLESS ? v->code == IDR_OK : w->allowed[v->code]), "another code");
	/* a clock that is wrong leaves open what only seems too early */
	expect(v, v->result == at_best[w->grade] || (w->in.floor && v->result == IDR_UNDECIDED), "another verdict");
	expect(v, v->possession == (w->plan.kb && v->result != IDR_INVALID ? IDR_POSSESSION_PROVED :
	    IDR_POSSESSION_NONE) || w->in.floor, "possession");
	if (v->result == IDR_VALID)
		check_claims(w, idr_verdict_claims(v));
}

/* ---- inside of a response ---- */

static const struct idr_dcql *query(void)
{
	static const char text[] = "{\"credentials\":[{\"id\":\"q\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":"
	    "[\"" PRESENTED_VCT "\"]},\"claims\":[{\"path\":[\"full_name\"]},{\"path\":[\"address\",\"city\"]}]}]}";
	static const struct idr_dcql *q;
	struct idr_err err;

	if (!q)
		fuzz_check(idr_dcql_parse(fuzzland()->a, idr_str(text), &q, &err));
	return q;
}

static const struct idr_json *vp_token(struct world *w, struct idr_bytes text, bool *fits)
{
	static const char *const around[][2] = { { "{\"q\":[", "]}" }, { "{\"r\":[", "]}" }, { "{\"q\":", "}" },
		{ "{\"q\":[[", "]]}" }, { "{\"q\":[{},", "]}" }, { "{\"q\":[],\"r\":[", "]}" }, { "[", "]" } };
	unsigned how = pick(w, sizeof(around) / sizeof(around[0]));
	const struct idr_json *v = NULL;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw jw;

	idr_buf_init(&b, w->a, text.n * 2, 8 << 20);
	jw = idr_jw(&b);
	idr_buf_put_str(&b, around[how][0]);
	idr_jw_str(&jw, text);
	idr_buf_put_str(&b, around[how][1]);
	*fits = how == 0;
	/* bytes that are no text do not come as far as this */
	return idr_json_parse(w->a, idr_buf_bytes(&b), 8 << 20, &v, &err) ? v : NULL;
}

static void respond(struct world *w, struct idr_bytes text)
{
	bool fits, wanted = disclosed(w, CLAIM_NAME) && disclosed(w, CLAIM_CITY);
	const struct idr_json *vp = vp_token(w, text, &fits);
	const struct idr_response *r;
	struct idr_err err;

	if (!vp)
		return;
	fuzz_check(idr_verify_response(fuzzland()->s, w->a, vp, query(), &w->in, FUZZ_NOW, &r, &err));
	fuzz_check(r->accepted == (fits && wanted && w->grade == HARMLESS));
	fuzz_check(r->accepted == (r->code == IDR_OK));
	for (size_t i = 0; i < r->n_presentation; i++)
		fuzz_check((r->presentation[i].claims.n > 0) == r->accepted);
}

static struct idr_path_cache *path_cache(void)
{
	static struct idr_path_cache *c;

	if (!c)
		c = idr_path_cache_new();
	return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .a = idr_arena_new(32 << 20), .choices = idr_bytes(data, size),
		.found = IDR_STATUS_FOUND, .status = { .value = IDR_VALUE_VALID, .as_of = FUZZ_NOW } };
	const struct idr_verdict *v;
	struct idr_bytes text;
	struct idr_err err;
	unsigned way;

	w.plan = presented_plan(w.a);
	w.in = (struct idr_verify_in){ .trust = fuzzland()->trust, .status = { find_status, &w },
		.nonce = IDR_LIT(PRESENTED_NONCE), .aud = IDR_LIT(PRESENTED_AUD), .created = FUZZ_NOW - 30 };
	way = pick(&w, 8);
	if (way < 6) /* most of the time goes into certificates */
		w.in.cache = path_cache();
	w.plan.sent = 0x3f ^ pick(&w, 0x40);
	if (disclosed(&w, CLAIM_STREET) || disclosed(&w, CLAIM_CITY))
		w.plan.sent |= 1u << CLAIM_ADDRESS;
	break_it(&w);
	text = presented_make(w.a, &w.plan);
	if (w.change)
		fuzz_change(w.a, &w.choices, &text);
	w.in.input = text;
	if (way % 2) {
		respond(&w, text);
	} else if (idr_verify(fuzzland()->s, w.a, &w.in, FUZZ_NOW, &v, &err)) {
		judge(&w, v);
	} else {
		abort();
	}
	idr_arena_free(&w.a);
	return 0;
}
