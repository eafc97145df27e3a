#include "idctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "idctl/ctl_ca.h"
#include "suite/certify.h"
#include "trust/trust.h"
#include "types/types.h"

/*
 * `ca init`: a national root and the four signers below it, with the files a server starts from.
 * Everything is made and checked in memory first; files are only ever created, never replaced.
 */

enum { DAY = 86400, ROOT_DAYS = 15 * 365 + 4, NAME_MAX_BYTES = 40, TYPES_MAX = 64, DNS_SLOTS = 32,
	FILES_MAX = 24, TYPE_FILE_MAX = 64 * 1024, TOKEN_BYTES = 32, TOKEN_TEXT = IDR_B64URL_LEN(TOKEN_BYTES) };

static const char *dir, *country, *name, *url, *dns[DNS_SLOTS], *types_dir, *demo;

static const struct cli_option init_options[] = {
	{ "dir", "DIR", "where the keys and files go; made when absent", &dir, NULL },
	{ "country", "CC", "two upper-case letters, in every certificate", &country, NULL },
	{ "name", "NAME", "the authority, at most 40 bytes", &name, NULL },
	{ "url", "URL", "its address: https://..., in every certificate", &url, NULL },
	{ "dns", "NAME", "host name of the verifier (repeat), in the reader certificate", NULL, dns },
	{ "types", "DIR", "the credential types it may issue (schema/types)", &types_dir, NULL },
	{ "demo", NULL, "mark the keys as made for a demonstration", &demo, NULL },
	{ 0 },
};

static const struct leaf {
	const char *file;
	const char *suffix;
	enum idr_cert_profile profile;
	enum idr_purpose purpose;
	int days;
} leaves[] = {
	{ "issuer", "Document Signer 1", IDR_PROFILE_DOCUMENT_SIGNER, IDR_PURPOSE_ISSUER, 450 },
	{ "status", "Status Signer 1", IDR_PROFILE_STATUS_SIGNER, IDR_PURPOSE_STATUS, 1180 },
	{ "reader", "Verifier 1", IDR_PROFILE_READER, IDR_PURPOSE_READER, 1180 },
	{ "bundle", "Bundle Signer 1", IDR_PROFILE_BUNDLE_SIGNER, IDR_PURPOSE_BUNDLE, 1180 },
};
enum { LEAVES = sizeof(leaves) / sizeof(leaves[0]) };

struct making {
	struct cli *c;
	struct idr_arena *a;
	struct idr_suite *suite;
	int64_t now, from;
	struct idr_private *root;
	struct idr_bytes root_der;
	struct idr_bytes leaf_der[LEAVES];
	struct idr_bytes vct[TYPES_MAX];
	size_t n_vct;
	struct { const char *name; struct idr_bytes content; unsigned mode; } file[FILES_MAX];
	size_t n_file;
};

static bool add_file(struct making *m, const char *file, struct idr_bytes content, unsigned mode,
    struct idr_err *err)
{
	if (m->n_file == FILES_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "too many files");
	m->file[m->n_file].name = file;
	m->file[m->n_file].content = content;
	m->file[m->n_file++].mode = mode;
	return true;
}

static bool add_named(struct making *m, const char *base, const char *ending, struct idr_bytes content,
    unsigned mode, struct idr_err *err)
{
	char *file = idr_arena_printf(m->a, err, "%s%s", base, ending);

	return file && add_file(m, file, content, mode, err);
}

/* ---- certificates ---- */

static bool put_pair(struct making *m, const char *base, const struct idr_private *key,
    struct idr_bytes der, struct idr_err *err)
{
	struct idr_bytes key_pem, pem;

	return idr_private_to_pem(m->a, key, &key_pem, err) && idr_cert_to_pem(m->a, der, &pem, err) &&
	    add_named(m, base, ".key", key_pem, 0600, err) && add_named(m, base, ".pem", pem, 0644, err);
}

static struct idr_certify certificate(const struct making *m, enum idr_cert_profile profile,
    const char *common_name, int days)
{
	return (struct idr_certify){
		.profile = profile, .country = country, .organization = name, .common_name = common_name,
		.url = url, .issuer_key = m->root, .not_before = m->from,
		.not_after = m->from + (int64_t)days * DAY,
	};
}

/* P-256 throughout: chains are checked on old phones, and P-384 costs them twenty times as much */
static bool make_root(struct making *m, struct idr_err *err)
{
	char *common_name = idr_arena_printf(m->a, err, "%s Root 1", name);
	struct idr_certify in;

	if (!common_name || !idr_private_generate(m->suite, IDR_P256, &m->root, err))
		return false;
	in = certificate(m, IDR_PROFILE_ROOT, common_name, ROOT_DAYS);
	in.subject_key = idr_private_public(m->root);
	return idr_certify(m->suite, m->a, &in, &m->root_der, err) &&
	    put_pair(m, "root", m->root, m->root_der, err);
}

static bool make_leaf(struct making *m, size_t i, struct idr_err *err)
{
	const struct leaf *leaf = &leaves[i];
	char *common_name = idr_arena_printf(m->a, err, "%s %s", name, leaf->suffix);
	struct idr_private *key = NULL;
	struct idr_certify in;
	bool ok;

	if (!common_name || !idr_private_generate(m->suite, IDR_P256, &key, err))
		return false;
	in = certificate(m, leaf->profile, common_name, leaf->days);
	in.subject_key = idr_private_public(key);
	in.issuer_der = m->root_der;
	for (size_t k = 0; leaf->profile == IDR_PROFILE_READER && dns[k]; k++)
		in.dns[in.n_dns++] = dns[k];
	ok = idr_certify(m->suite, m->a, &in, &m->leaf_der[i], err) &&
	    put_pair(m, leaf->file, key, m->leaf_der[i], err);
	idr_private_free(&key);
	return ok;
}

/* ---- trust.json ---- */

static bool read_types(struct making *m, struct idr_err *err)
{
	const char *from = types_dir ? types_dir : "schema/types", **names, *path;
	const struct idr_type *type;
	struct idr_bytes file;
	size_t n;

	if (!ctl_list(m->a, from, "/", &names, &n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (m->n_vct == TYPES_MAX)
			return idr_fail(err, IDR_LIMIT, NULL, "%.100s holds more than %d types", from, TYPES_MAX);
		path = idr_arena_printf(m->a, err, "%s/%s/type.json", from, names[i]);
		if (!path || !cli_read(m->a, path, TYPE_FILE_MAX, &file, err) ||
		    !idr_type_parse(m->a, file, &type, err))
			return false;
		m->vct[m->n_vct++] = type->vct;
	}
	return m->n_vct ? true : idr_fail(err, IDR_FILE, NULL, "%.100s holds no credential types", from);
}

static bool make_trust(struct making *m, struct idr_err *err)
{
	static const char head[] = "{\n\t\"anchors\": [\n\t\t{\n\t\t\t\"certificate\": \"root.pem\",\n"
	    "\t\t\t\"purposes\": [\"issuer\", \"status\", \"reader\", \"bundle\"],\n\t\t\t\"types\": [";
	static const char tail[] = "]\n\t\t}\n\t],\n\t\"signers\": [\"issuer.pem\"],\n\t\"retired\": []\n}\n";
	struct idr_bytes text;
	struct idr_buf b;

	idr_buf_init(&b, m->a, 2048, 64 * 1024);
	idr_buf_put_str(&b, head);
	for (size_t i = 0; i < m->n_vct; i++) {
		struct idr_jw w = idr_jw(&b);

		idr_buf_put_str(&b, i ? ", " : "");
		idr_jw_str(&w, m->vct[i]);
	}
	idr_buf_put_str(&b, tail);
	return idr_buf_done(&b, &text, err) && add_file(m, "trust.json", text, 0644, err);
}

/* What we just made must convince a verifier, for every purpose and type. */
static bool check_trust(struct making *m, struct idr_err *err)
{
	struct idr_trust *t;
	struct idr_path path;

	if (!idr_trust_new(m->a, &t, err) ||
	    !idr_trust_add_anchor(m->suite, t, m->root_der, IDR_PURPOSE_ISSUER | IDR_PURPOSE_STATUS |
	        IDR_PURPOSE_READER | IDR_PURPOSE_BUNDLE, m->vct, m->n_vct, NULL, err))
		return false;
	for (size_t i = 0; i < LEAVES; i++) {
		bool per_type = leaves[i].purpose == IDR_PURPOSE_ISSUER;

		for (size_t k = 0; k < (per_type ? m->n_vct : 1); k++)
			if (!idr_trust_path(m->suite, m->a, t, NULL, leaves[i].purpose,
			        per_type ? m->vct[k] : IDR_LIT(""), &m->leaf_der[i], 1, m->now, &path, err))
				return false;
	}
	return true;
}

/* ---- operators and the node secret ---- */

static bool make_operator(struct making *m, const char *who, const char *roles, struct idr_buf *list,
    struct idr_err *err)
{
	uint8_t random[TOKEN_BYTES], token[TOKEN_TEXT + 1], hash[32];
	struct idr_bytes text;

	idr_suite_random(m->suite, random, sizeof(random));
	idr_b64url_encode(idr_bytes(random, sizeof(random)), token);
	idr_suite_hash(m->suite, IDR_SHA256, idr_bytes(token, TOKEN_TEXT), hash);
	token[TOKEN_TEXT] = '\n';
	idr_buf_printf(list, "%s %s ", who, roles);
	idr_hex_put(list, idr_bytes(hash, sizeof(hash)));
	idr_buf_put_byte(list, '\n');
	return idr_arena_copy(m->a, idr_bytes(token, sizeof(token)), &text, err) &&
	    add_named(m, who, ".token", text, 0600, err);
}

static bool make_operators(struct making *m, struct idr_err *err)
{
	uint8_t secret[32];
	struct idr_bytes text;
	struct idr_buf b;

	idr_buf_init(&b, m->a, 512, 4096);
	idr_buf_put_str(&b, "# name role[,role] sha256-of-token-in-hex; roles: officer admin auditor\n");
	if (!make_operator(m, "officer", "officer", &b, err) ||
	    !make_operator(m, "admin", "admin,officer,auditor", &b, err) || !idr_buf_done(&b, &text, err) ||
	    !add_file(m, "operators", text, 0644, err))
		return false;
	idr_suite_random(m->suite, secret, sizeof(secret));
	return idr_arena_copy(m->a, idr_bytes(secret, sizeof(secret)), &text, err) &&
	    add_file(m, "node.secret", text, 0600, err) &&
	    (!demo || add_file(m, "demo", IDR_LIT("These keys were made for a demonstration. "
	        "A server in mode production does not start with them.\n"), 0644, err));
}

/* ---- writing ---- */

static bool check_absent(struct making *m, struct idr_err *err)
{
	const char *path;
	struct stat st;

	for (size_t i = 0; i < m->n_file; i++) {
		if (!ctl_join(m->a, dir, m->file[i].name, &path, err))
			return false;
		if (lstat(path, &st) == 0)
			return idr_fail(err, IDR_FILE, NULL, "%.150s exists; keys are never overwritten", path);
	}
	return true;
}

static bool write_all(struct making *m, struct idr_err *err)
{
	const char *path;

	if (!check_absent(m, err))
		return false;
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return idr_fail(err, IDR_FILE, NULL, "cannot make %.100s: %s", dir, strerror(errno));
	for (size_t i = 0; i < m->n_file; i++)
		if (!ctl_join(m->a, dir, m->file[i].name, &path, err) ||
		    !cli_write_new(path, m->file[i].content, m->file[i].mode, err))
			return false;
	return true;
}

static bool check_options(struct idr_err *err)
{
	if (!ctl_need("dir", dir, err) || !ctl_need("country", country, err) ||
	    !ctl_need("name", name, err) || !ctl_need("url", url, err))
		return false;
	if (strncmp(url, "https://", 8) != 0 || !url[8])
		return idr_fail(err, IDR_USAGE, NULL, "--url must begin with https://");
	if (strlen(name) > NAME_MAX_BYTES)
		return idr_fail(err, IDR_USAGE, NULL, "--name is longer than %d bytes", NAME_MAX_BYTES);
	for (size_t i = 0; dns[i]; i++)
		if (i == 8)
			return idr_fail(err, IDR_USAGE, NULL, "--dns is given more than 8 times");
	return true;
}

static bool make_all(struct making *m, struct idr_err *err)
{
	bool ok = read_types(m, err) && make_root(m, err);

	for (size_t i = 0; ok && i < LEAVES; i++)
		ok = make_leaf(m, i, err);
	return ok && make_trust(m, err) && check_trust(m, err) && make_operators(m, err) &&
	    write_all(m, err);
}

static enum cli_exit report(struct cli *c, const struct making *m)
{
	struct idr_buf b;
	struct idr_jw w;

	if (!c->json) {
		printf("%sMade%s the authority \"%s\" (%s) in %s: root, issuer, status, reader and bundle signers.\n\n"
		       "  operators        %s/officer.token and %s/admin.token: give each to its operator\n"
		       "  root.key         take it off this machine; only new signers need it\n"
		       "  node.secret      keep a copy: without it sealed personal data cannot be opened\n"
		       "  trust.json       give root.pem to verifiers; it is public\n\n"
		       "Next: idsrv --key_dir %s --node_secret_file %s/node.secret\n",
		    cli_green(), cli_plain(), name, country, dir, dir, dir, dir, dir);
		if (demo)
			printf("These are demonstration keys: mode production refuses them.\n");
		return CLI_OK;
	}
	idr_buf_init(&b, c->arena, 1024, 64 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "dir", dir);
	idr_jw_name(&w, "files");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < m->n_file; i++)
		idr_jw_cstr(&w, m->file[i].name);
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	return ctl_print(c, &b);
}

static enum cli_exit init(struct cli *c)
{
	struct making m = { .c = c, .a = c->arena, .now = time(NULL) };
	struct idr_err err;
	bool ok;

	if (!check_options(&err))
		return cli_error(c, &err);
	/* credentials are dated to the beginning of the day, and clocks differ by a day around the world */
	m.from = m.now - m.now % DAY - 2 * DAY;
	if (!(m.suite = idr_suite_new())) {
		idr_fail(&err, IDR_CRYPTO, NULL, "OpenSSL does not offer what is needed");
		return cli_error(c, &err);
	}
	ok = make_all(&m, &err);
	idr_private_free(&m.root);
	idr_suite_free(&m.suite);
	return ok ? report(c, &m) : cli_error(c, &err);
}

const struct cli_command ctl_ca[] = {
	{ .name = "ca init", .operands = "", .summary = "make a national root and its signers",
	  .text = "Makes the root, the signers of credentials, status lists, presentation requests and bundles,\n"
	          "the trust file, two operators with their tokens, and the node secret. Nothing is overwritten.",
	  .examples = "  idctl ca init --dir var/keys --country KH --name \"Kingdom ID\" "
	              "--url https://id.example.kh --dns id.example.kh\n"
	              "  idctl ca init --dir var/keys --country KH --name Demo --url https://localhost "
	              "--dns localhost --demo",
	  .options = init_options, .run = init },
	{ .name = "ca show", .operands = "DIR|FILE", .summary = "list certificates: who, what for, how long",
	  .examples = "  idctl ca show var/keys\n  idctl ca show var/keys/issuer.pem --json",
	  .min_operands = 1, .max_operands = 1, .run = ctl_ca_show },
	{ 0 },
};
