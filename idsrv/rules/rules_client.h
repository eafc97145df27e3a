/*
 * rules_client: the wallets that may use the authorization server, from the clients file of rules.
 *
 * clients file (JSON; idrail-clients(5)): {"clients":[{"client_id":..., "name":..., "profile":"haip",
 * "authentication":"attest_jwt_client_auth", "attester":..., "redirect_uris":[...]}],
 * "attesters":[{"attester":..., "redirect_prefixes":[...]}]}. Without the file there are no clients.
 *
 * Standard  RFC 6749 section 2, RFC 7591 section 2 (names); OpenID4VCI 1.0 appendix E
 * Threads   read-only once loaded
 */
#ifndef IDSRV_SYS_RULES_CLIENT_H
#define IDSRV_SYS_RULES_CLIENT_H

#include "suite/key.h"
#include "sys/conf.h"

enum rules_client_auth {
	RULES_AUTH_NONE,        /* client_id alone; plain only */
	RULES_AUTH_ATTESTATION, /* attest_jwt_client_auth */
	RULES_AUTH_PRIVATE_KEY, /* private_key_jwt; plain only */
	RULES_AUTHS
};
/* As token_endpoint_auth_methods_supported calls it. */
const char *rules_client_auth_name(enum rules_client_auth a);

struct rules_client {
	struct idr_bytes client_id, name;
	bool haip;                      /* otherwise plain */
	enum rules_client_auth auth;
	struct idr_bytes attester;      /* iss of its wallet attestation */
	struct idr_bytes *redirect_uri; /* exact, query included */
	size_t n_redirect_uri;
	struct rules_client_key {
		struct idr_key key;
		struct idr_bytes kid;       /* p == NULL: none */
	} *key;
	size_t n_key;
};

struct rules_attester {
	struct idr_bytes attester;
	struct idr_bytes *redirect_prefix;
	size_t n_redirect_prefix;
};

struct rules_clients {
	struct rules_client *client;
	size_t n_client;
	struct rules_attester *attester;
	size_t n_attester;
	bool uses[RULES_AUTHS];         /* some client authenticates so */
};

/* The text of a clients file. `haip`: the server takes no other clients. errors IDR_CONFIG */
IDR_MUST bool rules_clients_parse(struct idr_suite *s, struct idr_arena *a, struct idr_bytes text, bool haip,
    struct rules_clients *out, struct idr_err *err);
/* The same to the end: each client or attester with a fault is left out and told, with its line.
 * What the file is as a whole still ends it. */
typedef void rules_client_fault(void *ctx, size_t line, const struct idr_err *why);
IDR_MUST bool rules_clients_lint(struct idr_suite *s, struct idr_arena *a, struct idr_bytes text, bool haip,
    rules_client_fault *fault, void *ctx, struct rules_clients *out, struct idr_err *err);
/* `idsrv --check-clients FILE [--profile haip] [--json]`: every fault of a clients file on
 * standard output, as the server would read it. The exit code: 0 usable, 1 not, 3 not to be read or
 * not called so. */
int rules_clients_check(int argc, char **argv);
/* The same from conf; a file that does not exist names none. errors IDR_CONFIG, IDR_FILE */
IDR_MUST bool rules_clients_load(struct idr_suite *s, struct idr_arena *a, const struct conf *c,
    struct rules_clients *out, struct idr_err *err);

/* NULL when unknown. */
const struct rules_client *rules_client(const struct rules_clients *list, struct idr_bytes client_id);
/* Registered byte for byte, or below a prefix its attester answers for (RFC 9126 section 2.4). */
bool rules_client_may_redirect(const struct rules_clients *list, const struct rules_client *c,
    struct idr_bytes uri);

#endif
