#!/usr/bin/env python3
"""An issuer that lies, for `idwallet receive`: http://127.0.0.1:PORT/<fault> is an issuer with that one fault.

Prints its port; ends with its standard input. It checks nothing and signs nothing: what a wallet must refuse, it must refuse
before a signature counts.
"""
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

# any point on P-256 does: nobody opens what is encrypted to it
KEY = {"kty": "EC", "crv": "P-256", "x": "Y2cCfvw994f3ZJ9cCjpskWbA_y_m6q-A7fB9eTnIx-4",
       "y": "nimf7lV_vbZOYAfyvdY-DYW_ttP8zJsU9I8gxbRyzxI", "kid": "1", "alg": "ECDH-ES", "use": "enc"}
# what these two want of a push; a wallet that sends it comes as far as a credential that is none
WANTED = {"by-scope": lambda me, form: form.get("scope") == ["pid"] and "authorization_details" not in form,
          "by-location": lambda me, form: json.loads(form["authorization_details"][0])[0].get("locations") == [me]}
LARGE = 5 * 1024 * 1024
pushed = {}
told = []  # notifications


def issuer_metadata(fault, me):
    doc = {"credential_issuer": me, "credential_endpoint": me + "/credential", "nonce_endpoint": me + "/nonce",
           "deferred_credential_endpoint": me + "/deferred",
           "credential_configurations_supported": {"pid": {
               "format": "dc+sd-jwt", "scope": "pid", "vct": "urn:x",
               "cryptographic_binding_methods_supported": ["jwk"],
               "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}}}}}
    if fault == "swapped-issuer":
        doc["credential_issuer"] = me[:-1] + "x"
    if fault == "by-location":
        doc["authorization_servers"] = [me]
    if fault == "foreign-server":
        doc["authorization_servers"] = ["https://other.example"]
    if fault in ("clear-answer", "no-key"):
        doc["credential_request_encryption"] = {"jwks": {"keys": [] if fault == "no-key" else [KEY]},
                                                "enc_values_supported": ["A256GCM"], "encryption_required": True}
        doc["credential_response_encryption"] = {"alg_values_supported": ["ECDH-ES"], "enc_values_supported": ["A256GCM"],
                                                 "encryption_required": True}
    if fault == "notified":
        doc["notification_endpoint"] = me + "/notification"
        doc["batch_credential_issuance"] = {"batch_size": 2}
    if fault == "other-credential":
        doc["credential_configurations_supported"]["age"] = doc["credential_configurations_supported"].pop("pid")
    return doc


def server_metadata(fault, me):
    doc = {"issuer": me, "authorization_endpoint": me + "/authorize", "token_endpoint": me + "/token",
           "pushed_authorization_request_endpoint": me + "/par", "code_challenge_methods_supported": ["S256"],
           "authorization_response_iss_parameter_supported": True}
    if fault == "swapped-server":
        doc["issuer"] = "https://other.example"
    if fault == "plain-pkce":
        doc["code_challenge_methods_supported"] = ["plain"]
    if fault == "plain-http":
        doc["authorization_endpoint"] = "http://issuer.example/authorize"
    if fault == "foreign-par":
        doc["pushed_authorization_request_endpoint"] = "http://issuer.example/par"
    return doc


def answer(fault, me, request_uri):
    """The query that the browser brings back."""
    query = {"code": "code", "state": pushed[request_uri]["state"], "iss": me}
    if fault == "wrong-iss":
        query["iss"] = "https://other.example"
    if fault == "no-iss":
        del query["iss"]
    if fault == "wrong-state":
        query["state"] = "x" * 43
    if fault == "no-state":
        del query["state"]
    if fault == "no-code":
        del query["code"]
    if fault == "denied":
        query = {"error": "access_denied", "state": query["state"], "iss": me}
    if fault == "denied-by-another":
        query = {"error": "access_denied", "state": query["state"], "iss": "https://other.example"}
    text = "&".join(f"{k}={quote(v, safe='')}" for k, v in query.items())
    return text + "&code=second" if fault == "two-codes" else text


def token(fault):
    doc = {"access_token": "t" * 43, "token_type": "DPoP", "expires_in": 300}
    if fault == "bearer-token":
        doc["token_type"] = "Bearer"
    if fault == "header-token":
        doc["access_token"] = "t\r\nX-Injected: 1"
    if fault == "many-identifiers":
        doc["authorization_details"] = [{"type": "openid_credential", "credential_configuration_id": "pid",
                                         "credential_identifiers": [str(i) for i in range(1000)]}]
    return doc


def credential(fault):
    if fault.startswith("deferred"):
        return 202, {"transaction_id": "first", "interval": -1 if fault == "deferred-before" else 1}
    if fault == "both":
        return 202, {"transaction_id": "first", "interval": 1, "credentials": [{"credential": "x"}]}
    if fault == "empty":
        return 200, {"credentials": []}
    if fault == "many":
        return 200, {"credentials": [{"credential": "x"}] * 9}
    if fault == "nothing":
        return 200, {}
    if fault == "notified":
        return 200, {"credentials": [{"credential": "x.y.z~"}] * 2, "notification_id": "first"}
    return 200, {"credentials": [{"credential": "x.y.z~"}]}


class Liar(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def say(self, status, body, more=()):
        # every document has a member that nobody knows
        data = body if isinstance(body, bytes) else json.dumps({"unheard_of": [{"x": 1}], **body}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def split(self):
        """fault, what is asked for, the issuer's address"""
        path = urlsplit(self.path).path.strip("/").split("/")
        if path[0] == ".well-known":
            path = [path[2], path[1]]
        return path[0], path[1], f"http://127.0.0.1:{self.server.server_port}/{path[0]}"

    def do_GET(self):
        fault, what, me = self.split()
        if what == "authorize":
            uri = parse_qs(urlsplit(self.path).query)["request_uri"][0]
            self.say(302, {}, [("Location", pushed[uri]["redirect_uri"] + "?" + answer(fault, me, uri))])
        elif what == "told":
            self.say(200, {"told": told})
        elif fault == "oversized-metadata":
            self.say(200, b'{"x":"' + b"x" * LARGE + b'"}')
        elif fault == "moved":
            self.say(302, {}, [("Location", me.replace("moved", "fine") + "/x")])
        else:
            self.say(200, issuer_metadata(fault, me) if what == "openid-credential-issuer" else server_metadata(fault, me))

    def do_POST(self):
        fault, what, me = self.split()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault == "endless-nonce" and what == "token":
            self.say(400, {"error": "use_dpop_nonce"}, [("DPoP-Nonce", os.urandom(8).hex())])
        elif fault == "steering" and what == "token":
            self.say(400, {"error": "invalid_grant", "error_description": "\u001b]0;x\u0007"})
        elif what == "par" and not WANTED.get(fault, lambda *args: True)(me, parse_qs(body.decode())):
            self.say(400, {"error": "invalid_authorization_details"})
        elif what == "par":
            uri = "urn:" + os.urandom(16).hex()
            pushed[uri] = {k: v[0] for k, v in parse_qs(body.decode()).items()}
            self.say(201, {} if fault == "no-request-uri" else {"request_uri": uri, "expires_in": 60})
        elif what == "token":
            self.say(200, token(fault))
        elif what == "nonce":
            self.say(200, {"c_nonce": "n"})
        elif what == "notification":
            told.append([self.headers.get("Authorization"), json.loads(body)])
            self.say(200, {})
        elif what == "deferred":
            self.say(202, {"transaction_id": "second" if fault == "deferred-lie" else "first", "interval": 1})
        elif fault == "oversized-credential":
            self.say(200, b'{"credentials":[{"credential":"' + b"x" * LARGE + b'"}]}')
        else:
            self.say(*credential(fault))


server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
server.daemon_threads = True
server.handle_error = lambda *args: None  # a wallet that hangs up is what is wanted
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
