/* issued: mdocs made with the product's own issuing half, for the tests of issuing and presenting. */
#ifndef IDR_TESTS_ISSUED_H
#define IDR_TESTS_ISSUED_H

#include "../testkit.h"

#include "card_type.h"
#include "mdoc/mdoc.h"

#define ISSUED_RICH "{\"name\":\"Srey \\u1789\",\"born\":\"1990-02-28\",\"since\":\"1999-07\",\"level\":-3," \
    "\"member\":true,\"country\":\"KH\",\"face\":\"data:image/jpeg;base64,/9j/4AECAwQF\"," \
    "\"home\":{\"city\":\"Battambang\",\"zip\":\"0201\"},\"langs\":[\"khm\",\"eng\"]}"
#define ISSUED_POOR "{\"name\":\"Sam\",\"born\":\"1990\"}"

/* A type with a claim of each kind in three namespaces, eleven elements. */
const struct idr_type *issued_type(struct kit *k);
/* An order for these claims; the caller may change it. */
struct idr_mdoc_make issued_order(struct kit *k, const char *claims);
/* IssuerSigned as CBOR. */
struct idr_bytes issued_mdoc(struct kit *k, const struct idr_mdoc_make *m);
/* The verdict of the reading half on the kit's root: IDR_OK, or the code of the first check that failed. */
enum idr_code issued_verify(struct kit *k, struct idr_bytes mdoc, struct idr_bytes transcript,
    struct idr_mdoc_result *out);
/* The nameSpaces map, and the mobile security object. */
struct idr_cbor issued_spaces(struct kit *k, struct idr_bytes mdoc);
struct idr_cbor issued_mso(struct kit *k, struct idr_bytes mdoc);
/* The i-th item of a namespace as sent, and opened. */
struct idr_bytes issued_raw(struct kit *k, struct idr_bytes mdoc, const char *space, size_t i);
struct idr_cbor issued_item(struct kit *k, struct idr_bytes mdoc, const char *space, size_t i);

#endif
