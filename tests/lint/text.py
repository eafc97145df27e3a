#!/usr/bin/env python3
"""What can be seen in the text of the sources: text.py CHECK, one of the names in CHECKS."""
import os
import re
import subprocess
import sys

TOPS = ("crypto", "idsrv", "clients", "tests", "schema", "docs", ".ci")
LONGEST_FILE = 650
LONGEST_LINE = 110  # characters; tests may hold longer data
BANNED = re.compile(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gmtime|localtime|ctime|asctime|"
                    r"rand|srand|random|gets|alloca|tmpnam|mktemp)\s*\(")
LEFT = re.compile("|".join((
    r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"\bX" r"XX\b", r"\bHA" r"CK\b", r"^<<<<<<< ", r"^>>>>>>> ", r"^=======$",
    r"\bnot (yet )?imple" r"mented\b", r"/work" r"/(main|shared)", r"/tmp" r"/team", r"\bis" r"sue #?\d")))


def files(*endings):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    names = listed.stdout.split("\n") if listed.returncode == 0 else [
        os.path.join(d, n)[2:] for d, _, ns in os.walk(".") for n in ns]
    return sorted(n for n in names if n.endswith(endings) and os.path.isfile(n) and
                  (n.split("/")[0] in TOPS or "/" not in n))


def lines(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        yield from enumerate(f.read().split("\n"), 1)


def code_only(path):
    """The text with comments and strings blanked, lines kept."""
    with open(path, encoding="utf-8", errors="replace") as f:
        text = f.read()
    token = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return token.sub(lambda m: '""' if m.group(0)[0] == '"' else "\n" * m.group(0).count("\n"), text)


def banned():
    for path in files(".c", ".h"):
        for number, line in enumerate(code_only(path).split("\n"), 1):
            m = BANNED.search(line)
            if m:
                yield f"{path}:{number}: {m.group(1)}() is not used here"


def length():
    for path in files(".c", ".h", ".py", ".sh"):
        n = 0
        for n, line in lines(path):
            if path.endswith((".c", ".h")) and not path.startswith("tests/") and len(line) > LONGEST_LINE:
                yield f"{path}:{n}: longer than {LONGEST_LINE} columns"
        if n > LONGEST_FILE:
            yield f"{path}: {n} lines; split it by meaning ({LONGEST_FILE})"


def leftovers():
    for path in files(".c", ".h", ".def", ".py", ".sh", ".mk", "Makefile", ".md", ".sql", ".json", ".yaml", "/run"):
        if path.endswith("tests/lint/text.py"):
            continue
        for number, line in lines(path):
            m = LEFT.search(line)
            if m:
                yield f"{path}:{number}: left over: {m.group(0)}"
            if line != line.rstrip() and path.endswith((".c", ".h")):
                yield f"{path}:{number}: blanks at the end"


def names():
    seen = {}
    for path in files(".c", ".h"):
        if path.startswith("tests/fuzz/seeds/"):
            continue
        base = os.path.basename(path)
        if base in seen:
            yield f"{path}: the same name as {seen[base]}"
        seen.setdefault(base, path)


def readmes():
    for top in ("crypto", "idsrv", "clients"):
        if not os.path.isdir(top):
            continue
        for room in sorted(os.listdir(top)):
            folder = os.path.join(top, room)
            has_code = os.path.isdir(folder) and any(n.endswith(".c") for n in os.listdir(folder))
            if has_code and not os.path.exists(os.path.join(folder, "README.md")):
                yield f"{folder}: a room without README.md"


def strangers():
    """Top level: exactly the house."""
    allowed = {"idsrv", "crypto", "schema", "clients", "tests", "docs", "Makefile", "README.md", "LICENSE", "CONTRIBUTING",
               "CONTRIBUTING.md", "CHANGELOG", "CHANGELOG.md", "NOTICE"}
    for path in sorted({n.split("/")[0] for n in subprocess.run(["git", "ls-files"], capture_output=True,
                                                               text=True).stdout.split("\n") if n}):
        if path not in allowed and not path.startswith("."):
            yield f"{path}: does not belong at the top level"


CHECKS = {"banned": banned, "length": length, "leftovers": leftovers, "names": names, "readmes": readmes,
          "strangers": strangers}


def main():
    faults = list(CHECKS[sys.argv[1]]())
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
