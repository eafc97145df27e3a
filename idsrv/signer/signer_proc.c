#include "signer/signer_proc.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "signer/signer_wire.h"
#include "sys/clock.h"
#include "sys/sandbox.h"

enum { START_ARENA = 32 * 1024 * 1024, JOB_ARENA = 160 * 1024 * 1024 };

struct proc {
	int fd;
	struct idr_suite *suite;
	struct idr_arena *start; /* types; lives as long as the process */
	struct idr_arena *job;   /* reset after each */
	struct signer_keys keys;
	struct signer_policy policy;
	struct signer_quota quota;
	struct wire_out out;
};

static bool sign_items(struct proc *p, struct signer_job *job, struct idr_err *err)
{
	enum rules_key k = signer_policy_key(job->purpose);
	const struct idr_private *key = p->keys.key[k];

	for (size_t i = 0; i < job->n; i++)
		if (!signer_policy_check(p->job, &p->policy, job->purpose, job->item[i], err))
			return false;
	if (!signer_quota_take(&p->quota, k, job->n, clock_now(), err))
		return false;
	job->signature_len = idr_alg_row(idr_private_alg(key))->signature_len;
	for (size_t i = 0; i < job->n; i++)
		if (!idr_private_sign(p->suite, key, job->item[i], job->signature[i], err))
			return false;
	return true;
}

static bool reply(struct proc *p, const struct signer_job *job, uint32_t id)
{
	p->out.n = 0;
	wire_put_reply(&p->out, job, id);
	return !p->out.failed && wire_write(p->fd, p->out.p, p->out.n);
}

static bool one_frame(struct proc *p)
{
	struct signer_job job;
	uint8_t head[4], *body;
	struct idr_err err;
	uint32_t n, id;
	bool ok;

	if (!wire_read(p->fd, head, 4) || (n = wire_u32(head)) > WIRE_FRAME_MAX)
		return false;
	body = idr_arena_alloc(p->job, n ? n : 1, &err);
	if (!body || !wire_read(p->fd, body, n) || !wire_get_job(idr_bytes(body, n), &job, &id))
		return false;
	job.ok = sign_items(p, &job, &job.err);
	ok = reply(p, &job, id);
	idr_arena_reset(p->job);
	return ok;
}

/* Everything that opens a file comes before the sandbox. */
static bool prepare(struct proc *p, const struct conf *conf, struct idr_err *err)
{
	p->suite = idr_suite_new();
	p->start = idr_arena_new(START_ARENA);
	p->job = idr_arena_new(JOB_ARENA);
	if (!p->suite || !p->start || !p->job)
		return idr_fail(err, IDR_MEMORY, NULL, "the signer is out of memory");
	return signer_keys_open(p->suite, p->start, conf, &p->keys, err) &&
	    signer_policy_load(p->start, conf, &p->policy, err) &&
	    signer_quota_open(conf, &p->quota, err) && sandbox_drop_privileges(conf, err);
}

/* implements: VP 5.9.3k */
int signer_proc_run(const struct conf *conf, int fd)
{
	struct signer_job hello = { .n = 0 };
	struct proc p = { .fd = fd };
	bool ready;

	/* A terminal's Ctrl-C goes to the whole group: the server decides when we end. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	/* what we inherit is the server's: listening sockets above all */
	if (fd > 3)
		close_range(3, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0u, 0);
	sandbox_no_dumps();
	ready = prepare(&p, conf, &hello.err);
	sandbox_no_dumps(); /* again: becoming another user sets this anew */
	ready = ready && sandbox_signer(&hello.err);
	hello.ok = ready;
	if (!reply(&p, &hello, 0) || !ready)
		return 1;
	while (one_frame(&p))
		;
	signer_keys_close(&p.keys);
	wire_free(&p.out);
	idr_arena_free(&p.job);
	idr_arena_free(&p.start);
	idr_suite_free(&p.suite);
	return 0;
}
