/*
 * signer_policy: what a taken-over server may ask the signer for: a frame as it comes (first byte even),
 * or bytes to be signed for each purpose. What one purpose signs no other does.
 */
#include "fuzz/fuzzkit.h"
#include "signer/signer_proc.h"
#include "signer/signer_wire.h"

static const struct conf conf = { .schema_dir = "schema", .base_url = "https://id.example",
	.list_exp_s = 86400, .presentation_ttl_s = 300 };

static const struct signer_policy *policy(void)
{
	static struct idr_arena *kept;
	static struct signer_policy p;
	struct idr_err err;

	if (!kept) {
		kept = idr_arena_new(16 << 20);
		fuzz_check(signer_policy_load(kept, &conf, &p, &err));
	}
	return &p;
}

static void try_bytes(struct idr_arena *a, struct idr_bytes tbs)
{
	int signs = 0;

	for (int purpose = SIGNER_SDJWT; purpose < SIGNER_PURPOSES; purpose++) {
		struct idr_err err = { .code = IDR_OK };

		if (signer_policy_check(a, policy(), (enum signer_purpose)purpose, tbs, &err))
			signs++;
		else
			fuzz_check(err.code == IDR_SIGNER_REFUSED);
	}
	fuzz_check(signs <= 1);
}

/* A frame that is read is written again as it was. */
static void try_frame(struct idr_bytes frame)
{
	struct wire_out out = { 0 };
	struct signer_job job;
	uint32_t id;

	if (wire_get_job(frame, &job, &id)) {
		wire_put_job(&out, &job, id);
		fuzz_check(!out.failed && wire_u32(out.p) == frame.n &&
		    idr_bytes_equal(idr_bytes(out.p + 4, out.n - 4), frame));
		wire_free(&out);
	}
	job = (struct signer_job){ .n = 1 };
	if (wire_get_reply(frame, &job, &id) && job.ok)
		fuzz_check(job.signature_len <= SIGNER_SIGNATURE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(16 << 20);
	struct idr_bytes in = idr_bytes_from(idr_bytes(data, size), 1);

	if (size && data[0] % 2 == 0)
		try_frame(in);
	else
		try_bytes(a, in);
	idr_arena_free(&a);
	return 0;
}
