#include "idverify/idverify.h"

#include <stdio.h>

#include "base/text.h"
#include "common/cli.h"

static void print_text(struct idr_arena *a, const char *label, struct idr_bytes text)
{
	if (text.n)
		printf("  %-16s %s\n", label, cli_clean(a, text));
}

static void print_time(const char *label, int64_t t)
{
	char when[21];

	if (t <= 0)
		return;
	idr_time_format(t, when);
	printf("  %-16s %s\n", label, when);
}

/* "3 min", "5 h", "2 days": a teller needs no seconds. */
static void print_age(int64_t age)
{
	if (age < 0)
		printf("  %-16s nothing is known\n", "revocation");
	else if (age < 120)
		printf("  %-16s known as of %lld s ago\n", "revocation", (long long)age);
	else if (age < 7200)
		printf("  %-16s known as of %lld min ago\n", "revocation", (long long)age / 60);
	else if (age < 172800)
		printf("  %-16s known as of %lld h ago\n", "revocation", (long long)age / 3600);
	else
		printf("  %-16s known as of %lld days ago\n", "revocation", (long long)age / 86400);
}

static bool is_data_uri(const struct idr_json *v)
{
	return idr_json_is(v, IDR_JSON_STRING) && idr_bytes_starts(v->text, "data:image/");
}

/* The bytes of an mdoc's element, base64url: JPEG, WEBP and JPEG 2000 by how they begin. */
static bool is_image_bytes(const struct idr_json *v)
{
	static const char *const begin[] = { "_9j_", "UklGR", "AAAADGpQ" };

	for (size_t i = 0; idr_json_is(v, IDR_JSON_STRING) && i < sizeof(begin) / sizeof(begin[0]); i++)
		if (idr_bytes_starts(v->text, begin[i]))
			return true;
	return false;
}

static void print_claims(struct idr_arena *a, const struct idr_json *claims)
{
	const struct idr_json *name, *v;

	for (name = idr_json_first(claims); name; name = idr_json_next(claims, name)) {
		v = idr_json_value(name);
		printf("  %s: ", cli_clean(a, name->text));
		if (is_data_uri(v) || is_image_bytes(v))
			printf("(a portrait of %zu bytes; --portrait FILE writes it)\n", v->text.n * 3 / 4);
		else
			printf("%s\n", cli_clean(a, v->type == IDR_JSON_STRING ? v->text : v->raw));
	}
}

/* An mdoc's claims stand under their namespaces. */
static void print_spaces(struct idr_arena *a, const struct idr_json *claims)
{
	for (const struct idr_json *name = idr_json_first(claims); name; name = idr_json_next(claims, name)) {
		print_text(a, "namespace", name->text);
		print_claims(a, idr_json_value(name));
	}
}

static const char *colour(enum idr_result r)
{
	if (r == IDR_VALID)
		return cli_green();
	return r == IDR_UNDECIDED ? cli_yellow() : cli_red();
}

void idverify_print(struct idr_arena *a, const struct idr_verdict *v)
{
	const struct idr_json *claims = idr_verdict_claims(v);

	printf("%s%s%s", colour(v->result), idr_result_name(v->result), cli_plain());
	if (v->result != IDR_VALID)
		printf(" %s: %s", idr_code_name(v->code), v->why.msg);
	printf("\n");
	if (v->result != IDR_VALID)
		printf("  %-16s %s\n", "next", idr_code_next(v->code));
	if (v->result != IDR_VALID && v->why.ref)
		printf("  %-16s %s\n", "clause", v->why.ref);
	if (v->result == IDR_INVALID)
		return;
	print_text(a, "type", v->type_id.n ? v->type_id : v->vct);
	print_text(a, "issuer", v->issuer_name);
	print_text(a, "country", v->issuer_country);
	printf("  %-16s %s\n", "holder",
	    v->possession == IDR_POSSESSION_PROVED ? "proved possession of the key"
	                                           : "no proof: compare the face with the portrait");
	if (v->status.present)
		print_age(idr_verdict_status_age(v));
	print_time("expires", v->expires);
	if (claims && v->format == IDR_FORMAT_MDOC)
		print_spaces(a, claims);
	else if (claims)
		print_claims(a, claims);
}

static bool write_data_uri(struct idr_arena *a, struct idr_bytes uri, const char *path, struct idr_err *err)
{
	size_t comma = idr_bytes_index(uri, 0, ',');
	struct idr_bytes image;

	return idr_b64_decode(a, idr_bytes_from(uri, comma == SIZE_MAX ? uri.n : comma + 1), &image, err) &&
	    cli_write(path, image, 0600, err);
}

/* The first portrait among these; *found tells whether there was one. */
static bool write_image(struct idr_arena *a, const struct idr_json *claims, const char *path, bool *found,
    struct idr_err *err)
{
	struct idr_bytes image;

	for (const struct idr_json *name = idr_json_first(claims); name; name = idr_json_next(claims, name)) {
		const struct idr_json *v = idr_json_value(name);

		*found = is_data_uri(v) || is_image_bytes(v);
		if (is_data_uri(v))
			return write_data_uri(a, v->text, path, err);
		if (is_image_bytes(v))
			return idr_b64url_decode(a, v->text, &image, err) && cli_write(path, image, 0600, err);
	}
	return true;
}

bool idverify_portrait(struct idr_arena *a, const struct idr_verdict *v, const char *path,
    struct idr_err *err)
{
	const struct idr_json *claims = idr_verdict_claims(v), *name;
	bool found = false;

	if (!claims || v->format != IDR_FORMAT_MDOC)
		return !claims || write_image(a, claims, path, &found, err);
	for (name = idr_json_first(claims); name && !found; name = idr_json_next(claims, name))
		if (!write_image(a, idr_json_value(name), path, &found, err))
			return false;
	return true;
}
