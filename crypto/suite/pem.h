/*
 * pem: certificates out of PEM text (RFC 7468). Own reader: labels, strict base64, nothing else.
 */
#ifndef IDR_SUITE_PEM_H
#define IDR_SUITE_PEM_H

#include "base/text.h"

/* The CERTIFICATE blocks in order, at most `max`; other blocks are refused. */
IDR_MUST bool idr_pem_certificates(struct idr_arena *a, struct idr_bytes pem,
    struct idr_bytes *der, size_t max, size_t *n, struct idr_err *err);

#endif
