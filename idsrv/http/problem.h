/*
 * problem: idr_err -> status and body in the route's dialect. The only place that maps codes to
 * HTTP. A switch over all codes without default, so that a new code does not compile until mapped.
 *
 * Standard  RFC 9457; RFC 6749 section 5.2, RFC 6750 section 3, RFC 9449 section 7.1;
 *           OpenID4VCI 1.0 section 8.3.1.2; OpenID4VP 1.0 section 8.2
 */
#ifndef IDSRV_HTTP_PROBLEM_H
#define IDSRV_HTTP_PROBLEM_H

#include "http/http_request.h"

unsigned problem_status(enum idr_code code, enum http_dialect dialect);
/* Replace the reply by the refusal. Never shows INTERNAL detail, claims, SQL, paths. */
void problem_reply(struct http_request *r, const struct idr_err *err);

#endif
