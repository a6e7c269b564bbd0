"""A language is one folder: `language.toml`, tables of rules, lists of words, names of countries, and a model.

A policy names it (`language = "es"`); the detectors that read text ask here where its files lie. English came first and
its files lie beside the detectors: its `language.toml` says where.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from deid_core.errors import PolicyError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

DEFAULT = "en"
PLACES = {"rules": "rules", "words": "words", "places": "places.toml", "model": "model"}


@dataclass(frozen=True, slots=True)
class Language:
    """Hold what `language.toml` says, and where the files of the language lie.

    `tables` are tried in their order; `shared` names English rules that hold in it too. `models` are the detectors that
    can read it, the default first, none where rules are all there is. `cues` stand before a person; one word called a
    name without one scores lower.
    """

    code: str
    title: str
    tables: tuple[str, ...]
    shared: frozenset[str]
    models: tuple[str, ...]
    cues: tuple[str, ...]
    rules: Traversable = field(repr=False)
    words: Traversable = field(repr=False)
    places: Traversable = field(repr=False)
    model: Traversable = field(repr=False)


@cache
def codes() -> tuple[str, ...]:
    """List the languages that come with the package."""
    return tuple(sorted(path.name for path in files(__name__).iterdir() if path.joinpath("language.toml").is_file()))


@cache
def language(code: str) -> Language:
    """Return a language by its code; raise PolicyError for one that is not here."""
    if code not in codes():
        raise PolicyError(f"no language is named {code!r}; there are: {', '.join(codes())}")
    folder = files(__name__).joinpath(code)
    held: dict[str, Any] = tomllib.loads(folder.joinpath("language.toml").read_text("utf-8"))
    elsewhere: dict[str, str] = held.get("elsewhere", {})
    at = {
        what: files("deid_core").joinpath(*elsewhere[what].split("/")) if what in elsewhere else folder.joinpath(own)
        for what, own in PLACES.items()
    }
    tables, shared = tuple(held["tables"]), frozenset(held.get("shared", ()))
    return Language(code, held["title"], tables, shared, tuple(held["models"]), tuple(held["cues"]), **at)


@cache
def values(code: str) -> dict[str, Any]:
    """Return a language's words of dates and ages, for operators; empty for one whose operators need none."""
    path = files(__name__).joinpath(code, "values.toml")
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def all_models() -> frozenset[str]:
    """Return every detector that is a model of some language."""
    return frozenset(model for code in codes() for model in language(code).models)


def default_detectors(code: str) -> tuple[str, ...]:
    """Return the detectors of a policy that names none: those of structure, rules and pixels, and the best model.

    For a language that is not here, those of English: the policy is refused by its language then.
    """
    return (
        *("columns", "dicom_tags", "image_metadata", "patterns", "known_values"),
        *language(code if code in codes() else DEFAULT).models[:1],
        *("barcodes", "slide_labels"),
        *("faces", "head_scans"),  # 45 CFR 164.514(b)(2)(i)(Q) and (e)(2)(xvi)
    )
