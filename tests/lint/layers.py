#!/usr/bin/env python3
"""Who may include whom. One row per room: the rooms whose headers it may read, besides its own.

The direction never turns: base <- codec <- types, suite <- jose, cose <- trust <- status <- sdjwt, mdoc, qr <- dcql <- verify,
then the server from sys upward, then the programs. Foreign libraries belong to single rooms.
"""
import os
import re
import sys

BASE = {"base"}
CODEC = BASE | {"codec"}
SUITE = CODEC | {"suite"}
SIGNED = SUITE | {"jose", "cose"}
TRUST = SIGNED | {"trust"}
STATUS = TRUST | {"types", "status"}
FORMATS = STATUS | {"sdjwt", "mdoc", "qr", "dcql"}
READER = STATUS | {"mdoc"}
CORE = FORMATS | {"proximity", "verify", "draw"}

CRYPTO_ROOMS = {
    "base": set(),
    "codec": BASE,
    "types": CODEC,
    "suite": CODEC,
    "jose": SUITE,
    "cose": SUITE,
    "trust": SIGNED,
    "status": TRUST,
    "sdjwt": STATUS,
    "mdoc": STATUS,
    "qr": STATUS,
    "proximity": READER,
    "dcql": CODEC,
    "verify": FORMATS,
    "draw": CODEC,
}

LOW = CORE | {"sys", "rules", "outbound"}
MIDDLE = LOW | {"registry", "signer", "http"}
UPPER = MIDDLE | {"flow", "lists"}
# app.h names structs and nothing of theirs; a step of flow takes one. routes.h declares the handlers' tables.
ACCESS = UPPER | {"access", "app.h", "routes.h"}
HANDLERS = {"oauth", "login", "issue", "present", "revoke", "agency", "operate"}

SERVER_ROOMS = {
    "sys": CORE,
    "rules": CORE | {"sys"},
    "outbound": CORE | {"sys"},
    "registry": LOW,
    "signer": LOW,
    "http": LOW,
    "flow": MIDDLE | {"app.h"},
    "lists": MIDDLE,
    "access": UPPER | {"app.h"},
    "": ACCESS | HANDLERS,  # main.c, routes.c, app.h
}
for handler in HANDLERS:
    SERVER_ROOMS[handler] = ACCESS

CLIENT_ROOMS = {"common": CORE, "idctl": CORE | {"common"}, "idwallet": CORE | {"common"}, "idverify": CORE | {"common"},
                "idprint": {"base", "codec", "types", "draw", "common"}}

# header (or its first folder) of a foreign library -> where it may be included
FOREIGN = {
    "openssl": ["crypto/suite"],
    "zlib.h": ["crypto/codec", "crypto/draw"],
    "qrencode.h": ["crypto/draw"],
    "microhttpd.h": ["idsrv/http"],
    "libpq-fe.h": ["idsrv/registry"],
    "jansson.h": ["idsrv", "clients"],
    "curl": ["idsrv/outbound", "clients/common"],
    "utf8proc.h": ["idsrv/sys", "clients"],
    "seccomp.h": ["idsrv/sys"],
    "cairo.h": ["clients/idprint"],
    "cairo-pdf.h": ["clients/idprint"],
    "pango": ["clients/idprint"],
    "webp": ["clients/idprint"],
}
# what the core may include of the C library: nothing that reaches a file, socket, clock or thread
CORE_LIBC = {"stdio.h", "stdlib.h", "string.h", "stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "limits.h",
             "errno.h", "ctype.h", "math.h", "float.h", "inttypes.h", "assert.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def sources(top):
    for folder, _, names in os.walk(top):
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.join(folder, name)


def check_own(path, top, room, allowed, target):
    first = target.split("/")[0]
    if first == room or (first in allowed and "/" in target):
        return None
    if "/" not in target:
        if target.endswith(".def") or target in allowed or (room == "" and os.path.exists(f"{top}/{target}")):
            return None
        return f'includes "{target}": write it from the room, "room/{target}"'
    return f'includes "{target}": {room or top} may not read {first}'


def check_foreign(path, top, target):
    first = target.split("/")[0]
    if first in FOREIGN:
        if not any(path.startswith(place + "/") for place in FOREIGN[first]):
            return f"includes <{target}>: only {', '.join(FOREIGN[first])} may"
    elif top == "crypto" and target not in CORE_LIBC:
        return f"includes <{target}>: the core does not reach files, sockets, clocks or threads"
    return None


def check(path, top, rooms, count):
    parts = path.split("/")
    room = parts[1] if len(parts) > 2 else ""
    if room not in rooms:
        yield f"{path}: room {room or '(top)'} is not in the table of tests/lint/layers.py"
        return
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            m = INCLUDE.match(line)
            if not m:
                continue
            count[0] += 1
            fault = (check_own(path, top, room, rooms[room], m.group(2)) if m.group(1) == '"'
                     else check_foreign(path, top, m.group(2)))
            if fault:
                yield f"{path}:{number}: {fault}"


def main():
    count = [0]
    faults = []
    for top, rooms in (("crypto", CRYPTO_ROOMS), ("idsrv", SERVER_ROOMS), ("clients", CLIENT_ROOMS)):
        for path in sources(top):
            faults += check(path, top, rooms, count)
    for fault in faults:
        print(fault)
    print(f"# {count[0]} includes")
    return 1 if faults or not count[0] else 0


if __name__ == "__main__":
    sys.exit(main())
