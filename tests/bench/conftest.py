"""After the table of times: the figures that each benchmark kept, which are what the bars ask for."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    """Print every benchmark's `extra_info`."""
    session = getattr(config, "_benchmarksession", None)
    kept = [(bench.name, bench.extra_info) for bench in session.benchmarks if bench.extra_info] if session else []
    if kept:
        terminalreporter.section("figures")
    for name, info in kept:
        terminalreporter.write_line(f"{name}: " + ", ".join(f"{key} {value}" for key, value in info.items()))
