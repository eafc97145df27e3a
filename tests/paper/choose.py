#!/usr/bin/env python3
"""Row keys of sample people: choose.py spread: one of every country and language, and the longest names; choose.py N: N others."""
import json
import sys

SAMPLES = "schema/samples/people.ndjson"


def main():
    with open(SAMPLES, encoding="utf-8") as f:
        people = [json.loads(line) for line in f]
    chosen = {}
    for person in people:
        claims = person["claims"]
        chosen.setdefault((claims["issuing_country"], claims.get("full_name_local_language")), person["key"])
    keys = list(chosen.values()) + [p["key"] for p in people if len(p["claims"]["full_name"]) > 120]
    if sys.argv[1] != "spread":
        keys = [p["key"] for p in people if p["key"] not in keys][:int(sys.argv[1])]
    print("\n".join(keys))


main()
