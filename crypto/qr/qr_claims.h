/*
 * qr_claims: what the numbers of a Claim 169 map are called here. Internal to this room.
 *
 * One table serves both directions' documentation: names are the claim paths of the cuts in
 * schema/types, so a paper document answers the same questions as the credential it was cut from.
 *
 * Standard  Claim 169 (MOSIP) v1.2; formats brief 4.1
 */
#ifndef IDR_QR_QR_CLAIMS_H
#define IDR_QR_QR_CLAIMS_H

#include "codec/cbor_read.h"
#include "codec/json.h"

enum idr_qr_kind {
	IDR_QR_TEXT,    /* tstr */
	IDR_QR_NUMBER,  /* int */
	IDR_QR_DATE,    /* YYYYMMDD, YYYYMM, YYYY; also with hyphens */
	IDR_QR_PHOTO,   /* bstr, or tstr of hex digits (what the texts up to v1.2 say) */
	IDR_QR_LINES,   /* tstr, the member `formatted` of an object */
	IDR_QR_LIST,    /* tstr, the only element of an array */
	IDR_QR_NUMBERS  /* array of int */
};

struct idr_qr_name {
	int64_t key;
	const char *name;
	enum idr_qr_kind kind;
};

enum { IDR_QR_KEY_VERSION = 2, IDR_QR_KEY_PHOTO = 16, IDR_QR_KEY_PHOTO_FORMAT = 17 };

/* Media type of a photo format number (key 17), and back; NULL or 0 when not ours. */
const char *idr_qr_media(int64_t format);
int64_t idr_qr_photo_format(struct idr_bytes media);

/* The map as a JSON object of named claims, which is parsed again into `claims`. A key that is not
 * in the table, or whose value is of another type than the table says, is kept as claim169_<n>.
 * errors IDR_LIMIT */
IDR_MUST bool idr_qr_claims(struct idr_arena *a, struct idr_cbor map, struct idr_bytes *json,
    const struct idr_json **claims, struct idr_err *err);

#endif
