"""Twenty people at once on the served review pages: how long a claim, a preview and a page of a large batch take.

Two figures each, in milliseconds at the 95th percentile: `every second`, where each of them asks once a second, more
than people do; and `at the same moment`, where all of them press at once and the last waits for all others. `server`
is the processor time of one such act, in ms: the figure to compare where the machine has other work.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from threading import Barrier
from typing import Any

import psutil
import pytest

from deid_core.model import Plan
from deployments.server import HOST, free_port
from infra import accounts
from infra import review_queue as queue
from infra.review_queue import NewItem
from infra.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
USERS = 20
ROUNDS = 10
ITEMS = int(os.environ.get("QUEUE_ITEMS", "100000"))
PASSWORD = "correct horse battery"
QUIET_LINE = (
    "She walks without help, sleeps well, eats little, and says that the cough has gone since the weekend before.\r\n"
)
LINE = "Seen on 3/14/2021 by Dr. Alan Kestrel for Jane Canary, MRN 77123{:02d}; she walks and sleeps well again.\r\n"


class User:
    """Hold one person's connection and session."""

    def __init__(self, port: int, name: str) -> None:
        """Sign in."""
        self.line = http.client.HTTPConnection(HOST, port, timeout=60)
        self.headers = {"Content-Type": "application/json"}
        self.last = time.perf_counter()
        answer = self.ask("POST", "/api/session", {"name": name, "password": PASSWORD})
        self.headers |= {"X-CSRF-Token": json.loads(answer)["csrf"], "Cookie": self.cookie}
        self.item = self.turn = self.version = 0

    def take(self, item: int) -> None:
        """Take an item, to work on it."""
        self.item, self.version = item, 1
        self.turn = json.loads(self.ask("POST", f"/api/items/{item}/claim"))["turn_id"]

    def edit(self) -> None:
        """Save a version, in which a finding goes that stayed, or stays that went."""
        edit = {"act": "accept" if self.version % 2 else "reject", "span_id": f"1.{self.version % 20}"}
        asked = {"turn_id": self.turn, "expected": self.version, "edits": [edit]}
        self.version = json.loads(self.ask("POST", f"/api/items/{self.item}/edits", asked))["current"]

    def ask(self, method: str, path: str, body: Any = None) -> bytes:
        """Ask once and return the answer, which is no refusal."""
        if time.perf_counter() - self.last > 3:
            self.line.close()  # the server closes idle ones after five seconds; this opens it again
        self.line.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        answer = self.line.getresponse()
        self.last = time.perf_counter()
        self.cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
        data = answer.read()
        assert answer.status < 300, (path, answer.status, data[:200])
        return data


@contextmanager
def served() -> Iterator[tuple[int, psutil.Process]]:
    """Serve the pages in a process of their own, as `up` does."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "deployments.review.app:made", "--factory", "--host", HOST]
    process = subprocess.Popen([*command, "--port", str(port), "--log-level", "warning"])
    try:
        for _ in range(600):
            try:
                socket.create_connection((HOST, port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def spent(users: list[User], act: Callable[[User], Callable[[], None] | None], seconds: float) -> float:
    """Return the 95th percentile, in ms, of what `act` takes where each does it so often; 0: all at one moment.

    What `act` returns is done after it, off the clock.
    """
    together = Barrier(len(users))

    def work(place: int) -> list[float]:
        told = []
        together.wait()
        began = time.perf_counter()
        for number in range(ROUNDS):
            if seconds:
                time.sleep(max(began + seconds * (number + place / len(users)) - time.perf_counter(), 0))
            else:
                together.wait()
            start = time.perf_counter()
            after = act(users[place])
            told.append(time.perf_counter() - start)
            if after:
                after()
        return told

    with ThreadPoolExecutor(len(users)) as pool:
        every = [one for told in pool.map(work, range(len(users))) for one in told]
    return round(quantiles(every, n=20)[-1] * 1000, 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """Set where the review stands."""
    if request.param == "postgresql":
        monkeypatch.setenv("DEIDFLOW_DATABASE_URL", str(request.getfixturevalue("postgres_url")))
    return None


def large_batch(where: str) -> str:
    """Make a batch of very many items without findings, as people meet it in the middle of the work."""
    batch = queue.create_batch(where, "run-large", mode="required")
    plans = (Plan(f"a{number:06d}", "1" * 64, "2" * 64, (), "s", "text/plain") for number in range(ITEMS))
    queue.add_items(where, batch.id, (NewItem(plan, "required") for plan in plans))
    done = [f"a{number:06d}" for number in range(0, ITEMS, 3)]
    queue.decide_items(where, batch.id, queue.Status.APPROVED, "rel", asset_ids=done)
    return batch.id


def test_twenty_people_at_once(benchmark: Any, url: None, review_run: Callable[..., Any], quick_policy: Path) -> None:
    """Claims, previews of notes of 10 kB and pages of a hundred thousand items, by as many users as asked for."""
    lines = (LINE.format(number) if number % 3 == 0 else QUIET_LINE for number in range(96))
    note = "".join(lines).encode()
    assert 10_000 <= len(note) <= 11_000
    _, items = review_run({f"note{number}.txt": note for number in range(USERS)}, str(quick_policy))
    where = Settings().database_url
    accounts.create(where)
    for number in range(USERS):
        accounts.add_user(where, f"person{number}", ["reviewer"], PASSWORD)
    large = large_batch(where)

    def claim(user: User) -> Callable[[], None]:
        (taken,) = json.loads(user.ask("POST", f"/api/batches/{large}/claim", {"count": 1}))
        return lambda: user.ask("POST", f"/api/turns/{taken['turn_id']}/release") and None

    def preview(user: User) -> Callable[[], None]:
        user.ask("GET", f"/api/items/{user.item}/preview/view")
        return user.edit  # the next one is of another version

    acts: dict[str, Callable[[User], Any]] = {
        "claim": claim,
        "preview": preview,
        "page": lambda user: user.ask("GET", f"/batches/{large}") and None,
        "home": lambda user: user.ask("GET", "/") and None,
    }
    with served() as (port, server), ExitStack() as lines:
        users = [User(port, f"person{number}") for number in range(USERS)]
        for user in users:
            lines.callback(user.line.close)
        for user, item in zip(users, items.values(), strict=True):
            user.take(item)
        for name, act in acts.items():
            for user in users[:1]:
                after = act(user)
                if after:
                    after()
            before = server.cpu_times()
            benchmark.extra_info[f"{name} every second"] = spent(users, act, 1.0)
            after_all = server.cpu_times()
            used = after_all.user + after_all.system - before.user - before.system
            benchmark.extra_info[f"{name} server"] = round(used * 1000 / (USERS * ROUNDS), 1)
            benchmark.extra_info[f"{name} at the same moment"] = spent(users, act, 0)
        benchmark.extra_info["claim alone"] = spent(users[:1], claim, 0)
        benchmark.extra_info["preview alone"] = spent(users[:1], acts["preview"], 0)
        benchmark.extra_info["page alone"] = spent(users[:1], acts["page"], 0)
        benchmark.pedantic(claim, args=(users[0],), rounds=1)
