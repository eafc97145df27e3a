#include "base/text.h"
#include "issue/issue.h"

/* OpenID4VCI 1.0 section 8.2; issuing brief 12.2 steps 6 to 8, in their order */

static bool malformed(struct idr_err *err, const char *why)
{
	return idr_fail(err, IDR_INVALID_CREDENTIAL_REQUEST, "OpenID4VCI 1.0 section 8.2", "%s", why);
}

/*
 * Whether it is known comes before whether it is the member this token uses.
 * implements: VCI 8.2a
 */
static bool read_id(struct flow_request *r, const struct idr_json *id, const struct idr_json *identifier,
    struct idr_bytes *configuration, struct idr_err *err)
{
	const struct idr_type *type;
	enum idr_format format;

	if (!id == !identifier)
		return malformed(err, "exactly one of credential_configuration_id and credential_identifier is needed");
	if (!idr_json_is(id ? id : identifier, IDR_JSON_STRING))
		return malformed(err, "the id of what is asked for must be a string");
	if (identifier)
		return rules_identifier(r->rules, identifier->text, configuration) || idr_fail(err,
		    IDR_UNKNOWN_CREDENTIAL_IDENTIFIER, "OpenID4VCI 1.0 section 8.3.1.2",
		    "the credential identifier is not known");
	*configuration = id->text;
	return rules_configuration(r->rules, id->text, &type, &format) || idr_fail(err,
	    IDR_UNKNOWN_CREDENTIAL_CONFIGURATION, "OpenID4VCI 1.0 section 8.3.1.2",
	    "the credential configuration is not known");
}

/* implements: VCI 8.2b, VCI 8.2c, VCI 8.2h */
bool issue_wanted(struct flow_request *r, const struct reg_token_load *token, const struct idr_json *body,
    struct idr_bytes *configuration, struct idr_err *err)
{
	const struct idr_json *identifier = idr_json_find(body, "credential_identifier");

	if (!read_id(r, idr_json_find(body, "credential_configuration_id"), identifier, configuration, err))
		return false;
	if (!idr_word_find(token->configurations, *configuration))
		return idr_fail(err, IDR_INSUFFICIENT_SCOPE, "RFC 6750 section 3.1",
		    "the access token does not cover this credential");
	if (idr_word_find(token->detailed, *configuration) != (identifier != NULL))
		return malformed(err, identifier ? "the token response named no credential identifier for this one" :
		    "the token response named a credential_identifier: it is to be used");
	return true;
}
