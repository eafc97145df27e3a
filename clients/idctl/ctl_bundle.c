#include "idctl/ctl.h"

#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "suite/pem.h"
#include "verify/bundle.h"

/* The signed offline bundle: fetched from the server, checked without one. */

enum { ROOTS_MAX = 8, PEM_MAX = 64 * 1024, FETCH_TIMEOUT_S = 300, HOUR = 3600 };

static const char *out, *root;

static const struct cli_option get_options[] = {
	{ "out", "FILE", "where to; - is standard output", &out, NULL },
	{ 0 },
};

static const struct cli_option verify_options[] = {
	{ "root", "ROOT.pem", "the authority's root, from a source you trust", &root, NULL },
	{ 0 },
};

static enum cli_exit get(struct cli *c)
{
	const struct ctl_call q = {
		.as = CTL_ANYONE, .method = "GET", .path = "/bundle", .timeout_s = FETCH_TIMEOUT_S,
		.accept = "application/idrail-bundle+cbor",
	};
	struct idr_bytes file;
	struct idr_err err;

	if (!ctl_need("out", out, &err) || !ctl_call(c, &q, &file, &err) || !cli_write(out, file, 0644, &err))
		return cli_error(c, &err);
	if (c->json && strcmp(out, "-") != 0)
		printf("{\"bytes\":%zu}\n", file.n);
	else if (strcmp(out, "-") != 0)
		printf("%s: %zu bytes; check it with: idctl bundle verify %s --root root.pem\n", out, file.n, out);
	return CLI_OK;
}

/* ---- verify ---- */

bool ctl_roots(struct cli *c, struct idr_suite *s, const char *path, struct idr_trust **t,
    struct idr_err *err)
{
	struct idr_bytes pem, der[ROOTS_MAX];
	size_t n;

	if (!ctl_need("root", path, err) || !cli_read(c->arena, path, PEM_MAX, &pem, err) ||
	    !idr_pem_certificates(c->arena, pem, der, ROOTS_MAX, &n, err) || !idr_trust_new(c->arena, t, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!idr_trust_add_anchor(s, *t, der[i], IDR_PURPOSE_BUNDLE, NULL, 0, NULL, err))
			return false;
	return n ? true : idr_fail(err, IDR_FILE, NULL, "%.150s holds no certificate", path);
}

static void put_json(struct cli *c, const struct idr_bundle *b, struct idr_jw *w)
{
	const struct idr_signer *signer;
	size_t n = idr_trust_signers(b->trust, &signer);
	char when[21];

	idr_jw_open(w, '{');
	idr_jw_put_str(w, "issuer", b->issuer);
	idr_jw_put_int(w, "sequence", b->sequence);
	idr_time_format(b->issued, when);
	idr_jw_put_cstr(w, "issued", when);
	idr_time_format(b->good_until, when);
	idr_jw_put_cstr(w, "good_until", when);
	idr_jw_put_bool(w, "good_now", time(NULL) <= b->good_until);
	idr_jw_put_cstr(w, "signed_by", ctl_clean(c, b->signer.common_name));
	idr_jw_put_int(w, "signers", (int64_t)n);
	idr_jw_name(w, "lists");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < b->n_list; i++)
		idr_jw_str(w, b->list[i].uri);
	idr_jw_close(w, ']');
	idr_jw_name(w, "types");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < b->n_type; i++)
		idr_jw_str(w, b->type[i]->id);
	idr_jw_close(w, ']');
	idr_jw_name(w, "policies");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < b->n_policy; i++)
		idr_jw_str(w, b->policy[i]->id);
	idr_jw_close(w, ']');
	idr_jw_close(w, '}');
}

static void print_lists(struct cli *c, const struct idr_bundle *b)
{
	size_t entries = 0, bytes = 0;

	for (size_t i = 0; i < b->n_list; i++) {
		entries += b->list[i].bits ? b->list[i].bytes.n * 8 / b->list[i].bits :
		    idr_cbor_count(b->list[i].identifiers);
		bytes += b->list[i].token.n;
	}
	printf("lists       %zu, %zu entries, %zu bytes\n", b->n_list, entries, bytes);
	for (size_t i = 0; i < b->n_list; i++)
		if (b->list[i].bits)
			printf("            %s (%u bit)\n", ctl_clean(c, b->list[i].uri), b->list[i].bits);
		else
			printf("            %s (identifiers)\n", ctl_clean(c, b->list[i].uri));
}

static void print_signers(struct cli *c, const struct idr_bundle *b)
{
	const struct idr_anchor *anchor;
	const struct idr_signer *signer;
	size_t n = idr_trust_anchors(b->trust, &anchor);

	for (size_t i = 0; i < n; i++)
		printf("%s%s (%s)\n", i ? "            " : "anchors     ", ctl_clean(c, anchor[i].cert.common_name),
		    ctl_clean(c, anchor[i].cert.country));
	n = idr_trust_signers(b->trust, &signer);
	for (size_t i = 0; i < n; i++)
		printf("%s%s%s\n", i ? "            " : "signers     ", ctl_clean(c, signer[i].cert.common_name),
		    signer[i].retired ? " (retired)" : "");
}

static void print(struct cli *c, const struct idr_bundle *b)
{
	int64_t left = b->good_until - time(NULL);
	char issued[21], until[21];

	idr_time_format(b->issued, issued);
	idr_time_format(b->good_until, until);
	printf("%sgenuine%s     signed by %s\n", cli_green(), cli_plain(), ctl_clean(c, b->signer.common_name));
	printf("issuer      %s\nsequence    %lld\nissued      %s\n", ctl_clean(c, b->issuer), (long long)b->sequence,
	    issued);
	if (left < 0)
		printf("good until  %s %s(past: load a new bundle)%s\n", until, cli_yellow(), cli_plain());
	else
		printf("good until  %s (%lld hours left)\n", until, (long long)(left / HOUR));
	print_signers(c, b);
	print_lists(c, b);
	printf("types      ");
	for (size_t i = 0; i < b->n_type; i++)
		printf(" %s", ctl_clean(c, b->type[i]->id));
	printf("\npolicies   ");
	for (size_t i = 0; i < b->n_policy; i++)
		printf(" %s", ctl_clean(c, b->policy[i]->id));
	printf("\n");
}

static enum cli_exit verify(struct cli *c)
{
	struct idr_suite *s = idr_suite_new();
	const struct idr_bundle *b;
	struct idr_trust *roots;
	struct idr_bytes file;
	struct idr_err err;
	struct idr_buf json;
	struct idr_jw w;
	bool ok;

	ok = s ? true : idr_fail(&err, IDR_CRYPTO, NULL, "OpenSSL does not offer what is needed");
	ok = ok && ctl_roots(c, s, root, &roots, &err) && cli_read(c->arena, c->argv[0], IDR_BUNDLE_MAX, &file,
	    &err) &&
	    idr_bundle_open(s, c->arena, file, roots, &b, &err);
	idr_suite_free(&s);
	if (!ok)
		return cli_error(c, &err);
	if (!c->json) {
		print(c, b);
	} else {
		idr_buf_init(&json, c->arena, 4096, 16 * 1024 * 1024);
		w = idr_jw(&json);
		put_json(c, b, &w);
		if (ctl_print(c, &json) != CLI_OK)
			return CLI_FAILED;
	}
	return time(NULL) <= b->good_until ? CLI_OK : CLI_UNDECIDED;
}

const struct cli_command ctl_bundle[] = {
	{ .name = "bundle get", .operands = "", .summary = "fetch the signed offline bundle",
	  .examples = "  idctl bundle get --out today.bundle --server https://id.example.kh",
	  .options = get_options, .run = get },
	{ .name = "bundle verify", .operands = "FILE", .summary = "check a bundle and list what it holds",
	  .text = "Needs no server. Exit code: 0 genuine and current, 1 not genuine, 2 genuine and past its time.",
	  .examples = "  idctl bundle verify today.bundle --root root.pem",
	  .options = verify_options, .min_operands = 1, .max_operands = 1, .run = verify },
	{ 0 },
};
