"""Tell whoever listens in this process how far a stage is."""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[str, int, int], None]
listeners: list[Listener] = []
run_ids: list[str] = []  # of the runs that began in this process, the last one last


def report(stage: str, done: int = 0, expected: int = 0) -> None:
    """Say that `done` more assets finished a stage, or that `expected` more are to come."""
    for listener in listeners:
        listener(stage, done, expected)
