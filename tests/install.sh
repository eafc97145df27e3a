#!/bin/bash
# What is missing on a fresh Debian 12, and only that.
#
#   tests/install.sh demo    what `make demo` needs: build, run, read a QR back
#   tests/install.sh         the same and what `make test` needs
#
# Nothing missing: nothing is done and no sudo is asked. As an ordinary user sudo -n is tried; if it
# is refused, the line to run is printed and we stop.
set -u
cd "$(dirname "$0")/.." || exit 1

build="gcc make pkg-config libssl-dev libmicrohttpd-dev libpq-dev libjansson-dev libcurl4-openssl-dev
zlib1g-dev libqrencode-dev libutf8proc-dev libseccomp-dev libpango1.0-dev libwebp-dev postgresql ca-certificates"
demo="zbar-tools util-linux curl openssl"
# fonts of every script of the sample people; the small one for Chinese (a country prints with fonts-noto-cjk)
fonts="fonts-noto-core fonts-droid-fallback"
test="$fonts poppler-utils zxing-cpp-tools libharfbuzz-bin clang libclang-rt-14-dev libcmocka-dev libzbar-dev
libcbor-dev chromium python3 mandoc scdoc procps nginx-light haproxy"

want="$build $demo"
[ "${1:-test}" = demo ] || want="$want $test"

missing=
for p in $want; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
# Node.js may come from Debian or from anywhere else; what counts is that it runs.
if [ "${1:-test}" != demo ]; then
	command -v node >/dev/null || missing="$missing nodejs"
	command -v npm >/dev/null || missing="$missing npm"
fi
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || {
	echo "missing:$missing" >&2
	echo "This is no Debian; install what these packages hold and run again." >&2
	exit 1
}
line="apt-get update && apt-get install -y --no-install-recommends$missing"
as_root=
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if [ -n "$as_root" ] && ! sudo -n true 2>/dev/null; then
	echo "These packages are missing and sudo asks for a password. Run this, then try again:" >&2
	echo "  sudo sh -c '$line'" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# Nothing is started: idsrv runs a PostgreSQL of its own, the tests their own proxies (Debian's policy-rc.d, for this one run).
policy=/usr/sbin/policy-rc.d
if [ -e "$policy" ]; then policy=; else printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null && $as_root chmod 755 "$policy"; fi
trap '[ -z "$policy" ] || $as_root rm -f "$policy"' EXIT
log=$(mktemp)
if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	rm -f "$log"
	echo "The packages could not be installed." >&2
	exit 1
fi
rm -f "$log"
