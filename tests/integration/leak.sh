# What must not be told: personal data, tokens, codes, nonces. Flows run with marked values (test_leak),
# then everything that was written down is searched for them.
environment main
export IDR_SECRETS=$TOP/secrets IDR_ERRORS=$TOP/errors IDR_CLAIMS=$TOP/claims
rm -f "$IDR_SECRETS" "$IDR_ERRORS" "$IDR_CLAIMS"
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

cp "$WORK/idsrv.log" "$TOP/leak.idsrv.log"
"$BIN/idctl" metrics >"$TOP/leak.metrics" 2>/dev/null
PGOPTIONS='-c bytea_output=escape' as_owner pg_dump --data-only --rows-per-insert=1 >"$TOP/leak.dump" 2>"$TOP/last.log"

ok "a planted marker would be found" finds "$IDR_CLAIMS" "$TOP/leak.idsrv.log"
ok "no claim in the log" absent "$IDR_CLAIMS" "$TOP/leak.idsrv.log"
ok "no secret in the log" absent "$IDR_SECRETS" "$TOP/leak.idsrv.log"
ok "no claim in the metrics" absent "$IDR_CLAIMS" "$TOP/leak.metrics"
ok "no secret in the metrics" absent "$IDR_SECRETS" "$TOP/leak.metrics"
ok "no claim in an error answer" absent "$IDR_CLAIMS" "$IDR_ERRORS"
ok "no secret in an error answer" absent "$IDR_SECRETS" "$IDR_ERRORS"
ok "the dump holds every table" grep -q "INSERT INTO rail.subject " "$TOP/leak.dump"
ok "no claim in the database: what it keeps is sealed" absent "$IDR_CLAIMS" "$TOP/leak.dump"
ok "no secret in the database: hashes and sealed values only" absent "$IDR_SECRETS" "$TOP/leak.dump"
ok "no claim in what PostgreSQL itself wrote" absent "$IDR_CLAIMS" "$(state_of)/postgres.log"
