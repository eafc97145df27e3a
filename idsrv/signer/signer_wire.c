#include "signer/signer_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/secret.h"

void wire_put(struct wire_out *o, const void *p, size_t n)
{
	if (!o->failed && n > o->cap - o->n) {
		size_t cap = (o->n + n) * 2;
		uint8_t *grown = realloc(o->p, cap);

		o->failed = !grown;
		if (grown) {
			o->p = grown;
			o->cap = cap;
		}
	}
	if (o->failed || !n)
		return;
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

void wire_put_u32(struct wire_out *o, uint32_t v)
{
	const uint8_t b[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	wire_put(o, b, 4);
}

void wire_free(struct wire_out *o)
{
	/* to-be-signed bytes are a citizen's data */
	if (o->p)
		idr_wipe(o->p, o->n);
	free(o->p);
	memset(o, 0, sizeof(*o));
}

uint32_t wire_u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool wire_write(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

bool wire_read(int fd, uint8_t *p, size_t n)
{
	while (n) {
		ssize_t k = read(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

size_t wire_job_size(const struct signer_job *job)
{
	size_t length = 6;

	for (size_t i = 0; i < job->n; i++) {
		if (job->item[i].n > WIRE_FRAME_MAX)
			return SIZE_MAX;
		length += 4 + job->item[i].n;
	}
	return length;
}

void wire_put_job(struct wire_out *o, const struct signer_job *job, uint32_t id)
{
	const uint8_t head[2] = { (uint8_t)job->purpose, (uint8_t)job->n };

	wire_put_u32(o, (uint32_t)wire_job_size(job));
	wire_put_u32(o, id);
	wire_put(o, head, 2);
	for (size_t i = 0; i < job->n; i++) {
		wire_put_u32(o, (uint32_t)job->item[i].n);
		wire_put(o, job->item[i].p, job->item[i].n);
	}
}

bool wire_get_job(struct idr_bytes f, struct signer_job *job, uint32_t *id)
{
	if (f.n < 6 || f.p[5] == 0 || f.p[5] > SIGNER_ITEMS_MAX || f.p[4] >= SIGNER_PURPOSES)
		return false;
	memset(job, 0, sizeof(*job));
	*id = wire_u32(f.p);
	job->purpose = (enum signer_purpose)f.p[4];
	job->n = f.p[5];
	f = idr_bytes_from(f, 6);
	for (size_t i = 0; i < job->n; i++) {
		size_t n = f.n < 4 ? SIZE_MAX : wire_u32(f.p);

		if (f.n < 4 || n > f.n - 4)
			return false;
		job->item[i] = idr_bytes(f.p + 4, n);
		f = idr_bytes_from(f, 4 + n);
	}
	return f.n == 0;
}

void wire_put_reply(struct wire_out *o, const struct signer_job *job, uint32_t id)
{
	enum idr_code code = job->ok ? IDR_OK : job->err.code;
	size_t n = job->ok ? job->n : 0, text = job->ok ? 0 : strlen(job->err.msg);
	const uint8_t head[4] = { (uint8_t)code, (uint8_t)(code >> 8), (uint8_t)n,
		(uint8_t)job->signature_len };

	wire_put_u32(o, (uint32_t)(8 + n * job->signature_len + text));
	wire_put_u32(o, id);
	wire_put(o, head, 4);
	for (size_t i = 0; i < n; i++)
		wire_put(o, job->signature[i], job->signature_len);
	wire_put(o, job->err.msg, text);
}

bool wire_get_reply(struct idr_bytes f, struct signer_job *job, uint32_t *id)
{
	size_t n, len;
	unsigned code;

	if (f.n < 8)
		return false;
	*id = wire_u32(f.p);
	code = f.p[4] | (unsigned)f.p[5] << 8;
	n = f.p[6];
	len = f.p[7];
	f = idr_bytes_from(f, 8);
	job->ok = code == IDR_OK;
	if (!job->ok) {
		if (code >= IDR_CODE_COUNT)
			return false;
		return !idr_fail(&job->err, (enum idr_code)code, NULL, "%.*s", (int)(f.n < 180 ? f.n : 180),
		    (const char *)f.p);
	}
	if (n != job->n || len > SIGNER_SIGNATURE || f.n != n * len)
		return false;
	job->signature_len = len;
	for (size_t i = 0; i < n; i++)
		memcpy(job->signature[i], f.p + i * len, len);
	return true;
}
