#include "bench_holder.h"

#include "codec/json.h"
#include "jose/jws.h"
#include "sdjwt/sdjwt.h"

enum { PATHS_MAX = 8 };

struct idr_bytes bench_sign(struct idr_suite *s, struct idr_arena *a, const struct idr_private *key,
    struct idr_bytes tbs)
{
	struct idr_bytes out;
	uint8_t signature[96];
	struct idr_err err;

	bench_must(idr_private_sign(s, key, tbs, signature, &err), &err);
	bench_must(idr_jws_attach(a, tbs, idr_bytes(signature, 64), &out, &err), &err);
	return out;
}

struct idr_bytes bench_self_signed(struct idr_suite *s, struct idr_arena *a, const char *typ,
    const struct idr_private *key, struct idr_bytes payload)
{
	struct idr_bytes header, tbs;
	struct idr_err err;
	struct idr_buf h;

	idr_buf_init(&h, a, 256, 1024);
	idr_buf_printf(&h, "{\"alg\":\"ES256\",\"typ\":\"%s\",\"jwk\":", typ);
	idr_key_put_jwk(&h, idr_private_public(key), NULL);
	idr_buf_put_byte(&h, '}');
	bench_must(idr_buf_done(&h, &header, &err), &err);
	bench_must(idr_jws_build(a, header, payload, &tbs, &err), &err);
	return bench_sign(s, a, key, tbs);
}

struct idr_bytes bench_disclose(struct idr_suite *s, struct idr_arena *a, struct idr_bytes credential,
    const char *paths)
{
	const struct idr_json *list, *path[PATHS_MAX];
	struct idr_sdjwt_choice choice = { .path = path };
	struct idr_bytes out;
	struct idr_err err;

	bench_must(idr_json_parse(a, idr_str(paths), 256, &list, &err), &err);
	for (const struct idr_json *p = idr_json_first(list); p && choice.n_path < PATHS_MAX;
	    p = idr_json_next(list, p))
		path[choice.n_path++] = p;
	bench_must(idr_sdjwt_select(s, a, credential, &choice, &out, &err), &err);
	return out;
}
