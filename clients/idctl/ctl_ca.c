#include <stdio.h>

#include "base/text.h"
#include "idctl/ctl_ca.h"
#include "types/types.h"

/* `ca init`: a national root and the four signers below it, with the files a server starts from. */

enum { ROOT_DAYS = 15 * 365 + 4, NAME_MAX_BYTES = 40, TYPES_MAX = 64, TYPE_FILE_MAX = 64 * 1024,
	TOKEN_BYTES = 32, TOKEN_TEXT = IDR_B64URL_LEN(TOKEN_BYTES) };

static const char *dir, *country, *name, *url, *dns[CTL_CA_DNS_SLOTS], *types_dir, *demo;

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

struct making {
	struct ctl_ca ca;
	struct idr_bytes type_name[2 * TYPES_MAX]; /* vct and docType */
	size_t n_name;
};

/* ---- trust.json ---- */

static bool read_types(struct making *m, struct idr_err *err)
{
	const char *from = types_dir ? types_dir : "schema/types", **names, *path;
	const struct idr_type *type;
	struct idr_bytes file;
	size_t n;

	if (!ctl_list(m->ca.a, from, "/", &names, &n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (m->n_name + 2 > 2 * TYPES_MAX)
			return idr_fail(err, IDR_LIMIT, NULL, "%.100s holds more than %d types", from, TYPES_MAX);
		path = idr_arena_printf(m->ca.a, err, "%s/%s/type.json", from, names[i]);
		if (!path || !cli_read(m->ca.a, path, TYPE_FILE_MAX, &file, err) ||
		    !idr_type_parse(m->ca.a, file, &type, err))
			return false;
		m->type_name[m->n_name++] = type->vct;
		if (type->n_element)
			m->type_name[m->n_name++] = type->doctype;
	}
	return m->n_name ? true : idr_fail(err, IDR_FILE, NULL, "%.100s holds no credential types", from);
}

static bool make_trust(struct making *m, struct idr_err *err)
{
	static const char head[] = "{\n\t\"anchors\": [\n\t\t{\n\t\t\t\"certificate\": \"root.pem\",\n"
	    "\t\t\t\"purposes\": [\"issuer\", \"status\", \"reader\", \"bundle\"],\n\t\t\t\"types\": [";
	static const char tail[] = "]\n\t\t}\n\t],\n\t\"signers\": [\"issuer.pem\"],\n\t\"retired\": []\n}\n";
	struct idr_bytes text;
	struct idr_buf b;

	idr_buf_init(&b, m->ca.a, 2048, 64 * 1024);
	idr_buf_put_str(&b, head);
	for (size_t i = 0; i < m->n_name; i++) {
		struct idr_jw w = idr_jw(&b);

		idr_buf_put_str(&b, i ? ", " : "");
		idr_jw_str(&w, m->type_name[i]);
	}
	idr_buf_put_str(&b, tail);
	return idr_buf_done(&b, &text, err) && ctl_ca_add_file(&m->ca, "trust.json", text, 0644, err);
}

/* ---- operators and the node secret ---- */

static bool make_operator(struct making *m, const char *who, const char *roles, struct idr_buf *list,
    struct idr_err *err)
{
	uint8_t random[TOKEN_BYTES], token[TOKEN_TEXT + 1], hash[32];
	struct idr_bytes text;
	char *file = idr_arena_printf(m->ca.a, err, "%s.token", who);

	idr_suite_random(m->ca.suite, random, sizeof(random));
	idr_b64url_encode(idr_bytes(random, sizeof(random)), token);
	idr_suite_hash(m->ca.suite, IDR_SHA256, idr_bytes(token, TOKEN_TEXT), hash);
	token[TOKEN_TEXT] = '\n';
	idr_buf_printf(list, "%s %s ", who, roles);
	idr_hex_put(list, idr_bytes(hash, sizeof(hash)));
	idr_buf_put_byte(list, '\n');
	return file && idr_arena_copy(m->ca.a, idr_bytes(token, sizeof(token)), &text, err) &&
	    ctl_ca_add_file(&m->ca, file, text, 0600, err);
}

static bool make_operators(struct making *m, struct idr_err *err)
{
	uint8_t secret[32];
	struct idr_bytes text;
	struct idr_buf b;

	idr_buf_init(&b, m->ca.a, 512, 4096);
	idr_buf_put_str(&b, "# name role[,role] sha256-of-token-in-hex; roles: officer admin auditor\n");
	if (!make_operator(m, "officer", "officer", &b, err) ||
	    !make_operator(m, "admin", "admin,officer,auditor", &b, err) || !idr_buf_done(&b, &text, err) ||
	    !ctl_ca_add_file(&m->ca, "operators", text, 0644, err))
		return false;
	idr_suite_random(m->ca.suite, secret, sizeof(secret));
	return idr_arena_copy(m->ca.a, idr_bytes(secret, sizeof(secret)), &text, err) &&
	    ctl_ca_add_file(&m->ca, "node.secret", text, 0600, err) &&
	    (!demo || ctl_ca_add_file(&m->ca, "demo", IDR_LIT("These keys were made for a demonstration. "
	        "A server in mode production does not start with them.\n"), 0644, err));
}

static bool check_options(struct idr_err *err)
{
	if (!ctl_need("dir", dir, err) || !ctl_need("country", country, err) ||
	    !ctl_need("name", name, err) || !ctl_need("url", url, err))
		return false;
	if (strlen(name) > NAME_MAX_BYTES)
		return idr_fail(err, IDR_USAGE, NULL, "--name is longer than %d bytes", NAME_MAX_BYTES);
	return ctl_ca_check_names(url, dns, err);
}

static bool make_all(struct making *m, struct idr_err *err)
{
	bool ok = read_types(m, err) && ctl_ca_make_root(&m->ca, ROOT_DAYS, err);
	struct idr_bytes der;

	for (size_t i = 0; ok && i < CTL_CA_SIGNERS; i++)
		ok = ctl_ca_make_signer(&m->ca, &ctl_ca_kind[i], "1", &der, err) &&
		    ctl_ca_check_signer(&m->ca, &ctl_ca_kind[i], der, m->type_name, m->n_name, err);
	return ok && make_trust(m, err) && make_operators(m, err) && ctl_ca_write(&m->ca, dir, err);
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
	for (size_t i = 0; i < m->ca.n_file; i++)
		idr_jw_cstr(&w, m->ca.file[i].name);
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	return ctl_print(c, &b);
}

static enum cli_exit init(struct cli *c)
{
	struct making m = { .ca = { .country = country, .name = name, .url = url, .dns = dns } };
	struct idr_err err;
	bool ok;

	if (!check_options(&err))
		return cli_error(c, &err);
	ok = ctl_ca_begin(&m.ca, c, &err) && make_all(&m, &err);
	ctl_ca_end(&m.ca);
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
	{ .name = "ca signer", .operands = "issuer|status|reader|bundle",
	  .summary = "make one more signer below the root",
	  .text = "For a certificate that ends soon, or a key that was lost. Where root.key is, and there\n"
	          "only; the root stays where it is. Nothing is overwritten: choose a fresh DIR.",
	  .examples = "  idctl ca signer issuer --root /media/safe --dir new "
	              "--url https://id.example.kh --number 2\n"
	              "  idctl ca signer reader --root /media/safe --dir new --url https://id.example.kh "
	              "--dns id.example.kh",
	  .options = ctl_ca_signer_options, .min_operands = 1, .max_operands = 1, .run = ctl_ca_signer },
	{ .name = "ca show", .operands = "DIR|FILE", .summary = "list certificates: who, what for, how long",
	  .examples = "  idctl ca show var/keys\n  idctl ca show var/keys/issuer.pem --json",
	  .min_operands = 1, .max_operands = 1, .run = ctl_ca_show },
	{ 0 },
};
