"""The pages as text: every button is an endpoint, and each page carries a strict policy."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from infra.accounts import Role


def test_every_button_is_a_documented_endpoint(desk: Any) -> None:
    """Whatever the pages' buttons, forms and scripts call stands in the OpenAPI document, with a summary."""
    paths = desk.signed_in(Role.AUDITOR).get("/api/openapi.json").json()["paths"]
    described = {f"{method.upper()} {path}": held for path, each in paths.items() for method, held in each.items()}
    folder = Path(str(files("deployments.review")))
    pages = "".join(path.read_text("utf-8") for path in (folder / "templates").glob("*.html"))
    scripts = "".join(path.read_text("utf-8") for path in (folder / "static").glob("*.js"))
    called = set(re.findall(r'data-api="([A-Z]+ [^"]+)"', pages))
    called |= set(re.findall(r"call\('([A-Z]+ [^']+)'", scripts))
    assert len(called) >= 20
    assert called <= set(described)
    assert all(held["summary"] and held.get("description") for held in described.values())
    assert scripts.count("fetch(") == 1  # every call goes by the one function
    for button in re.findall(r"<button[^>]*>", pages):
        assert "data-" in button or not re.search('type="button"', button), button


def test_every_page_carries_a_strict_policy(desk: Any) -> None:
    """No script or style of a page's own text runs, nothing is loaded from elsewhere, nothing is kept."""
    client, item = desk.signed_in(Role.REVIEWER, Role.AUDITOR), desk.items["note.txt"]
    desk.taken(client, item)
    for where in (
        "/",
        f"/batches/{desk.batch}",
        f"/batches/{desk.batch}/quality",
        f"/items/{item}",
        f"/items/{item}/history",
        f"/items/{item}/compare",
        "/x",
    ):
        answer = client.get(where)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", answer.text)
        assert not re.findall(r"<script(?![^>]*(?:src=|application/json))", answer.text)
        assert not re.findall(r"\sstyle=|\son\w+=", answer.text)


def test_what_was_asked_wrongly_is_not_repeated(desk: Any) -> None:
    """A page of an address that means nothing is a page; an endpoint says what is wrong and not what was sent."""
    client = desk.signed_in(Role.STEWARD)
    page = client.get(f"/batches/{desk.batch}?label=PET_NAME")
    assert page.status_code == 404
    assert "<html" in page.text
    for body in ({"name": "ann", "password": "p" * 2000}, {"name": "ann", "password": "p", "mrn": "MRN 7712345"}):
        answer = client.post("/api/session", json=body)
        assert answer.status_code == 422
        assert {"loc", "msg", "type"} == set(answer.json()["detail"][0])
        assert "ppp" not in answer.text
        assert "7712345" not in answer.text
