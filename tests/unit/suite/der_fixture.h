/*
 * Certificates that our own maker refuses to make: a small DER writer, independent of it. Every
 * field that a test wants wrong is a member of struct der_cert.
 */
#ifndef IDR_TESTS_DER_FIXTURE_H
#define IDR_TESTS_DER_FIXTURE_H

#include "suite/certify.h"
#include "suite_fixture.h"

struct der_cert {
	const char *subject, *issuer;     /* common names */
	const struct idr_key *key;
	const struct idr_private *signer;
	const char *from, *to;            /* YYMMDDhhmmssZ */
	const char *extensions;           /* hex of the content of Extensions, or "" */
};

/* tag, length, content (of several hex texts) */
static inline struct idr_bytes der(int tag, size_t n, const struct idr_bytes *part)
{
	struct idr_bytes out;
	struct idr_buf b;
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += part[i].n;
	idr_buf_init(&b, a, len + 4, len + 4);
	idr_buf_put_byte(&b, (uint8_t)tag);
	if (len > 255)
		idr_buf_put(&b, idr_bytes((uint8_t[]){ 0x82, (uint8_t)(len >> 8) }, 2));
	else if (len > 127)
		idr_buf_put_byte(&b, 0x81);
	idr_buf_put_byte(&b, (uint8_t)len);
	for (size_t i = 0; i < n; i++)
		idr_buf_put(&b, part[i]);
	assert_works(idr_buf_done(&b, &out, &err));
	return out;
}

#define DER(tag, ...) der((tag), sizeof((struct idr_bytes[]){ __VA_ARGS__ }) / sizeof(struct idr_bytes), \
	(struct idr_bytes[]){ __VA_ARGS__ })

/* C=UT, CN=name */
static inline struct idr_bytes der_name(const char *cn)
{
	return DER(0x30, DER(0x31, DER(0x30, hex("0603550406"), DER(0x13, IDR_LIT("UT")))),
	    DER(0x31, DER(0x30, hex("0603550403"), DER(0x0c, idr_str(cn)))));
}

static inline struct idr_bytes der_spki(const struct idr_key *k)
{
	return DER(0x30, DER(0x30, hex("06072a8648ce3d020106082a8648ce3d030107")),
	    DER(0x03, hex("0004"), idr_bytes(k->x, 32), idr_bytes(k->y, 32)));
}

static inline struct idr_bytes der_integer(const uint8_t *v)
{
	return DER(0x02, idr_bytes("", v[0] >> 7), idr_bytes(v, 32));
}

static inline struct idr_bytes der_make(const struct der_cert *c)
{
	struct idr_bytes es256 = hex("300a06082a8648ce3d040302"), ext = { NULL, 0 }, tbs;
	uint8_t sig[96];

	if (c->extensions[0])
		ext = DER(0xa3, DER(0x30, hex(c->extensions)));
	tbs = DER(0x30, hex("a003020102"), hex("02080123456789abcdef"), es256, der_name(c->issuer),
	    DER(0x30, DER(0x17, idr_str(c->from)), DER(0x17, idr_str(c->to))), der_name(c->subject),
	    der_spki(c->key), ext);
	do /* one time in 256 a half begins with nine zero bits, which DER writes shorter */
		assert_works(idr_private_sign(s, c->signer, tbs, sig, &err));
	while (!sig[0] || !sig[32]);
	return DER(0x30, tbs, es256, DER(0x03, hex("00"), DER(0x30, der_integer(sig), der_integer(sig + 32))));
}

/* Extensions as hex; the key identifiers are fixed texts, which RFC 5280 allows. */
#define EXT_CA "300f0603551d130101ff040530030101ff"
#define EXT_CA_PATHLEN0 "30120603551d130101ff040830060101ff020100"
#define EXT_KU_CA "300e0603551d0f0101ff040403020106"
#define EXT_KU_SIGN "300e0603551d0f0101ff040403020780"
#define EXT_SKI_CA "300d0603551d0e0406040401020304"
#define EXT_SKI_LEAF "300d0603551d0e0406040405060708"
#define EXT_AKI_CA "300f0603551d23040830068004" "01020304"
#define EXT_EKU_DS "30150603551d250101ff040b3009060728818c5d050102"
#define EXT_UNKNOWN_CRITICAL "300f06032a03040101ff040504030102" "03"
#define EXT_UNKNOWN "300c06032a0304040504030102" "03"
#define EXT_NAME_CONSTRAINTS "30140603551d1e040d300ba00930078205" "6c6f63616c"

#endif
