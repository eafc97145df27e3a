/* sdjwt_parse: splitting an SD-JWT and decoding its issuer JWT. No cryptography, no meaning. */
#include "sdjwt/sdjwt_internal.h"

static size_t count(struct idr_bytes in, uint8_t c)
{
	size_t n = 0;

	for (size_t i = 0; (i = idr_bytes_index(in, i, c)) != SIZE_MAX; i++)
		n++;
	return n;
}

/* implements: SDJWT 4b: issuer JWT, "~", disclosures each with "~", KB-JWT or nothing */
static bool split(struct idr_arena *a, struct idr_bytes in, struct idr_sdjwt *out,
    struct idr_err *err)
{
	size_t tildes = count(in, '~');
	size_t at;

	if (!tildes)
		return idr_fail(err, IDR_MALFORMED, "RFC 9901 section 4", "there is no '~'");
	if (tildes - 1 > IDR_SDJWT_DISCLOSURES)
		return idr_fail(err, IDR_LIMIT, NULL, "there are more than %d disclosures",
		    IDR_SDJWT_DISCLOSURES);
	out->n_disclosure = tildes - 1;
	out->disclosure = idr_arena_array(a, tildes, sizeof(*out->disclosure), err);
	if (!out->disclosure)
		return false;
	at = idr_bytes_index(in, 0, '~');
	out->issuer_jwt = idr_bytes_first(in, at);
	for (size_t i = 0; i < out->n_disclosure; i++) {
		size_t end = idr_bytes_index(in, at + 1, '~');

		if (end == at + 1)
			return idr_fail(err, IDR_MALFORMED, "RFC 9901 section 4",
			    "disclosure %zu is empty", i);
		out->disclosure[i].text = idr_bytes(in.p + at + 1, end - at - 1);
		at = end;
	}
	if (at + 1 > IDR_SDJWT_CREDENTIAL_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "the credential is longer than %d bytes",
		    IDR_SDJWT_CREDENTIAL_MAX);
	out->text = in;
	out->presented = idr_bytes_first(in, at + 1);
	out->kb_jwt = idr_bytes_from(in, at + 1);
	if (out->kb_jwt.n && count(out->kb_jwt, '.') != 2)
		return idr_fail(err, IDR_MALFORMED, "RFC 9901 section 4",
		    "behind the last '~' stands no JWT");
	return true;
}

/* implements: HAIP 6.1a */
bool idr_sdjwt_parse(struct idr_arena *a, struct idr_bytes in, struct idr_sdjwt *out,
    struct idr_err *err)
{
	struct idr_sdjwt j = { .hash = IDR_SHA256 };

	if (in.n > IDR_SDJWT_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "it is longer than %d bytes", IDR_SDJWT_MAX);
	if (!split(a, in, &j, err) ||
	    !idr_jws_parse(a, j.issuer_jwt, IDR_SDJWT_MAX, false, &j.issuer, err) ||
	    !idr_jwt_payload(a, &j.issuer, &j.payload, err))
		return false;
	*out = j;
	return true;
}
