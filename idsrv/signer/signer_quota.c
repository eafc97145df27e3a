#include "signer/signer_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "sys/sandbox.h"

/* Numbers are reserved in blocks, so that no signature waits for a disk; a crash wastes at most one
 * block, a hundredth of a small quota, and never forgets a signature. */
enum { BLOCK = 1000, DAY = 86400 };

struct record {
	int64_t day, reserved;
};

bool signer_quota_open(const struct conf *conf, struct signer_quota *q, struct idr_err *err)
{
	struct record r[RULES_KEYS] = { { 0, 0 } };
	char path[4096];
	unsigned uid, gid;
	const char *name;

	snprintf(path, sizeof(path), "%s/signer.count", conf->state_dir);
	*q = (struct signer_quota){ .limit = conf->signer_quota };
	q->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (q->fd < 0)
		return idr_fail(err, IDR_FILE, NULL, "cannot open %s: %s", path, strerror(errno));
	if (sandbox_user(conf, &uid, &gid, &name) && fchown(q->fd, uid, gid) != 0)
		return idr_fail(err, IDR_FILE, NULL, "cannot give %s to %s", path, name);
	if (pread(q->fd, r, sizeof(r), 0) == (ssize_t)sizeof(r))
		for (int k = 0; k < RULES_KEYS; k++) {
			q->key[k].day = r[k].day;
			q->key[k].used = q->key[k].reserved = r[k].reserved;
		}
	return true;
}

static bool reserve(struct signer_quota *q, struct idr_err *err)
{
	struct record r[RULES_KEYS];

	for (int k = 0; k < RULES_KEYS; k++)
		r[k] = (struct record){ q->key[k].day, q->key[k].reserved };
	if (pwrite(q->fd, r, sizeof(r), 0) != (ssize_t)sizeof(r) || fdatasync(q->fd) != 0)
		return idr_fail(err, IDR_SIGNER, NULL, "the signer cannot write its counter");
	return true;
}

bool signer_quota_take(struct signer_quota *q, enum rules_key k, size_t n, int64_t now,
    struct idr_err *err)
{
	int64_t day = now / DAY;

	/* A clock that is set back does not open the quota of a day again. */
	if (day > q->key[k].day) {
		q->key[k].day = day;
		q->key[k].used = q->key[k].reserved = 0;
	}
	/* The other keys are counted and not stopped: the more is revoked, the more lists are signed. */
	if (k == RULES_ISSUER && q->limit > 0 && q->key[k].used + (int64_t)n > q->limit)
		return idr_fail(err, IDR_QUOTA, "RFC 9110 section 15.6.4", "the daily quota of the %s key is used up",
		    rules_key_name(k));
	q->key[k].used += (int64_t)n;
	if (q->key[k].used <= q->key[k].reserved)
		return true;
	q->key[k].reserved = q->key[k].used + (q->limit > 0 && q->limit / 100 < BLOCK ? q->limit / 100 : BLOCK);
	return reserve(q, err);
}
