/*
 * ctl_ca: the authority's certificates: what a new one is made of (ctl_ca_make.c), `ca init` (ctl_ca.c),
 * `ca signer` (ctl_ca_signer.c), `ca show` (ctl_ca_show.c).
 *
 * Everything is made and checked in memory first; files are only ever created, never replaced.
 */
#ifndef CLIENTS_IDCTL_CTL_CA_H
#define CLIENTS_IDCTL_CTL_CA_H

#include "idctl/ctl.h"
#include "suite/certify.h"
#include "trust/trust.h"

enum { CTL_CA_DAY = 86400, CTL_CA_FILES = 24, CTL_CA_SIGNERS = 4, CTL_CA_DNS = 8, CTL_CA_DNS_SLOTS = 32 };

/* The signers below a root. */
struct ctl_ca_kind {
	const char *file;           /* issuer: issuer.key, issuer.pem */
	const char *title;          /* Document Signer: in the common name */
	enum idr_cert_profile profile;
	enum idr_purpose purpose;
	int days;
};
extern const struct ctl_ca_kind ctl_ca_kind[CTL_CA_SIGNERS];

struct ctl_ca {
	struct idr_arena *a;
	struct idr_suite *suite;
	int64_t now, from;          /* from: what certificates begin with */
	const char *country, *name, *url;
	const char **dns;           /* of the reader; ends with NULL */
	struct idr_private *root;
	struct idr_bytes root_der;
	struct { const char *name; struct idr_bytes content; unsigned mode; } file[CTL_CA_FILES];
	size_t n_file;
};

/* errors IDR_CRYPTO */
IDR_MUST bool ctl_ca_begin(struct ctl_ca *m, struct cli *c, struct idr_err *err);
void ctl_ca_end(struct ctl_ca *m);

/* --url and --dns as certificates can carry them. errors IDR_USAGE */
IDR_MUST bool ctl_ca_check_names(const char *url, const char **dns, struct idr_err *err);
/* A root of `days`, in m->root and m->root_der, and its two files. */
IDR_MUST bool ctl_ca_make_root(struct ctl_ca *m, int days, struct idr_err *err);
/* A signer of this kind, its number in the common name, and its two files. */
IDR_MUST bool ctl_ca_make_signer(struct ctl_ca *m, const struct ctl_ca_kind *kind, const char *number,
    struct idr_bytes *der, struct idr_err *err);
/* What was made must convince a verifier, for its purpose and each type. */
IDR_MUST bool ctl_ca_check_signer(struct ctl_ca *m, const struct ctl_ca_kind *kind, struct idr_bytes der,
    const struct idr_bytes *vct, size_t n_vct, struct idr_err *err);

/* One more file to write; `name` and content are borrowed. */
IDR_MUST bool ctl_ca_add_file(struct ctl_ca *m, const char *name, struct idr_bytes content, unsigned mode,
    struct idr_err *err);
/* All of them below dir, which is made when absent. errors IDR_FILE: one of them exists */
IDR_MUST bool ctl_ca_write(struct ctl_ca *m, const char *dir, struct idr_err *err);

enum cli_exit ctl_ca_show(struct cli *c);
enum cli_exit ctl_ca_signer(struct cli *c);
extern const struct cli_option ctl_ca_signer_options[];

#endif
