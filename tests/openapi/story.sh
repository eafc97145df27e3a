# What agency, wallet and bank do in a day, through SERVER and ADMIN; every operation once with success. Needs BIN SCHEMA WORK.
set -eu
export IDCTL_SERVER=$SERVER IDCTL_ADMIN=$ADMIN IDCTL_TOKEN_FILE=$WORK/keys/officer.token IDWALLET_STORE=$WORK/wallet
idctl() { "$BIN/idctl" "$@"; }
admin="--token-file $WORK/keys/admin.token"
officer=$(cat "$WORK/keys/officer.token")
exec >"$WORK/story.log" 2>&1

head -n 20 "$SCHEMA/samples/people.ndjson" >"$WORK/people"
person=$(sed -n 's/^{"key":"\([^"]*\)".*/\1/p' "$WORK/people" | head -n 1)
idctl people import "$WORK/people"
idctl people import "$SCHEMA/samples/bad.ndjson" || true
idctl party add Contract --policy '*' --return-url "$SERVER/" --origin https://bank.example --cross-device --out "$WORK/party.key" $admin
export IDCTL_KEY_FILE=$WORK/party.key
idctl party list --json $admin
key=$(cat "$WORK/party.key")

# to a phone
offer=$(idctl offer make --person "$person" --tx-code --json pid.sdjwt)
link=$(printf %s "$offer" | sed 's/.*"link_by_reference":"\([^"]*\)".*/\1/')
code=$(printf %s "$offer" | sed 's/.*"tx_code":"\([^"]*\)".*/\1/')
"$BIN/idwallet" receive "$link" --tx-code 000000x || true
"$BIN/idwallet" receive "$link" --tx-code "$code"
id=$(printf %s "$offer" | sed 's/.*"offer_id":"\([^"]*\)".*/\1/')
curl -sf -H "Authorization: Bearer $officer" "$ADMIN/admin/v1/offers/$id"

# a code to log in with
activation=$(idctl activation make --person "$person" --number 4711-0815 --json)
idctl activation show "$(printf %s "$activation" | sed 's/.*"activation_id":"\([^"]*\)".*/\1/')"
printf '%s' "$activation" | sed 's/.*"code":"\([^"]*\)".*/\1/' >"$WORK/activation.code"

# a wallet asks to be logged in: pushed, opened in a browser, refused
curl -sf -X POST "$SERVER/challenge"
challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
pushed=$(curl -sf "$SERVER/par" -d client_id=open-wallet -d response_type=code -d redirect_uri=example.open.wallet:/cb \
	-d scope=pid.sdjwt -d code_challenge=$challenge -d code_challenge_method=S256)
uri=$(printf %s "$pushed" | sed 's/.*"request_uri":"\([^"]*\)".*/\1/')
browse() { curl -sf -b "$WORK/cookies" -c "$WORK/cookies" -o "$WORK/page" "$@"; }
form() { sed -n 's/.*name="token" value="\([^"]*\)".*/\1/p' "$WORK/page" | head -n 1; }
browse -G "$SERVER/authorize" -d client_id=open-wallet --data-urlencode "request_uri=$uri"
browse "$SERVER/authorize/language" -d "token=$(form)" -d language=km
browse "$SERVER/authorize/login" -d "token=$(form)" -d username=47110815 --data-urlencode "password=$(cat "$WORK/activation.code")"
browse "$SERVER/authorize/consent" -d "token=$(form)" -d decision=deny
curl -s "$SERVER/token" -d grant_type=authorization_code -d code=x -d client_id=open-wallet -d "code_verifier=$(printf %043d 0)"

# shown to a bank, twice answered, once picked up twice
request=$(idctl request make --policy bank-account --flow cross_device --json)
url=$(printf %s "$request" | sed 's/.*"invocation_url":"\([^"]*\)".*/\1/')
id=$(printf %s "$request" | sed 's/.*"id":"\([^"]*\)".*/\1/')
idctl result "$id" --json || true
"$BIN/idwallet" present --yes --root "$WORK/keys/root.pem" "$url"
"$BIN/idwallet" present --yes --root "$WORK/keys/root.pem" "$url" || true
idctl result "$id" --wait 10 --json
idctl result "$id" --json || true
request=$(curl -sf -H "Authorization: Bearer $key" -H 'Content-Type: application/json' "$SERVER/v1/presentations" \
	-d "{\"policy\":\"bank-account\",\"flow\":\"same_device\",\"return_url\":\"$SERVER/back\",\"request_uri_method\":\"post\"}")
url=$(printf %s "$request" | sed 's/.*"invocation_url":"\([^"]*\)".*/\1/')
"$BIN/idwallet" present --yes --root "$WORK/keys/root.pem" "$url"
idctl result "$(printf %s "$request" | sed 's/.*"id":"\([^"]*\)".*/\1/')" --json || true

# asked through the browser of a page, whose wallet declines; brought again
bank() { curl -s -H "Authorization: Bearer $key" -H 'Content-Type: application/json' "$@"; }
idctl party origins 1 https://bank.example https://www.bank.example $admin
bank "$SERVER/v1/presentations" -d '{"policy":"bank-account","flow":"dc_api"}'
for protocol in openid4vp-v1-unsigned openid4vp-v1-multisigned; do
	bank "$SERVER/v1/presentations" -d "{\"policy\":\"bank-account\",\"flow\":\"dc_api\",\"origin\":\"https://bank.example\",\"protocol\":\"$protocol\"}"
done
request=$(idctl request make --policy bank-account --flow dc_api --origin https://bank.example --json)
id=$(printf %s "$request" | sed 's/.*"id":"\([^"]*\)".*/\1/')
bank "$SERVER/v1/presentations/$id/dc-api" -d '{"vp_token":{}}'
bank "$SERVER/v1/presentations/$id/dc-api" -d '{"error":"access_denied"}'
bank "$SERVER/v1/presentations/$id/dc-api" -d '{"error":"access_denied"}'

# what waits for an officer, and is collected once another than the one who offered it has said yes
code_of() { sed 's/.*"pre-authorized_code":"\([^"]*\)".*/\1/'; }
grant=urn:ietf:params:oauth:grant-type:pre-authorized_code
code=$(idctl offer make --person "$person" --json permit.sdjwt | code_of)
token=$(curl -sf "$SERVER/token" --data-urlencode "grant_type=$grant" -d "pre-authorized_code=$code" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
wallet() { curl -s -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "$@"; }
waits=$(wallet "$SERVER/credential" -d '{"credential_configuration_id":"permit.sdjwt"}' | sed 's/,"interval.*/}/')
wallet "$SERVER/deferred_credential" -d "$waits"
idctl approval list --json
idctl approval show 1
idctl approval approve 1 || true # the officer who made the offer
idctl approval approve 1 $admin
wallet "$SERVER/deferred_credential" -d "$waits"
wallet "$SERVER/deferred_credential" -d '{"transaction_id":"x"}'
wallet "$SERVER/credential" -d '{"credential_configuration_id":"permit.sdjwt"}'
idctl approval refuse 2 --reason fraud
curl -sf -o "$WORK/got" -H 'Accept: application/jwt' "$SERVER/.well-known/openid-credential-issuer"

# onto paper, checked, revoked
idctl paper make --person "$person" --type pid --cut card --out "$WORK/card" --json
idctl verify --policy bank-teller-offline --json "$WORK/card.txt"
credential=$(idctl find --person "$person" --reason office_visit --json | tr '{' '\n' | sed -n 's/.*"credential_id":\([0-9]*\).*/\1/p' | head -n 1)
curl -sf -H "Authorization: Bearer $officer" "$ADMIN/admin/v1/credentials/$credential"
idctl status set "$credential" suspended --reason investigation
idctl status set "$credential" valid --reason investigation_ended
idctl verify --json "$WORK/card.txt" || true

# what everyone fetches
for path in /.well-known/openid-credential-issuer /.well-known/oauth-authorization-server /jwks /statuslists /bundle /health /openapi.yaml; do
	curl -sf -o "$WORK/got" "$SERVER$path"
done
list=$(curl -sf "$SERVER/statuslists" | sed 's/.*\["\([^"]*\)".*/\1/')
curl -sf -o "$WORK/got" "$list"
curl -sf -o "$WORK/got" -H 'Accept: application/statuslist+cwt' "$list"
curl -s -o "$WORK/got" "$list?time=1"
for path in /health /metrics /openapi.yaml /admin/v1/types; do
	curl -sf -o "$WORK/got" -H "Authorization: Bearer $officer" "$ADMIN$path"
done
curl -sf -H "Authorization: Bearer $key" "$SERVER/v1/policies"

# the bank is told of presentations, and no more
idctl party webhook 1 --url "$SERVER/nobody-listens" --out "$WORK/hook" $admin
idctl webhook retry --party 1 $admin || true # nothing waits
idctl webhook list --json $admin
idctl party webhook 1 --off $admin

# the party is given another key, thrown out, let in again
idctl party key 1 --out "$WORK/party2.key" $admin
idctl party disable 1 $admin
idctl party enable 1 $admin
mv "$WORK/party2.key" "$WORK/party.key"
printf '{"party":"%s","operator":"%s"}' "$(cat "$WORK/party.key")" "$officer" >"$WORK/tokens.json"
