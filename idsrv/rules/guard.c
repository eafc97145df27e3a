#include "rules/guard.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "suite/cert.h"
#include "suite/pem.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/sandbox.h"

#define REF "architecture section 8"

enum { FILES_MAX = 64, PEM_MAX = 64 * 1024 };

void guard_add(struct guard_report *out, const struct idr_err *why)
{
	if (out->n < GUARD_MAX)
		out->reason[out->n++] = *why;
}

#define OBJECT(out, ref, ...) do { \
	struct idr_err why_; \
	idr_fail(&why_, IDR_CONFIG, ref, __VA_ARGS__); \
	guard_add(out, &why_); \
} while (0)

/* ---- who can reach us ---- */

/* implements: VCI 8b */
static void look_at_listener(const struct conf *c, const struct guard_listener *l, struct guard_report *out)
{
	if (!l->loopback && !c->tls_cert_file[0])
		OBJECT(out, REF, "%s is reachable from other machines without TLS: set tls_cert_file and "
		    "tls_key_file, or listen on loopback behind a proxy that ends TLS", l->name);
	if (l->must_know && l->open)
		OBJECT(out, REF, "%s answers %s to anyone: give the route a caller", l->name, l->open);
}

/* implements: VCI 8b, VCI 12.2.4b */
static void look_at_url(const char *key, const char *url, struct guard_report *out)
{
	if (!idr_bytes_starts(idr_str(url), "https://"))
		OBJECT(out, "OpenID4VCI 1.0 section 12.2.1", "%s must be an https:// address", key);
}

/* Whoever can write it lets himself in; with nobody in it, nobody gets in. */
static void look_at_operators(const struct conf *c, struct guard_report *out)
{
	struct stat st;

	if (!c->operators_file || !c->operators_file[0])
		OBJECT(out, REF, "operators_file names no file, so the admin listener has no operators: set it");
	else if (stat(c->operators_file, &st) == 0 && (st.st_mode & 022) != 0)
		OBJECT(out, REF, "%.100s can be changed by others, who could make themselves operators: "
		    "chmod 644", c->operators_file);
}

/* ---- secrets ---- */

static void look_at_secret(const char *path, struct guard_report *out)
{
	if (path && path[0] && file_is_open_to_others(path))
		OBJECT(out, REF, "%.120s can be read by others: chmod 600", path);
}

/* Every private key and token that lies there, also those this server has no use for. */
static void look_at_key_dir(struct idr_arena *a, const struct conf *c, struct guard_report *out)
{
	static const char *const kind[] = { ".key", ".token" };
	struct idr_err ignored;
	const char **names;
	size_t n;

	for (size_t k = 0; k < 2; k++) {
		if (!file_list(a, c->key_dir, kind[k], FILES_MAX, &names, &n, &ignored))
			continue;
		for (size_t i = 0; i < n; i++)
			look_at_secret(idr_arena_printf(a, &ignored, "%s/%s", c->key_dir, names[i]), out);
	}
}

static void look_at_node_secret(const struct conf *c, struct guard_report *out)
{
	if (access(c->node_secret_file, F_OK) != 0 && errno == ENOENT)
		OBJECT(out, REF, "the node secret %.100s is missing: copy it from another node, or make 32 random "
		    "bytes for the first one", c->node_secret_file);
	else
		look_at_secret(c->node_secret_file, out);
}

/* A password of the database in a file that all can read. */
static void look_at_conf_file(const struct conf *c, struct guard_report *out)
{
	if (c->file && (strstr(c->db, "password=") || strstr(c->db_owner, "password=")) &&
	    file_is_open_to_others(c->file))
		OBJECT(out, REF, "%.100s holds a password and can be read by others: chmod 600, or a ~/.pgpass",
		    c->file);
}

/* Whoever took over the server would take the count back, and the quota would hold no one. */
static void look_at_signer_dir(const struct conf *c, struct guard_report *out)
{
	if (sandbox_may_write(c, c->signer_dir))
		OBJECT(out, REF, "signer_dir %.100s lies where the server may write: choose another", c->signer_dir);
}

/* `idctl ca init --demo` leaves this file beside the keys it makes. */
static void look_for_marker(const struct conf *c, struct guard_report *out)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/demo", c->key_dir);
	if (access(path, F_OK) == 0)
		OBJECT(out, REF, "key_dir %.100s holds demo keys: use keys made for production", c->key_dir);
}

/* ---- what has expired ---- */

static void look_at_certificates(struct idr_suite *s, struct idr_arena *a, const char *path, int64_t now,
    struct guard_report *out)
{
	struct idr_bytes pem, der[IDR_CHAIN_MAX];
	struct idr_cert cert;
	struct idr_err ignored;
	char when[21];
	size_t n;

	if (!path || !path[0] || !file_read(a, path, PEM_MAX, &pem, &ignored) ||
	    !idr_pem_certificates(a, pem, der, IDR_CHAIN_MAX, &n, &ignored))
		return;
	for (size_t i = 0; i < n; i++) {
		if (!idr_cert_parse(s, a, der[i], &cert, &ignored) ||
		    (now <= cert.not_after && now >= cert.not_before))
			continue;
		idr_time_format(now > cert.not_after ? cert.not_after : cert.not_before, when);
		OBJECT(out, REF, now > cert.not_after ? "a certificate in %.100s expired at %s: put a renewed one "
		    "there" : "a certificate in %.100s is valid from %s on: check the clock", path, when);
	}
}

void guard_look(struct idr_suite *s, struct idr_arena *a, const struct conf *c,
    const struct guard_listener *l, size_t n, int64_t now, struct guard_report *out)
{
	struct idr_err ignored;

	out->n = 0;
	for (size_t i = 0; i < n; i++)
		look_at_listener(c, &l[i], out);
	look_at_key_dir(a, c, out);
	look_at_signer_dir(c, out);
	look_at_secret(c->tls_key_file, out);
	look_at_secret(c->provider_secret_file, out);
	look_at_secret(c->provider_key_file, out);
	look_at_conf_file(c, out);
	look_at_operators(c, out);
	for (enum rules_key k = 0; k < RULES_KEYS; k++)
		look_at_certificates(s, a, rules_certificate_path(a, c, k, &ignored), now, out);
	look_at_certificates(s, a, c->tls_cert_file, now, out);
	if (c->mode == CONF_DEMO) /* what makes it a demo need not be said again */
		return;
	look_for_marker(c, out);
	if (c->activation_uses != 1)
		OBJECT(out, REF,
		    "activation_uses lets one activation code log in more than once: set it to 1");
	look_at_node_secret(c, out);
	look_at_url("base_url", c->base_url, out);
	if (c->provider_issuer[0])
		look_at_url("provider_issuer", c->provider_issuer, out);
	if (strcmp(c->verifier_url, c->base_url) != 0)
		look_at_url("verifier_url", c->verifier_url, out);
}

bool guard_conclude(const struct conf *c, const struct guard_report *r, struct idr_err *err)
{
	bool refuse = c->mode == CONF_PRODUCTION;
	struct log_line l;

	for (size_t i = 0; i < r->n; i++) {
		log_begin(&l, refuse ? LOG_ERROR : LOG_WARN, refuse ? "start_refused" : "not_for_production");
		log_err(&l, &r->reason[i]);
		log_end(&l);
	}
	if (!refuse || !r->n)
		return true;
	if (r->n > 1)
		return idr_fail(err, IDR_CONFIG, REF, "%zu reasons, each in a line above", r->n);
	*err = r->reason[0];
	return false;
}
