# What must not be told: personal data, tokens, codes, nonces. Flows run with marked values (test_leak),
# then everything that was written down is searched for them.
environment main
export IDR_SECRETS=$TOP/secrets IDR_ERRORS=$TOP/errors IDR_CLAIMS=$TOP/claims
rm -f "$IDR_SECRETS" "$IDR_ERRORS" "$IDR_CLAIMS"
manager="--token-file $WORK/keys/manager.token"
rm -f "$TOP"/leak.hook* "$TOP/leak.port"
sed -n '/^```python$/,/^```$/p' docs/integrate.md | grep -v '^```' >"$TOP/verify_example.py"
tests/integration/receiver.py "$TOP/verify_example.py" "$TOP/leak.hook" "$TOP/leak.port" 2>/dev/null &
receiver_pid=$!
for _ in $(seq 1 200); do [ -s "$TOP/leak.port" ] && break; sleep 0.05; done
# shellcheck disable=SC2086
ok "the bank listens" "$BIN/idctl" party webhook 1 --url "http://127.0.0.1:$(cat "$TOP/leak.port")/ok" --out "$TOP/leak.hook.secret" $manager
timeout 120 "$PROGRAMS/test_leak" >"$TOP/leak.log" 2>&1
count_cmocka "leak flows" "$TOP/leak.log" $?

# absent LIST FILE: no line of LIST stands anywhere in FILE; both must be there and hold something
absent() {
	[ -s "$1" ] && [ -s "$2" ] || { echo "$1 or $2 is empty"; return 1; }
	! LC_ALL=C grep -a -F -f "$1" "$2"
}
# the search itself works: a marker put there is found
finds() {
	(cat "$2" && head -n 1 "$1") >"$TOP/planted" && ! absent "$1" "$TOP/planted"
}

in_files() { # LIST DIRECTORY: some files are there, and no line of LIST in any
	[ -s "$1" ] && [ "$(find "$2" -type f | wc -l)" -gt 0 ] && ! LC_ALL=C grep -r -a -l -F -f "$1" "$2"
}
# Everything the server in use wrote down or said: log, metrics, errors, database, and below the state directory byte for
# byte, tables and their history, the log of the database (WAL).
nothing_told() { # WHERE
	local where=$1
	cp "$WORK/idsrv.log" "$TOP/leak.idsrv.log"
	"$BIN/idctl" metrics >"$TOP/leak.metrics" 2>/dev/null
	PGOPTIONS='-c bytea_output=escape' as_owner pg_dump --data-only --rows-per-insert=1 >"$TOP/leak.dump" 2>"$TOP/last.log"
	ok "no claim in the log$where" absent "$IDR_CLAIMS" "$TOP/leak.idsrv.log"
	ok "no secret in the log$where" absent "$IDR_SECRETS" "$TOP/leak.idsrv.log"
	ok "no claim in the metrics$where" absent "$IDR_CLAIMS" "$TOP/leak.metrics"
	ok "no secret in the metrics$where" absent "$IDR_SECRETS" "$TOP/leak.metrics"
	ok "no claim in an error answer$where" absent "$IDR_CLAIMS" "$IDR_ERRORS"
	ok "no secret in an error answer$where" absent "$IDR_SECRETS" "$IDR_ERRORS"
	ok "no claim in the database: what it keeps is sealed$where" absent "$IDR_CLAIMS" "$TOP/leak.dump"
	ok "no secret in the database: hashes and sealed values only$where" absent "$IDR_SECRETS" "$TOP/leak.dump"
	ok "no claim in what PostgreSQL itself wrote$where" absent "$IDR_CLAIMS" "$(state_of)/postgres.log"
	query CHECKPOINT >/dev/null
	ok "no claim in the WAL$where" in_files "$IDR_CLAIMS" "$(state_of)/data/pg_wal"
	ok "no secret in the WAL$where" in_files "$IDR_SECRETS" "$(state_of)/data/pg_wal"
	ok "no claim in any file of the state directory$where" in_files "$IDR_CLAIMS" "$(state_of)"
	ok "no secret in any file of the state directory$where" in_files "$IDR_SECRETS" "$(state_of)"
}

cat "$TOP/leak.hook.secret" >>"$IDR_SECRETS"
ended_hooks() { local i; for i in $(seq 1 200); do [ "$(grep -cE "verified|rejected|declined" "$TOP/leak.hook")" -ge 4 ] && return; sleep 0.05; done; cat "$TOP/leak.hook"; return 1; }
ok "the bank is told how each presentation ended" ended_hooks
# shellcheck disable=SC2086
ok "and listens no more" "$BIN/idctl" party webhook 1 --off $manager
kill "$receiver_pid"
wait "$receiver_pid" 2>/dev/null
nothing_told ""
ok "a planted marker would be found" finds "$IDR_CLAIMS" "$TOP/leak.idsrv.log"
documented() { # exactly the names of docs/operate/metrics.md
	diff <(sed -n 's/^# TYPE \(idsrv_[a-z_]*\) .*/\1/p' "$TOP/leak.metrics" | sort) \
		<(grep '^| `' docs/operate/metrics.md | cut -d'|' -f2 | grep -o 'idsrv_[a-z_]*' | sort)
}
ok "every metric of a running server is documented, and the other way round" documented
ok "the dump holds every table" grep -q "INSERT INTO rail.subject " "$TOP/leak.dump"
ok "no claim in a webhook" absent "$IDR_CLAIMS" "$TOP/leak.hook.raw"
ok "no secret in a webhook" absent "$IDR_SECRETS" "$TOP/leak.hook.raw"

# the search itself works there too: what is written in clear is found in the WAL
planted=Zq$(head -c 40 /dev/urandom | tr -dc a-z)planted
planted() {
	query "CREATE TABLE rail.planted (x text); INSERT INTO rail.planted VALUES ('$planted'); DROP TABLE rail.planted" &&
		echo "$planted" >"$TOP/planted" && ! in_files "$TOP/planted" "$(state_of)/data/pg_wal"
}
ok "a marker planted in a table would be found in the WAL" planted
ok "the dump holds what this adds" grep -q "INSERT INTO rail.outbox " "$TOP/leak.dump"

# ---- memory: no core file, whatever it dies of, and nobody of the same user may look into it ----
core_limit() { grep -qE '^Max core file size +0 +0 ' "/proc/$1/limits"; }
ok "the server and its signer can leave no core file" eval 'core_limit "$SERVER_PID" && core_limit "$(child_named idsrv)"'
closed() { # dumpable 0: its /proc belongs to root, and another process of its own user may not read it
	local who
	who=$(awk '/^Uid:/ { print $2 }' "/proc/$1/status")
	if [ "$(id -u)" = 0 ]; then
		[ "$who" != 0 ] && ! setpriv --reuid="$who" --clear-groups cat "/proc/$1/environ" && ! setpriv --reuid="$who" --clear-groups head -c 1 "/proc/$1/mem"
	else
		! cat "/proc/$1/environ"
	fi
}
if [ "$MODE" = asan ]; then
	skip "the sanitizer needs to look into its own process"
else
	ok "another process of its user cannot read its memory" closed "$SERVER_PID"
	ok "nor the signer's" closed "$(child_named idsrv)"
fi

# ---- what waits for an officer, and travels encrypted: on the server that has both ----
[ -e "$TOP/strict/pid" ] || prepare_strict || skip "no server where credentials wait"
environment strict
export IDR_SECRETS=$TOP/secrets.strict IDR_ERRORS=$TOP/errors.strict IDR_CLAIMS=$TOP/claims.strict
timeout 120 "$PROGRAMS/test_leak" deferred >"$TOP/leak.strict.log" 2>&1
count_cmocka "leak flows" "$TOP/leak.strict.log" $?
nothing_told ", where credentials wait"
ok "the dump holds what waited" grep -q "INSERT INTO rail.deferral " "$TOP/leak.dump"
