#!/usr/bin/env python3
"""Checks people.ndjson: count, countries, scripts, odd names, portraits. Exit 1 on any violation."""
import base64
import json
import os
import sys
import unicodedata
from collections import Counter

here = os.path.dirname(os.path.abspath(__file__))
raw = open(os.path.join(here, "people.ndjson"), encoding="utf-8").read().splitlines()
people = [json.loads(line) for line in raw]
faults = []


def need(holds, what):
    if not holds:
        faults.append(what)


countries = Counter(p["key"][:2] for p in people)
scripts = Counter()
for p in people:
    c = p["claims"]
    name = c.get("full_name_local") or c["full_name"]
    scripts.update({unicodedata.name(ch).split()[0] for ch in name if ch.isalpha()})
    image = base64.b64decode(c["picture"])
    need(600 <= len(image) <= 800 and image[:4] == b"RIFF" and image[8:12] == b"WEBP", p["key"] + ": portrait")
    need("SAMPLE" in p["key"] and "SAMPLE" in c["personal_administrative_number"], p["key"] + ": not plainly a sample")
need(len(people) == 1000 and len({p["key"] for p in people}) == 1000, "1,000 different keys")
need(len(countries) == 11 and min(countries.values()) >= 80, "eleven countries: %s" % countries)
for script in ("THAI", "LAO", "KHMER", "MYANMAR", "CJK", "TAMIL", "ARABIC", "LATIN"):
    need(scripts[script] >= 10, "script %s" % script)
need(sum(len(p["claims"]["birthdate"]) == 4 for p in people) >= 10, "years of birth alone")
need(sum(len(p["claims"]["birthdate"]) == 7 for p in people) >= 5, "months of birth alone")
need(sum("family_name" not in p["claims"] for p in people) >= 50, "single names")
need(max(len(p["claims"]["full_name"]) for p in people) > 60, "long names")
need(sum(line != unicodedata.normalize("NFC", line) for line in raw) >= 5, "decomposed lines")
for f in faults:
    print("people.ndjson:", f)
sys.exit(bool(faults))
