/* What a phone, or a reader, sends face to face. First byte: 0 an engagement, 1 a message, 2 a request, 3 an answer. */
#include "fuzz/fuzzkit.h"
#include "mdoc/mdoc.h"
#include "proximity/proximity.h"

static void engage(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in)
{
	struct idr_engagement e;
	struct idr_bytes transcript, none = { NULL, 0 };
	struct idr_err err;

	if (!idr_engagement_read(s, a, in, &e, &err))
		return;
	fuzz_check(e.n_retrieval <= IDR_RETRIEVALS && idr_suite_key_is_valid(s, &e.key));
	fuzz_check(idr_proximity_transcript(a, e.cbor, none, none, &transcript, &err));
}

static void message(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in)
{
	struct idr_session x = { .is_reader = true };
	struct idr_session_message m;
	struct idr_bytes plain, again;
	struct idr_err err;

	if (!idr_session_message(s, a, in, &m, &err))
		return;
	fuzz_check(m.data.p || m.status);
	/* nobody has the key of zeros by chance: whatever came, the session is over */
	if (m.data.p)
		fuzz_check(!idr_session_open(s, a, &x, m.data, &plain, &err) && (x.ended || err.code == IDR_LIMIT));
	fuzz_check(idr_session_data(a, m.data, IDR_SESSION_END, &again, &err));
}

static void request(struct idr_arena *a, struct idr_bytes in)
{
	struct idr_device_request r;
	struct idr_bytes out;
	struct idr_err err;

	if (!idr_device_request_read(a, in, &r, &err))
		return;
	fuzz_check(r.n_doc >= 1 && r.n_doc <= IDR_DOC_REQUESTS);
	for (size_t i = 0; i < r.n_doc; i++) {
		fuzz_check(r.doc[i].n_asked <= IDR_ASKED_MAX && r.doc[i].items_request.n);
		fuzz_check(!r.doc[i].n_asked ||
		    idr_items_request(a, r.doc[i].doctype, r.doc[i].asked, r.doc[i].n_asked, &out, &err) || err.code == IDR_LIMIT);
	}
}

/* Each part holds one document, and taken apart again it is itself. */
static void answer(struct idr_arena *a, struct idr_bytes in)
{
	struct idr_bytes one[IDR_MDOC_DOCUMENTS], again[IDR_MDOC_DOCUMENTS];
	size_t n, m;
	struct idr_err err;

	if (!idr_mdoc_split(a, in, one, &n, &err))
		return;
	fuzz_check(n >= 1 && n <= IDR_MDOC_DOCUMENTS);
	for (size_t i = 0; i < n; i++) {
		if (idr_mdoc_split(a, one[i], again, &m, &err))
			fuzz_check(m == 1 && idr_bytes_equal(again[0], one[i]));
		else
			fuzz_check(err.code == IDR_MEMORY);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(32 << 20);
	struct idr_bytes rest = idr_bytes_from(idr_bytes(data, size), 1);

	switch (size ? data[0] % 4 : 0) {
	case 0:
		engage(fuzz_suite(), a, rest);
		break;
	case 1:
		message(fuzz_suite(), a, rest);
		break;
	case 2:
		request(a, rest);
		break;
	default:
		answer(a, rest);
	}
	idr_arena_free(&a);
	return 0;
}
