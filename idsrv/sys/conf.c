#include "sys/conf.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/file.h"

extern char **environ;

enum key_type { TEXT, NUMBER, MODE };

/* THE table: every key once, with its type, range, default and help. */
static const struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	int64_t min, max;
	const char *fallback;
	const char *help;
} keys[] = {
#define T(f, def, help) { #f, TEXT, offsetof(struct conf, f), 0, 0, def, help },
#define N(f, lo, hi, def, help) { #f, NUMBER, offsetof(struct conf, f), lo, hi, def, help },
	{ "mode", MODE, offsetof(struct conf, mode), 0, 0, "demo",
	  "demo or production; production refuses to start with anything unsafe" },
	T(listen, "127.0.0.1:8080", "public listener: address:port, [address]:port, unix:/path or fd:3")
	T(admin_listen, "127.0.0.1:8081", "admin listener, as listen")
	T(base_url, "",
	  "external address of the public listener, may have a path; in demo made from listen when empty")
	T(verifier_url, "", "external address for wallets that present; base_url when empty")
	T(db, "", "libpq connection string; a private PostgreSQL is started when empty")
	T(db_owner, "", "with db: the same as role owner, to migrate at start; empty: done apart")
	T(state_dir, "", "what idsrv keeps; empty: /var/lib/idsrv as root, otherwise ./var")
	T(signer_dir, "", "where the signer counts, not the server's to write; empty: state_dir with -signer behind")
	T(schema_dir, "schema", "sql, types, policies and api below it")
	T(key_dir, "", "keys and certificates of the rail; empty: /etc/idsrv/keys as root, otherwise ./keys")
	T(trust_file, "", "trust anchors (JSON); empty: trust.json in key_dir")
	T(operators_file, "", "one a line: name, roles, SHA-256 of the token in hex; empty: operators in key_dir")
	T(clients_file, "",
	  "wallets that may use the authorization server (JSON); empty: clients.json beside trust_file")
	T(profile, "plain", "plain, or haip: authorization code flow alone, attested wallets alone, DPoP always; "
	    "presentations encrypted, and to a client_id of prefix x509_hash")
	T(node_secret_file, "", "32 bytes, the same on all nodes; empty: node.secret in key_dir")
	T(user, "", "user to become when started as root; empty: idsrv, in demo else postgres")
	T(ready_file, "", "filled with ports and pid once the listeners answer, empty before and after")
	T(tls_cert_file, "", "certificate chain for built-in TLS (PEM); empty: no TLS")
	T(tls_key_file, "", "its private key (PEM)")
	T(log_level, "info", "error, warn or info")
	T(wallet_base, "openid-credential-offer://", "what an offer link starts with")
	T(wallet_haip_base, "haip-vci://", "what an offer link to a HAIP wallet starts with")
	T(wallet_vp_base, "openid4vp://", "what a presentation link starts with")
	N(workers, 0, 256, "0", "threads for parsing and cryptography; 0: one per core")
	N(queue, 1, 65536, "1024", "requests inside at once; one more is refused with 503")
	N(connections, 8, 65536, "2000", "open connections per listener; beyond, the longest idle is closed")
	N(connections_per_address, 0, 65536, "0",
	  "of these, from one address; 0: 32 where clients connect directly, else any number")
	N(list_log2, 10, 24, "20", "entries of a new status list, as a power of two")
	N(list_ttl_s, 1, 86400, "300", "how long a status list may be cached, seconds")
	N(list_exp_s, 60, 31536000, "86400", "how long a status list token is valid, seconds")
	N(bundle_good_s, 60, 31536000, "604800", "how long an offline bundle is good, seconds")
	N(offer_ttl_s, 1, 86400, "600", "life of a pre-authorized code, seconds")
	N(token_ttl_s, 1, 86400, "300", "life of an access token, seconds; of one without DPoP 300 at most")
	N(nonce_ttl_s, 1, 3600, "300", "life of a c_nonce, seconds")
	N(dpop_nonce_s, 0, 3600, "0", "life of a DPoP nonce, seconds; 0: none is asked for")
	N(attestation_challenge_s, 0, 86400, "600",
	  "life of a challenge for wallet attestations, seconds; 0: none is asked for")
	N(request_uri_ttl_s, 5, 599, "60", "life of a pushed authorization request until the citizen comes, seconds")
	N(authorization_ttl_s, 30, 3600, "600", "how long a citizen may then take to log in and decide, seconds")
	N(code_ttl_s, 1, 60, "60", "life of an authorization code, seconds")
	N(refresh_ttl_s, 0, 31536000, "2592000", "life of a refresh token, seconds; 0: none is given")
	N(deferral_ttl_s, 60, 31536000, "604800", "how long a credential waits for an officer's approval, seconds")
	N(deferral_interval_s, 1, 86400, "60", "how often a wallet is told to ask for one that waits, seconds")
	N(encryption_required, 0, 1, "0", "1: credential requests and responses travel encrypted only")
	N(presentation_ttl_s, 1, 86400, "300", "how long a wallet may answer a request, seconds")
	N(request_timeout_s, 1, 300, "10", "longest time for one request, seconds")
	N(idle_timeout_s, 1, 300, "15", "how long a connection may wait for its next request, seconds")
	N(lookup_alarm, 2, 1000000, "50", "people one operator may find within an hour before an alarm is raised")
	T(outbound_ca_file, "", "trust anchors of the servers webhooks go to (PEM); empty: the system's")
	T(outbound_networks, "", "networks webhooks may go to though they are not public: 10.1.0.0/16 ::1")
	N(webhook_timeout_s, 1, 60, "10", "longest time for one try to deliver a webhook, seconds")
	N(webhook_give_up_s, 1, 2592000, "86400", "how long a webhook is tried again, seconds")
	N(address_rate, 0, 1000000, "100",
	  "requests a second of one address, where clients connect directly or `front` tells; 0: no limit")
	N(party_rate, 0, 1000000, "1000",
	  "requests a second of a relying party that has no rate of its own; 0: no limit")
	N(operator_rate, 0, 1000000, "1000", "requests a second of one operator; 0: no limit")
	T(front, "",
	  "networks of the proxies whose front_header is believed: 127.0.0.1 10.1.0.0/24; empty: none is")
	T(front_header, "X-Forwarded-For", "header in which the front names the client; its last address counts")
	T(number_claim, "personal_administrative_number",
	  "claim of imported people that holds the number they log in with")
	N(activation_ttl_s, 60, 7776000, "1209600", "life of an activation code, seconds")
	N(activation_uses, 1, 10000, "1", "logins one activation code is good for; more than 1 is for trials only")
	N(login_codes, 0, 1, "1", "1: citizens log in with an activation code; 0: at provider_issuer only")
	T(provider_issuer, "", "OpenID Connect provider citizens may log in at (its issuer identifier); empty: none")
	T(provider_client_id, "", "what that provider knows this server as")
	T(provider_secret_file, "", "the client secret it gave, in one line; or provider_key_file")
	T(provider_key_file, "", "private key (PEM, P-256) for private_key_jwt at it")
	T(provider_claim, "sub", "claim of its ID token that is the national number")
	T(provider_scopes, "openid", "scopes to ask it for; openid must be among them")
	T(provider_ca_file, "", "trust anchors of its servers (PEM); empty: as outbound_ca_file")
	N(provider_timeout_s, 1, 30, "5", "longest time for one call to it, seconds")
	N(login_rate, 0, 1000, "2", "tries to log in a second from one address; 0: no limit")
	N(signer_quota, 1, INT64_MAX, "10000000", "signatures of one issuer key per day")
#undef T
#undef N
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]), FILE_MAX = 64 * 1024, URL_SEGMENTS = 4 };

/* Names are the same with '-' for '_', as flags usually are. */
static const struct key *find(struct idr_bytes name)
{
	for (size_t i = 0; i < KEYS; i++) {
		size_t j = 0;

		while (j < name.n && keys[i].name[j] &&
		    (name.p[j] == (uint8_t)keys[i].name[j] || (name.p[j] == '-' && keys[i].name[j] == '_')))
			j++;
		if (j == name.n && !keys[i].name[j])
			return &keys[i];
	}
	return NULL;
}

static bool number(const char *text, int64_t *out)
{
	int64_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || v > (INT64_MAX - (*text - '0')) / 10)
			return false;
		v = v * 10 + (*text - '0');
	}
	*out = v;
	return true;
}

static bool set(struct idr_arena *a, struct conf *c, const struct key *k, struct idr_bytes value,
    const char *where, struct idr_err *err)
{
	char *field = (char *)c + k->offset;
	struct idr_bytes text;
	int64_t v;

	if (memchr(value.p, 0, value.n))
		return idr_fail(err, IDR_CONFIG, NULL, "%s: %s holds a zero byte", where, k->name);
	if (!idr_arena_copy(a, value, &text, err))
		return false;
	switch (k->type) {
	case TEXT:
		*(const char **)(void *)field = (const char *)text.p;
		return true;
	case NUMBER:
		if (!number((const char *)text.p, &v) || v < k->min || v > k->max)
			return idr_fail(err, IDR_CONFIG, NULL, "%s: %s must be a number from %" PRId64
			    " to %" PRId64, where, k->name, k->min, k->max);
		*(int64_t *)(void *)field = v;
		return true;
	case MODE:
		if (!idr_bytes_is(text, "demo") && !idr_bytes_is(text, "production"))
			return idr_fail(err, IDR_CONFIG, NULL, "%s: mode must be demo or production", where);
		c->mode = idr_bytes_is(text, "demo") ? CONF_DEMO : CONF_PRODUCTION;
		return true;
	}
	return false;
}

static struct idr_bytes trim(struct idr_bytes s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = idr_bytes_from(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

/* `key = value`; '#' begins a comment at the start of a line only, so values may hold it. */
static bool read_line(struct idr_arena *a, struct conf *c, struct idr_bytes line, const char *where,
    struct idr_err *err)
{
	size_t eq = idr_bytes_index(line, 0, '=');
	const struct key *k;
	struct idr_bytes name;

	line = trim(line);
	if (!line.n || line.p[0] == '#')
		return true;
	eq = idr_bytes_index(line, 0, '=');
	if (eq == SIZE_MAX)
		return idr_fail(err, IDR_CONFIG, NULL, "%s: the line is not key = value", where);
	name = trim(idr_bytes_first(line, eq));
	k = find(name);
	if (!k)
		return idr_fail(err, IDR_CONFIG, NULL, "%s: unknown key %.*s", where,
		    (int)(name.n < 40 ? name.n : 40), (const char *)name.p);
	return set(a, c, k, trim(idr_bytes_from(line, eq + 1)), where, err);
}

static bool read_file(struct idr_arena *a, struct conf *c, const char *path, struct idr_err *err)
{
	struct idr_bytes text;
	size_t from = 0;

	if (!file_read(a, path, FILE_MAX, &text, err))
		return false;
	for (int line = 1; from < text.n; line++) {
		size_t end = idr_bytes_index(text, from, '\n');
		char where[120];

		snprintf(where, sizeof(where), "%.100s:%d", path, line);
		if (end == SIZE_MAX)
			end = text.n;
		if (!read_line(a, c, idr_bytes(text.p + from, end - from), where, err))
			return false;
		from = end + 1;
	}
	return true;
}

/* IDSRV_LIST_TTL_S and so on. An unknown IDSRV_ variable is an error, as in the file. */
static bool read_environment(struct idr_arena *a, struct conf *c, struct idr_err *err)
{
	for (char **e = environ; *e; e++) {
		struct idr_bytes all = idr_str(*e), name;
		const struct key *k;
		size_t eq = idr_bytes_index(all, 0, '=');
		char lower[64];

		if (!idr_bytes_starts(all, "IDSRV_") || idr_bytes_starts(all, "IDSRV_CONFIG=") ||
		    eq == SIZE_MAX)
			continue;
		name = idr_bytes(all.p + 6, eq - 6);
		for (size_t i = 0; i < name.n && i < sizeof(lower); i++)
			lower[i] = (char)tolower(name.p[i]);
		k = name.n < sizeof(lower) ? find(idr_bytes(lower, name.n)) : NULL;
		if (!k)
			return idr_fail(err, IDR_CONFIG, NULL, "environment: unknown key IDSRV_%.*s",
			    (int)(name.n < 40 ? name.n : 40), (const char *)name.p);
		if (!set(a, c, k, idr_bytes_from(all, eq + 1), "environment", err))
			return false;
	}
	return true;
}

/* --key value, --key=value; *i is moved over a value that stands apart. */
static bool read_flag(struct idr_arena *a, struct conf *c, int argc, char **argv, int *i,
    struct idr_err *err)
{
	struct idr_bytes arg = idr_str(argv[*i]), name, value;
	size_t eq = idr_bytes_index(arg, 0, '=');
	const struct key *k;

	if (!idr_bytes_starts(arg, "--"))
		return idr_fail(err, IDR_CONFIG, NULL, "arguments: %.40s is no flag", argv[*i]);
	name = idr_bytes_from(idr_bytes_first(arg, eq), 2);
	k = find(name);
	if (!k && !idr_bytes_is(name, "config"))
		return idr_fail(err, IDR_CONFIG, NULL, "arguments: unknown flag %.40s", argv[*i]);
	if (eq == SIZE_MAX && *i + 1 >= argc)
		return idr_fail(err, IDR_CONFIG, NULL, "arguments: %.40s needs a value", argv[*i]);
	value = eq == SIZE_MAX ? idr_str(argv[++*i]) : idr_bytes_from(arg, eq + 1);
	return !k || set(a, c, k, value, "arguments", err); /* --config was read before */
}

static const char *config_path(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--config=", 9))
			return argv[i] + 9;
		if (!strcmp(argv[i], "--config") && i + 1 < argc)
			return argv[i + 1];
	}
	return getenv("IDSRV_CONFIG");
}

static bool below(struct idr_arena *a, const char **field, const char *dir, const char *name,
    struct idr_err *err)
{
	if (**field)
		return true;
	*field = idr_arena_printf(a, err, "%s/%s", dir, name);
	return *field != NULL;
}

/* Certificates and lists of names lie there, where a reload can read them. */
static bool derive_clients_file(struct idr_arena *a, struct conf *c, struct idr_err *err)
{
	const char *slash = strrchr(c->trust_file, '/');

	c->clients_file = idr_arena_printf(a, err, "%.*sclients.json",
	    slash ? (int)(slash - c->trust_file + 1) : 0, c->trust_file);
	return c->clients_file != NULL;
}

/* Defaults that follow from other keys. */
static bool derive(struct idr_arena *a, struct conf *c, struct idr_err *err)
{
	if (!*c->state_dir)
		c->state_dir = geteuid() == 0 ? "/var/lib/idsrv" : "./var";
	/* not below state_dir: what the server may write and read must not hold private keys */
	if (!*c->key_dir)
		c->key_dir = geteuid() == 0 ? "/etc/idsrv/keys" : "./keys";
	if (!below(a, &c->trust_file, c->key_dir, "trust.json", err) ||
	    !below(a, &c->operators_file, c->key_dir, "operators", err) ||
	    !below(a, &c->node_secret_file, c->key_dir, "node.secret", err))
		return false;
	if (!*c->clients_file && !derive_clients_file(a, c, err))
		return false;
	/* not below state_dir: whoever took over the server would count anew */
	if (!*c->signer_dir && !(c->signer_dir = idr_arena_printf(a, err, "%s-signer", c->state_dir)))
		return false;
	if (!*c->verifier_url)
		c->verifier_url = c->base_url;
	return true;
}

static bool has_trailing_slash(const char *url)
{
	size_t n = strlen(url);

	return n && url[n - 1] == '/';
}

/* Paths are put behind it: nothing that could be written in two ways, a short path of its own.
 * implements: VCI 12.2.1a */
static bool check_url(const char *name, const char *url, struct idr_err *err)
{
	size_t slashes = 0;

	for (const char *p = url; *p; p++)
		slashes += *p == '/';
	if (has_trailing_slash(url) || strpbrk(url, "?#%") || slashes > 2 + URL_SEGMENTS)
		return idr_fail(err, IDR_CONFIG, "OpenID4VCI 1.0 section 12.2.1", "%s ends without a slash and has "
		    "neither query nor escapes, and a path of at most %d parts", name, URL_SEGMENTS);
	return true;
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

static bool check_provider(const struct conf *c, struct idr_err *err)
{
	if (!c->provider_issuer[0])
		return c->login_codes || idr_fail(err, IDR_CONFIG, NULL, "login_codes is 0 and provider_issuer is empty: "
		    "nobody could log in");
	if (!c->provider_client_id[0] || !c->provider_secret_file[0] == !c->provider_key_file[0])
		return idr_fail(err, IDR_CONFIG, NULL, "provider_issuer needs provider_client_id, and one of "
		    "provider_secret_file and provider_key_file");
	return has_word(c->provider_scopes, "openid") ||
	    idr_fail(err, IDR_CONFIG, "OpenID Connect Core 1.0 section 3.1.2.1", "provider_scopes lacks openid");
}

/* What one key alone does not show. */
static bool check(const struct conf *c, struct idr_err *err)
{
	if (!check_provider(c, err))
		return false;
	if (!check_url("base_url", c->base_url, err) || !check_url("verifier_url", c->verifier_url, err))
		return false;
	if (!*c->tls_cert_file != !*c->tls_key_file)
		return idr_fail(err, IDR_CONFIG, NULL, "tls_cert_file and tls_key_file go together");
	if (strcmp(c->log_level, "error") && strcmp(c->log_level, "warn") && strcmp(c->log_level, "info"))
		return idr_fail(err, IDR_CONFIG, NULL, "log_level must be error, warn or info");
	if (strcmp(c->profile, "plain") && strcmp(c->profile, "haip"))
		return idr_fail(err, IDR_CONFIG, NULL, "profile must be plain or haip");
	if (c->list_exp_s <= c->list_ttl_s)
		return idr_fail(err, IDR_CONFIG, NULL,
		    "list_exp_s must be longer than list_ttl_s");
	return true;
}

bool conf_load(struct idr_arena *a, int argc, char **argv, struct conf *out, struct idr_err *err)
{
	struct conf c = { .mode = CONF_DEMO };
	const char *path = config_path(argc, argv);

	for (size_t i = 0; i < KEYS; i++)
		if (!set(a, &c, &keys[i], idr_str(keys[i].fallback), "default", err))
			return false;
	if ((path && *path && !read_file(a, &c, path, err)) || !read_environment(a, &c, err))
		return false;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-t"))
			c.check_only = true;
		else if (!read_flag(a, &c, argc, argv, &i, err))
			return false;
	}
	c.file = path && *path ? path : NULL;
	if (!derive(a, &c, err) || !check(&c, err))
		return false;
	*out = c;
	return true;
}

static void print_key(const struct key *k, bool man)
{
	const char *def = k->fallback;

	if (man)
		printf("*%s* = %s\n\t%s.", k->name, k->type == NUMBER ? "_number_" : "_text_", k->help);
	else
		printf("  --%-20s %s", k->name, k->help);
	if (k->type == NUMBER && k->max != INT64_MAX)
		printf(man ? " From %" PRId64 " to %" PRId64 "." : " (%" PRId64 " to %" PRId64 ")",
		    k->min, k->max);
	if (*def)
		printf(man ? " Default: %s.\n\n" : " [%s]\n", def);
	else
		printf(man ? "\n\n" : "\n");
}

void conf_print(bool man)
{
	if (man)
		printf("# KEYS\n\nOne *key = value* a line in the file; *IDSRV_KEY* in the environment; "
		    "*--key value* as a flag. The later counts.\n\n");
	else
		printf("idsrv: issuer, verifier and status server of idrail\n\n"
		    "  idsrv [--config FILE] [--key value ...]   run\n"
		    "  idsrv -t ...                              check the configuration and exit\n"
		    "  idsrv --check-clients FILE [--profile haip] [--json]\n"
		    "  idsrv --help | --version | --conf-man\n\n"
		    "Keys, also as key = value in FILE and as IDSRV_KEY in the environment:\n");
	for (size_t i = 0; i < KEYS; i++)
		print_key(&keys[i], man);
}
