# Webhooks: a receiver that fails, hangs, redirects, is gone; a server killed between answer and delivery. The receiver checks
# every event with the example of docs/integrate.md.
fresh hook
hook_settings="--webhook_timeout_s 2 --presentation_ttl_s 6"
# shellcheck disable=SC2086
ok "a server of its own" up hook $hook_settings
ok "people for it" populate
environment hook
export IDWALLET_STORE=$TOP/hook.wallet
rm -rf "$IDWALLET_STORE" "$TOP"/hook.log* "$TOP"/hook.port*
sed -n '/^```python$/,/^```$/p' docs/integrate.md | grep -v '^```' >"$TOP/verify_example.py"
tests/integration/receiver.py "$TOP/verify_example.py" "$TOP/hook.log" "$TOP/hook.port" 2>"$TOP/hook.err" &
receiver_pid=$!
for _ in $(seq 1 200); do [ -s "$TOP/hook.port" ] && break; sleep 0.05; done
receiver=http://127.0.0.1:$(cat "$TOP/hook.port")
manager="--token-file $WORK/keys/manager.token"

person=$(sed -n '70s/^{"key":"\([^"]*\)".*/\1/p' schema/samples/people.ndjson)
receive() { "$BIN/idwallet" receive "$("$BIN/idctl" offer make --person "$person" --json pid.sdjwt | json_get link_by_reference)"; }
ok "a wallet receives" receive

hook() { # PARTY PATH: where it is told; its secret goes to the receiver
	rm -f "$TOP/hook.secret"
	# shellcheck disable=SC2086
	"$BIN/idctl" party webhook "$1" --url "$receiver$2" --out "$TOP/hook.secret" $manager || return 1
	cp "$TOP/hook.secret" "$TOP/hook.log.secret"
}
# present [KEY FILE]: a presentation that ends as verified; leaves its id in $id
present() {
	local out
	out=$("$BIN/idctl" request make --policy bank-account --flow cross_device --json --key-file "${1:-$WORK/parties/bank.key}") || return 1
	id=$(json_get id <<<"$out")
	"$BIN/idwallet" present --yes --root "$WORK/keys/root.pem" "$(json_get invocation_url <<<"$out")"
}
# count LINE: how often a line of the receiver's log matches; told N LINE: waits for that many
count() { grep -sE "$1" "$TOP/hook.log" | wc -l; }
told() {
	local i
	for i in $(seq 1 400); do [ "$(count "$2")" -ge "$1" ] && return; sleep 0.05; done
	echo "$(count "$2") instead of $1 of $2"; cat "$TOP/hook.log"; return 1
}
quiet() { # until nothing waits
	local i
	for i in $(seq 1 400); do
		[ "$("$BIN/idctl" webhook list --json | json_get waiting)" = 0 ] && return; sleep 0.05
	done
	"$BIN/idctl" webhook list
	return 1
}

ok "the example refuses what is not signed" python3 - "$TOP/verify_example.py" <<'PY'
import importlib.util, sys
spec = importlib.util.spec_from_file_location("example", sys.argv[1]); m = importlib.util.module_from_spec(spec); spec.loader.exec_module(m)
# the example of the Standard Webhooks specification
secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
h = {"Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
     "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}
at = 1614265330
assert m.is_from_the_rail(secret, h, body, at) and m.is_from_the_rail(secret, dict(h, **{"webhook-signature": "v2,x v1,AAAA " + h["webhook-signature"]}), body, at)
assert not m.is_from_the_rail(secret, h, body + b" ", at) and not m.is_from_the_rail(secret, h, body, at + 301)
assert not m.is_from_the_rail(secret, {}, body, at) and not m.is_from_the_rail("whsec_AAAA", h, body, at)
PY

ok "the bank names its address" hook 1 /ok
ok "a presentation is made" present
ok "it is told, signed" told 1 "^/ok [0-9a-f]{32} $id verified good$"
hidden() { [ -z "$(grep -vE '^(/[a-z]+|GET) ' "$TOP/hook.log")" ]; }
ok "and nothing else is in what it is told" hidden
fetched() { "$BIN/idctl" result "$id" --json | grep -q '"verdict":"VALID"'; }
ok "the result is fetched with its key" fetched
ok "a 500 is tried again" eval 'hook 1 /twice && present && told 3 "^/twice [0-9a-f]{32} $id verified good$"'
same() { [ "$(grep "^/twice" "$TOP/hook.log" | cut -d' ' -f2 | sort -u | wc -l)" = 1 ]; }
ok "under the same event id" same
ok "Retry-After is heeded" eval 'hook 1 /later && present && told 2 "^/later [0-9a-f]{32} $id verified good$"'
declined() {
	hook 1 /ok && id=$("$BIN/idctl" request make --policy bank-account --flow cross_device --json | json_get id) &&
		told 1 "^/ok [0-9a-f]{32} $id expired good$"
}
ok "what nobody answers is told as expired" declined
ok "nothing waits" quiet

# ---- receivers that are bad, all at once: nobody else waits for them ----
# shellcheck disable=SC2086
ok "started again, to give up after two seconds" eval 'down hook && up hook $hook_settings --webhook_give_up_s 2'
gone_port=$(free_port)
declare -A bad_at=([hang]=$receiver/hang [redirect]=$receiver/redirect [large]=$receiver/large [slow]=$receiver/slow
	[gone]=http://127.0.0.1:$gone_port/)
bad_party() { # NAME: a relying party whose receiver is of that kind, and two presentations for it
	local key=$WORK/parties/$1.key party
	# shellcheck disable=SC2086
	party=$("$BIN/idctl" party add "Bad $1" --policy bank-account --cross-device --out "$key" --json $manager | json_get party_id) &&
		"$BIN/idctl" party webhook "$party" --url "${bad_at[$1]}" --out "$TOP/bad.$1.secret" $manager &&
		present "$key" && present "$key"
}
rm -f "$TOP"/bad.*.secret
for bad in "${!bad_at[@]}"; do
	ok "a party whose receiver is bad: $bad" bad_party "$bad"
done
others() {
	local from
	from=$(ms)
	present && told 1 "^/ok [0-9a-f]{32} $id verified good$" && [ $(($(ms) - from)) -lt 1500 ] && "$BIN/idctl" health
}
ok "they hold up nobody" others
dead() { "$BIN/idctl" webhook list --json | json_get dead; }
buried() { local i; for i in $(seq 1 600); do [ "$(dead)" -ge "$1" ] && return; sleep 0.05; done; "$BIN/idctl" webhook list; return 1; }
ok "what is not taken in time becomes a dead letter" buried 10
"$BIN/idctl" webhook list >"$TOP/hook.dead"
for why in "status 302" "too slow" "answer is too large" "no connection"; do
	ok "which says why: $why" grep -q "$why" "$TOP/hook.dead"
done
ok "a redirect is not followed" eval '! grep -q ^GET "$TOP/hook.log"'
one=$("$BIN/idctl" webhook list --json | json_get event)
# shellcheck disable=SC2086
ok "an officer may not touch them" eval '! "$BIN/idctl" webhook drop "$one"'
ok "one is dropped" "$BIN/idctl" webhook drop "$one" $manager
ok "and then not there" eval '! "$BIN/idctl" webhook drop "$one" $manager'
again() {
	local party
	for party in $("$BIN/idctl" party list --json $manager | tr '{' '\n' | sed -n 's/^"party_id":\([0-9]*\),"name":"Bad .*/\1/p'); do
		# shellcheck disable=SC2086
		"$BIN/idctl" party webhook "$party" --url "$receiver/again" --out "$TOP/bad.again.$party.secret" $manager &&
			"$BIN/idctl" webhook retry --party "$party" $manager || return 1
	done
	told 9 "^/again" && quiet
}
ok "the others are sent again when the receivers are well" again
ok "and none is left" eval '[ "$(dead)" = 0 ]'

# ---- kill -9 between the answer and the delivery ----
killed() {
	local rc=0
	hook 1 /down && touch "$TOP/hook.log.down" && present && told 1 "^/down [0-9a-f]{32} $id verified good$" || rc=1
	kill -KILL "$SERVER_PID"
	ended "$SERVER_PID" 10
	rm -f "$WORK/pid" "$TOP/hook.log.down"
	# shellcheck disable=SC2086
	up hook $hook_settings && told 2 "^/down [0-9a-f]{32} $id verified good$" && return $rc
}
ok "killed before it was taken, it is told after the next start" killed
once() { [ "$(grep "^/down" "$TOP/hook.log" | cut -d' ' -f2 | sort -u | wc -l)" = 1 ]; }
ok "under the same event id" once
gone() { # the answer of the receiver is still on its way when everything ends
	hook 1 /hang && present && told 1 "^/hang [0-9a-f]{32} $id verified good$" && down hook &&
	up hook $hook_settings && hook 1 /ok && told 1 "^/ok [0-9a-f]{32} $id verified good$"
}
ok "told to end while a receiver hangs, it ends well and tells later" gone

# ---- where nothing is sent ----
refused() { # URL
	# shellcheck disable=SC2086
	! "$BIN/idctl" party webhook 1 --url "$1" $manager
}
for url in http://bank.example/ ftp://bank.example/ https:/// "https://a@bank.example/" "http://127.0.0.1.bank.example/" "https://bank.example/#x" "bank.example"; do
	ok "no address: $url" refused "$url"
done
inside() { # https to an address of the inside, in production's manner: not called
	# shellcheck disable=SC2086
	"$BIN/idctl" party webhook 1 --url "https://10.255.255.1/" $manager && present && buried 1 &&
		"$BIN/idctl" webhook list | grep -q "address is not public"
}
ok "an address of the inside is not called" eval 'down hook && up hook $hook_settings --webhook_give_up_s 1 && inside'
# shellcheck disable=SC2086
ok "taken away, it is told nothing" eval '"$BIN/idctl" party webhook 1 --off $manager && present && [ "$("$BIN/idctl" webhook list --json | json_get waiting)" = 0 ]'
ok "every event was signed" eval '! grep -E "^/(ok|twice|later|down)" "$TOP/hook.log" | grep -q "bad$"'
metered() {
	local i
	for i in $(seq 1 200); do
		"$BIN/idctl" metrics >"$TOP/hook.metrics"
		grep -q '^idsrv_outbox_waiting 0' "$TOP/hook.metrics" && grep -q '^idsrv_outbox_dead 1' "$TOP/hook.metrics" &&
			grep -q '^idsrv_webhooks_failed_total [1-9]' "$TOP/hook.metrics" && return
		sleep 0.05
	done
	grep -E 'outbox|webhook' "$TOP/hook.metrics"
	return 1
}
ok "it is counted" metered
ok "and it ends well" down hook
kill "$receiver_pid"
wait "$receiver_pid" 2>/dev/null
use main
