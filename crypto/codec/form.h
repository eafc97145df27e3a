/*
 * form: application/x-www-form-urlencoded, read strictly.
 *
 * '+' is a space; %00, broken escapes, invalid UTF-8 and a parameter sent twice are refused
 * (RFC 6749 section 3.1). Used for request bodies and for query strings.
 *
 * Enter at  idr_form_parse(), idr_form_get()
 * Threads   a parsed form is read-only
 */
#ifndef IDR_CODEC_FORM_H
#define IDR_CODEC_FORM_H

#include "base/buf.h"

enum { IDR_FORM_FIELDS = 64 };

struct idr_form {
	struct idr_form_field {
		struct idr_bytes name;
		struct idr_bytes value; /* decoded; a zero stands behind it */
	} *field;
	size_t n;
};

/* errors IDR_FORM, IDR_LIMIT */
IDR_MUST bool idr_form_parse(struct idr_arena *a, struct idr_bytes in, struct idr_form *out,
    struct idr_err *err);
/*
 * The value, or a slice with p == NULL when absent. A parameter without a value counts as absent
 * (RFC 6749 section 3.1).
 */
struct idr_bytes idr_form_find(const struct idr_form *f, const char *name);
/* Append name=value, with '&' before it when b holds something already. */
void idr_form_put(struct idr_buf *b, const char *name, struct idr_bytes value);
/* Percent-encode everything but unreserved characters (RFC 3986 section 2.3). */
void idr_url_put(struct idr_buf *b, struct idr_bytes in);

#endif
