#!/usr/bin/env python3
"""Makes bad.ndjson from people.ndjson: lines each bad in one way, and bad.expected.json: line -> code."""
import base64
import json

good = [json.loads(line) for line in open("people.ndjson", encoding="utf-8")]
lines, expected = [], {}


def add(code, change=None, raw=None, key=None):
    i = len(lines)
    row = json.loads(json.dumps(good[i]))
    row["key"] = key or "XX-SAMPLE-BAD%03d" % i
    if change:
        change(row["claims"])
    lines.append(raw(row) if raw else json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode())
    if code:
        expected[str(i + 1)] = code


def text(row):
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


add(None)  # line 1 is good: it must be kept
add("zawgyi", lambda c: c.update(full_name_local="\u1031\u1019\u102c\u1004\u1039\u1031\u1019\u102c\u1004\u1039"))
add("bidi_control", lambda c: c.update(full_name="Sample \u202eelpmas"))
add("control_character", lambda c: c.update(full_name="Sam\u0007ple"))
add("claim_missing", lambda c: c.pop("full_name"))
add("date", lambda c: c.update(birthdate="2023-02-30"))
add("date", lambda c: c.update(date_of_expiry="31/12/2030"))
add("too_long", lambda c: c.update(full_name="Sample" * 60))
add("json", raw=lambda r: text(r)[:-1] + b',"key":"again"}')
add("json", raw=lambda r: b"this is no JSON")
add("json", raw=lambda r: text(r) + b" trailing")
add("utf8", raw=lambda r: text(r).replace(b"SAMPLE", b"SAM\xffLE", 1))
add("country", lambda c: c.update(issuing_country="XX1"))
add("country", lambda c: c.update(nationalities=["Kh"]))
add("image", lambda c: c.update(picture=base64.b64encode(b"RIFF\x20\x4e\x00\x00WEBPVP8 " + b"x" * 20000).decode()))
add("image", lambda c: c.update(picture=base64.b64encode(b"GIF89a not an allowed image").decode()))
add("claim_type", lambda c: c.update(sex="male"))
add("claim_type", lambda c: c.update(full_name=["Sample"]))
add("claim_unknown", lambda c: c.update(shoe_size=41))
add("json", raw=lambda r: text(r).replace(b'"sex":', b'"nul":"\\u0000","sex":', 1))
add("key_conflict", lambda c: c.update(full_name="Another Sample"), key="XX-SAMPLE-BAD000")
add("invalid_field", raw=lambda r: text(dict(r, key="")))

open("bad.ndjson", "wb").write(b"\n".join(lines) + b"\n")
json.dump(expected, open("bad.expected.json", "w"), indent=1)
open("bad.expected.json", "a").write("\n")
