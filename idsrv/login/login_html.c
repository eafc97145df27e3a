#include "login/login_html.h"

#include "base/text.h"

static bool is_shown(uint32_t c)
{
	bool control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);

	return !control && !idr_is_bidi_control(c);
}

static const char *escape_of(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return is_shown(c) ? NULL : "\xef\xbf\xbd";
	}
}

/* implements: SDJWTVC 6.5a */
void login_html_text(struct idr_buf *b, struct idr_bytes text)
{
	if (!idr_is_utf8(text)) {
		b->failed = true;
		return;
	}
	for (size_t at = 0, from = 0; at < text.n; from = at) {
		const char *escape = escape_of(idr_utf8_next(text, &at));

		if (escape)
			idr_buf_put_str(b, escape);
		else
			idr_buf_put(b, idr_bytes(text.p + from, at - from));
	}
}
