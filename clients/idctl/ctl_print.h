/*
 * ctl_print: what the parts of `print` share: who was issued a paper, what a paper says, and the
 * program that draws.
 */
#ifndef CLIENTS_IDCTL_CTL_PRINT_H
#define CLIENTS_IDCTL_CTL_PRINT_H

#include <stdio.h>
#include <sys/types.h>

#include "idctl/ctl.h"
#include "verify/bundle.h"

/* ---- ctl_print_ledger.c: nothing issued twice without saying so ---- */

enum ctl_issued {
	CTL_ISSUED_NOT,    /* never asked for, or refused */
	CTL_ISSUED_ASKED,  /* asked for, and what came of it is not known */
	CTL_ISSUED_DONE
};

struct ctl_ledger_entry {
	struct idr_bytes key;
	enum ctl_issued state;
	int64_t offset;    /* of its line in the file, when done */
	size_t length;
	size_t line;       /* in the list of this run; 0: not in it */
};

/* A file of one JSON object a line, only ever added to; read at the start, locked while it is open. */
struct ctl_ledger {
	struct idr_arena *arena;
	const char *path;
	int fd;
	int64_t end;
	struct ctl_ledger_entry **slot;
	size_t n, cap;
};

/* errors IDR_FILE: unreadable, of another type or cut, or in use by another run */
IDR_MUST bool ctl_ledger_open(struct idr_arena *a, const char *path, const char *type, const char *cut,
    struct ctl_ledger *out, struct idr_err *err);
void ctl_ledger_close(struct ctl_ledger *l);
/* The entry of this person, made when there is none. The key is copied. */
IDR_MUST bool ctl_ledger_entry(struct ctl_ledger *l, struct idr_bytes key, struct ctl_ledger_entry **out,
    struct idr_err *err);
/* On disk before the server is asked, and before its answer is used. */
IDR_MUST bool ctl_ledger_ask(struct ctl_ledger *l, struct ctl_ledger_entry *e, struct idr_err *err);
IDR_MUST bool ctl_ledger_refused(struct ctl_ledger *l, struct ctl_ledger_entry *e, struct idr_err *err);
IDR_MUST bool ctl_ledger_done(struct ctl_ledger *l, struct ctl_ledger_entry *e, int64_t credential_id,
    struct idr_bytes qr_text, struct idr_err *err);
/* What was issued to them. errors IDR_FILE */
IDR_MUST bool ctl_ledger_read(struct ctl_ledger *l, const struct ctl_ledger_entry *e, struct idr_arena *a,
    int64_t *credential_id, struct idr_bytes *qr_text, struct idr_err *err);

/* ---- ctl_print_proof.c: only what verifies is printed ---- */

struct ctl_proof {
	struct idr_suite *suite;
	const struct idr_bundle *bundle;
	struct idr_policy policy;
	struct idr_verify_in in;
};

/* The server's bundle of now, opened with the national root. */
IDR_MUST bool ctl_proof_open(struct cli *c, const char *root, struct ctl_proof *out, struct idr_err *err);
void ctl_proof_close(struct ctl_proof *p);
const struct idr_type *ctl_proof_type(const struct ctl_proof *p, struct idr_bytes id);
/*
 * Judge the text and say it as a message for idprint: number, dates, claims. A list too new for the
 * bundle leaves the status unknown, which is accepted; anything else that is not VALID is refused with
 * its code.
 */
IDR_MUST bool ctl_proof_page(struct ctl_proof *p, struct idr_arena *a, struct idr_bytes qr_text,
    int64_t credential_id, struct idr_bytes *message, struct idr_bytes *type_id, struct idr_err *err);

/* ---- ctl_print_pen.c: idprint, a process of its own ---- */

struct ctl_pen {
	pid_t pid;
	FILE *to, *from;
};

/*
 * Start the one beside this program, or from PATH. `lock`: a locked file it keeps open, or -1.
 * errors IDR_FILE
 */
IDR_MUST bool ctl_pen_open(struct ctl_pen *p, int lock, struct idr_err *err);
/* One message and its answer. The error is idprint's own, or IDR_FILE when it ended. */
IDR_MUST bool ctl_pen_send(struct ctl_pen *p, struct idr_arena *a, struct idr_bytes message,
    struct idr_err *err);
/* `whole`: all is drawn, keep the file. Otherwise a file of all pages is dropped. */
IDR_MUST bool ctl_pen_close(struct ctl_pen *p, struct idr_arena *a, bool whole, struct idr_err *err);

#endif
