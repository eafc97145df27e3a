/*
 * cbor_float: IEEE 754 numbers in two, four and eight bytes, by their bits.
 *
 * Standard  RFC 8949 sections 3.3, 4.2.1
 * Threads   plain functions
 */
#ifndef IDR_CODEC_CBOR_FLOAT_H
#define IDR_CODEC_CBOR_FLOAT_H

#include "base/bytes.h"

/* The bits of the double with the same value; `head` is the length of the item: 3, 5 or 9. */
uint64_t idr_cbor_float_widen(uint64_t bits, uint8_t head);
/* The shortest item with the value of this double: bits into *out, gives its length 3, 5 or 9. */
uint8_t idr_cbor_float_narrow(uint64_t bits, uint64_t *out);
bool idr_cbor_float_is_shortest(uint64_t bits, uint8_t head);

#endif
