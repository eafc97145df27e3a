# Starting: as whom, on what, and beside whom.
conf() { "$BIN/idsrv" -t --mode demo --listen 127.0.0.1:0 --admin_listen 127.0.0.1:0 --state_dir "$TOP/check" \
	--base_url http://127.0.0.1:9 --schema_dir "$SCHEMA" --key_dir "$TOP/main/keys" "$@"; }
ok "a usable configuration is said to be so, and nothing is started" conf
ok "an unknown key is an error" eval '! conf --no_such_key 1'
ok "a number that is none is an error" eval '! conf --offer_ttl_s soon'
ok "a number out of range is an error" eval '! conf --offer_ttl_s 0'
# proves: VCI 12.2.1a
ok "an address with a query or a fragment is an error" eval '! conf --base_url "http://127.0.0.1:9?a" && ! conf --base_url "http://127.0.0.1:9#a"'
ok "keys that are not there are an error" eval '! conf --key_dir /nonexistent'
ok "types that are not there are an error" eval '! conf --schema_dir /nonexistent'
ok "production refuses what a demo may" eval '! conf --mode production'

# The clients file by itself, read by the server's own reader.
ok "the clients of the tests are usable" "$BIN/idctl" client lint "$TOP/main/keys/clients.json"
ok "and those of haip for a server of haip" "$BIN/idctl" client lint --profile haip "$TOP/main/keys/haip.json"
plain_ones() { ! "$BIN/idctl" client lint --profile haip "$TOP/main/keys/clients.json" >"$TOP/clients.log" && grep -q 'plain-wallet: .*takes no plain clients (idrail-clients(5))$' "$TOP/clients.log"; }
ok "which takes no plain clients, and is told which, with the page to read" plain_ones
misspelt() {
	sed 's/"redirect_uris"/"redirect_urls"/' "$TOP/main/keys/clients.json" >"$TOP/clients.json"
	! "$BIN/idctl" client lint --json "$TOP/clients.json" >"$TOP/clients.log" && grep -q '"line":2,"message":.*wallet.example: a member is not known' "$TOP/clients.log"
}
ok "a fault is told with its line" misspelt

# What trust.json may hold besides anchors and signers: CRLs and pinned signers.
trust=$TOP/trust
rm -rf "$trust" && mkdir -p "$trust" && cp "$TOP"/main/keys/*.pem "$TOP/main/keys/root.key" "$TOP/main/keys/trust.json" "$trust/"
trusting() { # MEMBERS: the trust of main, with these more
	sed '$ s/}$//' "$TOP/main/keys/trust.json" >"$trust/trust.json" && printf ', %s }\n' "$1" >>"$trust/trust.json" &&
		conf --trust_file "$trust/trust.json"
}
crl() { # FILE [CERTIFICATE]: a CRL of the root, with this one revoked
	rm -rf "$trust/ca" && mkdir "$trust/ca" && : >"$trust/ca/index" && echo 01 >"$trust/ca/number" &&
		printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s/ca/index\ncrlnumber=%s/ca/number\ndefault_md=sha256\ndefault_crl_days=9\n' \
			"$trust" "$trust" >"$trust/ca/conf"
	local with=(-config "$trust/ca/conf" -keyfile "$trust/root.key" -cert "$trust/root.pem")
	[ -z "${2:-}" ] || openssl ca "${with[@]}" -revoke "$trust/$2" 2>/dev/null || return 1
	openssl ca "${with[@]}" -gencrl 2>/dev/null | openssl crl -outform DER -out "$trust/$1"
}
ok "a CRL of the root" crl none.crl
ok "a trust set with a CRL and a pinned signer is usable" trusting \
	'"crls": ["none.crl"], "pinned": [{"certificate": "reader.pem", "types": ["org.iso.18013.5.1.mDL"]}]'
ok "a pinned signer without types is an error" eval '! trusting "\"pinned\": [{\"certificate\": \"reader.pem\"}]"'
ok "a CRL that is none is an error" eval '! trusting "\"crls\": [\"root.pem\"]"'
ok "a CRL with the issuer on it" crl issuer.crl issuer.pem
ok "a signer of one's own on a CRL is an error" eval '! trusting "\"crls\": [\"issuer.crl\"]"'

use main
twin() { # a second server on the data of the first
	! timeout 20 "$BIN/idsrv" --mode demo --listen 127.0.0.1:0 --admin_listen 127.0.0.1:0 --base_url http://127.0.0.1:9 \
		--state_dir "$(state_of)" --schema_dir "$SCHEMA" --key_dir "$TOP/main/keys"
}
ok "a second server on the same data is refused" twin
environment main
ok "and the first is well" "$BIN/idctl" health

# SIGHUP: what was changed is in force; a set that does not load leaves the old one in force. The files
# lie apart from the keys here: where they lie together the server may not read them again. As root they lie
# where the user it becomes can go, which a clone below /root is not.
fresh reload
public=$TOP/public
[ "$(id -u)" = 0 ] && public=/var/lib/idrail-demo/public
rm -rf "$public" && mkdir -p "$public" && cp -r "$SCHEMA" "$public/schema" && cp "$TOP"/main/keys/*.pem "$TOP"/main/keys/trust.json "$TOP/main/keys/operators" "$public/"
chmod -R a+rX "$public"
ok "a server with its trust apart" up reload --trust_file "$public/trust.json" \
	--operators_file "$public/operators" --schema_dir "$public/schema"
environment reload
said() { for _ in $(seq 1 60); do grep -q "\"event\":\"$1\"" "$WORK/idsrv.log" && return; sleep 0.05; done; return 1; }
echo newcomer-newcomer-newcomer >"$TOP/newcomer.token" && chmod 600 "$TOP/newcomer.token"
enters() { "$BIN/idctl" type list --token-file "$TOP/newcomer.token"; }
code_flow() { curl -sf "$IDR_SERVER/.well-known/oauth-authorization-server" | grep -q authorization_endpoint; }
ok "an operator who is not named does not enter" eval '! enters'
ok "without wallets there is no authorization endpoint" eval '! code_flow'
cp "$TOP/main/keys/clients.json" "$public/"
printf 'newcomer auditor %s\n' "$(printf newcomer-newcomer-newcomer | sha256sum | cut -d' ' -f1)" >>"$public/operators"
kill -HUP "$SERVER_PID"
ok "told to, it reads its rules anew" said reloaded
ok "and an operator named since enters" enters
ok "and wallets registered since have one" code_flow
echo '{' >"$public/trust.json"
kill -HUP "$SERVER_PID"
ok "rules that do not load are said" said reload_failed
ok "and the old ones stay in force" enters
ok "and it is well" "$BIN/idctl" health
ok "and ends well" down reload

# As an ordinary user, from one's own directory: everything of the demo works without root.
as_nobody() {
	local home=$1
	cp "$BIN/idsrv" "$BIN/idctl" "$BIN/idwallet" "$home/" && cp -r "$SCHEMA" "$home/schema" && cp tests/demo/lib.sh "$home/"
	sed -n 1,5p schema/samples/people.ndjson >"$home/people.ndjson"
	chown -R nobody "$home"
	# shellcheck disable=SC2016
	setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups env -i PATH="$PATH" HOME="$home" \
		ASAN_OPTIONS="${ASAN_OPTIONS:-}" bash -c '
		cd "$HOME" && WORK=$HOME/work BIN=$HOME SCHEMA=$HOME/schema && . ./lib.sh && mkdir work && ca_once && server_start &&
		"$BIN/idctl" people import people.ndjson && person=$(sed -n "1s/^{\"key\":\"\([^\"]*\)\".*/\1/p" people.ndjson) &&
		out=$("$BIN/idctl" offer make --person "$person" --json pid.sdjwt) &&
		"$BIN/idwallet" receive "$(json_get link_by_reference <<<"$out")" --store "$HOME/wallet" &&
		"$BIN/idctl" health && kill "$SERVER_PID" && wait "$SERVER_PID"' || { tail -n 5 "$home/work/idsrv.log"; return 1; }
}
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	home=$(mktemp -d /tmp/idrail-nobody-XXXXXX)
	ok "as user nobody it starts, issues, and ends well" as_nobody "$home"
	rm -rf "$home"
else
	skip "not root: everything above ran as an ordinary user"
fi
