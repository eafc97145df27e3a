#!/usr/bin/env python3
"""Would clauses.py notice? A small tree without a fault is spoilt in one place at a time, and each time it must say so."""
import contextlib
import io
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clauses  # noqa: E402

MUSTS = """# A standard
# text: of today
## 2.1 Doors
VCI 2.1a | issuer | shuts the door |
VCI 2.1b | as, issuer | rings | n/a: there is no bell
VCI 2.10a | wallet | knocks | open: nobody is in
VCI A.1a | verifier | looks |
"""
CODE = """/* Nothing here. */

/*
 * Why it is so.
 * implements: VCI 2.1a
 */
static bool shut(void)
{
	look(); /* implements: VCI A.1a: and goes */
}
"""
TEST = """/* proves: VCI 2.1a */
static void a_door_is_shut(void **state)
{
	check();
}

static void helper(void)
{
	check();
}

static const struct CMUnitTest tests[] = { cmocka_unit_test(a_door_is_shut) };
"""
ROWS = """const NAME = 'plan-';
const rows = [
	/* proves: VCI A.1a */
	{ name: `${NAME}looks`, play: look },
];
"""
TREE = {"docs/standards/musts/vci.txt": MUSTS, "docs/standards/README.md": "<!-- totals -->\n<!-- /totals -->\n",
        "crypto/door.c": CODE, "tests/unit/test_door.c": TEST, "tests/conformance/rows.mjs": ROWS}
M, C, T, R = "docs/standards/musts/vci.txt", "crypto/door.c", "tests/unit/test_door.c", "tests/conformance/rows.mjs"

# what is wrong, where, what stands there, what is put in its place, what is said
LIES = [
    ("a mark of no row", C, "VCI 2.1a", "VCI 2.1z", "VCI 2.1z is in no file"),
    ("a mark of a section", C, "VCI 2.1a", "VCI 2.1", "VCI 2.1 is a section"),
    ("a row nothing implements", C, "implements: VCI 2.1a", "VCI 2.1a", "VCI 2.1a: nothing implements it"),
    ("a row nothing proves", T, "proves: VCI 2.1a", "VCI 2.1a", "VCI 2.1a: nothing proves it"),
    ("a mark of what is not applicable", C, "VCI 2.1a", "VCI 2.1a, VCI 2.1b", "VCI 2.1b is \"n/a\" and has a mark"),
    ("a mark of what is open", T, "VCI 2.1a", "VCI 2.1a, VCI 2.10a", "VCI 2.10a is \"open\" and has a mark"),
    ("a row that stands twice", M, "VCI 2.10a", "VCI 2.1b", "VCI 2.1b stands twice"),
    ("rows out of order", M, "VCI 2.10a", "VCI 2.0a", "VCI 2.0a: comes before VCI 2.1b"),
    ("a row of another standard", M, "VCI A.1a", "HAIP A.1a", "HAIP A.1a: belongs into haip.txt"),
    ("a role nobody has", M, "| wallet |", "| phone |", "who is one of"),
    ("a standing without a reason", M, "open: nobody is in", "open", "the standing is empty"),
    ("a standing that is none", M, "open: nobody is in", "later: perhaps", "the standing is empty"),
    ("a row that says nothing", M, "| knocks |", "| |", "says nothing"),
    ("a row with a cell too few", M, "| looks |", "| looks", "a row is: id"),
    ("a proof at a helper", T, "/* proves: VCI 2.1a */\nstatic void a_door_is_shut(void **state)",
     "/* proves: VCI 2.1a */\nstatic void other(void)\n{\n}\nstatic void a_door_is_shut(void **state)", "sits at no test that is run"),
    ("a proof in a helper", T, "void)\n{\n\tcheck();", "void)\n{\n\tcheck(); /* proves: VCI 2.1a */", "sits at no test that is run"),
    ("a proof above nothing", T, "*/\nstatic void a_door", "*/\n\nstatic void a_door", "sits at no test that is run"),
    ("a proof behind the last row", R, "look },\n", "look },\n\t/* proves: VCI A.1a */\n", "sits at no test that is run"),
    ("a mark at the head of a file", C, "/* Nothing here. */", "/* implements: VCI 2.1a */", "sits at nothing"),
    ("a mark above the includes", C, "/* Nothing here. */\n", "/* implements: VCI 2.1a */\n#include <stdio.h>\n", "sits at nothing"),
    ("a proof in the code", C, "implements: VCI 2.1a", "proves: VCI 2.1a", "only tests may say proves"),
    ("a page that was changed by hand", "docs/standards/vci.md", "shuts the door", "shuts the gate", "vci.md is not in step"),
    ("totals that were changed by hand", "docs/standards/README.md", "| 4 | 2 | 1 | 1 |", "| 4 | 4 | 0 | 0 |", "README.md is not in step"),
]
TOLD = ["| VCI 2.1a | issuer | shuts the door | [door.c](../../crypto/door.c) | [test_door.c](../../tests/unit/test_door.c): `a_door_is_shut` |",
        "[rows.mjs](../../tests/conformance/rows.mjs): \"plan-looks\" |", "| **open**: nobody is in |  |", "## 2.1 Doors"]


def plant(tree):
    for path, text in tree.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def spoil(path, old, new):
    """What the tool says of the tree with one thing wrong, which is put right again."""
    right = read(path)
    if right.count(old) != 1 and not path.endswith(".md"):
        return [f"the lie does not fit: {old} stands {right.count(old)} times in {path}"]
    plant({path: right.replace(old, new, 1)})
    faults, _ = clauses.check()
    plant({path: right})
    return faults


def tell():
    """Everything that went unnoticed."""
    plant(TREE)
    clauses.check(write=True)
    yield from (f"a tree without fault: {fault}" for fault in clauses.check()[0])
    page = read("docs/standards/vci.md")
    yield from (f"the page does not say: {line}" for line in TOLD if line not in page)
    for what, path, old, new, says in LIES:
        faults = spoil(path, old, new)
        if not any(says in fault for fault in faults):
            yield f"{what}: unnoticed; said: {'; '.join(faults) or 'nothing'}"


def main():
    with tempfile.TemporaryDirectory() as place:
        home = os.getcwd()
        os.chdir(place)
        with contextlib.redirect_stdout(io.StringIO()):
            faults = list(tell())
        os.chdir(home)
    print("\n".join(faults) if faults else f"# {len(LIES)} lies")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
