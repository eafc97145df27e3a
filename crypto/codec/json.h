/*
 * json: strict reader over received bytes, and a direct writer.
 *
 * The reader checks everything at once (UTF-8, duplicate names, depth, size, number syntax, no
 * trailing bytes) and leaves a flat list of values that point into the input; nothing is repaired.
 * Values are pointers into that list and live as long as the arena and the input.
 *
 * Standard  RFC 8259; limits of the security brief 3.6
 * Enter at  idr_json_parse(), idr_json_find(); idr_jw_*()
 * Threads   a parsed value is read-only
 */
#ifndef IDR_CODEC_JSON_H
#define IDR_CODEC_JSON_H

#include "base/buf.h"

enum idr_json_type {
	IDR_JSON_NULL, IDR_JSON_FALSE, IDR_JSON_TRUE, IDR_JSON_NUMBER,
	IDR_JSON_STRING, IDR_JSON_ARRAY, IDR_JSON_OBJECT
};

struct idr_json {
	struct idr_bytes raw;  /* the exact bytes of the value in the input */
	struct idr_bytes text; /* strings: the decoded content; otherwise raw */
	uint32_t n;            /* arrays: elements; objects: members */
	uint32_t span;         /* values from here to behind this one, itself included */
	enum idr_json_type type;
};

enum { IDR_JSON_DEPTH = 32 };

/* Parse exactly one value. errors IDR_JSON, IDR_UTF8, IDR_LIMIT. `max` caps the input's length. */
IDR_MUST bool idr_json_parse(struct idr_arena *a, struct idr_bytes in, size_t max,
    const struct idr_json **out, struct idr_err *err);

/* The member's value, or NULL when absent or when `obj` is no object (or NULL). */
const struct idr_json *idr_json_find(const struct idr_json *obj, const char *name);
const struct idr_json *idr_json_find_bytes(const struct idr_json *obj, struct idr_bytes name);
/*
 * Walk an array: v = idr_json_first(arr); v = idr_json_next(arr, v) until NULL.
 * Walk an object: the same gives member NAMES (strings); the value is idr_json_value(name).
 */
const struct idr_json *idr_json_first(const struct idr_json *v);
const struct idr_json *idr_json_next(const struct idr_json *parent, const struct idr_json *v);
static inline const struct idr_json *idr_json_value(const struct idr_json *name)
{
	return name + 1;
}
/* The i-th element of an array, or NULL. */
const struct idr_json *idr_json_at(const struct idr_json *arr, size_t i);

static inline bool idr_json_is(const struct idr_json *v, enum idr_json_type t)
{
	return v && v->type == t;
}
/* A string equal to s; false for NULL and other types. */
bool idr_json_is_str(const struct idr_json *v, const char *s);
static inline bool idr_json_is_bool(const struct idr_json *v)
{
	return v && (v->type == IDR_JSON_TRUE || v->type == IDR_JSON_FALSE);
}
/* An integer, or a real with integral value, within int64. False for anything else. */
bool idr_json_int(const struct idr_json *v, int64_t *out);
/* A NumericDate: a number >= 0, fraction dropped (formats brief 0.1). */
bool idr_json_time(const struct idr_json *v, int64_t *out);
/* Same value: strings by content, numbers by value, arrays and objects deeply, objects unordered. */
bool idr_json_equal(const struct idr_json *a, const struct idr_json *b);

/*
 * Writer: text that is not UTF-8 fails the buffer, as running out of room does.
 * Commas are placed by itself; keys are literals or checked UTF-8.
 */
struct idr_jw {
	struct idr_buf *b;
	bool comma;
};

static inline struct idr_jw idr_jw(struct idr_buf *b)
{
	return (struct idr_jw){ b, false };
}
void idr_jw_open(struct idr_jw *w, char bracket);  /* '{' or '[' */
void idr_jw_close(struct idr_jw *w, char bracket); /* '}' or ']' */
void idr_jw_name(struct idr_jw *w, const char *name);
void idr_jw_name_bytes(struct idr_jw *w, struct idr_bytes name);
void idr_jw_str(struct idr_jw *w, struct idr_bytes text);   /* escaped and quoted */
void idr_jw_cstr(struct idr_jw *w, const char *text);
void idr_jw_int(struct idr_jw *w, int64_t v);
void idr_jw_bool(struct idr_jw *w, bool v);
void idr_jw_null(struct idr_jw *w);
void idr_jw_raw(struct idr_jw *w, struct idr_bytes json);   /* one value, already JSON */
void idr_jw_b64url(struct idr_jw *w, struct idr_bytes in);  /* quoted base64url of bytes */
/* name and value at once */
void idr_jw_put_str(struct idr_jw *w, const char *name, struct idr_bytes text);
void idr_jw_put_cstr(struct idr_jw *w, const char *name, const char *text);
void idr_jw_put_int(struct idr_jw *w, const char *name, int64_t v);
void idr_jw_put_bool(struct idr_jw *w, const char *name, bool v);
void idr_jw_put_raw(struct idr_jw *w, const char *name, struct idr_bytes json);

#endif
