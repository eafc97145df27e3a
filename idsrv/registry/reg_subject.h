/*
 * reg_subject: people as imported: sealed claims, found by blind index. The built-in claims source.
 *
 * The row key (a national number, say) is stored only as a blind index; claims are sealed with the
 * person id as context ("subject:" + decimal id), so a row cannot be moved under another person.
 */
#ifndef IDSRV_REGISTRY_REG_SUBJECT_H
#define IDSRV_REGISTRY_REG_SUBJECT_H

#include "registry/registry.h"

struct reg_subject_put {
	uint8_t key_blind[32];
	uint8_t content_mac[32];        /* of the canonical claims: the same row again is no change */
	bool has_number;
	uint8_t number_blind[32];       /* of the number the person knows: what they log in with */
	int64_t person_id;              /* from reg_subject_ids() */
	struct idr_bytes claims_sealed;
	/* out */
	enum { REG_SUBJECT_NEW, REG_SUBJECT_SAME, REG_SUBJECT_CONFLICT, REG_SUBJECT_UPDATED } outcome;
};

/* n fresh person ids (a sequence), so that rows can be sealed before they are put. */
IDR_MUST bool reg_subject_ids(struct reg_conn *c, size_t n, int64_t *ids, struct idr_err *err);
/*
 * Put a piece of an import in one transaction. Same key and same content: SAME. Same key, other
 * content: CONFLICT and nothing changed, unless `update` is true (then claims are replaced under
 * the existing id: the row was sealed for that id, see reg_subject_by_keys).
 */
IDR_MUST bool reg_subject_put(struct reg_conn *c, struct reg_subject_put *rows, size_t n,
    bool update, const char *operator_name, struct idr_err *err);
/* Existing ids for keys, 0 where new: asked before sealing. */
IDR_MUST bool reg_subject_by_keys(struct reg_conn *c, const uint8_t (*key_blind)[32], size_t n,
    int64_t *ids, struct idr_err *err);
/* The id of the person with this key; somebody new gets one, without claims (imported later, perhaps). */
IDR_MUST bool reg_subject_person(struct reg_conn *c, const uint8_t key_blind[32], int64_t *person_id,
    struct idr_err *err);
/* The one person who has this number; 0 when nobody has it, or more than one. */
IDR_MUST bool reg_subject_by_number(struct reg_conn *c, const uint8_t number_blind[32], int64_t *person_id,
    struct idr_err *err);
IDR_MUST bool reg_subject_get(struct reg_conn *c, struct idr_arena *a, int64_t person_id,
    struct idr_bytes *claims_sealed, bool *found, struct idr_err *err);
IDR_MUST bool reg_subject_count(struct reg_conn *c, int64_t *n, struct idr_err *err);

#endif
