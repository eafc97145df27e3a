/*
 * types: a credential type from the bytes of its file (schema/types/<id>/type.json).
 *
 * Standard  our format, schema/types/README.md; names as SD-JWT VC type metadata (sd, mandatory)
 * Enter at  idr_type_parse(), idr_type_claims()
 * Not here  reading files; NFC (the server's, idsrv/sys/normal.h)
 * Threads   a type is read-only once parsed
 */
#ifndef IDR_TYPES_TYPES_H
#define IDR_TYPES_TYPES_H

#include "codec/json.h"

enum idr_claim_type {
	IDR_CLAIM_STRING, IDR_CLAIM_DATE, IDR_CLAIM_PARTIAL_DATE, IDR_CLAIM_INTEGER, IDR_CLAIM_BOOLEAN,
	IDR_CLAIM_COUNTRY, IDR_CLAIM_IMAGE, IDR_CLAIM_OBJECT, IDR_CLAIM_ARRAY
};
enum idr_sd { IDR_SD_ALWAYS, IDR_SD_ALLOWED, IDR_SD_NEVER };
enum idr_derive { IDR_DERIVE_NONE, IDR_DERIVE_AGE_OVER, IDR_DERIVE_FROM };

struct idr_claim {
	struct idr_bytes name;          /* empty for the items of an array */
	enum idr_claim_type type;
	enum idr_sd sd;
	bool mandatory;
	int64_t min, max;               /* string: code points; integer: value; 0,0 = no limit */
	size_t max_bytes;               /* image */
	struct idr_bytes *choice;       /* enum of a string */
	size_t n_choice;
	struct idr_bytes *media;        /* image */
	size_t n_media;
	struct idr_claim *member;       /* object: members; array: exactly one, the item */
	size_t n_member;
	size_t max_items;
	enum idr_derive derive;
	struct idr_bytes derive_from;
	int64_t *ages;
	size_t n_ages;
	const struct idr_json *display; /* {"en":"Family name",...} */
};

struct idr_qr_cut {
	struct idr_bytes id;
	struct idr_qr_field {
		int64_t key;                /* Claim 169 key */
		struct idr_bytes claim;
	} *field;
	size_t n_field;
};

/* How an mdoc element says what the claim says. */
enum idr_mdoc_form {
	IDR_MDOC_PLAIN,                 /* as schema/types/README.md says for the claim's type */
	IDR_MDOC_APPROXIMATE_DATE       /* {"birth_date": full-date, ? "approximate_mask": tstr} */
};

/* A data element of the type's mdoc form, in the order of writing. */
struct idr_mdoc_element {
	struct idr_bytes namespace, element;
	struct idr_bytes claim;         /* dotted path: "family_name", "address.locality", "nationalities.0" */
	const struct idr_claim *source; /* the claim at that path */
	enum idr_mdoc_form form;
	struct idr_bytes *media;        /* image: only these in the mdoc; none listed: all of the claim */
	size_t n_media;
};

struct idr_type {
	struct idr_bytes id;            /* "pid" */
	struct idr_bytes vct;
	const struct idr_json *display; /* array for credential_metadata */
	const struct idr_json *file;    /* the whole file */
	struct idr_claim *claim;
	size_t n_claim;
	size_t digests;                 /* top-level _sd padded to this count with decoys */
	struct idr_qr_cut *cut;
	size_t n_cut;
	int64_t qr_days, days;
	size_t copies;                  /* batch size */
	unsigned status_bits;           /* 0, 1 or 2 */
	bool holder_binding;
	bool approval;                  /* an officer must say yes to each issuance */
	bool attested;                  /* only to keys that a wallet provider vouches for ... */
	struct idr_bytes *key_storage, *user_authentication; /* ... at one of these levels; none: any */
	size_t n_key_storage, n_user_authentication;
	struct idr_bytes doctype;       /* empty without an mdoc part */
	struct idr_mdoc_element *element; /* none: the type has no mdoc form */
	size_t n_element;
	struct idr_bytes source_select; /* where claims come from; empty: the people as imported */
	int64_t source_timeout_ms;
};

/* errors IDR_TYPE with the path of what is wrong */
IDR_MUST bool idr_type_parse(struct idr_arena *a, struct idr_bytes file, const struct idr_type **out,
    struct idr_err *err);
const struct idr_claim *idr_type_claim(const struct idr_type *t, struct idr_bytes name);
/* Can it be issued as mdoc? Always bound to a holder key: without that binding it cannot. */
static inline bool idr_type_has_mdoc(const struct idr_type *t)
{
	return t->n_element > 0 && t->holder_binding;
}
/* The claim a dotted path names ("address.country", "nationalities.0"), or NULL; and its value among the
 * claims of a credential, or NULL. */
const struct idr_claim *idr_type_claim_at(const struct idr_type *t, struct idr_bytes path);
const struct idr_json *idr_type_value_at(const struct idr_json *claims, struct idr_bytes path);

/*
 * A person's claims for this type at `now`: exactly the type's claims, validated, derived ones
 * computed (an age from a partial birth date is the certain one), images as data: URIs. `person` is the
 * imported object, which may carry claims of other types too. The result is a JSON object text.
 * errors IDR_CLAIM_MISSING, IDR_CLAIM_TYPE, IDR_DATE, IDR_COUNTRY, IDR_IMAGE, IDR_TOO_LONG, IDR_LIMIT
 */
IDR_MUST bool idr_type_claims(struct idr_arena *a, const struct idr_type *t,
    const struct idr_json *person, int64_t now, struct idr_bytes *out, struct idr_err *err);
/* What an image claim of a credential holds: "data:<medium>;base64,...". errors IDR_IMAGE */
IDR_MUST bool idr_type_image(struct idr_arena *a, const struct idr_json *value, struct idr_bytes *medium,
    struct idr_bytes *image, struct idr_err *err);
/* The last day a date may be of which only the year or the month is known, as YYYY-MM-DD. */
bool idr_type_last_day(struct idr_bytes date, uint8_t out[10]);
/* The same checks without a result: what an importer asks of every row. */
IDR_MUST bool idr_type_check(struct idr_arena *a, const struct idr_type *t,
    const struct idr_json *person, struct idr_err *err);
/* No control or bidi control characters, no Zawgyi: for every imported string.
 * errors IDR_CONTROL_CHARACTER, IDR_BIDI_CONTROL, IDR_ZAWGYI */
IDR_MUST bool idr_text_check(struct idr_bytes text, struct idr_err *err);

#endif
