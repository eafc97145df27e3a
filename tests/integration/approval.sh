# A server, or its database, killed while wallets collect what an officer approved: what was acknowledged is there, nothing
# comes twice.
[ -e "$TOP/strict/pid" ] || prepare_strict || skip "no server"

handed_over() { for _ in $(seq 1 200); do [ -e "$WORK/deferred.0.answer" ] && return; sleep 0.02; done; return 1; }
# what a killed postmaster left holds its shared memory for a moment
again() { local i; for i in 1 2 3 4 5; do strict_again && return; sleep 0.2; done; return 1; }
kept() { # WHOSE PID: kills it at the first hand-over, in the midst of the others
	environment strict
	rm -f "$WORK"/deferred.*
	"$PROGRAMS/test_deferred" before >"$TOP/approval.log" 2>&1 &
	local collecting=$! victim
	for _ in $(seq 1 300); do [ -e "$WORK/deferred.0.ready" ] && break; sleep 0.1; done
	ok "approvals are acknowledged" test -e "$WORK/deferred.0.ready"
	ok "one is handed over" handed_over
	victim=$($2)
	kill -KILL "$victim"
	ended "$SERVER_PID" 30
	ok "the server ended with its $1" eval '! kill -0 "$SERVER_PID" 2>/dev/null'
	wait "$collecting"
	rm -f "$WORK/pid"
	ok "the server starts again, after its $1 was killed" again
	ok "what was acknowledged is there, and nothing is issued twice" "$PROGRAMS/test_deferred" after
	ok "no claim, key or transaction stands in the log" eval '! grep -qF "$(cat "$WORK"/deferred.0.id)" "$WORK/idsrv.log"'
	rm -f "$WORK"/deferred.*
}
its_process() { echo "$SERVER_PID"; }
postmaster() { head -n 1 "$(state_of)/data/postmaster.pid"; }
kept process its_process
kept database postmaster
