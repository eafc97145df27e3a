# The signer is a process of its own: without it the server does not stay up and pretend.
fresh signer
ok "a server of its own" up signer
environment signer
signer_pid=$(child_named idsrv)

ok "the signer is a child of the server" test -n "$signer_pid"
no_network() { ! ls -l "/proc/$signer_pid/fd" | grep -E 'socket' | awk 'END { exit NR <= 1 }'; }
# proves: VP 5.9.3k
ok "it holds one socket, its parent's, and no other" no_network
if [ "$MODE" = asan ]; then
	skip "the sanitizer needs calls that seccomp refuses"
else
	ok "it may call little (seccomp)" grep -q '^Seccomp:.*2' "/proc/$signer_pid/status"
fi
ok "it can gain no rights" grep -q '^NoNewPrivs:.*1' "/proc/$signer_pid/status"
not_root() { [ "$(id -u)" != 0 ] || ! grep -q '^Uid:.*\b0\b' "/proc/$1/status"; }
ok "neither it nor the server stays root" eval "not_root $signer_pid && not_root $SERVER_PID"
blind() { # the server cannot read the keys it publishes certificates for
	[ "$(id -u)" = 0 ] || return 0
	! grep -l 'PRIVATE KEY' /proc/"$SERVER_PID"/environ
}
# proves: VP 5.9.3k
ok "no key in the server's environment" blind
ok "well before" "$BIN/idctl" health
kill -KILL "$signer_pid"
goes() { ended "$SERVER_PID" 10; local rc=$?; rm -f "$WORK/pid"; echo "ended with $rc"; [ $rc -ne 0 ] && [ $rc -ne 124 ]; }
ok "when its signer is gone the server ends with an error" goes
ok "and says why" grep -q '"child_gone".*"signer"' "$WORK/idsrv.log"
ok "it starts again on the same data" up signer
ok "and is well" "$BIN/idctl" health
ok "and ends well" down signer

# Keys that do not fit their certificates, or are not there: no start.
starts_with() { # KEY FILE replaced by FILE
	rm -rf "$TOP/badkeys" && cp -r "$TOP/main/keys" "$TOP/badkeys" && cp "$2" "$TOP/badkeys/$1" &&
	WORK=$TOP/bad && rm -rf "$WORK" && mkdir -p "$WORK" && ln -s ../badkeys "$WORK/keys" && server_start
}
key=$(cd "$TOP/main/keys" && ls ./*.key | head -n 1)
other=$(cd "$TOP/main/keys" && ls ./*.key | tail -n 1)
ok "a key that does not fit its certificate: no start" eval "! starts_with $key $TOP/main/keys/$other"
ok "a key that is none: no start" eval "! starts_with $key /etc/hostname"
use signer
