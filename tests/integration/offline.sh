# The bundle and the programs without a server: what idverify says, and when it says it does not know.
environment main
cards=$TOP/cards
rm -rf "$cards" && mkdir -p "$cards"
person=$(sed -n '60s/^{"key":"\([^"]*\)".*/\1/p' schema/samples/people.ndjson)
alone="unshare -rn"
$alone true 2>/dev/null || alone=

verify() { $alone "$BIN/idverify" --root "$WORK/keys/root.pem" --json "$@"; }
# verdict WANTED CODE ARGUMENTS: exit code and both words
verdict() {
	local out rc want
	case $1 in VALID) want=0 ;; INVALID) want=1 ;; *) want=2 ;; esac
	out=$(verify "${@:3}")
	rc=$?
	echo "$out" | cut -c1-300
	[ $rc -eq $want ] && [[ $out == "{\"verdict\":\"$1\",\"code\":\"$2\","* ]]
}
could_not_run() { verify "$@"; [ $? -eq 3 ]; }
flip() { # FILE AT OUT: one bit of one byte
	cp "$1" "$3" && printf "\\x$(printf %02x $(($(od -An -tu1 -j "$2" -N1 "$1") ^ 1)))" |
		dd of="$3" bs=1 seek="$2" conv=notrunc status=none
}

ok "a paper is made" "$BIN/idctl" paper make --person "$person" --type pid --cut card --out "$cards/card"
scan() { zbarimg -q --raw --oneshot -Sdisable -Sqrcode.enable "$cards/card.png" | tr -d '\n' | cmp - "$cards/card.txt"; }
ok "its picture reads back as its text" scan
ok "the bundle is fetched" "$BIN/idctl" bundle get --out "$cards/bundle.cbor"
ok "and is what it should be" "$BIN/idctl" bundle verify --root "$WORK/keys/root.pem" "$cards/bundle.cbor"
known=(--bundle "$cards/bundle.cbor")
ok "the paper is valid offline" verdict VALID ok "${known[@]}" --policy bank-teller-offline "$cards/card.txt"
ok "three days later it is too old to say" verdict UNDECIDED status_stale "${known[@]}" --policy bank-teller-offline \
	--at "$(date -u -d '+3 days' +%Y-%m-%dT%H:%M:%SZ)" "$cards/card.txt"
ok "a month later the bundle has ended" verdict UNDECIDED bundle_expired "${known[@]}" --policy bank-teller-offline \
	--at "$(date -u -d '+30 days' +%Y-%m-%dT%H:%M:%SZ)" "$cards/card.txt"
ok "a clock before the bundle is noticed" verdict UNDECIDED clock "${known[@]}" --policy bank-teller-offline \
	--at "$(date -u -d '-3 days' +%Y-%m-%dT%H:%M:%SZ)" "$cards/card.txt"

# ---- what is not signed by the root is no bundle ----
"$BIN/idctl" ca init --demo --dir "$TOP/foreign" --country XB --name "Foreign" --url https://x.example --dns localhost \
	--types schema/types >"$TOP/last.log" 2>&1
foreign() { "$BIN/idverify" --root "$TOP/foreign/root.pem" "${known[@]}" "$cards/card.txt"; [ $? -eq 3 ]; }
ok "another nation's root opens nothing" foreign
size=$(stat -c %s "$cards/bundle.cbor")
for at in 20 $((size / 4)) $((size / 2)) $((size - 10)); do
	flip "$cards/bundle.cbor" "$at" "$cards/flipped.cbor"
	ok "a bit flipped at $at of $size is seen" could_not_run --bundle "$cards/flipped.cbor" "$cards/card.txt"
done
head -c $((size - 1)) "$cards/bundle.cbor" >"$cards/short.cbor"
ok "a bundle cut short is none" could_not_run --bundle "$cards/short.cbor" "$cards/card.txt"
(cat "$cards/bundle.cbor" && printf x) >"$cards/long.cbor"
ok "a byte behind it is seen" could_not_run --bundle "$cards/long.cbor" "$cards/card.txt"
ok "no bundle, no verdict" could_not_run "$cards/card.txt"
ok "a policy it does not hold" could_not_run "${known[@]}" --policy nothing "$cards/card.txt"

# ---- altered inputs ----
changed() { # AT: another letter of the same alphabet there
	awk -v at="$1" '{ c = substr($0, at, 1); printf "%s%s%s", substr($0, 1, at - 1), c == "A" ? "B" : "A", substr($0, at + 1) }' \
		"$cards/card.txt"
}
length=$(wc -c <"$cards/card.txt")
refused() { verify "${known[@]}" "$1"; [ $? -eq 1 ]; }
for at in 1 50 200 $((length / 2)) $((length - 3)); do
	changed "$at" >"$cards/changed.txt"
	ok "letter $at changed: not valid" refused "$cards/changed.txt"
done
ok "an empty input is no credential" eval '! verify "${known[@]}" "" >/dev/null'
head -c 2000 /dev/urandom >"$cards/noise"
ok "noise is no credential" eval '! verify "${known[@]}" "$cards/noise"'

# ---- the wallet program, and status after a change ----
export IDWALLET_STORE=$TOP/wallet
rm -rf "$IDWALLET_STORE"
receive() {
	local out
	out=$("$BIN/idctl" offer make --person "$person" --tx-code --json pid.sdjwt) || return 1
	"$BIN/idwallet" receive "$(json_get link_by_reference <<<"$out")" --tx-code "$(json_get tx_code <<<"$out")"
}
# proves: HAIP 4.2c, HAIP 4.2d
# proves: VCI 4.1.1i, VCI 4.1.3b, VCI 8.2n, VCI 12.2.2c
ok "a wallet receives by a link" receive
scanned() { # what a camera reads is the link, and the wallet takes it
	"$BIN/idctl" offer make --person "$person" --qr "$cards/offer.png" --json pid.sdjwt >"$cards/offer.json" || return 1
	zbarimg -q --raw --oneshot -Sdisable -Sqrcode.enable "$cards/offer.png" | tr -d '\n' >"$cards/offer.scanned"
	[ "$(cat "$cards/offer.scanned")" = "$(json_get link_by_reference <"$cards/offer.json")" ] &&
		"$BIN/idwallet" receive "$(cat "$cards/offer.scanned")"
}
# proves: HAIP 4.2c, HAIP 4.2d
ok "an offer scanned from a screen is received" scanned
again() {
	local out link tx
	out=$("$BIN/idctl" offer make --person "$person" --tx-code --json pid.sdjwt)
	link=$(json_get link_by_value <<<"$out") tx=$(json_get tx_code <<<"$out")
	"$BIN/idwallet" receive "$link" --tx-code "$tx" --bearer --copies 2 && ! "$BIN/idwallet" receive "$link" --tx-code "$tx"
}
ok "by value, with a bearer token; and an offer is good once" again
private() { [ "$(stat -c %a "$IDWALLET_STORE")" = 700 ] && ! find "$IDWALLET_STORE" -type f -perm /077 | grep .; }
ok "its files are its own" private
shares() { # WANTED ARGUMENTS of request make
	local out id want=$1
	shift
	out=$("$BIN/idctl" request make --policy bank-account --flow cross_device --json "$@") || return 1
	id=$(json_get id <<<"$out")
	"$BIN/idwallet" present --yes --root "$WORK/keys/root.pem" "$(json_get invocation_url <<<"$out")"
	[ "$("$BIN/idctl" result "$id" --wait 5 --json | json_get verdict)" = "$want" ]
}
ok "it presents" shares VALID
stranger() {
	local out
	out=$("$BIN/idctl" request make --policy bank-account --flow cross_device --json) || return 1
	! "$BIN/idwallet" present --yes --root "$TOP/foreign/root.pem" "$(json_get invocation_url <<<"$out")"
}
ok "it shows nothing to a verifier of another nation" stranger
revoke_all() {
	local id
	for id in $("$BIN/idctl" find --person "$person" --reason revocation --json | tr '{' '\n' |
		sed -n 's/.*"credential_id":\([0-9]*\).*/\1/p'); do
		"$BIN/idctl" status set "$id" revoked --reason lost || return 1
	done
}
ok "an officer revokes" revoke_all
ok "the wallet's answer is not valid any more" shares INVALID
fresh_bundle() { sleep 1 && "$BIN/idctl" bundle get --out "$cards/after.cbor" && ! cmp -s "$cards/bundle.cbor" "$cards/after.cbor"; }
ok "the new bundle is another" fresh_bundle
ok "the new bundle knows" verdict INVALID status_revoked --bundle "$cards/after.cbor" --policy bank-teller-offline "$cards/card.txt"
ok "the old bundle cannot know" verdict VALID ok "${known[@]}" --policy bank-teller-offline "$cards/card.txt"
