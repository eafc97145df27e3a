/*
 * status_index: keyed permutation counter <-> index of a status list; no state.
 *
 * Indexes must be unpredictable and unique (Token Status List section 13.2). A balanced Feistel
 * network over the counter gives both without retries; its inverse finds the row of an index.
 *
 * Threads   plain functions
 */
#ifndef IDR_STATUS_STATUS_INDEX_H
#define IDR_STATUS_STATUS_INDEX_H

#include "base/bytes.h"

enum { IDR_STATUS_KEY = 16 };

/* entries: a power of two, 2^8 to 2^32. counter and index are below it. */
uint32_t idr_status_index(const uint8_t key[IDR_STATUS_KEY], uint32_t log2_entries, uint32_t counter);
uint32_t idr_status_counter(const uint8_t key[IDR_STATUS_KEY], uint32_t log2_entries, uint32_t index);

#endif
