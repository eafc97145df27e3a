/*
 * sri: integrity values of "vct#integrity", "extends#integrity", "uri#integrity".
 *
 * Standard  W3C Subresource Integrity section 3; draft-ietf-oauth-sd-jwt-vc section 5
 * Enter at  idr_sri_matches()
 * Threads   plain function
 */
#ifndef IDR_SDJWT_SRI_H
#define IDR_SDJWT_SRI_H

#include "suite/suite.h"

/*
 * Does an integrity string ("sha256-<base64>", several separated by spaces) fit these octets? The
 * strongest hash that we know decides; any value of that strength may match. False when none is known.
 */
IDR_MUST bool idr_sri_matches(struct idr_suite *s, struct idr_arena *a, struct idr_bytes integrity,
    struct idr_bytes octets);

#endif
