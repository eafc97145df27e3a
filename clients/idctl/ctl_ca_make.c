#include "idctl/ctl_ca.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

const struct ctl_ca_kind ctl_ca_kind[CTL_CA_SIGNERS] = {
	{ "issuer", "Document Signer", IDR_PROFILE_DOCUMENT_SIGNER, IDR_PURPOSE_ISSUER, 450 },
	{ "status", "Status Signer", IDR_PROFILE_STATUS_SIGNER, IDR_PURPOSE_STATUS, 1180 },
	{ "reader", "Verifier", IDR_PROFILE_READER, IDR_PURPOSE_READER, 1180 },
	{ "bundle", "Bundle Signer", IDR_PROFILE_BUNDLE_SIGNER, IDR_PURPOSE_BUNDLE, 1180 },
};

bool ctl_ca_begin(struct ctl_ca *m, struct cli *c, struct idr_err *err)
{
	m->a = c->arena;
	m->now = time(NULL);
	/* credentials are dated to the beginning of the day, and clocks differ by a day around the world */
	m->from = m->now - m->now % CTL_CA_DAY - 2 * CTL_CA_DAY;
	m->suite = idr_suite_new();
	return m->suite || idr_fail(err, IDR_CRYPTO, NULL, "OpenSSL does not offer what is needed");
}

void ctl_ca_end(struct ctl_ca *m)
{
	idr_private_free(&m->root);
	idr_suite_free(&m->suite);
}

bool ctl_ca_check_names(const char *url, const char **dns, struct idr_err *err)
{
	if (strncmp(url, "https://", 8) != 0 || !url[8])
		return idr_fail(err, IDR_USAGE, NULL, "--url must begin with https://");
	for (size_t i = 0; dns[i]; i++)
		if (i == CTL_CA_DNS)
			return idr_fail(err, IDR_USAGE, NULL, "--dns is given more than %d times", CTL_CA_DNS);
	return true;
}

/* ---- certificates ---- */

static bool add_named(struct ctl_ca *m, const char *base, const char *ending, struct idr_bytes content,
    unsigned mode, struct idr_err *err)
{
	char *file = idr_arena_printf(m->a, err, "%s%s", base, ending);

	return file && ctl_ca_add_file(m, file, content, mode, err);
}

static bool put_pair(struct ctl_ca *m, const char *base, const struct idr_private *key,
    struct idr_bytes der, struct idr_err *err)
{
	struct idr_bytes key_pem, pem;

	return idr_private_to_pem(m->a, key, &key_pem, err) && idr_cert_to_pem(m->a, der, &pem, err) &&
	    add_named(m, base, ".key", key_pem, 0600, err) && add_named(m, base, ".pem", pem, 0644, err);
}

static struct idr_certify certificate(const struct ctl_ca *m, enum idr_cert_profile profile,
    const char *common_name, int days)
{
	return (struct idr_certify){
		.profile = profile, .country = m->country, .organization = m->name, .common_name = common_name,
		.url = m->url, .issuer_key = m->root, .not_before = m->from,
		.not_after = m->from + (int64_t)days * CTL_CA_DAY,
	};
}

/* P-256 throughout: chains are checked on old phones, and P-384 costs them twenty times as much */
bool ctl_ca_make_root(struct ctl_ca *m, int days, struct idr_err *err)
{
	char *common_name = idr_arena_printf(m->a, err, "%s Root 1", m->name);
	struct idr_certify in;

	if (!common_name || !idr_private_generate(m->suite, IDR_P256, &m->root, err))
		return false;
	in = certificate(m, IDR_PROFILE_ROOT, common_name, days);
	in.subject_key = idr_private_public(m->root);
	return idr_certify(m->suite, m->a, &in, &m->root_der, err) &&
	    put_pair(m, "root", m->root, m->root_der, err);
}

bool ctl_ca_make_signer(struct ctl_ca *m, const struct ctl_ca_kind *kind, const char *number,
    struct idr_bytes *der, struct idr_err *err)
{
	char *common_name = idr_arena_printf(m->a, err, "%s %s %s", m->name, kind->title, number);
	struct idr_private *key = NULL;
	struct idr_certify in;
	bool ok;

	if (!common_name || !idr_private_generate(m->suite, IDR_P256, &key, err))
		return false;
	in = certificate(m, kind->profile, common_name, kind->days);
	in.subject_key = idr_private_public(key);
	in.issuer_der = m->root_der;
	for (size_t k = 0; kind->profile == IDR_PROFILE_READER && m->dns[k]; k++)
		in.dns[in.n_dns++] = m->dns[k];
	ok = idr_certify(m->suite, m->a, &in, der, err) && put_pair(m, kind->file, key, *der, err);
	idr_private_free(&key);
	return ok;
}

bool ctl_ca_check_signer(struct ctl_ca *m, const struct ctl_ca_kind *kind, struct idr_bytes der,
    const struct idr_bytes *vct, size_t n_vct, struct idr_err *err)
{
	bool per_type = kind->purpose == IDR_PURPOSE_ISSUER;
	struct idr_trust *t;
	struct idr_path path;

	if (!idr_trust_new(m->a, &t, err) ||
	    !idr_trust_add_anchor(m->suite, t, m->root_der, IDR_PURPOSE_ISSUER | IDR_PURPOSE_STATUS |
	        IDR_PURPOSE_READER | IDR_PURPOSE_BUNDLE, vct, n_vct, NULL, err))
		return false;
	for (size_t k = 0; k < (per_type ? n_vct : 1); k++)
		if (!idr_trust_path(m->suite, m->a, t, NULL, kind->purpose, per_type ? vct[k] : IDR_LIT(""), &der, 1,
		        m->now, &path, err))
			return false;
	return true;
}

/* ---- files ---- */

bool ctl_ca_add_file(struct ctl_ca *m, const char *file, struct idr_bytes content, unsigned mode,
    struct idr_err *err)
{
	if (m->n_file == CTL_CA_FILES)
		return idr_fail(err, IDR_LIMIT, NULL, "too many files");
	m->file[m->n_file].name = file;
	m->file[m->n_file].content = content;
	m->file[m->n_file++].mode = mode;
	return true;
}

static bool check_absent(struct ctl_ca *m, const char *dir, struct idr_err *err)
{
	const char *path;
	struct stat st;

	for (size_t i = 0; i < m->n_file; i++) {
		if (!ctl_join(m->a, dir, m->file[i].name, &path, err))
			return false;
		if (lstat(path, &st) == 0)
			return idr_fail(err, IDR_FILE, NULL, "%.150s exists; keys are never overwritten", path);
	}
	return true;
}

bool ctl_ca_write(struct ctl_ca *m, const char *dir, struct idr_err *err)
{
	const char *path;

	if (!check_absent(m, dir, err))
		return false;
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return idr_fail(err, IDR_FILE, NULL, "cannot make %.100s: %s", dir, strerror(errno));
	for (size_t i = 0; i < m->n_file; i++)
		if (!ctl_join(m->a, dir, m->file[i].name, &path, err) ||
		    !cli_write_new(path, m->file[i].content, m->file[i].mode, err))
			return false;
	return true;
}
