/*
 * proximity: the reader of an mdoc face to face: the phone's QR, the session, what is asked.
 *
 * A kiosk brings the radio, an ephemeral key (suite/sign.h) and the clock; this room turns the phone's bytes
 * into a transcript, session keys and plaintext. The answer is judged by idr_verify() with that transcript.
 *
 *	idr_engagement_read(qr) -> idr_proximity_transcript() -> idr_private_agree() -> idr_session_start()
 *	idr_items_request() -> idr_reader_auth_bytes(), signed -> idr_device_request() -> idr_session_seal()
 *	-> idr_session_establishment() ... idr_session_message() -> idr_session_open() -> idr_mdoc_split(), and for
 *	each document: idr_mdoc_device_key() -> idr_private_agree() -> idr_session_mac_key() -> idr_verify()
 *
 * Standard  ISO/IEC 18013-5 sections 8.2.1, 8.3.2.1.2.1, 9.1.1, 9.1.4
 * Not here  radio (NFC, BLE), the handover of NFC, the verdict (verify/), private keys (suite/sign.h)
 * Threads   a session has one owner at a time
 */
#ifndef IDR_PROXIMITY_PROXIMITY_H
#define IDR_PROXIMITY_PROXIMITY_H

#include "cose/sign1.h"
#include "trust/trust.h"

enum {
	IDR_ENGAGEMENT_MAX = 4096,
	IDR_RETRIEVALS = 8,
	IDR_MESSAGE_MAX = 512 * 1024, /* one message of a session */
	IDR_ASKED_MAX = 128,          /* elements of one request */
	IDR_DOC_REQUESTS = 8
};

/* ---- engagement.c ---- */

/* A way to the phone: 1 NFC, 2 BLE, 3 Wi-Fi Aware; what the options mean is the radio's. */
struct idr_retrieval {
	uint64_t type, version;
	struct idr_cbor options;       /* raw.n == 0 when absent */
};

struct idr_engagement {
	struct idr_bytes cbor;         /* DeviceEngagement, byte for byte */
	struct idr_key key;            /* EDeviceKey */
	struct idr_retrieval retrieval[IDR_RETRIEVALS];
	size_t n_retrieval;
};

/* "mdoc:" and base64url, or the CBOR itself. errors IDR_MALFORMED, IDR_LIMIT, IDR_VERSION, IDR_ALGORITHM
 * (another cipher suite than 1), IDR_KEY */
IDR_MUST bool idr_engagement_read(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in,
    struct idr_engagement *out, struct idr_err *err);
/* EReaderKeyBytes: the tag 24 item of a public key. */
IDR_MUST bool idr_reader_key_bytes(struct idr_arena *a, const struct idr_key *key, struct idr_bytes *out,
    struct idr_err *err);
/* SessionTranscript: engagement and key as they went over the wire; `handover` is CBOR, empty stands for the
 * null of a QR. */
IDR_MUST bool idr_proximity_transcript(struct idr_arena *a, struct idr_bytes engagement,
    struct idr_bytes reader_key_bytes, struct idr_bytes handover, struct idr_bytes *out, struct idr_err *err);

/* ---- session.c ---- */

struct idr_session {
	uint8_t reader_key[32], device_key[32]; /* SKReader, SKDevice */
	uint8_t salt[32];                       /* SHA-256 of SessionTranscriptBytes */
	uint32_t sealed, opened;                /* messages so far, each way */
	bool is_reader;                         /* our side */
	bool ended;                             /* nothing more is sealed or opened */
};

/* `z` is the ECDH secret of both ephemeral keys. */
IDR_MUST bool idr_session_start(struct idr_suite *s, struct idr_arena *a, struct idr_bytes transcript,
    const struct idr_secret *z, bool is_reader, struct idr_session *out, struct idr_err *err);
void idr_session_clear(struct idr_session *x);
/* The next message of ours, tag behind it. errors IDR_CRYPTO, IDR_LIMIT */
IDR_MUST bool idr_session_seal(struct idr_suite *s, struct idr_arena *a, struct idr_session *x,
    struct idr_bytes plain, struct idr_bytes *out, struct idr_err *err);
/* The next message of theirs. One that does not open ends the session. errors IDR_DECRYPT, IDR_LIMIT */
IDR_MUST bool idr_session_open(struct idr_suite *s, struct idr_arena *a, struct idr_session *x,
    struct idr_bytes sealed, struct idr_bytes *plain, struct idr_err *err);
/* EMacKey; `z` is the ECDH secret of the reader's ephemeral key and the deviceKey of the document. */
IDR_MUST bool idr_session_mac_key(struct idr_suite *s, const struct idr_session *x,
    const struct idr_secret *z, uint8_t out[32], struct idr_err *err);

enum idr_session_status { IDR_SESSION_NONE = 0, IDR_SESSION_ENCRYPTION = 10, IDR_SESSION_CBOR = 11,
	IDR_SESSION_END = 20 };

/* SessionEstablishment or SessionData taken apart. */
struct idr_session_message {
	struct idr_bytes reader_key_bytes; /* tag 24 item; p == NULL in SessionData */
	struct idr_key reader_key;
	struct idr_bytes data;             /* p == NULL when absent */
	uint64_t status;                   /* IDR_SESSION_NONE when absent */
};
IDR_MUST bool idr_session_message(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in,
    struct idr_session_message *out, struct idr_err *err);
IDR_MUST bool idr_session_establishment(struct idr_arena *a, struct idr_bytes reader_key_bytes,
    struct idr_bytes data, struct idr_bytes *out, struct idr_err *err);
/* data.p == NULL: none; IDR_SESSION_NONE: no status. */
IDR_MUST bool idr_session_data(struct idr_arena *a, struct idr_bytes data, enum idr_session_status status,
    struct idr_bytes *out, struct idr_err *err);

/* ---- request.c ---- */

struct idr_asked {
	struct idr_bytes namespace, element;
	bool retain;                       /* intent to keep it */
};

/* ItemsRequestBytes: a tag 24 item. Elements of one namespace stand together. errors IDR_LIMIT */
IDR_MUST bool idr_items_request(struct idr_arena *a, struct idr_bytes doctype, const struct idr_asked *asked,
    size_t n, struct idr_bytes *out, struct idr_err *err);
/* ReaderAuthenticationBytes: the detached payload that the reader signs. */
IDR_MUST bool idr_reader_auth_bytes(struct idr_arena *a, struct idr_bytes transcript,
    struct idr_bytes items_request, struct idr_bytes *out, struct idr_err *err);

/* One document asked for; signature.p == NULL: without reader authentication. */
struct idr_doc_request {
	struct idr_bytes items_request;
	struct idr_bytes protected_map;    /* {1: alg}, as it was signed */
	const struct idr_bytes *chain_der;
	size_t n_chain;                    /* anchor excluded */
	struct idr_bytes signature;
};
/* DeviceRequest, version 1.0. */
IDR_MUST bool idr_device_request(struct idr_arena *a, const struct idr_doc_request *doc, size_t n,
    struct idr_bytes *out, struct idr_err *err);

/* The same read, as a phone does. */
struct idr_device_request {
	struct {
		struct idr_bytes items_request;
		struct idr_bytes doctype;
		struct idr_asked *asked;
		size_t n_asked;
		struct idr_sign1 reader_auth; /* raw.n == 0 when absent */
	} doc[IDR_DOC_REQUESTS];
	size_t n_doc;
};
/* errors IDR_MALFORMED, IDR_VERSION, IDR_LIMIT and those of idr_sign1_parse() */
IDR_MUST bool idr_device_request_read(struct idr_arena *a, struct idr_bytes in,
    struct idr_device_request *out, struct idr_err *err);
/* Who asks? The chain to a reader anchor, then the signature over our own transcript.
 * errors IDR_TRUST and the chain codes, IDR_ALGORITHM, IDR_SIGNATURE, IDR_MALFORMED (a payload of its own) */
IDR_MUST bool idr_reader_auth_verify(struct idr_suite *s, struct idr_arena *a, const struct idr_trust *t,
    const struct idr_sign1 *reader_auth, struct idr_bytes transcript, struct idr_bytes items_request,
    int64_t now, struct idr_path *out, struct idr_err *err);

#endif
