"""What the browser tests share: the review pages, served in this process, and Debian's chromium before them."""

from __future__ import annotations

import json
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image, ImageDraw, ImageFont

from infra import accounts
from infra import review_queue as queue
from infra.settings import Settings

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PASSWORD = "correct horse battery"


@dataclass
class Desk:
    """Hold the pages' address, a browser, the batch and its items."""

    url: str
    base: str
    browser: Any
    batch: str
    items: dict[str, int]
    said: list[str] = field(default_factory=list)

    def page(
        self, name: str = "ann", *, where: str = "", roles: tuple[str, ...] = ("reviewer",), **options: Any
    ) -> Any:
        """Return a page of a user who has signed in by the form, at an address of ours."""
        if name not in {held.name for held in accounts.users(self.url)}:
            accounts.add_user(self.url, name, roles, PASSWORD)
        page = self.browser.new_context(viewport={"width": 1440, "height": 900}, **options).new_page()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(self.base) else self.said.append(request.url))
        page.goto(f"{self.base}/sign-in?to={where or '/'}")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{self.base}{where or '/'}")
        return page

    def spans(self, item: int, who: str = "ann") -> list[dict[str, Any]]:
        """Return the spans of somebody's current version of an item."""
        return queue.load(self.url, item, who).current.spans


@contextmanager
def launched() -> Iterator[Any]:
    """Give Debian's chromium for the time of this block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def chromium() -> Callable[[], Any]:
    """Give what starts a browser: not before the servers, whose clients ask whether an event loop runs."""
    return launched


@pytest.fixture
def ask_for_a_run() -> Callable[[str, Path, Path], str]:
    """Give a function that starts a run of a source, under a policy, by the webhook at a URL and returns its id."""
    from deployments.serve import webhook_secret
    from deployments.webhook import sign

    def ask(url: str, source: Path, policy: Path) -> str:
        body = json.dumps({"source": str(source), "policy": str(policy), "review": "required"}).encode()
        at = str(int(time.time()))
        headers = {"X-Deidflow-Timestamp": at, "X-Deidflow-Signature": sign(webhook_secret(Settings()), at, body)}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:  # noqa: S310 - ours
            return str(json.loads(answer.read())["run_id"])

    return ask


@pytest.fixture
def wait_for() -> Callable[[str, str], None]:
    """Give a function that waits until a run's state has a name."""
    from prefect.client.orchestration import get_client

    def wait(run_id: str, wanted: str) -> None:
        deadline = time.monotonic() + 150
        with get_client(sync_client=True) as client:
            while time.monotonic() < deadline:
                state = client.read_flow_run(UUID(run_id)).state
                if state and state.name == wanted:
                    return
                time.sleep(0.5)
        raise AssertionError(f"the run never was {wanted}")

    return wait


@pytest.fixture
def open_desk(
    review_run: Callable[..., Any], quick_policy: Path, serving: Callable[[Any], AbstractContextManager[str]]
) -> Iterator[Callable[..., Desk]]:
    """Give a function that puts files before people and opens a browser; nothing may go wrong unseen in it."""
    from deployments.review.app import create_app

    with ExitStack() as stack:
        made: list[Desk] = []

        def make(files: dict[str, bytes], policy: str = "") -> Desk:
            batch, items = review_run(files, policy or str(quick_policy))
            url = Settings().database_url
            accounts.create(url)
            base = stack.enter_context(serving(create_app(Settings())))
            browser = stack.enter_context(launched())
            made.append(Desk(url, base, browser, batch, items))
            return made[-1]

        yield make
        for desk in made:
            assert desk.said == []  # no script failed, the policy stopped nothing, nothing was asked of elsewhere


@pytest.fixture
def scan() -> bytes:
    """Give a picture with an identifier and other words in it, as PNG."""
    image = Image.new("RGB", (640, 360), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=28)
    draw.text((40, 40), "MRN: 7712345", "black", font)
    draw.text((40, 240), "no change since", "black", font)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
