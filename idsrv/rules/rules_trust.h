/*
 * rules_trust: the two files of rules that people write: trust and operators.
 *
 * trust file (JSON): {"anchors":[{"certificate":"root.pem","purposes":["issuer","status","reader",
 * "bundle"],"types":["urn:idrail:pid:1" or "prefix*"]}],"signers":["issuer.pem"],"retired":[]};
 * paths are relative to the file. An anchor of purpose wallet or key_attestation names in `types` the
 * attesters (iss) it answers for.
 * operators file: one line each, `name role[,role] sha256-of-token-in-hex`; # begins a comment.
 */
#ifndef IDSRV_SYS_RULES_TRUST_H
#define IDSRV_SYS_RULES_TRUST_H

#include "rules/rules.h"

IDR_MUST bool rules_trust_load(struct idr_suite *s, struct rules *r, const struct conf *c,
    struct idr_err *err);
IDR_MUST bool rules_operators_load(struct rules *r, const struct conf *c, struct idr_err *err);

#endif
