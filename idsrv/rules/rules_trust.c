#include "rules/rules_trust.h"

#include <stdlib.h>

#include "base/text.h"
#include "suite/pem.h"
#include "sys/file.h"

enum { TRUST_MAX = 256 * 1024, PEM_MAX = 64 * 1024, OPERATORS_MAX = 1024, ANCHOR_TYPES = 128,
	CRL_MAX = 4 * 1024 * 1024 };

/* A path of the trust file is relative to it. */
static char *beside(struct idr_arena *a, const char *file, struct idr_bytes name, struct idr_err *err)
{
	const char *slash = strrchr(file, '/');

	if (name.n && name.p[0] == '/')
		return idr_arena_printf(a, err, "%.*s", (int)name.n, (const char *)name.p);
	return idr_arena_printf(a, err, "%.*s%.*s", slash ? (int)(slash - file + 1) : 0, file,
	    (int)name.n, (const char *)name.p);
}

static bool read_certificate(struct rules *r, const struct conf *c, const struct idr_json *name,
    struct idr_bytes *pem, struct idr_bytes *der, struct idr_err *err)
{
	char *path;
	size_t n;

	if (!idr_json_is(name, IDR_JSON_STRING))
		return idr_fail(err, IDR_CONFIG, NULL, "%s: a certificate path is missing", c->trust_file);
	path = beside(r->arena, c->trust_file, name->text, err);
	if (!path || !file_read(r->arena, path, PEM_MAX, pem, err) ||
	    !idr_pem_certificates(r->arena, *pem, der, 1, &n, err))
		return false;
	if (n != 1)
		return idr_fail(err, IDR_CONFIG, NULL, "%s must hold exactly one certificate", path);
	return true;
}

static bool purposes(const struct idr_json *list, unsigned *out, struct idr_err *err)
{
	static const struct { const char *name; enum idr_purpose bit; } known[] = {
		{ "issuer", IDR_PURPOSE_ISSUER }, { "status", IDR_PURPOSE_STATUS },
		{ "reader", IDR_PURPOSE_READER }, { "bundle", IDR_PURPOSE_BUNDLE },
		{ "wallet", IDR_PURPOSE_WALLET }, { "key_attestation", IDR_PURPOSE_KEY_ATTESTATION },
	};
	const struct idr_json *v;

	*out = 0;
	for (v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		unsigned bit = 0;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (idr_json_is_str(v, known[i].name))
				bit = known[i].bit;
		if (!bit)
			return idr_fail(err, IDR_CONFIG, NULL,
			    "an anchor has an unknown purpose; known: issuer, status, reader, bundle, wallet, "
			    "key_attestation");
		*out |= bit;
	}
	return *out ? true : idr_fail(err, IDR_CONFIG, NULL, "an anchor has no purposes");
}

static bool read_types(const struct idr_json *list, struct idr_bytes types[ANCHOR_TYPES], size_t *n,
    struct idr_err *err)
{
	*n = 0;
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		if (*n == ANCHOR_TYPES || !idr_json_is(v, IDR_JSON_STRING))
			return idr_fail(err, IDR_CONFIG, NULL, "types must be up to %d strings", ANCHOR_TYPES);
		types[(*n)++] = v->text;
	}
	return true;
}

static bool load_anchor(struct idr_suite *s, struct rules *r, const struct conf *c,
    const struct idr_json *x, struct idr_buf *roots, struct idr_err *err)
{
	struct idr_bytes pem, der, types[ANCHOR_TYPES];
	size_t n;
	unsigned set;

	if (!read_certificate(r, c, idr_json_find(x, "certificate"), &pem, &der, err) ||
	    !purposes(idr_json_find(x, "purposes"), &set, err) ||
	    !read_types(idr_json_find(x, "types"), types, &n, err))
		return false;
	if (set & ~(unsigned)(IDR_PURPOSE_WALLET | IDR_PURPOSE_KEY_ATTESTATION))
		idr_buf_put(roots, pem); /* whoever attests wallets vouches for no credential */
	return idr_trust_add_anchor(s, r->trust, der, set, types, n, NULL, err);
}

static bool load_signers(struct idr_suite *s, struct rules *r, const struct conf *c,
    const struct idr_json *list, bool retired, struct idr_err *err)
{
	const struct idr_json *v;
	struct idr_bytes pem, der;

	for (v = idr_json_first(list); v; v = idr_json_next(list, v))
		if (!read_certificate(r, c, v, &pem, &der, err) ||
		    !idr_trust_add_signer(s, r->trust, der, retired, err))
			return false;
	return true;
}

/* Certificates trusted as they are, without a chain; nobody is unless the file says so. */
static bool load_pinned(struct idr_suite *s, struct rules *r, const struct conf *c,
    const struct idr_json *list, struct idr_err *err)
{
	struct idr_bytes pem, der, types[ANCHOR_TYPES];
	size_t n;

	for (const struct idr_json *x = idr_json_first(list); x; x = idr_json_next(list, x)) {
		if (!read_certificate(r, c, idr_json_find(x, "certificate"), &pem, &der, err) ||
		    !read_types(idr_json_find(x, "types"), types, &n, err))
			return false;
		if (!n)
			return idr_fail(err, IDR_CONFIG, NULL, "a pinned signer needs types");
		if (!idr_trust_pin_signer(s, r->trust, der, types, n, err))
			return false;
	}
	return true;
}

static bool load_crls(struct idr_suite *s, struct rules *r, const struct conf *c, const struct idr_json *list,
    struct idr_err *err)
{
	struct idr_bytes der;

	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		char *path;

		if (!idr_json_is(v, IDR_JSON_STRING))
			return idr_fail(err, IDR_CONFIG, NULL, "%s: a CRL path is missing", c->trust_file);
		path = beside(r->arena, c->trust_file, v->text, err);
		if (!path || !file_read(r->arena, path, CRL_MAX, &der, err) ||
		    !idr_trust_add_crl(s, r->trust, der, err))
			return false;
	}
	return true;
}

bool rules_trust_load(struct idr_suite *s, struct rules *r, const struct conf *c,
    struct idr_err *err)
{
	const struct idr_json *doc, *list, *v;
	struct idr_bytes file;
	struct idr_buf roots;

	if (!file_read(r->arena, c->trust_file, TRUST_MAX, &file, err) ||
	    !idr_json_parse(r->arena, file, TRUST_MAX, &doc, err) ||
	    !idr_trust_new(r->arena, &r->trust, err))
		return false;
	idr_buf_init(&roots, r->arena, 4096, TRUST_MAX);
	list = idr_json_find(doc, "anchors");
	for (v = idr_json_first(list); v; v = idr_json_next(list, v))
		if (!load_anchor(s, r, c, v, &roots, err))
			return false;
	if (!roots.n)
		return idr_fail(err, IDR_CONFIG, NULL, "%s names no anchors", c->trust_file);
	return load_signers(s, r, c, idr_json_find(doc, "signers"), false, err) &&
	    load_signers(s, r, c, idr_json_find(doc, "retired"), true, err) &&
	    load_pinned(s, r, c, idr_json_find(doc, "pinned"), err) &&
	    load_crls(s, r, c, idr_json_find(doc, "crls"), err) &&
	    idr_buf_done(&roots, &r->root_pem, err);
}

/* ---- operators ---- */

static struct idr_bytes word(struct idr_bytes line, size_t *at)
{
	size_t from;

	while (*at < line.n && (line.p[*at] == ' ' || line.p[*at] == '\t'))
		(*at)++;
	from = *at;
	while (*at < line.n && line.p[*at] != ' ' && line.p[*at] != '\t' && line.p[*at] != '\r')
		(*at)++;
	return idr_bytes(line.p + from, *at - from);
}

static bool roles(struct idr_bytes list, unsigned *out)
{
	*out = 0;
	while (list.n) {
		size_t comma = idr_bytes_index(list, 0, ',');
		struct idr_bytes one = idr_bytes_first(list, comma);

		if (idr_bytes_is(one, "officer"))
			*out |= RULES_ROLE_OFFICER;
		else if (idr_bytes_is(one, "admin"))
			*out |= RULES_ROLE_ADMIN;
		else if (idr_bytes_is(one, "auditor"))
			*out |= RULES_ROLE_AUDITOR;
		else
			return false;
		list = comma == SIZE_MAX ? IDR_LIT("") : idr_bytes_from(list, comma + 1);
	}
	return *out != 0;
}

static bool load_operator(struct rules *r, struct idr_bytes line, int number,
    struct rules_operator *out, struct idr_err *err)
{
	size_t at = 0;
	struct idr_bytes name = word(line, &at), role = word(line, &at), hash = word(line, &at), raw;
	struct idr_err why;

	if (!hash.n || !idr_is_ascii_token(name) || name.n > 64 || !roles(role, &out->roles) ||
	    !idr_hex_decode(r->arena, hash, &raw, &why) || raw.n != 32)
		return idr_fail(err, IDR_CONFIG, NULL,
		    "operators file line %d: expected `name role[,role] sha256-in-hex`", number);
	memcpy(out->token_sha256, raw.p, 32);
	return (out->name = idr_arena_printf(r->arena, err, "%.*s", (int)name.n,
	            (const char *)name.p)) != NULL;
}

bool rules_operators_load(struct rules *r, const struct conf *c, struct idr_err *err)
{
	struct rules_operator *list;
	struct idr_bytes file;
	int number = 0;

	if (!c->operators_file || !c->operators_file[0])
		return true;
	if (!file_read(r->arena, c->operators_file, TRUST_MAX, &file, err) ||
	    !(list = idr_arena_array(r->arena, OPERATORS_MAX, sizeof(*list), err)))
		return false;
	while (file.n) {
		size_t end = idr_bytes_index(file, 0, '\n');
		struct idr_bytes line = idr_bytes_first(file, end);

		number++;
		file = end == SIZE_MAX ? IDR_LIT("") : idr_bytes_from(file, end + 1);
		if (!line.n || line.p[0] == '#' || (line.n == 1 && line.p[0] == '\r'))
			continue;
		if (r->n_operators == OPERATORS_MAX)
			return idr_fail(err, IDR_LIMIT, NULL, "more than %d operators", OPERATORS_MAX);
		if (!load_operator(r, line, number, &list[r->n_operators], err))
			return false;
		r->n_operators++;
	}
	r->operators = list;
	return true;
}
