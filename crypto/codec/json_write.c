#include "base/text.h"
#include "codec/json.h"
#include "codec/json_string.h"

static void separate(struct idr_jw *w)
{
	if (w->comma)
		idr_buf_put_byte(w->b, ',');
	w->comma = true;
}

void idr_jw_open(struct idr_jw *w, char bracket)
{
	separate(w);
	idr_buf_put_byte(w->b, (uint8_t)bracket);
	w->comma = false;
}

void idr_jw_close(struct idr_jw *w, char bracket)
{
	idr_buf_put_byte(w->b, (uint8_t)bracket);
	w->comma = true;
}

/* RFC 8785 section 3.2.2.2: the short escapes where they exist, \u00xx for other controls. */
static void put_escape(struct idr_buf *b, uint8_t c)
{
	static const char brief[] = "btn\0fr", hex[] = "0123456789abcdef";
	uint8_t t[6] = { '\\', c, '0', '0', 0, 0 };

	if (c >= '\b' && c <= '\r' && brief[c - '\b']) {
		t[1] = (uint8_t)brief[c - '\b'];
	} else if (c < 0x20) {
		t[1] = 'u';
		t[4] = (uint8_t)hex[c >> 4];
		t[5] = (uint8_t)hex[c & 15];
	}
	idr_buf_put(b, idr_bytes(t, t[1] == 'u' ? 6 : 2));
}

static void put_quoted(struct idr_buf *b, struct idr_bytes text)
{
	size_t from = 0, run;

	if (!idr_is_utf8(text)) {
		b->failed = true; /* better no output than one that nobody can read */
		return;
	}
	idr_buf_put_byte(b, '"');
	while ((run = idr_json_plain_run(text, from)) < text.n) {
		idr_buf_put(b, idr_bytes(text.p + from, run - from));
		put_escape(b, text.p[run]);
		from = run + 1;
	}
	idr_buf_put(b, idr_bytes_from(text, from));
	idr_buf_put_byte(b, '"');
}

void idr_jw_name_bytes(struct idr_jw *w, struct idr_bytes name)
{
	separate(w);
	put_quoted(w->b, name);
	idr_buf_put_byte(w->b, ':');
	w->comma = false;
}

void idr_jw_name(struct idr_jw *w, const char *name)
{
	idr_jw_name_bytes(w, idr_str(name));
}

void idr_jw_str(struct idr_jw *w, struct idr_bytes text)
{
	separate(w);
	put_quoted(w->b, text);
}

void idr_jw_cstr(struct idr_jw *w, const char *text)
{
	idr_jw_str(w, idr_str(text));
}

void idr_jw_int(struct idr_jw *w, int64_t v)
{
	separate(w);
	idr_buf_put_int(w->b, v);
}

void idr_jw_bool(struct idr_jw *w, bool v)
{
	idr_jw_raw(w, v ? IDR_LIT("true") : IDR_LIT("false"));
}

void idr_jw_null(struct idr_jw *w)
{
	idr_jw_raw(w, IDR_LIT("null"));
}

void idr_jw_raw(struct idr_jw *w, struct idr_bytes json)
{
	separate(w);
	idr_buf_put(w->b, json);
}

void idr_jw_b64url(struct idr_jw *w, struct idr_bytes in)
{
	separate(w);
	idr_buf_put_byte(w->b, '"');
	idr_b64url_put(w->b, in);
	idr_buf_put_byte(w->b, '"');
}

void idr_jw_put_str(struct idr_jw *w, const char *name, struct idr_bytes text)
{
	idr_jw_name(w, name);
	idr_jw_str(w, text);
}

void idr_jw_put_cstr(struct idr_jw *w, const char *name, const char *text)
{
	idr_jw_put_str(w, name, idr_str(text));
}

void idr_jw_put_int(struct idr_jw *w, const char *name, int64_t v)
{
	idr_jw_name(w, name);
	idr_jw_int(w, v);
}

void idr_jw_put_bool(struct idr_jw *w, const char *name, bool v)
{
	idr_jw_name(w, name);
	idr_jw_bool(w, v);
}

void idr_jw_put_raw(struct idr_jw *w, const char *name, struct idr_bytes json)
{
	idr_jw_name(w, name);
	idr_jw_raw(w, json);
}
