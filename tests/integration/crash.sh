# The server is killed with -9 in the middle of issuing and revoking, again and again, on the same data;
# then everything is counted (security brief I13). The load writes down what was acknowledged (load_crash).
rounds=8 threads=8
[ "$MODE" = asan ] && rounds=4 threads=4

fresh crash
ok "a server of its own" up crash
ok "people for it" populate
environment crash
export IDR_ACKNOWLEDGED=$TOP/acknowledged IDR_DIGESTS=$TOP/digests IDR_JOURNAL=$TOP/journal
rm -f "$IDR_ACKNOWLEDGED"

round() { # WHOM: load, then kill -9 after a time of its own, then a new start on the same data
	local load victim server_rc load_rc
	"$PROGRAMS/load_crash" "$IDR_ACKNOWLEDGED" "$threads" 20 &
	load=$!
	sleep "$(printf '%d.%02d' $((RANDOM % 2)) $((30 + RANDOM % 70)))"
	victim=$SERVER_PID
	[ "$1" = server ] || victim=$(child_named "$1") || return 1
	kill -KILL "$victim" || return 1
	ended "$SERVER_PID" 45
	server_rc=$?
	wait "$load"
	load_rc=$?
	rm -f "$WORK/pid"
	echo "the server ended with $server_rc, the load with $load_rc"
	up crash && [ $load_rc -eq 0 ] && [ $server_rc -ne 124 ] && [ $server_rc -ne 0 ]
}
for i in $(seq 1 "$rounds"); do
	ok "round $i: killed with -9 under load, and it starts again" round server
done
ok "its database killed with -9 under load: it ends with an error and starts again" round postgres
ok "its signer killed with -9 under load: it ends with an error and starts again" round idsrv

# Asked to end under load, it answers what is inside and ends well.
polite() {
	local load
	"$PROGRAMS/load_crash" "$IDR_ACKNOWLEDGED" "$threads" 20 &
	load=$!
	sleep 0.7
	kill -TERM "$SERVER_PID"
	ended "$SERVER_PID" 20 || return 1
	rm -f "$WORK/pid"
	wait "$load" && up crash
}
ok "told to end under load it ends well, and starts again" polite

digests="SELECT substr(encode(digests, 'hex'), 64 * k + 1, 64) FROM rail.intent,
    generate_series(0, length(digests) / 32 - 1) AS k"
query "$digests" >"$IDR_DIGESTS"
query "SELECT DISTINCT ON (list_id, idx) list_id, idx, new_value FROM rail.journal ORDER BY list_id, idx, version DESC" \
	>"$IDR_JOURNAL"
timeout 120 "$PROGRAMS/test_crash" >"$TOP/crash.log" 2>&1
count_cmocka "crash count" "$TOP/crash.log" $?

is() { # WANTED QUERY
	local got
	got=$(query "$2") && [ "$got" = "$1" ] || { echo "$got instead of $1"; return 1; }
}
ok "no two batches share a counter" is 0 "SELECT count(*) FROM (SELECT first_counter + n > lead(first_counter)
    OVER (PARTITION BY list_id ORDER BY first_counter) AS overlap FROM rail.credential WHERE list_id > 0) x WHERE overlap"
ok "every credential has its intent and the other way round" is 0 "SELECT count(*) FROM rail.credential c
    FULL JOIN rail.intent i USING (credential_id) WHERE c.credential_id IS NULL OR i.credential_id IS NULL"
ok "an intent holds a digest for each copy" is 0 "SELECT count(*) FROM rail.credential c
    JOIN rail.intent i USING (credential_id) WHERE length(i.digests) <> 32 * c.n"
ok "the journal has no gap" is 0 "SELECT count(*) FROM (SELECT version - lag(version, 1, 0::bigint)
    OVER (PARTITION BY list_id ORDER BY version) AS step FROM rail.journal) x WHERE step <> 1"
ok "a credential's status is its last change" is 0 "SELECT count(*) FROM rail.credential c WHERE status <> coalesce(
    (SELECT new_value FROM rail.journal j WHERE j.credential_id = c.credential_id ORDER BY version DESC LIMIT 1), 0)"

# Without a crash every answer is marked delivered: the list of undelivered intents stays what it was.
undelivered() { query "SELECT count(*) FROM rail.intent WHERE delivered IS NULL"; }
calm() {
	local before after i
	before=$(undelivered)
	"$PROGRAMS/load_crash" "$IDR_ACKNOWLEDGED" "$threads" 1 || return 1
	for i in $(seq 1 40); do
		after=$(undelivered)
		[ "$after" = "$before" ] && return
		sleep 0.05
	done
	echo "$before undelivered before, $after after"
	return 1
}
ok "without a crash nothing stays undelivered" calm
# What was recorded and never acknowledged: at each end no more than were inside, one for each thread, and
# those that were told so because the signer or the database was gone before the server was.
bounded() {
	local intents acknowledged told
	intents=$(query "SELECT count(*) FROM rail.intent")
	acknowledged=$(($(grep -c '^issued' "$IDR_ACKNOWLEDGED") / 3))
	told=$(grep -ac '"route":"credential".*"status":503' "$WORK/idsrv.log")
	echo "$intents intents, $acknowledged acknowledged, $told told, $(undelivered) undelivered, $rounds + 2 crashes"
	[ "$intents" -ge "$acknowledged" ] && [ $((intents - acknowledged - told)) -le $(((rounds + 2) * threads)) ]
}
ok "a crash leaves no more intents open than requests were inside" bounded
ok "and it ends well" down crash
