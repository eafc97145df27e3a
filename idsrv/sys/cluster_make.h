/*
 * cluster_make: find PostgreSQL's programs and make the private cluster once.
 *
 * A half-made cluster never counts: everything happens in data.new, which is renamed last.
 *
 * Threads   main thread only
 */
#ifndef IDSRV_SYS_CLUSTER_MAKE_H
#define IDSRV_SYS_CLUSTER_MAKE_H

#include <limits.h>

#include "base/err.h"

#define CLUSTER_DATABASE "idrail"

struct cluster_paths {
	char state[PATH_MAX];            /* real path */
	char data[PATH_MAX];
	char socket[PATH_MAX];
	char postgres[PATH_MAX];
	char initdb[PATH_MAX];
};

/* Programs of the version that data was made with, else the best there are. errors IDR_DATABASE */
IDR_MUST bool cluster_find_programs(struct cluster_paths *p, struct idr_err *err);
/* Nothing to do when data is there. errors IDR_DATABASE, IDR_FILE */
IDR_MUST bool cluster_make(const struct cluster_paths *p, bool fsync_off, struct idr_err *err);

#endif
