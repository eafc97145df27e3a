/*
 * slow_fsync: preloaded into PostgreSQL, it makes each fsync and fdatasync take longer, as on
 * replicated or cloud disks. The file that IDBENCH_FSYNC names holds two numbers of 4 bytes: the delay
 * in microseconds, which may be changed while processes run, and how many calls were delayed.
 *
 * The disk of a virtual machine often acknowledges in 30 us what no real disk can keep that fast.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#pragma GCC visibility push(default)
int fsync(int fd);
int fdatasync(int fd);
#pragma GCC visibility pop

static _Atomic uint32_t *shared; /* delay, calls */

static int (*real_fsync)(int), (*real_fdatasync)(int);

/* Only in PostgreSQL: the signer's sandbox ends whoever sleeps in it. */
__attribute__((constructor)) static void find_delay(void)
{
	const char *name = getenv("IDBENCH_FSYNC");
	bool is_postgres = strcmp(program_invocation_short_name, "postgres") == 0;
	int fd = name && is_postgres ? open(name, O_RDWR | O_CLOEXEC) : -1;
	void *p;

	real_fsync = (int (*)(int))(uintptr_t)dlsym(RTLD_NEXT, "fsync");
	real_fdatasync = (int (*)(int))(uintptr_t)dlsym(RTLD_NEXT, "fdatasync");
	if (fd < 0)
		return;
	p = mmap(NULL, 2 * sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		shared = p;
}

static void wait_a_little(void)
{
	uint32_t us = shared ? atomic_load(&shared[0]) : 0;
	struct timespec t = { us / 1000000, (long)(us % 1000000) * 1000 };

	if (us) {
		atomic_fetch_add(&shared[1], 1);
		nanosleep(&t, NULL);
	}
}

int fsync(int fd)
{
	wait_a_little();
	return real_fsync(fd);
}

int fdatasync(int fd)
{
	wait_a_little();
	return real_fdatasync(fd);
}
