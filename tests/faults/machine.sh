# What goes wrong with the machine: its clock, its disk, and more than it can do.

# The clock is wrong by an hour for the server, its signer, its database and, in the end, for the clients too.
fault_clock() {
	local step
	for step in 3600 0 -3600 0; do
		load_on
		flows 5 >/dev/null
		ctl clock=$step
		ok "nothing hangs when the clock jumps to $step s" flows 20
		ok "it looks at itself again" looks
		ok "well" well_again
		load_off >"$TOP/last.log"
		excuse
		load_on
		ok "it goes on at $step s" flows 20
		ok "and nothing contradicts" load_off
		ok "what changed is published" counted
	done
	all_there
	n_rounds=4
}
# The thread that looks does not sleep until the clock has caught up.
looks() {
	local at i
	health >/dev/null
	at=$(json_get checked_at <"$WORK/health")
	for i in $(seq 1 $((TOLD_S * 20))); do
		health >/dev/null
		[ "$(json_get checked_at <"$WORK/health")" = "$at" ] || return 0
		sleep 0.05
	done
	echo "it last looked at $at"
	return 1
}
# What was given out before the jump may have expired behind it.
excuse() {
	grep -av '^wrong ' "$COUNT/acknowledged" >"$COUNT/kept"
	mv "$COUNT/kept" "$COUNT/acknowledged"
}

# What committed has to stay, what cannot be committed must not be acknowledged.
fault_disk() {
	load_on
	flows 5 >/dev/null
	ctl database_disk=1
	ok "with no room left for the database /health says so" says database
	ctl database_disk=0
	if ! kill -0 "$PG" 2>/dev/null; then ok "PostgreSQL gave up and is started again" pg_start; fi
	ok "well again" well_again
	ok "it goes on" flows 10
	# its own: log, position, ready file; the signer's count
	ctl server_disk=2
	ok "without room of its own it goes on" flows 10
	kill -KILL "$(cat "$WORK/pid")"
	ok "it does not start where it cannot write down where it stands" refuses_to_start
	ctl server_disk=0
	ok "and starts by itself when there is room" well_again
	ok "it goes on" flows 10
	ok "the load found nothing that contradicts" load_off
	all_there
	n_rounds=2
}
# Twice at least, so that one start was without room from its beginning.
refuses_to_start() {
	local i from
	from=$(wc -l <"$WORK/ends")
	for i in $(seq 1 $((WELL_S * 20))); do
		[ "$(health)" != 200 ] || return 1
		[ "$(wc -l <"$WORK/ends")" -ge $((from + 3)) ] && return
		sleep 0.05
	done
	return 1
}

fault_queue() {
	load_on
	ok "it goes on" flows 30
	ok "with room for four, some are told at once to come again" overloaded
	ok "the load found nothing that contradicts" load_off
	ok "well again" well_again
	all_there
}
# By the log, with the milliseconds it took: asked while it is full, /metrics may be told the same. The
# metrics afterwards know of it too, and every such answer says when to come again.
overloaded() {
	local said
	until [ "$(grep -ac '"code":"overloaded"' "$WORK/idsrv.log")" -gt 20 ]; do sleep 0.05; done
	said=$(grep -a '"code":"overloaded"' "$WORK/idsrv.log" | sed 's/.*"ms":\([0-9]*\).*/\1/' | sort -n | tail -n 1)
	echo "the slowest after $said ms"
	[ "$said" -lt 1000 ] || return 1
	for _ in $(seq 1 200); do
		curl -s -m 5 -D "$WORK/head" -o "$WORK/body" -X POST "$SERVER/nonce"
		grep -q '"code":"overloaded"\|temporarily_unavailable' "$WORK/body" && break
	done
	head -n 1 "$WORK/head" | grep -q 503 && grep -qi '^retry-after: 1' "$WORK/head"
}
