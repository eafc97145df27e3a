#!/bin/bash
# `make demo`: the main job, end to end, every step real and over the wire, with timings.
#
# A sample agency issues to a wallet (at the office with a code, at home with a login) and on paper, a sample bank asks and verifies
# online and offline, an officer revokes. Exit 0 only if every verdict was the expected one. What was made stays in build/demo.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=$PWD/build/dev/bin
SCHEMA=$PWD/schema
WORK=$PWD/build/demo
. tests/demo/lib.sh
. tests/demo/clients.sh

rm -rf "$WORK"
mkdir -p "$WORK"
# A demo begins anew each time; `make run` goes on with what the last one left.
state_forget
trap server_stop EXIT

bold= plain= green= red=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\033[1m' plain=$'\033[0m' green=$'\033[32m' red=$'\033[31m'
fi
begun=$(ms)
wrong=0

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
# step WORDS: what is done; took prints how long it took
step() { printf '  %-74s' "$*"; step_at=$(ms); }
took() { printf '%6d ms\n' $(($(ms) - step_at)); }
fatal() { printf '%sfailed%s\n' "$red" "$plain"; sed 's/^/    /' "$WORK/last.log" >&2; exit 1; }
run() { "$@" >"$WORK/last.out" 2>"$WORK/last.log" || { cat "$WORK/last.out" >>"$WORK/last.log"; fatal; }; }

# expect WANTED GOT WHAT: the verdicts are what counts
expect() {
	if [ "$1" = "$2" ]; then
		printf '  %-74s%s%s%s\n' "$3" "$green" "$2" "$plain"
	else
		printf '  %-74s%s%s, expected %s%s\n' "$3" "$red" "$2" "$1" "$plain"
		wrong=$((wrong + 1))
	fi
}

# Offline means offline: in a network namespace of its own where the system allows one.
no_net="unshare -rn"
$no_net true 2>/dev/null || no_net=
offline() { $no_net "$BIN/idverify" --root "$WORK/keys/root.pem" --json "$@" 2>"$WORK/last.log"; }
verdict_of() { json_get verdict; }

say "1. The rail"
step "keys and certificates of a sample nation"; run ca_once; took
step "a wallet provider, whose wallets the nation admits (clients.json)"; run clients_once; took
step "PostgreSQL, signer, server on free loopback ports"
server_start || exit 1
took
people=schema/samples/people.ndjson
step "import $(wc -l <"$people") invented people of eleven countries"
run "$BIN/idctl" people import "$people"; took
step "register Sample Bank as a relying party"
run "$BIN/idctl" party add "Sample Bank" --policy bank-account --policy bank-teller-offline \
	--return-url "$SERVER/" --origin https://bank.example --cross-device --out "$WORK/bank.key" --token-file "$WORK/keys/admin.token"
took
step "and Sample Car Rental"
run "$BIN/idctl" party add "Sample Car Rental" --policy car-rental --return-url "$SERVER/" --cross-device \
	--out "$WORK/rental.key" --token-file "$WORK/keys/admin.token"
took
export IDCTL_KEY_FILE=$WORK/bank.key
person=$(sed -n 's/^{"key":"\(KH-[^"]*\)".*/\1/p' "$people" | head -n 1)

say "2. Issue: from the office to a phone"
step "offer for $person, with a transaction code"
run "$BIN/idctl" offer make --person "$person" --tx-code --qr "$WORK/offer.png" --json pid.sdjwt; took
link=$(json_get link_by_reference <"$WORK/last.out")
tx=$(json_get tx_code <"$WORK/last.out")
export IDWALLET_STORE=$WORK/wallet
step "a wrong transaction code is refused"
if "$BIN/idwallet" receive "$link" --tx-code 000000x >"$WORK/last.out" 2>&1; then echo x >"$WORK/last.log"; fatal; fi; took
step "wallet receives a batch (DPoP, nonce, one key per copy)"
run "$BIN/idwallet" receive "$link" --tx-code "$tx"; took
printf '  %s\n' "$(cat "$WORK/last.out")"

say "3. Present: a bank asks, the wallet shares three claims, encrypted"
present() { # [POLICY]: who asks is whose key is in IDCTL_KEY_FILE
	step "a request made from policy ${1:-bank-account} (signed, by reference)"
	run "$BIN/idctl" request make --policy "${1:-bank-account}" --flow cross_device --qr "$WORK/request.png" --json; took
	id=$(json_get id <"$WORK/last.out")
	request=$(json_get invocation_url <"$WORK/last.out")
	step "wallet checks who asks, discloses, binds, encrypts, sends"
	"$BIN/idwallet" present --yes --root "$WORK/keys/root.pem" "$request" >"$WORK/last.log" 2>&1; took
	# exit 1 says rejected, which may be what we expect: the verdict is what counts
	"$BIN/idctl" result "$id" --wait 10 --json >"$WORK/result.json" 2>"$WORK/last.log"
}
present
expect VALID "$(verdict_of <"$WORK/result.json")" "what the bank sees"
sed 's/.*"claims":\({[^}]*}\).*/  \1/' "$WORK/result.json" | cut -c 1-150

say "4. At home: the citizen logs in, for a driving licence (ISO mdoc) and a proof of residence"
step "the office hands out an activation code, once it has seen who comes"
run "$BIN/idctl" activation make --person "$person" --json; took
CODE=$(json_get code <"$WORK/last.out")
NUMBER=$(sed -n "/^{\"key\":\"$person\"/s/.*\"personal_administrative_number\":\"\([^\"]*\)\".*/\1/p" "$people")
export CODE NUMBER LOG=$WORK/pages.html
step "and an offer for a wallet that logs its citizen in (haip-vci://)"
run "$BIN/idctl" offer make --person "$person" --grant authorization_code --profile haip --json mdl.mdoc residence.sdjwt; took
link=$(json_get link_by_reference <"$WORK/last.out")
wallet=(--client-id https://reference.example --test-provider "$WORK/provider")
step "wallet pushes what it wants (attested, PAR, PKCE, DPoP), opens a browser"
run "$BIN/idwallet" receive "${wallet[@]}" --browser tests/demo/browser.sh "$link"; took
printf '  %s\n' "the citizen's pages: $(grep -o '<h[12]>[^<]*' "$LOG" | sed 's/<h[12]>//' | paste -sd '|' | sed 's/|/, /g')"
printf '  %s\n' "$(cat "$WORK/last.out")"
first=$("$BIN/idwallet" list | awk '$2 == "residence.sdjwt" { print $1; exit }')
step "later the wallet comes back for fresh copies by itself (refresh token)"
run "$BIN/idwallet" renew "${wallet[@]}" "$first"; took

say "5. The licence: shown, suspended, given back"
run "$BIN/idctl" find --person "$person" --reason support --json
licence=$(tr '{' '\n' <"$WORK/last.out" | sed -n 's/.*"credential_id":\([0-9]*\).*"type":"mdl".*/\1/p' | head -n 1)
rent() { # WANTED WHAT
	IDCTL_KEY_FILE=$WORK/rental.key present car-rental
	expect "$1" "$(verdict_of <"$WORK/result.json")" "$2"
}
rent VALID "what the car rental sees: five elements, signed by the device"
step "suspend it, reason investigation; until the list of one bit says invalid"
run "$BIN/idctl" status set "$licence" suspended --reason investigation; took
rent INVALID "the same wallet, suspended"
step "the investigation ends"; run "$BIN/idctl" status set "$licence" valid --reason investigation_ended; took
rent VALID "the same wallet again"

say "6. Paper: a QR code, printed, read back, verified without a network"
step "officer prints (Claim 169 with portrait and status index)"
run "$BIN/idctl" paper make --person "$person" --type pid --cut card --out "$WORK/card" --json; took
step "zbar reads the PNG back"
zbarimg -q --raw --oneshot -Sdisable -Sqrcode.enable "$WORK/card.png" 2>"$WORK/last.log" | tr -d '\n' >"$WORK/card.scanned"
cmp -s "$WORK/card.scanned" "$WORK/card.txt" || { echo "the scanned text differs" >>"$WORK/last.log"; fatal; }
took
step "the offline bundle, signed"; run "$BIN/idctl" bundle get --out "$WORK/bundle-before.cbor"; took
if [ -n "$no_net" ]; then echo "  (idverify runs in a network namespace without any interface)"; else
	echo "  (this system allows no network namespace; idverify opens no socket anyway)"; fi
expect VALID "$(offline --bundle "$WORK/bundle-before.cbor" --policy bank-teller-offline \
	--portrait "$WORK/portrait.webp" "$WORK/card.scanned" | verdict_of)" "the paper, offline"

say "7. Revoke: the officer answers for it"
run "$BIN/idctl" find --person "$person" --reason revocation --json
tr '{' '\n' <"$WORK/last.out" | sed -n 's/.*"credential_id":\([0-9]*\).*/\1/p' >"$WORK/credentials"
from=$(ms)
for c in $(cat "$WORK/credentials"); do
	step "revoke credential $c, reason lost"
	run "$BIN/idctl" status set "$c" revoked --reason lost; took
done
# Visible means: in the signed list that everyone fetches, not only in our own memory.
visible=
for i in $(seq 1 100); do
	run "$BIN/idctl" bundle get --out "$WORK/bundle-after.cbor"
	[ "$(offline --bundle "$WORK/bundle-after.cbor" "$WORK/card.scanned" | verdict_of)" = INVALID ] && {
		visible=$(($(ms) - from)); break; }
	sleep 0.02
done
[ -n "$visible" ] || { echo "not visible after 100 tries" >"$WORK/last.log"; fatal; }
printf '  %-74s%6d ms\n' "from the first revocation to visible in the published list" "$visible"
present
expect INVALID "$(verdict_of <"$WORK/result.json")" "the same wallet, online"
run_verify=$("$BIN/idctl" verify --policy bank-teller-offline --json "$WORK/card.scanned" 2>"$WORK/last.log" | verdict_of)
expect INVALID "$run_verify" "the paper, online"
old_out=$(offline --bundle "$WORK/bundle-before.cbor" --policy bank-teller-offline "$WORK/card.scanned")
expect VALID "$(verdict_of <<<"$old_out")" "the paper, offline, bundle from before ($(json_get age_s <<<"$old_out") s old, a day is allowed)"
later=$(date -u -d '+3 days' +%Y-%m-%dT%H:%M:%SZ)
late_out=$(offline --bundle "$WORK/bundle-before.cbor" --policy bank-teller-offline --at "$later" "$WORK/card.scanned")
expect UNDECIDED "$(verdict_of <<<"$late_out")" "the same, three days later ($(json_get age_s <<<"$late_out") s old: too old to say)"
expect INVALID "$(offline --bundle "$WORK/bundle-after.cbor" --policy bank-teller-offline \
	"$WORK/card.scanned" | verdict_of)" "the paper, offline, bundle from after"

say "8. Tamper"
# one character of the signed text changed for another of the same alphabet
awk '{ c = substr($0, 200, 1); printf "%s%s%s", substr($0, 1, 199), c == "A" ? "B" : "A", substr($0, 201) }' \
	"$WORK/card.scanned" >"$WORK/card.flipped"
expect INVALID "$(offline --bundle "$WORK/bundle-before.cbor" "$WORK/card.flipped" | verdict_of)" "one character flipped"

rss=$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$SERVER_PID/status" 2>/dev/null)
printf '\n%sDone in %d s; the server uses %s MB.%s ' "$bold" $((($(ms) - begun) / 1000)) "${rss:-?}" "$plain"
if [ "$wrong" -gt 0 ]; then
	echo "${red}$wrong verdicts were not the expected ones.${plain}"
	exit 1
fi
echo "Every verdict was the expected one."
cat <<END

What was made is in build/demo: offer.png, request.png, card.png, card.svg, portrait.webp, the bundles.
Try next:
  make run                                   serve on the same data until Ctrl-C
  build/dev/bin/idverify --help              verify offline
  build/dev/bin/idctl --help                 the agency's and the operator's commands
  docs/README.md                             how it is built, and in which order to read it
END
