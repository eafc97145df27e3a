#!/usr/bin/env python3
"""docs/codes.md from crypto/base/err.def: `codes.py` writes it, `codes.py --check` compares."""
import re
import sys

SOURCE = "crypto/base/err.def"
TARGET = "docs/codes.md"
LINE = re.compile(r'^X\((\w+), "([a-z0-9_]+)", ([A-Z]+), "([^"]+)", "([^"]+)"\)$')
KINDS = {
    "OK": "fine",
    "INPUT": "wrong input",
    "REFUSED": "refused",
    "UNDECIDED": "undecided",
    "UNAVAILABLE": "not available now",
    "INTERNAL": "our fault",
}
HEAD = """# Codes

Every error and every result of a check, by its published name. A name never changes its meaning. Made from
`crypto/base/err.def` by `tests/lint/codes.py`; edit that file, not this one.

What the kinds mean: *wrong input* is answered with 4xx and can be sent again differently; *refused* is well formed and not
accepted; *undecided* is a check that could not be concluded; *not available now* is 503 with Retry-After; *our fault* is 500
with details only in the log.
"""


def read():
    groups, faults, names = [], [], set()
    title = None
    with open(SOURCE, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.strip()
            comment = re.match(r"^/\* (.+) \*/$", line)
            m = LINE.match(line)
            if comment:
                title = comment.group(1)
            elif m:
                if m.group(1).lower() != m.group(2):
                    faults.append(f"{SOURCE}:{number}: {m.group(1)} is published as {m.group(2)}")
                if m.group(2) in names:
                    faults.append(f"{SOURCE}:{number}: {m.group(2)} stands twice")
                if m.group(3) not in KINDS:
                    faults.append(f"{SOURCE}:{number}: no such kind {m.group(3)}")
                names.add(m.group(2))
                if not groups or groups[-1][0] != title:
                    groups.append((title, []))
                groups[-1][1].append(m.groups())
            elif line.startswith("X("):
                faults.append(f"{SOURCE}:{number}: not of the form X(NAME, \"name\", KIND, \"sentence\", \"next\")")
    return groups, faults, names


def page(groups):
    out = [HEAD]
    for title, rows in groups:
        title = title or "codes"
        out.append(f"\n## {title[0].upper()}{title[1:]}\n")
        out.append("| code | kind | what is wrong | what to do next |")
        out.append("|---|---|---|---|")
        for _, name, kind, sentence, step in rows:
            cells = (s.replace("|", "\\|") for s in (sentence, step))
            out.append(f"| `{name}` | {KINDS.get(kind, kind)} | {' | '.join(cells)} |")
    return "\n".join(out) + "\n"


def main():
    groups, faults, names = read()
    for fault in faults:
        print(fault)
    text = page(groups)
    if "--check" not in sys.argv:
        with open(TARGET, "w", encoding="utf-8") as f:
            f.write(text)
        return 1 if faults else 0
    try:
        with open(TARGET, encoding="utf-8") as f:
            if f.read() != text:
                faults.append("step")
                print(f"{TARGET} is not in step with {SOURCE}: run tests/lint/codes.py")
    except FileNotFoundError:
        faults.append("absent")
        print(f"{TARGET} is missing: run tests/lint/codes.py")
    print(f"# {len(names)} codes")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
