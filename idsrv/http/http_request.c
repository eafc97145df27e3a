#include "http/http_request.h"

#include "base/text.h"
#include "http/http_internal.h"

struct idr_bytes http_header(const struct http_request *r, const char *name)
{
	const struct http_call *c = http_call_of(r);

	for (size_t i = 0; i < c->n_field; i++)
		if (http_same(c->field[i].name, name))
			return c->field[i].value;
	return idr_bytes(NULL, 0);
}

size_t http_header_count(const struct http_request *r, const char *name)
{
	const struct http_call *c = http_call_of(r);
	size_t n = 0;

	for (size_t i = 0; i < c->n_field; i++)
		n += http_same(c->field[i].name, name);
	return n;
}

static struct idr_bytes trim(struct idr_bytes s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = idr_bytes_from(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* The piece up to `c`; *rest goes behind it. */
static struct idr_bytes next_piece(struct idr_bytes *rest, uint8_t c)
{
	size_t at = idr_bytes_index(*rest, 0, c);
	struct idr_bytes piece = idr_bytes_first(*rest, at);

	*rest = at == SIZE_MAX ? idr_bytes(rest->p, 0) : idr_bytes_from(*rest, at + 1);
	return trim(piece);
}

struct idr_bytes http_content_type(const struct http_request *r)
{
	struct idr_bytes v = http_header(r, "Content-Type"), out;
	struct idr_err ignored;
	uint8_t *p;

	if (!v.p)
		return v;
	v = next_piece(&v, ';');
	p = idr_arena_alloc(r->arena, v.n + 1, &ignored);
	if (!p)
		return idr_bytes(NULL, 0);
	out = idr_bytes(p, v.n);
	for (size_t i = 0; i < v.n; i++)
		p[i] = v.p[i] >= 'A' && v.p[i] <= 'Z' ? (uint8_t)(v.p[i] | 0x20) : v.p[i];
	return out;
}

/* RFC 9110 section 12.4.2: "0.8" as thousandths, of three digits behind the point. */
static int thousandths(struct idr_bytes q)
{
	int v = 0, unit = 1000;

	for (size_t i = 0; i < q.n && unit; i++) {
		if (q.p[i] == '.')
			continue;
		if (q.p[i] < '0' || q.p[i] > '9')
			return 0;
		v += (q.p[i] - '0') * unit;
		unit /= 10;
	}
	return v < 1000 ? v : 1000;
}

/* The weight among the parameters; zero, as "q=0", is not acceptable. */
static int weight_of(struct idr_bytes params)
{
	while (params.n) {
		struct idr_bytes p = next_piece(&params, ';');

		if (p.n >= 3 && (p.p[0] | 0x20) == 'q' && p.p[1] == '=')
			return thousandths(idr_bytes_from(p, 2));
	}
	return 1000;
}

/* 3: this very type; 2: type with any subtype; 1: anything; 0: something else. */
static int precision(struct idr_bytes range, const char *type)
{
	size_t slash = strcspn(type, "/");

	if (http_same(range, type))
		return 3;
	if (idr_bytes_is(range, "*/*"))
		return 1;
	if (range.n == slash + 2 && range.p[slash] == '/' && range.p[slash + 1] == '*') {
		char head[40];

		if (slash >= sizeof(head))
			return 0;
		memcpy(head, type, slash);
		head[slash] = 0;
		return http_same(idr_bytes_first(range, slash), head) ? 2 : 0;
	}
	return 0;
}

/* RFC 9110 section 12.5.1: the most precise range that fits decides; 0 when it has no weight. */
static int best(const struct http_request *r, const char *type, bool *asked, int *weight)
{
	const struct http_call *c = http_call_of(r);
	int found = 0;

	*asked = false;
	*weight = 0;
	for (size_t i = 0; i < c->n_field; i++) {
		struct idr_bytes list = c->field[i].value;

		if (!http_same(c->field[i].name, "Accept"))
			continue;
		*asked = true;
		while (list.n) {
			struct idr_bytes item = next_piece(&list, ',');
			struct idr_bytes range = next_piece(&item, ';');
			int p = precision(range, type);

			if (p > found) {
				found = p;
				*weight = weight_of(item);
			}
		}
	}
	return *weight ? found : 0;
}

bool http_accepts(const struct http_request *r, const char *media_type)
{
	bool asked;
	int weight;

	return best(r, media_type, &asked, &weight) > 0 || !asked;
}

bool http_accepts_explicitly(const struct http_request *r, const char *media_type)
{
	bool asked;
	int weight;

	return best(r, media_type, &asked, &weight) == 3;
}

bool http_prefers(const struct http_request *r, const char *type, const char *other)
{
	bool asked;
	int w, v, p = best(r, type, &asked, &w), q = best(r, other, &asked, &v);

	return p && (w > v || (w == v && p > q));
}

void http_reply(struct http_request *r, unsigned status, const char *media_type,
    struct idr_bytes body)
{
	blob_unref(&r->blob);
	r->status = status;
	r->media_type = media_type;
	r->reply = body;
}

void http_reply_json(struct http_request *r, unsigned status, struct idr_bytes body)
{
	http_reply(r, status, "application/json", body);
}

void http_reply_empty(struct http_request *r, unsigned status)
{
	http_reply(r, status, NULL, idr_bytes(NULL, 0));
}

/* RFC 9110 section 13.1.2: weak comparison, a list, or "*". */
static bool has_etag(struct idr_bytes list, const char *etag)
{
	while (list.n) {
		struct idr_bytes one = next_piece(&list, ',');

		if (idr_bytes_starts(one, "W/"))
			one = idr_bytes_from(one, 2);
		if (idr_bytes_is(one, etag) || idr_bytes_is(one, "*"))
			return true;
	}
	return false;
}

/* IMF-fixdate (RFC 9110 section 5.6.7), without a locale. */
static const char *http_date(struct http_request *r, int64_t t)
{
	static const char day[] = "ThuFriSatSunMonTueWed", mon[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct idr_err ignored;
	int64_t days = t / 86400;
	int y, m, d, s = (int)(t % 86400);

	idr_date_from_days(days, &y, &m, &d);
	return idr_arena_printf(r->arena, &ignored, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
	    day + days % 7 * 3, d, mon + (m - 1) * 3, y, s / 3600, s / 60 % 60, s % 60);
}

void http_reply_blob(struct http_request *r, struct blob *b)
{
	struct idr_err ignored;
	struct idr_bytes match = http_header(r, "If-None-Match");
	const char *date = b->made >= 0 ? http_date(r, b->made) : NULL;

	http_reply(r, 200, b->media_type, idr_bytes(NULL, 0));
	r->blob = b;
	http_reply_header(r, "ETag", b->etag);
	if (date)
		http_reply_header(r, "Last-Modified", date);
	if (b->max_age >= 0) {
		const char *v = idr_arena_printf(r->arena, &ignored, "public, max-age=%lld",
		    (long long)b->max_age);

		r->cacheable = v != NULL;
		if (v)
			http_reply_header(r, "Cache-Control", v);
	}
	if (match.p && has_etag(match, b->etag))
		r->status = 304;
}

void http_reply_header(struct http_request *r, const char *name, const char *value)
{
	if (r->n_reply_header == HTTP_REPLY_HEADERS || !value)
		return;
	r->reply_header[r->n_reply_header].name = name;
	r->reply_header[r->n_reply_header++].value = value;
}

void http_note(struct http_request *r, const char *name, const char *value)
{
	size_t i = r->n_note, n = strlen(value);

	if (i == sizeof(r->note_name) / sizeof(r->note_name[0]))
		return;
	if (n >= sizeof(r->note_value[i]))
		n = sizeof(r->note_value[i]) - 1;
	r->note_name[i] = name;
	memcpy(r->note_value[i], value, n);
	r->note_value[i][n] = 0;
	r->n_note++;
}
