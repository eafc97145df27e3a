#include "idwallet/wallet_issuing.h"

/* OpenID4VCI 1.0 section 8.3, appendix A: what comes must be what was announced and
 * asked for */

static bool check_type(const struct wallet_session *x, const struct wallet_entry *e, struct idr_err *err)
{
	bool mdoc = e->format == IDR_FORMAT_MDOC;
	const struct idr_json *type = idr_json_find(wallet_configuration(&x->issuer, e->configuration),
	    mdoc ? "doctype" : "vct");

	if (idr_json_is(type, IDR_JSON_STRING) && idr_bytes_equal(type->text, e->type))
		return true;
	return idr_fail(err, mdoc ? IDR_DOCTYPE : IDR_VCT,
	    mdoc ? "OpenID4VCI 1.0 appendix A.2.2" : "OpenID4VCI 1.0 appendix A.3.2",
	    "the credential is of another type than the issuer's metadata says");
}

static bool check_key(const struct idr_key *holder, const struct idr_private *key, struct idr_err *err)
{
	return idr_key_equal(holder, idr_private_public(key)) ||
	    idr_fail(err, IDR_CNF, "OpenID4VCI 1.0 section 8.3", "the credential is bound to another key");
}

static bool check_sdjwt(struct wallet_session *x, struct wallet_entry *e, const struct idr_private *key,
    struct idr_err *err)
{
	struct idr_sdjwt_result sdjwt;

	if (!wallet_sdjwt_read(x->s, x->a, e->credential, wallet_now(), &sdjwt, err))
		return false;
	e->type = sdjwt.vct;
	return check_type(x, e, err) && check_key(&sdjwt.holder, key, err);
}

static bool check_mdoc(struct wallet_session *x, struct wallet_entry *e, const struct idr_private *key,
    struct idr_err *err)
{
	struct idr_mdoc_result mdoc;

	if (!wallet_mdoc_read(x->s, x->a, e->credential, wallet_now(), &mdoc, err))
		return false;
	e->type = mdoc.doctype;
	return check_type(x, e, err) && check_key(&mdoc.device, key, err);
}

/* implements: VCI 13.5b */
bool wallet_check(struct wallet_session *x, struct wallet_entry *e, const struct idr_private *key,
    struct idr_err *err)
{
	const struct idr_json *format = idr_json_find(wallet_configuration(&x->issuer, e->configuration),
	    "format");

	e->format = idr_json_is_str(format,
	    idr_format_name(IDR_FORMAT_MDOC)) ? IDR_FORMAT_MDOC : IDR_FORMAT_SDJWT;
	return (e->format == IDR_FORMAT_MDOC ? check_mdoc : check_sdjwt)(x, e, key, err);
}
