/*
 * signer_wire: the frames between server and signer child, on a stream socket.
 *
 * request: u32 length, u32 id, u8 purpose, u8 n, n x (u32 length, bytes). reply: u32 length, u32 id,
 * u16 code, u8 n, u8 signature length, then n signatures, or a sentence when code is not IDR_OK.
 * Integers are little endian; length counts what stands behind it.
 */
#ifndef IDSRV_SIGNER_SIGNER_WIRE_H
#define IDSRV_SIGNER_SIGNER_WIRE_H

#include "signer/signer_client.h"

/* A frame holds an offline bundle with the tokens of hundreds of lists. */
enum { WIRE_FRAME_MAX = 64 * 1024 * 1024, WIRE_REPLY_MAX = 4096 };

struct wire_out {
	uint8_t *p;
	size_t n, cap;
	bool failed;
};

void wire_put(struct wire_out *o, const void *p, size_t n);
void wire_put_u32(struct wire_out *o, uint32_t v);
void wire_free(struct wire_out *o);
uint32_t wire_u32(const uint8_t *p);
/* Whole or not at all; false on a closed or broken socket. */
bool wire_write(int fd, const uint8_t *p, size_t n);
bool wire_read(int fd, uint8_t *p, size_t n);
/* Bytes behind the length of a job's frame; SIZE_MAX when there are too many to count. */
size_t wire_job_size(const struct signer_job *job);
/* Append the request frame of a job. */
void wire_put_job(struct wire_out *o, const struct signer_job *job, uint32_t id);
/* A request frame behind its length: fills purpose, items (slices of `frame`), id. */
bool wire_get_job(struct idr_bytes frame, struct signer_job *job, uint32_t *id);
void wire_put_reply(struct wire_out *o, const struct signer_job *job, uint32_t id);
bool wire_get_reply(struct idr_bytes frame, struct signer_job *job, uint32_t *id);

#endif
