#!/usr/bin/env python3
"""A flame graph (SVG, no script in it) from the stacks `perf script -F comm,pid,tid,ip,sym,dso` prints.

    perf script ... | flame.py TITLE >picture.svg

Width is CPU time, below stands who called; hover over a box for its whole name and share.
"""
import html
import re
import sys

WIDTH, ROW, TOP, SIDE = 1200, 17, 84, 10
LEAST = 0.003  # a box narrower than this part of all is left out
KERNEL_MAX = 3 # of the kernel's frames on one stack: what was asked of it, not how it does it
CHAR = 6.6     # of the text in a box, at 11 px
FRAME = re.compile(r"^\s+[0-9a-f]+ (.+?) \((.*)\)$")
KINDS = [  # what a frame belongs to, its colour, by the file it lies in
    ("libcrypto", "#e8875a", re.compile(r"libcrypto")),
    ("PostgreSQL and libpq", "#7aa6d6", re.compile(r"/postgres$|libpq|plpgsql")),
    ("kernel", "#b9b2c9", re.compile(r"kernel|vdso|\[unknown\]")),
    ("our code", "#8fbf6f", re.compile(r"/idsrv$")),
    ("libmicrohttpd, zlib, libc and others", "#e3cd6d", re.compile(r"")),
]


class Box:
    """One function at one place of the stack: samples below it and in itself."""

    def __init__(self, name, kind):
        self.name, self.kind, self.samples, self.inside = name, kind, 0, {}

    def child(self, name, kind):
        return self.inside.setdefault(name, Box(name, kind))


def kind_of(dso):
    return next(i for i, (_, _, pattern) in enumerate(KINDS) if pattern.search(dso))


NOISE = re.compile(r"_start$|__libc_start|clone3$|start_thread$|entry_SYSCALL|do_syscall_64|^x64_sys_call$|asm_exc_")


def tidy(frames):
    """Outermost first, without what stands at the bottom of every stack; a function whose name is not
    known takes that of its file, once."""
    out, kernel = [], 0
    for name, dso in frames:
        kind = kind_of(dso)
        if name == "[unknown]":
            name = re.sub(r".*/|\.so.*", "", dso)
            if name.startswith("[") or (out and out[-1][0] == name):
                continue
        kernel += KINDS[kind][0] == "kernel"
        if not NOISE.search(name) and (KINDS[kind][0] != "kernel" or kernel <= KERNEL_MAX + 2):
            out.append((name, kind))
    return out


def stacks(lines):
    """(thread, [(function, file), ...] outermost first)"""
    who, frames = None, []
    for line in lines:
        if not line.strip():
            if who and frames:
                yield who, frames[::-1]
            who, frames = None, []
        elif not line[0].isspace():
            who = re.sub(r"\s+\d+(/\d+)?\s*$", "", line.strip())
        else:
            found = FRAME.match(line)
            if found:
                name = re.sub(r"\+0x[0-9a-f]+$|\(.*$", "", found[1])
                frames.append((name, found[2]))
    if who and frames:
        yield who, frames[::-1]


def grow(lines):
    root = Box("all", 4)
    for who, frames in stacks(lines):
        box = root
        box.samples += 1
        for name, kind in [(who, 4)] + tidy(frames):
            box = box.child(name, kind)
            box.samples += 1
    return root


def depth(box, all_samples):
    wide = [b for b in box.inside.values() if b.samples >= LEAST * all_samples]
    return 1 + max((depth(b, all_samples) for b in wide), default=0)


def draw(box, x, level, all_samples, bottom, out):
    width = (WIDTH - 2 * SIDE) * box.samples / all_samples
    y = bottom - level * ROW
    share = f"{html.escape(box.name)}: {100 * box.samples / all_samples:.1f} %"
    room = int((width - 4) / CHAR)
    text = box.name if len(box.name) <= room else box.name[:room - 1] + "…" if room > 3 else ""
    label = f'<text x="{x + 3:.1f}" y="{y + 12}">{html.escape(text)}</text>' if text else ""
    out.append(f'<g><title>{share}</title><rect x="{x:.1f}" y="{y}" width="{max(width - 0.4, 0.2):.1f}" '
               f'height="{ROW - 1}" fill="{KINDS[box.kind][1]}"/>{label}</g>')
    for inner in sorted(box.inside.values(), key=lambda b: b.name):
        if inner.samples >= LEAST * all_samples:
            draw(inner, x, level + 1, all_samples, bottom, out)
        x += (WIDTH - 2 * SIDE) * inner.samples / all_samples


def own_time(box, sums):
    """Samples by kind of the innermost frame."""
    sums[box.kind] += box.samples - sum(b.samples for b in box.inside.values())
    for inner in box.inside.values():
        own_time(inner, sums)


def legend(root, out):
    sums = [0] * len(KINDS)
    own_time(root, sums)
    x = SIDE
    for (name, colour, _), samples in zip(KINDS, sums):
        text = f"{name} {100 * samples / root.samples:.0f} %"
        out.append(f'<rect x="{x}" y="42" width="12" height="12" fill="{colour}"/>'
                   f'<text x="{x + 17}" y="52">{html.escape(text)}</text>')
        x += 34 + int(len(text) * CHAR)


def main(title):
    root = grow(sys.stdin)
    if root.samples < 200:
        sys.exit(f"flame.py: {root.samples} stacks are too few for a picture")
    height = TOP + depth(root, root.samples) * ROW + 10
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
           'font-family="DejaVu Sans Mono,monospace" font-size="11" fill="#222">',
           f'<title>{html.escape(title)}</title><rect width="100%" height="100%" fill="#fffdf8"/>',
           f'<text x="{SIDE}" y="24" font-size="16">{html.escape(title)}</text>',
           f'<text x="{SIDE}" y="70">{root.samples} samples; width is CPU time, a function stands on its caller; '
           'share of time spent in:</text>']
    legend(root, out)
    draw(root, SIDE, 1, root.samples, height - 10, out)
    print("\n".join(out + ["</svg>"]))


if __name__ == "__main__":
    main(sys.argv[1])
