/*
 * sealed: an mdoc around namespaces from outside, well digested and well signed with the keys of fuzzland, so
 * that a target gets behind the signatures.
 *
 * Enter at  sealed_mdoc(), sealed_mso()
 */
#ifndef IDR_TESTS_SEALED_H
#define IDR_TESTS_SEALED_H

#include "fuzz/fuzzland.h"

#define SEALED_TYPE "org.example.id.1"

/* A DeviceResponse whose nameSpaces are this CBOR item, with a digest for every item in it that can be read.
 * False when it is not CBOR, or too much. */
IDR_MUST bool sealed_mdoc(struct idr_arena *a, struct idr_bytes namespaces, struct idr_bytes *out);
/* An IssuerSigned without elements around this mobile security object, whatever it is. */
IDR_MUST bool sealed_mso(struct idr_arena *a, struct idr_bytes mso, struct idr_bytes *out);
/* What the device of sealed_mdoc() answers. */
struct idr_bytes sealed_transcript(void);

#endif
