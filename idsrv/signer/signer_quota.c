#include "signer/signer_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"

/* Numbers are reserved in blocks, so that no signature waits for a disk; a crash wastes at most one
 * block, a hundredth of a small quota, and never forgets a signature. */
enum { BLOCK = 1000, DAY = 86400 };

/*
 * The file. It stands in a directory the server may not write (sandbox_server), and belongs to root where we
 * started as root. `end` is last: whoever can only cut a file off and let it grow again makes no count of it.
 */
struct count {
	struct record {
		int64_t day, reserved;
	} key[RULES_KEYS];
	char end[8];
};
static const char end_mark[8] = "idrcount";

static bool make(const char *path, struct idr_err *err)
{
	struct count c = { .key = { { 0, 0 } } };

	memcpy(c.end, end_mark, sizeof(c.end));
	return file_write(path, idr_bytes((const uint8_t *)&c, sizeof(c)), 0600, err);
}

/* A file that is there and holds no count is not taken for none: then nothing is signed. */
static bool load(struct signer_quota *q, const char *path, struct idr_err *err)
{
	struct count c;
	struct stat st;

	if (fstat(q->fd, &st) != 0 || st.st_size != (off_t)sizeof(c) ||
	    pread(q->fd, &c, sizeof(c), 0) != (ssize_t)sizeof(c) || memcmp(c.end, end_mark, sizeof(c.end)) != 0)
		return idr_fail(err, IDR_FILE, NULL, "%.100s is no count of signatures: find out who changed it", path);
	for (int k = 0; k < RULES_KEYS; k++) {
		q->key[k].day = c.key[k].day;
		q->key[k].used = q->key[k].reserved = c.key[k].reserved;
	}
	return true;
}

bool signer_quota_open(const struct conf *conf, struct signer_quota *q, struct idr_err *err)
{
	char path[4096];

	*q = (struct signer_quota){ .limit = conf->signer_quota, .fd = -1 };
	snprintf(path, sizeof(path), "%s/signer.count", conf->signer_dir);
	if (mkdir(conf->signer_dir, 0700) != 0 && errno != EEXIST)
		return idr_fail(err, IDR_FILE, NULL, "cannot make signer_dir %.100s: %s", conf->signer_dir,
		    strerror(errno));
	if (access(path, F_OK) != 0 && errno == ENOENT && !make(path, err))
		return false;
	q->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (q->fd < 0)
		return idr_fail(err, IDR_FILE, NULL, "cannot open %.100s: %s", path, strerror(errno));
	return load(q, path, err);
}

/* Nothing is given on numbers that the file does not hold: a failed write leaves all as it was. */
static bool reserve(struct signer_quota *q, enum rules_key k, int64_t used, struct idr_err *err)
{
	int64_t block = q->limit > 0 && q->limit / 100 < BLOCK ? q->limit / 100 : BLOCK;
	struct record r[RULES_KEYS];

	for (int i = 0; i < RULES_KEYS; i++)
		r[i] = (struct record){ q->key[i].day, q->key[i].reserved };
	r[k].reserved = used + block;
	if (pwrite(q->fd, r, sizeof(r), 0) != (ssize_t)sizeof(r) || fdatasync(q->fd) != 0)
		return idr_fail(err, IDR_SIGNER, NULL, "the signer cannot write its counter");
	q->key[k].reserved = r[k].reserved;
	return true;
}

bool signer_quota_take(struct signer_quota *q, enum rules_key k, size_t n, int64_t now,
    struct idr_err *err)
{
	int64_t day = now / DAY, used;

	/* A clock that is set back does not open the quota of a day again. */
	if (day > q->key[k].day) {
		q->key[k].day = day;
		q->key[k].used = q->key[k].reserved = 0;
	}
	/* The other keys are counted and not stopped: the more is revoked, the more lists are signed. */
	if (k == RULES_ISSUER && q->limit > 0 && q->key[k].used + (int64_t)n > q->limit)
		return idr_fail(err, IDR_QUOTA, "RFC 9110 section 15.6.4", "the daily quota of the %s key is used up",
		    rules_key_name(k));
	used = q->key[k].used + (int64_t)n;
	if (used > q->key[k].reserved && !reserve(q, k, used, err))
		return false;
	q->key[k].used = used;
	return true;
}
