/*
 * conf: the configuration: `key = value` file, same-named environment (IDSRV_KEY), flags (--key).
 *
 * One table in conf.c names every key with its type, range, default and help; it also writes the
 * man page (idsrv --conf-man). Unknown keys are errors. Secrets are given as file paths.
 *
 * Enter at  conf_load()
 * Threads   read-only once loaded
 */
#ifndef IDSRV_SYS_CONF_H
#define IDSRV_SYS_CONF_H

#include "base/arena.h"

enum conf_mode { CONF_DEMO, CONF_PRODUCTION };

struct conf {
	enum conf_mode mode;
	const char *listen;            /* public listener: "127.0.0.1:8080", "[::1]:0", "unix:/path" */
	const char *admin_listen;
	const char *base_url;          /* credential issuer identifier, no trailing slash */
	const char *verifier_url;      /* base of request_uri, response_uri; default base_url */
	const char *db;                /* libpq connection string; empty: the private cluster */
	const char *db_owner;          /* the same as role owner, to migrate at start; empty: not by us */
	const char *state_dir;
	const char *schema_dir;        /* sql, types, policies, api below it */
	const char *key_dir;           /* PEM keys and certificates of the demo; read by the signer child */
	const char *trust_file;        /* anchors with purposes and types (JSON) */
	const char *operators_file;    /* one a line: name, roles, SHA-256 of the token */
	const char *clients_file;      /* wallets that may use the authorization server (JSON) */
	const char *profile;           /* "plain" or "haip": conf_is_haip() */
	const char *node_secret_file;
	const char *user;              /* to become when started as root; empty: idsrv, else postgres (demo) */
	const char *ready_file;        /* written with the listeners' ports once answering; or empty */
	const char *tls_cert_file, *tls_key_file; /* built-in TLS; empty: none */
	const char *log_level;         /* "info", "warn", "error" */
	const char *wallet_base;       /* "openid-credential-offer://" and "openid4vp://" replacements */
	const char *wallet_haip_base;  /* of offers to haip wallets */
	const char *wallet_vp_base;
	int64_t workers;               /* 0: one per core */
	int64_t queue;                 /* requests waiting for a worker */
	int64_t connections;
	int64_t connections_per_address; /* 0: 32 where clients connect directly */
	int64_t list_log2;             /* entries of a new status list, as a power of two */
	int64_t list_ttl_s, list_exp_s;
	int64_t bundle_good_s;         /* good-until of a bundle after its issue */
	int64_t offer_ttl_s;           /* pre-authorized code */
	int64_t token_ttl_s;
	int64_t nonce_ttl_s;
	int64_t dpop_nonce_s;          /* life of a DPoP nonce; 0: none is asked for */
	int64_t attestation_challenge_s; /* life of a challenge for wallet attestations; 0: none is asked for */
	int64_t request_uri_ttl_s;     /* of a pushed authorization request */
	int64_t authorization_ttl_s;   /* how long a citizen may take to log in and to decide */
	int64_t code_ttl_s;            /* authorization code */
	int64_t refresh_ttl_s;         /* 0: no refresh tokens */
	int64_t deferral_ttl_s;        /* how long an officer may take */
	int64_t deferral_interval_s;   /* how often a wallet should ask meanwhile */
	int64_t encryption_required;   /* 1: credential requests and responses are taken encrypted only */
	int64_t presentation_ttl_s;
	int64_t request_timeout_s;     /* 10 */
	int64_t idle_timeout_s;        /* 15 */
	int64_t lookup_alarm;          /* 50 */
	const char *outbound_ca_file;  /* anchors of servers we call; empty: the system's */
	const char *outbound_networks; /* not public, and may be called all the same */
	int64_t webhook_timeout_s;     /* one try */
	int64_t webhook_give_up_s;     /* then it is a dead letter */
	int64_t address_rate;          /* requests a second of one address; 0: no limit */
	int64_t party_rate, operator_rate; /* requests a second of one key; 0: no limit */
	const char *front;             /* networks of the proxies whose header is believed */
	const char *front_header;
	const char *number_claim;      /* of imported people: what they log in with */
	int64_t activation_ttl_s;
	int64_t activation_uses;       /* 1; production refuses another number */
	int64_t login_rate;            /* tries a second of one address; 0: no limit */
	int64_t login_codes;           /* 0: only the provider */
	const char *provider_issuer;   /* an existing national sign-on; empty: none */
	const char *provider_client_id, *provider_secret_file, *provider_key_file;
	const char *provider_claim, *provider_scopes, *provider_ca_file;
	int64_t provider_timeout_s;
	const char *signer_dir;
	int64_t signer_quota;          /* signatures of one issuer key per day */
	bool check_only;               /* -t */
	const char *file;              /* the configuration file; NULL: none */
};

/* The profile of OpenID4VCI: HAIP 1.0 alone, or also what it leaves out. */
static inline bool conf_is_haip(const struct conf *c)
{
	return c->profile && c->profile[0] == 'h';
}

/*
 * Read file (may be NULL), environment and arguments, in that order of growing weight. Strings
 * live in `a`. errors IDR_CONFIG naming key and place
 */
IDR_MUST bool conf_load(struct idr_arena *a, int argc, char **argv, struct conf *out,
    struct idr_err *err);
/* Help text of all keys on stdout: plain, or as scdoc source for the man page. */
void conf_print(bool man);

#endif
