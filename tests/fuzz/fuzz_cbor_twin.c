/*
 * cbor_twin: our CBOR reader beside libcbor, which runs in a child (second/cbor_second.c). What we take
 * it takes, with the same values.
 *
 * Allowed differences, and no others: we stop at IDR_CBOR_DEPTH levels and refuse text that is not
 * UTF-8, a key that stands twice, and a key of indefinite length; libcbor knows no simple values but
 * false, true, null, undefined, and no tags from 6 to 20 in one byte. When the child dies it had no opinion,
 * and another is started.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec/cbor_float.h"
#include "codec/cbor_read.h"
#include "fuzz/fuzzkit.h"

enum { KEY_ALIKE = 16, REFUSED = 0xff, ANSWER_MAX = 8 << 20 };

static int child = -1;
static pid_t child_pid;

/* It stands beside this program. */
static void start(void)
{
	int pair[2];
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);

	fuzz_check(n > 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	path[n] = '\0';
	snprintf(strrchr(path, '/'), 32, "/cbor_second");
	signal(SIGPIPE, SIG_IGN);
	child_pid = fork();
	if (child_pid == 0) {
		dup2(pair[1], 0);
		dup2(pair[1], 1);
		close(pair[0]);
		close(pair[1]);
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	fuzz_check(child_pid > 0);
	close(pair[1]);
	child = pair[0];
}

static void ended(void)
{
	int status = 0;

	close(child);
	waitpid(child_pid, &status, 0);
	child = -1;
	fuzz_check(!WIFEXITED(status) || WEXITSTATUS(status) != 127); /* it could not be started */
}

static bool receive(uint8_t *p, size_t n)
{
	while (n) {
		ssize_t k = read(child, p, n);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* What libcbor says: its first byte is REFUSED or flags. False: no opinion. */
static bool ask(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out)
{
	uint32_t n = (uint32_t)in.n;
	struct idr_err err;
	uint8_t *p = NULL;
	bool ok;

	if (child < 0)
		start();
	ok = write(child, &n, sizeof(n)) == sizeof(n) && (!n || write(child, in.p, n) == n) &&
	    receive((uint8_t *)&n, sizeof(n)) && n > 0 && n < ANSWER_MAX &&
	    (p = idr_arena_alloc(a, n, &err)) != NULL && receive(p, n);
	if (!ok) {
		ended();
		return false;
	}
	*out = idr_bytes(p, n);
	return true;
}

static void put_token(struct idr_buf *b, char letter, uint64_t v)
{
	idr_buf_put_byte(b, (uint8_t)letter);
	idr_buf_put(b, idr_bytes(&v, sizeof(v)));
}

static bool is_known_there(struct idr_cbor v)
{
	if (v.type == IDR_CBOR_SIMPLE)
		return v.arg >= 20 && v.arg <= 23 && v.head == 1;
	return v.type != IDR_CBOR_TAG || v.head > 1 || v.arg < 6 || v.arg > 20;
}

/* The same tokens from our reader. *known is cleared by what libcbor does not know. */
static void put_item(struct idr_arena *a, struct idr_buf *b, struct idr_cbor v, bool *known)
{
	static const char letter[] = { [IDR_CBOR_UINT] = 'u', [IDR_CBOR_NINT] = 'n', [IDR_CBOR_BYTES] = 'b',
		[IDR_CBOR_TEXT] = 't', [IDR_CBOR_ARRAY] = 'a', [IDR_CBOR_MAP] = 'm', [IDR_CBOR_TAG] = 'g',
		[IDR_CBOR_SIMPLE] = 's', [IDR_CBOR_FLOAT] = 'f' };
	struct idr_bytes s = { NULL, 0 };
	uint64_t value = v.arg;
	struct idr_err err;

	if (v.type == IDR_CBOR_BYTES || v.type == IDR_CBOR_TEXT) {
		fuzz_check(idr_cbor_string(a, v, &s, &err));
		value = s.n;
	} else if (v.type == IDR_CBOR_ARRAY || v.type == IDR_CBOR_MAP) {
		value = idr_cbor_count(v);
	} else if (v.type == IDR_CBOR_FLOAT) {
		value = idr_cbor_float_widen(v.arg, v.head);
		if ((value & INT64_MAX) > UINT64_C(0x7ff0000000000000))
			value = UINT64_C(0x7ff8000000000000);
	}
	*known = *known && is_known_there(v);
	put_token(b, letter[v.type], value);
	idr_buf_put(b, s);
	for (struct idr_cbor c = idr_cbor_first(v); c.raw.n; c = idr_cbor_next(v, c))
		put_item(a, b, c, known);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(64 << 20);
	struct idr_bytes in = idr_bytes(data, size), theirs;
	bool known = true, ours;
	struct idr_cbor v;
	struct idr_err err;
	struct idr_buf b;

	ours = idr_cbor_check(a, in, IDR_CBOR_ANY, &v, &err);
	if (!ask(a, in, &theirs)) {
		idr_arena_free(&a);
		return 0;
	}
	idr_buf_init(&b, a, 4096, ANSWER_MAX);
	if (ours)
		put_item(a, &b, v, &known);
	if (ours && theirs.p[0] == REFUSED)
		fuzz_check(!known);
	else if (ours)
		fuzz_check(!(theirs.p[0] & ~KEY_ALIKE) && !b.failed &&
		    idr_bytes_equal(idr_buf_bytes(&b), idr_bytes_from(theirs, 1)));
	else
		fuzz_check(theirs.p[0] != 0); /* refused too, or it is known what we mind */
	idr_arena_free(&a);
	return 0;
}
