# Shared by the demo, `make run` and the tests: a server of its own on free loopback ports.
#
# Sets after server_start: SERVER ADMIN (URLs), and stops it with server_stop. Needs WORK (a directory of
# ours), BIN (the programs), SCHEMA. State lies where the server's user can reach it.

# A loopback port nobody listens on, below those the system gives to outgoing connections.
free_port() {
	local p
	while :; do
		p=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
	done
}

# As root the server becomes another user, who cannot enter a clone below /root.
state_of() {
	if [ "$(id -u)" = 0 ]; then
		echo "/var/lib/idrail-demo/$(printf %s "$WORK" | cksum | cut -d' ' -f1)"
	else
		echo "$WORK/state"
	fi
}

# What a server of WORK left outside of WORK, its signer's count with it.
state_forget() {
	case $(state_of) in */idrail-demo/*) rm -rf "$(state_of)" "$(state_of)-signer" ;; esac
}

# ca_once: keys, certificates and operators of a sample nation, made at the first time
ca_once() {
	[ -e "$WORK/keys/trust.json" ] || "$BIN/idctl" ca init --demo --dir "$WORK/keys" --country KH \
		--name "Sample National Identity Agency" --url "https://id.example" --dns localhost \
		--types "$SCHEMA/types" >"$WORK/ca.log"
}

# schema_with [NAME MEMBER]...: a copy of SCHEMA in WORK/schema, with a type like `residence` for each NAME that has MEMBER too
schema_with() {
	cp -r "$SCHEMA" "$WORK/schema"
	while [ $# -gt 1 ]; do
		mkdir -p "$WORK/schema/types/$1"
		sed -e "s/\"id\": \"residence\"/\"id\": \"$1\"${2:+,\\n\\t$2}/" -e "s/urn:idrail:residence:1/urn:idrail:$1:1/" \
			-e "s/idrail.residence.1/idrail.$1.1/" "$SCHEMA/types/residence/type.json" >"$WORK/schema/types/$1/type.json"
		shift 2
	done
}

# server_command [key value ...]: how it is started, into COMMAND; further configuration as flags
server_command() {
	STATE=$(state_of)
	mkdir -p "$STATE"
	# the same address again, so that status lists of an earlier run keep their names
	if [ -e "$WORK/ports" ]; then
		read -r PORT ADMIN_PORT <"$WORK/ports"
	else
		PORT=$(free_port)
		ADMIN_PORT=$(free_port)
		echo "$PORT $ADMIN_PORT" >"$WORK/ports"
	fi
	SERVER=http://127.0.0.1:$PORT
	ADMIN=http://127.0.0.1:$ADMIN_PORT
	COMMAND=("$BIN/idsrv" --mode demo --listen "127.0.0.1:$PORT" --admin_listen "127.0.0.1:$ADMIN_PORT"
		--base_url "$SERVER" --state_dir "$STATE" --schema_dir "$SCHEMA" --key_dir "$WORK/keys"
		--ready_file "$STATE/ready" "$@")
	export IDCTL_ADMIN=$ADMIN IDCTL_SERVER=$SERVER IDCTL_TOKEN_FILE=$WORK/keys/officer.token
}

server_start() { # as server_command, and waits until it answers
	local i
	server_command "$@"
	rm -f "$STATE/ready"
	"${COMMAND[@]}" 2>>"$WORK/idsrv.log" &
	SERVER_PID=$!
	for i in $(seq 1 600); do
		[ -s "$STATE/ready" ] && break
		kill -0 "$SERVER_PID" 2>/dev/null || { echo "idsrv did not start:" >&2; tail -n 5 "$WORK/idsrv.log" >&2; return 1; }
		sleep 0.05
	done
	[ -s "$STATE/ready" ] || { echo "idsrv did not answer in 30 s" >&2; return 1; }
}

server_stop() {
	[ -n "${SERVER_PID:-}" ] || return 0
	kill "$SERVER_PID" 2>/dev/null
	wait "$SERVER_PID" 2>/dev/null
	SERVER_PID=
}

# What a terminal beside the server sources: addresses, keys by file, the programs.
env_write() {
	cat >"$WORK/env" <<-END
		export PATH=$BIN:\$PATH RAIL=$SERVER DEMO=$WORK
		export IDCTL_SERVER=$SERVER IDCTL_ADMIN=$ADMIN IDWALLET_STORE=$WORK/wallet
		export IDCTL_TOKEN_FILE=$WORK/keys/officer.token IDCTL_KEY_FILE=$WORK/bank.key
	END
}

# The value of a member of a flat JSON object: json_get NAME <file. Enough for what our programs print.
json_get() {
	sed -n "s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\)\"\\{0,1\\}[,}].*/\\1/p" | head -n 1
}

ms() { echo $(($(date +%s%N) / 1000000)); }
