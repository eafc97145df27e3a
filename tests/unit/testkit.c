#include "testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "codec/inflate.h"
#include "cose/sign1.h"
#include "jose/jws.h"

/* The sentence of an error is the only help when a kit cannot be built. */
static void must(bool ok, const struct idr_err *err)
{
	if (!ok)
		fail_msg("%s: %s (%s)", idr_code_name(err->code), err->msg, err->at);
}

struct idr_bytes kit_certify(struct kit *k, enum idr_cert_profile profile, const char *country,
    const struct idr_private *subject, struct idr_bytes issuer_der, const struct idr_private *issuer,
    int64_t from, int64_t to)
{
	static const char *const names[] = { "Root", "Document signer", "Status signer", "Reader",
		"Bundle signer", "TLS" };
	struct idr_certify c = { .profile = profile, .country = country ? country : "UT",
		.organization = "Testland", .common_name = names[profile], .url = "https://ca.example",
		.subject_key = idr_private_public(subject), .issuer_der = issuer_der, .issuer_key = issuer,
		.not_before = from, .not_after = to };
	struct idr_bytes der;
	struct idr_err err;

	if (profile == IDR_PROFILE_READER || profile == IDR_PROFILE_TLS)
		c.dns[c.n_dns++] = "verifier.example";
	must(idr_certify(k->s, k->a, &c, &der, &err), &err);
	return der;
}

static struct idr_private *new_key(struct kit *k)
{
	struct idr_private *p;
	struct idr_err err;

	must(idr_private_generate(k->s, IDR_P256, &p, &err), &err);
	return p;
}

static struct idr_bytes leaf(struct kit *k, enum idr_cert_profile profile, struct idr_private *key)
{
	return kit_certify(k, profile, NULL, key, k->root_der, k->root, k->now - 30 * KIT_DAY,
	    k->now + 300 * KIT_DAY);
}

void kit_open(struct kit *k)
{
	struct idr_bytes any = IDR_LIT("urn:*");
	struct idr_err err;

	*k = (struct kit){ .now = KIT_NOW };
	k->s = idr_suite_new();
	k->a = idr_arena_new(KIT_MEMORY);
	assert_true(k->s && k->a);
	k->root = new_key(k);
	k->ds = new_key(k);
	k->status = new_key(k);
	k->bundle = new_key(k);
	k->reader = new_key(k);
	k->holder = new_key(k);
	k->other = new_key(k);
	k->root_der = kit_certify(k, IDR_PROFILE_ROOT, NULL, k->root, (struct idr_bytes){ NULL, 0 }, k->root,
	    k->now - 400 * KIT_DAY, k->now + 3000 * KIT_DAY);
	k->ds_der = leaf(k, IDR_PROFILE_DOCUMENT_SIGNER, k->ds);
	k->status_der = leaf(k, IDR_PROFILE_STATUS_SIGNER, k->status);
	k->bundle_der = leaf(k, IDR_PROFILE_BUNDLE_SIGNER, k->bundle);
	k->reader_der = leaf(k, IDR_PROFILE_READER, k->reader);
	must(idr_trust_new(k->a, &k->trust, &err) &&
	    idr_trust_add_anchor(k->s, k->trust, k->root_der, IDR_PURPOSE_ISSUER | IDR_PURPOSE_STATUS |
	    IDR_PURPOSE_READER | IDR_PURPOSE_BUNDLE, &any, 1, NULL, &err) &&
	    idr_trust_add_signer(k->s, k->trust, k->ds_der, false, &err), &err);
}

void kit_close(struct kit *k)
{
	struct idr_private **keys[] = { &k->root, &k->ds, &k->status, &k->bundle, &k->reader, &k->holder,
		&k->other };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		idr_private_free(keys[i]);
	idr_arena_free(&k->a);
	idr_suite_free(&k->s);
}

int kit_setup(void **state)
{
	struct kit *k = calloc(1, sizeof(*k));

	kit_open(k);
	*state = k;
	return 0;
}

int kit_teardown(void **state)
{
	kit_close(*state);
	free(*state);
	return 0;
}

struct idr_bytes kit_sign(struct kit *k, const struct idr_private *key, struct idr_bytes to_be_signed)
{
	struct idr_err err;
	uint8_t *out = idr_arena_alloc(k->a, 128, &err);

	must(out && idr_private_sign(k->s, key, to_be_signed, out, &err), &err);
	return idr_bytes(out, idr_alg_row(idr_private_alg(key))->signature_len);
}

struct idr_bytes kit_jws(struct kit *k, const struct idr_private *key, const char *header,
    const char *payload)
{
	struct idr_bytes tbs, out;
	struct idr_err err;

	must(idr_jws_build(k->a, idr_str(header), idr_str(payload), &tbs, &err), &err);
	must(idr_jws_attach(k->a, tbs, kit_sign(k, key, tbs), &out, &err), &err);
	return out;
}

const struct idr_json *kit_json(struct kit *k, struct idr_bytes text)
{
	const struct idr_json *v;
	struct idr_err err;

	must(idr_json_parse(k->a, text, 64 * 1024 * 1024, &v, &err), &err);
	return v;
}

struct idr_bytes kit_file(struct kit *k, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct idr_err err;
	struct idr_buf b;
	struct idr_bytes out;
	uint8_t *part;
	size_t n;

	if (!f)
		return (struct idr_bytes){ NULL, 0 };
	idr_buf_init(&b, k->a, 4096, 64 * 1024 * 1024);
	do {
		part = idr_buf_room(&b, 65536);
		assert_non_null(part);
		n = fread(part, 1, 65536, f);
		b.n -= 65536 - n;
	} while (n == 65536);
	fclose(f);
	must(idr_buf_done(&b, &out, &err), &err);
	return out;
}

const char *kit_vectors(void)
{
	const char *dir = getenv("VECTORS");

	return dir && *dir ? dir : "../shared/vectors";
}

struct idr_bytes kit_vector(struct kit *k, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", kit_vectors(), name);
	return kit_file(k, path);
}

struct idr_bytes kit_hex(struct kit *k, struct idr_bytes text)
{
	struct idr_bytes out;
	struct idr_err err;

	must(idr_hex_decode(k->a, text, &out, &err), &err);
	return out;
}

static struct idr_bytes list_jwt(struct kit *k, const struct idr_status_make *m)
{
	struct idr_bytes tbs, out;
	struct idr_err err;

	must(idr_status_build_jwt(k->a, m, &tbs, &err), &err);
	must(idr_jws_attach(k->a, tbs, kit_sign(k, k->status, tbs), &out, &err), &err);
	return out;
}

static struct idr_bytes list_cwt(struct kit *k, const struct idr_status_make *m)
{
	struct idr_bytes map, payload, tbs = { NULL, 0 }, out;
	struct idr_err err;

	must(idr_status_build_cwt(k->a, m, &map, &payload, &err) &&
	    idr_sign1_build(k->a, map, payload, &tbs, &err), &err);
	must(idr_sign1_attach(k->a, map, IDR_LIT("\xa0"), payload, kit_sign(k, k->status, tbs), &out, &err),
	    &err);
	return out;
}

struct idr_bytes kit_list(struct kit *k, bool cwt, unsigned bits, const uint8_t *value, size_t n,
    int64_t iat, int64_t exp)
{
	struct idr_status_make m = { .uri = IDR_LIT(KIT_LIST_URI), .iat = iat, .exp = exp, .ttl = 3600,
		.bits = bits, .alg = IDR_ES256, .chain_der = &k->status_der, .n_chain = 1 };
	size_t bytes = 1024 * bits / 8;
	struct idr_err err;
	uint8_t *map = idr_arena_alloc(k->a, bytes, &err);

	assert_non_null(map);
	for (size_t i = 0; i < n; i++)
		idr_status_set(map, bits, i, value[i]);
	must(idr_deflate(k->a, idr_bytes(map, bytes), true, &m.zlib, &err), &err);
	return cwt ? list_cwt(k, &m) : list_jwt(k, &m);
}
