# The world of the faults: one server with a supervisor, its data for the whole run, load on it, and counting.
#
# inside    the server with the private PostgreSQL it starts itself
# outside   the same data under a PostgreSQL of ours, reached through cut.c; both know shim.c
WELL_S=30          # after a fault it is well again by itself within this
TOLD_S=10          # while a part is gone, /health says so within this
MARK_S=5

sources() { ls "$HERE/faultload.c" "$HERE/faultcount.c"; }

# Small ones that need no kit.
build_small() {
	local flags="-std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Itests"
	# shellcheck disable=SC2086
	${CC:-gcc} $flags -o "$PROGRAMS/cut" "$HERE/cut.c" -lpthread && ${CC:-gcc} $flags -o "$PROGRAMS/faultctl" "$HERE/faultctl.c" &&
		${CC:-gcc} $flags -shared -fPIC -fvisibility=hidden -o "$PROGRAMS/shim.so" "$HERE/shim.c" -ldl
}

# ---- making and ending it ----
world() {
	WORK=$TOP/world
	forget world
	rm -rf "$WORK" && mkdir -p "$WORK" || return 1
	build_small && ca_once || return 1
	add_operators
	COUNT=$WORK/count
	mkdir -p "$COUNT" && : >"$COUNT/acknowledged"
	# short, because a socket's address is; where the server's user can go
	DBDIR=$(mktemp -d /tmp/idrail-faults-XXXXXX) && mkdir "$DBDIR/real" "$DBDIR/front" && cp "$PROGRAMS/shim.so" "$PROGRAMS/cut" "$DBDIR/" &&
		CONTROL=$DBDIR/control && "$PROGRAMS/faultctl" "$CONTROL" clock=0 && chmod 666 "$CONTROL" && chmod 755 "$DBDIR" || return 1
	[ "$(id -u)" = 0 ] && chown -R postgres "$DBDIR/real" "$DBDIR/front"
	[ "$(id -u)" = 0 ] && AS_DB="setpriv --reuid=postgres --regid=postgres --clear-groups" || AS_DB=
	for PGBIN in /usr/lib/postgresql/*/bin; do :; done
	MACHINE=(env) SUPERVISOR= LOAD= PG= CUT= SERVER_PID= n_rounds=1 told=- again=-
}

end_world() {
	load_off >/dev/null
	let_down
	if [ -n "$PG" ]; then kill -CONT $(pg_all) 2>/dev/null; kill -INT "$PG"; fi
	[ -n "$CUT" ] && kill "$CUT"
	wait
	rm -rf "$DBDIR"
	forget world
}

# What stands before a command so that it has the server's clock and disk.
machine() { MACHINE=(env LD_PRELOAD="$DBDIR/shim.so" FAULT_CONTROL="$CONTROL"); }
ctl() { "$PROGRAMS/faultctl" "$CONTROL" "$@"; }

# ---- the server, started again whenever it ends, as a supervisor would ----
keep_up() { # [key value ...]
	server_command "$@"
	URL_world=$SERVER ADMIN_world=$ADMIN STATE_world=$STATE
	rm -f "$WORK/stop"
	(
		while [ ! -e "$WORK/stop" ]; do
			FAULT_DISK=0 "${MACHINE[@]}" "${COMMAND[@]}" 2>>"$WORK/idsrv.log" &
			echo $! >"$WORK/pid"
			wait $!
			echo $? >>"$WORK/ends"
			sleep 0.1
		done
	) &
	SUPERVISOR=$!
	healthy "$WELL_S" || { tail -n 3 "$WORK/idsrv.log"; return 1; }
}

let_down() {
	[ -n "$SUPERVISOR" ] || return 0
	touch "$WORK/stop"
	kill -TERM "$(cat "$WORK/pid")" 2>/dev/null
	if ! ended "$SUPERVISOR" "$WELL_S"; then
		echo "the server does not end"
		kill -KILL "$(cat "$WORK/pid")"
		wait "$SUPERVISOR"
	fi
	SUPERVISOR=
	[ "$(tail -n 1 "$WORK/ends")" = 0 ]
}

current() { SERVER_PID=$(cat "$WORK/pid"); }

officer() { echo "Authorization: Bearer $(head -n 1 "$WORK/keys/officer.token")"; }
health() { curl -s -m 3 -o "$WORK/health" -w '%{http_code}' -H "$(officer)" "$ADMIN/health"; }

# healthy SECONDS: waits until it says so; how long that took into `took`, in ms
healthy() {
	local from
	from=$(ms)
	until [ "$(health)" = 200 ]; do
		[ $(($(ms) - from)) -lt $(($1 * 1000)) ] || { echo "not well after $1 s: $(cat "$WORK/health" 2>/dev/null)"; return 1; }
		sleep 0.03
	done
	took=$(($(ms) - from))
}

# says PART: /health names it as gone, and is not up, within TOLD_S; how long that took into `told`
says() {
	local from
	from=$(ms)
	until [ "$(health)" = 503 ] && grep -q "\"$1\":false" "$WORK/health"; do
		[ $(($(ms) - from)) -lt $((TOLD_S * 1000)) ] || { echo "/health does not say $1: $(cat "$WORK/health")"; return 1; }
		sleep 0.03
	done
	told=$(($(ms) - from))
}

# Until this moment (ms) it never says that it is up.
silent_until() {
	while [ "$(ms)" -lt "$1" ]; do
		[ "$(health)" = 503 ] || { echo "it says it is up: $(cat "$WORK/health")"; return 1; }
		sleep 0.1
	done
}

well_again() {
	healthy "$WELL_S" || return 1
	if [ "$again" = - ] || [ "$took" -gt "$again" ]; then again=$took; fi
}

# ---- with its own PostgreSQL, with ours, and with a short queue ----
inside() {
	ok "a server of its own" keep_up
	environment world
	ok "people for it" populate
}

pg_start() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		pg_run
		pg_ready && return
		sleep 0.2 # what a killed postmaster left holds its shared memory for a moment
	done
	tail -n 3 "$WORK/postgres.log"
	return 1
}
# Without fsync: a killed process loses nothing the kernel holds, and recovery need not sync every file first.
pg_run() {
	# shellcheck disable=SC2086
	(cd / && FAULT_DISK=1 exec "${MACHINE[@]}" $AS_DB "$PGBIN/postgres" -D "$STATE/data" \
		-c unix_socket_directories="$DBDIR/real" -c listen_addresses= -c fsync=off >>"$WORK/postgres.log" 2>&1) &
	PG=$!
}
pg_ready() {
	for _ in $(seq 1 600); do
		"$PGBIN/pg_isready" -q -h "$DBDIR/real" && return
		kill -0 "$PG" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}
pg_stop() { kill -"${1:-INT}" "$PG"; wait "$PG"; PG=; }
# postmaster and what it started
pg_all() { echo "$PG" $(cat "/proc/$PG/task/$PG/children"); }

cut_start() {
	# shellcheck disable=SC2086
	(cd / && exec env FAULT_CONTROL="$CONTROL" $AS_DB "$DBDIR/cut" "$DBDIR/front/.s.PGSQL.5432" "$DBDIR/real/.s.PGSQL.5432") &
	CUT=$!
}

outside() {
	part=outside
	ok "it ends well" let_down
	machine
	ok "a PostgreSQL of ours on its data" pg_start
	cut_start
	ok "it starts on that" keep_up --db "$(database)"
	environment world
}
database() { echo "host=$DBDIR/front port=5432 dbname=idrail user=app"; }

narrow() {
	part=queue
	ok "it ends well" let_down
	ok "it starts with room for four" keep_up --db "$(database)" --queue 4
}

# ---- load ----
load_on() {
	"${MACHINE[@]}" "$PROGRAMS/faultload" "$COUNT/acknowledged" "$THREADS" 100000 >>"$WORK/load" &
	LOAD=$!
}

# Its last line says what it did; it has to have done something.
load_off() {
	local pid=$LOAD
	[ -n "$pid" ] || return 0
	LOAD=
	kill -TERM "$pid"
	wait "$pid" || { echo "the load ended with $?"; return 1; }
	tail -n 1 "$WORK/load"
}

acknowledged() { wc -l <"$COUNT/acknowledged"; }
# It goes on: so many more lines are acknowledged.
flows() { # LINES
	local i want=$(($(acknowledged) + $1))
	for i in $(seq 1 $((WELL_S * 20))); do
		[ "$(acknowledged)" -ge "$want" ] && return
		sleep 0.05
	done
	echo "no more than $(acknowledged) of $want lines acknowledged"
	return 1
}

# ---- counting ----
export_rows() {
	query "SELECT substr(encode(digests, 'hex'), 64 * k + 1, 64), credential_id, delivered IS NOT NULL FROM rail.intent,
	    generate_series(0, length(digests) / 32 - 1) AS k" >"$COUNT/digests" &&
	query "SELECT DISTINCT ON (list_id, idx) list_id, idx, new_value, credential_id FROM rail.journal
	    ORDER BY list_id, idx, version DESC" >"$COUNT/journal" &&
	query "SELECT replace(id::text, '-', '') FROM rail.presentation
	    WHERE answered_by IS NOT NULL AND state IN (2, 5, 6)" >"$COUNT/presentations"
}

# What is committed is published within a second and marked delivered a little later: counted until it agrees.
counted() {
	local from
	from=$(ms)
	until export_rows && "${MACHINE[@]}" "$PROGRAMS/faultcount" "$COUNT" >"$WORK/counted" 2>"$WORK/uncounted"; do
		if [ $(($(ms) - from)) -gt $((MARK_S * 1000)) ]; then
			cat "$WORK/counted"
			head -n 8 "$WORK/uncounted"
			return 1
		fi
		sleep 0.2
	done
}
of_count() { sed -n "s/.*\\b$1 \\([0-9]*\\).*/\\1/p" "$WORK/counted" | head -n 1; }

is() { # WANTED QUERY
	local got
	got=$(query "$2") && [ "$got" = "$1" ] || { echo "$got instead of $1"; return 1; }
}
registry_agrees() {
	is 0 "SELECT count(*) FROM (SELECT first_counter + n > lead(first_counter) OVER (PARTITION BY list_id
	    ORDER BY first_counter) AS overlap FROM rail.credential WHERE list_id > 0) x WHERE overlap" &&
	is 0 "SELECT count(*) FROM rail.credential c FULL JOIN rail.intent i USING (credential_id)
	    WHERE c.credential_id IS NULL OR i.credential_id IS NULL OR length(i.digests) <> 32 * c.n" &&
	is 0 "SELECT count(*) FROM (SELECT version - lag(version, 1, 0::bigint) OVER (PARTITION BY list_id
	    ORDER BY version) AS step FROM rail.journal) x WHERE step <> 1" &&
	is 0 "SELECT count(*) FROM rail.credential c WHERE status <> coalesce((SELECT new_value FROM rail.journal j
	    WHERE j.credential_id = c.credential_id ORDER BY version DESC LIMIT 1), 0)"
}

# Every fault ends with this.
all_there() {
	ok "everything acknowledged is there, once; journal, bitmap and lists agree" counted
	ok "counters, intents, journal and credentials fit each other" registry_agrees
}

heading() {
	printf '%-9s %6s %8s %8s %8s %5s %5s %6s %6s %8s %8s %6s\n' fault rounds copies revoked shown lost twice half listed told_ms well_ms took_s
}
row() {
	printf '%-9s %6s %8s %8s %8s %5s %5s %6s %6s %8s %8s %6s\n' "$part" "$n_rounds" "$(of_count copies)" "$(of_count revocations)" \
		"$(of_count presentations)" "$(($(of_count copies) - $(of_count found)))" "$(of_count duplicates)" "$(of_count half-issued)" \
		"$(($(of_count half-issued) - $(of_count unlisted)))" "$told" "$again" "$((($(ms) - part_from) / 1000))"
}
