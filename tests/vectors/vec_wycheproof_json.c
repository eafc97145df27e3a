/*
 * Wycheproof's JWS, JWE and JWK groups. Which key fits is told by the group; RSA, symmetric keys and key
 * wrapping must be refused, whatever the set thinks of them.
 */
#include "jose/jwe.h"
#include "jose/jws.h"
#include "vectors/vectors.h"

static bool is_our_curve(json_t *key)
{
	const char *kty = vec_cstr(key, "kty");

	return (vec_is(key, "crv", "P-256") || vec_is(key, "crv", "P-384") || vec_is(key, "crv", "Ed25519")) &&
	    strcmp(kty, "RSA") != 0 && strcmp(kty, "oct") != 0;
}

/* The keys of a group: its public ones when it has some, one or a set. */
static json_t *keys_of(json_t *group, const char *which)
{
	json_t *k = json_object_get(group, which), *list = json_object_get(k, "keys");
	json_t *out = json_array(), *x;
	size_t i;

	if (json_is_array(list))
		json_array_foreach(list, i, x)
			json_array_append(out, x);
	else if (json_is_object(k))
		json_array_append(out, k);
	return out;
}

/* The first key of the list that is none of ours: what the case is never accepted for. */
static json_t *foreign(struct vec *v, json_t *keys)
{
	json_t *k;
	size_t i;

	json_array_foreach(keys, i, k)
		if (!is_our_curve(k) || vec_why(v, idr_bytes(NULL, 0), k))
			return k;
	return NULL;
}

/* `why` is looked at only when the case is not ours; without one it is judged as the others are. */
static void judge(struct vec *v, json_t *t, bool taken, bool ours, const char *why)
{
	if (!ours && why)
		vec_never(v, !taken, why);
	else if (vec_is(t, "result", "acceptable"))
		vec_end(v, true, "-");
	else
		vec_end(v, taken == vec_is(t, "result", "valid"), "%s, the set says %s: %s",
		    taken ? "accepted" : "refused", vec_cstr(t, "result"), vec_cstr(t, "comment"));
}

/* Some stand there as an object: JSON serialization. */
static struct idr_bytes token_of(struct vec *v, json_t *t, const char *name)
{
	json_t *x = json_object_get(t, name);

	return json_is_string(x) ? vec_text(t, name) : vec_dump(v, x);
}

static void jws_test(struct vec *v, json_t *group, json_t *t)
{
	json_t *keys = keys_of(group, "public"), *k;
	struct idr_bytes jws = token_of(v, t, "jws");
	bool taken = false, ours = false;
	struct idr_key key;
	size_t i;

	if (!json_array_size(keys)) {
		json_decref(keys);
		keys = keys_of(group, "private");
	}
	json_array_foreach(keys, i, k) {
		ours |= is_our_curve(k);
		taken |= vec_key(v, k, IDR_USE_VERIFY, &key) && !vec_jws_refused(v, jws, &key);
	}
	taken |= !vec_jws_refused(v, jws, NULL);
	judge(v, t, taken, ours, vec_why(v, jws, foreign(v, keys)));
	json_decref(keys);
}

static void jwe_test(struct vec *v, json_t *group, json_t *t)
{
	json_t *keys = keys_of(group, "private"), *k;
	struct idr_bytes compact = token_of(v, t, "jwe"), plain;
	bool taken = false, ours = false;
	struct idr_jwe jwe;
	struct idr_err err;
	size_t i;

	json_array_foreach(keys, i, k) {
		struct idr_private *key = vec_private(v, k);

		ours |= vec_is(k, "crv", "P-256") && vec_is(k, "alg", "ECDH-ES") &&
		    (vec_is(t, "enc", "A128GCM") || vec_is(t, "enc", "A256GCM") || !vec_cstr(t, "enc")[0]);
		taken |= key && idr_jwe_parse(v->s, v->a, compact, compact.n, &jwe, &err) &&
		    idr_jwe_open(v->s, v->a, &jwe, key, &plain, &err) &&
		    (!json_object_get(t, "pt") || idr_bytes_equal(plain, vec_hex(v, t, "pt")));
		idr_private_free(&key);
	}
	taken |= !json_array_size(keys) && idr_jwe_parse(v->s, v->a, compact, compact.n, &jwe, &err);
	judge(v, t, taken, ours, vec_why(v, compact, foreign(v, keys)));
	json_decref(keys);
}

bool vec_wycheproof_json(struct vec *v, json_t *file, const char *schema)
{
	json_t *group, *t;
	size_t g, i;

	if (strncmp(schema, "json_web_", 9) != 0)
		return false;
	json_array_foreach(json_object_get(file, "testGroups"), g, group)
		json_array_foreach(json_object_get(group, "tests"), i, t) {
			vec_start(v, "tcId %d", (int)json_number_value(json_object_get(t, "tcId")));
			if (json_object_get(t, "jws"))
				jws_test(v, group, t);
			else if (json_object_get(t, "jwe"))
				jwe_test(v, group, t);
			else
				vec_skip(v, "neither JWS nor JWE");
		}
	return true;
}
