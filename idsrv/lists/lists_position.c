#include "lists/lists_internal.h"

#include <stdio.h>

#include "sys/file.h"
#include "sys/log.h"

/*
 * Where the database's log stood at our last lease is kept outside of it. A database that is
 * another one, or stands before that point, was restored: what it gave out since is forgotten in
 * it, and would be leased again (architecture.md section 4). Then nothing more is issued on any
 * list it has. An operator who doubts empties the file and starts anew.
 */

enum { LINE_MAX = 256 };

static char *path_of(struct lists *l, struct idr_err *err)
{
	return idr_arena_printf(l->arena, err, "%s/registry.position", l->o.conf->state_dir);
}

static bool read_kept(struct lists *l, struct registry_position *out, bool *found, struct idr_err *err)
{
	char *path = path_of(l, err), text[LINE_MAX];
	unsigned long long id, lsn;
	struct idr_bytes file;
	long long timeline;
	struct idr_err absent;

	*found = false;
	if (!path)
		return false;
	if (!file_read(l->arena, path, LINE_MAX - 1, &file, &absent))
		return true; /* the first start of this node */
	memcpy(text, file.p, file.n);
	text[file.n] = '\0';
	*found = true;
	if (sscanf(text, "%llu %lld %llu", &id, &timeline, &lsn) == 3)
		*out = (struct registry_position){ id, timeline, lsn };
	return true; /* what cannot be read fits no database */
}

bool lists_position_keep(struct lists *l, struct idr_err *err)
{
	char *path = path_of(l, err), text[LINE_MAX];
	int n;

	if (!path || !registry_position(l->conn, &l->position, err))
		return false;
	n = snprintf(text, sizeof(text), "%llu %lld %llu\n", (unsigned long long)l->position.system_id,
	    (long long)l->position.timeline, (unsigned long long)l->position.lsn);
	return file_write(path, idr_bytes(text, (size_t)n), 0600, err);
}

static bool is_doubtful(const struct registry_position *was, const struct registry_position *now)
{
	return now->system_id != was->system_id || now->timeline < was->timeline ||
	    (now->timeline == was->timeline && now->lsn < was->lsn);
}

/* Close what is of another timeline, or everything. */
static bool close_lists(struct lists *l, bool all, struct idr_err *err)
{
	struct log_line line;
	size_t closed;

	if (!reg_status_close(l->conn, all, &closed, err))
		return false;
	lists_leases_drop(l);
	if (!closed && !all)
		return true;
	log_begin(&line, LOG_WARN, "lists_closed");
	log_str(&line, "reason", all ? "doubt" : "timeline");
	log_int(&line, "open", (int64_t)closed);
	log_end(&line);
	return true;
}

/* implements: TSL 13.3a */
bool lists_position_begin(struct lists *l, struct idr_err *err)
{
	struct registry_position kept = { 0 };
	bool found;

	if (!read_kept(l, &kept, &found, err) || !registry_position(l->conn, &l->position, err))
		return false;
	return close_lists(l, found && is_doubtful(&kept, &l->position), err) && lists_position_keep(l, err);
}

bool lists_position_check(struct lists *l, struct idr_err *err)
{
	struct registry_position now;

	if (!registry_position(l->conn, &now, err))
		return false;
	if (now.system_id == l->position.system_id && now.timeline == l->position.timeline &&
	    now.lsn >= l->position.lsn)
		return true;
	return close_lists(l, is_doubtful(&l->position, &now), err) && lists_position_keep(l, err);
}
