#include "idctl/ctl_type.h"

#include "draw/draw.h"
#include "mdoc/mdoc.h"
#include "qr/qr.h"
#include "sdjwt/sdjwt.h"
#include "suite/certify.h"

enum { DAY = 86400, CLAIMS_MAX = 256 * 1024, VERSION_MAX = 40, BORDER = 4, LEAF_DAYS = 450 };
static const double module_mm = 25.4 * IDR_PAPER_DOTS / IDR_PAPER_DPI;
static const char list_uri[] = "https://id.example.org/statuslists/1000-0123456789abcdef";

struct ctl_maker {
	struct idr_suite *suite;
	struct idr_private *root, *signer, *holder;
	struct idr_bytes chain;
};

static bool certificates(struct cli *c, struct ctl_maker *m, int64_t now, struct idr_err *err)
{
	struct idr_bytes root;
	struct idr_certify in = {
		.profile = IDR_PROFILE_ROOT, .country = "KH", .organization = "Measuring Authority",
		.common_name = "Measuring Authority Root 1", .url = "https://id.example.org",
		.subject_key = idr_private_public(m->root), .issuer_key = m->root,
		.not_before = now - DAY, .not_after = now + LEAF_DAYS * DAY,
	};

	if (!idr_certify(m->suite, c->arena, &in, &root, err))
		return false;
	in.profile = IDR_PROFILE_DOCUMENT_SIGNER;
	in.common_name = "Measuring Authority Document Signer 1";
	in.subject_key = idr_private_public(m->signer);
	in.issuer_der = root;
	return idr_certify(m->suite, c->arena, &in, &m->chain, err);
}

bool ctl_maker_new(struct cli *c, struct ctl_maker **out, int64_t now, struct idr_err *err)
{
	struct ctl_maker *m = idr_arena_alloc(c->arena, sizeof(*m), err);

	if (!m)
		return false;
	*out = m; /* the caller frees what is there, also after a failure */
	if (!(m->suite = idr_suite_new()))
		return idr_fail(err, IDR_CRYPTO, NULL, "OpenSSL does not offer what is needed");
	return idr_private_generate(m->suite, IDR_P256, &m->root, err) &&
	    idr_private_generate(m->suite, IDR_P256, &m->signer, err) &&
	    idr_private_generate(m->suite, IDR_P256, &m->holder, err) && certificates(c, m, now, err);
}

void ctl_maker_free(struct ctl_maker **m)
{
	if (!*m)
		return;
	idr_private_free(&(*m)->root);
	idr_private_free(&(*m)->signer);
	idr_private_free(&(*m)->holder);
	idr_suite_free(&(*m)->suite);
	*m = NULL;
}

static bool sign(struct ctl_maker *m, struct idr_bytes to_be_signed, uint8_t out[96],
    struct idr_bytes *signature, struct idr_err *err)
{
	*signature = idr_bytes(out, idr_alg_row(idr_private_alg(m->signer))->signature_len);
	return idr_private_sign(m->suite, m->signer, to_be_signed, out, err);
}

static struct idr_status_ref status_of(const struct idr_type *t)
{
	struct idr_status_ref none = { .present = false };

	return t->status_bits ? (struct idr_status_ref){ idr_str(list_uri), 524288, true } : none;
}

static bool measure_sdjwt(struct cli *c, struct ctl_maker *m, const struct idr_type *t,
    const struct idr_json *claims, int64_t now, struct ctl_sizes *out, struct idr_err *err)
{
	const struct idr_sdjwt_make make = {
		.type = t, .claims = claims, .holder = t->holder_binding ? idr_private_public(m->holder) : NULL,
		.iss = IDR_LIT("https://id.example.org"), .iat = now, .exp = now + t->days * DAY,
		.status = status_of(t), .alg = idr_private_alg(m->signer), .chain_der = &m->chain, .n_chain = 1,
	};
	struct idr_sdjwt_built built;
	struct idr_bytes signature, text;
	uint8_t raw[96];

	if (!idr_sdjwt_build(m->suite, c->arena, &make, &built, err) ||
	    !sign(m, built.to_be_signed, raw, &signature, err) ||
	    !idr_sdjwt_attach(c->arena, &built, signature, &text, err))
		return false;
	out->sdjwt = text.n;
	for (size_t i = 0; i + 1 < built.disclosures.n; i++)
		out->disclosures += built.disclosures.p[i] == '~';
	return true;
}

/* The person may be one the mdoc form does not admit: that is said, and is no fault of the type. */
static bool measure_mdoc(struct cli *c, struct ctl_maker *m, const struct idr_type *t,
    const struct idr_json *claims, int64_t now, struct ctl_sizes *out, struct idr_err *err)
{
	const struct idr_mdoc_make make = {
		.type = t, .claims = claims, .holder = idr_private_public(m->holder), .iat = now,
		.exp = now + t->days * DAY, .status = status_of(t), .alg = idr_private_alg(m->signer),
		.chain_der = &m->chain, .n_chain = 1,
	};
	struct idr_mdoc_built built;
	struct idr_bytes signature, cbor;
	uint8_t raw[96];

	if (!idr_type_has_mdoc(t))
		return true;
	if (!idr_mdoc_build(m->suite, c->arena, &make, &built, &out->refused))
		return true;
	out->refused.code = IDR_OK;
	if (!sign(m, built.to_be_signed, raw, &signature, err) ||
	    !idr_mdoc_attach(c->arena, &built, signature, &cbor, err))
		return false;
	out->mdoc = cbor.n;
	for (size_t i = 0; i < t->n_element; i++)
		out->elements += idr_type_value_at(claims, t->element[i].claim) != NULL;
	return true;
}

static bool measure_cut(struct cli *c, struct ctl_maker *m, const struct idr_type *t,
    const struct idr_qr_cut *cut, const struct idr_json *claims, int64_t now, struct ctl_cut_size *out,
    struct idr_err *err)
{
	const struct idr_qr_make make = {
		.type = t, .cut = cut, .claims = claims, .iss = IDR_LIT("https://id.example.org"), .iat = now,
		.exp = now + t->qr_days * DAY, .status = status_of(t), .alg = idr_private_alg(m->signer),
	};
	struct idr_bytes signature, text;
	struct idr_qr_built built;
	struct idr_symbol symbol;
	enum idr_level level;
	struct idr_err ignored;
	uint8_t raw[96];

	if (!idr_qr_build(c->arena, &make, &built, err) || !sign(m, built.to_be_signed, raw, &signature, err) ||
	    !idr_qr_attach(c->arena, &built, signature, &text, err))
		return false;
	/* one too large for paper is measured all the same */
	out->fits_paper = idr_draw_paper(c->arena, text, &symbol, &level, &ignored);
	if (!out->fits_paper && !idr_draw_symbol(c->arena, text, IDR_LEVEL_M, VERSION_MAX, &symbol, err))
		return false;
	out->id = cut->id;
	out->characters = text.n;
	out->version = symbol.version;
	out->level = out->fits_paper && level == IDR_LEVEL_Q ? 'Q' : 'M';
	out->mm = (symbol.size + 2 * BORDER) * module_mm;
	return true;
}

bool ctl_type_measure(struct cli *c, struct ctl_maker *m, const struct idr_type *t,
    const struct idr_json *person, int64_t now, struct ctl_sizes *out, struct idr_err *err)
{
	const struct idr_json *claims;
	struct idr_bytes text;

	if (!idr_type_claims(c->arena, t, person, now, &text, err) ||
	    !idr_json_parse(c->arena, text, CLAIMS_MAX, &claims, err) ||
	    !measure_sdjwt(c, m, t, claims, now, out, err) || !measure_mdoc(c, m, t, claims, now, out, err))
		return false;
	for (size_t i = 0; i < t->n_cut && i < CTL_CUTS_MAX; i++)
		if (!measure_cut(c, m, t, &t->cut[i], claims, now, &out->cut[out->n_cut++], err))
			return false;
	return true;
}
