/*
 * wallet_kit: a verifier that may lie, in place of the network. The wallet's own HTTP calls come here.
 *
 * A request object is the right one with one member changed. What the wallet sends is kept.
 *
 * Enter at  wk_setup(), wk_ask(), wk_present()
 */
#ifndef IDR_TESTS_WALLET_KIT_H
#define IDR_TESTS_WALLET_KIT_H

#include "../testkit.h"

#include "idwallet/wallet.h"

#define WK_NONCE "n-0S6_WzA2Mj"
#define WK_STATE "af0ifjsldkj"
#define WK_TO "https://verifier.example/response/1"
#define WK_VCT "urn:test:card:1"
/* a query for one claim, with further members of the claims query and of the credential query */
#define WK_QUERY(path, claim, more) "{\"credentials\":[{\"id\":\"q\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"" \
    WK_VCT "\"]}," "\"claims\":[{\"path\":[\"" path "\"]" claim "}]" more "}]}"

struct wk {
	struct kit k;
	struct idr_private *enc;            /* the verifier's, to encrypt to */
	char *enc_jwk;                      /* public, with kid and alg */
	const struct idr_type *type;        /* WK_VCT: name and city, both hidden */
	char dir[32], root[48];             /* the store; the national root as a file */
	char *client_id;

	/* what the verifier says */
	const struct idr_private *signer;
	const char *header, *client;        /* NULL: right */
	const char *dcql;                   /* NULL: name and no more */
	const char *link_client, *link_more;
	long status;
	const char *media_type, *answer;
	bool nonce_back;                    /* a posted wallet_nonce comes back */

	/* what the wallet sent */
	struct web_request fetched, posted;
	size_t n_fetched, n_posted;

	struct wallet_request request;
	struct idr_err err;
};

int wk_setup(void **state);
int wk_teardown(void **state);
/* Back to the verifier that does everything right. */
void wk_right(struct wk *w);

/* The request with this member instead of the right one; json NULL leaves it out. */
enum idr_code wk_ask(struct wk *w, const char *member, const char *json);
/* idwallet present with these options, of which the last is NULL; the exit code. */
enum cli_exit wk_present(struct wk *w, const char *member, const char *json, const char *const *options);
/* The parameter of the posted form; fails when there is none. */
struct idr_bytes wk_posted(struct wk *w, const char *name);

#endif
