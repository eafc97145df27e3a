#include "access/access_citizen.h"

#include "base/secret.h"
#include "sys/node.h"
#include "sys/normal.h"

/* Both are made whatever the text is, so that the work is the same. */
static bool plain(struct idr_bytes text, const char *prefix, uint8_t out[64 + NORMAL_NUMBER_MAX], size_t *n)
{
	size_t head = strlen(prefix), body = 0;
	bool ok;

	memcpy(out, prefix, head);
	ok = normal_number(text, out + head, &body);
	*n = head + (ok ? body : 0);
	return ok;
}

bool access_number_blind(struct app *app, struct idr_suite *s, struct idr_bytes text, uint8_t out[32])
{
	uint8_t in[64 + NORMAL_NUMBER_MAX];
	size_t n;
	bool ok = plain(text, "number:", in, &n);

	node_blind(app->node, s, idr_bytes(in, n), out);
	idr_wipe(in, sizeof(in));
	return ok;
}

void access_code_mac(struct app *app, struct idr_suite *s, const uint8_t number_blind[32],
    struct idr_bytes text,
    uint8_t out[32])
{
	uint8_t in[32 + 64 + NORMAL_NUMBER_MAX];
	size_t n;

	memcpy(in, number_blind, 32);
	(void)plain(text, "", in + 32, &n);
	node_mac(app->node, s, "activation", idr_bytes(in, 32 + n), out);
	idr_wipe(in, sizeof(in));
}
