/*
 * control: what the faults read while they run: one page, mapped by all who take part (shim.c inside the
 * server, its signer and its PostgreSQL; cut.c between server and PostgreSQL) and written by faultctl.c.
 *
 * Where it lies stands in the environment: FAULT_CONTROL.
 */
#ifndef TESTS_FAULTS_CONTROL_H
#define TESTS_FAULTS_CONTROL_H

#include <stdatomic.h>

enum disk_fault {
	DISK_WELL,
	DISK_FULL,          /* what needs a new block or a new file: ENOSPC; overwriting works */
	DISK_NO_WRITES      /* every write of a file: ENOSPC (a quota, a file system that copies on write) */
};

/* Whose disk it is stands in the environment of a program: FAULT_DISK=0 or 1; without it the disk is well. */
enum disk_of {
	DISK_SERVER, DISK_DATABASE
};

enum cut_when {
	CUT_NEVER,
	CUT_BEFORE,         /* the COMMIT does not reach the database */
	CUT_AFTER,          /* it was committed, and the answer does not come back */
	CUT_AT_ONCE         /* the COMMIT was sent on; whether it was done nobody knows */
};

struct control {
	atomic_long clock_s;       /* the wall clock is off by this */
	atomic_int disk[2];        /* enum disk_of */
	atomic_int cut;
	atomic_int cut_every;      /* one COMMIT of so many */
	atomic_int frozen;         /* nothing passes in either direction */
	atomic_long commits, cuts; /* written by cut.c */
};

#endif
