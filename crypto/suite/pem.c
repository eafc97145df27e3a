#include "suite/pem.h"

static const char begin[] = "-----BEGIN CERTIFICATE-----";
static const char end[] = "-----END CERTIFICATE-----";

/* The next line without its LF or CRLF; false at the end. */
static bool next_line(struct idr_bytes *rest, struct idr_bytes *line)
{
	size_t lf = idr_bytes_index(*rest, 0, '\n');

	if (!rest->n)
		return false;
	*line = idr_bytes_first(*rest, lf == SIZE_MAX ? rest->n : lf);
	*rest = idr_bytes_from(*rest, lf == SIZE_MAX ? rest->n : lf + 1);
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* The lines up to the END label, joined. RFC 7468 section 3, strict form: no headers, no blanks. */
static bool body(struct idr_arena *a, struct idr_bytes *rest, struct idr_bytes *der,
    struct idr_err *err)
{
	struct idr_bytes line, text;
	struct idr_buf b;

	idr_buf_init(&b, a, rest->n < 2048 ? rest->n : 2048, rest->n);
	while (next_line(rest, &line)) {
		if (!idr_bytes_is(line, end)) {
			idr_buf_put(&b, line);
			continue;
		}
		if (!idr_buf_done(&b, &text, err))
			return false;
		if (!text.n || !idr_b64_decode(a, text, der, err))
			return idr_fail(err, IDR_MALFORMED, "RFC 7468 section 3", "a PEM block is not base64");
		return true;
	}
	return idr_fail(err, IDR_MALFORMED, "RFC 7468 section 2", "a PEM block has no end");
}

bool idr_pem_certificates(struct idr_arena *a, struct idr_bytes pem, struct idr_bytes *der,
    size_t max, size_t *n, struct idr_err *err)
{
	struct idr_bytes line;
	size_t found = 0;

	while (next_line(&pem, &line)) {
		if (!line.n)
			continue;
		if (!idr_bytes_is(line, begin))
			return idr_fail(err, IDR_MALFORMED, "RFC 7468 section 5",
			    "the text holds something other than certificates");
		if (found == max)
			return idr_fail(err, IDR_LIMIT, NULL, "the text holds more than %zu certificates", max);
		if (!body(a, &pem, &der[found], err))
			return false;
		found++;
	}
	if (!found)
		return idr_fail(err, IDR_MALFORMED, "RFC 7468 section 5", "the text holds no certificate");
	*n = found;
	return true;
}
