/*
 * sdjwt_present: the holder's side: which disclosures to send, and the KB-JWT.
 *
 * A path is walked over the issued structure with every disclosure in reach. What lies on the way
 * is sent because the rest hangs on it; what lies below the selected value is sent because the
 * value was asked for whole.
 *
 * Standard  RFC 9901 section 7.2; OpenID4VP 1.0 section 7
 */
#include "sdjwt/sdjwt_internal.h"

struct pick {
	const struct sdjwt_index *index;
	struct idr_disclosure *way[IDR_JSON_DEPTH * IDR_SDJWT_DEPTH]; /* from the root to here */
	size_t n_way;
	size_t n_selected;
	struct idr_err *err;
};

static bool path_error(struct pick *p, const char *what)
{
	return idr_fail(p->err, IDR_POLICY, "OpenID4VP 1.0 section 7.1.1", "%s", what);
}

/* Mark everything hidden below v. The structure was processed before, so it is sound. */
/* implements: SDJWT 4.2.6a */
static void mark_below(struct pick *p, const struct idr_json *v)
{
	if (v->type == IDR_JSON_ARRAY) {
		for (const struct idr_json *e = idr_json_first(v); e; e = idr_json_next(v, e)) {
			const struct idr_json *t = idr_sdjwt_placeholder(e);
			struct idr_disclosure *d = t ? idr_sdjwt_index_find(p->index, t->text) : NULL;

			if (d)
				d->used = true;
			if (d || !t)
				mark_below(p, d ? idr_sdjwt_disclosed_value(d) : e);
		}
	} else if (v->type == IDR_JSON_OBJECT) {
		for (const struct idr_json *k = idr_json_first(v); k; k = idr_json_next(v, k)) {
			const struct idr_json *m = idr_json_value(k);

			if (!idr_json_is_str(k, "_sd")) {
				mark_below(p, m);
				continue;
			}
			for (const struct idr_json *t = idr_json_first(m); t; t = idr_json_next(m, t)) {
				struct idr_disclosure *d = idr_sdjwt_index_find(p->index, t->text);

				if (!d)
					continue;
				d->used = true;
				mark_below(p, idr_sdjwt_disclosed_value(d));
			}
		}
	}
}

static bool walk(struct pick *p, const struct idr_json *v, const struct idr_json *path,
    const struct idr_json *step);

static bool walk_disclosed(struct pick *p, struct idr_disclosure *d, const struct idr_json *path,
    const struct idr_json *step)
{
	bool ok;

	if (p->n_way == sizeof(p->way) / sizeof(p->way[0]))
		return idr_fail(p->err, IDR_LIMIT, NULL, "disclosures are nested too deep");
	p->way[p->n_way++] = d;
	ok = walk(p, idr_sdjwt_disclosed_value(d), path, step);
	p->n_way--;
	return ok;
}

static bool walk_member(struct pick *p, const struct idr_json *obj, const struct idr_json *path,
    const struct idr_json *step)
{
	const struct idr_json *next = idr_json_next(path, step);
	const struct idr_json *sd = idr_json_find(obj, "_sd");
	const struct idr_json *v;

	if (obj->type != IDR_JSON_OBJECT)
		return path_error(p, "a path names a member of something that is no object");
	if (idr_bytes_is(step->text, "_sd") || idr_bytes_is(step->text, "_sd_alg"))
		return true;
	v = idr_json_find_bytes(obj, step->text);
	if (v)
		return walk(p, v, path, next);
	if (!sd)
		return true;
	for (const struct idr_json *t = idr_json_first(sd); t; t = idr_json_next(sd, t)) {
		struct idr_disclosure *d = idr_sdjwt_index_find(p->index, t->text);

		if (d && idr_bytes_equal(idr_json_at(d->array, 1)->text, step->text))
			return walk_disclosed(p, d, path, next);
	}
	return true;
}

/* Positions count the elements the holder has: all of them but decoys. */
static bool walk_elements(struct pick *p, const struct idr_json *arr, const struct idr_json *path,
    const struct idr_json *step)
{
	const struct idr_json *next = idr_json_next(path, step);
	int64_t want = -1, at = 0;

	if (arr->type != IDR_JSON_ARRAY)
		return path_error(p, "a path counts the elements of something that is no array");
	if (step->type == IDR_JSON_NUMBER && (!idr_json_int(step, &want) || want < 0))
		return path_error(p, "a path holds a negative or broken position");
	for (const struct idr_json *e = idr_json_first(arr); e; e = idr_json_next(arr, e)) {
		const struct idr_json *t = idr_sdjwt_placeholder(e);
		struct idr_disclosure *d = t ? idr_sdjwt_index_find(p->index, t->text) : NULL;

		if (t && !d)
			continue;
		if (step->type == IDR_JSON_NULL || at == want)
			if (!(d ? walk_disclosed(p, d, path, next) : walk(p, e, path, next)))
				return false;
		at++;
	}
	return true;
}

static bool walk(struct pick *p, const struct idr_json *v, const struct idr_json *path,
    const struct idr_json *step)
{
	if (!step) {
		for (size_t i = 0; i < p->n_way; i++)
			p->way[i]->used = true;
		mark_below(p, v);
		p->n_selected++;
		return true;
	}
	if (step->type == IDR_JSON_STRING)
		return walk_member(p, v, path, step);
	if (step->type == IDR_JSON_NULL || step->type == IDR_JSON_NUMBER)
		return walk_elements(p, v, path, step);
	return path_error(p, "a path holds something that is no name, position or null");
}

static bool pick_path(struct pick *p, const struct idr_json *payload, const struct idr_json *path)
{
	if (!idr_json_is(path, IDR_JSON_ARRAY) || !path->n)
		return path_error(p, "a path is empty or no array");
	p->n_way = 0;
	p->n_selected = 0;
	if (!walk(p, payload, path, idr_json_first(path)))
		return false;
	if (!p->n_selected)
		return idr_fail(p->err, IDR_CLAIM_MISSING, "OpenID4VP 1.0 section 7.1.1",
		    "the credential has nothing at a path that was asked for");
	return true;
}

/* Split, decode and process: what a holder got from an issuer must be sound and without a proof. */
/* implements: SDJWT 7.2a */
static bool open_whole(struct idr_suite *s, struct idr_arena *a, struct idr_bytes credential,
    struct idr_sdjwt *j, struct sdjwt_index *index, struct idr_err *err)
{
	const struct idr_json *claims;
	struct idr_bytes text;

	if (!idr_sdjwt_parse(a, credential, j, err))
		return false;
	if (j->kb_jwt.n)
		return idr_fail(err, IDR_MALFORMED, "RFC 9901 section 7.2",
		    "the credential already carries a key binding");
	return idr_sdjwt_process(s, a, j, &claims, &text, err) &&
	    idr_sdjwt_index_build(s, a, j, index, err);
}

/* implements: VP 6.4a, VP 6.4.1a */
/* implements: SDJWT 4a, SDJWT 4c, SDJWT 7.2c */
/* implements: SDJWTVC 2.2b */
bool idr_sdjwt_select(struct idr_suite *s, struct idr_arena *a, struct idr_bytes credential,
    const struct idr_sdjwt_choice *choice, struct idr_bytes *out, struct idr_err *err)
{
	struct sdjwt_index index;
	struct pick p = { .index = &index, .err = err };
	struct idr_sdjwt j;
	struct idr_buf b;

	if (!open_whole(s, a, credential, &j, &index, err)) /* leaves every disclosure unmarked */
		return false;
	for (size_t i = 0; i < choice->n_path; i++)
		if (!pick_path(&p, j.payload, choice->path[i]))
			return false;
	idr_buf_init(&b, a, credential.n + 1, IDR_SDJWT_MAX);
	idr_buf_put(&b, j.issuer_jwt);
	idr_buf_put_byte(&b, '~');
	for (size_t i = 0; i < j.n_disclosure; i++) {
		if (!choice->all && !j.disclosure[i].used)
			continue;
		idr_buf_put(&b, j.disclosure[i].text);
		idr_buf_put_byte(&b, '~');
	}
	return idr_buf_done(&b, out, err);
}

/* implements: SDJWT 4.3a, SDJWT 4.3.1a */
bool idr_sdjwt_kb_build(struct idr_suite *s, struct idr_arena *a, struct idr_bytes selected,
    enum idr_alg alg, struct idr_bytes aud, struct idr_bytes nonce, int64_t iat,
    struct idr_bytes extra, struct idr_bytes *to_be_signed, struct idr_err *err)
{
	uint8_t hash[SDJWT_DIGEST_TEXT];
	struct idr_bytes header, payload;
	struct idr_sdjwt j;
	struct idr_buf b;
	struct idr_jw w;

	if (!idr_sdjwt_parse(a, selected, &j, err) || !idr_sdjwt_hash_alg(j.payload, &j.hash, err))
		return false;
	if (j.kb_jwt.n)
		return idr_fail(err, IDR_MALFORMED, "RFC 9901 section 4.3",
		    "the presentation already carries a key binding");
	idr_buf_init(&b, a, 512, IDR_SDJWT_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_int(&w, "iat", iat);
	idr_jw_put_str(&w, "aud", aud);
	idr_jw_put_str(&w, "nonce", nonce);
	idr_jw_put_str(&w, "sd_hash",
	    idr_bytes(hash, idr_sdjwt_digest_text(s, j.hash, j.presented, hash)));
	idr_buf_put(&b, extra);
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, &payload, err) &&
	    idr_jws_header(a, alg, "kb+jwt", NULL, NULL, 0, &header, err) &&
	    idr_jws_build(a, header, payload, to_be_signed, err);
}
