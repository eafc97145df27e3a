# idctl selftest: against the main server, which refuses what it must, and against one that serves everything.
part=selftest
environment main
SELFTEST="$BIN/idctl selftest"

# Every row of every table but what each request leaves anyway.
rows() {
	query "SELECT sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM rail.%I', relname),
		false, true, '')))[1]::text::bigint) FROM pg_class WHERE relnamespace = 'rail'::regnamespace AND relkind = 'r'"
}
says() { # PATTERN: of the last output
	grep -qE "$1" "$TOP/selftest.log" || { cat "$TOP/selftest.log"; return 1; }
}
run_selftest() { # EXIT ARGUMENTS...
	local want=$1 rc
	shift
	$SELFTEST "$@" >"$TOP/selftest.log" 2>&1
	rc=$?
	[ "$rc" -eq "$want" ] || { echo "exit $rc instead of $want"; cat "$TOP/selftest.log"; return 1; }
}
# Every check has its clause, the numbers fit, and so many at least came out so.
whole() { # OUTCOME NUMBER
	python3 -c '
import json, sys
doc = json.load(open(sys.argv[1]))
checks = doc["checks"]
assert len(checks) > 25 and len({c["name"] for c in checks}) == len(checks)
assert all(c["clause"] and c["what"] for c in checks)
assert all("detail" in c for c in checks if c["outcome"] != "ok")
for outcome in ("ok", "failed", "left_out"):
    assert sum(c["outcome"] == outcome for c in checks) == doc[outcome], outcome
assert doc[sys.argv[2]] >= int(sys.argv[3]), doc
' "$TOP/selftest.log" "$1" "$2"
}

before=$(rows)
ok "an honest server passes every check" run_selftest 0 --root "$WORK/keys/root.pem"
ok "each on a line of its own with its clause" says '^ok +two Content-Length headers are refused \(RFC 9112 section 6.3\)$'
ok "nothing was left out, and it says so" says '^[0-9]+ ok, 0 failed, 0 left out$'
unchanged() { [ "$(rows)" = "$before" ] || { echo "$before rows before, $(rows) after"; return 1; }; }
ok "it leaves nothing behind in the registry" unchanged
ok "without key and root it leaves out what needs them" env -u IDCTL_KEY_FILE $SELFTEST
env -u IDCTL_KEY_FILE $SELFTEST >"$TOP/selftest.log" 2>&1
ok "and names the reason" says '^left out .*needs a relying party.s key'
ok "for each of them" says '^left out .*needs the authority.s root'
ok "as JSON too" run_selftest 0 --json --root "$WORK/keys/root.pem"
ok "which holds every check" whole ok 25
ok "under another root the signatures fail" run_selftest 1 --root "$WORK/keys/issuer.pem"
ok "and say why" says '^FAIL .*signed under the root.*: '

[ -e "$TOP/haip/pid" ] || prepare_haip
environment haip
ok "a server of the profile haip passes too" run_selftest 0 --root "$WORK/keys/root.pem"
ok "but for the one that needs a pre-authorized code" says '^left out .*needs pre-authorized codes'
environment main
liar_start liar.py
ok "a server that serves everything fails" run_selftest 1 --json --server "$liar"
ok "in nearly everything" whole failed 22
run_selftest 1 --server "$liar" >/dev/null
ok "framing" says '^FAIL +two Content-Length headers'
ok "smuggling" says '^FAIL +nothing hidden behind'
ok "what it tells" says '^FAIL +errors tell nothing of the inside .*SELECT'
ok "and the name of its server" says '^FAIL +no version of a server is told .*Liar'
ok "proofs" says '^FAIL +every fault of a DPoP proof is refused .*alg none'
ok "forged credentials" says '^FAIL +forged credentials are refused'
liar_stop
ok "where nobody listens nothing was tried" run_selftest 3 --server "http://127.0.0.1:$(free_port)"
