#include "status/status.h"

#include "base/text.h"

#define REF "draft-ietf-oauth-status-list section 6.1"

static bool malformed(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_REFERENCED_STATUS_MALFORMED, REF, "%s", what);
}

static bool check_uri(struct idr_bytes uri, struct idr_err *err)
{
	if (!idr_is_ascii_token(uri))
		return malformed(err, "uri in status_list is not a URI");
	return true;
}

/* Digits only: 5.0 and 1e3 are numbers, but no list was ever made by writing them. */
static bool json_index(const struct idr_json *v, uint64_t *out)
{
	int64_t i;

	if (!idr_json_is(v, IDR_JSON_NUMBER) || !idr_json_int(v, &i) || i < 0)
		return false;
	for (size_t j = 0; j < v->raw.n; j++)
		if (v->raw.p[j] < '0' || v->raw.p[j] > '9')
			return false;
	*out = (uint64_t)i;
	return true;
}

/* implements: TSL 6.2b */
bool idr_status_ref_json(const struct idr_json *status, struct idr_status_ref *out,
    struct idr_err *err)
{
	const struct idr_json *list = idr_json_find(status, "status_list");
	const struct idr_json *uri = idr_json_find(list, "uri");
	uint64_t idx;

	if (!status) {
		*out = (struct idr_status_ref){ .present = false };
		return true;
	}
	/* A status of a kind we cannot follow is not the same as none: nothing can be said. */
	if (!idr_json_is(status, IDR_JSON_OBJECT) || !idr_json_is(list, IDR_JSON_OBJECT))
		return malformed(err, "status is not an object with an object status_list");
	if (!json_index(idr_json_find(list, "idx"), &idx))
		return malformed(err, "idx in status_list is not a non-negative integer");
	if (!idr_json_is(uri, IDR_JSON_STRING))
		return malformed(err, "uri in status_list is not a string");
	if (!check_uri(uri->text, err))
		return false;
	*out = (struct idr_status_ref){ uri->text, idx, true };
	return true;
}

/* implements: MDOC 12.3.6c. Two kinds at once would leave open which counts. */
bool idr_status_id_cbor(struct idr_arena *a, struct idr_cbor status, struct idr_bytes *uri_out,
    struct idr_bytes *id_out, struct idr_err *err)
{
	struct idr_cbor list, id, uri;
	struct idr_bytes text, bytes;

	if (!idr_cbor_find_text(status, "identifier_list", &list) || idr_cbor_count(status) != 1)
		return malformed(err, "status is not a map with an identifier_list and nothing else");
	if (!idr_cbor_find_text(list, "id", &id) || !idr_cbor_is(id, IDR_CBOR_BYTES) ||
	    !idr_cbor_find_text(list, "uri", &uri) || !idr_cbor_is(uri, IDR_CBOR_TEXT))
		return malformed(err, "identifier_list is not a map with an id and a uri");
	if (!idr_cbor_string(a, id, &bytes, err) || !idr_cbor_string(a, uri, &text, err) || !check_uri(text, err))
		return false;
	if (!bytes.n)
		return malformed(err, "the id in identifier_list is empty");
	*uri_out = text;
	*id_out = bytes;
	return true;
}

/* implements: TSL 6.3c */
bool idr_status_ref_cbor(struct idr_arena *a, struct idr_cbor status, struct idr_status_ref *out,
    struct idr_err *err)
{
	struct idr_cbor list, idx, uri;
	struct idr_bytes text;

	if (!status.raw.n) {
		*out = (struct idr_status_ref){ .present = false };
		return true;
	}
	if (!idr_cbor_find_text(status, "status_list", &list) || !idr_cbor_is(list, IDR_CBOR_MAP))
		return malformed(err, "status is not a map with a map status_list");
	if (!idr_cbor_find_text(list, "idx", &idx) || !idr_cbor_is(idx, IDR_CBOR_UINT))
		return malformed(err, "idx in status_list is not an unsigned integer");
	if (!idr_cbor_find_text(list, "uri", &uri) || !idr_cbor_is(uri, IDR_CBOR_TEXT))
		return malformed(err, "uri in status_list is not a text");
	if (!idr_cbor_string(a, uri, &text, err) || !check_uri(text, err))
		return false;
	*out = (struct idr_status_ref){ text, idx.arg, true };
	return true;
}
