# idwallet over the authorization code flow: a citizen logs in on our pages, against the servers main, haip and strict; and what
# it refuses of an issuer that lies (liar_issuer.py).
part=wallet
REFERENCE=(--client-id https://reference.example --test-provider)

# One of the country whose agency this is: a licence is issued to nobody else.
citizen() { sed -n 's/^{"key":"\(KH-[^"]*\)".*/\1/p' schema/samples/people.ndjson | sed -n "${1}p"; }
# An activation code for this person, into the environment of browser.sh.
activate() { # PERSON
	local out
	out=$("$BIN/idctl" activation make --person "$1" --number "$1" --json) || return 1
	NUMBER=$1 CODE=$(json_get code <<<"$out") LOG=$TOP/pages.log
	export NUMBER CODE LOG
}
offer() { # PERSON CONFIGURATION...
	local person=$1 out
	shift
	out=$("$BIN/idctl" offer make --person "$person" --grant authorization_code --profile haip --json "$@") || { echo "$out" >&2; return 1; }
	echo "$out" >"$TOP/offer.json"
	json_get link_by_reference <<<"$out"
}
wallet() { # COMMAND ARGUMENTS...
	local command=$1
	shift
	"$BIN/idwallet" "$command" "${REFERENCE[@]}" "$IDR_PROVIDER" "$@"
}
logged_in() { wallet receive --browser tests/demo/browser.sh "$@"; }
holds() { # NUMBER PATTERN
	local n
	n=$("$BIN/idwallet" list | grep -c "$2")
	[ "$n" -eq "$1" ] || { echo "$n instead of $1"; "$BIN/idwallet" list; return 1; }
}
store() { # NAME: an empty one
	export IDWALLET_STORE=$TOP/wallets/$1
	rm -rf "$IDWALLET_STORE"
	mkdir -p "$TOP/wallets"
}
exits() { # CODE COMMAND...
	local want=$1 rc
	shift
	"$@"
	rc=$?
	[ "$rc" -eq "$want" ] || { echo "exit $rc instead of $want"; return 1; }
}
own() { ! find "$IDWALLET_STORE" -type f -perm /077 | grep .; }

# ---- main: both formats, scope and authorization_details, browser and paste ----
environment main
person=$(citizen 64)
store main
by_offer() { activate "$person" && logged_in --copies 2 "$(offer "$person" pid.sdjwt mdl.mdoc)"; }
ok "a citizen logs in and the wallet receives an SD-JWT VC and an mdoc" by_offer
heard() {
	out=$("$BIN/idctl" offer show --json "$(json_get offer_id <"$TOP/offer.json")")
	grep -q '"redeemed"' <<<"$out" && grep -q '"credential_accepted"' <<<"$out" || { echo "$out"; return 1; }
}
# proves: VCI 4.1.1g, VCI 11c
ok "the offer was taken up, and the office heard of it" heard
ok "two copies of the one" holds 2 pid.sdjwt
ok "two copies of the other" holds 2 mdl.mdoc
# proves: VCI 13.10b
ok "refresh token and instance key are its own too" own
ok "new copies ahead of expiry, without the citizen" wallet renew --copies 3 1
ok "in the place of the old ones" holds 3 pid.sdjwt
ok "and nothing else changed" holds 2 mdl.mdoc
others() { exits 3 "$BIN/idwallet" renew --client-id https://second.example --test-provider "$IDR_PROVIDER" 3; }
ok "a refresh token is not tried as another client" others
stolen() { cp -r "$IDWALLET_STORE" "$IDWALLET_STORE-copy" && rm "$IDWALLET_STORE-copy/instance.key" && IDWALLET_STORE=$IDWALLET_STORE-copy exits 1 wallet renew 3; }
rm -rf "$IDWALLET_STORE-copy"
ok "without the instance key the refresh token is nothing" stolen
details() { activate "$person" && logged_in --details --issuer "$IDR_SERVER" --configuration age.sdjwt --copies 1; }
ok "without an offer, by authorization_details" details
# proves: VCI 6.2b
ok "asked for by its identifier" holds 1 age.sdjwt
# What the holder confirms with it.
to_confirm() { # ANSWER: of a payment
	local out id
	printf '[{"type":"payment","credential_ids":["bank-account"],"amount":"12 EUR"}]' >"$TOP/transaction.json"
	out=$("$BIN/idctl" request make --policy bank-account --flow cross_device --transaction "$TOP/transaction.json" --json) || return 1
	id=$(json_get id <<<"$out")
	echo "$1" | "$BIN/idwallet" present --root "$WORK/keys/root.pem" "$(json_get invocation_url <<<"$out")" || return
	[ "$("$BIN/idctl" result "$id" --wait 5 --json | json_get verdict)" = VALID ]
}
ok "a payment is confirmed with the presentation" to_confirm y
asked() { to_confirm n >"$TOP/confirm.log"; [ $? -eq 1 ] && grep -q 'amount: 12 EUR' "$TOP/confirm.log"; }
ok "and shown to the holder, who may refuse" asked
# The browser's address bar, pasted.
pasted() {
	local url
	activate "$person" || return 1
	rm -f "$TOP/paste.in" "$TOP/paste.err"
	mkfifo "$TOP/paste.in"
	wallet receive --paste --redirect-uri http://127.0.0.1/ --copies 1 --issuer "$IDR_SERVER" --configuration residence.sdjwt \
		<"$TOP/paste.in" 2>"$TOP/paste.err" &
	exec {typed}>"$TOP/paste.in"
	for _ in $(seq 1 200); do
		url=$(sed -n 's/^  \(http.*\)/\1/p' "$TOP/paste.err")
		[ -n "$url" ] && break
		sleep 0.05
	done
	SHOW=1 tests/demo/browser.sh "$url" >&$typed || { exec {typed}>&-; return 1; }
	exec {typed}>&-
	wait $!
}
ok "on a machine without a browser the address is pasted" pasted
ok "and counts" holds 1 residence.sdjwt
refused() { activate "$person" && DECISION=deny exits 1 logged_in --issuer "$IDR_SERVER" --configuration pid.sdjwt; }
ok "a citizen who refuses ends it" refused
file() {
	rm -f "$TOP/instance.key" "$TOP/attestation.jwt"
	"$BIN/idwallet" test-provider attest --client-id https://reference.example --instance-key "$TOP/instance.key" \
		--out "$TOP/attestation.jwt" "$IDR_PROVIDER" && activate "$person" &&
		"$BIN/idwallet" receive --attestation "$TOP/attestation.jwt" --instance-key "$TOP/instance.key" \
			--browser tests/demo/browser.sh --copies 1 --issuer "$IDR_SERVER" --configuration age.mdoc
}
ok "with the attestation of a provider as a file" file
foreign() {
	rm -rf "$TOP/other-provider"
	"$BIN/idwallet" test-provider make --attester https://provider.example "$TOP/other-provider" &&
		exits 1 "$BIN/idwallet" receive --json "${REFERENCE[@]}" "$TOP/other-provider" --paste --issuer "$IDR_SERVER" \
			--configuration pid.sdjwt </dev/null >"$TOP/foreign.log" && grep -q '"code":"invalid_client' "$TOP/foreign.log"
}
# proves: HAIP 4.4.1e
ok "a provider that nobody trusts attests nothing" foreign

# ---- haip: the same with DPoP nonces asked for ----
[ -e "$TOP/haip/pid" ] || prepare_haip
environment haip
store haip
# proves: HAIP 4.4.1e
ok "where the server asks for DPoP nonces the wallet repeats its requests" by_offer
ok "and holds both" holds 2 mdl.mdoc
ok "and renews" wallet renew --copies 2 1

# ---- strict: encrypted both ways, keys that are vouched for, approval ----
[ -e "$TOP/strict/pid" ] || prepare_strict
environment strict
store strict
# proves: VCI 8.2l
ok "an issuer that demands encryption gets it" by_offer
vouched() { activate "$person" && logged_in --copies 3 --issuer "$IDR_SERVER" --configuration vouched.sdjwt "$@"; }
# proves: HAIP 4.5.1a
# proves: VCI 8.2n
ok "keys that a provider vouches for, beside proofs" vouched
ok "three of them" holds 3 vouched.sdjwt
# proves: HAIP 4.5.1a
ok "and as the proof itself" vouched --proof attestation
ok "three more" holds 6 vouched.sdjwt
permit() { activate "$person" && logged_in --copies 2 --issuer "$IDR_SERVER" --configuration permit.sdjwt; }
newest() { IDCTL_TOKEN_FILE=$WORK/keys/curious.token "$BIN/idctl" approval list | awk '$2 == "waiting" { id = $1 } END { print id }'; }
approve() { "$BIN/idctl" approval approve --token-file "$WORK/keys/curious.token" "$(newest)"; }
ok "what an officer must approve is deferred" permit
ok "it is not there yet" exits 2 wallet deferred
ok "an officer approves" approve
# proves: VCI 8.2m, VCI 9b
ok "then the wallet fetches it" wallet deferred
ok "both copies" holds 2 permit.sdjwt
ok "and nothing waits any more" wallet deferred
waited() {
	local before
	before=$(newest)
	(for _ in $(seq 1 400); do [ "$(newest)" != "$before" ] && break; sleep 0.05; done; approve) >"$TOP/approve.log" 2>&1 &
	activate "$person" && logged_in --wait=60 --copies 2 --issuer "$IDR_SERVER" --configuration permit.sdjwt
}
ok "or waits for it" waited
ok "two more" holds 4 permit.sdjwt
decline() { permit && "$BIN/idctl" approval refuse --reason not_entitled "$(newest)" && exits 1 wallet deferred && wallet deferred; }
ok "a refusal ends the waiting" decline

# ---- an issuer that lies ----
liar_start liar_issuer.py
store liar
# refuses EXIT CODE FAULT [OPTIONS]: with this code (and words, "code.*words"), and stores nothing
refuses() {
	local rc
	"$BIN/idwallet" receive --json --client-id x --browser 'curl -sSL -o /dev/null' --issuer "$liar/$3" --configuration pid "${@:4}" \
		>"$TOP/refused.log"
	rc=$?
	cat "$TOP/refused.log"
	[ "$rc" -eq "$1" ] && grep -qE "\"code\":\"$2" "$TOP/refused.log" && holds 0 liar
}
ok "an answer that names another server is refused" refuses 1 'authorization_response.*another authorization server' wrong-iss
ok "one that names none, though the server said it would" refuses 1 'authorization_response.*does not say' no-iss
ok "one with another state" refuses 1 'authorization_response.*another state' wrong-state
ok "one without a state" refuses 1 'authorization_response.*another state' no-state
ok "one without a code" refuses 1 'authorization_response.*no code' no-code
ok "one with two codes" refuses 3 form two-codes
ok "a refusal is told as one" refuses 1 access_denied denied
ok "a refusal in the name of another server is none" refuses 1 authorization_response denied-by-another
# proves: VCI 12.2.4l
ok "metadata of another issuer" refuses 1 'malformed.*another credential_issuer' swapped-issuer
# proves: VCI 12.2.4l
ok "metadata of another authorization server" refuses 1 'malformed.*another issuer' swapped-server
ok "an authorization server that cannot be reached" refuses 3 network foreign-server
ok "metadata that lead elsewhere are not followed" refuses 1 remote moved
ok "a server without PKCE S256" refuses 1 'malformed.*PKCE' plain-pkce
ok "a login page without TLS" refuses 1 'malformed.*not https' plain-http
ok "a push to a server without TLS" refuses 3 network foreign-par
steered() {
	refuses 1 invalid_grant steering || return 1
	"$BIN/idwallet" receive --client-id x --browser 'curl -sSL -o /dev/null' --issuer "$liar/steering" --configuration pid \
		2>"$TOP/steered.log"
	grep -q 'answered 400' "$TOP/steered.log" && ! grep -q $'\033' "$TOP/steered.log"
}
ok "words of a server cannot steer the terminal" steered
base64url() { base64 -w0 | tr '+/' '-_' | tr -d =; }
listed() {
	mkdir -p "$TOP/listed"
	printf '%s' '{"issuer":"https://x.example","configuration":"a\u001b]0;x\u0007","format":"dc+sd-jwt","vct":"v","received":1,"used":0,' \
		'"key":"AA","credential":"'"$(printf '{"alg":"ES256"}' | base64url).$(printf '{"name":"a\302\2332J"}' | base64url)"'.AAAA~"}' >"$TOP/listed/1.json"
	"$BIN/idwallet" list --store "$TOP/listed" >"$TOP/listed.log" && grep -q 'presented 0 times' "$TOP/listed.log" && ! grep -q $'\033' "$TOP/listed.log"
}
ok "nor can what it calls a credential" listed
shown() { "$BIN/idwallet" show --store "$TOP/listed" 1 | grep -F '"name":"a?2J"'; }
ok "nor what it says in one" shown
# proves: HAIP 4.2b
ok "what has a scope is asked for by it" refuses 1 'malformed.*the header is not' by-scope
# proves: VCI 5.1.1b
ok "details name the issuer where its server may serve others" refuses 1 'malformed.*the header is not' by-location --details
ok "a push without a request_uri" refuses 1 'malformed.*no request_uri' no-request-uri
ok "a bearer token where a bound one was asked for" refuses 1 invalid_token bearer-token
ok "a token that would be a header of its own" refuses 1 'malformed.*no access token' header-token
ok "more identifiers than anybody has" refuses 1 'malformed.*identifiers' many-identifiers
ok "a server that asks for another nonce each time" refuses 1 use_dpop_nonce endless-nonce
# proves: VCI 13.5b
ok "a credential that the issuer does not announce" refuses 3 unknown_credential_configuration other-credential
# proves: VCI 8.2l
ok "a demand for encryption without a key" refuses 1 encryption_required no-key
# proves: VCI 8.2m
ok "an answer in the clear where an encrypted one was asked for" refuses 1 encryption_required clear-answer
ok "an empty list of credentials" refuses 1 'malformed.*no credentials' empty
ok "more credentials than keys" refuses 1 'malformed.*more than there are keys' many
ok "neither credentials nor a transaction_id" refuses 1 'malformed.*no credentials' nothing
ok "credentials that are deferred and there" refuses 1 'malformed.*deferred' both
ok "a deferral until yesterday" refuses 1 'malformed.*interval' deferred-before
ok "a transaction_id that is exchanged on the way" refuses 1 'malformed.*another transaction_id' deferred-lie --wait=5
# proves: VCI 13.5b
ok "text that is no credential" refuses 1 malformed garbage
sends_elsewhere() { # FAULT: an offer that names a server which the metadata do not
	local offer="{\"credential_issuer\":\"$liar/$1\",\"credential_configuration_ids\":[\"pid\"],\"grants\":{\"authorization_code\":
		{\"authorization_server\":\"https://other.example\"}}}"
	exits 1 "$BIN/idwallet" receive --json --client-id x --paste \
		"openid-credential-offer://?$(python3 -c 'import sys, urllib.parse as u; print(u.urlencode({"credential_offer": sys.argv[1]}))' "$offer")" \
		</dev/null >"$TOP/refused.log" && grep -q 'names an authorization server that the issuer does not' "$TOP/refused.log"
}
# proves: VCI 4.1.1h
ok "an offer cannot choose a server for an issuer that names none" sends_elsewhere fine
# proves: VCI 4.1.1h
ok "nor one that the issuer does not name" sends_elsewhere by-location
told() {
	refuses 1 malformed notified && curl -sS "$liar/notified/told" | tee "$TOP/told.json" &&
		grep -q '"told": \[\["DPoP t*", {"notification_id": "first", "event": "credential_failure"}\]\]' "$TOP/told.json"
}
# proves: VCI 4.1.1f, VCI 11.1d
ok "credentials of nobody are refused, and the issuer told once" told
ok "oversized metadata" refuses 3 limit oversized-metadata
ok "an oversized credential" refuses 3 limit oversized-credential
liar_stop
