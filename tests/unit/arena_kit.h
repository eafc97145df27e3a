/*
 * arena_kit: one arena per test, in `a`. For tests of rooms that need memory and nothing else.
 *
 * Enter at  cmocka_unit_test_setup_teardown(test, open_arena, close_arena)
 */
#ifndef IDR_TESTS_ARENA_KIT_H
#define IDR_TESTS_ARENA_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

enum { KIT_ARENA = 256 << 20 };

static struct idr_arena *a;

static int open_arena(void **state)
{
	(void)state;
	a = idr_arena_new(KIT_ARENA);
	return !a;
}

static int close_arena(void **state)
{
	(void)state;
	idr_arena_free(&a);
	return 0;
}

#endif
