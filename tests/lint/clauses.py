#!/usr/bin/env python3
"""The clause tables of docs/standards from docs/standards/musts and the marks in code and tests.

`clauses.py` checks, `clauses.py --write` writes the pages. docs/standards/README.md says what a row and a mark are.
"""
import os
import re
import sys

SPECS = {"VCI": "vci", "VP": "vp", "HAIP": "haip", "SDJWTVC": "sdjwtvc", "SDJWT": "sdjwt", "TSL": "tsl", "MDOC": "mdoc"}
WHO = {"issuer", "as", "verifier", "wallet", "status", "reader"}
ROOMS = {"implements": ("crypto", "idsrv", "clients", "schema", "docs/deploy"), "proves": ("tests",)}
ENDINGS = (".c", ".h", ".def", ".sql", ".json", ".yaml", ".conf", ".cfg", ".md", ".py", ".sh", ".mjs")
PASSED_OVER = {"node_modules", "seeds", "lint"}
PAGES = "docs/standards"
SECTION = r"(?:[A-Z]|\d+)(?:\.\d+)*"
SHORT = "|".join(SPECS)
ID = re.compile(rf"\b({SHORT}) ({SECTION})([a-z]{{1,2}})\b")
NO_LETTER = re.compile(rf"\b({SHORT}) (?!1\.0\b){SECTION}(?![\w.]*\w)")
MARK = re.compile(r"\b(implements|proves): (.*)")
COMMENT = re.compile(r"^\s*(/?\*|//|#(?!include|define|if|el|end|undef|pragma)|--|<!--)")
DEFINED = re.compile(r"(\s*)(?:export )?(?:(?:async )?(?:function\*? |def |const )(\w+)|(?:async )?(?!if|for|while|switch)#?(\w+)\(.*\{)")
TOTALS = re.compile(r"(<!-- totals -->\n).*?(<!-- /totals -->)", re.S)


class Row:
    def __init__(self, name, who, text, standing):
        spec, section, letter = ID.fullmatch(name).groups()
        self.name, self.spec, self.section, self.who, self.text = name, spec, section, who, text
        self.standing, _, self.reason = (part.strip() for part in standing.partition(":"))
        self.order = (section_order(section), len(letter), letter)
        self.marks = {"implements": [], "proves": []}


class Spec:
    """One file of musts: its title, its prose, its rows and what the sections are called."""
    def __init__(self, path):
        self.path, self.title, self.prose, self.rows, self.headings, self.faults = path, "", [], [], {}, []
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                fault = self.read(line.strip())
                if fault:
                    self.faults.append(f"{path}:{number}: {fault}")

    def read(self, line):
        heading = re.fullmatch(rf"## ({SECTION}) (.+)", line)
        if heading:
            self.headings[heading.group(1)] = heading.group(2)
        elif line.startswith("# text:"):
            self.prose = ["Text: " + line[len("# text:"):].strip(), "", *self.prose]
        elif line.startswith("# "):
            self.title = line[2:]
        elif "|" in line:
            return self.read_row([cell.strip() for cell in line.split("|")])
        elif line:
            self.prose.append(line)
        return None

    def read_row(self, cells):
        if len(cells) != 4 or not ID.fullmatch(cells[0]):
            return "a row is: id | who | requirement | standing"
        row = Row(*cells)
        if not set(re.split(r", ?", row.who)) <= WHO:
            return f"{row.name}: who is one of {', '.join(sorted(WHO))}"
        if row.standing not in ("", "n/a", "open") or bool(row.standing) != bool(row.reason):
            return f"{row.name}: the standing is empty, \"n/a: reason\" or \"open: reason\""
        if not row.text:
            return f"{row.name}: says nothing"
        if not self.path.endswith(f"/{SPECS[row.spec]}.txt"):
            return f"{row.name}: belongs into {SPECS[row.spec]}.txt"
        if self.rows and row.name in (one.name for one in self.rows):
            return f"{row.name} stands twice"
        if self.rows and row.order < self.rows[-1].order:
            return f"{row.name}: comes before {self.rows[-1].name}"
        self.rows.append(row)
        return None


def section_order(section):
    """Numbers before appendices, 8.2 before 8.10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in section.split(".")]


# ---- what a mark sits at ----

def thing_below(lines, at):
    """The number of the line a mark is about: its own when code stands there, else the one below its comment."""
    if not COMMENT.match(lines[at]):
        return at
    inside = lines[at].lstrip().startswith(("/*", "*")) and "*/" not in lines[at]
    for number in range(at + 1, len(lines)):
        line = lines[number].strip()
        if inside:
            inside = "*/" not in line
        elif not COMMENT.match(line):
            return number if line and not line.startswith(("#include", "}")) else None
        else:
            inside = line.startswith("/*") and "*/" not in line
    return None


def quoted(line):
    """What a row or a test is called: the value of name, else the first text in quotes."""
    m = (re.search(r"\bname: (['\"`])(.+?)(?<!\\)\1", line) or
         re.search(r"(?<![\w'])(['\"`])(.+?)(?<!\\)\1", line))
    return f'"{m.group(2)}"' if m else None


def test_of_c(lines, at):
    """A row by its own text; a function, or a line inside one, by the function. It has to be one that is run."""
    row = quoted(lines[at]) if re.match(r"\s+\{", lines[at]) else None
    if row:
        return row
    for number in range(at, -1, -1):
        m = re.match(r"[a-z].*?\b(\w+)\(", lines[number])
        if m:
            run = re.compile(rf"[({{,]\s*{m.group(1)}\s*[,)}}]")
            return f"`{m.group(1)}`" if any(run.search(line) for line in lines) else None
        if number < at and lines[number].startswith("}"):
            return None
    return None


def test_of_script(lines, at):
    """A row or a test by its sentence; else the function, or the one around the line, which has to be used."""
    line = lines[at]
    sentence = quoted(line)
    for name in re.findall(r"\$\{(\w+)\}", sentence or ""):
        value = next((m.group(1) for m in (re.search(rf"\b{name} = '([^']*)'", one) for one in lines) if m), "")
        sentence = sentence.replace(f"${{{name}}}", value)
    if sentence and re.match(r"\s*(?:[\[{]|\.\.\.|(?:test|ok)\b|\w+\(['\"`])", line):
        return sentence
    for number in range(at, -1, -1):
        m = DEFINED.match(lines[number])
        if m and (number == at or len(m.group(1)) < len(line) - len(line.lstrip())):
            name = m.group(2) or m.group(3)
            return f"`{name}`" if sum(bool(re.search(rf"\b{name}\b", one)) for one in lines) > 1 else None
    return None


# ---- marks ----

def files(tops):
    for top in tops:
        for folder, inner, names in os.walk(top):
            inner[:] = sorted(set(inner) - PASSED_OVER)
            yield from (os.path.join(folder, name) for name in sorted(names)
                        if name.endswith(ENDINGS) or "." not in name)


def read_marks(kind, path, rows):
    """Adds what the marks of one file say to the rows; yields what is wrong with them."""
    with open(path, encoding="utf-8", errors="replace") as f:
        text = f.read()
    if "implements: " not in text and "proves: " not in text:
        return
    lines = text.split("\n")
    for at, line in enumerate(lines):
        mark = MARK.search(line)
        names = [m.group(0) for m in ID.finditer(mark.group(2))] if mark else []
        where = f"{path}:{at + 1}"
        if mark and NO_LETTER.search(mark.group(2)):
            yield f"{where}: {NO_LETTER.search(mark.group(2)).group(0)} is a section; a mark names a row of it"
        if names and mark.group(1) != kind:
            yield f"{where}: only {' and '.join(ROOMS[mark.group(1)])} may say {mark.group(1)}"
        elif names:
            yield from add_mark(kind, where, lines, at, [(name, rows.get(name)) for name in names])


def add_mark(kind, where, lines, at, marked):
    path = where.rsplit(":", 1)[0]
    below = thing_below(lines, at)
    label = ""
    if below is not None and kind == "proves":
        label = (test_of_c if path.endswith((".c", ".h")) else test_of_script)(lines, below)
    if below is None or label is None:
        yield f"{where}: sits at {'no test that is run' if kind == 'proves' else 'nothing'}"
    for name, row in marked:
        if row is None:
            yield f"{where}: {name} is in no file of {PAGES}/musts"
        elif row.standing:
            yield f"{where}: {name} is \"{row.standing}\" and has a mark"
        elif (path, label or "") not in row.marks[kind]:
            row.marks[kind].append((path, label or ""))


def unmarked(row):
    return [] if row.standing else [kind for kind, marks in row.marks.items() if not marks]


# ---- pages ----

def cell_of(marks):
    by_file = {}
    for path, label in marks:
        by_file.setdefault(path, []).append(label)
    return "; ".join(f"[{os.path.basename(path)}]({os.path.relpath(path, PAGES)})" +
                     (": " + ", ".join(labels) if any(labels) else "") for path, labels in by_file.items())


def line_of(row):
    if row.standing:
        done = [f"**{row.standing}**: {row.reason}", ""]
    else:
        done = [cell_of(row.marks["implements"]), cell_of(row.marks["proves"])]
    return "| " + " | ".join(part.replace("|", "\\|") for part in [row.name, row.who, row.text, *done]) + " |"


def counts(rows):
    return [len(rows)] + [sum(row.standing == standing for row in rows) for standing in ("", "n/a", "open")]


def page(spec):
    total, done, na, owed = counts(spec.rows)
    out = [f"# {spec.title}", "", *spec.prose, "",
           f"{total} requirements: {done} done, {na} not applicable, {owed} open. Made by `tests/lint/clauses.py` from "
           f"`{spec.path}` and the marks; [how to read it](README.md)."]
    section = None
    for row in spec.rows:
        if row.section != section:
            section = row.section
            out += ["", f"## {section} {spec.headings.get(section, '')}".rstrip(), "",
                    "| id | who | requirement | implemented in | proven by |", "|---|---|---|---|---|"]
        out.append(line_of(row))
    return "\n".join(out) + "\n"


def totals(specs):
    out = ["| table | requirements | done | n/a | open |", "|---|---|---|---|---|"]
    for short, spec in specs.items():
        out.append(f"| [{spec.title}]({short}.md) | " + " | ".join(map(str, counts(spec.rows))) + " |")
    return "\n".join(out) + "\n"


def put(path, text, write):
    """Writes the page, or says that it is not what it would be."""
    try:
        with open(path, encoding="utf-8") as f:
            same = f.read() == text
    except FileNotFoundError:
        same = False
    if not same and write:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    elif not same:
        yield f"{path} is not in step: run tests/lint/clauses.py --write"


def put_all(specs, write):
    for short, spec in specs.items():
        yield from put(f"{PAGES}/{short}.md", page(spec), write)
    with open(f"{PAGES}/README.md", encoding="utf-8") as f:
        text = f.read()
    yield from put(f"{PAGES}/README.md", TOTALS.sub(lambda m: m.group(1) + totals(specs) + m.group(2), text), write)


def check(write=False):
    """Everything that is wrong, a line each, and how many rows there are."""
    specs = {}
    for short in SPECS.values():
        if os.path.exists(f"{PAGES}/musts/{short}.txt"):
            specs[short] = Spec(f"{PAGES}/musts/{short}.txt")
    faults = [fault for spec in specs.values() for fault in spec.faults]
    rows = {row.name: row for spec in specs.values() for row in spec.rows}
    for kind, tops in ROOMS.items():
        for path in files(tops):
            faults += read_marks(kind, path, rows)
    faults += [f"{row.name}: nothing {kind} it" for row in rows.values() for kind in unmarked(row)]
    faults += put_all(specs, write)
    return faults, counts(list(rows.values()))


def main():
    faults, (total, done, na, owed) = check("--write" in sys.argv)
    for fault in faults:
        print(fault)
    print(f"# {total} requirements, {done} done, {na} not applicable, {owed} open")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
