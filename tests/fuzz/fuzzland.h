/*
 * fuzzland: keys and certificates for fuzz targets that must get past a signature to reach what is
 * behind it. Made once per process; the keys are constants.
 */
#ifndef IDR_TESTS_FUZZLAND_H
#define IDR_TESTS_FUZZLAND_H

#include "fuzz/fuzzkit.h"
#include "suite/certify.h"
#include "trust/trust.h"

#define FUZZ_NOW INT64_C(1790000000)

struct fuzzland {
	struct idr_suite *s;
	struct idr_arena *a;         /* lives as long as the process */
	struct idr_private *root, *signer;
	struct idr_bytes root_der;
	struct idr_bytes signer_der; /* serves as issuer, status and bundle signer */
	struct idr_trust *trust;     /* root for issuer, status and bundle, any type; signer by kid */
};

struct fuzzland *fuzzland(void);
/* Signs with the signer; 64 bytes in `a`. */
struct idr_bytes fuzzland_sign(struct idr_arena *a, struct idr_bytes to_be_signed);

#endif
