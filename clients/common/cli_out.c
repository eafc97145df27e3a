#include "common/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

enum { BAR_WIDTH = 32, BAR_AFTER_MS = 1000, BAR_EVERY_MS = 100 };

static bool coloured(void)
{
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

const char *cli_green(void)
{
	return coloured() ? "\033[32m" : "";
}

const char *cli_red(void)
{
	return coloured() ? "\033[31m" : "";
}

const char *cli_yellow(void)
{
	return coloured() ? "\033[33m" : "";
}

const char *cli_plain(void)
{
	return coloured() ? "\033[0m" : "";
}

/* ---- text from elsewhere ---- */

/* C0, DEL and C1, and what turns the order of letters. */
static bool steers(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || idr_is_bidi_control(c);
}

/* implements: SDJWTVC 6.5a */
const char *cli_clean(struct idr_arena *a, struct idr_bytes text)
{
	struct idr_bytes out;
	struct idr_err ignored;
	struct idr_buf b;
	size_t at = 0;

	if (!idr_is_utf8(text))
		return "?";
	idr_buf_init(&b, a, text.n + 1, text.n + 1);
	while (at < text.n) {
		size_t from = at;

		if (steers(idr_utf8_next(text, &at)))
			idr_buf_put_byte(&b, '?');
		else
			idr_buf_put(&b, idr_bytes(text.p + from, at - from));
	}
	idr_buf_put_byte(&b, 0);
	return idr_buf_done(&b, &out, &ignored) ? (const char *)out.p : "";
}

/* ---- progress ---- */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void cli_progress_begin(struct cli_progress *p, const char *what, int64_t total)
{
	*p = (struct cli_progress){ .what = what, .total = total, .begun_ms = now_ms() };
}

void cli_progress_at(struct cli_progress *p, int64_t done)
{
	int64_t now = now_ms();
	int full = p->total > 0 ? (int)(done * BAR_WIDTH / p->total) : 0;

	if (!isatty(STDERR_FILENO) || now - p->begun_ms < BAR_AFTER_MS || now - p->drawn_ms < BAR_EVERY_MS)
		return;
	p->drawn_ms = now;
	p->shown = true;
	fprintf(stderr, "\r%s [%.*s%*s] %lld of %lld", p->what, full, "################################",
	    BAR_WIDTH - full, "", (long long)done, (long long)p->total);
	fflush(stderr);
}

void cli_progress_end(struct cli_progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = false;
}

/* ---- files ---- */

static bool fail_errno(struct idr_err *err, const char *verb, const char *path)
{
	return idr_fail(err, IDR_FILE, NULL, "cannot %s %s: %s", verb, path, strerror(errno));
}

static bool read_fd(struct idr_arena *a, int fd, const char *path, size_t max, struct idr_bytes *out,
    struct idr_err *err)
{
	struct stat st;
	size_t cap = 64 * 1024, n = 0;
	uint8_t *p;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		cap = (size_t)st.st_size + 1;
	if (cap > max + 1)
		cap = max + 1;
	if (!(p = idr_arena_alloc(a, cap, err)))
		return false;
	for (;;) {
		ssize_t k = read(fd, p + n, cap - n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return fail_errno(err, "read", path);
		if (k == 0)
			break;
		n += (size_t)k;
		if (n > max)
			return idr_fail(err, IDR_LIMIT, NULL, "%s is larger than %zu bytes", path, max);
		if (n == cap) {
			uint8_t *grown;

			cap = cap * 2 > max + 1 ? max + 1 : cap * 2;
			if (!(grown = idr_arena_alloc(a, cap, err)))
				return false;
			memcpy(grown, p, n);
			p = grown;
		}
	}
	*out = idr_bytes(p, n);
	return true;
}

bool cli_read(struct idr_arena *a, const char *path, size_t max, struct idr_bytes *out,
    struct idr_err *err)
{
	bool ok;
	int fd;

	if (strcmp(path, "-") == 0)
		return read_fd(a, STDIN_FILENO, "standard input", max, out, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open", path);
	ok = read_fd(a, fd, path, max, out, err);
	close(fd);
	return ok;
}

static bool write_all(int fd, struct idr_bytes content)
{
	while (content.n) {
		ssize_t k = write(fd, content.p, content.n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		content = idr_bytes_from(content, (size_t)k);
	}
	return true;
}

bool cli_write(const char *path, struct idr_bytes content, unsigned mode, struct idr_err *err)
{
	bool to_stdout = strcmp(path, "-") == 0;
	int fd = to_stdout ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	bool ok = fd >= 0 && write_all(fd, content);

	if (fd >= 0 && !to_stdout && close(fd) != 0)
		ok = false;
	return ok ? true : fail_errno(err, "write", path);
}

bool cli_write_new(const char *path, struct idr_bytes content, unsigned mode, struct idr_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	bool ok = fd >= 0 && write_all(fd, content) && fsync(fd) == 0;

	if (fd >= 0 && close(fd) != 0)
		ok = false;
	return ok ? true : fail_errno(err, "create", path);
}
