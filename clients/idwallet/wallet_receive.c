#include "idwallet/wallet_issuing.h"

/* The commands that bring credentials into the store: receive, renew, deferred. */

enum { WAIT_S = 600, WAIT_MAX = 86400 };

static const char *opt_tx_code, *opt_copies, *opt_bearer, *opt_issuer, *opt_details, *opt_browser,
    *opt_paste, *opt_redirect, *opt_proof, *opt_wait, *opt_keep;
static const char *opt_configuration[WALLET_CONFIGURATIONS + 16];

const struct cli_option wallet_receive_options[] = {
	{ "tx-code", "CODE", "the transaction code you were given", &opt_tx_code, NULL },
	{ "copies", "N", "copies per credential (default: the issuer's batch size)", &opt_copies, NULL },
	{ "bearer", NULL, "a plain bearer token instead of one bound to a DPoP key", &opt_bearer, NULL },
	{ "issuer", "URL", "without an offer: the issuer, and which credentials:", &opt_issuer, NULL },
	{ "configuration", "ID", "pid.sdjwt and the like; may be repeated", NULL, opt_configuration },
	{ "details", NULL, "ask by authorization_details instead of by scope", &opt_details, NULL },
	{ "browser", "PROGRAM", "opens the login page: xdg-open (default: its address is shown)",
	    &opt_browser, NULL },
	{ "paste", NULL, "read the address that the browser was sent to from standard input", &opt_paste, NULL },
	{ "redirect-uri", "URI", "where the issuer sends the browser, with --paste", &opt_redirect, NULL },
	{ "proof", "TYPE", "jwt (default), or attestation: the provider's word for all keys", &opt_proof, NULL },
	{ "wait", "[SECONDS]", "wait for what an officer must approve (600)", &opt_wait, NULL },
	WALLET_CLIENT_OPTIONS,
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct cli_option wallet_renew_options[] = {
	{ "copies", "N", "copies per credential (default: the issuer's batch size)", &opt_copies, NULL },
	{ "keep", NULL, "keep the copies that the new ones replace", &opt_keep, NULL },
	{ "proof", "TYPE", "jwt (default), or attestation: the provider's word for all keys", &opt_proof, NULL },
	WALLET_CLIENT_OPTIONS,
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct cli_option wallet_deferred_options[] = {
	{ "wait", "[SECONDS]", "wait for what an officer must approve (600)", &opt_wait, NULL },
	WALLET_CLIENT_OPTIONS,
	{ NULL, NULL, NULL, NULL, NULL },
};

/* What was said on the command line, as numbers and choices. */
struct said {
	int64_t copies, wait_s;
	bool attestation;
};

static bool parse_options(struct said *out, struct idr_err *err)
{
	*out = (struct said){ .wait_s = opt_wait ? WAIT_S : 0 };
	if (opt_proof && strcmp(opt_proof, "jwt") != 0 && strcmp(opt_proof, "attestation") != 0)
		return idr_fail(err, IDR_USAGE, NULL, "--proof is jwt or attestation");
	if (opt_redirect && !opt_paste)
		return idr_fail(err, IDR_USAGE, NULL,
		    "--redirect-uri goes with --paste: this wallet listens on the loopback only");
	out->attestation = opt_proof && strcmp(opt_proof, "attestation") == 0;
	return (!opt_copies || wallet_parse_number("copies", opt_copies, WALLET_COPIES, &out->copies, err)) &&
	    (!opt_wait || !*opt_wait || wallet_parse_number("wait", opt_wait, WAIT_MAX, &out->wait_s, err));
}

/* ---- receive ---- */

static bool made_up_offer(struct wallet_offer *out, struct idr_err *err)
{
	*out = (struct wallet_offer){ .issuer = idr_str(opt_issuer), .login = true };
	for (size_t i = 0; opt_configuration[i]; i++) {
		if (out->n == WALLET_CONFIGURATIONS)
			return idr_fail(err, IDR_USAGE, NULL, "--configuration is given more than %d times",
			    WALLET_CONFIGURATIONS);
		out->configuration[out->n++] = idr_str(opt_configuration[i]);
	}
	return out->n > 0 || idr_fail(err, IDR_USAGE, NULL, "--issuer needs at least one --configuration");
}

static bool find_offer(struct cli *c, struct wallet_offer *out, struct idr_err *err)
{
	if ((c->argc == 1) == (opt_issuer != NULL))
		return idr_fail(err, IDR_USAGE, NULL, "give the link of an offer, or --issuer and --configuration");
	return opt_issuer ? made_up_offer(out, err) : wallet_offer_fetch(c->arena, c->argv[0], out, err);
}

static bool log_in(struct wallet_session *x, const struct wallet_offer *offer, struct idr_err *err)
{
	const struct wallet_authorize q = { .offer = offer, .details = opt_details != NULL,
	    .paste = opt_paste != NULL,
		.browser = opt_browser, .redirect_uri = opt_redirect };
	struct wallet_authorization got;

	return wallet_authorize(x, &q, &got, err) && wallet_token_by_code(x, &got, err);
}

/* implements: VCI 13.5b */
static bool receive(struct cli *c, struct wallet_session *x, struct idr_err *err)
{
	struct wallet_offer offer;
	struct said said;

	if (!parse_options(&said, err) || !find_offer(c, &offer, err) || !wallet_session_open(x, c, err) ||
	    (!opt_bearer && !wallet_session_key(x, err)) || !wallet_issuer_fetch(x->a, &offer, &x->issuer, err))
		return false;
	if (!(offer.login ? log_in(x, &offer, err) : wallet_token_by_offer(x, &offer, opt_tx_code, err)) ||
	    !wallet_session_keep(x, err))
		return false;
	for (size_t i = 0; i < offer.n; i++)
		if (!wallet_session_want(x, offer.configuration[i], said.attestation, said.copies, err))
			return false;
	return !said.wait_s || wallet_session_wait(x, said.wait_s, err);
}

static enum cli_exit say(const struct cli *c, const struct wallet_session *x, bool ok,
    const struct idr_err *err)
{
	return ok ? wallet_say(c, x->issuer.id, x->received, x->grant.n_pending) : cli_error(c, err);
}

enum cli_exit wallet_receive(struct cli *c)
{
	struct wallet_session x = { .s = NULL };
	struct idr_err err;
	enum cli_exit code = say(c, &x, receive(c, &x, &err), &err);

	wallet_session_close(&x);
	return code == CLI_UNDECIDED && !opt_wait ? CLI_OK : code;
}

/* ---- renew: new copies ahead of expiry, without the citizen (OpenID4VCI 1.0 section 13.5) ---- */

static bool find_entry(struct wallet_session *x, const char *id, struct wallet_entry *out,
    struct idr_err *err)
{
	struct wallet_entry *entry;
	int64_t wanted;
	size_t n;

	if (!wallet_parse_number("ID", id, INT64_MAX / 20, &wanted, err) ||
	    !wallet_store_list(x->a, wallet_store_dir, &entry, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (entry[i].id == wanted) {
			*out = entry[i];
			return true;
		}
	return idr_fail(err, IDR_FILE, NULL, "the store holds no credential %s", id);
}

/* The copies that were there before, of the same kind from the same login. */
static bool drop_old(struct wallet_session *x, const struct wallet_entry *e,
    const struct wallet_entry *before, size_t n, struct idr_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (before[i].grant == e->grant && idr_bytes_equal(before[i].configuration, e->configuration) &&
		    !wallet_store_delete(x->a, wallet_store_dir, before[i].id, err))
			return false;
	return true;
}

static bool renew(struct cli *c, struct wallet_session *x, struct idr_err *err)
{
	struct wallet_entry e = { .grant = 0 }, *before;
	struct said said;
	size_t n;

	if (!parse_options(&said, err) || !wallet_session_open(x, c, err) || !find_entry(x, c->argv[0], &e, err))
		return false;
	if (!e.grant)
		return idr_fail(err, IDR_INVALID_GRANT, "RFC 6749 section 6",
		    "no refresh token came with this credential: ask the office for a new offer");
	return wallet_session_resume(x, e.grant, err) && wallet_session_refresh(x, err) &&
	    wallet_store_list(x->a, wallet_store_dir, &before, &n, err) &&
	    wallet_session_want(x, e.configuration, said.attestation, said.copies, err) &&
	    (opt_keep || !x->received || drop_old(x, &e, before, n, err));
}

enum cli_exit wallet_renew(struct cli *c)
{
	struct wallet_session x = { .s = NULL };
	struct idr_err err;
	enum cli_exit code = say(c, &x, renew(c, &x, &err), &err);

	wallet_session_close(&x);
	return code;
}

/* ---- deferred: is it ready? ---- */

/* Does this grant wait for something? Asked without going anywhere. */
static bool waits(struct cli *c, int64_t grant, bool *yes, struct idr_err *err)
{
	struct wallet_session x;
	bool ok = wallet_session_open(&x, c, err) &&
	    wallet_grant_get(x.s, x.a, wallet_store_dir, grant, &x.grant, err);

	*yes = ok && x.grant.n_pending > 0;
	wallet_session_close(&x);
	return ok;
}

static bool visit(struct cli *c, int64_t grant, int64_t wait_s, size_t *received, size_t *waiting,
    struct idr_err *err)
{
	struct wallet_session x;
	bool ok = wallet_session_open(&x, c, err) && wallet_session_resume(&x, grant, err) &&
	    wallet_session_collect(&x, err) && (!wait_s || wallet_session_wait(&x, wait_s, err));

	*received += x.received;
	*waiting += x.grant.n_pending;
	wallet_session_close(&x);
	return ok;
}

/* One issuer that cannot be reached does not keep the others from being asked. */
static enum cli_exit visit_all(struct cli *c, int64_t wait_s, struct idr_err *err)
{
	size_t n, received = 0, waiting = 0;
	struct idr_err why;
	bool all = true, yes;
	int64_t *id;

	if (!wallet_grant_list(c->arena, wallet_store_dir, &id, &n, err))
		return cli_error(c, err);
	for (size_t i = 0; i < n; i++) {
		if (waits(c, id[i], &yes, &why) && (!yes || visit(c, id[i], wait_s, &received, &waiting, &why)))
			continue;
		if (all)
			*err = why;
		all = false;
	}
	return all ? wallet_say(c, IDR_LIT(""), received, waiting) : cli_error(c, err);
}

enum cli_exit wallet_deferred(struct cli *c)
{
	struct said said;
	struct idr_err err;

	return parse_options(&said, &err) ? visit_all(c, said.wait_s, &err) : cli_error(c, &err);
}
