/*
 * ctl_type: how large a credential of a type gets, by making one (ctl_type_measure.c).
 */
#ifndef CLIENTS_IDCTL_CTL_TYPE_H
#define CLIENTS_IDCTL_CTL_TYPE_H

#include "idctl/ctl.h"
#include "types/types.h"

enum { CTL_CUTS_MAX = 16 };

struct ctl_sizes {
	bool measured;
	size_t sdjwt;           /* bytes, everything disclosed, without key binding */
	size_t disclosures;
	size_t mdoc;            /* bytes of the IssuerSigned with every element; 0: none, or refused */
	size_t elements;        /* that the person has */
	struct idr_err refused; /* why this person has no mdoc though the type has; code IDR_OK otherwise */
	struct ctl_cut_size {
		struct idr_bytes id;
		size_t characters;
		unsigned version;
		char level;
		bool fits_paper;
		double mm;          /* with the white border */
	} cut[CTL_CUTS_MAX];
	size_t n_cut;
};

/* A throw-away authority: certificates of the usual size and keys that are never stored. */
struct ctl_maker;
IDR_MUST bool ctl_maker_new(struct cli *c, struct ctl_maker **out, int64_t now, struct idr_err *err);
void ctl_maker_free(struct ctl_maker **m);

IDR_MUST bool ctl_type_measure(struct cli *c, struct ctl_maker *m, const struct idr_type *t,
    const struct idr_json *person, int64_t now, struct ctl_sizes *out, struct idr_err *err);

#endif
