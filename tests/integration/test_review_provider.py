"""Sign-in by an identity provider: a real one in a process of its own, which can be told to do things wrong."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import uvicorn
from fastapi.testclient import TestClient
from playwright.sync_api import sync_playwright
from sqlmodel import col, select

from deid_core.errors import UsageError
from deployments.review.app import create_app
from deployments.server import free_port
from infra import accounts, oidc
from infra.audit_log import AuditRow
from infra.database import reading
from infra.settings import Provider, Settings, new_key, prepare_home

OLGA = {"sub": "1", "preferred_username": "olga", "groups": ["De-id reviewers", "Choir"]}
PASSWORD = "correct horse battery"


class Idp:
    """Speak to the provider's process as the test that runs it."""

    def __init__(self, issuer: str) -> None:
        """Take where it listens."""
        self.issuer = issuer

    def told(self, **what: Any) -> None:
        """Say who is at the keyboard, and what to do wrong."""
        httpx2.post(f"{self.issuer}/test", json=what).raise_for_status()

    def signed(self, there: str) -> str:
        """Sign in at the provider as a browser that was sent there, and return where it is sent back to."""
        answer = httpx2.get(there)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        assert f"{back.scheme}://{back.netloc}" == "http://127.0.0.1:8091"
        return f"{back.path}?{back.query}"


@pytest.fixture(scope="module")
def process() -> Iterator[str]:
    """Run the provider and give its address."""
    port = free_port()
    script = str(Path(__file__).with_name("identity_provider.py"))
    with subprocess.Popen([sys.executable, script, str(port)]) as running:
        try:
            for _ in range(300):
                try:
                    httpx2.get(f"http://127.0.0.1:{port}/jwks")
                    break
                except httpx2.TransportError:
                    assert running.poll() is None
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()


@pytest.fixture
def idp(process: str) -> Idp:
    """Give the provider, with Olga at the keyboard and nothing wrong."""
    held = Idp(process)
    held.told(user=OLGA, fault="", thin=False)
    return held


@pytest.fixture
def settings(idp: Idp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give the settings of pages that trust the provider and give one of its groups a role."""
    secret = tmp_path / "client.secret"
    secret.write_text("a secret of the client\n")
    secret.chmod(0o600)
    for name, value in {
        "HOME": str(tmp_path / "home"),
        "REVIEW_URL": "http://127.0.0.1:8091",
        "OIDC__ISSUER": idp.issuer,
        "OIDC__CLIENT_ID": "deidflow",
        "OIDC__CLIENT_SECRET_FILE": str(secret),
        "OIDC__ROLES": json.dumps({"De-id reviewers": ["reviewer"], "Data office": ["steward", "auditor"]}),
        "OIDC__LABEL": "St. Elsewhere",
    }.items():
        monkeypatch.setenv(f"DEIDFLOW_{name}", value)
    made = Settings()
    prepare_home(made)
    new_key(made.key_file)
    return made


def pages(settings: Settings) -> TestClient:
    """Return a browser before the pages of those settings."""
    return TestClient(create_app(settings), base_url="http://127.0.0.1:8091", follow_redirects=False)


def signed_in(client: TestClient, idp: Idp, to: str = "/account") -> Any:
    """Go by the provider, and return what the pages answer at the end."""
    there = client.get("/sign-in/provider", params={"to": to})
    assert there.status_code == 303, there.text
    return client.get(idp.signed(there.headers["location"]))


def recorded(settings: Settings) -> list[tuple[str, str, str, str]]:
    """Return who did what to whom, and why, by the audit."""
    with reading(settings.database_url) as session:
        rows = session.exec(select(AuditRow).order_by(col(AuditRow.seq)))
        return [(row.agent, row.activity, row.entity, row.reason) for row in rows]


def test_a_person_signs_in_by_the_provider_and_out(settings: Settings, idp: Idp) -> None:
    """The whole way: a code with PKCE, a session like any other, the role of a group, the audit; then out."""
    client = pages(settings)
    assert "St. Elsewhere" in client.get("/sign-in").text
    there = client.get("/sign-in/provider", params={"to": "/account"})
    asked = parse_qs(urlsplit(there.headers["location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge", "redirect_uri", "client_id", "scope"} <= set(asked)
    begun = there.headers["set-cookie"]
    assert "HttpOnly" in begun
    assert "SameSite=lax" in begun
    assert asked["nonce"][0] not in begun
    answer = client.get(idp.signed(there.headers["location"]))
    assert answer.status_code == 200
    assert 'content="0;url=/account"' in answer.text
    session = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("deidflow_session"))
    assert {"HttpOnly", "SameSite=strict"} <= set(session.split("; "))
    assert client.get("/api/me").json()["roles"] == ["reviewer"]
    csrf = re.findall(r'name="csrf" content="(\w+)"', client.get("/account").text)[0]
    assert client.delete("/api/session", headers={"X-CSRF-Token": csrf}).status_code == 204
    assert client.get("/api/me").status_code == 401
    assert recorded(settings) == [
        ("olga", "session.begin", "user:olga", "identity provider"),
        ("olga", "session.end", "user:olga", "asked"),
    ]


@pytest.mark.parametrize(
    "fault",
    [
        "expired",
        "of tomorrow",
        "without end",
        "audience",
        "audience, said to be ours",
        "ours and another's",
        "issuer",
        "nonce",
        "no nonce",
        "signature",
        "changed",
        "client's secret",
        "none",
        "access token",
        "nobody",
        "no ID token",
    ],
)
def test_a_token_that_does_not_hold_admits_nobody(settings: Settings, idp: Idp, fault: str) -> None:
    """Whatever is wrong with what the provider says, there is a page that says so, no session, and a record."""
    client = pages(settings)
    idp.told(fault=fault)
    answer = signed_in(client, idp)
    assert answer.status_code == 403
    assert "does not hold" in answer.text
    assert "deidflow_session" not in client.cookies
    assert accounts.users(settings.database_url) == []
    ((agent, activity, entity, reason),) = recorded(settings)
    assert (agent, activity, entity) == ("unknown", "session.refused", "user:unknown")
    assert "does not hold" in reason


def test_only_the_browser_that_began_a_sign_in_ends_it_and_once(settings: Settings, idp: Idp) -> None:
    """Another state, no cookie, a forged cookie, a code used before, a code of another's, no code: nobody comes in."""
    client, other = pages(settings), pages(settings)
    back = idp.signed(client.get("/sign-in/provider").headers["location"])
    kept = client.cookies["deidflow_sign_in"]
    assert other.get(back).status_code == 403  # somebody else's link: they began nothing
    other.get("/sign-in/provider")
    assert other.get(back).status_code == 403  # and their own state is another
    assert client.get(back + "x").status_code == 403
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert client.get("/sign-in/callback", params={"state": state, "error": "access_denied"}).status_code == 403
    assert client.get("/sign-in/callback", params={"state": state, "code": "x", "iss": "https://x"}).status_code == 403
    accounts.forget_failures(settings.database_url, ["provider:testclient"])
    idp.told(fault="")
    again = idp.signed(client.get("/sign-in/provider").headers["location"])
    kept = client.cookies["deidflow_sign_in"]
    assert client.get(again).status_code == 200
    replayed = TestClient(client.app, cookies={"deidflow_sign_in": kept}, follow_redirects=False)
    answer = replayed.get(again)
    assert answer.status_code == 403
    assert "begin again" in answer.text
    forged = TestClient(client.app, cookies={"deidflow_sign_in": kept[:-1] + "x"}, follow_redirects=False)
    assert forged.get(again).status_code == 403
    assert "deidflow_session" not in replayed.cookies


def test_a_sign_in_that_takes_too_long_is_begun_again(
    settings: Settings, idp: Idp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ten minutes the way back is closed."""
    client = pages(settings)
    back = idp.signed(client.get("/sign-in/provider").headers["location"])
    later = time.time() + 601
    monkeypatch.setattr("deployments.review.provider.time.time", lambda: later)
    assert client.get(back).status_code == 403


@pytest.mark.parametrize(
    ("user", "status", "roles"),
    [
        (OLGA, 200, ["reviewer"]),
        (OLGA | {"groups": ["De-id reviewers", "Data office"]}, 200, ["auditor", "reviewer", "steward"]),
        (OLGA | {"groups": "Data office"}, 200, ["auditor", "steward"]),
        (OLGA | {"groups": ["Choir"]}, 403, []),
        (OLGA | {"groups": []}, 403, []),
        (OLGA | {"groups": None}, 403, []),
        (OLGA | {"groups": ["admin", "reviewer"]}, 403, []),
        (OLGA | {"groups": [["De-id reviewers"], {"a": 1}, 7]}, 403, []),
        (OLGA | {"groups": {"De-id reviewers": True}}, 403, []),
        (OLGA | {"sub": ""}, 403, []),
        (OLGA | {"preferred_username": None}, 403, []),
        (OLGA | {"preferred_username": "olga\nann"}, 403, []),
        (OLGA | {"preferred_username": 7}, 403, []),
    ],
)
def test_a_role_is_given_by_a_known_group_only(
    settings: Settings, idp: Idp, user: dict[str, Any], status: int, roles: list[str]
) -> None:
    """An unknown group, none, one that is called like a role, or no usable name: no role, and no way in."""
    client = pages(settings)
    idp.told(user=user)
    assert signed_in(client, idp).status_code == status
    if roles:
        assert client.get("/api/me").json()["roles"] == roles
    else:
        assert client.get("/api/me").status_code == 401
        assert accounts.users(settings.database_url) == []


def test_who_leaves_a_group_loses_its_role(settings: Settings, idp: Idp) -> None:
    """At the next sign-in the roles are the provider's, sessions from before end, and tokens reach nothing more."""
    client = pages(settings)
    signed_in(client, idp)
    token = accounts.new_token(settings.database_url, "olga", "laptop", ["read"])
    program = TestClient(client.app, headers={"Authorization": f"Bearer {token}"})
    assert program.get("/api/batches").status_code == 200
    idp.told(user=OLGA | {"groups": ["Choir"]})
    later = TestClient(client.app, base_url="http://127.0.0.1:8091", follow_redirects=False)
    assert signed_in(later, idp).status_code == 403
    assert client.get("/api/me").status_code == 401
    assert program.get("/api/batches").status_code == 403
    assert recorded(settings)[-1][1:3] == ("session.refused", "user:olga")
    idp.told(user=OLGA)
    assert signed_in(later, idp).status_code == 200
    accounts.change_user(settings.database_url, "olga", active=False)
    assert signed_in(later, idp).status_code == 403


def test_a_name_alone_takes_nobody_over(settings: Settings, idp: Idp) -> None:
    """A person at the provider who calls himself like a user here, or as somebody before him, is another."""
    accounts.create(settings.database_url)
    accounts.add_user(settings.database_url, "ann", ["admin"], PASSWORD)
    client = pages(settings)
    idp.told(user=OLGA | {"preferred_username": "ann"})
    answer = signed_in(client, idp)
    assert answer.status_code == 403
    assert "another user has your name" in answer.text
    idp.told(user=OLGA)
    assert signed_in(client, idp).status_code == 200
    idp.told(user=OLGA | {"sub": "2"})
    assert signed_in(pages(settings), idp).status_code == 403
    idp.told(user=OLGA | {"preferred_username": "olga.new"})  # a new name there: the same person here
    assert signed_in(client, idp).status_code == 200
    assert client.get("/api/me").json()["name"] == "olga"


def test_without_a_map_only_who_was_added_comes_in(
    settings: Settings, idp: Idp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Roles are given here then, to a subject of the provider; groups mean nothing."""
    monkeypatch.setenv("DEIDFLOW_OIDC__ROLES", "{}")
    client = pages(Settings())
    assert signed_in(client, idp).status_code == 403
    accounts.add_user(settings.database_url, "olga", ["auditor"], subject=f"{idp.issuer}|1")
    assert signed_in(client, idp).status_code == 200
    assert client.get("/api/me").json()["roles"] == ["auditor"]


def test_what_only_userinfo_tells_is_asked_there(settings: Settings, idp: Idp) -> None:
    """A provider whose ID tokens hold no names and groups is asked; what it says of another counts for nothing."""
    client = pages(settings)
    idp.told(thin=True)
    assert signed_in(client, idp).status_code == 200
    assert client.get("/api/me").json() | {"scopes": []} == {"name": "olga", "roles": ["reviewer"], "scopes": []}
    idp.told(fault="another's claims")
    assert signed_in(pages(settings), idp).status_code == 403


def test_keys_are_remembered_and_may_change(settings: Settings, idp: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
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
    settings: Settings, idp: Idp, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It calls itself otherwise, or leads to an address without TLS: a page says so, and nobody is sent there."""
    idp.told(fault=fault)
    answer = pages(settings).get("/sign-in/provider")
    assert answer.status_code == 503
    assert "the identity provider" in answer.text


def test_a_provider_that_is_down_lets_nobody_in(settings: Settings, idp: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
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
    accounts.add_user(settings.database_url, "ann", ["reviewer"], PASSWORD)
    assert gone.post("/api/session", json={"name": "ann", "password": PASSWORD}).status_code == 200


def test_a_wrong_client_secret_is_the_servers_fault(settings: Settings, idp: Idp) -> None:
    """The provider refuses this server: nobody is let in, and nobody is told to wait."""
    path = settings.oidc.client_secret_file
    assert path is not None
    path.write_text("another secret")
    assert [signed_in(pages(settings), idp).status_code for _ in range(7)] == [503] * 7


def test_trying_again_and_again_has_to_wait(settings: Settings, idp: Idp) -> None:
    """Sign-ins that fail are slowed down by address, as wrong passwords are, and the audit cannot be flooded."""
    client = pages(settings)
    codes = [client.get("/sign-in/callback", params={"state": "x", "code": "y"}).status_code for _ in range(9)]
    assert codes == [403] * 6 + [429] * 3
    assert len(recorded(settings)) == 6


def test_passwords_can_be_switched_off(settings: Settings, idp: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then neither the form is there nor the endpoint lets anybody in, with the right password either."""
    accounts.create(settings.database_url)
    accounts.add_user(settings.database_url, "ann", ["reviewer"], PASSWORD)
    monkeypatch.setenv("DEIDFLOW_PASSWORD_SIGN_IN", "false")
    client = pages(Settings())
    assert "password" not in client.get("/sign-in").text.lower()
    assert client.post("/api/session", json={"name": "ann", "password": PASSWORD}).status_code == 403
    assert signed_in(client, idp).status_code == 200


def test_a_wrong_password_is_recorded_without_what_was_typed(settings: Settings) -> None:
    """Of a name that nobody has, nothing is kept: it may be the password."""
    client = pages(settings)
    accounts.add_user(settings.database_url, "ann", ["reviewer"], PASSWORD)
    for name in ("ann", PASSWORD):
        assert client.post("/api/session", json={"name": name, "password": "wrong"}).status_code == 401
    assert recorded(settings) == [
        ("unknown", "session.refused", "user:ann", "password"),
        ("unknown", "session.refused", "user:unknown", "password"),
    ]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "x"])
def test_the_way_back_leads_to_a_page_of_ours(settings: Settings, idp: Idp, to: str) -> None:
    """Wherever a link asks to go on to, it is no other site."""
    assert 'content="0;url=/"' in signed_in(pages(settings), idp, to).text


def test_without_a_provider_there_is_no_such_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_the_settings_on_the_page_hold(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the how-to sets is understood, and each setting that it names is one."""
    page = (Path(__file__).resolve().parents[2] / "docs/how-to/sign-in-by-a-provider.md").read_text("utf-8")
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


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)")
def test_a_browser_comes_back_signed_in_from_another_site(
    settings: Settings, idp: Idp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session's strict cookie is there on the first page after the provider's site, without a script's help."""
    port = free_port()
    monkeypatch.setenv("DEIDFLOW_REVIEW_URL", f"http://localhost:{port}")  # another site than the provider's 127.0.0.1
    server = uvicorn.Server(uvicorn.Config(create_app(Settings()), host="127.0.0.1", port=port, log_level="warning"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.05)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_context(java_script_enabled=False).new_page()
            page.goto(f"http://localhost:{port}/account")
            page.get_by_role("link", name="Sign in by St. Elsewhere").click()
            page.wait_for_url(f"http://localhost:{port}/account")
            assert page.get_by_role("link", name="olga").is_visible()
            browser.close()
    finally:
        server.should_exit = True
        thread.join(10)
