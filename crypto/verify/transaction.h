/*
 * transaction: transaction_data of a request: what a holder confirms together with the proof of possession.
 *
 * Confirmed is the text as it was sent: its hash stands in the key binding of a credential that the
 * transaction names. Only sha-256 is offered, and only SD-JWT VCs confirm here.
 *
 * Standard  OpenID4VP 1.0 sections 5.1, 8.4, appendix B.3.3
 * Enter at  idr_transactions_parse(), idr_transactions_confirmed()
 * Threads   read-only once parsed
 */
#ifndef IDR_VERIFY_TRANSACTION_H
#define IDR_VERIFY_TRANSACTION_H

#include "dcql/dcql.h"
#include "suite/suite.h"

enum { IDR_TRANSACTIONS_MAX = 8, IDR_TRANSACTION_MAX = 8192 };

struct idr_transaction {
	struct idr_bytes text;           /* base64url as sent */
	const struct idr_json *credential_ids;
	bool names_hashes;               /* has transaction_data_hashes_alg: then the key binding must name it too */
};

struct idr_transactions {
	struct idr_transaction t[IDR_TRANSACTIONS_MAX];
	size_t n;
};

/*
 * The member of a request, a JSON array of base64url strings, against its query: each an object with a type
 * and credential_ids of queries that ask for an SD-JWT VC with holder binding. errors IDR_POLICY
 */
IDR_MUST bool idr_transactions_parse(struct idr_arena *a, struct idr_bytes json, const struct idr_dcql *query,
    struct idr_transactions *out, struct idr_err *err);
/*
 * Which of them (bit i: t->t[i]) does this key binding of an answer to the query `id` confirm? A hash that is
 * of none of them, also when there are none (t NULL), is refused. errors IDR_TRANSACTION_DATA
 */
IDR_MUST bool idr_transactions_confirmed(struct idr_suite *s, const struct idr_transactions *t,
    struct idr_bytes id, const struct idr_json *kb_payload, unsigned *confirmed, struct idr_err *err);

#endif
