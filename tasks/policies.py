"""Policies that people save from the review pages: versions in the workspace, added and never changed.

They may list names that are always identifiers, so they lie where the sources' addresses do and in no column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from deid_core.errors import IntegrityError, PolicyError, Quarantine, UsageError
from deid_core.policy import Policy, load_policy, parse_policy, shipped
from deid_core.standards import ps3_15
from infra.database import timestamp
from infra.objects import ObjectStore
from tasks.policy_file import written

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
LIMIT = 2**20  # bytes of one
HEAD = re.compile(r"# saved by (?P<who>\S+) at (?P<at>\S+)\n")


@dataclass(frozen=True, slots=True)
class Saved:
    """Hold one version of a policy, from 1, and who saved it when; 0 and nobody for what comes with the package."""

    name: str
    number: int
    who: str
    at: str
    policy: Policy


def named(store: ObjectStore, name: str) -> Policy:
    """Return a shipped policy, one of a .toml file, a saved one's last version, or an older one by `name@number`.

    Raises PolicyError where there is none or it does not hold.
    """
    base, _, number = name.partition("@")
    if name in shipped() or name.endswith(".toml") or not NAME.fullmatch(base):
        return load_policy(name)
    if number and not re.fullmatch(r"[1-9][0-9]{0,5}", number):
        raise PolicyError("a version of a saved policy is named by its number: name@3")
    wanted = int(number) if number else last(store, base)
    return version(store, base, wanted).policy if wanted else load_policy(name)


def names(store: ObjectStore) -> list[str]:
    """Return the names of saved policies."""
    return sorted({info.key.split("/")[1] for info in store.list("policies/")})


def last(store: ObjectStore, name: str) -> int:
    """Return the number of a policy's last version; 0 where it was never saved."""
    return max(_numbers(store, name), default=0)


def version(store: ObjectStore, name: str, number: int) -> Saved:
    """Return one version of a saved policy; raise PolicyError where there is none."""
    try:
        text = store.get(_key(name, number), LIMIT).decode()
    except (Quarantine, UnicodeDecodeError):
        raise PolicyError("there is no such version of a saved policy") from None
    head = HEAD.match(text)
    who, at = (head["who"], head["at"]) if head else ("", "")
    return Saved(name, number, who, at, parse_policy(text))


def versions(store: ObjectStore, name: str) -> Iterator[Saved]:
    """Yield a saved policy's versions, the last first."""
    for number in sorted(_numbers(store, name), reverse=True):
        yield version(store, name, number)


def checked(name: str, fields: Mapping[str, Any], number: int) -> Policy:
    """Return the policy of those fields; raise PolicyError with each field that does not hold and why.

    What was typed is not repeated: lists of words can hold a patient's name.
    """
    if not NAME.fullmatch(name) or name in shipped():
        raise PolicyError(
            "a policy's name is its own: small letters, digits and _; those that are shipped never change"
        )
    try:
        held = Policy.model_validate({**fields, "name": name, "version": str(number)})
    except ValidationError as error:
        lines = (".".join(map(str, one["loc"])) + ": " + one["msg"] for one in error.errors(include_input=False))
        raise PolicyError("the policy does not hold:\n" + "\n".join(lines)) from None
    ps3_15.check_options(held.dicom.options)
    return held


def save(store: ObjectStore, name: str, fields: Mapping[str, Any], expected: int, who: str) -> Saved:
    """Save a policy as its next version and return it; the last one where nothing changed.

    `expected` is the version that was seen. Raises PolicyError where the fields do not hold, Outdated where another
    version came between.
    """
    policy = checked(name, fields, expected + 1)
    if last(store, name) != expected:
        raise Outdated("somebody saved this policy meanwhile: load the page again")
    if expected:
        before = version(store, name, expected)
        if before.policy.model_copy(update={"version": policy.version}).sha256 == policy.sha256:
            return before
    held = Saved(name, expected + 1, who, timestamp(), policy)
    text = f"# saved by {who} at {held.at}\n{written(policy)}"
    if parse_policy(text).sha256 != policy.sha256:
        raise PolicyError("the policy cannot be written as a file")
    try:
        store.put(_key(name, expected + 1), text.encode())
    except IntegrityError:
        raise Outdated("somebody saved this policy meanwhile: load the page again") from None
    return held


class Outdated(UsageError):
    """Report a policy that somebody else saved since it was looked at."""


def _numbers(store: ObjectStore, name: str) -> Iterator[int]:
    for info in store.list(f"policies/{name}/"):
        number = info.key.rpartition("/")[2].removesuffix(".toml")
        if number.isdecimal():
            yield int(number)


def _key(name: str, number: int) -> str:
    return f"policies/{name}/{number:06d}.toml"
