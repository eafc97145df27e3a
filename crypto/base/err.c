#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	const char *name;
	const char *sentence;
	const char *next;
	enum idr_kind kind;
} codes[IDR_CODE_COUNT] = {
#define X(NAME, name, KIND, sentence, next) [IDR_##NAME] = { name, sentence, next, IDR_KIND_##KIND },
#include "base/err.def"
#undef X
};

const char *idr_code_name(enum idr_code code)
{
	return code < IDR_CODE_COUNT ? codes[code].name : "internal";
}

enum idr_kind idr_code_kind(enum idr_code code)
{
	return code < IDR_CODE_COUNT ? codes[code].kind : IDR_KIND_INTERNAL;
}

const char *idr_code_sentence(enum idr_code code)
{
	return code < IDR_CODE_COUNT ? codes[code].sentence : "";
}

const char *idr_code_next(enum idr_code code)
{
	return code < IDR_CODE_COUNT ? codes[code].next : "";
}

enum idr_code idr_code_find(struct idr_bytes name)
{
	for (int i = 0; i < IDR_CODE_COUNT; i++)
		if (idr_bytes_is(name, codes[i].name))
			return (enum idr_code)i;
	return IDR_CODE_COUNT;
}

bool idr_fail_at(struct idr_err *err, const char *at, enum idr_code code, const char *ref,
    const char *fmt, ...)
{
	char msg[sizeof(err->msg)]; /* err->msg itself may be an argument */
	va_list ap;

	err->code = code;
	err->ref = ref;
	err->at = at;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	memcpy(err->msg, msg, sizeof(msg));
	return false;
}
