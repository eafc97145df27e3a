/* types_internal: what the files of this room share. */
#ifndef IDR_TYPES_TYPES_INTERNAL_H
#define IDR_TYPES_TYPES_INTERNAL_H

#include "base/text.h"
#include "types/types.h"

/* An assigned ISO 3166-1 alpha-2 code in upper case. */
bool idr_types_is_country(struct idr_bytes code);
/* Burmese in Zawgyi encoding rather than Unicode; `text` is checked UTF-8. */
bool idr_types_is_zawgyi(struct idr_bytes text);

/* A date of which the last parts may be unknown (0). */
struct types_date {
	int year, month, day;
};

/* YYYY, YYYY-MM (only when partial) or YYYY-MM-DD, years 1800 to 2199. */
bool idr_types_date_parse(struct idr_bytes text, bool partial, struct types_date *out);
/* The age that is certain on the UTC day of `now`: reached `age` even when born as late as can be. */
bool idr_types_is_age_over(const struct types_date *birth, int64_t age, int64_t now);

#endif
