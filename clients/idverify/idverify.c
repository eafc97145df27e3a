#include "idverify/idverify.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "common/cli.h"
#include "suite/pem.h"

/*
 * The offline verifier: files in, verdict out. Everything it knows comes from one signed bundle and
 * the national root that the user pinned; it opens no socket.
 */

enum { INPUT_MAX = 1024 * 1024, PEM_MAX = 64 * 1024, ROOTS_MAX = 16 };

static const char *opt_bundle, *opt_root, *opt_policy, *opt_at, *opt_nonce, *opt_audience, *opt_portrait;
static const char *opt_response_uri, *opt_origin, *opt_thumbprint;

static const struct cli_option options[] = {
	{ "bundle", "FILE", "the offline bundle (idctl bundle get, or GET /bundle)", &opt_bundle, NULL },
	{ "root", "FILE", "national root certificates, PEM (default $IDVERIFY_ROOT, then /etc/idverify/root.pem)",
	    &opt_root, NULL },
	{ "policy", "NAME", "a policy of the bundle (default: any type, status at most a day old)", &opt_policy,
	    NULL },
	{ "at", "TIME", "judge at this time, 2026-11-22T05:00:00Z (default: this machine's clock)", &opt_at, NULL },
	{ "nonce", "TEXT", "the nonce a presentation must answer", &opt_nonce, NULL },
	{ "audience", "TEXT", "the audience a presentation must be made for: the client_id of the request",
	    &opt_audience, NULL },
	{ "response-uri", "URL", "where the answer went; an mdoc's proof covers it", &opt_response_uri, NULL },
	{ "origin", "URL", "instead: the origin of the page that asked through the browser", &opt_origin, NULL },
	{ "jwk-thumbprint", "TEXT", "the key the answer was encrypted to (RFC 7638, base64url), if it was",
	    &opt_thumbprint, NULL },
	{ "portrait", "FILE", "write the portrait of an accepted credential to FILE", &opt_portrait, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

/* ---- what is known ---- */

static const char *root_path(void)
{
	const char *env = getenv("IDVERIFY_ROOT");

	return opt_root ? opt_root : env && env[0] ? env : "/etc/idverify/root.pem";
}

static bool load_roots(struct idr_suite *s, struct idr_arena *a, struct idr_trust **out,
    struct idr_err *err)
{
	struct idr_bytes pem, der[ROOTS_MAX];
	size_t n;

	if (!cli_read(a, root_path(), PEM_MAX, &pem, err)) {
		return idr_fail(err, IDR_FILE, NULL,
		    "no national root at %s: give --root FILE (it says whom the bundle must come from)", root_path());
	}
	if (!idr_pem_certificates(a, pem, der, ROOTS_MAX, &n, err) || !idr_trust_new(a, out, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!idr_trust_add_anchor(s, *out, der[i], IDR_PURPOSE_BUNDLE, NULL, 0, NULL, err))
			return false;
	return true;
}

static bool load_bundle(struct idr_suite *s, struct idr_arena *a, const struct idr_bundle **out,
    struct idr_err *err)
{
	struct idr_trust *roots;
	struct idr_bytes file;

	if (!opt_bundle)
		return idr_fail(err, IDR_USAGE, NULL, "--bundle FILE is needed; see idverify --help");
	return load_roots(s, a, &roots, err) && cli_read(a, opt_bundle, IDR_BUNDLE_MAX, &file, err) &&
	    idr_bundle_open(s, a, file, roots, out, err);
}

/* NULL, not an empty text, when the option was not given. */
static struct idr_bytes given(const char *text)
{
	return text ? idr_str(text) : (struct idr_bytes){ NULL, 0 };
}

static bool read_request(struct cli *c, struct idr_suite *s, struct idr_verify_in *in, struct idr_err *err)
{
	struct idr_request q = { .nonce = given(opt_nonce), .audience = given(opt_audience),
		.response_uri = given(opt_response_uri), .origin = given(opt_origin) };
	struct idr_bytes thumbprint;

	if (opt_thumbprint) {
		if (!idr_b64url_decode(c->arena, idr_str(opt_thumbprint), &thumbprint, err) || thumbprint.n != 32)
			return idr_fail(err, IDR_USAGE, "RFC 7638 section 3",
			    "--jwk-thumbprint must be the base64url of 32 bytes");
		q.thumbprint = thumbprint.p;
	}
	return idr_verify_request(s, c->arena, &q, in, err);
}

static bool prepare(struct cli *c, struct idr_suite *s, const struct idr_bundle *b, struct idr_verify_in *in,
    int64_t *now, struct idr_err *err)
{
	memset(in, 0, sizeof(*in));
	idr_bundle_use(b, in);
	*now = (int64_t)time(NULL);
	if (opt_at && !idr_time_parse(idr_str(opt_at), now))
		return idr_fail(err, IDR_USAGE, NULL, "--at must be written 2026-11-22T05:00:00Z");
	if (opt_policy && !(in->policy = idr_bundle_policy(b, idr_str(opt_policy))))
		return idr_fail(err, IDR_POLICY, NULL, "the bundle holds no policy of this name");
	return read_request(c, s, in, err);
}

/* ---- one input ---- */

/* A file if there is one of that name, standard input for "-", otherwise the text itself. */
static bool read_input(struct idr_arena *a, const char *arg, struct idr_bytes *out, struct idr_err *err)
{
	struct stat st;

	*out = idr_str(arg);
	if ((strcmp(arg, "-") == 0 || (out->n < 4096 && stat(arg, &st) == 0 && S_ISREG(st.st_mode))) &&
	    !cli_read(a, arg, INPUT_MAX, out, err))
		return false;
	if (out->n && out->p[0] >= 0x80)
		return true; /* CBOR: whatever its last byte is, it belongs to it */
	/* An editor's line end is not part of it; a blank may be (base45 has one). */
	if (out->n && out->p[out->n - 1] == '\n')
		out->n--;
	if (out->n && out->p[out->n - 1] == '\r')
		out->n--;
	return true;
}

static enum cli_exit exit_of(const struct idr_verdict *v)
{
	if (v->result == IDR_VALID)
		return CLI_OK;
	return v->result == IDR_UNDECIDED ? CLI_UNDECIDED : CLI_REFUSED;
}

static bool print_json(struct idr_arena *a, const struct idr_verdict *v, struct idr_err *err)
{
	struct idr_bytes text;
	struct idr_buf b;

	idr_buf_init(&b, a, 4096, 4 * INPUT_MAX);
	idr_verdict_put_json(&b, v, IDR_LIT(""));
	if (!idr_buf_done(&b, &text, err))
		return false;
	printf("%.*s\n", (int)text.n, (const char *)text.p);
	return true;
}

static bool verify_one(struct cli *c, struct idr_suite *s, struct idr_verify_in *in, const char *arg,
    int64_t now, enum cli_exit *exit_code, struct idr_err *err)
{
	const struct idr_verdict *v;

	if (!read_input(c->arena, arg, &in->input, err) || !idr_verify(s, c->arena, in, now, &v, err))
		return false;
	*exit_code = exit_of(v);
	if (opt_portrait && !idverify_portrait(c->arena, v, opt_portrait, err))
		return false;
	if (c->json)
		return print_json(c->arena, v, err);
	idverify_print(c->arena, v);
	return true;
}

/* The worst of several: invalid before undecided before valid. */
static enum cli_exit worse(enum cli_exit a, enum cli_exit b)
{
	if (a == CLI_REFUSED || b == CLI_REFUSED)
		return CLI_REFUSED;
	return a == CLI_UNDECIDED || b == CLI_UNDECIDED ? CLI_UNDECIDED : CLI_OK;
}

static enum cli_exit run(struct cli *c)
{
	struct idr_suite *s = idr_suite_new();
	struct idr_path_cache *cache = idr_path_cache_new(); /* papers of one signer: its chain once. May be NULL */
	enum cli_exit all = CLI_OK, one = CLI_OK;
	const struct idr_bundle *bundle;
	struct idr_verify_in in;
	struct idr_err err;
	int64_t now;
	bool ok = s != NULL;

	if (!ok)
		idr_fail(&err, IDR_CRYPTO, NULL, "OpenSSL does not offer what is needed");
	ok = ok && load_bundle(s, c->arena, &bundle, &err) && prepare(c, s, bundle, &in, &now, &err);
	in.cache = cache;
	for (int i = 0; ok && i < c->argc; i++) {
		ok = verify_one(c, s, &in, c->argv[i], now, &one, &err);
		all = worse(all, one);
	}
	idr_path_cache_free(&cache);
	if (s)
		idr_suite_free(&s);
	if (!ok) {
		cli_error(c, &err);
		return CLI_FAILED;
	}
	return all;
}

int main(int argc, char **argv)
{
	static const struct cli_command commands[] = {
		{ .name = "", .operands = "INPUT...", .summary = "verify credentials offline",
		    .text = "INPUT is a file, the text itself, or - for standard input: an SD-JWT VC, a presentation\n"
		            "(SD-JWT+KB), an mdoc (IssuerSigned or DeviceResponse; CBOR or base64url) or the text\n"
		            "of a paper QR. The format is found by itself.\n\n"
		            "Exit code: 0 valid, 1 invalid, 2 undecided (status unknown or too old, clock),\n"
		            "3 could not run.",
		    .examples = "  idverify --bundle bundle.cbor --root root.pem card.txt\n"
		                "  zbarimg -q --raw card.png | idverify --bundle bundle.cbor --root root.pem -\n"
		                "  idverify --bundle bundle.cbor --policy bank-teller-offline --json card.txt",
		    .options = options, .min_operands = 1, .max_operands = -1, .run = run },
		{ .name = NULL },
	};
	static const struct cli_program program = {
		.name = "idverify", .summary = "verify credentials offline", .commands = commands,
	};

	return cli_main(&program, argc, argv);
}
