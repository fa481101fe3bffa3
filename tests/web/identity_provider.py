"""A small identity provider for tests: OpenID Connect by its book, except where a test lets it lie."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "helpdesk", "told to nobody else"


class IdentityProvider:
    """Signs in whoever is ``subject`` at the press of one button. ``claims`` and ``key`` may be made to lie."""

    def __init__(self) -> None:
        self.subject = "1001"
        self.claims: dict[str, Any] = {}
        self.key = self.published = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answer nobody any more."""
        self.server.shutdown()
        self.server.server_close()

    def configuration(self) -> dict[str, Any]:
        """What it publishes about itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self) -> dict[str, Any]:
        """The public key."""
        made = json.loads(RSAAlgorithm.to_jwk(self.published.public_key()))
        return {"keys": [made | {"kid": "one", "alg": "RS256", "use": "sig"}]}

    def answer_to(self, address: str) -> str:
        """Where the browser is sent after the button, for the page at ``address``."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, given: dict[str, str]) -> dict[str, Any] | None:
        """The identity behind a code, once, for who knows the secret and the verifier."""
        asked = self.codes.pop(given.get("code", ""), None)
        if asked is None or (given.get("client_id"), given.get("client_secret")) != (CLIENT, SECRET):
            return None
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked.get("code_challenge"):
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": self.subject, "iat": now, "exp": now + 300} | self.claims
        signed = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        return {"access_token": "unused", "token_type": "Bearer", "id_token": signed}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                if path == "/.well-known/openid-configuration":
                    self._send(json.dumps(provider.configuration()), "application/json")
                elif path == "/keys":
                    self._send(json.dumps(provider.keys()), "application/json")
                elif path == "/authorize":
                    # A button, as every identity provider has one: the page stays until a person agrees.
                    target = provider.answer_to(self.path).replace("&", "&amp;")
                    self._send(
                        f'<!doctype html><title>Who are you?</title><a href="{target}">It is me</a>', "text/html"
                    )
                else:
                    self._send("", "text/plain", 404)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                given = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
                told = provider.token(given)
                self._send(json.dumps(told or {"error": "invalid_grant"}), "application/json", 200 if told else 400)

            def _send(self, body: str, kind: str, status: int = 200) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_args: Any) -> None:
                """Silent."""

        return Handler
