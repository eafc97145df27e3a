#include "idctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/text.h"
#include "common/web.h"

/* One call to one of the two listeners, with the key that belongs there. */

enum { KEY_MAX = 4096, ID_MAX = 64, DOC_MAX = 64 * 1024 * 1024 };

static const char *admin_url, *token_file, *server_url, *key_file;

const struct cli_option ctl_common[] = {
	{ "admin", "URL", "admin listener (IDCTL_ADMIN; http://127.0.0.1:8081)", &admin_url, NULL },
	{ "token-file", "FILE", "operator's token (IDCTL_TOKEN_FILE)", &token_file, NULL },
	{ "server", "URL", "public listener (IDCTL_SERVER; http://127.0.0.1:8080)", &server_url, NULL },
	{ "key-file", "FILE", "relying party's key (IDCTL_KEY_FILE)", &key_file, NULL },
	{ 0 },
};

/* The option, else the environment, else the default. */
static const char *setting(const char *option, const char *variable, const char *fallback)
{
	const char *v = option ? option : getenv(variable);

	return v && *v ? v : fallback;
}

/* ---- where to ---- */

static bool check_base(const char *url, struct idr_err *err)
{
	const char *authority = strstr(url, "://");

	if (!idr_is_ascii_token(idr_str(url)) || strpbrk(url, " ?#@"))
		return idr_fail(err, IDR_USAGE, NULL, "the server's address is not a plain URL: %.100s", url);
	if (authority && strncmp(url, "https://", 8) == 0)
		return true;
	if (web_is_loopback(url))
		return true;
	return idr_fail(err, IDR_USAGE, NULL,
	    "%.100s: keys and personal data travel over https, or over http to this machine only", url);
}

bool ctl_base(struct cli *c, enum ctl_as as, const char **url, struct idr_err *err)
{
	const char *base = as == CTL_OPERATOR ? setting(admin_url, "IDCTL_ADMIN", "http://127.0.0.1:8081")
	                                      : setting(server_url, "IDCTL_SERVER", "http://127.0.0.1:8080");
	size_t n = strlen(base);

	while (n && base[n - 1] == '/')
		n--;
	return check_base(base, err) && (*url = idr_arena_printf(c->arena, err, "%.*s", (int)n, base));
}

/* ---- with which key ---- */

static void warn_if_open(const struct cli *c, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH)))
		fprintf(stderr, "%s: warning: others on this machine can read %s; chmod 600 it\n", c->program, path);
}

static bool authorization(struct cli *c, const char *path, const char *what, const char **header,
    struct idr_err *err)
{
	struct idr_bytes key;

	if (!path)
		return idr_fail(err, IDR_USAGE, NULL, "%s", what);
	if (!cli_read(c->arena, path, KEY_MAX, &key, err))
		return false;
	warn_if_open(c, path);
	while (key.n && (key.p[key.n - 1] == '\n' || key.p[key.n - 1] == '\r' || key.p[key.n - 1] == ' '))
		key.n--;
	if (!idr_is_ascii_token(key) || idr_bytes_index(key, 0, ' ') != SIZE_MAX)
		return idr_fail(err, IDR_FILE, NULL, "%s does not hold one key on one line", path);
	*header = idr_arena_printf(c->arena, err, "Authorization: Bearer %.*s", (int)key.n, (const char *)key.p);
	return *header != NULL;
}

bool ctl_has_key(enum ctl_as as)
{
	return as == CTL_PARTY ? setting(key_file, "IDCTL_KEY_FILE", NULL) != NULL
	                       : as == CTL_OPERATOR && setting(token_file, "IDCTL_TOKEN_FILE", NULL);
}

bool ctl_key(struct cli *c, enum ctl_as as, const char **header, struct idr_err *err)
{
	*header = NULL;
	switch (as) {
	case CTL_ANYONE:
		return true;
	case CTL_PARTY:
		return authorization(c, setting(key_file, "IDCTL_KEY_FILE", NULL),
		    "this needs a relying party's key: --key-file FILE or IDCTL_KEY_FILE", header, err);
	case CTL_OPERATOR:
		return authorization(c, setting(token_file, "IDCTL_TOKEN_FILE", NULL),
		    "this needs an operator's token: --token-file FILE or IDCTL_TOKEN_FILE", header, err);
	}
	return false;
}

/* ---- the call ---- */

bool ctl_call(struct cli *c, const struct ctl_call *q, struct idr_bytes *body, struct idr_err *err)
{
	struct web_request w = {
		.method = q->method, .body = q->body, .timeout_s = q->timeout_s,
		.content_type = !q->body.p ? NULL : q->content_type ? q->content_type : "application/json",
	};
	struct web_response answer;
	const char *key, *base;
	size_t n = 0;

	if (!ctl_base(c, q->as, &base, err) || !ctl_key(c, q->as, &key, err) ||
	    !(w.url = idr_arena_printf(c->arena, err, "%s%s", base, q->path)))
		return false;
	w.header[n++] = idr_arena_printf(c->arena, err, "Accept: %s, application/problem+json",
	    q->accept ? q->accept : "application/json");
	if (key)
		w.header[n++] = key;
	if (q->header)
		w.header[n++] = q->header;
	if (!w.header[0] || !web_send(c->arena, &w, &answer, err))
		return false;
	if (!(q->also_503 && answer.status == 503) && !web_expect(c->arena, &answer, err))
		return false;
	*body = answer.body;
	return true;
}

bool ctl_ask(struct cli *c, const struct ctl_call *q, const struct idr_json **doc,
    struct idr_err *err)
{
	struct idr_bytes body;

	if (!ctl_call(c, q, &body, err) || !idr_json_parse(c->arena, body, DOC_MAX, doc, err))
		return false;
	if (!q->quiet)
		ctl_print_doc(c, *doc);
	return true;
}

bool ctl_path(struct cli *c, const char *before, const char *id, const char *behind,
    const char **path, struct idr_err *err)
{
	size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

	if (n == 0 || n > ID_MAX || id[n] != '\0')
		return idr_fail(err, IDR_USAGE, NULL, "`%.64s` is not an id", id);
	*path = idr_arena_printf(c->arena, err, "%s%s%s", before, id, behind);
	return *path != NULL;
}
