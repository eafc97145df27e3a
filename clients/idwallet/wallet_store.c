#include "idwallet/wallet.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

enum { ENTRY_MAX = 256 * 1024 };

const char *wallet_store_dir;

bool wallet_store_open(const char *dir, struct idr_err *err)
{
	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return true;
	return idr_fail(err, IDR_FILE, NULL, "cannot make the store %s: %s", dir, strerror(errno));
}

static char *path_of(struct idr_arena *a, const char *dir, const char *prefix, int64_t id,
    struct idr_err *err)
{
	return idr_arena_printf(a, err, "%s/%s%lld.json", dir, prefix, (long long)id);
}

/* The number in "17.json", or with the prefix before it; 0 for any other name. */
static int64_t id_of(const char *name, const char *prefix)
{
	int64_t id = 0;
	size_t i = 0;

	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return 0;
	name += strlen(prefix);
	for (; name[i] >= '0' && name[i] <= '9' && i < 18; i++)
		id = id * 10 + (name[i] - '0');
	return i && strcmp(name + i, ".json") == 0 ? id : 0;
}

static struct idr_bytes text_of(const struct idr_json *doc, const char *name)
{
	const struct idr_json *v = idr_json_find(doc, name);

	return idr_json_is(v, IDR_JSON_STRING) ? v->text : IDR_LIT("");
}

bool wallet_store_read(struct idr_arena *a, const char *dir, const char *prefix, int64_t id,
    const struct idr_json **doc, struct idr_err *err)
{
	char *path = path_of(a, dir, prefix, id, err);
	struct idr_bytes file;

	return path && cli_read(a, path, ENTRY_MAX, &file, err) && idr_json_parse(a, file, ENTRY_MAX, doc, err);
}

static bool damaged(struct idr_err *err, int64_t id)
{
	return idr_fail(err, IDR_FILE, NULL, "credential %lld of the store is damaged", (long long)id);
}

static bool load(struct idr_arena *a, const char *dir, int64_t id, struct wallet_entry *out,
    struct idr_err *err)
{
	const struct idr_json *doc, *grant;
	struct idr_bytes key;

	if (!wallet_store_read(a, dir, "", id, &doc, err) ||
	    !idr_b64url_decode(a, text_of(doc, "key"), &key, err))
		return false;
	if (key.n > sizeof(out->key.p))
		return damaged(err, id);
	*out = (struct wallet_entry){
		.id = id, .credential = text_of(doc, "credential"), .issuer = text_of(doc, "issuer"),
		.configuration = text_of(doc, "configuration"),
		.format = idr_bytes_is(text_of(doc, "format"), idr_format_name(IDR_FORMAT_MDOC)) ? IDR_FORMAT_MDOC
		                                                                                : IDR_FORMAT_SDJWT,
	};
	out->type = text_of(doc, out->format == IDR_FORMAT_MDOC ? "doctype" : "vct");
	memcpy(out->key.p, key.p, key.n);
	out->key.n = key.n;
	grant = idr_json_find(doc, "grant");
	if (!idr_json_int(idr_json_find(doc, "used"), &out->used) ||
	    !idr_json_int(idr_json_find(doc, "received"), &out->received) ||
	    (grant && !idr_json_int(grant, &out->grant)))
		return damaged(err, id);
	return true;
}

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

bool wallet_store_ids(struct idr_arena *a, const char *dir, const char *prefix, int64_t **out, size_t *n,
    struct idr_err *err)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	*n = 0;
	if (!(*out = idr_arena_array(a, WALLET_CREDENTIALS, sizeof(**out), err))) {
		if (d)
			closedir(d);
		return false;
	}
	if (!d && errno == ENOENT)
		return true;
	if (!d)
		return idr_fail(err, IDR_FILE, NULL, "cannot open the store %s: %s", dir, strerror(errno));
	while ((e = readdir(d)) && *n < WALLET_CREDENTIALS)
		if (id_of(e->d_name, prefix))
			(*out)[(*n)++] = id_of(e->d_name, prefix);
	closedir(d);
	qsort(*out, *n, sizeof(**out), by_id);
	return true;
}

bool wallet_store_list(struct idr_arena *a, const char *dir, struct wallet_entry **out, size_t *n,
    struct idr_err *err)
{
	int64_t *id;

	if (!wallet_store_ids(a, dir, "", &id, n, err) ||
	    !(*out = idr_arena_array(a, *n + 1, sizeof(**out), err)))
		return false;
	for (size_t i = 0; i < *n; i++)
		if (!load(a, dir, id[i], &(*out)[i], err))
			return false;
	return true;
}

/* link() takes no name twice. */
static bool put_new(struct idr_arena *a, const char *dir, const char *prefix, const char *beside,
    int64_t *next, struct idr_err *err)
{
	int64_t *id;
	char *path;
	size_t n;

	if (!wallet_store_ids(a, dir, prefix, &id, &n, err))
		return false;
	for (*next = n ? id[n - 1] + 1 : 1; (path = path_of(a, dir, prefix, *next, err)); ++*next) {
		if (link(beside, path) == 0)
			return true;
		if (errno != EEXIST)
			return idr_fail(err, IDR_FILE, NULL, "cannot write %s: %s", path, strerror(errno));
	}
	return false;
}

static bool put_again(struct idr_arena *a, const char *dir, const char *prefix, const char *beside,
    int64_t id, struct idr_err *err)
{
	char *path = path_of(a, dir, prefix, id, err);

	if (!path)
		return false;
	return rename(beside, path) == 0 ||
	    idr_fail(err, IDR_FILE, NULL, "cannot write %s: %s", path, strerror(errno));
}

/* implements: VCI 13.10b */
bool wallet_store_file(struct idr_arena *a, const char *dir, const char *prefix, int64_t *id,
    struct idr_bytes text, struct idr_err *err)
{
	char *beside = idr_arena_printf(a, err, "%s/.%ld.new", dir, (long)getpid());
	bool ok;

	if (!beside)
		return false;
	/* left by one of this number that was killed, it may be a file that is kept, under a second name */
	unlink(beside);
	if (!cli_write_new(beside, text, 0600, err))
		return false;
	ok = *id ? put_again(a, dir, prefix, beside, *id, err) : put_new(a, dir, prefix, beside, id, err);
	unlink(beside); /* gone already where it was renamed */
	return ok;
}

bool wallet_store_put(struct idr_arena *a, const char *dir, struct wallet_entry *e, struct idr_err *err)
{
	struct idr_bytes text;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 8192, ENTRY_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "issuer", e->issuer);
	idr_jw_put_str(&w, "configuration", e->configuration);
	idr_jw_put_cstr(&w, "format", idr_format_name(e->format));
	idr_jw_put_str(&w, e->format == IDR_FORMAT_MDOC ? "doctype" : "vct", e->type);
	idr_jw_put_int(&w, "received", e->received);
	idr_jw_put_int(&w, "used", e->used);
	if (e->grant)
		idr_jw_put_int(&w, "grant", e->grant);
	idr_jw_name(&w, "key");
	idr_jw_b64url(&w, idr_secret_bytes(&e->key));
	idr_jw_put_str(&w, "credential", e->credential);
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, &text, err) && wallet_store_file(a, dir, "", &e->id, text, err);
}

bool wallet_store_delete(struct idr_arena *a, const char *dir, int64_t id, struct idr_err *err)
{
	char *path = path_of(a, dir, "", id, err);

	if (!path)
		return false;
	if (unlink(path) != 0)
		return idr_fail(err, IDR_FILE, NULL, "the store holds no credential %lld", (long long)id);
	return true;
}

bool wallet_claims(struct idr_suite *s, struct idr_arena *a, const struct wallet_entry *e,
    const struct idr_json **claims, struct idr_err *err)
{
	struct idr_mdoc_result mdoc;
	struct idr_bytes json;
	struct idr_sdjwt parsed;

	if (e->format == IDR_FORMAT_MDOC) {
		/* as of when it came: what has expired since can still be looked at */
		if (!wallet_mdoc_read(s, a, e->credential, e->received, &mdoc, err))
			return false;
		*claims = mdoc.claims;
		return true;
	}
	return idr_sdjwt_parse(a, e->credential, &parsed, err) &&
	    idr_sdjwt_process(s, a, &parsed, claims, &json, err);
}
