#include "fuzz/presented.h"

#include "base/text.h"
#include "jose/jws.h"

struct keys {
	struct idr_private *holder, *other, *foreign_root;
	struct idr_bytes foreign_root_der, foreign_der, expired_der, reader_der;
};

struct work {
	struct idr_arena *a;
	const struct presented_plan *p;
	struct idr_bytes text[PRESENTED_CLAIMS]; /* disclosures as they are sent */
	char digest[PRESENTED_CLAIMS][44];
};

static struct idr_private *key(uint8_t d)
{
	uint8_t scalar[32] = { 0 };
	struct idr_private *k = NULL;
	struct idr_err err;

	scalar[31] = d;
	fuzz_check(idr_private_from_scalar(fuzzland()->s, IDR_P256, idr_bytes(scalar, 32), &k, &err));
	return k;
}

static struct idr_bytes certify(enum idr_cert_profile profile, const struct idr_private *subject,
    struct idr_bytes issuer_der, const struct idr_private *issuer, int64_t from, int64_t to)
{
	struct idr_certify c = { .profile = profile, .country = "UT", .common_name = "Presented",
		.organization = "Presented", .url = "https://ca.example", .subject_key = idr_private_public(subject),
		.issuer_der = issuer_der, .issuer_key = issuer, .not_before = FUZZ_NOW + from,
		.not_after = FUZZ_NOW + to };
	struct idr_bytes der = { NULL, 0 };
	struct idr_err err;

	if (profile == IDR_PROFILE_READER)
		c.dns[c.n_dns++] = "verifier.example";
	fuzz_check(idr_certify(fuzzland()->s, fuzzland()->a, &c, &der, &err));
	return der;
}

static const struct keys *keys(void)
{
	const struct fuzzland *f = fuzzland();
	const struct idr_bytes none = { NULL, 0 };
	static struct keys k;

	if (k.holder)
		return &k;
	k.holder = key(21);
	k.other = key(22);
	k.foreign_root = key(23);
	k.foreign_root_der = certify(IDR_PROFILE_ROOT, k.foreign_root, none, k.foreign_root, -86400, 86400);
	k.foreign_der = certify(IDR_PROFILE_DOCUMENT_SIGNER, k.other, k.foreign_root_der, k.foreign_root,
	    -86400, 86400);
	k.expired_der = certify(IDR_PROFILE_DOCUMENT_SIGNER, f->signer, f->root_der, f->root, -86400, -3600);
	k.reader_der = certify(IDR_PROFILE_READER, f->signer, f->root_der, f->root, -86400, 86400);
	return &k;
}

static const char *done(struct idr_buf *b)
{
	idr_buf_put_byte(b, 0);
	fuzz_check(!b->failed);
	return (const char *)b->p;
}

static const char *number(struct idr_arena *a, int64_t n)
{
	struct idr_err err;
	const char *text = idr_arena_printf(a, &err, "%lld", (long long)n);

	fuzz_check(text != NULL);
	return text;
}

const char *presented_holder(struct idr_arena *a, enum presented_key which)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 256, 512);
	idr_buf_put_str(&b, "{\"jwk\":");
	idr_key_put_jwk(&b, idr_private_public(which == KEY_RIGHT ? keys()->holder : keys()->other), NULL);
	idr_buf_put_byte(&b, '}');
	return done(&b);
}

struct presented_plan presented_plan(struct idr_arena *a)
{
	return (struct presented_plan){
		.alg = "\"ES256\"", .typ = "\"dc+sd-jwt\"", .header_more = "",
		.iss = "\"https://issuer.example\"", .vct = "\"" PRESENTED_VCT "\"", .iat = number(a, FUZZ_NOW - 86400),
		.nbf = number(a, FUZZ_NOW - 86400), .exp = number(a, FUZZ_NOW + 86400), .sd_alg = "\"sha-256\"",
		.status = "{\"status_list\":{\"idx\":7,\"uri\":\"" PRESENTED_LIST "\"}}",
		.cnf = presented_holder(a, KEY_RIGHT), .payload_more = "", .sent = 0x3f, .repeated = -1,
		.digest_twice = -1, .kb = true, .kb_alg = "\"ES256\"", .kb_typ = "\"kb+jwt\"", .kb_header_more = "",
		.kb_iat = number(a, FUZZ_NOW - 5), .kb_nonce = "\"" PRESENTED_NONCE "\"",
		.kb_aud = "\"" PRESENTED_AUD "\"", .kb_more = ""
	};
}

/* ---- disclosures ---- */

static struct idr_bytes encoded(struct work *w, const char *text)
{
	struct idr_buf b;

	idr_buf_init(&b, w->a, 256, 1 << 20);
	idr_b64url_put(&b, idr_str(text));
	fuzz_check(!b.failed);
	return idr_buf_bytes(&b);
}

static void digest(struct idr_bytes in, char out[44])
{
	uint8_t hash[IDR_HASH_MAX];

	idr_suite_hash(fuzzland()->s, IDR_SHA256, in, hash);
	idr_b64url_encode(idr_bytes(hash, 32), (uint8_t *)out);
	out[43] = '\0';
}

static void disclose(struct work *w, enum presented_claim i, const char *right)
{
	const struct presented_plan *p = w->p;

	w->text[i] = encoded(w, p->shape[i] ? p->shape[i] : right);
	digest(w->text[i], w->digest[i]);
	if (p->late[i])
		w->text[i] = encoded(w, p->late[i]);
}

static void make_disclosures(struct work *w)
{
	struct idr_err err;
	const char *address;

	disclose(w, CLAIM_NAME, "[\"salt-of-the-name\",\"full_name\",\"Sok Dara\"]");
	disclose(w, CLAIM_BIRTHDATE, "[\"salt-of-the-date\",\"birthdate\",\"1990-05-01\"]");
	disclose(w, CLAIM_STREET, "[\"salt-of-the-street\",\"street\",\"Street 7\"]");
	disclose(w, CLAIM_CITY, "[\"salt-of-the-city\",\"city\",\"Phnom Penh\"]");
	disclose(w, CLAIM_NATIONALITY, "[\"salt-of-the-country\",\"KH\"]");
	address = idr_arena_printf(w->a, &err,
	    "[\"salt-of-the-address\",\"address\",{\"_sd\":[\"%s\",\"%s\"],\"country\":\"UT\"}]",
	    w->digest[CLAIM_STREET], w->digest[CLAIM_CITY]);
	fuzz_check(address != NULL);
	disclose(w, CLAIM_ADDRESS, address);
}

static void put_disclosure(struct work *w, struct idr_buf *b, int i)
{
	for (int n = w->p->repeated == i ? 2 : 1; n; n--) {
		idr_buf_put(b, w->text[i]);
		idr_buf_put_byte(b, '~');
	}
}

static void put_disclosures(struct work *w, struct idr_buf *b, unsigned sent)
{
	size_t from = b->n;

	for (int i = 0; i < PRESENTED_CLAIMS; i++) {
		int at = w->p->reversed ? PRESENTED_CLAIMS - 1 - i : i;

		if (sent & 1u << at)
			put_disclosure(w, b, at);
	}
	if (w->p->padded && b->n > from) {
		b->n--;
		idr_buf_put_str(b, "=~");
	}
	if (w->p->unreferenced) {
		idr_buf_put(b, encoded(w, "[\"salt-of-nothing\",\"nothing\",1]"));
		idr_buf_put_byte(b, '~');
	}
}

/* ---- signed parts ---- */

static void put_member(struct idr_buf *b, const char *name, const char *value)
{
	if (value)
		idr_buf_printf(b, "\"%s\":%s,", name, value);
}

/* Members were put with a comma behind each; the last gives way to what follows. */
static void end_members(struct idr_buf *b, const char *more)
{
	if (b->n && b->p[b->n - 1] == ',')
		b->n--;
	idr_buf_put_str(b, more + (b->p[b->n - 1] == '{' && *more == ','));
	idr_buf_put_byte(b, '}');
}

static struct idr_bytes compact(struct work *w, const char *header, const char *payload,
    const struct idr_private *with)
{
	struct idr_bytes tbs, out = { NULL, 0 };
	uint8_t signature[96];
	struct idr_err err;

	fuzz_check(idr_jws_build(w->a, idr_str(header), idr_str(payload), &tbs, &err) &&
	    idr_private_sign(fuzzland()->s, with, tbs, signature, &err) &&
	    idr_jws_attach(w->a, tbs, idr_bytes(signature, 64), &out, &err));
	return out;
}

static void put_chain(struct idr_buf *b, enum presented_chain chain)
{
	const struct fuzzland *f = fuzzland();
	const struct keys *k = keys();
	const struct idr_bytes first[] = { [CHAIN_GOOD] = f->signer_der, [CHAIN_FOREIGN] = k->foreign_der,
		[CHAIN_EXPIRED] = k->expired_der, [CHAIN_WITH_ANCHOR] = f->signer_der, [CHAIN_ROOT] = f->root_der,
		[CHAIN_READER] = k->reader_der, [CHAIN_TWICE] = f->signer_der };

	if (chain == CHAIN_NONE)
		return;
	idr_buf_put_str(b, "\"x5c\":[\"");
	idr_b64_put(b, first[chain]);
	if (chain == CHAIN_WITH_ANCHOR || chain == CHAIN_TWICE) {
		idr_buf_put_str(b, "\",\"");
		idr_b64_put(b, chain == CHAIN_TWICE ? f->signer_der : f->root_der);
	}
	idr_buf_put_str(b, "\"],");
}

static const struct idr_private *issuer_key(const struct presented_plan *p)
{
	if (p->issuer_key == KEY_OTHER)
		return keys()->holder;
	return p->chain == CHAIN_FOREIGN ? keys()->other : p->chain == CHAIN_ROOT ? fuzzland()->root :
	    fuzzland()->signer;
}

static void put_digests(struct work *w, struct idr_buf *b)
{
	idr_buf_printf(b, "\"_sd\":[\"%s\",\"%s\",\"%s\"", w->digest[CLAIM_NAME], w->digest[CLAIM_BIRTHDATE],
	    w->digest[CLAIM_ADDRESS]);
	if (w->p->digest_twice >= 0)
		idr_buf_printf(b, ",\"%s\"", w->digest[w->p->digest_twice]);
	idr_buf_printf(b, "],\"nationalities\":[\"UT\",{\"...\":\"%s\"}],", w->digest[CLAIM_NATIONALITY]);
}

static struct idr_bytes issuer_jwt(struct work *w)
{
	const struct presented_plan *p = w->p;
	struct idr_buf h, b;

	idr_buf_init(&h, w->a, 4096, 1 << 20);
	idr_buf_put_byte(&h, '{');
	put_member(&h, "alg", p->alg);
	put_member(&h, "typ", p->typ);
	put_chain(&h, p->chain);
	end_members(&h, p->header_more);
	idr_buf_init(&b, w->a, 4096, 1 << 20);
	idr_buf_put_byte(&b, '{');
	put_member(&b, "iss", p->iss);
	put_member(&b, "vct", p->vct);
	put_member(&b, "iat", p->iat);
	put_member(&b, "nbf", p->nbf);
	put_member(&b, "exp", p->exp);
	put_member(&b, "_sd_alg", p->sd_alg);
	put_member(&b, "status", p->status);
	put_member(&b, "cnf", p->cnf);
	put_digests(w, &b);
	end_members(&b, p->payload_more);
	return compact(w, done(&h), done(&b), issuer_key(p));
}

static struct idr_bytes kb_jwt(struct work *w, struct idr_bytes presented)
{
	const struct presented_plan *p = w->p;
	struct idr_buf h, b;
	char hash[44];

	idr_buf_init(&h, w->a, 256, 1 << 20);
	idr_buf_put_byte(&h, '{');
	put_member(&h, "alg", p->kb_alg);
	put_member(&h, "typ", p->kb_typ);
	end_members(&h, p->kb_header_more);
	digest(presented, hash);
	idr_buf_init(&b, w->a, 512, 1 << 20);
	idr_buf_put_byte(&b, '{');
	put_member(&b, "iat", p->kb_iat);
	put_member(&b, "aud", p->kb_aud);
	put_member(&b, "nonce", p->kb_nonce);
	idr_buf_printf(&b, "\"sd_hash\":\"%s\",", hash);
	end_members(&b, p->kb_more);
	return compact(w, done(&h), done(&b), p->kb_key == KEY_RIGHT ? keys()->holder : keys()->other);
}

struct idr_bytes presented_make(struct idr_arena *a, const struct presented_plan *p)
{
	struct work w = { .a = a, .p = p };
	struct idr_bytes jwt;
	struct idr_buf b, all;

	make_disclosures(&w);
	jwt = issuer_jwt(&w);
	idr_buf_init(&b, a, 8192, 1 << 20);
	idr_buf_put(&b, jwt);
	idr_buf_put_byte(&b, '~');
	put_disclosures(&w, &b, p->sent);
	if (p->kb) {
		idr_buf_init(&all, a, 8192, 1 << 20);
		idr_buf_put(&all, jwt);
		idr_buf_put_byte(&all, '~');
		put_disclosures(&w, &all, 0x3f);
		idr_buf_put(&b, kb_jwt(&w, idr_buf_bytes(p->hash_of_all ? &all : &b)));
	}
	fuzz_check(!b.failed);
	return idr_buf_bytes(&b);
}
