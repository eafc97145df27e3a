/*
 * ctl: what the commands of idctl share: the servers' addresses, one call, files, QR pictures, text.
 *
 * Every command stands with its options in the table of its file; idctl.c joins the tables.
 *
 * Enter at  idctl.c, then the table at the end of ctl_<noun>.c
 */
#ifndef CLIENTS_IDCTL_CTL_H
#define CLIENTS_IDCTL_CTL_H

#include "codec/json.h"
#include "common/cli.h"

struct idr_suite;
struct idr_trust;

extern const struct cli_command ctl_ca[], ctl_people[], ctl_offer[], ctl_paper[], ctl_print_commands[],
    ctl_present[], ctl_status[], ctl_party[], ctl_bundle[], ctl_type[], ctl_service[], ctl_webhook[],
    ctl_selftest[], ctl_activation[], ctl_approval[], ctl_client[];

/* ---- ctl_call.c: the servers ---- */

/* --admin, --token-file, --server, --key-file: known to every command */
extern const struct cli_option ctl_common[];

enum ctl_as {
	CTL_ANYONE,   /* public listener, no key */
	CTL_PARTY,    /* public listener with the relying party's key */
	CTL_OPERATOR  /* admin listener with the operator's token */
};

struct ctl_call {
	enum ctl_as as;
	const char *method;
	const char *path;
	struct idr_bytes body;      /* p == NULL: none */
	const char *content_type;   /* NULL: application/json */
	const char *header;         /* one more, or NULL */
	const char *accept;         /* NULL: application/json */
	long timeout_s;             /* 0: 30 */
	bool quiet;                 /* ctl_ask() prints nothing */
	bool also_503;              /* a 503 with a body is an answer too (health) */
};

/* The listener's address, without a slash at its end. errors IDR_USAGE */
IDR_MUST bool ctl_base(struct cli *c, enum ctl_as as, const char **url, struct idr_err *err);
/* "Authorization: Bearer ...", NULL for anyone. Has one been given at all? errors IDR_USAGE, IDR_FILE */
bool ctl_has_key(enum ctl_as as);
IDR_MUST bool ctl_key(struct cli *c, enum ctl_as as, const char **header, struct idr_err *err);
/* The body of a 2xx answer. Keys travel over https or to the loopback only. errors IDR_USAGE (no
 * key given), IDR_FILE, IDR_NETWORK, and what the server refused with */
IDR_MUST bool ctl_call(struct cli *c, const struct ctl_call *q, struct idr_bytes *body,
    struct idr_err *err);
/* The same, parsed. With --json the body is printed too, so callers only write for people. A caller
 * that can still fail afterwards sets `quiet` and prints doc itself: one JSON value, not two. */
IDR_MUST bool ctl_ask(struct cli *c, const struct ctl_call *q, const struct idr_json **doc,
    struct idr_err *err);
/* `format` with `id` put in; an id is 1 to 64 of A-Z a-z 0-9 - _. errors IDR_USAGE */
IDR_MUST bool ctl_path(struct cli *c, const char *before, const char *id, const char *behind,
    const char **path, struct idr_err *err);

/* ---- ctl_bundle.c, ctl_paper.c: what more than one command needs ---- */

/* Anchors for bundles from --root. errors IDR_USAGE, IDR_FILE */
IDR_MUST bool ctl_roots(struct cli *c, struct idr_suite *s, const char *path, struct idr_trust **t,
    struct idr_err *err);
/* POST /admin/v1/papers: issued, recorded, in force. `cut` NULL: the type's first */
IDR_MUST bool ctl_paper_issue(struct cli *c, struct idr_bytes person, const char *type, const char *cut,
    const struct idr_json **doc, struct idr_bytes *qr_text, struct idr_err *err);

/* ---- ctl_file.c ---- */

/* The program of this name beside this one, written to `path`; or the name alone, for PATH to find. */
const char *ctl_beside(const char *name, char *path, size_t room);

/* Sorted names in `dir` that end with `suffix`; suffix "/" gives directories. errors IDR_FILE */
IDR_MUST bool ctl_list(struct idr_arena *a, const char *dir, const char *suffix,
    const char ***names, size_t *n, struct idr_err *err);
/* dir/name in the arena */
IDR_MUST bool ctl_join(struct idr_arena *a, const char *dir, const char *name, const char **out,
    struct idr_err *err);

/* ---- ctl_text.c: for people ---- */

/* A string value as C text for a terminal: control characters become '?'; "" when absent. */
const char *ctl_text(struct cli *c, const struct idr_json *v);
const char *ctl_member(struct cli *c, const struct idr_json *obj, const char *name);
const char *ctl_clean(struct cli *c, struct idr_bytes text);
/* "a, b, c" of an array of strings */
const char *ctl_words(struct cli *c, const struct idr_json *list);
int64_t ctl_number(const struct idr_json *obj, const char *name);
/* Digits within min..max. errors IDR_USAGE naming the option */
IDR_MUST bool ctl_parse_number(const char *option, const char *text, int64_t min, int64_t max,
    int64_t *out, struct idr_err *err);
/* errors IDR_USAGE: "--person is missing" */
IDR_MUST bool ctl_need(const char *option, const char *value, struct idr_err *err);
/* The server's answer as the --json output. */
void ctl_print_doc(const struct cli *c, const struct idr_json *doc);
/* An object or list of our own as the --json output. */
enum cli_exit ctl_print(const struct cli *c, const struct idr_buf *b);

/* ---- ctl_verdict.c ---- */

/* A verdict of the server for people: result, why, what next, who issued, how fresh, the claims
 * (NULL: those inside the verdict). */
void ctl_verdict_show(struct cli *c, const struct idr_json *verdict, const struct idr_json *claims);
/* VALID, or accepted by the policy: 0; UNDECIDED: 2; otherwise 1. */
enum cli_exit ctl_verdict_exit(const struct idr_json *verdict);

/* ---- ctl_qr.c ---- */

/* Can --qr FILE be drawn to at all? Asked before the server makes something. errors IDR_USAGE */
IDR_MUST bool ctl_qr_check(const char *file, struct idr_err *err);
/* A picture of `text` by the file's ending, .png or .svg; screens: level M, version 27 at most. */
IDR_MUST bool ctl_qr_file(struct cli *c, struct idr_bytes text, const char *path, const char *title,
    struct idr_err *err);
IDR_MUST bool ctl_qr_terminal(struct cli *c, struct idr_bytes text, struct idr_err *err);
/* --qr and --terminal of a command, either may be NULL; nothing on the terminal with --json */
IDR_MUST bool ctl_qr_show(struct cli *c, struct idr_bytes text, const char *file, const char *terminal,
    const char *title, struct idr_err *err);

#endif
