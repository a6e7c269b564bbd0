"""Sign-in by an identity provider: OpenID Connect's authorization code flow with PKCE, by Authlib.

Nothing is fetched before somebody signs in. What the provider publishes about itself and its keys is remembered for a
few minutes; a token under a key that is not among them has the keys fetched again, so that keys can be changed.
Whatever does not hold admits nobody.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from typing import Any

from authlib.integrations.httpx_client import OAuth2Client, OAuthError  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from httpx2 import HTTPError
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from deid_core.errors import ServiceError, UsageError
from infra.accounts import NAME, NotAdmitted, Role
from infra.settings import Provider as Chosen
from infra.settings import is_sealed, private_text

DISCOVERY = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0, section 4
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
# signatures by a key of the provider's only: never "none", and never the client's secret (RFC 8725, section 3.1)
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
REMEMBERED_SECONDS = 300.0
TIMEOUT_SECONDS = 10.0
LEEWAY_SECONDS = 60  # two clocks' difference


class ProviderDown(ServiceError):
    """Report an identity provider that does not answer, or not as the standards say."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Hold whom a provider vouches for: `subject` is the issuer and its name for them, and never changes."""

    subject: str
    name: str
    groups: frozenset[str]


class Provider:
    """Speak to one identity provider; one of these serves all threads of a process."""

    def __init__(self, chosen: Chosen, redirect_uri: str) -> None:
        """Take the settings and the address that the provider sends people back to; nothing is fetched.

        Raises UsageError where a role is unknown, the secret's file cannot be used, or people could not come back.
        """
        known = {str(role) for role in Role}
        if unknown := {role for roles in chosen.roles.values() for role in roles} - known:
            raise UsageError(f"no role is named {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}")
        if not is_sealed(redirect_uri):
            raise UsageError("sign-in by a provider needs DEIDFLOW_REVIEW_URL: the https address of the pages")
        self._chosen, self._redirect_uri = chosen, redirect_uri
        file = chosen.client_secret_file
        self._secret = private_text(file, "client secret").strip() if file else ""
        self._verify = ssl.create_default_context(cafile=str(chosen.ca_file)) if chosen.ca_file else True
        self._remembered: dict[str, tuple[float, dict[str, Any]]] = {}

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Return where to send a browser; raise ProviderDown where the provider does not say."""
        endpoint = self._about()["authorization_endpoint"]
        with self._client() as client:
            made: str = client.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier)[0]
        return made

    def identity(self, code: str, nonce: str, verifier: str) -> Identity:
        """Exchange a code for whom it stands; raise NotAdmitted where anything about it does not hold.

        Raises ProviderDown where the provider does not answer, or refuses this server.
        """
        if not code:  # RFC 6749, section 4.1.2.1: the person, or the provider, said no
            raise NotAdmitted("the identity provider did not sign you in")
        with self._client(self._method()) as client:
            token = self._token(client, code, verifier)
            claims = self._more(client, self._claims(token, nonce))
        name, groups = claim(claims, self._chosen.name_claim), claim(claims, self._chosen.groups_claim)
        unproved = self._chosen.name_claim == "email" and claims.get("email_verified") is False
        if not isinstance(name, str) or not NAME.fullmatch(name) or unproved or not claims["sub"]:
            raise NotAdmitted("the identity provider does not name you in a way that can be a user's name")
        listed = groups if isinstance(groups, list) else [groups]
        named = frozenset(group for group in listed if isinstance(group, str))
        return Identity(f"{self._chosen.issuer}|{claims['sub']}", name, named)

    def roles(self, identity: Identity) -> set[str] | None:
        """Return the roles of a person's groups, no group's but those that the settings name; None: as given here."""
        if not self._chosen.roles:
            return None
        return {role for group in identity.groups for role in self._chosen.roles.get(group, ())}

    def is_issuer(self, issuer: str) -> bool:
        """Say whether an answer that names its issuer (RFC 9207) is this provider's; not all name one."""
        return issuer in ("", self._chosen.issuer)

    def _token(self, client: Any, code: str, verifier: str) -> dict[str, Any]:
        try:
            token: dict[str, Any] = client.fetch_token(
                self._about()["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
            )
        except OAuthError as error:
            if error.error == "invalid_grant":  # RFC 6749, section 5.2: expired, used before, or another's
                raise NotAdmitted("the identity provider does not know this sign-in: begin again") from None
            raise ProviderDown("the identity provider refuses this server: look at its client's settings") from None
        except (HTTPError, ValueError) as error:
            raise _down(error) from None
        return token

    def _claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token that holds (OpenID Connect Core 1.0, section 3.1.3.7)."""
        ours = {"nonce": nonce, "client_id": self._chosen.client_id, "access_token": token.get("access_token")}
        options = {
            "iss": {"essential": True, "value": self._chosen.issuer},
            "aud": {"essential": True, "value": self._chosen.client_id},
        }
        try:
            signed = self._opened(token["id_token"])
            claims: dict[str, Any] = CodeIDToken(signed.claims, signed.header, options, ours)
            claims.validate(leeway=LEEWAY_SECONDS)  # type: ignore[attr-defined]
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise NotAdmitted(f"what the identity provider says does not hold: {type(error).__name__}") from None
        return dict(claims)

    def _opened(self, id_token: str) -> jwt.Token:
        about = self._about()
        offered = about.get("id_token_signing_alg_values_supported") or ALGORITHMS[:1]
        algorithms = [one for one in ALGORITHMS if one in offered]
        try:
            return jwt.decode(id_token, self._keys(about["jwks_uri"]), algorithms)
        except InvalidKeyIdError:
            return jwt.decode(id_token, self._keys(about["jwks_uri"], fresh=True), algorithms)

    def _keys(self, uri: str, *, fresh: bool = False) -> KeySet:
        return KeySet.import_key_set(self._fetched(uri, fresh=fresh))  # type: ignore[arg-type]

    def _more(self, client: Any, claims: dict[str, Any]) -> dict[str, Any]:
        """Return the claims with what only the userinfo endpoint tells, where the ID token lacks what is needed."""
        endpoint = self._about().get("userinfo_endpoint")
        needed = (self._chosen.name_claim, *((self._chosen.groups_claim,) if self._chosen.roles else ()))
        if all(claim(claims, name) is not None for name in needed) or not self._is_ours(endpoint):
            return claims
        try:
            more = _object(client.get(endpoint))
        except (HTTPError, OAuthError, ValueError) as error:
            raise _down(error) from None
        if more.get("sub") != claims["sub"]:  # OpenID Connect Core 1.0, section 5.3.2
            raise NotAdmitted("what the identity provider says of you is of somebody else")
        return {**more, **claims}

    def _about(self) -> dict[str, Any]:
        """Return what the provider publishes about itself."""
        about = self._fetched(self._chosen.issuer.rstrip("/") + DISCOVERY)
        if about.get("issuer") != self._chosen.issuer:
            raise ProviderDown("the identity provider calls itself otherwise than the settings do")
        if not all(self._is_ours(about.get(name)) for name in ENDPOINTS):
            raise ProviderDown("the identity provider does not say where to sign in")
        return about

    def _is_ours(self, url: object) -> bool:
        """Say whether an address can be used: of TLS, unless the provider is on this machine."""
        plain = self._chosen.issuer.startswith("http://")
        return isinstance(url, str) and is_sealed(url) and (plain or url.startswith("https://"))

    def _method(self) -> str:
        """Return how this server proves to be the client: by its secret in a header, or as the provider wants it."""
        if not self._secret:
            return "none"
        methods = self._about().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"

    def _fetched(self, url: str, *, fresh: bool = False) -> dict[str, Any]:
        until, held = self._remembered.get(url, (0.0, {}))
        if fresh or time.monotonic() >= until:
            try:
                with self._client() as client:
                    held = _object(client.request("GET", url, withhold_token=True))
            except (HTTPError, ValueError) as error:
                raise _down(error) from None
            self._remembered[url] = (time.monotonic() + REMEMBERED_SECONDS, held)
        return held

    def _client(self, method: str = "none") -> Any:
        return OAuth2Client(
            self._chosen.client_id,
            self._secret or None,
            token_endpoint_auth_method=method,
            scope=self._chosen.scopes,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
            verify=self._verify,
        )


def claim(claims: dict[str, Any], name: str) -> Any:
    """Return a claim by its name, or by its path where it lies deeper (`realm_access.roles`); None without it."""
    if name in claims:
        return claims[name]
    held: Any = claims
    for step in name.split("."):
        held = held.get(step) if isinstance(held, dict) else None
    return held


def _object(answer: Any) -> dict[str, Any]:
    """Return a JSON object that was answered; raise HTTPError or ValueError where it is none."""
    answer.raise_for_status()
    held = answer.json()
    if not isinstance(held, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - as for what is no JSON at all
    return held


def _down(error: Exception) -> ProviderDown:
    return ProviderDown(f"the identity provider does not answer as it should ({type(error).__name__}): try again later")
