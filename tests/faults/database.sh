# What goes wrong between the server and a PostgreSQL that is not its child.
LAST=$((ROUNDS > 50 ? 30 : 1)) # seconds of each variant

# Connections lost at a COMMIT: before it arrives, after it was done, and without knowing which.
fault_commit() {
	local cut cuts
	load_on
	for cut in 1 2 3; do
		ctl cut=$cut cut_every=5
		ok "it goes on while commits are cut off ($cut)" flows $((LAST * 10))
		sleep "$LAST"
	done
	ctl cut=0
	ok "well again" well_again
	ok "the load found nothing that contradicts" load_off
	all_there
	cuts=$(ctl | sed 's/.*cuts //')
	n_rounds=$cuts
	ok "commits were cut" test "$cuts" -gt 10
}

# Ten times in a minute, or as fast as it comes up.
fault_restarts() {
	local i
	load_on
	for i in $(seq 1 10); do
		flows 5 >/dev/null
		case $((i % 3)) in
		0) pg_stop QUIT ;;
		1) pg_stop INT ;;
		2) kill -KILL $(pg_all) && wait "$PG" 2>/dev/null ;;
		esac
		[ "$i" = 5 ] && ok "while it is away /health says so" says database
		[ "$ROUNDS" -gt 50 ] && sleep 3
		ok "PostgreSQL starts again ($i)" pg_start
		ok "well again" well_again
	done
	ok "the load found nothing that contradicts" load_off
	all_there
	n_rounds=10
}

# Another session holds a lock for longer than the timeout: than lock_timeout (3 s), and by hand than
# statement_timeout (5 s) too, with no other in its way.
fault_lock() {
	load_on
	flows 5 >/dev/null
	locked $((LAST + 5))
	if [ "$ROUNDS" -gt 50 ]; then
		query "ALTER ROLE app SET lock_timeout = 0" && hang_up
		locked $((LAST + 7))
		query "ALTER ROLE app SET lock_timeout = '3s'" && hang_up
		n_rounds=2
	fi
	ok "well again" well_again
	ok "the load found nothing that contradicts" load_off
	all_there
}
locked() { # SECONDS
	local until holder
	query "BEGIN; LOCK TABLE rail.intent IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep($1)" >/dev/null &
	holder=$!
	until=$(($(ms) + ($1 - 1) * 1000))
	ok "while it is locked /health says so" says database
	ok "and does not say otherwise" silent_until "$until"
	wait "$holder"
	ok "well again" well_again
	ok "it goes on" flows 10
}
# What a role's settings are is asked when it connects.
hang_up() { query "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app'"; }

# It takes connections and answers nothing: no timeout of its own can help.
fault_frozen() {
	local until
	load_on
	flows 5 >/dev/null
	ctl frozen=1
	until=$(($(ms) + (LAST + 5) * 1000))
	ok "while the database hangs /health says so" says database
	ok "and does not say otherwise" silent_until "$until"
	ctl frozen=0
	ok "well again" well_again
	ok "it goes on" flows 10
	ctl frozen=1
	ok "told to end while it hangs, it ends soon" ends_soon
	ctl frozen=0
	ok "and starts again" keep_up --db "$(database)"
	ok "the load found nothing that contradicts" load_off
	all_there
}

# Three seconds for what may still come, three for a connection that was just being made.
ends_soon() {
	local from
	from=$(ms)
	let_down && echo "after $(($(ms) - from)) ms" && [ $(($(ms) - from)) -lt 12000 ]
}

# A row that its table refuses, in batches with others: only its own request fails.
fault_poison() {
	local person id
	person=$(sed -n '1000s/^{"key":"\([^"]*\)".*/\1/p' schema/samples/people.ndjson)
	ok "one is issued first" attempt "$person"
	id=$(query "SELECT max(person_id) FROM rail.credential WHERE credential_id = (SELECT max(credential_id) FROM rail.credential)")
	query "DO \$\$ DECLARE t text; BEGIN FOR t IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'rail.credential'::regclass LOOP
	    EXECUTE 'ALTER TABLE ' || t || ' ADD CONSTRAINT poison CHECK (person_id <> $id) NOT VALID'; END LOOP; END \$\$"
	load_on
	flows 5 >/dev/null
	for _ in 1 2 3 4 5; do
		ok "the poisoned one is refused" eval '! attempt "$person"'
	done
	ok "its neighbours go on" flows 10
	ok "the load found nothing that contradicts" load_off
	ok "and no neighbour was put off" eval 'tail -n 1 "$WORK/load" | grep -q "put_off 0 wrong 0"'
	query "DO \$\$ DECLARE t text; BEGIN FOR t IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'rail.credential'::regclass LOOP
	    EXECUTE 'ALTER TABLE ' || t || ' DROP CONSTRAINT poison'; END LOOP; END \$\$"
	ok "the constraint gone, it is issued" attempt "$person"
	all_there
	n_rounds=5
}
# One attempt, for a person the load does not know.
attempt() { "${MACHINE[@]}" "$PROGRAMS/faultload" "$COUNT/acknowledged" "$1"; }
