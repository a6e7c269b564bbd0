"""An identity provider in a process of its own, by Authlib's server side: `python identity_provider.py PORT`.

It signs whoever was named last by POST /test in without asking, and can be told to do one thing wrong.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from fastapi import FastAPI, Request, Response
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # 127.0.0.1 only
ISSUER = f"http://127.0.0.1:{sys.argv[1]}"
SECRET = "a secret of the client"
NOW: dict[str, Any] = {"user": {"sub": "1", "preferred_username": "olga", "groups": []}, "fault": "", "thin": False}
CODES: dict[str, Code] = {}
TOKENS: dict[str, dict[str, Any]] = {}


def new_key() -> RSAKey:
    """Return a signing key of a new name."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": secrets.token_hex(4)})


KEYS = [new_key()]


@dataclass
class Code:
    """Hold what an authorization code stands for."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    user: dict[str, Any]

    def get_redirect_uri(self) -> str:
        """Return where it was sent to."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return what it is for."""
        return self.scope

    def get_nonce(self) -> str:
        """Return the nonce of the request."""
        return self.nonce

    def get_auth_time(self) -> int:
        """Return when the person signed in."""
        return int(time.time())

    def get_acr(self) -> None:
        """Tell nothing of how."""

    def get_amr(self) -> None:
        """Tell nothing of how."""


class Client(ClientMixin):
    """Be the one client: the review pages."""

    def get_client_id(self) -> str:
        """Return its id."""
        return "deidflow"

    def get_allowed_scope(self, scope: str) -> str:
        """Allow all."""
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Allow the callback only."""
        return redirect_uri.endswith("/sign-in/callback")

    def check_client_secret(self, client_secret: str) -> bool:
        """Compare the secret."""
        return secrets.compare_digest(client_secret, SECRET)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Ask for the secret, in a header."""
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        """Give codes only."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Take codes only."""
        return grant_type == "authorization_code"


class Asked(OAuth2Request):
    """Wrap a request for Authlib."""

    def __init__(self, request: Request, body: bytes) -> None:
        """Take its query and its form."""
        super().__init__(request.method, str(request.url), headers={"Authorization": "", **_titled(request)})
        self._query, self._form = dict(request.query_params), dict(parse_qsl(body.decode()))
        self.payload = BasicOAuth2Payload({**self._query, **self._form})

    @property
    def args(self) -> dict[str, str]:
        """Return the query."""
        return self._query

    @property
    def form(self) -> dict[str, str]:
        """Return the form."""
        return self._form


def _titled(request: Request) -> dict[str, str]:
    return {name.title(): value for name, value in request.headers.items()}


class Codes(AuthorizationCodeGrant):
    """Keep codes in memory; each is good for once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Keep a code."""
        asked = request.payload.data
        kept = [asked[name] for name in ("redirect_uri", "scope", "nonce", "code_challenge", "code_challenge_method")]
        CODES[code] = Code(code, *kept, request.user)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """Return a code that was not used."""
        return CODES.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Forget a code."""
        CODES.pop(authorization_code.code, None)

    def authenticate_user(self, authorization_code: Code) -> dict[str, Any]:
        """Return who signed in."""
        return authorization_code.user


class IdTokens(OpenIDCode):
    """Make ID tokens; wrong ones where that was asked for."""

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        """Refuse a nonce that waits."""
        return any(code.nonce == nonce for code in CODES.values())

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        """Return a signed token."""
        now, fault = int(time.time()), NOW["fault"]
        claims = {"iss": ISSUER, "aud": ["deidflow"], "iat": now, "exp": now + 300, "sub": request.user["sub"]}
        claims |= self.get_authorization_code_claims(request.authorization_code)
        claims |= {} if NOW["thin"] else request.user
        claims |= {
            "expired": {"iat": now - 7200, "exp": now - 3600},
            "of tomorrow": {"iat": now + 86400, "exp": now + 90000},
            "without end": {"exp": None},
            "audience": {"aud": ["another"]},
            "audience, said to be ours": {"aud": ["another"], "azp": "deidflow"},
            "ours and another's": {"aud": ["deidflow", "another"], "azp": "another"},
            "issuer": {"iss": "http://127.0.0.1:1"},
            "nonce": {"nonce": "another"},
            "no nonce": {"nonce": None},
            "access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
            "nobody": {"sub": None},
        }.get(fault, {})
        claims = {name: value for name, value in claims.items() if value is not None}
        key: Any = KEYS[-1]
        header = {"alg": "RS256", "kid": key.kid}
        if fault == "signature":
            key = RSAKey.import_key({**new_key().as_dict(private=True), "kid": key.kid})
        if fault == "client's secret":
            key, header = OctKey.import_key(SECRET), {"alg": "HS256", "kid": KEYS[-1].kid}
        if fault == "none":
            return jwt.encode({"alg": "none"}, claims, None, ["none"])
        made = jwt.encode(header, claims, key, ["RS256", "HS256"])
        return made[:-8] + "AAAAAAAA" if fault == "changed" else made


class Provider(AuthorizationServer):
    """Be the server, for FastAPI."""

    def query_client(self, client_id: str) -> Client | None:
        """Return the one client."""
        return Client() if client_id == "deidflow" else None

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """Keep an access token."""
        TOKENS[token["access_token"]] = request.user

    def create_oauth2_request(self, request: Any) -> Any:
        """Return it: it is wrapped already."""
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        """Answer by FastAPI."""
        return Response(json.dumps(body) if isinstance(body, dict) else body, status, dict(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Tell nobody."""


server, app = Provider(), FastAPI()
server.register_grant(Codes, [CodeChallenge(required=True), IdTokens(require_nonce=True)])
server.register_token_generator(
    "default", BearerTokenGenerator(lambda **_: secrets.token_hex(16), lambda **_: "", lambda *_: 300)
)


@app.post("/test")
async def told(request: Request) -> dict[str, str]:
    """Take who is at the keyboard, what to do wrong, or that the keys are to change."""
    asked = await request.json()
    if asked.pop("rotate", False):
        KEYS[:] = [new_key()]
    NOW.update(asked)
    return {}


@app.get("/.well-known/openid-configuration")
def about() -> dict[str, Any]:
    """Describe the provider."""
    where = {name: f"{ISSUER}/{path}" for name, path in PATHS.items()}
    if NOW["fault"] == "plain address":
        where["token_endpoint"] = "http://example.invalid/token"
    offered = {"response_types_supported": ["code"], "id_token_signing_alg_values_supported": ["RS256", "HS256"]}
    return {"issuer": f"{ISSUER}/other" if NOW["fault"] == "another provider" else ISSUER, **where, **offered}


PATHS = {
    "authorization_endpoint": "authorize",
    "token_endpoint": "token",
    "jwks_uri": "jwks",
    "userinfo_endpoint": "userinfo",
}


@app.get("/jwks")
def jwks() -> Any:
    """Publish the keys."""
    return KeySet(list(KEYS)).as_dict(private=False)


@app.get("/authorize")
def authorize(request: Request) -> Any:
    """Sign in whoever is at the keyboard, and send the browser back."""
    asked, user = Asked(request, b""), NOW["user"]
    grant = server.get_consent_grant(asked, end_user=user)
    return server.create_authorization_response(asked, grant_user=user or None, grant=grant)


@app.post("/token")
async def token(request: Request) -> Any:
    """Exchange a code."""
    made = server.create_token_response(Asked(request, await request.body()))
    if NOW["fault"] == "no ID token":
        held = {name: value for name, value in json.loads(made.body).items() if name != "id_token"}
        return Response(json.dumps(held), 200, media_type="application/json")
    return Response("<p>Sorry</p>", 502) if NOW["fault"] == "gateway" else made


@app.get("/userinfo")
def userinfo(request: Request) -> Any:
    """Tell about whose token it is."""
    user = TOKENS.get(request.headers["authorization"].removeprefix("Bearer "))
    if user is None:
        return Response(status_code=401)
    return {**user, "sub": "2"} if NOW["fault"] == "another's claims" else user


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
