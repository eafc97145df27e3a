# What the benches start: one server with people, a relying party and a paper. Sourced; needs O.
BIN=$PWD/$O/bin
SCHEMA=$PWD/schema
WORK=$PWD/build/bench
. tests/demo/lib.sh
rounds=5 seconds=2
# What PostgreSQL preloads must lie where its user can read it.
SHARED=$(mktemp -d /tmp/idrail-bench-XXXXXX)
finish() {
	server_stop
	rm -rf "$SHARED"
	state_forget
}
trap finish EXIT

idbench() { # PART [options]
	"$BIN/idbench" "$1" --server "${SERVER:-}" --admin "${ADMIN:-}" --pid "${SERVER_PID:-0}" --people "$WORK/people" \
		--party "$(cat "$WORK/bank.key" 2>/dev/null)" --officer "$(cat "$WORK/keys/officer.token" 2>/dev/null)" \
		--card "$(cat "$WORK/card.txt" 2>/dev/null)" --delay "$SHARED/delay" --shared "$SHARED" \
		--keys "$WORK/keys" --bin "$BIN" --work "$WORK" --db "${db:-}" --person "${person:-}" --rounds "$rounds" --seconds "$seconds" "${@:2}"
}
resident() { awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$SERVER_PID/status"; }

# One server for all parts, with people, a relying party and a paper.
populate() {
	"$BIN/idctl" people import schema/samples/people.ndjson >/dev/null &&
		"$BIN/idctl" party add Bench --policy '*' --cross-device --out "$WORK/bank.key" --token-file "$WORK/keys/admin.token" >/dev/null &&
		sed -n 's/^{"key":"\(KH-[^"]*\)".*/\1/p' schema/samples/people.ndjson | head -n 32 >"$WORK/people" || return 1
	# one who gets no other credential
	person=$(sed -n 's/^{"key":"\(TH-[^"]*\)".*/\1/p' schema/samples/people.ndjson | head -n 1)
	echo "$person" >"$WORK/person"
	"$BIN/idctl" paper make --person "$person" --type pid --cut plain --out "$WORK/card" >/dev/null
}

serve() { server_start --queue 4096 --party_rate 0 --operator_rate 0 --token_ttl_s 86400 --connections 1200 "$@"; }

begin() {
	local old from
	old=$(state_of)
	case $old in */idrail-demo/*) rm -rf "$old" ;; esac
	rm -rf "$WORK"
	mkdir -p "$WORK"
	ca_once || return 1
	from=$(ms)
	serve || return 1
	new_cluster=$(($(ms) - from))
	resident_start=$(resident)
	populate || return 1
	resident_import=$(resident)
}
