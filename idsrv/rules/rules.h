/*
 * rules: types, policies, trust, certificates, clients, operators: one read-only set, counted, swapped on
 * SIGHUP. A request keeps the set it began with; a set that does not load leaves the old one and
 * says why.
 *
 * Enter at  rules_load(), rules_get()
 * Threads   a set is read-only; holder functions may be called from any thread
 */
#ifndef IDSRV_SYS_RULES_H
#define IDSRV_SYS_RULES_H

#include "sys/conf.h"
#include "rules/rules_client.h"
#include "rules/words.h"
#include "trust/trust.h"
#include "types/types.h"
#include "verify/policy.h"

/* Keys of the rail, each with its own certificate and key file <name>.pem, <name>.key. */
enum rules_key { RULES_ISSUER, RULES_STATUS, RULES_READER, RULES_BUNDLE, RULES_KEYS };
const char *rules_key_name(enum rules_key k); /* "issuer", "status", "reader", "bundle" */
/* <directory of the trust file>/<name>.pem: certificates lie beside it, private keys in key_dir. Where
 * the two differ, a reload can read new certificates while the keys stay out of reach. */
char *rules_certificate_path(struct idr_arena *a, const struct conf *c, enum rules_key k,
    struct idr_err *err);

enum rules_role { RULES_ROLE_OFFICER = 1, RULES_ROLE_ADMIN = 2, RULES_ROLE_AUDITOR = 4 };

struct rules_operator {
	const char *name;
	unsigned roles;
	uint8_t token_sha256[32];
};

struct rules {
	struct idr_arena *arena;             /* everything below lives here */
	const struct idr_type **type;
	struct idr_bytes *type_file;
	size_t n_type;
	const struct idr_policy **policy;
	struct idr_bytes *policy_file;
	size_t n_policy;
	const struct words *words;           /* of pages */
	struct idr_trust *trust;
	struct rules_certificate {
		struct idr_bytes chain[IDR_CHAIN_MAX]; /* leaf first, anchor excluded */
		size_t n;
		struct idr_cert leaf;
		char kid[23];                    /* base64url of the first 16 bytes of SHA-256(leaf) */
	} cert[RULES_KEYS];
	struct idr_bytes root_pem;           /* national CA certificates, for the anchors of a client */
	struct rules_clients clients;        /* wallets, by client_id: rules_client() */
	const struct rules_operator *operators;
	size_t n_operators;
	char reader_client_id[64];           /* "x509_hash:" + base64url(SHA-256(leaf)) */
};

struct rules_holder;

IDR_MUST bool rules_load(struct idr_suite *s, const struct conf *c, int64_t now,
    struct rules_holder **out, struct idr_err *err);
void rules_free(struct rules_holder **h);
/* Build a new set and swap it; on failure the old one stays. */
IDR_MUST bool rules_reload(struct rules_holder *h, struct idr_suite *s, int64_t now,
    struct idr_err *err);
const struct rules *rules_get(struct rules_holder *h); /* counted */
void rules_put(struct rules_holder *h, const struct rules *r);

const struct idr_type *rules_type(const struct rules *r, struct idr_bytes id);
const struct idr_type *rules_type_by_vct(const struct rules *r, struct idr_bytes vct);
const struct idr_policy *rules_policy(const struct rules *r, struct idr_bytes id);
/* "pid.sdjwt", "pid.mdoc" -> type and format; false when unknown, or when the type has no such form */
bool rules_configuration(const struct rules *r, struct idr_bytes id, const struct idr_type **type,
    enum idr_format *format);
/* Is the type issued in this format? */
bool rules_issues(const struct idr_type *t, enum idr_format format);
/* The id back: it is also the scope. */
IDR_MUST bool rules_configuration_id(struct idr_arena *a, const struct idr_type *t, enum idr_format format,
    struct idr_bytes *out, struct idr_err *err);
/*
 * A credential identifier (OpenID4VCI 1.0 section 6.2) names one dataset of a configuration. There is one
 * here: its identifier is the configuration's id with this behind it. false when it is of that form for no
 * known configuration.
 */
#define RULES_IDENTIFIER_SUFFIX ":1"
bool rules_identifier(const struct rules *r, struct idr_bytes identifier, struct idr_bytes *configuration);
const struct rules_operator *rules_operator(const struct rules *r, const uint8_t token_sha256[32]);

#endif
