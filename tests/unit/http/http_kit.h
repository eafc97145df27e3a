/*
 * http_kit: a listener with a small table of routes, and raw sockets to talk to it. What is sent is
 * sent byte for byte, because most of what is tested no HTTP client would send.
 */
#ifndef TESTS_UNIT_HTTP_HTTP_KIT_H
#define TESTS_UNIT_HTTP_HTTP_KIT_H

#include "http/http_server.h"

struct kit {
	struct http_server *server;
	struct conf conf;
	unsigned port;
};

extern const struct http_route kit_routes[];

void kit_start(struct kit *k);
/* With other settings than 15 s and any number of connections from one address. */
void kit_start_as(struct kit *k, int64_t idle_s, int64_t per_address);
/* With what the test has put into k->conf. */
void kit_start_with(struct kit *k);
void kit_stop(struct kit *k);
int kit_connect(const struct kit *k);
void kit_send(int fd, const char *bytes, size_t n);
/* Read until the other side closes, wait_ms pass without a byte, or a whole answer is there. */
size_t kit_read(int fd, char *out, size_t room, int wait_ms);
/* Connect, send, read one answer. Gives the status, 0 when the connection was closed without. */
int kit_ask(const struct kit *k, const char *request, char *answer, size_t room);
int kit_status(const char *answer);
/* Is it closed by the other side within wait_ms? */
bool kit_is_closed(int fd, int wait_ms);

#endif
