/*
 * reg_status: status lists, leases of indexes, the append-only journal of changes.
 *
 * Standard  architecture.md section 4; Token Status List section 13
 * Threads   blocking calls on the caller's connection
 */
#ifndef IDSRV_REGISTRY_REG_STATUS_H
#define IDSRV_REGISTRY_REG_STATUS_H

#include "registry/registry.h"

struct reg_list {
	int32_t list_id;
	struct idr_bytes uri_tail;       /* "/statuslists/17-0123456789abcdef": behind the base URL */
	unsigned bits;                   /* of an entry, as the journal knows it */
	bool narrow;                     /* published with one bit: what is not valid is invalid */
	unsigned log2_entries;
	struct idr_bytes key_sealed;     /* permutation key; context "list:" + decimal id */
	int64_t version;                 /* journal rows so far */
	bool open;
	int64_t opened, expires;
};

/* Every list that is not yet expired, by id. */
IDR_MUST bool reg_status_lists(struct reg_conn *c, struct idr_arena *a, struct reg_list **out,
    size_t *n, struct idr_err *err);
/* Reserve an id, then store the list sealed for that id. One open list per (bits, narrow) at a time
 * on one timeline; a lost race gives *out of the winner. */
IDR_MUST bool reg_status_list_id(struct reg_conn *c, int32_t *id, struct idr_err *err);
IDR_MUST bool reg_status_list_open(struct reg_conn *c, struct idr_arena *a,
    const struct reg_list *in, struct reg_list *out, struct idr_err *err);
/* Close every open list of another timeline than the present one, or all (doubt). */
IDR_MUST bool reg_status_close(struct reg_conn *c, bool all, size_t *closed, struct idr_err *err);

/* Lease `n` counters of an open list of the present timeline. *first = -1 when the list is full or closed. */
IDR_MUST bool reg_status_lease(struct reg_conn *c, int32_t list_id, uint32_t n, int64_t *first,
    struct idr_err *err);

/* One change of status for a run of indexes (all copies of one credential), with its reason. */
struct reg_status_change {
	uint8_t request[16];             /* the same at a retry */
	int32_t list_id;
	const uint32_t *idx;
	size_t n;
	unsigned old_value, new_value;   /* old: what the caller saw */
	int64_t credential_id;
	const char *reason;              /* one of the published reason codes */
	const char *actor;               /* operator name */
	int64_t now;
	/* out */
	int64_t version;                 /* of the list after it */
};
/* Journal rows, credential row, audit row and list version in one transaction.
 * errors IDR_CONFLICT (old differs), IDR_STATUS_FINAL (revoked already), IDR_NOT_FOUND */
IDR_MUST bool reg_status_change(struct reg_conn *c, struct reg_status_change *x,
    struct idr_err *err);

struct reg_journal {
	int32_t list_id;
	int64_t version;
	uint32_t idx;
	unsigned value;
};
/* Journal rows of a list behind `version`, in order, at most max. A gap is an alarm of the caller. */
IDR_MUST bool reg_status_follow(struct reg_conn *c, int32_t list_id, int64_t version,
    struct reg_journal *out, size_t max, size_t *n, struct idr_err *err);
/* Versions of all lists at once: what a follower polls. Arrays are parallel, ids ascending. */
IDR_MUST bool reg_status_versions(struct reg_conn *c, struct idr_arena *a, int32_t **ids,
    int64_t **versions, size_t *n, struct idr_err *err);
IDR_MUST bool reg_status_checkpoint_put(struct reg_conn *c, int32_t list_id, int64_t version,
    struct idr_bytes bitmap_zlib, struct idr_err *err);
IDR_MUST bool reg_status_checkpoint_get(struct reg_conn *c, struct idr_arena *a, int32_t list_id,
    int64_t *version, struct idr_bytes *bitmap_zlib, bool *found, struct idr_err *err);

#endif
