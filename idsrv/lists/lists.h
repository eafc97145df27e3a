/*
 * lists: status in memory: bitmaps as atomic words, indexes from leased runs, published tokens.
 *
 * Truth is the journal (registry/reg_status); the bitmap is built from the last checkpoint plus the
 * journal and follows it by version. A dirty list is compressed, signed and swapped in within one
 * second of the commit. Below the handlers because issue, present and revoke all need it.
 *
 * Standard  Token Status List; architecture.md section 4
 * Enter at  lists_open(), lists_take(), lists_lookup(), lists_token()
 * Threads   any; one thread of its own follows, publishes and leases
 */
#ifndef IDSRV_LISTS_LISTS_H
#define IDSRV_LISTS_LISTS_H

#include "registry/reg_status.h"
#include "signer/signer_client.h"
#include "status/status.h"
#include "sys/blob.h"
#include "sys/node.h"
#include "rules/rules.h"

struct lists;

struct lists_options {
	const struct conf *conf;
	const struct node *node;
	struct rules_holder *rules;
	struct registry *registry;
	struct signer *signer;
	struct metrics *metrics;
};

/* Load every list, close those of another timeline, open what is missing, publish all once. */
IDR_MUST bool lists_open(const struct lists_options *o, struct lists **out, struct idr_err *err);
void lists_close(struct lists **l);

/* A run of one lease: n counters whose indexes do not sit side by side. */
struct lists_run {
	int32_t list_id;
	int64_t first_counter;
	size_t n;
	uint32_t idx[20];
	const char *uri;               /* lives as long as the process */
};
/* Which lists a credential can stand on. */
struct lists_kind {
	unsigned bits;                 /* what is known of an entry: 1 revoked, 2 suspended too */
	bool narrow;                   /* and yet published with one bit, for mdocs */
};
struct lists_kind lists_kind_of(const struct idr_type *t, enum idr_format format);
/* Never blocks. errors IDR_NO_INDEX (nothing leased just now) */
IDR_MUST bool lists_take(struct lists *l, struct lists_kind kind, size_t n, struct lists_run *out,
    struct idr_err *err);
/* Indexes of a recorded run, for a status change. errors IDR_NOT_FOUND */
IDR_MUST bool lists_indexes(struct lists *l, int32_t list_id, int64_t first_counter, size_t n,
    uint32_t *idx, struct idr_err *err);
/* A committed change of ours: the room's thread reads the journal at once, not at its next look. */
void lists_changed(struct lists *l, int32_t list_id);

/* For idr_verify(): our own lists from memory, as they are published. */
struct idr_status_lookup lists_lookup(struct lists *l);

/* Ready signed tokens, counted; NULL when there is no such list. */
struct blob *lists_token(struct lists *l, struct idr_bytes name, bool cwt); /* "17-9f3b..." */
/* {"status_lists":[...]} */
struct blob *lists_aggregation(struct lists *l);
/* The tokens (CWT form) of all lists, for a bundle; slices live in the counted blobs. */
size_t lists_all_tokens(struct lists *l, struct blob **out, size_t max);
/* Changes whenever a token was published anew. */
uint64_t lists_generation(struct lists *l);
/* Oldest unpublished change in milliseconds, and whether every token is unexpired (health). */
bool lists_healthy(struct lists *l, int64_t now, int64_t *oldest_ms);

#endif
