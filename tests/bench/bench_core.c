#include "bench_world.h"

/* What the credential endpoint and a verifier do, without HTTP and database. */

static void op_issue(void *ctx)
{
	struct bench_world *b = ctx;
	struct idr_key key;

	bench_world_next(b);
	key = bench_world_proved(b, b->now->proof);
	bench_world_issue(b, b->a, &key);
}

static void op_issue_mdoc(void *ctx)
{
	struct bench_world *b = ctx;
	struct idr_key key;

	bench_world_next(b);
	key = bench_world_proved(b, b->now->proof);
	bench_world_issue_mdoc(b, b->a, &key);
}

static void op_verify(void *ctx)
{
	struct bench_world *b = ctx;

	bench_world_next(b);
	bench_world_verify(b, b->now->presentation);
}

static void op_verify_mdoc(void *ctx)
{
	struct bench_world *b = ctx;

	bench_world_next(b);
	bench_world_verify_mdoc(b, b->now->response);
}

static void op_bare_issue(void *ctx)
{
	struct bench_world *b = ctx;

	bench_bare_verify_fresh(b->bare);
	bench_bare_sign(b->bare);
	bench_bare_verify(b->bare);
}

static void op_bare_verify(void *ctx)
{
	struct bench_world *b = ctx;

	bench_bare_verify_fresh(b->bare);
	bench_bare_verify(b->bare);
}

bool bench_core(const struct bench_options *o)
{
	struct bench_goal issuing = { .name = "issue, 12 claims / fresh verify, sign, verify",
		.sense = BENCH_TIME, .accept = 0.82, .stretch = 0.90 };
	struct bench_goal verifying = { .name = "verify, 3 of 12 disclosed / fresh verify, verify",
		.sense = BENCH_TIME, .accept = 0.80, .stretch = 0.90 };
	struct bench_goal issuing_mdoc = { .name = "issue an mdoc, 12 elements / fresh verify, sign, verify",
		.sense = BENCH_TIME, .accept = 0.82, .stretch = 0.90 };
	struct bench_goal verifying_mdoc = { .name = "verify an mdoc, 3 of 12 elements / fresh verify, verify",
		.sense = BENCH_TIME, .accept = 0.80, .stretch = 0.90 };
	struct bench_world *b = bench_world_new();

	bench_pair(o, &issuing, op_issue, op_bare_issue, b);
	bench_pair(o, &verifying, op_verify, op_bare_verify, b);
	bench_pair(o, &issuing_mdoc, op_issue_mdoc, op_bare_issue, b);
	bench_pair(o, &verifying_mdoc, op_verify_mdoc, op_bare_verify, b);
	bench_haip(o, b);
	bench_world_free(&b);
	return true;
}
