#include "signer_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

int open_scene(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));
	struct idr_err err;

	kit_open(&x->k);
	x->conf = (struct conf){ .schema_dir = "schema", .base_url = BASE, .list_exp_s = 86400 };
	assert_true(signer_policy_load(x->k.a, &x->conf, &x->p, &err));
	*state = x;
	return 0;
}

int close_scene(void **state)
{
	struct scene *x = *state;

	kit_close(&x->k);
	free(x);
	return 0;
}
