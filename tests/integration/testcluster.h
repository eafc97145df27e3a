/*
 * testcluster: a throw-away PostgreSQL for one test program, migrated, gone at its end.
 *
 * PostgreSQL refuses root, so a program that was started as root becomes user postgres first; it
 * reads the migrations before that, because a clone under root's home cannot be read afterwards.
 *
 * Enter at  testcluster_start(), testcluster_stop()
 */
#ifndef TESTS_INTEGRATION_TESTCLUSTER_H
#define TESTS_INTEGRATION_TESTCLUSTER_H

#include "registry/registry.h"
#include "sys/cluster.h"

struct testcluster {
	bool durable;            /* in: commits reach the disk, as in service; without it, faster */
	char dir[64];            /* temporary; removed at stop */
	struct cluster *cluster;
	const char *owner_db, *app_db;
};

/* Exits the program with a message when it cannot. Run from the top of the tree. */
void testcluster_start(struct testcluster *t);
/* The same data again, after the database was killed. */
void testcluster_restart(struct testcluster *t);
/* Process id of the running postmaster, to be killed by a test. */
int testcluster_pid(const struct testcluster *t);
void testcluster_stop(struct testcluster *t);

#endif
