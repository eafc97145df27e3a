/*
 * sys_conf: files of the operator. First byte: which: the configuration, the operators, the trust file
 * (which names no certificate that exists here), a person's claims as they are imported.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzzkit.h"
#include "sys/normal.h"
#include "rules/rules_trust.h"

static void try_conf(struct idr_arena *a, char *path)
{
	char name[] = "idsrv", flag[] = "--config";
	char *argv[] = { name, flag, path, NULL };
	struct idr_err err = { .code = IDR_OK };
	struct conf c;

	if (conf_load(a, 3, argv, &c, &err))
		fuzz_check(c.list_exp_s > c.list_ttl_s && c.queue >= 1 && c.connections >= 8 &&
		    !*c.tls_cert_file == !*c.tls_key_file);
	else
		fuzz_check(err.code == IDR_CONFIG || err.code == IDR_LIMIT);
}

static void try_operators(struct idr_arena *a, const char *path)
{
	struct conf c = { .operators_file = path };
	struct rules r = { .arena = a };
	struct idr_err err;

	if (rules_operators_load(&r, &c, &err))
		for (size_t i = 0; i < r.n_operators; i++)
			fuzz_check(r.operators[i].roles && r.operators[i].name[0]);
}

static void try_trust(struct idr_arena *a, const char *path)
{
	struct conf c = { .trust_file = path };
	struct rules r = { .arena = a };
	struct idr_err err;

	fuzz_check(!rules_trust_load(fuzz_suite(), &r, &c, &err)); /* no anchor can be read */
}

/* What is normal already stays as it is. */
static void try_claims(struct idr_arena *a, struct idr_bytes in)
{
	const struct idr_json *claims;
	struct idr_bytes once, again;
	struct idr_err err;

	if (!idr_json_parse(a, in, 1 << 20, &claims, &err) || !normal_claims(a, claims, &once, &err))
		return;
	fuzz_check(idr_json_parse(a, once, 8 << 20, &claims, &err) && normal_claims(a, claims, &again, &err) &&
	    idr_bytes_equal(once, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int file = -1;
	struct idr_arena *a = idr_arena_new(16 << 20);
	struct idr_bytes in = idr_bytes_from(idr_bytes(data, size), 1);
	char path[32];

	if (file < 0)
		file = memfd_create("fuzz", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fuzz_check(file >= 0 && ftruncate(file, 0) == 0 && (!in.n || pwrite(file, in.p, in.n, 0) == (ssize_t)in.n));
	switch (size ? data[0] % 4 : 0) {
	case 0:
		try_conf(a, path);
		break;
	case 1:
		try_operators(a, path);
		break;
	case 2:
		try_trust(a, path);
		break;
	default:
		try_claims(a, in);
	}
	idr_arena_free(&a);
	return 0;
}
