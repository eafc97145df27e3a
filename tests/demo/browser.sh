#!/bin/bash
# A citizen in a browser without script, as our login pages allow: browser.sh URL logs in at the address a wallet opened and agrees.
# NUMBER and CODE in the environment: the national number, and the activation code from the office; the pages go to LOG.
# DECISION=deny refuses; SHOW=1 prints the address it is sent to instead of going there.
set -u
LOG=${LOG:-/dev/null}
[ -n "${1:-}" ] || { echo "usage: NUMBER=... CODE=... $0 URL" >&2; exit 3; }
jar=$(mktemp)
trap 'rm -f "$jar" "$jar.html"' EXIT
origin=$(sed -E 's|^(https?://[^/]+).*|\1|' <<<"$1")

get() { curl -sS -b "$jar" -c "$jar" -o "$jar.html" "$@" && cat "$jar.html" >>"$LOG"; }
# The hidden token of the page's forms: without it a post is a stranger's.
token() { sed -n 's/.*name="token" value="\([^"]*\)".*/\1/p' "$jar.html" | head -n 1; }
# The address of the form around the button with this id.
action() { tr '<' '\n' <"$jar.html" | awk -v id="id=\"$1\"" '/^form /{ form = $0 } index($0, id) { print form; exit }' |
	sed -n 's/.*action="\([^"]*\)".*/\1/p'; }
has() { grep -q "id=\"$1\"" "$jar.html" || { echo "the page has no $1: $(grep -o 'id="error-code">[^<]*' "$jar.html")" >&2; exit 1; }; }

get "$1" || exit 3
has login
get --data-urlencode "token=$(token)" --data-urlencode "username=$NUMBER" --data-urlencode "password=$CODE" "$(action login)" || exit 3
has approve
# what follows leads to the wallet, which listens on this machine
back=$(curl -sS -b "$jar" -c "$jar" -o /dev/null -w '%{redirect_url}' --data-urlencode "token=$(token)" \
	--data-urlencode "decision=${DECISION:-approve}" "$(action approve)") || exit 3
[ -n "$back" ] || { echo "the server did not lead back to the wallet" >&2; exit 1; }
if [ -n "${SHOW:-}" ]; then echo "$back"; else curl -sS -o /dev/null "$back"; fi
