/* wallet_provider_make: the commands `test-provider make` and `test-provider attest`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "idwallet/wallet_issuing.h"
#include "suite/certify.h"

enum { PROVIDER_MAX = 4096, DAY = 86400, DAYS = 1180 };

static const char *in_dir(struct idr_arena *a, const char *dir, const char *name, struct idr_err *err)
{
	return idr_arena_printf(a, err, "%s/%s", dir, name);
}

/* ---- making one ---- */

static const char *opt_attester;

const struct cli_option wallet_provider_options[] = {
	{ "attester", "URL", "its name: iss of what it signs, https://...", &opt_attester, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static bool certify(struct idr_suite *s, struct idr_arena *a, enum idr_cert_profile profile,
    const char *name,
    const struct idr_key *subject, const struct idr_private *root, struct idr_bytes root_der,
    struct idr_bytes *der, struct idr_err *err)
{
	int64_t from = wallet_now() - DAY;
	const struct idr_certify in = { .profile = profile, .country = "XA",
	    .organization = "Test Wallet Provider",
		.common_name = name, .url = opt_attester, .subject_key = subject, .issuer_der = root_der,
		.issuer_key = root, .not_before = from, .not_after = from + (int64_t)DAYS * DAY };

	return idr_certify(s, a, &in, der, err);
}

static bool write_all(struct idr_arena *a, const char *dir, struct idr_bytes root_der,
    struct idr_bytes der, const struct idr_private *key, struct idr_err *err)
{
	struct idr_bytes root_pem, pem, key_pem, json;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 256, PROVIDER_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "attester", opt_attester);
	idr_jw_close(&w, '}');
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return idr_fail(err, IDR_FILE, NULL, "cannot make %.100s: %s", dir, strerror(errno));
	return idr_buf_done(&b, &json, err) && idr_cert_to_pem(a, root_der, &root_pem, err) &&
	    idr_cert_to_pem(a, der, &pem, err) && idr_private_to_pem(a, key, &key_pem, err) &&
	    cli_write_new(in_dir(a, dir, "attester.key", err), key_pem, 0600, err) &&
	    cli_write_new(in_dir(a, dir, "attester.pem", err), pem, 0644, err) &&
	    cli_write_new(in_dir(a, dir, "root.pem", err), root_pem, 0644, err) &&
	    cli_write_new(in_dir(a, dir, "provider.json", err), json, 0644, err);
}

/* The root's key signs one certificate and is forgotten. */
static bool make(struct idr_suite *s, struct idr_arena *a, const char *dir, struct idr_err *err)
{
	struct idr_private *root = NULL, *key = NULL;
	struct idr_bytes root_der, der;
	bool ok;

	if (!opt_attester || strncmp(opt_attester, "https://", 8) != 0)
		return idr_fail(err, IDR_USAGE, NULL, "--attester must be given and begin with https://");
	ok = idr_private_generate(s, IDR_P256, &root, err) && idr_private_generate(s, IDR_P256, &key, err) &&
	    certify(s, a, IDR_PROFILE_ROOT, "Test Wallet Provider Root", idr_private_public(root), root,
	        IDR_LIT(""), &root_der, err) &&
	    certify(s, a, IDR_PROFILE_STATUS_SIGNER, "Test Wallet Attester", idr_private_public(key), root,
	        root_der, &der, err) &&
	    write_all(a, dir, root_der, der, key, err);
	if (root)
		idr_private_free(&root);
	if (key)
		idr_private_free(&key);
	return ok;
}

enum cli_exit wallet_provider_make(struct cli *c)
{
	struct idr_suite *s = idr_suite_new();
	struct idr_err err;
	bool ok;

	if (!s)
		return CLI_FAILED;
	ok = make(s, c->arena, c->argv[0], &err);
	idr_suite_free(&s);
	if (!ok)
		return cli_error(c, &err);
	if (c->json)
		printf("{\"made\":true}\n");
	else
		printf("A test provider. For `anchors` of trust.json of a server for tests, with root.pem beside it\n"
		       "as provider.pem:\n"
		       "  { \"certificate\": \"provider.pem\", \"purposes\": [\"wallet\", \"key_attestation\"],\n"
		       "    \"types\": [\"%s\"] }\n", opt_attester);
	return CLI_OK;
}

/* ---- one attestation, as a file ---- */

static const char *opt_client, *opt_key, *opt_out;

const struct cli_option wallet_attest_options[] = {
	{ "client-id", "ID", "the wallet it is for", &opt_client, NULL },
	{ "instance-key", "FILE", "the key (PEM) to attest; made when the file is not there", &opt_key, NULL },
	{ "out", "FILE", "where the attestation goes (default: standard output)", &opt_out, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static bool attest(struct idr_suite *s, struct idr_arena *a, const char *dir, struct idr_bytes *out,
    struct idr_err *err)
{
	struct wallet_provider p = { .key = NULL };
	struct idr_private *key = NULL;
	bool ok;

	if (!opt_client || !opt_key)
		return idr_fail(err, IDR_USAGE, NULL, "--client-id and --instance-key are needed");
	ok = wallet_provider_open(s, a, dir, &p, err) && wallet_instance_key(s, a, opt_key, true, &key, err) &&
	    wallet_provider_attest(s, a, &p, idr_str(opt_client), idr_private_public(key), out, err);
	wallet_provider_close(&p);
	if (key)
		idr_private_free(&key);
	return ok;
}

enum cli_exit wallet_provider_file(struct cli *c)
{
	struct idr_suite *s = idr_suite_new();
	struct idr_bytes jwt;
	struct idr_err err;
	bool ok;

	if (!s)
		return CLI_FAILED;
	ok = attest(s, c->arena, c->argv[0], &jwt, &err) && (!opt_out || cli_write(opt_out, jwt, 0644, &err));
	idr_suite_free(&s);
	if (!ok)
		return cli_error(c, &err);
	if (!opt_out)
		printf("%.*s\n", (int)jwt.n, (const char *)jwt.p);
	return CLI_OK;
}
