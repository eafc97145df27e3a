/*
 * cluster: the private PostgreSQL as a child, when no connection string is given.
 *
 * initdb into data.new and rename, peer authentication with owner and app, postgres as a direct
 * child with pdeathsig, orphans of an earlier start stopped first (dependencies brief 5).
 *
 * Enter at  cluster_start(), cluster_stop()
 * Threads   main thread only (the child dies with the thread that started it)
 */
#ifndef IDSRV_SYS_CLUSTER_H
#define IDSRV_SYS_CLUSTER_H

#include "base/arena.h"

struct cluster;

struct cluster_options {
	const char *state_dir;   /* data, socket and lock lie below it */
	bool fsync_off;          /* throw-away clusters of tests only */
};

/* Start (making it at the first time) and wait until it answers. errors IDR_DATABASE, IDR_FILE */
IDR_MUST bool cluster_start(const struct cluster_options *o, struct cluster **out,
    struct idr_err *err);
/* Connection strings for the roles owner (migrations) and app (the server). */
const char *cluster_owner_db(const struct cluster *c);
const char *cluster_app_db(const struct cluster *c);
/* Has the child ended? Then the server must stop too. */
bool cluster_is_gone(struct cluster *c);
void cluster_stop(struct cluster **c);

#endif
