#include "sys/log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

/* Set by main before the first thread; read by all. */
static atomic_int threshold = LOG_INFO;

/* Room that a field may not take, so that every line can be closed. */
enum { TAIL = 4 };

static const char *const level_name[] = {
	[LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info"
};

void log_set_level(enum log_level level)
{
	atomic_store(&threshold, (int)level);
}

/* A line that will not be written is not built either. */
static bool is_off(const struct log_line *l)
{
	return (int)l->level > atomic_load_explicit(&threshold, memory_order_relaxed);
}

/* A whole piece or nothing: a line never carries half a field. */
static void put(struct log_line *l, const char *piece, size_t n)
{
	if (n > sizeof(l->text) - TAIL - l->n)
		return;
	memcpy(l->text + l->n, piece, n);
	l->n += n;
}

static size_t escape(const char *in, char *out, size_t room)
{
	size_t n = 0;

	for (; *in && n + 7 < room; in++) {
		unsigned char c = (unsigned char)*in;

		if (c == '"' || c == '\\') {
			out[n++] = '\\';
			out[n++] = (char)c;
		} else if (c < 0x20 || c > 0x7e) {
			n += (size_t)snprintf(out + n, room - n, "\\u%04x", c);
		} else {
			out[n++] = (char)c;
		}
	}
	return n;
}

void log_str(struct log_line *l, const char *name, const char *value)
{
	char piece[640];
	size_t n;

	if (is_off(l))
		return;
	n = (size_t)snprintf(piece, 80, ",\"%.60s\":\"", name);
	n += escape(value ? value : "", piece + n, sizeof(piece) - 80);
	piece[n++] = '"';
	put(l, piece, n);
}

void log_int(struct log_line *l, const char *name, int64_t value)
{
	char piece[120];

	if (!is_off(l))
		put(l, piece, (size_t)snprintf(piece, sizeof(piece), ",\"%.60s\":%" PRId64, name, value));
}

void log_ms(struct log_line *l, const char *name, int64_t us)
{
	char piece[120];

	if (is_off(l))
		return;
	if (us < 0)
		us = 0;
	put(l, piece, (size_t)snprintf(piece, sizeof(piece), ",\"%.60s\":%" PRId64 ".%03" PRId64, name,
	    us / 1000, us % 1000));
}

void log_begin(struct log_line *l, enum log_level level, const char *event)
{
	struct timespec t;
	char when[21];
	char head[64];

	l->n = 0;
	l->level = level;
	if (is_off(l))
		return;
	clock_gettime(CLOCK_REALTIME, &t);
	idr_time_format(t.tv_sec, when);
	when[19] = 0; /* the fraction stands before the Z */
	put(l, head, (size_t)snprintf(head, sizeof(head), "{\"time\":\"%s.%03ldZ\"", when,
	    t.tv_nsec / 1000000));
	log_str(l, "level", level_name[level]);
	log_str(l, "event", event);
}

void log_err(struct log_line *l, const struct idr_err *err)
{
	log_str(l, "code", idr_code_name(err->code));
	if (err->ref)
		log_str(l, "clause", err->ref);
	if (err->at)
		log_str(l, "at", err->at);
	if (err->msg[0])
		log_str(l, "msg", err->msg);
}

void log_end(struct log_line *l)
{
	static const char *const prefix[] = { [LOG_ERROR] = "<3>", [LOG_WARN] = "<4>", [LOG_INFO] = "<6>" };
	char out[sizeof(l->text) + 4];
	size_t n = 0;
	ssize_t ignored;

	if (is_off(l))
		return;
	/* the journal reads the priority from the line; anyone else would trip over it */
	if (getenv("JOURNAL_STREAM")) {
		memcpy(out, prefix[l->level], 3);
		n = 3;
	}
	memcpy(out + n, l->text, l->n);
	n += l->n;
	out[n++] = '}';
	out[n++] = '\n';
	ignored = write(STDERR_FILENO, out, n); /* one write: lines of several threads do not mix */
	(void)ignored;
}

void log_error(const char *event, const struct idr_err *err)
{
	struct log_line l;

	log_begin(&l, LOG_ERROR, event);
	log_err(&l, err);
	log_end(&l);
}
