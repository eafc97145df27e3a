/*
 * presented: builds a well-formed SD-JWT VC presentation from a plan, well signed with the keys of
 * fuzzland; each field of the plan is a place where it can be made wrong.
 *
 * The credential has six disclosures: full_name, birthdate, address (which holds the digests of street
 * and city), street, city, and the second element of nationalities.
 *
 * Enter at  presented_plan(), presented_make()
 */
#ifndef IDR_TESTS_PRESENTED_H
#define IDR_TESTS_PRESENTED_H

#include "fuzz/fuzzland.h"

enum { PRESENTED_CLAIMS = 6 };
enum presented_claim { CLAIM_NAME, CLAIM_BIRTHDATE, CLAIM_ADDRESS, CLAIM_STREET, CLAIM_CITY, CLAIM_NATIONALITY };

#define PRESENTED_VCT "urn:pid"
#define PRESENTED_NONCE "n-0123456789abcdef"
#define PRESENTED_AUD "x509_hash:verifier"
#define PRESENTED_LIST "https://status.example/1"

enum presented_chain {
	CHAIN_GOOD,
	CHAIN_NONE,
	CHAIN_FOREIGN,       /* a document signer of a root nobody trusts, with its key */
	CHAIN_EXPIRED,
	CHAIN_WITH_ANCHOR,   /* the anchor stands in the message */
	CHAIN_ROOT,          /* the anchor itself signs */
	CHAIN_READER,        /* a certificate for another purpose */
	CHAIN_TWICE
};

enum presented_key { KEY_RIGHT, KEY_OTHER };

struct presented_plan {
	/* issuer's header */
	const char *alg, *typ;             /* NULL: left out */
	const char *header_more;           /* members, with a comma in front */
	enum presented_chain chain;
	enum presented_key issuer_key;     /* who signs, whatever the certificate says */
	/* payload: JSON values; NULL leaves a member out */
	const char *iss, *vct, *iat, *nbf, *exp, *sd_alg, *status, *cnf;
	const char *payload_more;
	/* disclosures */
	const char *shape[PRESENTED_CLAIMS];  /* instead of the right array, or NULL */
	const char *late[PRESENTED_CLAIMS];   /* sent instead, after the digests were made */
	unsigned sent;                        /* a bit each */
	int repeated;                         /* index of a disclosure sent twice, -1 none */
	int digest_twice;                     /* its digest stands twice, -1 none */
	bool unreferenced;                    /* one more that belongs to nothing */
	bool padded;                          /* a '=' behind the first one sent */
	bool reversed;                        /* in the other order */
	/* key binding */
	bool kb;
	const char *kb_alg, *kb_typ, *kb_header_more;
	const char *kb_iat, *kb_nonce, *kb_aud, *kb_more; /* JSON values */
	enum presented_key kb_key;
	bool hash_of_all;                     /* sd_hash over all disclosures, not over those sent */
};

/* Everything right, all disclosed, with a key binding. Numbers are written into the arena. */
struct presented_plan presented_plan(struct idr_arena *a);
/* The holder's key as JWK text. */
const char *presented_holder(struct idr_arena *a, enum presented_key key);
struct idr_bytes presented_make(struct idr_arena *a, const struct presented_plan *p);

#endif
