#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail_errno(struct idr_err *err, const char *verb, const char *path)
{
	return idr_fail(err, IDR_FILE, NULL, "cannot %s %s: %s", verb, path, strerror(errno));
}

static bool read_all(int fd, uint8_t *p, size_t n, size_t *got)
{
	*got = 0;
	while (*got < n) {
		ssize_t k = read(fd, p + *got, n - *got);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return false;
		if (k == 0)
			break;
		*got += (size_t)k;
	}
	return true;
}

bool file_read(struct idr_arena *a, const char *path, size_t max, struct idr_bytes *out,
    struct idr_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *p;
	size_t n, got;
	bool ok;

	if (fd < 0)
		return fail_errno(err, "open", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return idr_fail(err, IDR_FILE, NULL, "%s is not a regular file", path);
	}
	if (st.st_size < 0 || (uint64_t)st.st_size > max) {
		close(fd);
		return idr_fail(err, IDR_LIMIT, NULL, "%s is larger than %zu bytes", path, max);
	}
	n = (size_t)st.st_size;
	p = idr_arena_alloc(a, n + 1, err);
	ok = p && read_all(fd, p, n, &got);
	close(fd);
	if (!p)
		return false;
	if (!ok)
		return fail_errno(err, "read", path);
	*out = idr_bytes(p, got);
	return true;
}

static bool write_all(int fd, struct idr_bytes in)
{
	while (in.n) {
		ssize_t k = write(fd, in.p, in.n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return false;
		in = idr_bytes_from(in, (size_t)k);
	}
	return true;
}

bool file_write(const char *path, struct idr_bytes content, unsigned mode, struct idr_err *err)
{
	char beside[4096];
	int fd, n = snprintf(beside, sizeof(beside), "%s.new", path);
	bool ok;

	if (n < 0 || (size_t)n >= sizeof(beside))
		return idr_fail(err, IDR_FILE, NULL, "the path %s is too long", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return fail_errno(err, "create", path);
	ok = fchmod(fd, mode) == 0 && write_all(fd, content) && fsync(fd) == 0;
	if (close(fd) != 0 || !ok || rename(beside, path) != 0) {
		fail_errno(err, "write", path);
		unlink(beside);
		return false;
	}
	return true;
}

static bool wanted(const char *dir, const struct dirent *e, const char *suffix)
{
	size_t n = strlen(e->d_name), m = strlen(suffix);
	char path[4096];
	struct stat st;

	if (e->d_name[0] == '.')
		return false;
	if (strcmp(suffix, "/") != 0)
		return n > m && strcmp(e->d_name + n - m, suffix) == 0;
	snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool file_list(struct idr_arena *a, const char *dir, const char *suffix, size_t max,
    const char ***names, size_t *n, struct idr_err *err)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	const char **list;
	bool ok = true;

	if (!d)
		return fail_errno(err, "open", dir);
	list = idr_arena_array(a, max ? max : 1, sizeof(*list), err);
	*n = 0;
	ok = list != NULL;
	while (ok && (e = readdir(d))) {
		if (!wanted(dir, e, suffix))
			continue;
		if (*n == max)
			ok = idr_fail(err, IDR_LIMIT, NULL, "%s holds more than %zu entries", dir, max);
		else
			ok = (list[(*n)++] = idr_arena_printf(a, err, "%s", e->d_name)) != NULL;
	}
	closedir(d);
	if (!ok)
		return false;
	qsort(list, *n, sizeof(*list), by_name);
	*names = list;
	return true;
}

bool file_is_open_to_others(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & 077) != 0;
}
