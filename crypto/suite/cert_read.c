/*
 * Certificates as OpenSSL has them, kept by the suite: reading one costs as much as two verifications, most
 * of it its public key, and a path reads its leaf twice and its anchors for every message.
 */
#include "suite/cert.h"
#include "suite/suite_internal.h"

static struct idr_read_cert *find(struct idr_suite *s, const uint8_t sha256[32])
{
	for (size_t i = 0; i < IDR_READ_CERTS; i++)
		if (s->read[i].x509 && memcmp(s->read[i].sha256, sha256, 32) == 0)
			return &s->read[i];
	return NULL;
}

/* The one that was not asked for the longest: anchors are asked for with every path. */
static struct idr_read_cert *oldest(struct idr_suite *s)
{
	struct idr_read_cert *old = &s->read[0];

	for (size_t i = 1; i < IDR_READ_CERTS; i++)
		if (s->read[i].used < old->used)
			old = &s->read[i];
	return old;
}

X509 *idr_suite_x509(struct idr_suite *s, struct idr_bytes der)
{
	const unsigned char *p = der.p;
	struct idr_read_cert *c;
	uint8_t sha256[32];
	X509 *x;

	if (!der.n || der.n > IDR_CERT_MAX)
		return NULL;
	idr_suite_hash(s, IDR_SHA256, der, sha256);
	c = find(s, sha256);
	if (!c) {
		x = d2i_X509(NULL, &p, (long)der.n);
		if (!x || p != der.p + der.n) {
			X509_free(x);
			return NULL;
		}
		c = oldest(s);
		X509_free(c->x509);
		*c = (struct idr_read_cert){ .x509 = x };
		memcpy(c->sha256, sha256, 32);
	}
	c->used = ++s->reads;
	return X509_up_ref(c->x509) ? c->x509 : NULL;
}

void idr_suite_x509_is_sound(struct idr_suite *s, struct idr_bytes der)
{
	struct idr_read_cert *c;
	uint8_t sha256[32];

	idr_suite_hash(s, IDR_SHA256, der, sha256);
	c = find(s, sha256);
	if (c)
		c->sound = true;
}

static void drop(struct idr_read_cert *c)
{
	X509_free(c->x509);
	*c = (struct idr_read_cert){ .x509 = NULL };
}

void idr_suite_x509_forget(struct idr_suite *s)
{
	for (size_t i = 0; i < IDR_READ_CERTS; i++)
		if (!s->read[i].sound)
			drop(&s->read[i]);
}

void idr_suite_x509_free(struct idr_suite *s)
{
	for (size_t i = 0; i < IDR_READ_CERTS; i++)
		drop(&s->read[i]);
}
