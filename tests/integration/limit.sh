# How often one may ask: by address where a front names it, by key for relying parties and operators, by connections where
# clients connect directly; the signer's day. A refusal says when to come back, and takes nothing from anybody else.
fresh limit
ok "a server of its own, behind a front" up limit --front 127.0.0.1 --address_rate 2 --party_rate 3 --operator_rate 1000
ok "people for it" populate
environment limit
manager="--token-file $WORK/keys/manager.token"

# answers N ADDRESS-HEADER URL [curl arguments]: how often which status came, "200:20 429:5"
answers() {
	local n=$1 from=$2 url=$3
	shift 3
	for _ in $(seq 1 "$n"); do echo "url=\"$url\""; echo "output=/dev/null"; done >"$TOP/limit.urls"
	curl -s -w '%{http_code}\n' -H "X-Forwarded-For: $from" "$@" -K "$TOP/limit.urls" | sort | uniq -c |
		awk '{ print $2 ":" $1 }' | paste -sd ' '
}
some() { # PATTERN answers...: 429 and 200, and nothing else
	local got
	got=$("$@")
	echo "$got"
	[[ $got =~ ^200:[0-9]+\ 429:[0-9]+$ ]]
}
all() { local got; got=$(answers "${@:2}"); echo "$got"; [ "$got" = "$1" ]; }
ok "an address that asks too often is refused for a while" some answers 60 192.0.2.1 "$SERVER/.well-known/openid-credential-issuer"
ok "another is not" all 200:15 15 192.0.2.2 "$SERVER/jwks"
ok "what a client writes itself into the header changes nothing" eval 'got=$(answers 15 "198.51.100.1, 192.0.2.1" "$SERVER/jwks"); [[ $got == *429:* ]]'
ok "who it was stands in no log" eval '! grep -qE "192\.0\.2|198\.51" "$WORK/idsrv.log"'
head_of() { curl -s -o "$TOP/limit.body" -D - -H "X-Forwarded-For: 192.0.2.1" "$@" | tr -d '\r'; }
spent() { answers 40 192.0.2.1 "$SERVER/jwks" >/dev/null; }
spent
says() { spent; head_of -d grant_type=x "$SERVER/token" | grep -qE '^Retry-After: [1-9]' && grep -q '"error":"temporarily_unavailable"' "$TOP/limit.body"; }
ok "the token endpoint says it in its own words" says
says_problem() { spent; head_of "$SERVER/v1/policies" | grep -qE '^HTTP/1.1 429' && grep -q '"code":"too_many_requests"' "$TOP/limit.body"; }
ok "our own API in its" says_problem
back() { # after Retry-After it is served again
	spent
	sleep "$(head_of "$SERVER/jwks" | sed -n 's/^Retry-After: //p')"
	head_of "$SERVER/jwks" | grep -q '^HTTP/1.1 200'
}
ok "after as long as Retry-After says it is served" back

key() { echo "Authorization: Bearer $(cat "$WORK/parties/$1.key")"; }
# the front's own checks have no address: only the key counts
party() { curl -s -o /dev/null -w '%{http_code}\n' -H "$(key "$1")" "$SERVER/v1/policies"; }
ok "a relying party that asks too often is refused" some answers 60 - "$SERVER/v1/policies" -H "$(key bank)"
ok "another is not" eval '[ "$(party shop)" = 200 ]'
# shellcheck disable=SC2086
ok "it is given a rate of its own" "$BIN/idctl" party rate 1 0 $manager
ok "and is served" all 200:60 60 - "$SERVER/v1/policies" -H "$(key bank)"
# shellcheck disable=SC2086
ok "which stands in the list" eval '"$BIN/idctl" party list --json $manager | grep -q "\"rate\":0"'
# shellcheck disable=SC2086
ok "and is taken back" "$BIN/idctl" party rate 1 default $manager
# shellcheck disable=SC2086
ok "no rate: minus one" eval '! "$BIN/idctl" party rate 1 -1 $manager'
counted() { "$BIN/idctl" metrics >"$TOP/limit.metrics" && grep -q '^idsrv_limited_address_total [1-9]' "$TOP/limit.metrics" && grep -q '^idsrv_limited_party_total [1-9]' "$TOP/limit.metrics"; }
ok "it is counted" counted

ok "started again, for clients that connect directly" eval 'down limit && up limit --listen 0.0.0.0:$PORT --address_rate 0 --operator_rate 2 --connections_per_address 8'
# logging in has a rate of its own for each address, whatever number is tried: one page, many numbers
page_token() { sed -n 's/.*name="token" value="\([^"]*\)".*/\1/p' "$TOP/limit.page" | head -n 1; }
tries() { # how often which status came of 60 tries
	local jar=$TOP/limit.jar uri
	rm -f "$jar"
	uri=$(curl -s "$SERVER/par" -d client_id=odd-wallet -d response_type=code -d scope=pid.sdjwt --data-urlencode redirect_uri=https://odd.example/cb \
		-d code_challenge_method=S256 -d "code_challenge=$(printf %043d 0)" | json_get request_uri)
	curl -s -c "$jar" -o "$TOP/limit.page" -G "$SERVER/authorize" -d client_id=odd-wallet --data-urlencode "request_uri=$uri"
	for i in $(seq 1 60); do
		curl -s -b "$jar" -o "$TOP/limit.tried" -w '%{http_code}\n' -d "token=$(page_token)" -d "username=guess$i" -d password=1 "$SERVER/authorize/login"
	done | sort | uniq -c | awk '{ print $2 ":" $1 }' | paste -sd ' '
}
guesses() { local got; got=$(tries); echo "$got"; [[ $got =~ ^400:[0-9]+\ 429:[0-9]+$ ]]; }
ok "an address that tries to log in too often is told to wait" guesses
held() { # of 20 connections of one address 8 are kept
	python3 - "$PORT" <<'PY'
import socket, sys, time
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(20)]
end, alive = time.time() + 10, []
while time.time() < end:
    alive = []
    for s in held:
        s.settimeout(0.02)
        try:
            if s.recv(1) != b"":
                alive.append(s)
        except socket.timeout:
            alive.append(s)
        except OSError:
            pass
    if len(alive) == 8:
        break
print(len(alive), "alive")
sys.exit(len(alive) != 8)
PY
}
ok "one address holds no more connections than it may" held
officer="Authorization: Bearer $(cat "$WORK/keys/officer.token")"
ok "an operator who asks too often is refused" some answers 60 - "$ADMIN/admin/v1/types" -H "$officer"
# shellcheck disable=SC2086
ok "another is not" eval '"$BIN/idctl" type list $manager'
ok "a server with few signatures a day" eval 'down limit && fresh limit && up limit --signer_quota 25 && populate'
export IDWALLET_STORE=$TOP/limit.wallet
rm -rf "$IDWALLET_STORE"
person=$(sed -n '90s/^{"key":"\([^"]*\)".*/\1/p' schema/samples/people.ndjson)
quota() { # what goes beyond the day's signatures is 503 until midnight, and nothing half is issued
	local i out
	for i in 1 2 3 4 5; do
		out=$("$BIN/idwallet" receive "$("$BIN/idctl" offer make --person "$person" --json pid.sdjwt | json_get link_by_reference)" 2>&1) || break
	done
	echo "$out"
	grep -q '"route":"credential".*"status":503,"code":"quota"' "$WORK/idsrv.log" && [[ $out == *503* ]]
}
ok "beyond the signer's day it is 503, not the wallet's fault" quota
whole() { # every copy the wallet holds is good, and issued ones are exactly those
	local held delivered
	held=$("$BIN/idwallet" list --json | grep -o '"id":' | wc -l)
	delivered=$(query "SELECT coalesce(sum(n), 0) FROM rail.credential c JOIN rail.intent i USING (credential_id) WHERE i.delivered IS NOT NULL")
	echo "$held held, $delivered delivered"
	[ "$held" -gt 0 ] && [ "$held" = "$delivered" ]
}
ok "what was answered was issued once and whole" eval 'for i in $(seq 1 100); do whole && break; sleep 0.05; done; whole'
ok "and it ends well" down limit
use main
