/*
 * present_kit: the verifier's handlers without a server: their step tables are run one step after
 * the other against one transaction kept in memory, with the reader key of the kit as signer.
 * What the registry refuses, the kit refuses by the same rules.
 *
 * Tests run from the top of the tree, where schema/ is.
 */
#ifndef IDR_TESTS_PRESENT_KIT_H
#define IDR_TESTS_PRESENT_KIT_H

#include "present/present.h"
#include "registry/reg_agency.h"
#include "routes.h"
#include "sys/conf.h"
#include "sys/node.h"
#include "testkit.h"

#define PK_BASE "https://verifier.example"
#define PK_RETURN "https://bank.example/back"
#define PK_ORIGIN "https://bank.example"
#define PK_SAME "{\"policy\":\"who\",\"return_url\":\"" PK_RETURN "\"}"
#define PK_CROSS "{\"policy\":\"who\",\"flow\":\"cross_device\"}"

struct pk {
	struct kit k;
	struct idr_err err;
	struct conf conf;
	struct node *node;
	struct metrics *metrics;
	struct app app;
	struct rules rules;
	const struct idr_type *types[1];
	const struct idr_policy *policies[1];
	struct reg_party party;

	struct reg_presentation row;     /* the one transaction */
	bool has_row;
	unsigned writes;
	unsigned status_value;           /* what the status list says of everyone; 9: list unknown */
	unsigned signatures;
	bool bad_signer;

	struct http_route route;
	struct http_request http;
	struct flow_request r;
	const char *query;               /* of the next call */
	struct idr_bytes code;           /* header X-Response-Code of the next call */
	bool woken;

	/* what the wallet reads from the request object */
	const struct idr_json *request;
	struct idr_key encrypt_to;
};

int pk_setup(void **state);
int pk_teardown(void **state);

enum { PK_REFUSED = 0, PK_PARKED = 1 };
/* Run a route; gives the HTTP status, PK_REFUSED with err set, or PK_PARKED. */
unsigned pk_call(struct pk *x, const struct flow_step *steps, const uint8_t *id,
    struct idr_bytes body);
/* The reply as JSON. */
const struct idr_json *pk_reply(struct pk *x);
/* A member as a terminated string. */
const char *pk_text(struct pk *x, const struct idr_json *obj, const char *name);

/* A transaction, fetched and read by the wallet. */
void pk_create(struct pk *x, const char *body);
void pk_fetch(struct pk *x);
/* A signed request, read as a wallet reads it; gives its header. */
const struct idr_json *pk_read_signed(struct pk *x, struct idr_bytes compact);
void pk_read_unsigned(struct pk *x, const struct idr_json *data);
/* The wallet's presentation as vp_token for the transaction; nonce or aud NULL: the right ones. */
struct idr_bytes pk_token(struct pk *x, const char *nonce, const char *aud,
    const struct idr_private *holder);
/* {"vp_token":..,"state":..}; state NULL: the right one. */
struct idr_bytes pk_plain(struct pk *x, struct idr_bytes token, const char *state);
/* A JWE of plain; kid NULL: the right one. */
struct idr_bytes pk_jwe(struct pk *x, struct idr_bytes plain, const char *kid, const char *enc);
/* response=<JWE of plain>, kid NULL: the right one. */
struct idr_bytes pk_encrypted(struct pk *x, struct idr_bytes plain, const char *kid, const char *enc);
/* a=b&c=d, encoded; NULL ends. */
struct idr_bytes pk_form(struct pk *x, const char *name, struct idr_bytes value, ...);
/* The whole answer of an honest wallet. */
struct idr_bytes pk_honest(struct pk *x);
unsigned pk_respond(struct pk *x, struct idr_bytes body);

#endif
