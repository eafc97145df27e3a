#include "idctl/ctl.h"

#include <stdio.h>

#include "base/text.h"

const char *ctl_clean(struct cli *c, struct idr_bytes text)
{
	return cli_clean(c->arena, text);
}

const char *ctl_text(struct cli *c, const struct idr_json *v)
{
	return idr_json_is(v, IDR_JSON_STRING) ? ctl_clean(c, v->text) : "";
}

const char *ctl_member(struct cli *c, const struct idr_json *obj, const char *name)
{
	return ctl_text(c, idr_json_find(obj, name));
}

const char *ctl_words(struct cli *c, const struct idr_json *list)
{
	struct idr_buf b;

	idr_buf_init(&b, c->arena, 128, 64 * 1024);
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		if (v->type != IDR_JSON_STRING)
			continue;
		idr_buf_put_str(&b, b.n ? ", " : "");
		idr_buf_put(&b, v->text);
	}
	return b.failed ? "" : ctl_clean(c, idr_buf_bytes(&b));
}

int64_t ctl_number(const struct idr_json *obj, const char *name)
{
	int64_t v = 0;

	return idr_json_int(idr_json_find(obj, name), &v) ? v : 0;
}

bool ctl_parse_number(const char *option, const char *text, int64_t min, int64_t max, int64_t *out,
    struct idr_err *err)
{
	size_t n = strspn(text, "0123456789");
	int64_t v = 0;

	for (size_t i = 0; i < n && n <= 15; i++)
		v = v * 10 + (text[i] - '0');
	if (n == 0 || n > 15 || text[n] || v < min || v > max)
		return idr_fail(err, IDR_USAGE, NULL, "--%s must be a number from %lld to %lld", option,
		    (long long)min, (long long)max);
	*out = v;
	return true;
}

bool ctl_need(const char *option, const char *value, struct idr_err *err)
{
	return value && *value ? true : idr_fail(err, IDR_USAGE, NULL, "--%s is missing; see --help", option);
}

void ctl_print_doc(const struct cli *c, const struct idr_json *doc)
{
	if (c->json)
		printf("%.*s\n", (int)doc->raw.n, (const char *)doc->raw.p);
}

enum cli_exit ctl_print(const struct cli *c, const struct idr_buf *b)
{
	struct idr_bytes text;
	struct idr_err err;

	if (!idr_buf_done(b, &text, &err))
		return cli_error(c, &err);
	printf("%.*s\n", (int)text.n, (const char *)text.p);
	return CLI_OK;
}
