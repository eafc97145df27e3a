/*
 * login_html: the one place where text becomes HTML.
 *
 * What comes from outside goes through login_html_text() and nothing else; literals of ours are put as
 * they are. The escapes hold in element content and in attribute values between double quotes, the only
 * two places it is used in.
 *
 * Standard  HTML, sections 13.1.2.3 and 13.3 (attribute values, escaping a string)
 */
#ifndef IDSRV_LOGIN_LOGIN_HTML_H
#define IDSRV_LOGIN_LOGIN_HTML_H

#include "base/buf.h"

/* Escaped; a control character is shown as U+FFFD, and so is one that turns the direction of what
 * follows. Text that is not UTF-8 fails the buffer. */
void login_html_text(struct idr_buf *b, struct idr_bytes text);

#endif
