#!/usr/bin/env python3
"""What does a TLS server accept? One handshake each, by `openssl s_client`, so that old versions can be offered at all.

tls_probe.py HOST:PORT CA_FILE versions    -> the protocol versions it accepts
tls_probe.py HOST:PORT CA_FILE suites      -> the TLS 1.2 suites it accepts, one a line, sorted
tls_probe.py HOST:PORT CA_FILE prefers     -> the version chosen when all are offered

CERT_FILE KEY_FILE may follow: what to show where the server asks for a certificate.
"""
import re
import subprocess
import sys

SECLEVEL = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
SHOWN = []
VERSIONS = {"tls1": "TLSv1", "tls1_1": "TLSv1.1", "tls1_2": "TLSv1.2", "tls1_3": "TLSv1.3"}


def handshake(server, ca, *options):
    """(version, suite) that was agreed on, or None."""
    run = subprocess.run(["openssl", "s_client", "-connect", server, "-servername", "localhost", "-CAfile", ca,
                          "-verify_return_error", *SHOWN, *options], input=b"", capture_output=True, timeout=20)
    done = re.search(rb"^New, (\S+), Cipher is (\S+)", run.stdout, re.M)
    if run.returncode != 0 or not done or done[2] == b"(NONE)":
        return None
    version = re.search(rb"^\s*Protocol\s*: (\S+)", run.stdout, re.M)
    return (version[1] if version else done[1]).decode(), done[2].decode()


def suites():
    out = subprocess.run(["openssl", "ciphers", "-s", "-tls1_2", SECLEVEL], capture_output=True, check=True).stdout
    return out.decode().strip().split(":")


def main():
    server, ca, what, *own = sys.argv[1:]
    SHOWN.extend(["-cert", own[0], "-key", own[1]] if own else [])
    if what == "versions":
        print(*[name for flag, name in VERSIONS.items()
                if handshake(server, ca, "-" + flag, *(["-cipher", SECLEVEL] if flag != "tls1_3" else []))])
    elif what == "suites":
        print(*sorted(s for s in suites() if handshake(server, ca, "-tls1_2", "-cipher", f"{s}:@SECLEVEL=0")), sep="\n")
    else:
        print((handshake(server, ca) or ("none",))[0])


main()
