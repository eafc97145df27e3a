/*
 * start: what a service does once while it starts: its state directory, its node secret, and saying
 * that it is ready (file and systemd).
 *
 * Threads   main thread only, before rights are given up unless said otherwise
 */
#ifndef IDSRV_SYS_START_H
#define IDSRV_SYS_START_H

#include "base/arena.h"
#include "sys/conf.h"

/* Make the state directory with mode 0700 and give it to the user the server becomes. */
IDR_MUST bool start_state_dir(const struct conf *c, struct idr_err *err);
/* Read the 32 bytes. In demo mode they are made when absent; in production the file must exist and
 * be closed to others. errors IDR_CONFIG, IDR_FILE */
IDR_MUST bool start_node_secret(const struct conf *c, struct idr_arena *a, struct idr_bytes *out,
    struct idr_err *err);

/*
 * Raise the limit of open files to what `connections` on two listeners may take. The usual 1024 would be
 * used up by clients, and then no database, certificate or log can be opened. errors IDR_CONFIG
 */
IDR_MUST bool start_descriptors(const struct conf *c, struct idr_err *err);

/*
 * The ready file: opened early, because later neither the user nor the sandbox may create it, and
 * empty until start_ready_say(). -1 when none is configured.
 */
IDR_MUST bool start_ready_open(const struct conf *c, int *fd, struct idr_err *err);
void start_ready_say(int fd, unsigned public_port, unsigned admin_port);
/* Empty again, and closed. */
void start_ready_unsay(int *fd);

/* "READY=1", "STOPPING=1" to $NOTIFY_SOCKET (sd_notify(3)); nothing when that is not set. */
void start_notify(const char *text);

#endif
