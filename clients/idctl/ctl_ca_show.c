#include "idctl/ctl_ca.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "suite/cert.h"
#include "suite/pem.h"

/* `ca show`: what is in the certificates of a directory or a file. */

enum { DAY = 86400, SOON_DAYS = 90, PEM_MAX = 64 * 1024, CERTS_MAX = 16, JSON_MAX = 1024 * 1024 };

struct showing {
	struct cli *c;
	struct idr_suite *suite;
	int64_t now;
	struct idr_buf json;
	struct idr_jw w;
};

/* Status and bundle signers carry no purpose of their own; the trust file says what they may. */
static const char *purpose(const struct idr_cert *x)
{
	if (x->is_ca)
		return "root: signs certificates";
	for (size_t i = 0; i < x->n_eku; i++) {
		if (idr_bytes_is(x->eku[i], "1.0.18013.5.1.2"))
			return "issuer: signs credentials";
		if (idr_bytes_is(x->eku[i], "1.0.18013.5.1.6"))
			return "reader: signs presentation requests";
		if (idr_bytes_is(x->eku[i], "1.3.6.1.5.5.7.3.1"))
			return "TLS server";
	}
	return x->n_eku ? "of another kind" : "signs status lists or bundles";
}

static const char *curve(const struct idr_cert *x)
{
	switch (x->key.curve) {
	case IDR_P256: return "P-256";
	case IDR_P384: return "P-384";
	case IDR_ED25519: return "Ed25519";
	case IDR_CURVE_NONE: break;
	}
	return "of another kind";
}

static const char *fingerprint(struct cli *c, const struct idr_cert *x)
{
	struct idr_buf b;

	idr_buf_init(&b, c->arena, 72, 128);
	idr_hex_put(&b, idr_bytes(x->sha256, 32));
	return ctl_clean(c, idr_buf_bytes(&b));
}

static void print(struct showing *s, const char *path, const struct idr_cert *x)
{
	char from[21], until[21];
	int64_t days = (x->not_after - s->now) / DAY;
	bool late = s->now > x->not_after, early = s->now < x->not_before;

	idr_time_format(x->not_before, from);
	idr_time_format(x->not_after, until);
	printf("%s\n", path);
	printf("  subject      %s, %s (%s)\n", ctl_clean(s->c, x->common_name), ctl_clean(s->c, x->organization),
	    ctl_clean(s->c, x->country));
	printf("  purpose      %s; key %s\n", purpose(x), curve(x));
	if (x->n_dns) {
		printf("  names       ");
		for (size_t i = 0; i < x->n_dns; i++)
			printf(" %s", ctl_clean(s->c, x->dns[i]));
		printf("\n");
	}
	printf("  valid        %.10s to %.10s, ", from, until);
	if (late || early)
		printf("%s%s%s\n", cli_red(), late ? "EXPIRED" : "NOT YET VALID", cli_plain());
	else
		printf("%s%lld days left%s\n", days < SOON_DAYS ? cli_yellow() : cli_green(), (long long)days,
		    cli_plain());
	printf("  fingerprint  %s\n", fingerprint(s->c, x));
}

static void put(struct showing *s, const char *path, const struct idr_cert *x)
{
	struct idr_jw *w = &s->w;
	char when[21];

	idr_jw_open(w, '{');
	idr_jw_put_cstr(w, "file", path);
	idr_jw_put_cstr(w, "country", ctl_clean(s->c, x->country));
	idr_jw_put_cstr(w, "organization", ctl_clean(s->c, x->organization));
	idr_jw_put_cstr(w, "common_name", ctl_clean(s->c, x->common_name));
	idr_jw_put_cstr(w, "purpose", purpose(x));
	idr_jw_put_cstr(w, "key", curve(x));
	idr_jw_name(w, "dns");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < x->n_dns; i++)
		idr_jw_cstr(w, ctl_clean(s->c, x->dns[i]));
	idr_jw_close(w, ']');
	idr_time_format(x->not_before, when);
	idr_jw_put_cstr(w, "not_before", when);
	idr_time_format(x->not_after, when);
	idr_jw_put_cstr(w, "not_after", when);
	idr_jw_put_bool(w, "valid_now", s->now >= x->not_before && s->now <= x->not_after);
	idr_jw_put_cstr(w, "sha256", fingerprint(s->c, x));
	idr_jw_close(w, '}');
}

static bool show_file(struct showing *s, const char *path, struct idr_err *err)
{
	struct idr_bytes pem, der[CERTS_MAX];
	struct idr_cert x;
	size_t n;

	if (!cli_read(s->c->arena, path, PEM_MAX, &pem, err) ||
	    !idr_pem_certificates(s->c->arena, pem, der, CERTS_MAX, &n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!idr_cert_parse(s->suite, s->c->arena, der[i], &x, err))
			return false;
		if (s->c->json)
			put(s, path, &x);
		else
			print(s, path, &x);
	}
	return true;
}

static bool show_dir(struct showing *s, const char *dir, struct idr_err *err)
{
	const char **names, *path;
	size_t n;

	if (!ctl_list(s->c->arena, dir, ".pem", &names, &n, err))
		return false;
	if (!n)
		return idr_fail(err, IDR_FILE, NULL, "%.150s holds no .pem files", dir);
	for (size_t i = 0; i < n; i++)
		if (!ctl_join(s->c->arena, dir, names[i], &path, err) || !show_file(s, path, err))
			return false;
	return true;
}

enum cli_exit ctl_ca_show(struct cli *c)
{
	struct showing s = { .c = c, .suite = idr_suite_new(), .now = time(NULL) };
	struct idr_err err;
	struct stat st;
	bool ok;

	if (!s.suite) {
		idr_fail(&err, IDR_CRYPTO, NULL, "OpenSSL does not offer what is needed");
		return cli_error(c, &err);
	}
	idr_buf_init(&s.json, c->arena, 4096, JSON_MAX);
	s.w = idr_jw(&s.json);
	idr_jw_open(&s.w, '{');
	idr_jw_name(&s.w, "certificates");
	idr_jw_open(&s.w, '[');
	ok = stat(c->argv[0], &st) == 0 && S_ISDIR(st.st_mode) ? show_dir(&s, c->argv[0], &err) :
	    show_file(&s, c->argv[0], &err);
	idr_suite_free(&s.suite);
	if (!ok)
		return cli_error(c, &err);
	idr_jw_close(&s.w, ']');
	idr_jw_close(&s.w, '}');
	return c->json ? ctl_print(c, &s.json) : CLI_OK;
}
