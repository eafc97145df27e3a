/* testkit: credentials and presentations, made by the product's own issuing half. */
#include "testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sdjwt/sdjwt.h"

static void must(bool ok, const struct idr_err *err)
{
	if (!ok)
		fail_msg("%s: %s (%s)", idr_code_name(err->code), err->msg, err->at);
}

struct idr_bytes kit_issue(struct kit *k, const struct idr_type *type, const char *claims,
    const struct idr_private *holder, const struct idr_status_ref *status, int64_t exp)
{
	struct idr_sdjwt_make m = { .type = type, .claims = kit_json(k, idr_str(claims)),
		.holder = holder ? idr_private_public(holder) : NULL, .iss = IDR_LIT("https://issuer.example"),
		.iat = k->now - KIT_DAY, .exp = exp, .alg = IDR_ES256, .chain_der = &k->ds_der, .n_chain = 1 };
	struct idr_sdjwt_built b;
	struct idr_bytes out;
	struct idr_err err;

	if (status)
		m.status = *status;
	must(idr_sdjwt_build(k->s, k->a, &m, &b, &err), &err);
	must(idr_sdjwt_attach(k->a, &b, kit_sign(k, k->ds, b.to_be_signed), &out, &err), &err);
	return out;
}

static struct idr_bytes select_paths(struct kit *k, struct idr_bytes credential, const char *paths)
{
	const struct idr_json *list = paths ? kit_json(k, idr_str(paths)) : NULL, *path[16];
	struct idr_sdjwt_choice choice = { .path = path, .all = !paths };
	struct idr_bytes out;
	struct idr_err err;

	for (const struct idr_json *p = idr_json_first(list); p; p = idr_json_next(list, p))
		path[choice.n_path++] = p;
	must(idr_sdjwt_select(k->s, k->a, credential, &choice, &out, &err), &err);
	return out;
}

struct idr_bytes kit_present(struct kit *k, struct idr_bytes credential, const char *paths,
    const struct idr_private *holder, const char *nonce, const char *aud)
{
	struct idr_bytes selected = select_paths(k, credential, paths), tbs, kb, out;
	struct idr_bytes none = { NULL, 0 };
	struct idr_err err;
	struct idr_buf b;

	if (!holder)
		return selected;
	must(idr_sdjwt_kb_build(k->s, k->a, selected, idr_private_alg(holder), idr_str(aud), idr_str(nonce),
	    k->now, none, &tbs, &err), &err);
	must(idr_jws_attach(k->a, tbs, kit_sign(k, holder, tbs), &kb, &err), &err);
	idr_buf_init(&b, k->a, selected.n + kb.n, selected.n + kb.n);
	idr_buf_put(&b, selected);
	idr_buf_put(&b, kb);
	must(idr_buf_done(&b, &out, &err), &err);
	return out;
}
