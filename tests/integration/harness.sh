# What tests/integration/run is made of: building, servers, counting. Another suite over the same servers says
# so before: SUITE, HERE (its programs), MORE (further objects), and its own sources().
. tests/demo/clients.sh
passed=0 failed=0 skipped=0
SUITE=${SUITE:-integration} KIT=$OUT/tests/integration MORE=${MORE:-}

totals() {
	mkdir -p build/totals
	echo "TOTAL $SUITE $1 $2 $3" >"build/totals/$SUITE"
}

# ---- building: every test_<part>.c with the client kit, against the core only ----
sources() { ls "$HERE"/test_*.c; }
build() {
	local kit="$KIT/client.o $KIT/client_issue.o $KIT/client_present.o $KIT/client_race.o $KIT/client_forge.o $KIT/client_mdoc.o $KIT/client_browser.o \
		$KIT/client_wallet.o $KIT/client_citizen.o $KIT/client_seal.o \
		$OUT/tests/unit/testkit.o $OUT/tests/unit/testkit_mdoc.o $MORE"
	local objects=$kit sanitize= src name
	for src in $(sources); do
		objects="$objects $PROGRAMS/$(basename "$src" .c).o"
	done
	[ "$MODE" = asan ] && sanitize=-fsanitize=address,undefined
	# shellcheck disable=SC2086
	make -s --no-print-directory -j2 MODE="$MODE" all $objects || return 1
	for src in $(sources); do
		name=$(basename "$src" .c)
		# shellcheck disable=SC2086
		${CC:-gcc} $sanitize -pie -o "$PROGRAMS/$name" "$PROGRAMS/$name.o" $kit \
			-Wl,--start-group "$OUT/libidr.a" "$OUT/libidr-issue.a" -Wl,--end-group \
			-lcmocka -lcurl -lcrypto -lz -lm -lpthread || return 1
	done
}

# ---- two servers ----
# Their variables are kept apart by switching WORK, as lib.sh uses it.
use() {
	WORK=$TOP/$1
	SERVER_PID=$(cat "$WORK/pid" 2>/dev/null)
}

up() { # NAME [key value ...]
	local name=$1
	shift
	use "$name"
	server_start "$@" || return 1
	echo "$SERVER_PID" >"$WORK/pid"
	eval "URL_$name=$SERVER ADMIN_$name=$ADMIN STATE_$name=$STATE"
}

down() { # NAME: ends it and says how
	use "$1"
	local rc=0
	[ -n "${SERVER_PID:-}" ] || return 0
	kill "$SERVER_PID" 2>/dev/null
	wait "$SERVER_PID" 2>/dev/null
	rc=$?
	rm -f "$WORK/pid"
	return $rc
}

# Operators with one role each: `ca init` gives its administrator all of them.
add_operator() { # NAME ROLE
	local token=$WORK/keys/$1.token
	[ -e "$token" ] && return
	(umask 077; head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n' >"$token")
	printf '%s %s %s\n' "$1" "$2" "$(sha256sum <"$token" | cut -d' ' -f1)" >>"$WORK/keys/operators"
	echo >>"$token"
}

# Those that struct client of client.h knows, beside the officer of `ca init`.
add_operators() {
	add_operator auditor auditor
	add_operator manager admin
	add_operator curious officer
}

add_parties() {
	mkdir -p "$WORK/parties"
	local party="$BIN/idctl party add" admin="--token-file $WORK/keys/manager.token"
	# shellcheck disable=SC2086
	{
		$party "Sample Bank" --policy bank-account --policy bank-teller-offline --policy age-18 \
			--return-url "$SERVER/back/" --cross-device --out "$WORK/parties/bank.key" $admin
		$party "Sample Shop" --policy age-18 --out "$WORK/parties/shop.key" $admin
		$party "Sample Border" --policy '*' --cross-device --out "$WORK/parties/other.key" $admin
	} >>"$WORK/made.log" 2>&1
}

populate() {
	"$BIN/idctl" people import schema/samples/people.ndjson >>"$WORK/made.log" 2>&1 && add_parties
}

# As root the state lies elsewhere, named after WORK; see state_of.
forget() { # NAME
	use "$1"
	state_forget
}

# A server's empty place, with the keys of all.
fresh() { # NAME
	forget "$1"
	rm -rf "$WORK"
	mkdir -p "$WORK"
	[ "$1" = main ] || ln -s ../main/keys "$WORK/keys"
}

prepare_main() {
	fresh main
	ca_once && clients_once || { cat "$WORK/ca.log"; totals 0 1 0; exit 1; }
	add_operators
	up main && populate || { tail -n 5 "$WORK/idsrv.log" "$WORK/made.log"; totals 0 1 0; exit 1; }
}

prepare() {
	fresh short
	prepare_main
	up short --offer_ttl_s 2 --token_ttl_s 2 --nonce_ttl_s 2 --presentation_ttl_s 2 --request_timeout_s 2 \
		--list_log2 10 --queue 8 && populate || { tail -n 5 "$WORK/idsrv.log" "$WORK/made.log"; totals 0 1 0; exit 1; }
}

# The profile of HAIP alone, with server nonces: started when a part asks for it.
prepare_haip() {
	fresh haip
	up haip --profile haip --clients_file "$WORK/keys/haip.json" --dpop_nonce_s 300 && populate ||
		{ tail -n 5 "$WORK/idsrv.log" "$WORK/made.log"; return 1; }
}

# Types that ask for more: keys a wallet provider vouches for, an officer's approval; credential requests encrypted only.
strict_again() {
	SCHEMA=$TOP/strict/schema up strict --encryption_required 1 --request_timeout_s 2 --token_ttl_s 900 --deferral_interval_s 1
}
prepare_strict() {
	local levels='{"key_storage": ["iso_18045_high", "iso_18045_moderate"], "user_authentication": ["iso_18045_high"]}'
	fresh strict
	rm "$WORK/keys"
	schema_with vouched "\"key_attestation\": $levels" permit '"approval": "officer"' unbound ""
	sed -i 's/"holder_binding": true/"holder_binding": false/' "$WORK/schema/types/unbound/type.json"
	SCHEMA=$WORK/schema ca_once && SCHEMA=$WORK/schema clients_once && add_operators &&
		strict_again && populate ||
		{ tail -n 5 "$WORK/ca.log" "$WORK/idsrv.log" "$WORK/made.log"; return 1; }
}

# The programs find the server they are about in the environment.
environment() { # NAME
	use "$1"
	eval "export IDR_SERVER=\$URL_$1 IDR_ADMIN=\$ADMIN_$1 IDR_STATE=\$STATE_$1"
	export IDR_PROVIDER=$WORK/provider; [ -e "$IDR_PROVIDER" ] || IDR_PROVIDER=$TOP/main/provider
	export IDR_SERVER_PID=$SERVER_PID IDR_KEYS=$WORK/keys IDR_PARTIES=$WORK/parties IDR_WORK=$WORK IDR_BIN=$BIN
	export IDCTL_ADMIN=$IDR_ADMIN IDCTL_SERVER=$IDR_SERVER IDCTL_TOKEN_FILE=$WORK/keys/officer.token
	export IDCTL_KEY_FILE=$WORK/parties/bank.key
}

stop_all() {
	local name
	for name in main short haip strict siege signer hook limit production; do
		[ -e "$TOP/$name/pid" ] || continue
		if ! down "$name"; then
			failed=$((failed + 1))
			echo "FAIL the $name server did not end well"
			tail -n 20 "$TOP/$name/idsrv.log"
		fi
	done
}

# What a sanitizer said, also of a child whose end nobody asked about.
sanitizers_are_silent() {
	local log
	for log in "$TOP"/*/idsrv.log; do
		grep -aqE 'Sanitizer|runtime error' "$log" || continue
		failed=$((failed + 1))
		echo "FAIL a sanitizer spoke in $log"
		grep -aE 'Sanitizer|runtime error' "$log" | head -n 5 | cut -c1-200
	done
}

finish() {
	local name
	for name in main short haip strict siege signer reload bad hook limit production; do
		[ -e "$TOP/$name/pid" ] && down "$name"
		forget "$name"
	done
}

# ---- running and counting ----
count_cmocka() { # NAME LOG RC
	local p f s
	p=$(awk '/^\[  PASSED  \] [0-9]+ test/ { n += $4 } END { print n + 0 }' "$2")
	f=$(awk '/^\[  FAILED  \] [0-9]+ test/ { n += $4 } END { print n + 0 }' "$2")
	s=$(awk '/^\[  SKIPPED \] [0-9]+ test/ { n += $4 } END { print n + 0 }' "$2")
	[ "$3" -ne 0 ] && [ "$f" -eq 0 ] && f=1
	[ $((p + f + s)) -eq 0 ] && f=1
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	if [ "$f" -ne 0 ]; then
		echo "FAIL $1: $p passed, $f failed; see $2"
		grep -aE 'ERROR|LINE|error:|SUMMARY' "$2" | head -n 40 | cut -c1-300 | sed 's/^/     /'
	else
		printf 'ok   %-10s %3d passed %6d ms\n' "$1" "$p" $(($(ms) - part_from))
	fi
}

# A program of flows; which server it is about stands in its first lines ("server: short").
flow() {
	local name=$1 server=main asked log=$TOP/$1.log
	part_from=$(ms)
	if [ -e "$HERE/$name.sh" ]; then
		script "$name"
		return
	fi
	head -n 12 "$HERE/test_$name.c" | grep -q 'server: short' && server=short
	for asked in haip strict; do
		head -n 12 "$HERE/test_$name.c" | grep -q "server: $asked" && server=$asked
	done
	case $server in haip | strict) [ -e "$TOP/$server/pid" ] || "prepare_$server" || { failed=$((failed + 1)); return; } ;; esac
	environment "$server"
	timeout 240 "$PROGRAMS/test_$name" >"$log" 2>&1
	count_cmocka "$name" "$log" $?
	kill -0 "$SERVER_PID" 2>/dev/null && return
	echo "FAIL $name: the $server server is gone"
	tail -n 30 "$WORK/idsrv.log" | cut -c1-300
	failed=$((failed + 1))
}

# ok SENTENCE COMMAND...: one test of a script
ok() {
	local sentence=$1
	shift
	if "$@" >"$TOP/last.log" 2>&1; then
		script_passed=$((script_passed + 1))
	else
		script_failed=$((script_failed + 1))
		echo "FAIL $part: $sentence"
		tail -n 12 "$TOP/last.log" | cut -c1-300 | sed 's/^/     /'
	fi
}
skip() { echo "skip $part: $1" && script_skipped=$((script_skipped + 1)); }

script() {
	script_passed=0 script_failed=0 script_skipped=0
	part_from=$(ms)
	# shellcheck disable=SC1090
	. "$HERE/$1.sh"
	passed=$((passed + script_passed)) failed=$((failed + script_failed)) skipped=$((skipped + script_skipped))
	[ "$script_failed" -eq 0 ] && printf 'ok   %-10s %3d passed %6d ms\n' "$1" "$script_passed" $(($(ms) - part_from))
}

# A server in Python beside the scripts, which prints its port and ends with its standard input: its address is $liar.
liar_start() { # FILE
	local i
	rm -f "$TOP/liar.port"
	exec {liar_in}> >(exec python3 "$HERE/$1" >"$TOP/liar.port")
	for i in $(seq 1 200); do
		[ -s "$TOP/liar.port" ] && break
		sleep 0.05
	done
	liar=http://127.0.0.1:$(cat "$TOP/liar.port")
}
liar_stop() { exec {liar_in}>&-; }

registry() {
	local log=$TOP/registry.log p f
	MODE=$MODE "$HERE/registry/run" 2>&1 | tee "$log"
	p=$(sed -n 's/^registry: \([0-9]*\) passed.*/\1/p' "$log")
	f=$(sed -n 's/^registry: .* \([0-9]*\) failed.*/\1/p' "$log")
	passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
}

# ---- the private cluster of a server, from outside: as its owner, who may see everything ----
as_owner() { # PROGRAM [arguments]: a PostgreSQL program on the cluster of the server in use
	local program=$1 dir host as=
	shift
	STATE=$(state_of)
	for dir in /usr/lib/postgresql/*/bin; do :; done
	host=$(sed -n 5p "$STATE/data/postmaster.pid")
	[ "$(id -u)" = 0 ] && as="setpriv --reuid=postgres --regid=postgres --clear-groups"
	(cd / && $as "$dir/$program" -h "$host" -U owner -d idrail "$@")
}
query() { as_owner psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"; }

# Its children by name.
child_named() { # NAME
	local pid
	for pid in $(cat "/proc/$SERVER_PID/task/$SERVER_PID/children"); do
		[ "$(cat "/proc/$pid/comm")" = "$1" ] && echo "$pid" && return
	done
	return 1
}

# How a background program ended, waited for at most SECONDS; 124 when it did not.
ended() { # PID SECONDS
	local i
	for i in $(seq 1 $(($2 * 20))); do
		kill -0 "$1" 2>/dev/null || { wait "$1"; return $?; }
		sleep 0.05
	done
	return 124
}
