# A server killed while wallets collect what an officer approved: what was acknowledged is there, nothing comes twice.
[ -e "$TOP/strict/pid" ] || prepare_strict || skip "no server"
environment strict
rm -f "$WORK"/deferred.*
"$PROGRAMS/test_deferred" before >"$TOP/approval.log" 2>&1 &
collecting=$!
for _ in $(seq 1 300); do [ -e "$WORK/deferred.0.ready" ] && break; sleep 0.1; done
ok "approvals are acknowledged" test -e "$WORK/deferred.0.ready"
handed_over() { for _ in $(seq 1 200); do [ -e "$WORK/deferred.0.answer" ] && return; sleep 0.02; done; return 1; }
ok "one is handed over" handed_over
kill -KILL "$SERVER_PID"
wait "$SERVER_PID" 2>/dev/null
wait "$collecting"
rm -f "$WORK/pid"
ok "the server starts again" strict_again
ok "what was acknowledged is there, and nothing is issued twice" "$PROGRAMS/test_deferred" after
ok "no claim, key or transaction stands in the log" eval '! grep -qF "$(cat "$WORK"/deferred.0.id)" "$WORK/idsrv.log"'
rm -f "$WORK"/deferred.*
