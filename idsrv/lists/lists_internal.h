/*
 * lists_internal: what the files of this room share.
 *
 * The table of lists only grows; it is read under a read lock and extended by the room's own
 * thread. Bits are atomic words; leases are guarded by the list's mutex.
 */
#ifndef IDSRV_LISTS_LISTS_INTERNAL_H
#define IDSRV_LISTS_LISTS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "lists/lists.h"
#include "status/status_index.h"
#include "sys/metrics.h"

/* A bitmap is kept in the registry once so many changes stand behind the last one kept. */
enum { LISTS_MAX = 65536, LISTS_FOLLOW = 1024, LISTS_CHECKPOINT = 4096 };
/* Every kind of list there is. */
enum { LISTS_KINDS = 3 };
/* What recovery takes of a round: the other lists must be followed and published meanwhile. */
enum { LISTS_RECOVER_US = 400000 };

struct lists_lease {
	int64_t next, end; /* counters next .. end - 1 are ours */
};

struct list {
	int32_t id;
	char *uri;
	unsigned bits, log2;
	bool narrow;               /* published with one bit, though two are known */
	uint8_t key[IDR_STATUS_KEY];
	int64_t version;           /* journal rows applied; the room's thread only */
	int64_t published_version; /* likewise */
	int64_t kept_version;      /* of the checkpoint; likewise */
	bool lost;                 /* the database may have lost changes of it; likewise */
	bool told;                 /* of it, in the log; likewise */
	size_t recovered;          /* indexes journaled again so far; likewise */
	/*
	 * The database lost it and gave its number to another list. It is served from memory as it was, as long as
	 * this process lives, and followed no more: what is known of it grows old, and a verifier sees that.
	 */
	atomic_bool orphan;
	atomic_llong as_of;        /* wall clock, seconds: until when the journal is known */
	atomic_llong published_at; /* wall clock, seconds; health reads it */
	atomic_llong dirty_us;     /* monotonic: since when a change waits; 0 when clean */
	_Atomic uint32_t *word;
	size_t n_words;
	bool open;                 /* more can be leased; the room's thread only */
	atomic_bool leased;        /* counters are at hand: says where it is worth to look */
	pthread_mutex_t lease_lock;
	struct lists_lease now, ahead;
	struct blob_slot *jwt, *cwt;
};

struct lists {
	struct lists_options o;
	pthread_rwlock_t lock;     /* of the table */
	struct list **list;        /* by id, ascending; orphans before the database's list of the same id */
	size_t n, cap;
	bool needed[LISTS_KINDS];  /* by some type: lists_kinds[] */
	pthread_t thread;
	bool threaded;
	pthread_mutex_t wake_lock;
	pthread_cond_t wake;
	bool woken, stopping;
	struct reg_conn *conn;     /* the room's thread only */
	struct idr_suite *suite;
	struct idr_path_cache *cache; /* our own signer's chain, checked with every list published */
	struct idr_arena *arena;   /* of one question to the registry */
	struct idr_arena *scratch; /* of one list */
	int64_t followed_us;       /* monotonic: when the last look at all journals began */
	int64_t recover_until_us;  /* monotonic: when recovery leaves this round to other work */
	struct reg_list *row;      /* the database's lists, when recovery asked in this look; in arena */
	size_t n_row;
	struct registry_position position;
	struct registry_position seen; /* position at the last round: behind it, changes may be lost */
	struct blob_slot *aggregation;
	atomic_ullong generation;  /* tokens published so far */
};

/* lists.c */
/* The database's list of this number; never an orphan. */
struct list *lists_find(struct lists *l, int32_t id);
void list_orphan(struct list *x);
void lists_wake(struct lists *l);

/* lists_round.c: one round of the room's thread: follow, lease, publish */
IDR_MUST bool lists_round(struct lists *l, struct idr_err *err);
/* The first part of it: what the journals say, and what they should say. */
IDR_MUST bool lists_follow_all(struct lists *l, struct idr_err *err);

/*
 * lists_recover.c: a list whose database, at `version`, may know less than we do. Done when x->lost
 * is false; else to be called again in the next round.
 */
IDR_MUST bool lists_recover(struct lists *l, struct list *x, int64_t version, struct idr_err *err);

/* lists_position.c: is this still the database whose leases we hold? */
IDR_MUST bool lists_position_begin(struct lists *l, struct idr_err *err);
IDR_MUST bool lists_position_check(struct lists *l, struct idr_err *err);
/* A lease was taken: the database must never stand before this again. */
IDR_MUST bool lists_position_keep(struct lists *l, struct idr_err *err);

/* lists_own.c: bitmaps from journal and checkpoint */
/* The permutation key of a row into x->key. */
IDR_MUST bool lists_unwrap_key(struct lists *l, const struct reg_list *row, struct list *x,
    struct idr_err *err);
IDR_MUST bool lists_add(struct lists *l, const struct reg_list *row, struct idr_err *err);
IDR_MUST bool lists_follow(struct lists *l, struct list *x, struct idr_err *err);
/* The bitmap of the last checkpoint, so that the journal need not be read from its beginning; one of
 * a version behind `newest` is passed over. */
IDR_MUST bool lists_checkpoint(struct lists *l, struct list *x, int64_t newest, struct idr_err *err);
unsigned list_value(const struct list *x, uint32_t idx);
/* The value that is published for one that is known. */
unsigned list_shown(const struct list *x, unsigned value);
void list_put(struct list *x, uint32_t idx, unsigned value);
void list_free(struct list **x);
/* Entries at the end of the counter space that are never given out: their indexes are the decoys. */
uint32_t lists_decoys(const struct list *x);

/* lists_index.c: leases and runs */
extern const struct lists_kind lists_kinds[LISTS_KINDS];
IDR_MUST bool lists_lease_ahead(struct lists *l, struct idr_err *err);
/* Nothing more is given out on any list that is known now. */
void lists_leases_drop(struct lists *l);

/* lists_publish.c: compress, sign, swap */
IDR_MUST bool lists_publish(struct lists *l, struct list *x, struct idr_err *err);
IDR_MUST bool lists_publish_aggregation(struct lists *l, struct idr_err *err);
bool lists_publish_is_due(const struct lists *l, const struct list *x, int64_t now);

#endif
