#include "sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/log.h"

/* ---- who we are ---- */

bool sandbox_user(const struct conf *c, unsigned *uid, unsigned *gid, const char **name)
{
	const struct passwd *pw = NULL;

	if (geteuid() != 0)
		return false;
	if (c->user && c->user[0])
		pw = getpwnam(c->user);
	else if (!(pw = getpwnam("idsrv")) && c->mode == CONF_DEMO)
		pw = getpwnam("postgres");
	if (!pw || pw->pw_uid == 0)
		return false;
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	*name = pw->pw_name;
	return true;
}

bool sandbox_drop_privileges(const struct conf *c, struct idr_err *err)
{
	unsigned uid, gid;
	const char *name;

	if (geteuid() != 0)
		return true;
	if (!sandbox_user(c, &uid, &gid, &name))
		return idr_fail(err, IDR_CONFIG, NULL,
		    "started as root, and there is no user to become: create the user idsrv or set `user`");
	if (initgroups(name, (gid_t)gid) != 0 || setgid((gid_t)gid) != 0 || setuid((uid_t)uid) != 0)
		return idr_fail(err, IDR_CONFIG, NULL, "cannot become the user %s: %s", name, strerror(errno));
	if (setuid(0) == 0)
		return idr_fail(err, IDR_INTERNAL, NULL, "root was not given up");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return true;
}

void sandbox_no_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#ifndef IDR_ASAN
	/* the leak checker of the sanitizer needs to look at its own process */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* ---- Landlock: raw system calls, Debian 12 has no wrapper ---- */

static int landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* From Linux 6.2 on; before, truncate() asks for file modes only. Younger than Debian 12's headers. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

static uint64_t truncation(void)
{
	return landlock_abi() >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0;
}

#define ACCESS_READ (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_V1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

static void allow(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};

	/* What does not exist needs no permission. */
	if (rule.parent_fd < 0)
		return;
	if (access & LANDLOCK_ACCESS_FS_WRITE_FILE)
		rule.allowed_access |= truncation();
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

static int ruleset_new(void)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = ACCESS_V1 | truncation() };

	if (landlock_abi() < 1) {
		struct log_line l;

		log_begin(&l, LOG_WARN, "landlock_absent");
		log_end(&l);
		return -1;
	}
	return (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
}

static bool enforce(int ruleset, struct idr_err *err)
{
	bool ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;

	close(ruleset);
	return ok ? true : idr_fail(err, IDR_INTERNAL, NULL, "Landlock refused: %s", strerror(errno));
}

/* What PostgreSQL, the resolver and the C library read. The keys lie in none of these. */
static void allow_system(int ruleset)
{
	static const char *const system[] = { "/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/dev",
		"/proc", "/sys", "/run" };

	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		allow(ruleset, system[i], ACCESS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE);
}

/* The directory of trust and certificates, unless the private keys lie in it too. */
static void allow_trust(int ruleset, const struct conf *c)
{
	const char *slash = strrchr(c->trust_file, '/');
	size_t n = slash ? (size_t)(slash - c->trust_file) : 0;
	char dir[4096];

	if (n && n < sizeof(dir) && (strlen(c->key_dir) != n || strncmp(c->key_dir, c->trust_file, n) != 0)) {
		memcpy(dir, c->trust_file, n);
		dir[n] = '\0';
		allow(ruleset, dir, LANDLOCK_ACCESS_FS_READ_FILE);
	}
}

/* Besides state_dir: PostgreSQL and the C library want them. */
static const char *const scratch[] = { "/tmp", "/dev/shm" };
enum { SCRATCH = sizeof(scratch) / sizeof(scratch[0]) };

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || !path[n]);
}

bool sandbox_may_write(const struct conf *c, const char *path)
{
	bool may = is_below(path, c->state_dir);

	for (size_t i = 0; i < SCRATCH; i++)
		may |= is_below(path, scratch[i]);
	return may;
}

bool sandbox_server(const struct conf *c, struct idr_err *err)
{
	int ruleset = ruleset_new();

	if (ruleset < 0)
		return true;
	allow_system(ruleset);
	allow(ruleset, c->state_dir, ACCESS_V1);
	for (size_t i = 0; i < SCRATCH; i++)
		allow(ruleset, scratch[i], ACCESS_V1);
	allow(ruleset, c->schema_dir, ACCESS_READ);
	allow_trust(ruleset, c);
	if (c->operators_file && c->operators_file[0])
		allow(ruleset, c->operators_file, LANDLOCK_ACCESS_FS_READ_FILE);
	if (c->clients_file && c->clients_file[0])
		allow(ruleset, c->clients_file, LANDLOCK_ACCESS_FS_READ_FILE);
	return enforce(ruleset, err);
}

/* ---- seccomp: the signer ---- */

static bool signer_seccomp(struct idr_err *err)
{
#ifdef IDR_ASAN
	struct log_line l;

	(void)err;
	log_begin(&l, LOG_WARN, "seccomp_off_under_sanitizer");
	log_end(&l);
	return true;
#else
	static const int allowed[] = {
		SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(recvmsg),
		SCMP_SYS(sendmsg), SCMP_SYS(futex), SCMP_SYS(exit_group), SCMP_SYS(exit), SCMP_SYS(brk),
		SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(getrandom),
		SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(close),
		SCMP_SYS(fcntl), SCMP_SYS(newfstatat), SCMP_SYS(fstat), SCMP_SYS(lseek), SCMP_SYS(getpid),
		SCMP_SYS(gettid), SCMP_SYS(pwrite64), SCMP_SYS(pread64), SCMP_SYS(fdatasync),
		SCMP_SYS(mprotect), SCMP_SYS(sched_yield), SCMP_SYS(tgkill),
	};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool ok = f != NULL;

	for (size_t i = 0; ok && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
	ok = ok && seccomp_load(f) == 0;
	if (f)
		seccomp_release(f);
	return ok ? true : idr_fail(err, IDR_INTERNAL, NULL, "the signer's system call filter did not load");
#endif
}

bool sandbox_signer(struct idr_err *err)
{
	int ruleset = ruleset_new();

	if (ruleset >= 0 && !enforce(ruleset, err))
		return false;
	return signer_seccomp(err);
}
