/*
 * log: JSON lines on stderr, one per request or event, typed fields, never free text from outside.
 *
 * There is no formatter for secrets or claims: fields are numbers, published codes, and names that
 * we gave ourselves (route, type id, list number). Control bytes are escaped.
 *
 * Enter at  log_begin(), log_str(), log_int(), log_end()
 * Threads   each line is built on the stack and written with one write(2)
 */
#ifndef IDSRV_SYS_LOG_H
#define IDSRV_SYS_LOG_H

#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO };

struct log_line {
	char text[1024];
	size_t n;
	enum log_level level;
};

void log_set_level(enum log_level level);
/* event: a literal such as "request", "signer_gone" */
void log_begin(struct log_line *l, enum log_level level, const char *event);
void log_str(struct log_line *l, const char *name, const char *value); /* our own words only */
void log_int(struct log_line *l, const char *name, int64_t value);
void log_ms(struct log_line *l, const char *name, int64_t us); /* milliseconds, three decimals */
void log_err(struct log_line *l, const struct idr_err *err); /* code, clause, at; msg too */
void log_end(struct log_line *l);
/* One line with an error. */
void log_error(const char *event, const struct idr_err *err);

#endif
