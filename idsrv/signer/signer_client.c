#include "signer/signer_client.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signer/signer_proc.h"
#include "signer/signer_wire.h"

/*
 * So many jobs go out before their replies are read. The child blocks when its replies do not fit
 * the socket's buffer, and then we would wait for each other: a reply of 20 P-384 signatures counts
 * for more than 4 kB there, the usual buffer holds 208 kB.
 */
enum { BATCH = 32, QUEUE_MAX = 4096 };
/* A signer that says nothing for so long is as good as gone: the longest job takes a small part of it. */
enum { SILENT_S = 10 };

struct signer {
	int fd;
	pid_t pid;
	atomic_bool gone;
	atomic_uint_fast64_t signatures, batches;
	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t some;
	struct signer_job *first, **last;
	size_t queued;
	bool stopping;
	struct wire_out out; /* client thread's own */
};

/* ---- start ---- */

/* The child's first frame: code IDR_OK, or why it cannot sign. */
static bool wait_ready(struct signer *s, struct idr_err *err)
{
	struct signer_job hello = { .n = 0 };
	uint8_t head[4], body[WIRE_REPLY_MAX];
	uint32_t n, id;

	if (!wire_read(s->fd, head, 4) || (n = wire_u32(head)) > sizeof(body) ||
	    !wire_read(s->fd, body, n) || !wire_get_reply(idr_bytes(body, n), &hello, &id))
		return idr_fail(err, IDR_SIGNER, NULL, "the signer ended while starting");
	if (!hello.ok) {
		*err = hello.err;
		return false;
	}
	return true;
}

bool signer_start(const struct conf *conf, struct signer **out, struct idr_err *err)
{
	struct signer *s = calloc(1, sizeof(*s));
	int pair[2];

	if (!s)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		free(s);
		return idr_fail(err, IDR_SIGNER, NULL, "cannot start the signer: %s", strerror(errno));
	}
	if ((s->pid = fork()) < 0) {
		idr_fail(err, IDR_SIGNER, NULL, "cannot start the signer: %s", strerror(errno));
		close(pair[0]);
		close(pair[1]);
		free(s);
		return false;
	}
	if (s->pid == 0) {
		close(pair[0]);
		_exit(signer_proc_run(conf, pair[1]));
	}
	close(pair[1]);
	s->fd = pair[0];
	s->last = &s->first;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->some, NULL);
	if (!wait_ready(s, err)) {
		signer_stop(&s);
		return false;
	}
	*out = s;
	return true;
}

/* ---- the client's thread: what has queued goes out as one batch ---- */

static void finish_all(struct signer_job *job, const struct idr_err *err)
{
	while (job) {
		struct signer_job *next = job->next;

		job->ok = false;
		job->err = *err;
		job->done(job);
		job = next;
	}
}

static struct signer_job *take_batch(struct signer *s, size_t *n)
{
	struct signer_job *first, *last;

	pthread_mutex_lock(&s->lock);
	while (!s->first && !s->stopping)
		pthread_cond_wait(&s->some, &s->lock);
	first = last = s->first;
	for (*n = first ? 1 : 0; *n && *n < BATCH && last->next; (*n)++)
		last = last->next;
	if (last) {
		s->first = last->next;
		if (!s->first)
			s->last = &s->first;
		last->next = NULL;
	}
	s->queued -= *n;
	pthread_mutex_unlock(&s->lock);
	return first;
}

struct signer_counts signer_counts(struct signer *s)
{
	struct signer_counts c = { atomic_load(&s->signatures), atomic_load(&s->batches), 0 };

	pthread_mutex_lock(&s->lock);
	c.waiting = s->queued;
	pthread_mutex_unlock(&s->lock);
	return c;
}

static bool exchange(struct signer *s, struct signer_job *first)
{
	uint8_t head[4], body[WIRE_REPLY_MAX];
	uint32_t id = 0, got, n;

	atomic_fetch_add(&s->batches, 1);
	s->out.n = 0;
	s->out.failed = false;
	for (struct signer_job *j = first; j; j = j->next)
		wire_put_job(&s->out, j, id++);
	if (s->out.failed || !wire_write(s->fd, s->out.p, s->out.n))
		return false;
	id = 0;
	/* The child answers in order; next is read before done(), which may free the job. */
	for (struct signer_job *j = first, *next; j; j = next) {
		next = j->next;
		if (!wire_read(s->fd, head, 4) || (n = wire_u32(head)) > sizeof(body) ||
		    !wire_read(s->fd, body, n) || !wire_get_reply(idr_bytes(body, n), j, &got) || got != id++) {
			struct idr_err gone;

			idr_fail(&gone, IDR_SIGNER, NULL, "the signer is gone");
			finish_all(j, &gone);
			atomic_store(&s->gone, true);
			return true;
		}
		if (j->ok)
			atomic_fetch_add(&s->signatures, j->n);
		j->done(j);
	}
	return true;
}

static void *client_thread(void *arg)
{
	struct signer *s = arg;
	struct signer_job *batch;
	struct idr_err gone;
	size_t n;

	idr_fail(&gone, IDR_SIGNER, NULL, "the signer is gone");
	while ((batch = take_batch(s, &n)))
		if (atomic_load(&s->gone)) {
			finish_all(batch, &gone);
		} else if (!exchange(s, batch)) {
			atomic_store(&s->gone, true);
			finish_all(batch, &gone);
		}
	return NULL;
}

bool signer_connect(struct signer *s, struct idr_err *err)
{
	const struct timeval silent = { .tv_sec = SILENT_S };

	if (setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &silent, sizeof(silent)) != 0 ||
	    setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &silent, sizeof(silent)) != 0)
		return idr_fail(err, IDR_SIGNER, NULL, "cannot limit the wait for the signer: %s", strerror(errno));
	if (pthread_create(&s->thread, NULL, client_thread, s) != 0)
		return idr_fail(err, IDR_SIGNER, NULL, "cannot start the signer's client thread");
	s->threaded = true;
	return true;
}

bool signer_submit(struct signer *s, struct signer_job *job, struct idr_err *err)
{
	bool taken;

	if (atomic_load(&s->gone))
		return idr_fail(err, IDR_SIGNER, NULL, "the signer is gone");
	/* the child ends at a frame it cannot take, and the server with it */
	if (wire_job_size(job) > WIRE_FRAME_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "what is to be signed is larger than %d bytes", WIRE_FRAME_MAX);
	pthread_mutex_lock(&s->lock);
	taken = !s->stopping && s->queued < QUEUE_MAX;
	if (taken) {
		job->next = NULL;
		*s->last = job;
		s->last = &job->next;
		s->queued++;
		pthread_cond_signal(&s->some);
	}
	pthread_mutex_unlock(&s->lock);
	return taken ? true : idr_fail(err, IDR_OVERLOADED, NULL, "too much waits for the signer");
}

struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool done;
};

static void wake_waiter(struct signer_job *job)
{
	struct waiter *w = job->owner;

	pthread_mutex_lock(&w->lock);
	w->done = true;
	pthread_cond_signal(&w->ended);
	pthread_mutex_unlock(&w->lock);
}

bool signer_sign_wait(struct signer *s, struct signer_job *job, struct idr_err *err)
{
	struct waiter w = { .done = false };
	bool sent;

	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.ended, NULL);
	job->owner = &w;
	job->done = wake_waiter;
	sent = signer_submit(s, job, err);
	pthread_mutex_lock(&w.lock);
	while (sent && !w.done)
		pthread_cond_wait(&w.ended, &w.lock);
	pthread_mutex_unlock(&w.lock);
	pthread_cond_destroy(&w.ended);
	pthread_mutex_destroy(&w.lock);
	if (sent && !job->ok)
		*err = job->err;
	return sent && job->ok;
}

bool signer_is_gone(struct signer *s)
{
	int status;

	if (s->pid > 0 && waitpid(s->pid, &status, WNOHANG) == s->pid) {
		s->pid = 0;
		atomic_store(&s->gone, true);
	}
	return atomic_load(&s->gone);
}

bool signer_is_lost(const struct signer *s)
{
	return atomic_load(&s->gone);
}

int signer_pid(const struct signer *s)
{
	return (int)s->pid;
}

void signer_stop(struct signer **sp)
{
	struct signer *s = *sp;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->some);
	pthread_mutex_unlock(&s->lock);
	if (s->threaded)
		pthread_join(s->thread, NULL);
	/* The child ends when its socket closes, unless it hangs. */
	close(s->fd);
	if (s->pid > 0 && atomic_load(&s->gone))
		kill(s->pid, SIGKILL);
	if (s->pid > 0)
		waitpid(s->pid, NULL, 0);
	wire_free(&s->out);
	pthread_cond_destroy(&s->some);
	pthread_mutex_destroy(&s->lock);
	free(s);
	*sp = NULL;
}
