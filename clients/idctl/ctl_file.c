#include "idctl/ctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_MAX = 4096 };

static bool failed(struct idr_err *err, const char *verb, const char *path)
{
	return idr_fail(err, IDR_FILE, NULL, "cannot %s %s: %s", verb, path, strerror(errno));
}

bool ctl_join(struct idr_arena *a, const char *dir, const char *name, const char **out,
    struct idr_err *err)
{
	size_t n = strlen(dir);

	*out = idr_arena_printf(a, err, "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
	return *out != NULL;
}

static bool has_ending(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n > k && strcmp(name + n - k, suffix) == 0;
}

static bool fits(struct idr_arena *a, const char *dir, const char *name, const char *suffix)
{
	struct idr_err ignored;
	const char *path;
	struct stat st;

	if (name[0] == '.')
		return false;
	if (strcmp(suffix, "/") != 0)
		return has_ending(name, suffix);
	return ctl_join(a, dir, name, &path, &ignored) && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool ctl_list(struct idr_arena *a, const char *dir, const char *suffix, const char ***names,
    size_t *n, struct idr_err *err)
{
	const char **list = idr_arena_array(a, NAMES_MAX, sizeof(*list), err);
	DIR *d = list ? opendir(dir) : NULL;
	struct dirent *e;
	bool ok = d != NULL;

	if (!list)
		return false;
	*n = 0;
	while (ok && *n < NAMES_MAX && (e = readdir(d)))
		if (fits(a, dir, e->d_name, suffix))
			ok = (list[(*n)++] = idr_arena_printf(a, err, "%s", e->d_name)) != NULL;
	if (!d)
		return failed(err, "open", dir);
	closedir(d);
	if (ok)
		qsort(list, *n, sizeof(*list), by_name);
	*names = list;
	return ok;
}

const char *ctl_beside(const char *name, char *path, size_t room)
{
	size_t length = strlen(name) + 1;
	ssize_t n = readlink("/proc/self/exe", path, room - 1);
	char *slash;

	if (n <= 0)
		return name;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash + 1 - path) + length > room)
		return name;
	memcpy(slash + 1, name, length);
	return access(path, X_OK) == 0 ? path : name;
}
