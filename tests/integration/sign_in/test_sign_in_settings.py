"""Settings of the sign-in, and a provider that does not answer as they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from deid_core.errors import UsageError
from deployments.review.app import create_app
from deployments.server import free_port
from infra import accounts, oidc
from infra.settings import Provider, Settings, new_key, prepare_home


def test_keys_are_remembered_and_may_change(
    settings: Settings, idp: Any, monkeypatch: pytest.MonkeyPatch, pages: Any, signed_in: Any
) -> None:
    """What was fetched is not fetched for each sign-in; a token under a new key has the keys fetched once more."""
    fetched: list[str] = []
    whole = oidc.Provider._fetched

    def counted(self: oidc.Provider, url: str, *, fresh: bool = False) -> dict[str, Any]:
        if fresh or url not in self._remembered:
            fetched.append(url.rpartition("/")[2])
        return whole(self, url, fresh=fresh)

    monkeypatch.setattr(oidc.Provider, "_fetched", counted)
    client = pages(settings)
    assert fetched == []
    assert signed_in(client, idp).status_code == 200
    assert signed_in(client, idp).status_code == 200
    assert fetched == ["openid-configuration", "jwks"]
    idp.told(rotate=True)
    assert signed_in(client, idp).status_code == 200
    assert fetched == ["openid-configuration", "jwks", "jwks"]


@pytest.mark.parametrize("fault", ["another provider", "plain address"])
def test_a_provider_that_is_not_the_one_of_the_settings_is_not_used(
    settings: Settings, idp: Any, fault: str, monkeypatch: pytest.MonkeyPatch, pages: Any
) -> None:
    """It calls itself otherwise, or leads to an address without TLS: a page says so, and nobody is sent there."""
    idp.told(fault=fault)
    answer = pages(settings).get("/sign-in/provider")
    assert answer.status_code == 503
    assert "the identity provider" in answer.text


def test_a_provider_that_is_down_lets_nobody_in(
    settings: Settings, idp: Any, monkeypatch: pytest.MonkeyPatch, pages: Any
) -> None:
    """Before or after the person went there: a clear page, no session; who has a password still comes in."""
    client = pages(settings)
    back = idp.signed(client.get("/sign-in/provider").headers["location"])
    idp.told(fault="gateway")
    answer = client.get(back)
    assert answer.status_code == 503
    assert "try again later" in answer.text
    assert "deidflow_session" not in client.cookies
    monkeypatch.setenv("DEIDFLOW_OIDC__ISSUER", f"http://127.0.0.1:{free_port()}")
    gone = pages(Settings())
    answer = gone.get("/sign-in/provider")
    assert answer.status_code == 503
    assert "try again later" in answer.text
    accounts.add_user(settings.database_url, "ann", ["reviewer"], idp.password)
    assert gone.post("/api/session", json={"name": "ann", "password": idp.password}).status_code == 200


def test_passwords_can_be_switched_off(
    settings: Settings, idp: Any, monkeypatch: pytest.MonkeyPatch, pages: Any, signed_in: Any
) -> None:
    """Then neither the form is there nor the endpoint lets anybody in, with the right password either."""
    accounts.create(settings.database_url)
    accounts.add_user(settings.database_url, "ann", ["reviewer"], idp.password)
    monkeypatch.setenv("DEIDFLOW_PASSWORD_SIGN_IN", "false")
    client = pages(Settings())
    assert "password" not in client.get("/sign-in").text.lower()
    assert client.post("/api/session", json={"name": "ann", "password": idp.password}).status_code == 403
    assert signed_in(client, idp).status_code == 200


def test_a_wrong_password_is_recorded_without_what_was_typed(
    settings: Settings, pages: Any, recorded: Any, idp: Any
) -> None:
    """Of a name that nobody has, nothing is kept: it may be the password."""
    client = pages(settings)
    accounts.add_user(settings.database_url, "ann", ["reviewer"], idp.password)
    for name in ("ann", idp.password):
        assert client.post("/api/session", json={"name": name, "password": "wrong"}).status_code == 401
    assert recorded(settings) == [
        ("unknown", "session.refused", "user:ann", "password"),
        ("unknown", "session.refused", "user:unknown", "password"),
    ]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "x"])
def test_the_way_back_leads_to_a_page_of_ours(
    settings: Settings, idp: Any, to: str, pages: Any, signed_in: Any
) -> None:
    """Wherever a link asks to go on to, it is no other site."""
    assert 'content="0;url=/"' in signed_in(pages(settings), idp, to).text


def test_without_a_provider_there_is_no_such_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: Any) -> None:
    """It is off by default."""
    monkeypatch.setenv("DEIDFLOW_HOME", str(tmp_path / "home"))
    settings = Settings()
    prepare_home(settings)
    new_key(settings.key_file)
    client = pages(settings)
    assert client.get("/sign-in/provider").status_code == 404
    assert client.get("/sign-in/callback?code=x&state=y").status_code == 403
    assert "/sign-in/provider" not in client.get("/sign-in").text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"OIDC__ISSUER": "http://idp.example"}, "https"),
        ({"OIDC__CLIENT_ID": ""}, "client id"),
        ({"OIDC__SCOPES": "profile"}, "openid"),
        ({"OIDC__ROLES": '{"Kings": ["king"]}'}, "no role is named king"),
        ({"OIDC__ROLE": "{}"}, "role"),
        ({"OIDC__CLIENT_SECRET_FILE": "/nowhere"}, "client secret"),
        ({"REVIEW_URL": ""}, "DEIDFLOW_REVIEW_URL"),
        ({"REVIEW_URL": "http://review.example"}, "DEIDFLOW_REVIEW_URL"),
        ({"OIDC__ISSUER": "", "OIDC__CLIENT_ID": "", "PASSWORD_SIGN_IN": "false"}, "without passwords"),
    ],
)
def test_settings_that_do_not_hold_are_told_at_the_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], says: str
) -> None:
    """The pages do not start half configured."""
    for name, value in change.items():
        monkeypatch.setenv(f"DEIDFLOW_{name}", value)
    with pytest.raises((UsageError, ValueError), match=says):
        create_app(Settings())


def test_the_settings_on_the_page_hold(settings: Settings, monkeypatch: pytest.MonkeyPatch, pages: Any) -> None:
    """What the how-to sets is understood, and each setting that it names is one."""
    page = (Path(__file__).resolve().parents[3] / "docs/how-to/sign-in-by-a-provider.md").read_text("utf-8")
    (block,) = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    for line in block.splitlines():
        monkeypatch.setenv(*line.split("=", 1))
    monkeypatch.setenv("DEIDFLOW_OIDC__CLIENT_SECRET_FILE", str(settings.oidc.client_secret_file))
    held = Settings()
    assert "St. Elsewhere" in pages(held).get("/sign-in").text
    assert not held.password_sign_in
    named = {name.lower() for name in re.findall(r"^\| `OIDC__(\w+)`", page, re.MULTILINE)}
    assert named == set(Provider.model_fields)


def test_a_client_secret_that_others_may_read_is_refused(settings: Settings) -> None:
    """It is kept like the project key."""
    path = settings.oidc.client_secret_file
    assert path is not None
    path.chmod(0o644)
    with pytest.raises(UsageError, match="others may read the client secret"):
        create_app(settings)


def test_claims_may_lie_deep() -> None:
    """A claim is found by its whole name, or by its path."""
    held = {"realm_access": {"roles": ["a"]}, "https://example.org/groups": ["b"]}
    assert oidc.claim(held, "realm_access.roles") == ["a"]
    assert oidc.claim(held, "https://example.org/groups") == ["b"]
    assert oidc.claim(held, "realm_access.none.deeper") is None
