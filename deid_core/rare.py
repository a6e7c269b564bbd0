"""Rare conditions in a document: few people have one, so its name alone narrows down who it is about.

By the table `standards/rare_conditions.toml`. What is denied, or a relative's, counts too: a person is asked, no more.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from unicodedata import combining, normalize

from deid_core.extract.text import cell_text
from deid_core.ingest.records import leaves
from deid_core.model import Document, PartKind
from deid_core.policy import Policy
from deid_core.search import views
from deid_core.standards.columns import plain

_WORD = re.compile(r"[a-z0-9]+")
_OWNED = re.compile(r"['\u2019]s\b")
# with a dot it is a code wherever it stands; of three characters only after the word ICD, or in a column of codes
_CODE = re.compile(r"(?<![A-Za-z0-9.])[A-TV-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4}(?![A-Za-z0-9])")
_NAMED = re.compile(r"\bICD[^A-Z\n]{0,12}([A-TV-Z]\d[0-9A-Z])(?![A-Za-z0-9.])")
_CODED = re.compile(r"[A-TV-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?")
_COLUMN = re.compile(r"(?:^|_)(?:icd|icd10|icd10cm|dx|diag|diagnosis|diagnoses|condition|problem)(?:_|\d|$)")


def rare_conditions(document: Document, policy: Policy) -> int:
    """Return how many conditions of the table a document's texts, cells and elements name, by words or by ICD-10."""
    found: set[int] = set()
    for text, source in _texts(document, policy):
        found.update(_by_name(text), _by_code(text, source))
    return len(found)


def _texts(document: Document, policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield each text with the column that it stands in; cells that the policy keeps, too."""
    for view in views(document, policy, (PartKind.TEXT, PartKind.DATASET)):
        yield view.text, ""
    for part in document.parts:
        if part.kind is PartKind.RECORD:
            for column, value in leaves(part.value):
                yield cell_text(value), column


def _by_name(text: str) -> Iterator[int]:
    words = _words(text)
    known, _ = _table()
    for place, word in enumerate(words):
        for term, number in known.get(word, ()):
            if words[place : place + len(term)] == term:
                yield number


def _by_code(text: str, column: str) -> Iterator[int]:
    if not text[:1]:
        return
    if column and _COLUMN.search(plain(column)):
        codes = [one for one in re.split(r"[\s,;|]+", text.upper()) if _CODED.fullmatch(one)]
    else:
        codes = [*_CODE.findall(text), *_NAMED.findall(text)]
    _, known = _table()
    for code in codes:
        bare = code.replace(".", "")
        yield from (known[bare[:size]] for size in range(3, len(bare) + 1) if bare[:size] in known)


def _words(text: str) -> list[str]:
    """Return a text's words in lower case, without accents and without the 's of a name."""
    folded = text.casefold()
    if not folded.isascii():
        folded = "".join(char for char in normalize("NFKD", folded) if not combining(char))
    return _WORD.findall(_OWNED.sub("", folded))


@cache
def _table() -> tuple[Mapping[str, list[tuple[list[str], int]]], Mapping[str, int]]:
    """Return the terms by their first word, and the codes without a dot; each leads to its condition's number."""
    data = tomllib.loads(files("deid_core.standards").joinpath("rare_conditions.toml").read_text("utf-8"))
    terms: dict[str, list[tuple[list[str], int]]] = {}
    codes: dict[str, int] = {}
    for number, condition in enumerate(data["conditions"]):
        for term in condition["terms"]:
            words = _words(term)
            terms.setdefault(words[0], []).append((words, number))
        codes.update((code.replace(".", ""), number) for code in condition["codes"])
    return terms, codes
