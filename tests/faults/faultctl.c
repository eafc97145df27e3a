/*
 * faultctl: writes the page of control.h. `faultctl FILE clock=3600 server_disk=2
 * database_disk=1 cut=2 cut_every=5 frozen=1`, makes FILE when it is not there; `faultctl FILE` says what it holds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "faults/control.h"

static int set(struct control *c, const char *word)
{
	const char *eq = strchr(word, '=');
	size_t n = eq ? (size_t)(eq - word) : 0;
	long v = eq ? strtol(eq + 1, NULL, 10) : 0;

	if (n == 5 && !strncmp(word, "clock", n))
		atomic_store(&c->clock_s, v);
	else if (n == 11 && !strncmp(word, "server_disk", n))
		atomic_store(&c->disk[DISK_SERVER], (int)v);
	else if (n == 13 && !strncmp(word, "database_disk", n))
		atomic_store(&c->disk[DISK_DATABASE], (int)v);
	else if (n == 3 && !strncmp(word, "cut", n))
		atomic_store(&c->cut, (int)v);
	else if (n == 9 && !strncmp(word, "cut_every", n))
		atomic_store(&c->cut_every, (int)v);
	else if (n == 6 && !strncmp(word, "frozen", n))
		atomic_store(&c->frozen, (int)v);
	else
		return 0;
	return 1;
}

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
	struct control *c;

	if (fd < 0 || (argc > 1 && lseek(fd, 0, SEEK_END) < (off_t)sizeof(*c) && ftruncate(fd, sizeof(*c)) != 0))
		return 2;
	c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (c == MAP_FAILED)
		return 2;
	for (int i = 2; i < argc; i++)
		if (!set(c, argv[i])) {
			fprintf(stderr, "faultctl: %s is none\n", argv[i]);
			return 2;
		}
	if (argc == 2)
		printf("commits %ld cuts %ld\n", atomic_load(&c->commits), atomic_load(&c->cuts));
	return 0;
}
