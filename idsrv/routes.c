#include "routes.h"

#include "login/login.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

#define PUBLIC(nm, meth, pth, who, med, max, dia, st, cl, ...) \
	{ .name = nm, .listener = HTTP_PUBLIC, .method = HTTP_##meth, .path = pth, .caller = HTTP_##who, \
	  .media = HTTP_##med, .body_max = max, .dialect = HTTP_##dia, .steps = st, .clause = cl, __VA_ARGS__ }
#define ADMIN(nm, meth, pth, who, med, max, st, ...) \
	{ .name = nm, .listener = HTTP_ADMIN, .method = HTTP_##meth, .path = pth, .caller = HTTP_##who, \
	  .media = HTTP_##med, .body_max = max, .dialect = HTTP_PROBLEM, .steps = st, .clause = "our API", \
	  __VA_ARGS__ }

/* ---- the authorization endpoint: oauth/ and login/ meet here alone (access/access_citizen.h) ---- */

static const struct flow_step authorize_get[] = {
	{ FLOW_COLD, oauth_authorize_find },   /* RFC 9126 section 4 */
	{ FLOW_COLD, login_begin },
	{ FLOW_END, NULL },
};

static const struct flow_step authorize_login_post[] = {
	{ FLOW_COLD, login_check },
	{ FLOW_COLD, oauth_authorize_decide }, /* only for a citizen who cancels */
	{ FLOW_END, NULL },
};

static const struct flow_step authorize_consent_post[] = {
	{ FLOW_COLD, login_consent },
	{ FLOW_COLD, oauth_authorize_decide }, /* RFC 6749 section 4.1.2 */
	{ FLOW_END, NULL },
};

const struct http_route routes[] = {
	/* ---- wallets: OpenID4VCI ---- */
	/* implements: VCI 12.2.2a */
	PUBLIC("issuer_metadata", GET, "/.well-known/openid-credential-issuer", ANYONE, NONE, 0, OAUTH,
	    issue_metadata_get, "OpenID4VCI 1.0 section 12.2", .any_origin = true),
	PUBLIC("as_metadata", GET, "/.well-known/oauth-authorization-server", ANYONE, NONE, 0, OAUTH,
	    oauth_metadata_get, "RFC 8414 section 3", .any_origin = true),
	PUBLIC("jwks", GET, "/jwks", ANYONE, NONE, 0, OAUTH, oauth_jwks_get, "RFC 7517 section 5",
	    .any_origin = true),
	PUBLIC("offer", GET, "/offers/{id}", ANYONE, NONE, 0, OAUTH, issue_offer_get,
	    "OpenID4VCI 1.0 section 4.1.3", .any_origin = true),
	PUBLIC("challenge", POST, "/challenge", ANYONE, EMPTY, 0, OAUTH, oauth_challenge_post,
	    "draft-ietf-oauth-attestation-based-client-auth-07"),
	PUBLIC("par", POST, "/par", ANYONE, FORM, 64 * KIB, OAUTH, oauth_par_post, "RFC 9126 section 2"),
	/* implements: HAIP 4a */
	PUBLIC("authorize", GET, "/authorize", ANYONE, NONE, 0, PAGE, authorize_get,
	    "RFC 6749 section 4.1.1"),
	PUBLIC("authorize_login", POST, "/authorize/login", ANYONE, FORM, 16 * KIB, PAGE,
	    authorize_login_post, "RFC 6749 section 3.1"),
	PUBLIC("authorize_consent", POST, "/authorize/consent", ANYONE, FORM, 16 * KIB, PAGE,
	    authorize_consent_post, "RFC 6749 section 4.1.2"),
	PUBLIC("authorize_language", POST, "/authorize/language", ANYONE, FORM, 16 * KIB, PAGE,
	    login_language_post, "our API"),
	PUBLIC("authorize_provider", POST, "/authorize/provider", ANYONE, FORM, 16 * KIB, PAGE,
	    login_provider_post, "OpenID Connect Core 1.0 section 3.1.2.1"),
	PUBLIC("authorize_callback", GET, "/authorize/callback", ANYONE, NONE, 0, PAGE, login_callback_get,
	    "OpenID Connect Core 1.0 section 3.1.2.5"),
	PUBLIC("token", POST, "/token", ANYONE, FORM, 64 * KIB, OAUTH, oauth_token_post,
	    "OpenID4VCI 1.0 section 6"),
	/* implements: VCI 7a */
	PUBLIC("nonce", POST, "/nonce", ANYONE, EMPTY, 0, OAUTH, issue_nonce_post,
	    "OpenID4VCI 1.0 section 7"),
	/* implements: VCI 8.2j */
	PUBLIC("credential", POST, "/credential", ANYONE, JSON_OR_JWT, 256 * KIB, RESOURCE,
	    issue_credential_post, "OpenID4VCI 1.0 section 8"),
	PUBLIC("deferred_credential", POST, "/deferred_credential", ANYONE, JSON_OR_JWT, 16 * KIB, RESOURCE,
	    issue_deferred_post, "OpenID4VCI 1.0 section 9"),
	PUBLIC("notification", POST, "/notification", ANYONE, JSON, 16 * KIB, NOTIFICATION,
	    issue_notification_post, "OpenID4VCI 1.0 section 11"),

	/* ---- wallets: OpenID4VP ---- */
	PUBLIC("request", GET, "/request/{request_id}", ANYONE, NONE, 0, WALLET, present_request_get,
	    "RFC 9101 section 5.2.3"),
	PUBLIC("request_post", POST, "/request/{request_id}", ANYONE, FORM, 64 * KIB, WALLET,
	    present_request_post, "OpenID4VP 1.0 section 5.10"),
	/* implements: VP 8.2a */
	PUBLIC("response", POST, "/response/{request_id}", ANYONE, FORM, 1 * MIB, WALLET,
	    present_response_post, "OpenID4VP 1.0 section 8.2"),

	/* ---- anyone: status and bundle ---- */
	PUBLIC("status_list", GET, "/statuslists/{list_id}", ANYONE, NONE, 0, PROBLEM,
	    revoke_publish_list_get, "Token Status List section 8.1", .any_origin = true),
	PUBLIC("status_aggregation", GET, "/statuslists", ANYONE, NONE, 0, PROBLEM,
	    revoke_publish_aggregation_get, "Token Status List section 9", .any_origin = true),
	PUBLIC("bundle", GET, "/bundle", ANYONE, NONE, 0, PROBLEM, revoke_bundle_get,
	    "architecture section 7", .any_origin = true),
	PUBLIC("health_public", GET, "/health", ANYONE, NONE, 0, PROBLEM, operate_health_public_get,
	    "our API"),
	PUBLIC("openapi", GET, "/openapi.yaml", ANYONE, NONE, 0, PROBLEM, operate_docs_get, "our API",
	    .any_origin = true),

	/* ---- relying parties ---- */
	PUBLIC("presentation_create", POST, "/v1/presentations", PARTY, JSON, 64 * KIB, PROBLEM,
	    present_create_post, "our API"),
	PUBLIC("presentation_result", GET, "/v1/presentations/{id}", PARTY, NONE, 0, PROBLEM,
	    present_result_get, "our API", .long_poll = true),
	PUBLIC("presentation_dc_api", POST, "/v1/presentations/{id}/dc-api", PARTY, JSON, 1 * MIB, PROBLEM,
	    present_dc_api_post, "OpenID4VP 1.0 appendix A.4"),
	PUBLIC("verify", POST, "/v1/verify", PARTY, JSON, 256 * KIB, PROBLEM, present_direct_post,
	    "our API"),
	PUBLIC("policies", GET, "/v1/policies", PARTY, NONE, 0, PROBLEM, agency_policy_list_get,
	    "our API"),

	/* ---- the agency ---- */
	ADMIN("people_import", POST, "/admin/v1/people", OFFICER, NDJSON, 4 * MIB, agency_people_post),
	ADMIN("people_find", POST, "/admin/v1/people/find", OFFICER, JSON, 16 * KIB,
	    agency_people_find_post),
	ADMIN("offer_create", POST, "/admin/v1/offers", OFFICER, JSON, 64 * KIB, issue_offer_post),
	ADMIN("offer_state", GET, "/admin/v1/offers/{id}", OFFICER, NONE, 0, issue_offer_state_get),
	ADMIN("activation_create", POST, "/admin/v1/activations", OFFICER, JSON, 16 * KIB,
	    login_activation_post),
	ADMIN("activation_state", GET, "/admin/v1/activations/{id}", OFFICER, NONE, 0, login_activation_get),
	ADMIN("approval_list", GET, "/admin/v1/approvals", OFFICER, NONE, 0, issue_approval_list_get),
	ADMIN("approval_get", GET, "/admin/v1/approvals/{id}", OFFICER, NONE, 0, issue_approval_get),
	ADMIN("approval_decide", PUT, "/admin/v1/approvals/{id}", OFFICER, JSON, 16 * KIB, issue_approval_put),
	ADMIN("paper", POST, "/admin/v1/papers", OFFICER, JSON, 16 * KIB, issue_paper_post),
	ADMIN("credential_get", GET, "/admin/v1/credentials/{id}", OFFICER, NONE, 0,
	    revoke_credential_get),
	ADMIN("status_change", PUT, "/admin/v1/credentials/{id}/status", OFFICER, JSON, 16 * KIB,
	    revoke_change_put),
	ADMIN("party_create", POST, "/admin/v1/parties", ADMINISTRATOR, JSON, 16 * KIB,
	    agency_party_post),
	ADMIN("party_list", GET, "/admin/v1/parties", OPERATOR, NONE, 0, agency_party_list_get),
	ADMIN("party_change", PUT, "/admin/v1/parties/{id}", ADMINISTRATOR, JSON, 16 * KIB,
	    agency_party_put),
	ADMIN("party_key", POST, "/admin/v1/parties/{id}/key", ADMINISTRATOR, EMPTY, 0,
	    agency_party_key_post),
	ADMIN("party_webhook", PUT, "/admin/v1/parties/{id}/webhook", ADMINISTRATOR, JSON, 16 * KIB,
	    present_party_webhook_put),
	ADMIN("webhook_list", GET, "/admin/v1/webhooks", OPERATOR, NONE, 0, present_webhook_list_get),
	ADMIN("webhook_change", POST, "/admin/v1/webhooks", ADMINISTRATOR, JSON, 16 * KIB,
	    present_webhook_post),
	ADMIN("type_list", GET, "/admin/v1/types", OPERATOR, NONE, 0, agency_type_list_get),
	ADMIN("health", GET, "/health", OPERATOR, NONE, 0, operate_health_get),
	ADMIN("metrics", GET, "/metrics", OPERATOR, NONE, 0, operate_metrics_get),
	ADMIN("openapi_admin", GET, "/openapi.yaml", OPERATOR, NONE, 0, operate_docs_get),
	{ 0 }
};
