/*
 * testkit_mdoc: mdocs written by hand, right and wrong, over the keys of the kit; not with the product's own
 * issuing half, so that both halves are not wrong in the same way.
 *
 * One namespace with four elements: family_name, birth_date, age_over_18 and portrait, digestIDs 3, 0, 7, 20.
 *
 * Enter at  kit_mdoc_plan(), kit_mdoc()
 */
#ifndef IDR_TESTS_TESTKIT_MDOC_H
#define IDR_TESTS_TESTKIT_MDOC_H

#include "testkit.h"

#define MDOC_TYPE "org.example.id.1"
#define MDOC_SPACE "org.example.id.1"
#define MDL_TYPE "org.iso.18013.5.1.mDL"
#define MDL_SPACE "org.iso.18013.5.1"

enum kit_mdoc_break {
	/* items */
	MDOC_VALUE_CHANGED = 1 << 0,     /* after its digest was made */
	MDOC_ITEM_UNTAGGED = 1 << 1,
	MDOC_ITEM_TWICE = 1 << 2,
	MDOC_ITEM_UNKNOWN_ID = 1 << 3,
	MDOC_SPACE_MOVED = 1 << 4,       /* under a namespace that has no digests */
	/* issuer */
	MDOC_NO_CHAIN = 1 << 5,
	MDOC_WITH_ANCHOR = 1 << 6,
	MDOC_ISSUER_OTHER_KEY = 1 << 7,
	MDOC_ALG_UNPROTECTED = 1 << 8,
	MDOC_CRIT = 1 << 9,
	MDOC_NO_DEVICE_KEY = 1 << 10,
	MDOC_DATE_UNTAGGED = 1 << 11,
	MDOC_PAYLOAD_NULL = 1 << 12,
	/* device */
	MDOC_NO_DEVICE_SIGNED = 1 << 13,
	MDOC_DEVICE_AUTH_EMPTY = 1 << 14,
	MDOC_DEVICE_AUTH_BOTH = 1 << 15,
	MDOC_DEVICE_OTHER_KEY = 1 << 16,
	MDOC_DEVICE_PAYLOAD = 1 << 17,
	MDOC_MAC = 1 << 18,              /* deviceMac with mac_key */
	/* the whole */
	MDOC_ISSUER_SIGNED = 1 << 19,    /* no DeviceResponse around it */
	MDOC_TWO_DOCUMENTS = 1 << 20,
	MDOC_NO_DOCUMENTS = 1 << 21,
	MDOC_TRAILING = 1 << 22,
	MDOC_INDEFINITE = 1 << 23,       /* harmless: the maps of an item and of the response */
	MDOC_TAGGED = 1 << 24,           /* harmless: tag 18 before issuerAuth */
	MDOC_ITEM_LONGER = 1 << 25,      /* a fifth member, under the digest */
	MDOC_MAC_SHORT = 1 << 26         /* the MAC says that it is another than HMAC 256/256 */
};

struct kit_mdoc_plan {
	const char *doctype, *mso_doctype, *space;
	const char *version, *mso_version, *hash;
	uint64_t status;
	const char *country;                 /* issuing_country as one more element; NULL: none */
	const char *province;                /* issuing_jurisdiction behind it; NULL: none */
	int64_t signed_at, from, until;
	const char *date;                    /* instead of `signed` written well */
	struct idr_bytes status_claim;       /* CBOR of the MSO's status; p == NULL: none */
	struct idr_bytes authorizations;     /* CBOR of keyAuthorizations; p == NULL: none */
	struct idr_bytes device_spaces;      /* CBOR of the device's namespaces; p == NULL: empty */
	struct idr_bytes transcript;         /* what the device answers; p == NULL: KIT_TRANSCRIPT */
	struct idr_bytes chain[2];           /* p == NULL: the kit's document signer */
	const struct idr_private *issuer, *device;
	const uint8_t *mac_key;
	unsigned flags;
};

/* Everything right. */
struct kit_mdoc_plan kit_mdoc_plan(struct kit *k);
/* The mdoc as CBOR. */
struct idr_bytes kit_mdoc(struct kit *k, const struct kit_mdoc_plan *p);
/* The transcript that plans answer unless they say otherwise. */
struct idr_bytes kit_mdoc_transcript(struct kit *k);
struct idr_bytes kit_b64url(struct kit *k, struct idr_bytes in);

#endif
