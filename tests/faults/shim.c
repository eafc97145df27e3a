/*
 * shim: a machine with a wrong clock and a full disk, for one program and its children (LD_PRELOAD).
 *
 * Clock: the wall clock is off by clock_s of control.h, also for waits that name a point in time, which the
 * kernel measures anew when the clock is stepped. Disk: regular files take no new byte, or none at all.
 * No call here is refused by the signer's seccomp filter.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "faults/control.h"

#define VISIBLE __attribute__((visibility("default")))
enum { SLICE_NS = 50 * 1000000, BILLION = 1000000000 };

static struct control *control;
static atomic_int *disk; /* ours */
static dev_t shared_memory; /* what lies there is no disk */

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_posix_fallocate)(int, off_t, off_t);
static int (*real_open)(const char *, int, ...);

static void find(const char *name, void *where)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (!p)
		abort();
	memcpy(where, &p, sizeof(p));
}

/* At the first call or before main, whichever comes first: other libraries have constructors too. */
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULT_CONTROL"), *whose = getenv("FAULT_DISK");
	static int begun;
	struct stat st;
	void *p;
	int fd;

	if (begun++)
		return;

	find("clock_gettime", &real_clock_gettime);
	/* x86-64 keeps one of 2002 beside it, which dlsym() would give */
	p = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
	if (p)
		memcpy(&real_timedwait, &p, sizeof(p));
	else
		find("pthread_cond_timedwait", &real_timedwait);
	find("write", &real_write);
	find("pwrite", &real_pwrite);
	find("writev", &real_writev);
	find("pwritev", &real_pwritev);
	find("ftruncate", &real_ftruncate);
	find("posix_fallocate", &real_posix_fallocate);
	find("open", &real_open);
	if (stat("/dev/shm", &st) == 0)
		shared_memory = st.st_dev;
	fd = path ? real_open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (control == MAP_FAILED)
		control = NULL;
	else if (whose)
		disk = &control->disk[*whose == '1' ? DISK_DATABASE : DISK_SERVER];
}

/* ---- the clock ---- */

static time_t offset(void)
{
	return control ? (time_t)atomic_load(&control->clock_s) : 0;
}

VISIBLE int clock_gettime(clockid_t id, struct timespec *t)
{
	int rc;

	begin();
	rc = real_clock_gettime(id, t);
	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		t->tv_sec += offset();
	return rc;
}

VISIBLE time_t time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}

VISIBLE int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	out->tv_sec = t.tv_sec;
	out->tv_usec = t.tv_nsec / 1000;
	return 0;
}

static int later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec >= b->tv_nsec;
}

/* A time of this century is on the wall clock; a smaller one is the monotonic clock's. */
VISIBLE int pthread_cond_timedwait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m,
    const struct timespec *restrict until)
{
	struct timespec now, slice;
	int rc;

	begin();
	if (!control || until->tv_sec < BILLION)
		return real_timedwait(c, m, until);
	do {
		clock_gettime(CLOCK_REALTIME, &now);
		if (later(&now, until))
			return ETIMEDOUT;
		real_clock_gettime(CLOCK_REALTIME, &slice);
		slice.tv_nsec += SLICE_NS;
		if (slice.tv_nsec >= BILLION) {
			slice.tv_nsec -= BILLION;
			slice.tv_sec++;
		}
		rc = real_timedwait(c, m, &slice);
	} while (rc == ETIMEDOUT);
	return rc;
}

/* ---- the disk ---- */

static int fault(void)
{
	begin();
	return disk ? atomic_load(disk) : DISK_WELL;
}

/* Does a write up to `end` of this descriptor have to fail? end < 0: at its end, as a log is written. */
static int is_full(int fd, off_t end)
{
	int how = fault();
	struct stat st;

	if (how == DISK_WELL || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_dev == shared_memory)
		return 0;
	return how == DISK_NO_WRITES || end < 0 || end > st.st_size;
}

static int is_full_here(int fd, size_t n)
{
	off_t at;

	if (fault() == DISK_WELL)
		return 0;
	at = lseek(fd, 0, SEEK_CUR);
	return is_full(fd, at < 0 ? -1 : at + (off_t)n);
}

static size_t length(const struct iovec *v, int n)
{
	size_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += v[i].iov_len;
	return sum;
}

static int full(void)
{
	errno = ENOSPC;
	return -1;
}

VISIBLE ssize_t write(int fd, const void *p, size_t n)
{
	return is_full_here(fd, n) ? full() : real_write(fd, p, n);
}

VISIBLE ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	return is_full(fd, at + (off_t)n) ? full() : real_pwrite(fd, p, n, at);
}

VISIBLE ssize_t writev(int fd, const struct iovec *v, int n)
{
	return is_full_here(fd, length(v, n)) ? full() : real_writev(fd, v, n);
}

VISIBLE ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at)
{
	return is_full(fd, at + (off_t)length(v, n)) ? full() : real_pwritev(fd, v, n, at);
}

VISIBLE int ftruncate(int fd, off_t n)
{
	return is_full(fd, n) && n > 0 ? full() : real_ftruncate(fd, n);
}

VISIBLE int posix_fallocate(int fd, off_t at, off_t n)
{
	return is_full(fd, at + n) ? ENOSPC : real_posix_fallocate(fd, at, n);
}

VISIBLE int open(const char *path, int flags, ...)
{
	unsigned mode = 0;
	va_list ap;

	begin();
	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, unsigned);
		va_end(ap);
	}
	if (flags & O_CREAT && fault() != DISK_WELL && strncmp(path, "/dev/", 5) != 0 && access(path, F_OK) != 0)
		return full();
	return real_open(path, flags, mode);
}
