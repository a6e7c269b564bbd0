"""PostgreSQL for those that need it; after the table of times the figures that each kept, which the bars ask for."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

_spec = spec_from_file_location("servers", Path(__file__).parents[1] / "integration" / "conftest.py")
assert _spec
assert _spec.loader
_servers = module_from_spec(_spec)
_spec.loader.exec_module(_servers)
postgres_server, postgres_url = _servers.postgres_server, _servers.postgres_url  # as the integration tests have them


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    """Print every benchmark's `extra_info`."""
    session = getattr(config, "_benchmarksession", None)
    kept = [(bench.name, bench.extra_info) for bench in session.benchmarks if bench.extra_info] if session else []
    if kept:
        terminalreporter.section("figures")
    for name, info in kept:
        terminalreporter.write_line(f"{name}: " + ", ".join(f"{key} {value}" for key, value in info.items()))
