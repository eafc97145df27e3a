/*
 * mdoc_verify: why an mdoc is refused: formats brief 2.7, top to bottom.
 *
 * docType is read before the signer is looked for, because trust is given per type. It is believed only as
 * far as that: nothing is valid before every pending signature has passed.
 */
#include "base/text.h"
#include "mdoc/mdoc_internal.h"

#define REF_DS "ISO/IEC 18013-5 table B.3"
#define MDL "org.iso.18013.5.1.mDL"
#define MDL_NAMESPACE "org.iso.18013.5.1"

enum { TAG_TDATE = 0, DAY = 86400, MDL_SIGNER_DAYS = 457 };

static bool malformed(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, IDR_MDOC_REF_MSO, "%s", what);
}

/* A code of a lower room becomes the code of this check; only "could not run" stays. */
static bool recode(struct idr_err *err, enum idr_code code)
{
	if (err->code != IDR_MEMORY)
		err->code = code;
	return false;
}

/* step 1; implements: MDOC 8.3.2.1.2.2a, MDOC 8.3.2.1.2.3a */
static bool check_form(struct mdoc_run *r, struct idr_err *err)
{
	if (!idr_mdoc_open(r->a, r->out->cbor, &r->parts, err))
		return false;
	idr_findings_pass(r->f, IDR_MALFORMED, IDR_MDOC_REF_RESPONSE);
	return true;
}

static bool is_accepted(const struct idr_mdoc_rules *rules, struct idr_bytes doctype)
{
	for (size_t i = 0; i < rules->n_doctype; i++)
		if (idr_bytes_equal(rules->doctype[i], doctype))
			return true;
	return rules->n_doctype == 0;
}

/* step 3; COSE structures of an mdoc carry no tag, a leading tag 18 is passed over.
 * implements: MDOC 9.1.2.4f: alg is protected, the payload is the embedded MSO */
static bool check_issuer_auth(struct mdoc_run *r, struct idr_err *err)
{
	struct idr_sign1 *m = &r->out->issuer;

	if (!idr_sign1_parse(r->a, r->parts.issuer_auth, IDR_SIGN1_EITHER, false, m, err))
		return err->code == IDR_COSE_TAG ? recode(err, IDR_MALFORMED) : false;
	if (!idr_mdoc_mso(r->a, m, &r->mso, err))
		return false;
	if (!idr_alg_allowed(r->rules->algs, m->alg))
		return idr_fail(err, IDR_ALGORITHM, IDR_MDOC_REF_MSO, "alg is absent or not allowed");
	idr_findings_pass(r->f, IDR_ALGORITHM, "RFC 9053 section 2");
	idr_findings_pass(r->f, IDR_CRIT, "RFC 9052 section 3.1");
	return true;
}

/* step 2, asked when the docType of an IssuerSigned is known as well; implements: MDOC 8.3.2.1.2.2c */
static bool check_doctype(struct mdoc_run *r, struct idr_err *err)
{
	r->out->doctype = r->parts.doctype.p ? r->parts.doctype : r->mso.doctype;
	if (!r->out->doctype.n)
		return malformed(err, "docType is empty");
	if (!is_accepted(r->rules, r->out->doctype))
		return idr_fail(err, IDR_DOCTYPE, IDR_MDOC_REF_INSPECT,
		    "the document is of a type that was not asked for");
	return true;
}

/*
 * implements: MDOC B.3c. What table B.3 says of the signer of a driving licence and general trust
 * does not: usages must be there, and the certificate is short-lived. Other types leave both to their anchor.
 */
static bool check_mdl_signer(const struct idr_cert *leaf, struct idr_err *err)
{
	if (!leaf->has_eku)
		return idr_fail(err, IDR_CHAIN_PROFILE, REF_DS, "the signer's certificate has no extended key usage");
	if (!leaf->has_key_usage || leaf->key_usage != IDR_KU_DIGITAL_SIGNATURE)
		return idr_fail(err, IDR_CHAIN_PROFILE, REF_DS, "the signer's key usage is not digitalSignature alone");
	if (leaf->not_after - leaf->not_before > (int64_t)MDL_SIGNER_DAYS * DAY)
		return idr_fail(err, IDR_CHAIN_PROFILE, REF_DS,
		    "the signer's certificate is valid for more than %d days", MDL_SIGNER_DAYS);
	return true;
}

/* step 4; implements: MDOC 9.3.1a: x5chain in the header, path to a trusted IACA */
static bool check_trust(struct mdoc_run *r, struct idr_err *err)
{
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_path *path = &r->out->path;
	size_t n = 0;

	if (!idr_sign1_x5chain(r->a, &r->out->issuer, der, &n, err))
		return err->code == IDR_CHAIN_ORDER ? false : recode(err, IDR_TRUST);
	if (!n)
		return idr_fail(err, IDR_TRUST, IDR_MDOC_REF_INSPECT, "issuerAuth carries no certificate");
	if (!idr_trust_path(r->s, r->a, r->rules->trust, r->rules->cache, IDR_PURPOSE_ISSUER, r->out->doctype,
	    der, n, r->now, path, err))
		return false;
	if (path->anchor && idr_bytes_is(r->out->doctype, MDL) && !check_mdl_signer(&path->leaf, err))
		return false;
	idr_findings_pass(r->f, IDR_TRUST, IDR_MDOC_REF_INSPECT);
	return true;
}

/* step 5; implements: MDOC 9.3.1b: the signature of IssuerAuth */
/* implements: VP 8.6a */
static bool check_issuer_signature(struct mdoc_run *r, struct idr_err *err)
{
	if (!idr_sign1_check(r->a, &r->out->issuer, idr_bytes(NULL, 0), &r->out->path.leaf.key, r->rules->algs,
	    &r->checks[*r->n_checks], err))
		return recode(err, IDR_ALGORITHM);
	idr_findings_pend(r->f, IDR_ISSUER_SIGNATURE, IDR_MDOC_REF_INSPECT, (int)*r->n_checks);
	++*r->n_checks;
	return true;
}

/* A namespace the key may sign whole must not be listed element by element too; implements: MDOC 9.1.2.4h */
static bool check_authorizations(struct mdoc_run *r, struct idr_err *err)
{
	struct idr_cbor spaces, elements, unused;
	struct idr_bytes name;
	bool has_spaces = idr_cbor_find_text(r->mso.authorized, "nameSpaces", &spaces);
	bool has_elements = idr_cbor_find_text(r->mso.authorized, "dataElements", &elements);

	if ((has_spaces && !idr_cbor_is(spaces, IDR_CBOR_ARRAY)) ||
	    (has_elements && !idr_cbor_is(elements, IDR_CBOR_MAP)))
		return malformed(err, "keyAuthorizations is not in its form");
	if (!has_spaces || !has_elements)
		return true;
	for (struct idr_cbor c = idr_cbor_first(spaces); c.raw.n; c = idr_cbor_next(spaces, c)) {
		if (!idr_cbor_is(c, IDR_CBOR_TEXT))
			return malformed(err, "keyAuthorizations names something that is no text");
		if (!idr_cbor_string(r->a, c, &name, err))
			return false;
		if (idr_cbor_find_bytes(elements, name, &unused))
			return malformed(err, "keyAuthorizations names a namespace in both of its lists");
	}
	return true;
}

static bool read_device_key(struct mdoc_run *r, struct idr_err *err)
{
	struct idr_cbor info, key;

	if (!idr_cbor_find_text(r->mso.map, "deviceKeyInfo", &info) ||
	    !idr_cbor_find_text(info, "deviceKey", &key))
		return malformed(err, "the mobile security object has no device key");
	if (!idr_key_from_cose(r->s, key, &r->out->device, err))
		return recode(err, IDR_MALFORMED);
	if (!idr_cbor_find_text(info, "keyAuthorizations", &r->mso.authorized))
		return true;
	return idr_cbor_is(r->mso.authorized, IDR_CBOR_MAP) ? check_authorizations(r, err) :
	    malformed(err, "keyAuthorizations is not a map");
}

/* step 6; implements: MDOC 9.1.2.5d, MDOC 9.3.1c: the docType of the MSO is that of the document */
static bool check_mso(struct mdoc_run *r, struct idr_err *err)
{
	struct idr_bytes version, algorithm;

	if (!idr_mdoc_string(r->a, r->mso.map, "version", IDR_CBOR_TEXT, &version, err))
		return false;
	if (!idr_mdoc_is_version(version))
		return idr_fail(err, IDR_VERSION, IDR_MDOC_REF_MSO,
		    "the mobile security object is of another version than 1");
	idr_findings_pass(r->f, IDR_VERSION, IDR_MDOC_REF_MSO);
	if (!idr_mdoc_string(r->a, r->mso.map, "digestAlgorithm", IDR_CBOR_TEXT, &algorithm, err))
		return false;
	if (!idr_hash_from_mso(algorithm, &r->mso.hash))
		return idr_fail(err, IDR_HASH_ALG, IDR_MDOC_REF_MSO,
		    "the digest algorithm is not SHA-256, SHA-384 or SHA-512");
	idr_findings_pass(r->f, IDR_HASH_ALG, IDR_MDOC_REF_MSO);
	if (!idr_bytes_equal(r->mso.doctype, r->out->doctype))
		return idr_fail(err, IDR_DOCTYPE, IDR_MDOC_REF_INSPECT,
		    "the document says another type than its issuer signed");
	idr_findings_pass(r->f, IDR_DOCTYPE, IDR_MDOC_REF_INSPECT);
	if (!idr_cbor_find_text(r->mso.map, "valueDigests", &r->mso.digests) ||
	    !idr_cbor_is(r->mso.digests, IDR_CBOR_MAP))
		return malformed(err, "valueDigests is missing or not a map");
	return read_device_key(r, err);
}

/* implements: MDOC 9.1.2.4g: tag 0, UTC, whole seconds */
static bool read_tdate(struct mdoc_run *r, struct idr_cbor info, const char *name, int64_t *out,
    struct idr_err *err)
{
	struct idr_cbor v, text;
	struct idr_bytes s;

	if (!idr_cbor_find_text(info, name, &v) || !idr_cbor_untag(v, TAG_TDATE, &text) ||
	    !idr_cbor_is(text, IDR_CBOR_TEXT))
		return idr_fail(err, IDR_MALFORMED, IDR_MDOC_REF_MSO, "%s is missing or no tdate", name);
	if (!idr_cbor_string(r->a, text, &s, err))
		return false;
	return idr_time_parse(s, out) ||
	    idr_fail(err, IDR_MALFORMED, IDR_MDOC_REF_MSO, "%s is not written in whole seconds of UTC", name);
}

/* step 7; implements: MDOC 9.3.1d: signed while its signer was valid, valid now */
static bool check_validity(struct mdoc_run *r, struct idr_err *err)
{
	struct idr_mdoc_result *o = r->out;
	struct idr_cbor info;

	if (!idr_cbor_find_text(r->mso.map, "validityInfo", &info))
		return malformed(err, "the mobile security object has no validityInfo");
	if (!read_tdate(r, info, "signed", &o->signed_at, err) ||
	    !read_tdate(r, info, "validFrom", &o->valid_from, err) ||
	    !read_tdate(r, info, "validUntil", &o->valid_until, err))
		return false;
	if (o->signed_at < o->path.leaf.not_before || o->signed_at > o->path.leaf.not_after)
		return idr_fail(err, IDR_VALIDITY, IDR_MDOC_REF_INSPECT, "it was signed outside its signer's validity");
	if (o->valid_from < o->signed_at || o->valid_until <= o->valid_from)
		return idr_fail(err, IDR_VALIDITY, IDR_MDOC_REF_MSO,
		    "signed, validFrom and validUntil are not in this order");
	idr_findings_pass(r->f, IDR_VALIDITY, IDR_MDOC_REF_MSO);
	if (r->now + r->rules->skew < o->valid_from)
		return idr_fail(err, IDR_NBF, IDR_MDOC_REF_INSPECT, "validFrom lies in the future");
	idr_findings_pass(r->f, IDR_NBF, IDR_MDOC_REF_INSPECT);
	if (r->now - r->rules->skew > o->valid_until)
		return idr_fail(err, IDR_EXPIRED, IDR_MDOC_REF_INSPECT, "validUntil has passed");
	idr_findings_pass(r->f, IDR_EXPIRED, IDR_MDOC_REF_INSPECT);
	return true;
}

/* step 11, the part that is ours: what the status reference says. Which list that is, the caller asks.
 * implements: MDOC 12.3.6c */
static bool check_status(struct mdoc_run *r, struct idr_err *err)
{
	struct idr_mdoc_result *o = r->out;
	struct idr_cbor status, list;

	if (!idr_cbor_find_text(r->mso.map, "status", &status))
		return true;
	o->status.present = idr_cbor_find_text(status, "identifier_list", &list);
	if (!(o->status.present ? idr_status_id_cbor(r->a, status, &o->status.uri, &o->status_id, err) :
	    idr_status_ref_cbor(r->a, status, &o->status, err)))
		return false;
	idr_findings_pass(r->f, IDR_REFERENCED_STATUS_MALFORMED, "draft-ietf-oauth-status-list section 6.3");
	return true;
}

static bool fits(const struct idr_json *v, struct idr_bytes name)
{
	return idr_json_is(v, IDR_JSON_STRING) && idr_bytes_equal(v->text, name);
}

/* step 12; implements: MDOC 9.3.1e: an mDL speaks for its signer's country and province */
static bool check_mdl_country(struct mdoc_run *r, struct idr_err *err)
{
	const struct idr_json *space = idr_json_find(r->out->claims, MDL_NAMESPACE);
	const struct idr_json *country = idr_json_find(space, "issuing_country");
	const struct idr_json *province = idr_json_find(space, "issuing_jurisdiction");
	const struct idr_cert *leaf = &r->out->path.leaf;

	if (!idr_bytes_is(r->out->doctype, MDL) || !r->out->path.anchor)
		return true;
	if (country && !fits(country, leaf->country))
		return idr_fail(err, IDR_TRUST, IDR_MDOC_REF_INSPECT,
		    "issuing_country is not the signer's country");
	if (province && leaf->state.p && !fits(province, leaf->state))
		return idr_fail(err, IDR_TRUST, IDR_MDOC_REF_INSPECT,
		    "issuing_jurisdiction is not the signer's state or province");
	return true;
}

bool idr_mdoc_begin(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in,
    const struct idr_mdoc_rules *rules, int64_t now, struct idr_mdoc_result *out, struct idr_findings *f,
    struct idr_check *checks, size_t *n_checks, struct idr_err *err)
{
	static bool (*const steps[])(struct mdoc_run *, struct idr_err *) = {
		check_form, check_issuer_auth, check_doctype, check_trust, check_issuer_signature, check_mso,
		check_validity, check_status, idr_mdoc_check_digests, idr_mdoc_check_device, check_mdl_country };
	struct mdoc_run r = { .s = s, .a = a, .rules = rules, .now = now, .out = out, .f = f, .checks = checks,
		.n_checks = n_checks };
	struct idr_err why;
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = idr_mdoc_decode(a, in, &out->cbor, &why);
	for (size_t i = 0; ok && i < sizeof(steps) / sizeof(steps[0]); i++)
		ok = steps[i](&r, &why);
	if (!ok && why.code == IDR_MEMORY) {
		*err = why;
		return false;
	}
	if (!ok)
		idr_findings_fail(f, &why);
	return true;
}
