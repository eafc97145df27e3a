# Sample wallets and their provider, registered beside the keys of WORK. Needs WORK, BIN, SCHEMA, and what ca_once
# made; sourced after lib.sh.

# The public half of a PEM key as JWK members: "kty":..,"crv":..,"x":..,"y":..
jwk_of() { # KEY.pem
	point() { openssl pkey -in "$1" -pubout -outform DER | tail -c 64; }
	text() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
	printf '"kty":"EC","crv":"P-256","x":"%s","y":"%s"' "$(point "$1" | head -c 32 | text)" "$(point "$1" | tail -c 32 | text)"
}

# A wallet provider with a root of its own in WORK/provider, and plain.key there, the key of a wallet that authenticates
# with private_key_jwt.
clients_once() {
	local keys=$WORK/keys provider=$WORK/provider
	[ -e "$keys/clients.json" ] && return
	"$BIN/idwallet" test-provider make --attester https://provider.example "$provider" >>"$WORK/ca.log" || return 1
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$provider/plain.key" 2>>"$WORK/ca.log" || return 1
	cp "$provider/root.pem" "$keys/provider.pem"
	sed -i 's|"anchors": \[|"anchors": [\n\t\t{ "certificate": "provider.pem", "purposes": ["wallet", "key_attestation"],\n\t\t  "types": ["https://provider.example"] },|' "$keys/trust.json"
	haip_clients >"$keys/haip.json" && plain_clients "$provider" >"$keys/clients.json"
}

# One client, of HAIP: HOST, NAME, PROVIDER, redirect_uri
haip_client() {
	printf '{"client_id":"https://%s","name":"%s","profile":"haip","authentication":"attest_jwt_client_auth",' "$1" "$2"
	printf '"attester":"https://%s","redirect_uris":["%s"]}' "$3" "$4"
}

attested() {
	haip_client wallet.example "Sample Wallet" provider.example https://wallet.example/cb
	printf ',\n'
	haip_client second.example "Second Wallet" provider.example "https://second.example/cb?dummy1=lorem&dummy2=ipsum"
	printf ',\n'
	haip_client stranger.example "A Wallet of Another" elsewhere.example https://stranger.example/cb
	printf ',\n'
	haip_client reference.example "Reference Wallet" provider.example http://127.0.0.1/
}

# For a server of the profile haip, and for one of the profile plain, which takes more.
haip_clients() { printf '{"clients":[\n%s\n]}\n' "$(attested)"; }
plain_clients() { # DIR of the provider
	printf '{"clients":[\n%s,\n' "$(attested)"
	printf '{"client_id":"plain-wallet","name":"Plain Wallet","profile":"plain","authentication":"private_key_jwt",'
	printf '"redirect_uris":["https://plain.example/cb"],"jwks":{"keys":[{"kid":"1","use":"sig",%s}]}},\n' "$(jwk_of "$1/plain.key")"
	printf '{"client_id":"open-wallet","name":"Open Wallet","profile":"plain","authentication":"none",'
	printf '"redirect_uris":["example.open.wallet:/cb"]},\n'
	# a name that means something in HTML
	printf '{"client_id":"odd-wallet","name":"\\"><script>alert(1)</script><b id=x>&","profile":"plain","authentication":"none",'
	printf '"redirect_uris":["https://odd.example/cb"]}\n],\n"attesters":[{"attester":"https://provider.example",'
	printf '"redirect_prefixes":["https://instances.wallet.example/cb/"]}]}\n'
}
