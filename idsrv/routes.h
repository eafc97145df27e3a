/*
 * routes: THE table: method, path, steps, who may call, body limit, error dialect, clause.
 *
 * The step tables named here stand in the handler's file, named <room>_<noun>_<method>.
 */
#ifndef IDSRV_ROUTES_H
#define IDSRV_ROUTES_H

#include "flow/flow.h"

extern const struct http_route routes[];

/* oauth/ */
extern const struct flow_step oauth_metadata_get[], oauth_jwks_get[], oauth_token_post[],
    oauth_challenge_post[], oauth_par_post[];
/* steps that are joined with those of login/: access/access_citizen.h */
extern flow_run oauth_authorize_find, oauth_authorize_decide;
/* login/ */
extern const struct flow_step login_language_post[], login_provider_post[], login_callback_get[],
    login_activation_post[], login_activation_get[];
/* issue/ */
extern const struct flow_step issue_metadata_get[], issue_offer_get[], issue_nonce_post[],
    issue_credential_post[], issue_deferred_post[], issue_approval_list_get[],
    issue_approval_get[], issue_approval_put[], issue_offer_post[], issue_offer_state_get[],
    issue_paper_post[], issue_notification_post[];
/* present/ */
extern const struct flow_step present_create_post[], present_request_get[], present_request_post[],
    present_response_post[], present_dc_api_post[], present_result_get[], present_direct_post[],
    present_party_webhook_put[], present_webhook_list_get[], present_webhook_post[];
/* revoke/ */
extern const struct flow_step revoke_publish_list_get[], revoke_publish_aggregation_get[],
    revoke_bundle_get[], revoke_credential_get[], revoke_change_put[];
/* agency/ */
extern const struct flow_step agency_people_post[], agency_people_find_post[], agency_party_post[],
    agency_party_list_get[], agency_party_put[], agency_party_key_post[], agency_type_list_get[],
    agency_policy_list_get[];
/* operate/ */
extern const struct flow_step operate_health_public_get[], operate_health_get[],
    operate_metrics_get[], operate_docs_get[];

#endif
