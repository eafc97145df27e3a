#include "idverify/idverify.h"

#include <stdio.h>

#include "base/text.h"
#include "common/cli.h"

static void print_text(const char *label, struct idr_bytes text)
{
	if (text.n)
		printf("  %-16s %.*s\n", label, (int)text.n, (const char *)text.p);
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

static bool is_image(const struct idr_json *v)
{
	return idr_json_is(v, IDR_JSON_STRING) && idr_bytes_starts(v->text, "data:image/");
}

static void print_claims(const struct idr_json *claims)
{
	const struct idr_json *name, *v;

	for (name = idr_json_first(claims); name; name = idr_json_next(claims, name)) {
		v = idr_json_value(name);
		printf("  %.*s: ", (int)name->text.n, (const char *)name->text.p);
		if (is_image(v))
			printf("(a portrait of %zu bytes; --portrait FILE writes it)\n", v->text.n * 3 / 4);
		else if (v->type == IDR_JSON_STRING)
			printf("%.*s\n", (int)v->text.n, (const char *)v->text.p);
		else
			printf("%.*s\n", (int)v->raw.n, (const char *)v->raw.p);
	}
}

static const char *colour(enum idr_result r)
{
	if (r == IDR_VALID)
		return cli_green();
	return r == IDR_UNDECIDED ? cli_yellow() : cli_red();
}

void idverify_print(const struct idr_verdict *v)
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
	print_text("type", v->type_id.n ? v->type_id : v->vct);
	print_text("issuer", v->issuer_name);
	print_text("country", v->issuer_country);
	printf("  %-16s %s\n", "holder",
	    v->possession == IDR_POSSESSION_PROVED ? "proved possession of the key"
	                                           : "no proof: compare the face with the portrait");
	if (v->status.present)
		print_age(idr_verdict_status_age(v));
	print_time("expires", v->expires);
	if (claims)
		print_claims(claims);
}

static bool write_image(struct idr_arena *a, struct idr_bytes uri, const char *path, struct idr_err *err)
{
	size_t comma = idr_bytes_index(uri, 0, ',');
	struct idr_bytes image;

	return idr_b64_decode(a, idr_bytes_from(uri, comma == SIZE_MAX ? uri.n : comma + 1), &image, err) &&
	    cli_write(path, image, 0600, err);
}

bool idverify_portrait(struct idr_arena *a, const struct idr_verdict *v, const char *path,
    struct idr_err *err)
{
	const struct idr_json *claims = idr_verdict_claims(v), *name;

	for (name = idr_json_first(claims); claims && name; name = idr_json_next(claims, name))
		if (is_image(idr_json_value(name)))
			return write_image(a, idr_json_value(name)->text, path, err);
	return true;
}
