/*
 * file: small files read whole, with a limit and an error that names the path.
 *
 * Threads   plain functions
 */
#ifndef IDSRV_SYS_FILE_H
#define IDSRV_SYS_FILE_H

#include "base/arena.h"

/* errors IDR_FILE, IDR_LIMIT */
IDR_MUST bool file_read(struct idr_arena *a, const char *path, size_t max, struct idr_bytes *out,
    struct idr_err *err);
/* Write beside and rename, so that a half-written file never counts; mode as given. */
IDR_MUST bool file_write(const char *path, struct idr_bytes content, unsigned mode,
    struct idr_err *err);
/*
 * Names in a directory that end with `suffix` (or sub-directories for suffix "/"), sorted by name,
 * without the path. Hidden names are left out.
 */
IDR_MUST bool file_list(struct idr_arena *a, const char *dir, const char *suffix, size_t max,
    const char ***names, size_t *n, struct idr_err *err);
/* Can group or others read it? For secrets. False also when the file is absent. */
bool file_is_open_to_others(const char *path);

#endif
