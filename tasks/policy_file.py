"""A policy written as the TOML file that it could have been read from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from deid_core.policy import Policy

BARE = re.compile(r"[A-Za-z0-9_-]+")


def written(policy: Policy) -> str:
    """Return a policy as TOML, every field said, so that no later default changes what it means."""
    return "\n".join(_table((), policy.model_dump(mode="json"))) + "\n"


def _table(path: tuple[str, ...], held: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table's lines: its own values first, since what stands below another table's head is that one's."""
    plain = {name: value for name, value in held.items() if not isinstance(value, dict) and not _is_tables(value)}
    if path and (plain or not held):
        yield f"\n[{_dotted(path)}]"
    for name, value in plain.items():
        yield f"{_key(name)} = {_value(value)}"
    for name, value in held.items():
        if isinstance(value, dict):
            yield from _table((*path, name), value)
        elif _is_tables(value):
            for one in value:
                yield f"\n[[{_dotted((*path, name))}]]"
                yield from (f"{_key(field)} = {_value(item)}" for field, item in one.items())


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)} = {_value(held)}" for name, held in value.items()) + "}"
    # TOML's strings, numbers and booleans are JSON's, but for one control that JSON leaves as it is
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(map(_key, path))


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _value(name)
