#include "base/secret.h"

void idr_wipe(void *p, size_t n)
{
	if (n)
		memset(p, 0, n);
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

void idr_secret_clear(struct idr_secret *s)
{
	idr_wipe(s, sizeof(*s));
}

bool idr_equal_constant_time(struct idr_bytes a, struct idr_bytes b)
{
	volatile uint8_t diff = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		diff = (uint8_t)(diff | (a.p[i] ^ b.p[i]));
	return diff == 0;
}
