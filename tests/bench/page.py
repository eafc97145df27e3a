#!/usr/bin/env python3
"""Writes what the runs of `make bench` gave into a page, between its two bench marks.

    page.py PAGE ROWS     ROWS: directory with `about` and one file of rows per run
"""
import datetime
import pathlib
import statistics
import sys

BEGIN, END = "<!-- bench: written by make bench OUT= -->", "<!-- bench: end -->"

BUSY = 1.0  # load of a machine that does something else as well


def read_run(path):
    """[(kind, cells)], kind: title, row or note."""
    lines = (line.split("\t") for line in path.read_text().splitlines())
    return [(cells[0], cells[1:]) for cells in lines]


def number(text):
    return float(text) if text else None


def spread(values, shape):
    """Median, and least to most where runs differ."""
    values = [v for v in values if v is not None]
    if not values:
        return ""
    middle, least, most = (shape(f(values)) for f in (statistics.median, min, max))
    return middle if least == most else f"{middle} ({least} to {most})"


def plain(v):
    return f"{v:.0f}" if v >= 1000 or v == 0 else f"{v:.1f}" if v >= 10 else f"{v:.2f}"


def judge(same):
    """By the median ratio of the runs whose limit held still; a figure without ratio by its worst run."""
    good = [c for c in same if c[7] != "void"]
    void = len(same) - len(good)
    if not good:
        return "void"
    word = min((c[7] for c in good), key=["not", "met", "stretch", ""].index)
    if good[0][4] and good[0][5]:
        ratio = statistics.median(float(c[4]) for c in good)
        accept, stretch = (float(good[0][k].lstrip("<=")) for k in (5, 6))
        sign = -1 if good[0][5].startswith("<=") else 1
        word = "stretch" if sign * ratio >= sign * stretch else "met" if sign * ratio >= sign * accept else "not"
    return f"{word} ({void} of {len(same)} runs void)" if void and word else word


def table_row(runs, at):
    same = [run[at][1] for run in runs if at < len(run) and run[at][0] == "row"]
    name, _, _, unit, _, accept, stretch, _ = same[0]
    ours = spread([number(c[1]) for c in same], plain)
    limit = plain(statistics.median(number(c[2]) for c in same)) if same[0][2] else ""
    ratio = spread([number(c[4]) for c in same], lambda v: f"{v:.2f}")
    goal = " / ".join(g for g in (accept, stretch) if g)
    return f"| {name.strip()} | {ours} {unit} | {limit} | {ratio} | {goal} | {judge(same)} |"


def section(rows_dir):
    runs = [read_run(p) for p in sorted(rows_dir.iterdir()) if p.name.isdigit()]
    about = (rows_dir / "about").read_text().strip().splitlines()
    load = float(about[-1].split(": ")[1].split()[0])
    out = [BEGIN, "", f"{datetime.date.today().isoformat()}, {len(runs)} run{'s' * (len(runs) > 1)}: "
           + "; ".join(about) + ".", ""]
    if load > BUSY:
        out += ["The machine was **shared with other work** meanwhile: rates over HTTP and wall times are much worse than "
                "on a quiet one, and many rows void. CPU times and their ratios hold.", ""]
    for at, (kind, cells) in enumerate(runs[-1]):
        if kind == "title":
            out += [""] * bool(out[-1]) + [f"**{cells[0]}**", "", "| | ours | limit | ratio | accept / stretch | goal |",
                    "|---|---|---|---|---|---|"]
        elif kind == "row":
            out.append(table_row(runs, at))
        else:
            out.append(f"| {cells[0].strip()} | | | | | |")
    return "\n".join(out + ["", END])


def main(page, rows_dir):
    text = pathlib.Path(page).read_text()
    head, rest = text.split(BEGIN, 1)
    pathlib.Path(page).write_text(head + section(pathlib.Path(rows_dir)) + rest.split(END, 1)[1])
    print(f"{page}: the table is written")


if __name__ == "__main__":
    main(*sys.argv[1:])
