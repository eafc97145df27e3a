#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "idctl/ctl_print.h"

/*
 * idprint draws, in a process that was given neither token nor address. Messages:
 * clients/idprint/idprint.c.
 */

enum { PATH_BYTES = 4096, ANSWER_MAX = 4096 };

extern char **environ;

static bool spawn(struct ctl_pen *p, const char *path, int in, int out, int lock, struct idr_err *err)
{
	char name[] = "idprint";
	char *argv[] = { name, NULL };
	posix_spawn_file_actions_t actions;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	/* the record stays locked while a page is drawn, even when this program is killed */
	if (lock >= 0)
		posix_spawn_file_actions_adddup2(&actions, lock, STDERR_FILENO + 1);
	rc = posix_spawnp(&p->pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return rc == 0 || idr_fail(err, IDR_FILE, NULL,
	    "idprint, which draws the pages, cannot be started: %s; it stands "
	    "beside idctl or in PATH", strerror(rc));
}

bool ctl_pen_open(struct ctl_pen *p, int lock, struct idr_err *err)
{
	char path[PATH_BYTES];
	int to[2], from[2];
	bool ok;

	*p = (struct ctl_pen){ .pid = -1 };
	if (pipe2(to, O_CLOEXEC) != 0)
		return idr_fail(err, IDR_FILE, NULL, "no pipe: %s", strerror(errno));
	if (pipe2(from, O_CLOEXEC) != 0) {
		close(to[0]);
		close(to[1]);
		return idr_fail(err, IDR_FILE, NULL, "no pipe: %s", strerror(errno));
	}
	/* idprint gone is an answer that does not come, not the end of this program */
	signal(SIGPIPE, SIG_IGN);
	ok = spawn(p, ctl_beside("idprint", path, sizeof(path)), to[0], from[1], lock, err);
	close(to[0]);
	close(from[1]);
	p->to = fdopen(to[1], "we");
	p->from = fdopen(from[0], "re");
	return ok && p->to && p->from;
}

static bool answer(struct ctl_pen *p, struct idr_arena *a, struct idr_err *err)
{
	const struct idr_json *doc, *code, *message;
	char line[ANSWER_MAX];
	enum idr_code known;

	if (!fgets(line, sizeof(line), p->from))
		return idr_fail(err, IDR_FILE, NULL, "idprint, which draws the pages, ended without an answer");
	if (!idr_json_parse(a, idr_str(line), ANSWER_MAX, &doc, err))
		return false;
	code = idr_json_find(doc, "code");
	message = idr_json_find(doc, "message");
	known = idr_json_is(code, IDR_JSON_STRING) ? idr_code_find(code->text) : IDR_CODE_COUNT;
	if (known == IDR_OK)
		return true;
	return idr_fail(err, known < IDR_CODE_COUNT ? known : IDR_INTERNAL, NULL, "%.*s",
	    idr_json_is(message, IDR_JSON_STRING) ? (int)message->text.n : 0,
	    idr_json_is(message, IDR_JSON_STRING) ? (const char *)message->text.p : "");
}

bool ctl_pen_send(struct ctl_pen *p, struct idr_arena *a, struct idr_bytes message, struct idr_err *err)
{
	if (fprintf(p->to, "%zu\n", message.n) < 0 || fwrite(message.p, 1, message.n, p->to) != message.n ||
	    fflush(p->to) != 0)
		return answer(p, a, err) && idr_fail(err, IDR_FILE, NULL, "idprint does not listen any more");
	return answer(p, a, err);
}

bool ctl_pen_close(struct ctl_pen *p, struct idr_arena *a, bool whole, struct idr_err *err)
{
	bool ok = true;

	if (p->to && p->from && whole)
		ok = ctl_pen_send(p, a, IDR_LIT("{\"end\":true}"), err);
	if (p->to)
		fclose(p->to);
	if (p->from)
		fclose(p->from);
	if (p->pid > 0)
		waitpid(p->pid, NULL, 0);
	*p = (struct ctl_pen){ .pid = -1 };
	return ok;
}
