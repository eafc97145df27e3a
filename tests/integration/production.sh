# Mode production, on real files: it starts when all is right, and otherwise says every reason and how to mend it; `-t` says the same.
good=$TOP/production.good
rm -rf "$good" "$TOP/production.try" && mkdir -p "$good"
make_good() {
	"$BIN/idctl" ca init --dir "$good/keys" --country XA --name "Sample" --url https://id.example --dns id.example \
		--types "$SCHEMA/types" && chmod 755 "$good/keys"
}
ok "keys that are none of a demonstration" make_good
user=
[ "$(id -u)" = 0 ] && user="--user postgres"
forget production
WORK=$TOP/production
rm -rf "$WORK" && mkdir -p "$WORK"

production() { # [key value ...]: as it would be run, on the files in $TOP/production.try
	local try=$TOP/production.try
	# shellcheck disable=SC2086
	timeout 60 "$BIN/idsrv" --mode production --listen 127.0.0.1:0 --admin_listen 127.0.0.1:0 --base_url https://id.example \
		--state_dir "$(state_of)" --schema_dir "$SCHEMA" --key_dir "$try/keys" $user "$@" 2>"$TOP/production.log"
}
# refused N WORDS COMMAND [key value ...]: COMMAND breaks a copy of the good files; then N reasons, one with these words, nothing started
refused() {
	local n=$1 words=$2 break=$3
	shift 3
	rm -rf "$TOP/production.try" && cp -a "$good" "$TOP/production.try" && (cd "$TOP/production.try/keys" && eval "$break") || return 1
	production "$@" && return 1
	cut -c1-400 "$TOP/production.log"
	grep '"event":"start_refused"' "$TOP/production.log" >"$TOP/production.reasons"
	grep -qF "$words" "$TOP/production.reasons" && [ "$(wc -l <"$TOP/production.reasons")" = "$n" ] &&
		grep -q '"event":"start_failed"' "$TOP/production.log" && [ ! -e "$(state_of)/data" ] || return 1
	production -t "$@" && return 1
	grep '"event":"start_refused"' "$TOP/production.log" | sed 's/^{"time":"[^"]*",//' >"$TOP/production.checked"
	sed 's/^{"time":"[^"]*",//' "$TOP/production.reasons" | cmp - "$TOP/production.checked"
}
expired() { # NAME: its certificate, ended yesterday
	openssl req -new -key "$1.key" -subj "/C=XA/CN=Old" -out "$1.csr" && printf 'keyUsage=critical,digitalSignature\n' >ext &&
		openssl x509 -req -in "$1.csr" -CA root.pem -CAkey root.key -days -1 -set_serial 5 -extfile ext -out "$1.pem"
}

ok "demo keys" refused 1 "use keys made for production" "touch demo"
ok "a private key others can read" refused 1 "issuer.key can be read by others: chmod 600" "chmod 640 issuer.key"
ok "a token others can read" refused 1 "officer.token can be read by others: chmod 600" "chmod 604 officer.token"
ok "a node secret others can read" refused 1 "node.secret can be read by others: chmod 600" "chmod 644 node.secret"
ok "no node secret" refused 1 "copy it from another node" "rm node.secret"
ok "operators others can add to" refused 1 "could make themselves operators: chmod 644" "chmod 666 operators"
ok "the public listener off loopback without TLS" refused 1 "listen is reachable from other machines without TLS: set tls_cert_file" true --listen 0.0.0.0:0
ok "the admin listener off loopback without TLS" refused 1 "admin_listen is reachable from other machines without TLS" true --admin_listen 0.0.0.0:0
ok "an address that is no https" refused 1 "base_url must be an https:// address" true --base_url http://id.example
ok "a certificate that has expired" refused 2 "put a renewed one there" "expired status"
secret_conf() { printf 'db = host=127.0.0.1 port=1 password=x\n' >"$TOP/production.try/idsrv.conf" && chmod 644 "$TOP/production.try/idsrv.conf"; }
ok "a password in a file others can read" refused 1 "holds a password and can be read by others" secret_conf --config "$TOP/production.try/idsrv.conf"
ok "seven things wrong are said at once" refused 7 "demo keys" "touch demo && chmod 644 issuer.key root.key node.secret && chmod 666 operators" \
	--listen 0.0.0.0:0 --base_url http://id.example

# ---- all right: it starts, as root too, and serves ----
rm -rf "$TOP/production.try" && cp -a "$good" "$TOP/production.try"
usable() { production -t | grep -q 'the configuration is usable' && ! grep -q start_refused "$TOP/production.log"; }
ok "when all is right -t says so" usable
started() {
	STATE=$(state_of)
	mkdir -p "$STATE"
	rm -f "$STATE/ready"
	ulimit -S -c unlimited 2>/dev/null # wanted by whoever starts it, and still refused
	# shellcheck disable=SC2086
	"$BIN/idsrv" --mode production --listen "127.0.0.1:$(free_port)" --admin_listen "127.0.0.1:$(free_port)" --base_url https://id.example \
		--state_dir "$STATE" --schema_dir "$SCHEMA" --key_dir "$TOP/production.try/keys" --ready_file "$STATE/ready" $user 2>"$WORK/idsrv.log" &
	SERVER_PID=$!
	echo "$SERVER_PID" >"$WORK/pid"
	for _ in $(seq 1 1200); do
		[ -s "$STATE/ready" ] && break
		kill -0 "$SERVER_PID" 2>/dev/null || { cat "$WORK/idsrv.log"; return 1; }
		sleep 0.05
	done
	"$BIN/idctl" health --admin "http://127.0.0.1:$(json_get admin_port <"$STATE/ready")" --token-file "$TOP/production.try/keys/admin.token"
}
ok "and it starts and is well" started
ok "without a word of warning" eval '! grep -E "not_for_production|start_refused" "$WORK/idsrv.log"'
nodump() { grep -qE '^Max core file size +0 +0 ' "/proc/$1/limits"; }
ok "it and its signer can leave no core file" eval 'nodump "$SERVER_PID" && nodump "$(child_named idsrv)"'
# Made to die with a core file wanted, where it would lie: none is there.
pattern=$(cat /proc/sys/kernel/core_pattern)
cores() {
	case $pattern in '|'*) ;; /*) ls -d "$(dirname "$pattern")"/*core* 2>/dev/null ;; *) ls -d ./*core* "/$pattern"* "$(state_of)"/*core* 2>/dev/null ;; esac
}
aborted() {
	local before pid=$SERVER_PID
	before=$(cores)
	kill -ABRT "$pid"
	ended "$pid" 20
	echo "ended with $?"
	rm -f "$WORK/pid"
	[ "$(cores)" = "$before" ]
}
ok "and when it is made to, leaves none" aborted
ok "and starts again" started
ok "and it ends well" down production
use main
