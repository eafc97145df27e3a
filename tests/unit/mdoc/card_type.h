/* card_type: a made-up type with a claim of each kind in three namespaces, eleven elements. */
#ifndef IDR_TESTS_CARD_TYPE_H
#define IDR_TESTS_CARD_TYPE_H

#define CARD_DOCTYPE "org.example.card.1"

#define CARD_CLAIM(name, rest) "{\"name\":\"" name "\",\"mandatory\":false,\"sd\":\"always\"," rest "}"
#define CARD_ELEMENT(space, name, claim, more) \
    "{\"namespace\":\"org.example." space "\",\"element\":\"" name "\",\"claim\":\"" claim "\"" more "}"

#define CARD_TYPE \
    "{\"id\":\"card\",\"vct\":\"urn:test:card:1\",\"claims\":[" \
    CARD_CLAIM("name", "\"type\":\"string\"") "," CARD_CLAIM("born", "\"type\":\"partial-date\"") "," \
    CARD_CLAIM("since", "\"type\":\"partial-date\"") "," CARD_CLAIM("level", "\"type\":\"integer\"") "," \
    CARD_CLAIM("member", "\"type\":\"boolean\"") "," CARD_CLAIM("country", "\"type\":\"country\"") "," \
    CARD_CLAIM("face", "\"type\":\"image\",\"max_bytes\":64,\"media\":[\"image/webp\",\"image/jpeg\"]") "," \
    CARD_CLAIM("home", "\"type\":\"object\",\"members\":[" CARD_CLAIM("zip", "\"type\":\"string\"") "," \
        CARD_CLAIM("city", "\"type\":\"string\"") "]") "," \
    CARD_CLAIM("langs", "\"type\":\"array\",\"max_items\":3,\"items\":{\"type\":\"string\",\"sd\":\"always\"}") "]," \
    "\"sdjwt\":{\"digests\":12},\"mdoc\":{\"doctype\":\"" CARD_DOCTYPE "\",\"elements\":[" \
    CARD_ELEMENT("zz", "name", "name", "") "," CARD_ELEMENT("zz", "birth_date", "born", ",\"form\":\"approximate-date\"") "," \
    CARD_ELEMENT("zz", "born", "born", "") "," CARD_ELEMENT("zz", "since", "since", "") "," \
    CARD_ELEMENT("aaa", "level", "level", "") "," CARD_ELEMENT("aaa", "member", "member", "") "," \
    CARD_ELEMENT("aaa", "country", "country", "") "," CARD_ELEMENT("aaa", "portrait", "face", ",\"media\":[\"image/jpeg\"]") "," \
    CARD_ELEMENT("b", "home", "home", "") "," CARD_ELEMENT("b", "zip", "home.zip", "") "," CARD_ELEMENT("b", "lang", "langs.1", "") \
    "]},\"validity\":{\"days\":30,\"copies\":2},\"status\":{\"bits\":1},\"holder_binding\":true}"

#endif
