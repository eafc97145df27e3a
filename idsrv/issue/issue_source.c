#include "issue/issue.h"

#include "registry/reg_source.h"
#include "sys/node.h"
#include "sys/normal.h"

/*
 * Where claims come from: handed over with the offer, else the type's own source, else the people as
 * imported. Never from the wallet's request.
 */

enum { CLAIMS_MAX = 256 * 1024 };

char *issue_offer_context(struct idr_arena *a, const char *what, const uint8_t id[16],
    struct idr_err *err)
{
	static const char hex[] = "0123456789abcdef";
	char text[33] = "";

	for (size_t i = 0; i < 16; i++) {
		text[2 * i] = hex[id[i] >> 4];
		text[2 * i + 1] = hex[id[i] & 15];
	}
	return idr_arena_printf(a, err, "%s:%s", what, text);
}

struct issue_who issue_who_of(const struct reg_token_load *token)
{
	struct issue_who who = {
		.person_id = token->person_id, .subject_sealed = token->claims_sealed,
		.reference_sealed = token->reference_sealed, .offer_claims_sealed = token->offer_claims_sealed,
	};

	memcpy(who.offer_id, token->offer_id, sizeof(who.offer_id));
	return who;
}

static bool open_of_offer(struct app *app, struct flow_request *r, const char *what,
    const struct issue_who *who, struct idr_bytes sealed, struct idr_bytes *out, struct idr_err *err)
{
	char *context = issue_offer_context(r->arena, what, who->offer_id, err);

	return context && node_unseal(app->node, r->suite, r->arena, idr_str(context), sealed, out, err);
}

void issue_source_prepare(struct flow_request *r, const struct idr_type *type,
    const struct issue_who *who)
{
	size_t n = type->id.n < sizeof(r->lane) ? type->id.n : sizeof(r->lane) - 1;

	memset(r->lane, 0, sizeof(r->lane));
	if (type->source_select.n && !who->offer_claims_sealed.n)
		memcpy(r->lane, type->id.p, n);
}

bool issue_source_ask(struct app *app, struct flow_request *r, const struct idr_type *type,
    struct issue_who *who, struct idr_err *err)
{
	if (!who->reference.n) {
		/* an offer made before the type had this source */
		if (!who->reference_sealed.n)
			return idr_fail(err, IDR_CREDENTIAL_REQUEST_DENIED, "OpenID4VCI 1.0 section 8.3.1.2",
			    "the offer names nobody to the source of this credential; a new one is needed");
		if (!open_of_offer(app, r, "offer-reference", who, who->reference_sealed, &who->reference, err))
			return false;
	}
	return reg_source_claims(r->conn, r->arena, type->source_select, type->source_timeout_ms,
	    who->reference, &who->source, err);
}

/* As careful with a register outside as with an import. */
static bool from_source(struct flow_request *r, struct idr_bytes source, struct idr_bytes *out,
    struct idr_err *err)
{
	const struct idr_json *person;
	struct idr_err why;

	if (!idr_json_parse(r->arena, source, CLAIMS_MAX, &person, &why) ||
	    !idr_json_is(person, IDR_JSON_OBJECT))
		return idr_fail(err, IDR_CREDENTIAL_REQUEST_DENIED, "schema/types/README.md",
		    "the source's claims are not one strict JSON object");
	return normal_claims(r->arena, person, out, err);
}

static bool from_subject(struct app *app, struct flow_request *r, const struct issue_who *who,
    struct idr_bytes *out, struct idr_err *err)
{
	char *context = idr_arena_printf(r->arena, err, "subject:%lld", (long long)who->person_id);

	if (!who->subject_sealed.n)
		return idr_fail(err, IDR_CREDENTIAL_REQUEST_DENIED, "OpenID4VCI 1.0 section 8.3.1.2",
		    "this person was not imported");
	return context &&
	    node_unseal(app->node, r->suite, r->arena, idr_str(context), who->subject_sealed, out, err);
}

bool issue_claims(struct app *app, struct flow_request *r, const struct idr_type *type,
    const struct issue_who *who, const struct idr_json **out, struct idr_err *err)
{
	const struct idr_json *person;
	struct idr_bytes plain, claims;
	bool ok;

	if (who->offer_claims_sealed.n)
		ok = open_of_offer(app, r, "offer-claims", who, who->offer_claims_sealed, &plain, err);
	else if (type->source_select.n)
		ok = from_source(r, who->source, &plain, err);
	else
		ok = from_subject(app, r, who, &plain, err);
	return ok && idr_json_parse(r->arena, plain, CLAIMS_MAX, &person, err) &&
	    idr_type_claims(r->arena, type, person, r->now, &claims, err) &&
	    idr_json_parse(r->arena, claims, CLAIMS_MAX, out, err);
}
