/*
 * network: addresses and networks: which are public, which are one client's.
 *
 * Standard  RFC 6890 and the IANA registries of special-purpose addresses
 */
#ifndef IDSRV_SYS_NETWORK_H
#define IDSRV_SYS_NETWORK_H

#include <sys/socket.h>

#include "base/err.h"

enum { NETWORKS_MAX = 32 };
struct network {
	uint8_t address[16];           /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;
};
/* Space-separated addresses and networks: "10.1.0.0/16 ::1". errors IDR_CONFIG */
IDR_MUST bool networks_read(const char *text, struct network *out, size_t *n, struct idr_err *err);
bool network_has(const struct network *list, size_t n, const struct sockaddr *sa);
/* Public, or in one of the networks. */
bool network_is_allowed(const struct sockaddr *sa, const struct network *allowed, size_t n);
bool network_is_loopback(const struct sockaddr *sa);
/* A numeric address as it stands in a header; IPv6 may stand in brackets. */
bool network_parse(struct idr_bytes text, struct sockaddr_storage *out);
/* The same number for all that one client can call from: an IPv4 address, the /64 of an IPv6 one.
 * False for other families. */
bool network_key(const struct sockaddr *sa, uint64_t *key);

#endif
