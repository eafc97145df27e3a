#include "sys/guard.h"

#include <stdio.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/log.h"
#include "sys/sandbox.h"

#define REF "architecture section 8"

/* In production it stops the start; in a demo one line says it. */
static bool object(const struct conf *c, const struct idr_err *why, struct idr_err *err)
{
	struct log_line l;

	if (c->mode == CONF_PRODUCTION) {
		*err = *why;
		return false;
	}
	log_begin(&l, LOG_WARN, "not_for_production");
	log_err(&l, why);
	log_end(&l);
	return true;
}

static bool check_listener(const struct conf *c, const struct guard_listener *l, struct idr_err *err)
{
	struct idr_err why;

	if (l->loopback || c->tls_cert_file[0])
		return true;
	idr_fail(&why, IDR_CONFIG, REF, "%s is reachable from other machines without TLS: set tls_cert_file "
	    "and tls_key_file, or listen on loopback behind a proxy that ends TLS", l->name);
	return object(c, &why, err);
}

static bool check_secret(const struct conf *c, const char *path, struct idr_err *err)
{
	struct idr_err why;

	if (!path[0] || !file_is_open_to_others(path))
		return true;
	idr_fail(&why, IDR_CONFIG, REF, "%.100s can be read by others: chmod 600", path);
	return object(c, &why, err);
}

static bool check_keys(const struct conf *c, struct idr_err *err)
{
	for (enum rules_key k = 0; k < RULES_KEYS; k++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s.key", c->key_dir, rules_key_name(k));
		if (!check_secret(c, path, err))
			return false;
	}
	return true;
}

/* Whoever took over the server would take the count back, and the quota would hold no one. */
static bool check_signer_dir(const struct conf *c, struct idr_err *err)
{
	struct idr_err why;

	if (!sandbox_may_write(c, c->signer_dir))
		return true;
	idr_fail(&why, IDR_CONFIG, REF, "signer_dir %.100s lies where the server may write: choose another",
	    c->signer_dir);
	return object(c, &why, err);
}

/* `idctl ca init --demo` leaves this file beside the keys it makes. */
static bool check_marker(const struct conf *c, struct idr_err *err)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/demo", c->key_dir);
	return c->mode != CONF_PRODUCTION || access(path, F_OK) != 0 || idr_fail(err, IDR_CONFIG, REF,
	    "key_dir %.100s holds demo keys: use keys made for production", c->key_dir);
}

static bool check_url(const struct conf *c, const char *key, const char *url, struct idr_err *err)
{
	return c->mode != CONF_PRODUCTION || idr_bytes_starts(idr_str(url), "https://") ||
	    idr_fail(err, IDR_CONFIG, "OpenID4VCI 1.0 section 12.2.1", "%s must be an https:// address", key);
}

bool guard_check(const struct conf *c, const struct guard_listener *l, size_t n, struct idr_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!check_listener(c, &l[i], err))
			return false;
	return check_marker(c, err) && check_keys(c, err) && check_signer_dir(c, err) &&
	    check_secret(c, c->tls_key_file, err) &&
	    check_url(c, "base_url", c->base_url, err) && check_url(c, "verifier_url", c->verifier_url, err);
}
