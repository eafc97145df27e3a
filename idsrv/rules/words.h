/*
 * words: what pages say, in every language we ship (schema/pages/words.json), and which language somebody
 * wants.
 *
 * Standard  our format, schema/pages/README.md; RFC 5646 (tags), RFC 9110 section 12.5.4 (Accept-Language)
 * Enter at  words_parse(), words_get(), words_choose()
 * Threads   read-only once parsed
 */
#ifndef IDSRV_SYS_WORDS_H
#define IDSRV_SYS_WORDS_H

#include "codec/json.h"

struct words;

enum { WORDS_LANGUAGES_MAX = 32 };

/* At least one language; every phrase is said in the first one. errors IDR_CONFIG */
IDR_MUST bool words_parse(struct idr_arena *a, struct idr_bytes file, const struct words **out,
    struct idr_err *err);
size_t words_languages(const struct words *w);
/* "km" and "ភាសាខ្មែរ" of the i-th. */
struct idr_bytes words_locale(const struct words *w, size_t i);
struct idr_bytes words_name(const struct words *w, size_t i);
/* The phrase in language i, else in the first one; the key itself when there is no such phrase. */
struct idr_bytes words_get(const struct words *w, size_t i, const char *key);
/*
 * A text that a type's file gives by locale: {"en":"Full name","km":"..."}; else the first language's,
 * else `fallback`.
 */
struct idr_bytes words_label(const struct words *w, size_t i, const struct idr_json *by_locale,
    struct idr_bytes fallback);

/* The language a tag means, by its first subtag: "zh-Hant-TW" is zh. */
bool words_find(const struct words *w, struct idr_bytes tag, size_t *i);
/*
 * The first of `ui_locales` (tags with blanks between) that we speak, else the one that `accept` (the header
 * Accept-Language) weighs most, else the first of all. Never fails: what is malformed is passed over.
 */
size_t words_choose(const struct words *w, struct idr_bytes ui_locales, struct idr_bytes accept);

#endif
