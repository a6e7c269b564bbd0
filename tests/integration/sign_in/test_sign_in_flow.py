"""The way by the provider and back: what the pages take from it, and what they refuse."""

from __future__ import annotations

import re
import shutil
import time
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from fastapi.testclient import TestClient
from playwright.sync_api import sync_playwright

from deployments.review.app import create_app
from deployments.server import free_port
from infra import accounts, throttling
from infra.settings import Settings


def test_a_person_signs_in_by_the_provider_and_out(settings: Settings, idp: Any, pages: Any, recorded: Any) -> None:
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
def test_a_token_that_does_not_hold_admits_nobody(
    settings: Settings, idp: Any, fault: str, pages: Any, signed_in: Any, recorded: Any
) -> None:
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


def test_only_the_browser_that_began_a_sign_in_ends_it_and_once(settings: Settings, idp: Any, pages: Any) -> None:
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
    throttling.forget_failures(settings.database_url, ["provider:testclient"])
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
    settings: Settings, idp: Any, monkeypatch: pytest.MonkeyPatch, pages: Any
) -> None:
    """After ten minutes the way back is closed."""
    client = pages(settings)
    back = idp.signed(client.get("/sign-in/provider").headers["location"])
    later = time.time() + 601
    monkeypatch.setattr("deployments.review.provider.time.time", lambda: later)
    assert client.get(back).status_code == 403


def test_a_wrong_client_secret_is_the_servers_fault(settings: Settings, idp: Any, pages: Any, signed_in: Any) -> None:
    """The provider refuses this server: nobody is let in, and nobody is told to wait."""
    path = settings.oidc.client_secret_file
    assert path is not None
    path.write_text("another secret")
    assert [signed_in(pages(settings), idp).status_code for _ in range(7)] == [503] * 7


def test_trying_again_and_again_has_to_wait(settings: Settings, idp: Any, pages: Any, recorded: Any) -> None:
    """Sign-ins that fail are slowed down by address, as wrong passwords are, and the audit cannot be flooded."""
    client = pages(settings)
    codes = [client.get("/sign-in/callback", params={"state": "x", "code": "y"}).status_code for _ in range(9)]
    assert codes == [403] * 6 + [429] * 3
    assert len(recorded(settings)) == 6


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed (Debian: chromium)")
def test_a_browser_comes_back_signed_in_from_another_site(
    settings: Settings, idp: Any, monkeypatch: pytest.MonkeyPatch
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
