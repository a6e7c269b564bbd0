"""What the browser tests share: the review pages, served in this process, and Debian's chromium before them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from deployments.server import HOST, free_port
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
def served() -> Iterator[str]:
    """Serve the pages on a port of this machine for the time of this block."""
    import uvicorn

    from deployments.review.app import create_app

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(Settings()), host=HOST, port=port, log_level="warning"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def open_desk(review_run: Callable[..., Any], quick_policy: Path) -> Iterator[Callable[..., Desk]]:
    """Give a function that puts files before people and opens a browser; nothing may go wrong unseen in it."""
    from contextlib import ExitStack

    from playwright.sync_api import sync_playwright

    with ExitStack() as stack:
        made: list[Desk] = []

        def make(files: dict[str, bytes], policy: str = "") -> Desk:
            batch, items = review_run(files, policy or str(quick_policy))
            url = Settings().database_url
            accounts.create(url)
            base = stack.enter_context(served())
            browser = stack.enter_context(sync_playwright()).chromium.launch(
                executable_path=shutil.which("chromium"), args=QUIET
            )
            stack.callback(browser.close)
            made.append(Desk(url, base, browser, batch, items))
            return made[-1]

        yield make
        for desk in made:
            assert desk.said == []  # no script failed, the policy stopped nothing, nothing was asked of elsewhere
