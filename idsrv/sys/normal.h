/*
 * normal: a person's claims as we keep and issue them, wherever they come from (import, an offer, a
 * register outside).
 *
 * Standard  schema/types/README.md; Unicode Standard Annex #15
 */
#ifndef IDSRV_SYS_NORMAL_H
#define IDSRV_SYS_NORMAL_H

#include "codec/json.h"

enum { NORMAL_NUMBER_MAX = 128 };

/*
 * Every text in NFC (never NFKC: that rewrites Thai SARA AM), without ZERO WIDTH SPACE at its edges,
 * without control, bidi control or Zawgyi text.
 * errors IDR_CLAIM_TYPE (no object), IDR_CONTROL_CHARACTER, IDR_BIDI_CONTROL, IDR_ZAWGYI
 */
IDR_MUST bool normal_claims(struct idr_arena *a, const struct idr_json *claims, struct idr_bytes *out,
    struct idr_err *err);

/*
 * A number as people write it (a national number, a code of digits), so that two spellings of one are the
 * same: digits of any script we print become 0-9, letters of ASCII become capitals, blanks, hyphens and
 * other punctuation of ASCII go; what else there is stays, in NFC. False: nothing is left, too much, or
 * no text.
 */
bool normal_number(struct idr_bytes in, uint8_t out[NORMAL_NUMBER_MAX], size_t *n);

#endif
