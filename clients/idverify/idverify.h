/*
 * idverify: what the two files of this program share.
 */
#ifndef CLIENTS_IDVERIFY_IDVERIFY_H
#define CLIENTS_IDVERIFY_IDVERIFY_H

#include "verify/bundle.h"

/* The verdict for a person at a counter. */
void idverify_print(struct idr_arena *a, const struct idr_verdict *v);
/* Write the portrait among the claims of an accepted verdict; nothing when there is none.
 * errors IDR_FILE */
IDR_MUST bool idverify_portrait(struct idr_arena *a, const struct idr_verdict *v, const char *path,
    struct idr_err *err);

#endif
