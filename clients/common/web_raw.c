#include "common/web.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

enum { CONNECT_S = 10, FIRST_MS = 15000, REST_MS = 250, ANSWER_MAX = 256 * 1024 };

/* Readable, or writable, within so many milliseconds? */
static bool wait_for(curl_socket_t fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, ms) > 0;
}

static void send_all(CURL *c, curl_socket_t fd, struct idr_bytes bytes)
{
	while (bytes.n) {
		size_t sent = 0;
		CURLcode code = curl_easy_send(c, bytes.p, bytes.n, &sent);

		if (code == CURLE_AGAIN ? !wait_for(fd, POLLOUT, FIRST_MS) : code != CURLE_OK)
			return; /* closed in the middle: what it said before is read */
		bytes = idr_bytes_from(bytes, sent);
	}
}

/* Until it closes, or is silent for a moment. TLS may hold bytes that poll() does not see: ask first. */
static void receive_all(CURL *c, curl_socket_t fd, struct idr_buf *b)
{
	char part[16384];

	for (;;) {
		size_t n = 0;
		CURLcode code = curl_easy_recv(c, part, sizeof(part), &n);

		if (code == CURLE_AGAIN && wait_for(fd, POLLIN, b->n ? REST_MS : FIRST_MS))
			continue;
		if (code != CURLE_OK || n == 0 || b->failed)
			return;
		idr_buf_put(b, idr_bytes(part, n));
	}
}

bool web_raw(struct idr_arena *a, const char *url, struct idr_bytes bytes, struct idr_bytes *answer,
    struct idr_err *err)
{
	char text[CURL_ERROR_SIZE] = "";
	CURL *c = curl_easy_init();
	curl_socket_t fd;
	struct idr_buf b;
	CURLcode code;

	if (!c)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	idr_buf_init(&b, a, 4096, ANSWER_MAX);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	web_tls(c);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1); /* no HTTP/2 agreed on by TLS */
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, text);
	code = curl_easy_perform(c);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(c, CURLINFO_ACTIVESOCKET, &fd);
	if (code != CURLE_OK) {
		curl_easy_cleanup(c);
		return idr_fail(err, IDR_NETWORK, NULL, "no connection: %.150s",
		    text[0] ? text : curl_easy_strerror(code));
	}
	send_all(c, fd, bytes);
	receive_all(c, fd, &b);
	curl_easy_cleanup(c);
	*answer = idr_buf_bytes(&b);
	return true;
}
