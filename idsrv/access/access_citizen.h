/*
 * access_citizen: a citizen at the authorization endpoint, between the protocol and the pages.
 *
 * oauth/ finds the pushed request and puts it into request->state; login/ shows the pages, authenticates
 * the citizen, asks for consent, and puts the decision there; oauth/ ends the authorization with it.
 * Neither includes the other: the tables of steps in routes.c bring them together.
 *
 * Standard  RFC 6749 section 4.1, RFC 9126 section 4; OpenID4VCI 1.0 section 5
 */
#ifndef IDSRV_ACCESS_ACCESS_CITIZEN_H
#define IDSRV_ACCESS_ACCESS_CITIZEN_H

#include "app.h"
#include "suite/suite.h"

/*
 * The steps of oauth/ (declared in routes.h), both FLOW_COLD:
 *   oauth_authorize_find    the query of GET /authorize -> request->state = struct access_authorization
 *   oauth_authorize_decide  request->state = struct access_decision -> the redirect to the wallet, with
 *                           a code or with access_denied
 * Where the request is used or too old they answer themselves, with a redirect to the wallet when it is
 * known and with the page of the dialect HTTP_PAGE when it is not; the steps behind them are then not run.
 */

/* request->state when oauth_authorize_find has passed. */
struct access_authorization {
	uint8_t id[16];                  /* of the pushed request; never leaves the server */
	struct idr_bytes wallet;         /* name of the wallet, from the client registry */
	struct idr_bytes configurations; /* space-separated ids: what would be granted */
	struct idr_bytes ui_locales;     /* as pushed; may be empty */
	bool has_offer;                  /* the issuer_state of an offer names whom it is for ... */
	int64_t person_id;               /* ... and nobody else may take it up; it authenticates nobody */
	int64_t expires;                 /* when the citizen must have decided: no page is of use afterwards */
};

/* request->state when a citizen has decided, for the step that ends the authorization. */
struct access_decision {
	uint8_t id[16];
	bool approved;
	int64_t person_id;               /* who logged in; 0 when refused before that */
	struct idr_bytes reference;      /* the row key they logged in with; p == NULL when not known. Kept,
	                                    sealed, only for types whose claims lie in a register outside */
};

/*
 * The number a citizen knows, as it is found in the registry: keyed, so that a stolen table names nobody.
 * Spellings of one number are the same (sys/normal.h). False when the text can be no number; `out` is
 * then one that nobody has.
 */
bool access_number_blind(struct app *app, struct idr_suite *s, struct idr_bytes text, uint8_t out[32]);
/* What is stored of an activation code, which counts for this number only. */
void access_code_mac(struct app *app, struct idr_suite *s, const uint8_t number_blind[32],
    struct idr_bytes text,
    uint8_t out[32]);

#endif
