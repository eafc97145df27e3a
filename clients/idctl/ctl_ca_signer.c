#include <stdio.h>

#include "idctl/ctl_ca.h"
#include "suite/pem.h"

/*
 * `ca signer`: one more signer below a root that exists, because certificates of signers end long
 * before their root does, and keys are lost. Country and authority are the root's own.
 */

enum { PEM_MAX = 64 * 1024, NUMBER_MAX = 9999 };

static const char *root_dir, *dir, *url, *number, *dns[CTL_CA_DNS_SLOTS];

const struct cli_option ctl_ca_signer_options[] = {
	{ "root", "DIR", "where root.key and root.pem are", &root_dir, NULL },
	{ "dir", "DIR", "where the new key and certificate go; made when absent", &dir, NULL },
	{ "url", "URL", "the authority's address: https://..., in the certificate", &url, NULL },
	{ "number", "N", "in its name, to tell it from those before (2)", &number, NULL },
	{ "dns", "NAME", "host name of the verifier (repeat), for a reader", NULL, dns },
	{ 0 },
};

static const struct ctl_ca_kind *kind_of(const char *word, struct idr_err *err)
{
	for (size_t i = 0; i < CTL_CA_SIGNERS; i++)
		if (strcmp(ctl_ca_kind[i].file, word) == 0)
			return &ctl_ca_kind[i];
	idr_fail(err, IDR_USAGE, NULL, "a signer is one of issuer, status, reader, bundle");
	return NULL;
}

static bool read_file(struct ctl_ca *m, const char *name, struct idr_bytes *out, struct idr_err *err)
{
	const char *path;

	return ctl_join(m->a, root_dir, name, &path, err) && cli_read(m->a, path, PEM_MAX, out, err);
}

static const char *text_of(struct ctl_ca *m, struct idr_bytes in, struct idr_err *err)
{
	struct idr_bytes copy;

	return idr_arena_copy(m->a, in, &copy, err) ? (const char *)copy.p : NULL;
}

/* The pair must be one, and the certificate a root that is still good. */
static bool read_root(struct ctl_ca *m, struct idr_err *err)
{
	struct idr_bytes pem, key;
	struct idr_cert cert;
	size_t n;

	if (!read_file(m, "root.pem", &pem, err) || !read_file(m, "root.key", &key, err) ||
	    !idr_pem_certificates(m->a, pem, &m->root_der, 1, &n, err) ||
	    !idr_cert_parse(m->suite, m->a, m->root_der, &cert, err) ||
	    !idr_private_from_pem(m->suite, key, &m->root, err))
		return false;
	if (!cert.is_ca || !cert.self_issued)
		return idr_fail(err, IDR_FILE, NULL, "%.100s/root.pem is not a root", root_dir);
	if (!idr_key_equal(&cert.key, idr_private_public(m->root)))
		return idr_fail(err, IDR_FILE, NULL, "root.key is not the key of root.pem");
	if (cert.not_after < m->now)
		return idr_fail(err, IDR_FILE, NULL, "the root has expired");
	m->country = text_of(m, cert.country, err);
	m->name = text_of(m, cert.organization, err);
	return m->country && m->name;
}

static bool make(struct ctl_ca *m, const struct ctl_ca_kind *kind, struct idr_err *err)
{
	/* which types the root may stand behind is said in trust.json, not in certificates */
	static const struct idr_bytes any = { (const uint8_t *)"any", 3 };
	struct idr_bytes der;
	int64_t n;

	if (!ctl_need("root", root_dir, err) || !ctl_need("dir", dir, err) || !ctl_need("url", url, err) ||
	    !ctl_ca_check_names(url, dns, err) ||
	    !ctl_parse_number("number", number ? number : "2", 1, NUMBER_MAX, &n, err))
		return false;
	if (kind->purpose == IDR_PURPOSE_READER && !dns[0])
		return idr_fail(err, IDR_USAGE, NULL, "--dns is missing: a reader is known by its host name");
	return read_root(m, err) && ctl_ca_make_signer(m, kind, number ? number : "2", &der, err) &&
	    ctl_ca_check_signer(m, kind, der, &any, 1, err) && ctl_ca_write(m, dir, err);
}

static enum cli_exit report(struct cli *c, const struct ctl_ca_kind *kind)
{
	struct idr_buf b;
	struct idr_jw w;

	if (!c->json) {
		printf("%sMade%s %s/%s.key and %s/%s.pem, good for %d days.\n\n", cli_green(), cli_plain(), dir,
		    kind->file, dir, kind->file, kind->days);
		if (kind->purpose == IDR_PURPOSE_ISSUER)
			printf("Next: keep the old certificate under another name and list it in \"retired\" of\n"
			       "trust.json (unless its key was stolen), put the new pair in its place, ");
		else
			printf("Next: put the pair in the place of the old one, ");
		printf("restart idsrv, and give verifiers a new bundle.\n");
		return CLI_OK;
	}
	idr_buf_init(&b, c->arena, 256, 4096);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "dir", dir);
	idr_jw_put_cstr(&w, "signer", kind->file);
	idr_jw_put_int(&w, "days", kind->days);
	idr_jw_close(&w, '}');
	return ctl_print(c, &b);
}

enum cli_exit ctl_ca_signer(struct cli *c)
{
	const struct ctl_ca_kind *kind;
	struct ctl_ca m = { .url = url, .dns = dns };
	struct idr_err err;
	bool ok;

	kind = kind_of(c->argv[0], &err);
	if (!kind)
		return cli_error(c, &err);
	ok = ctl_ca_begin(&m, c, &err) && make(&m, kind, &err);
	ctl_ca_end(&m);
	return ok ? report(c, kind) : cli_error(c, &err);
}
