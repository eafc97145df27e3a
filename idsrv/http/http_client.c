/*
 * Who is asking, by address, and how often. Where clients connect directly it is their own address;
 * behind a front it is what the front wrote last into its header, and nothing a client can write there.
 * Behind a front that says nothing there is no address to count by: the front has limits of its own.
 */
#include "http/http_internal.h"

#include "sys/clock.h"

enum { CLIENTS = 64 * 1024 };

bool http_client_start(struct http_server *s, struct idr_err *err)
{
	if (!networks_read(s->o.conf->front ? s->o.conf->front : "", s->front, &s->n_front, err))
		return false;
	if (s->o.which != HTTP_PUBLIC || !s->o.conf->address_rate)
		return true;
	s->limit = limit_new(CLIENTS);
	return s->limit || idr_fail(err, IDR_MEMORY, NULL, "out of memory");
}

void http_client_note(struct http_server *s, struct MHD_Connection *mhd, struct http_conn *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *peer = info ? info->client_addr : NULL;
	bool is_unix = !peer || peer->sa_family == AF_UNIX;

	c->is_front = s->n_front && (is_unix || network_has(s->front, s->n_front, peer));
	c->is_direct = !c->is_front && !s->listen.loopback && !is_unix && network_key(peer, &c->address);
}

/* "client, proxy, proxy": each adds at the end, so only the last one is the front's own word. */
static bool forwarded(const struct http_call *c, uint64_t *key)
{
	const char *name = c->server->o.conf->front_header;
	struct idr_bytes text = http_header(&c->r, name), last = text;
	struct sockaddr_storage ss;

	if (http_header_count(&c->r, name) != 1)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == ',')
			last = idr_bytes_from(text, i + 1);
	while (last.n && (last.p[0] == ' ' || last.p[0] == '\t'))
		last = idr_bytes_from(last, 1);
	while (last.n && (last.p[last.n - 1] == ' ' || last.p[last.n - 1] == '\t'))
		last.n--;
	return network_parse(last, &ss) && network_key((const struct sockaddr *)(const void *)&ss, key);
}

static bool known(const struct http_call *c, uint64_t *key)
{
	*key = c->conn->address;
	return c->conn->is_direct || (c->conn->is_front && forwarded(c, key));
}

bool http_client_key(const struct http_request *r, uint64_t *key)
{
	const struct http_call *c = http_call_of(r);

	return c && c->conn && known(c, key);
}

bool http_client_admit(struct http_call *c, struct idr_err *err)
{
	struct http_server *s = c->server;
	uint64_t key;

	if (!s->limit || !known(c, &key))
		return true;
	if (limit_take(s->limit, key, s->o.conf->address_rate, clock_monotonic_us(), &c->r.retry_after_s))
		return true;
	metrics_add(s->o.metrics, METRIC_LIMITED_ADDRESS, 1);
	return idr_fail(err, IDR_TOO_MANY_REQUESTS, "RFC 6585 section 4", "too many requests from one address");
}
