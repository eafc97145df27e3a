#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "idwallet/wallet_issuing.h"

/* implements: draft-ietf-oauth-attestation-based-client-auth-07 sections 5, 6: the wallet's side */

enum { ATTESTATION_MAX = 16 * 1024, PEM_MAX = 16 * 1024, ID_MAX = 256, FRESH_S = 120 };

const char *wallet_opt_client_id, *wallet_opt_attestation, *wallet_opt_instance_key, *wallet_opt_provider;

int64_t wallet_now(void)
{
	return (int64_t)time(NULL);
}

bool wallet_instance_key(struct idr_suite *s, struct idr_arena *a, const char *path, bool make,
    struct idr_private **out, struct idr_err *err)
{
	struct idr_bytes pem;

	if (access(path, F_OK) == 0 || errno != ENOENT || !make)
		return cli_read(a, path, PEM_MAX, &pem, err) && idr_private_from_pem(s, pem, out, err);
	return idr_private_generate(s, IDR_P256, out, err) && idr_private_to_pem(a, *out, &pem, err) &&
	    cli_write_new(path, pem, 0600, err);
}

/* Read, not verified: who is to believe it is the server. */
bool wallet_attestation_read(struct idr_arena *a, struct idr_bytes jwt, struct idr_bytes *client_id,
    struct idr_err *err)
{
	const struct idr_json *payload, *sub;
	struct idr_jws jws;

	if (!idr_jws_parse(a, jwt, ATTESTATION_MAX, false, &jws, err) ||
	    !idr_jwt_payload(a, &jws, &payload, err))
		return false;
	sub = idr_json_find(payload, "sub");
	if (!idr_jws_typ_is(&jws, "oauth-client-attestation+jwt") || !idr_json_is(sub, IDR_JSON_STRING) ||
	    !sub->text.n || sub->text.n > ID_MAX)
		return idr_fail(err, IDR_MALFORMED, "draft-ietf-oauth-attestation-based-client-auth-07 section 5.1",
		    "the file holds no wallet attestation");
	*client_id = sub->text;
	return true;
}

static bool from_file(struct idr_suite *s, struct idr_arena *a, struct wallet_client *c,
    struct idr_err *err)
{
	struct idr_bytes file;

	if (!wallet_opt_instance_key)
		return idr_fail(err, IDR_USAGE, NULL, "--attestation needs --instance-key");
	if (!cli_read(a, wallet_opt_attestation, ATTESTATION_MAX, &file, err))
		return false;
	while (file.n && (file.p[file.n - 1] == '\n' || file.p[file.n - 1] == '\r'))
		file.n--;
	c->attestation = file;
	if (!wallet_attestation_read(a, file, &c->id, err) ||
	    !wallet_instance_key(s, a, wallet_opt_instance_key, false, &c->instance, err))
		return false;
	if (wallet_opt_client_id && !idr_bytes_is(c->id, wallet_opt_client_id))
		return idr_fail(err, IDR_USAGE, NULL, "the attestation is for another --client-id");
	return true;
}

bool wallet_client_fresh(struct idr_suite *s, struct idr_arena *a, struct wallet_client *c,
    struct idr_err *err)
{
	int64_t now = wallet_now();

	if (!c->provider || c->attested > now - FRESH_S)
		return true;
	c->attested = now;
	return wallet_provider_attest(s, a, c->provider, c->id, idr_private_public(c->instance),
	    &c->attestation, err);
}

/* One key for one store: refresh tokens are bound to it. */
static bool from_provider(struct idr_suite *s, struct idr_arena *a, struct wallet_client *c,
    struct idr_err *err)
{
	const char *path = wallet_opt_instance_key;

	if (!path)
		path = idr_arena_printf(a, err, "%s/instance.key", wallet_store_dir);
	if (!wallet_opt_client_id)
		return idr_fail(err, IDR_USAGE, NULL, "--test-provider needs --client-id");
	c->provider = idr_arena_alloc(a, sizeof(*c->provider), err);
	return path && c->provider && wallet_provider_open(s, a, wallet_opt_provider, c->provider, err) &&
	    wallet_instance_key(s, a, path, true, &c->instance, err) && wallet_client_fresh(s, a, c, err);
}

bool wallet_client_open(struct idr_suite *s, struct idr_arena *a, struct wallet_client *out,
    struct idr_err *err)
{
	*out = (struct wallet_client){ .id = idr_str(wallet_opt_client_id ? wallet_opt_client_id : "") };
	if (wallet_opt_attestation)
		return from_file(s, a, out, err);
	return !wallet_opt_provider || from_provider(s, a, out, err);
}

void wallet_client_close(struct wallet_client *c)
{
	if (c->provider)
		wallet_provider_close(c->provider);
	if (c->instance)
		idr_private_free(&c->instance);
	if (c->dpop)
		idr_private_free(&c->dpop);
}
