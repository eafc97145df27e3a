#!/usr/bin/env python3
"""Checks the shipped data: types and policies against their schemas, people.ndjson against the four
types, and that the sample holds what README.md promises. Exit 1 on any violation.

A second reading of schema/types/README.md, independent of crypto/types; standard library only.
"""
import base64
import binascii
import json
import os
import re
import sys
import unicodedata
from collections import Counter
from datetime import date

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.dirname(HERE)
TYPES = ("pid", "mdl", "age", "residence")
LOCALES = ["en", "km", "th", "my", "lo", "vi", "ms", "ta", "zh"]
COUNTRIES = {"BN", "KH", "ID", "LA", "MY", "MM", "PH", "SG", "TH", "TL", "VN"}  # those of the sample
SCRIPTS = ("THAI", "LAO", "KHMER", "MYANMAR", "CJK", "TAMIL", "ARABIC", "LATIN")
RESERVED = {"iss", "sub", "aud", "iat", "nbf", "exp", "cnf", "vct", "status", "aka_vcts", "_sd", "_sd_alg"}
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# E without a letter before it, a stacker with nothing below it, and shapes of the old fonts
ZAWGYI = re.compile("(?<![\u1000-\u102a\u103b-\u103f])\u1031|\u1039(?![\u1000-\u1021])|[\u1060-\u1097]")
faults = []


def need(holds, what):
    if not holds:
        faults.append(what)
    return holds


def once(pairs):
    need(len({k for k, _ in pairs}) == len(pairs), "a JSON member stands twice: %s" % [k for k, _ in pairs])
    return dict(pairs)


def load(*path):
    with open(os.path.join(SCHEMA, *path), encoding="utf-8") as f:
        return json.load(f, object_pairs_hook=once)


# ---- JSON Schema, the subset schema/types/README.md names ----

KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}


def conforms(value, schema, root, at):
    if "$ref" in schema:
        return conforms(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root, at)
    if "enum" in schema:
        need(any(type(e) is type(value) and e == value for e in schema["enum"]), "%s: not in the enum" % at)
    kind = schema.get("type")
    if kind and not need(type(value) is KINDS[kind], "%s: not of type %s" % (at, kind)):
        return None
    if isinstance(value, str):
        need(schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 1 << 30), "%s: length" % at)
    if type(value) is int:
        need(schema.get("minimum", value) <= value <= schema.get("maximum", value), "%s: range" % at)
    if isinstance(value, list):
        need(len(value) >= schema.get("minItems", 0), "%s: too few" % at)
        for i, item in enumerate(value):
            conforms(item, schema.get("items", {}), root, "%s[%d]" % (at, i))
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name in schema.get("required", []):
            need(name in value, "%s: %s is missing" % (at, name))
        for name, member in value.items():
            allowed = name in known or schema.get("additionalProperties", True)
            if need(allowed, "%s: %s is unknown" % (at, name)):
                conforms(member, known.get(name, {}), root, "%s.%s" % (at, name))
    return None


# ---- types and policies: what a schema cannot say ----

def find(claims, path):
    """The claim a dotted path names, or None."""
    parts = path.split(".")
    here = next((c for c in claims if c["name"] == parts[0]), None)
    for part in parts[1:]:
        if here and here["type"] == "array" and part.isdigit():
            here = here["items"]
        else:
            here = next((c for c in (here or {}).get("members", []) if c["name"] == part), None)
    return here


def check_claims(claims, at, depth=1):
    need(not claims or depth <= 4 and len(claims) <= 64, "%s: too many or too deep" % at)
    need(len({c["name"] for c in claims}) == len(claims), "%s: a name stands twice" % at)
    for c in claims:
        here = "%s.%s" % (at, c["name"])
        need(re.fullmatch("[A-Za-z0-9_]{1,64}", c["name"]) and c["name"] not in RESERVED, here + ": name")
        need(("members" in c) == (c["type"] == "object"), here + ": members")
        need(("items" in c and "max_items" in c) == (c["type"] == "array"), here + ": items")
        need(("media" in c and "max_bytes" in c) == (c["type"] == "image"), here + ": media")
        check_claims(c.get("members", []), here, depth + 1)
        check_claims(c.get("items", {}).get("members", []), here, depth + 2)
        derive = c.get("derive", {})
        if derive.get("rule") == "age_over":
            need([m["name"] for m in c["members"]] == [str(n) for n in derive["ages"]], here + ": ages")


def check_type(t, folder):
    need(t["id"] == folder and re.fullmatch("[a-z0-9-]{1,32}", folder), folder + ": id")
    need([d["locale"] for d in t["display"]] == LOCALES, folder + ": display in nine languages, in order")
    check_claims(t["claims"], folder)
    hidden = sum(c["sd"] != "never" for c in t["claims"])
    need(hidden <= t["sdjwt"]["digests"], "%s: %d claims to hide, fewer digests" % (folder, hidden))
    elements = [(e["namespace"], e["element"]) for e in t["mdoc"]["elements"]]
    for e in t["mdoc"]["elements"]:
        shown = find(t["claims"], e["claim"]) or {}
        need(set(e.get("media", [])) <= set(shown.get("media", [])), "%s: media of %s" % (folder, e["element"]))
        need("form" not in e or shown.get("type") == "partial-date", "%s: form of %s" % (folder, e["element"]))
    need(len(set(elements)) == len(elements), folder + ": an mdoc element stands twice")
    keys = {}
    for cut in t["qr"]["cuts"]:
        need(len({k["key"] for k in cut["claims"]}) == len(cut["claims"]), folder + ": a QR key stands twice")
        for k in cut["claims"]:
            need(keys.setdefault(k["key"], k["claim"]) == k["claim"], "%s: QR key %d" % (folder, k["key"]))
    for path in [e["claim"] for e in t["mdoc"]["elements"]] + list(keys.values()):
        need(find(t["claims"], path), "%s: path %s" % (folder, path))


def check_policy(p, name, types):
    need(p["id"] == name, "policy %s: id" % name)
    for t in p["types"]:
        for c in p["claims"]:
            path = ".".join("0" if part is None else str(part) for part in c["path"])
            need(t in types and find(types[t]["claims"], path), "policy %s: %s has no %s" % (name, t, path))


def check_shipped():
    types = {}
    schema = load("types", "type.schema.json")
    for name in TYPES:
        types[name] = load("types", name, "type.json")
        conforms(types[name], schema, schema, name)
    schema = load("policies", "policy.schema.json")
    policies = {}
    for name in sorted(os.listdir(os.path.join(SCHEMA, "policies"))):
        if name.endswith(".json") and not name.endswith(".schema.json"):
            policies[name[:-5]] = load("policies", name)
            conforms(policies[name[:-5]], schema, schema, "policy " + name)
    if not faults:
        for name in TYPES:
            check_type(types[name], name)
        for name, p in policies.items():
            check_policy(p, name, types)
    return types


# ---- a person ----

def is_day(text):
    try:
        return re.fullmatch(r"\d{4}-\d\d-\d\d", text) and 1800 <= date.fromisoformat(text).year <= 2199
    except ValueError:
        return False


def is_partial(text):
    return is_day(text) or re.fullmatch(r"(1[89]|2[01])\d\d(-(0[1-9]|1[0-2]))?", text)


def is_text(value, c):
    if not isinstance(value, str):
        return False
    clean = not BIDI.search(value) and not ZAWGYI.search(value) and not any(
        unicodedata.category(ch) in ("Cc", "Cs", "Cn", "Co") for ch in value)
    fits = c.get("min", 0) <= len(value) <= c.get("max", 1 << 30)
    return clean and fits and value in c.get("enum", [value])


def is_image(value, c):
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return False
    medium = "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else \
        "image/jpeg" if data[:3] == b"\xff\xd8\xff" else None
    return medium in c["media"] and len(data) <= c["max_bytes"]


def check_value(value, c, at):
    kind = c["type"]
    if kind == "object":
        if need(isinstance(value, dict), at + ": no object"):
            need(set(value) <= {m["name"] for m in c["members"]}, at + ": a member is unknown")
            check_members(value, c["members"], at)
        return
    if kind == "array":
        fits = isinstance(value, list) and 1 <= len(value) <= c["max_items"]
        if need(fits, at + ": no array, or its length"):
            for i, item in enumerate(value):
                check_value(item, c["items"], "%s[%d]" % (at, i))
        return
    fits = {"string": lambda: is_text(value, c),
            "date": lambda: isinstance(value, str) and is_day(value),
            "partial-date": lambda: isinstance(value, str) and is_partial(value),
            "integer": lambda: type(value) is int and c.get("min", value) <= value <= c.get("max", value),
            "boolean": lambda: isinstance(value, bool),
            "country": lambda: isinstance(value, str) and value in COUNTRIES,
            "image": lambda: is_image(value, c)}[kind]
    need(fits(), "%s: is no %s, or outside its limits" % (at, kind))


def check_members(values, claims, at):
    for c in claims:
        here, derive = "%s.%s" % (at, c["name"]), c.get("derive", {})
        source = derive.get("from", c["name"])
        if source not in values:
            need(not c["mandatory"], here + ": is missing")
        elif derive.get("rule") == "age_over":
            need(is_partial(values[source]), here + ": has no date to count from")
        else:
            check_value(values[source], c, here)


def may_drive(claims):
    """Who has no full date of birth, or is too young, has no licence."""
    return len(claims["birthdate"]) == 10 and claims["birthdate"] < "2006"


def check_person(key, claims, types):
    need(re.fullmatch(r"[A-Z]{2}-SAMPLE-\d{6}", key), key + ": key")
    need("SAMPLE" in claims["personal_administrative_number"], key + ": not plainly a sample")
    need(claims["issuing_country"] == key[:2], key + ": country")
    has_licence = "licence_number" in claims
    need(has_licence == may_drive(claims), key + ": licence")
    for name in TYPES:
        if name != "mdl" or has_licence:
            check_members(claims, types[name]["claims"], "%s as %s" % (key, name))
    if has_licence:
        need(claims["birth_date"] == claims["birthdate"], key + ": two dates of birth")
        names = claims["name_primary"], claims["name_secondary"]
        need((names[1] == "-") == ("family_name" not in claims), key + ": a name stands twice")
        need(all(ord(ch) < 256 for ch in "".join(names)), key + ": Latin-1")
        need(base64.b64decode(claims["licence_picture"])[:3] == b"\xff\xd8\xff", key + ": licence without JPEG")
    size = len(base64.b64decode(claims["picture"]))
    need(600 <= size <= 800, "%s: portrait of %d bytes" % (key, size))


# ---- the sample as a whole ----

def check_whole(raw, people):
    keys = [p["key"] for p in people]
    claims = [p["claims"] for p in people]
    countries, scripts = Counter(k[:2] for k in keys), Counter()
    for c in claims:
        name = c.get("full_name_local") or c["full_name"]
        scripts.update({unicodedata.name(ch).split()[0] for ch in name if ch.isalpha()})
    need(len(people) == 1000 and len(set(keys)) == 1000, "1,000 different keys")
    need(set(countries) == COUNTRIES and min(countries.values()) >= 90, "eleven countries: %s" % countries)
    for script in SCRIPTS:
        need(scripts[script] >= 10, "script %s: %d names" % (script, scripts[script]))
    need(len({c["picture"] for c in claims}) == 1000, "a portrait of one's own")
    for length, what in ((4, "years"), (7, "months")):
        need(sum(len(c["birthdate"]) == length for c in claims) >= 5, "%s of birth alone" % what)
    need(sum(" " not in c["full_name"] for c in claims) >= 20, "single names")
    long_names = [c for c in claims if min(len(c["full_name"]), len(c.get("full_name_local", ""))) >= 120]
    need(len(long_names) >= 3, "long names")
    need(sum(line != unicodedata.normalize("NFC", line) for line in raw) >= 5, "decomposed lines")
    need(any("\u0e33" in line for line in raw) and any("\u0eb3" in line for line in raw), "Thai and Lao AM")


def check_bad():
    with open(os.path.join(HERE, "bad.ndjson"), "rb") as f:
        count = f.read().count(b"\n")
    expected = load("samples", "bad.expected.json")
    with open(os.path.join(SCHEMA, "..", "crypto", "base", "err.def"), encoding="utf-8") as f:
        codes = {c.lower() for c in re.findall(r"^\s*X\((\w+)", f.read(), re.M)}
    numbers = [int(n) for n in expected]
    need(numbers == list(range(2, count + 1)), "bad.expected.json: each line but the first")
    need(set(expected.values()) <= codes, "bad.expected.json: codes %s" % (set(expected.values()) - codes))


def main():
    types = check_shipped()
    if not faults:
        with open(os.path.join(HERE, "people.ndjson"), encoding="utf-8") as f:
            raw = f.read().splitlines()
        people = [json.loads(unicodedata.normalize("NFC", line), object_pairs_hook=once) for line in raw]
        for p in people:
            check_person(p["key"], p["claims"], types)
        if not faults:
            check_whole(raw, people)
            check_bad()
    for fault in faults:
        print("check_people:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
