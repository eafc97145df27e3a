#!/usr/bin/env python3
"""What another program finds written on the pages: check_text.py PDF PAGES_EACH PEOPLE.txt

pdftotext gives each page's text and the box of each word. Every name stands there, in its script, in the order it is
spoken; no word leaves the page; no two words lie on each other; every font travels with the file.
"""
import html
import json
import re
import subprocess
import sys
import unicodedata

BIDI = dict.fromkeys(list(range(0x202a, 0x202f)) + list(range(0x2066, 0x206a)) + [0x200e, 0x200f])
SAFE = 6      # points from the edge: what an office printer leaves white
CORE = 0.30   # of a box's height, above and below, is room for marks of other lines


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def plain(text):
    """Without what line breaks and directions put between letters."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text.translate(BIDI)))


def names(pdf, each, keys):
    with open("schema/samples/people.ndjson", encoding="utf-8") as f:
        people = {p["key"]: p["claims"] for p in map(json.loads, f)}
    pages = run("pdftotext", "-raw", pdf, "-").split("\f")
    if len(pages) - 1 != each * len(keys):
        yield f"{len(pages) - 1} pages for {len(keys)} people"
        return
    for i, key in enumerate(keys):
        text = plain("".join(pages[each * i:each * (i + 1)]))
        for claim in ("full_name", "full_name_local", "document_number", "birthdate"):
            if claim in people[key] and plain(people[key][claim]) not in text:
                yield f"page {each * i + 1}: {claim} does not stand there as it is spoken"
        for word in ("To check", "Lost, stolen", "Valid until", "+855 23 000 000"):
            if plain(word) not in text:
                yield f"page {each * i + 1}: `{word}` is not said"


WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>')


def boxes(pdf):
    listing = run("pdftotext", "-bbox", pdf, "-")
    for number, page in enumerate(re.split(r"<page ", listing)[1:], 1):
        w, h = map(float, re.match(r'width="([\d.]+)" height="([\d.]+)"', page).groups())
        words = [(*map(float, m.groups()[:4]), html.unescape(m.group(5))) for m in WORD.finditer(page)]
        if not words:
            yield f"page {number}: no words at all"
        cores = []
        for x0, y0, x1, y1, _ in words:
            cut = CORE * (y1 - y0)
            if x0 < SAFE or y0 + cut < SAFE or x1 > w - SAFE or y1 - cut > h - SAFE:
                yield f"page {number}: a word leaves the page at {x0:.0f},{y0:.0f}"
            if x1 - x0 > 1:
                cores.append((x0 + 0.6, y0 + cut, x1 - 0.6, y1 - cut))
        for i, a in enumerate(cores):
            for b in cores[i + 1:]:
                # pieces of one line are poppler's own cuts, through letters that reach over each other
                same_line = abs(a[1] - b[1]) < 0.5 * (a[3] - a[1])
                if not same_line and a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
                    yield f"page {number}: words lie on each other at {a[0]:.0f},{a[1]:.0f}"


def fonts(pdf):
    for line in run("pdffonts", pdf).splitlines()[2:]:
        if " yes " not in line or "Type 3" in line:
            yield f"a font is not in the file as outlines: {line.split()[0]}"


def main():
    pdf, each = sys.argv[1], int(sys.argv[2])
    with open(sys.argv[3], encoding="utf-8") as f:
        keys = f.read().split()
    faults = list(names(pdf, each, keys)) + list(boxes(pdf)) + list(fonts(pdf))
    print("\n".join(faults[:20]))
    return 1 if faults else 0


sys.exit(main())
