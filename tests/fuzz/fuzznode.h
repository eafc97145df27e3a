/*
 * fuzznode: the node of fuzz targets that link the server, with a secret that is a constant.
 *
 * In a header, because the kit of the others does without the server.
 */
#ifndef IDR_TESTS_FUZZNODE_H
#define IDR_TESTS_FUZZNODE_H

#include "fuzz/fuzzkit.h"
#include "sys/node.h"

/* One per process, made when first asked for. */
static inline const struct node *fuzz_node(void)
{
	static const uint8_t secret[32] = { 7 };
	static struct node *n;
	struct idr_err err;

	if (!n)
		fuzz_check(node_open(fuzz_suite(), idr_bytes(secret, 32), &n, &err));
	return n;
}

#endif
