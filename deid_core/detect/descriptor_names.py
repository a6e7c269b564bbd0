"""Find names and institutions in DICOM descriptors by their shape: glued to a title, before PROTOCOL, in brackets.

A descriptor is words of the trade in a row, often in capitals and joined by signs: a model of language sees no name in
`DrPatel-Shoulder`, and no institution in `LAKESHORE RADIOLOGY ASSOC`. What is found here scores below what is then
known of the subject: it is somebody's, not surely the patient's.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files

from deid_core.detect.rules.words import never_names, words
from deid_core.detect.word_lists import load_lists
from deid_core.entities import EntityType
from deid_core.extract.descriptors import is_listed, is_shortened, is_word
from deid_core.model import Span

SCORE = 0.8
LONGEST = 200  # code points: longer texts are sentences
LONG = 6  # letters of a word that no list knows, before PROTOCOL
SHORTEST, SHORTEST_GLUED = 3, 5  # letters of a surname after a title, and of one written together with other words
BEFORE = 4  # words of an institution's name before what it does
_NAME = r"[^\W\d_](?:[^\W\d_]|['\u2019](?=[^\W\d_]))+"
_TITLED = re.compile(rf"(?<![^\W\d_])(?P<title>Dr|DR|dr|Prof|PROF|prof)(?P<name>{_NAME})")
_PROTOCOL = re.compile(
    rf"(?P<before>{_NAME})(?:'s|\u2019s)?[\s_-]+(?:protocol|prot)(?![^\W\d_])"
    rf"|(?<![^\W\d_])(?:protocol|prot)[\s_:-]+(?P<after>{_NAME})",
    re.IGNORECASE,
)
_BRACKETED = re.compile(rf"[(\[{{]\s*(?P<name>{_NAME}(?:[ ,^-]+{_NAME})?)\s*[)\]}}]")
_INITIALLED = re.compile(r"(?<![^\W_])[A-Z](?P<name>[A-Z]{5,})(?![^\W_])")  # JSMITHERS
_TOKEN = re.compile(r"[^\W_]+(?:[-_][^\W_]+)*")
_PIECE = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"[A-Z][a-z'\u2019]+|[A-Z]+(?![a-z])|[^\W\d_A-Z]+")
_RUN = re.compile(r"[^\W\d_][\w'\u2019.]*(?:(?: & |[ -])[^\W\d_][\w'\u2019.]*)+")
_WORD = re.compile(r"[^\W\d_][\w'\u2019]*")


@lru_cache(maxsize=4096)  # a series' descriptors come again in every slice
def names_in(text: str) -> tuple[Span, ...]:
    """Return what is somebody's name, or an institution's, by its shape in a descriptor; spans may overlap."""
    return tuple(_names_in(text)) if len(text) <= LONGEST else ()


def _names_in(text: str) -> Iterator[Span]:
    yield from _titled(text)
    for match in _PROTOCOL.finditer(text):
        group = match.lastgroup or "before"
        if _is_surname(match[group]) or (group == "before" and _is_unknown(match[group])):
            yield _name(*match.span(group), "protocol")
    for match in _BRACKETED.finditer(text):
        if all(map(_is_surname, _PIECE.findall(match["name"]))):
            yield _name(*match.span("name"), "bracketed")
    yield from _glued(text)
    for match in _INITIALLED.finditer(text):
        if is_listed(low := match["name"].lower()) and not _is_plain(low) and not _is_plain(match[0].lower()):
            yield _name(*match.span(), "initialled")
    yield from _institutions(text)


def _titled(text: str) -> Iterator[Span]:
    """Yield names that a title is written together with: `DrQuintanilla_Knee`, `PROFWEIDENBACH`."""
    for match in _TITLED.finditer(text):
        title, name = match["title"], match["name"]
        whole, low = (title + name).lower(), name.lower()
        apart = title.istitle() and name[:1].isupper()  # DrPatel
        known = is_listed(low) and not _is_plain(whole)  # drpatel, DRPATEL
        if len(name) >= SHORTEST and not is_word(low) and (apart or known):
            yield _name(*match.span("name"), "titled")


def _glued(text: str) -> Iterator[Span]:
    """Yield a listed surname that is joined to words of the trade by signs or capitals: `MR-BRAIN-Lindqvist`."""
    for token in _TOKEN.finditer(text):
        pieces = [
            (token.start() + piece.start() + part.start(), part[0])
            for piece in _PIECE.finditer(token[0])
            for part in _CAMEL.finditer(piece[0])
        ]
        if len(pieces) < 2 or not any(is_word(part.lower()) for _, part in pieces):
            continue
        eponyms = [part.lower() in words("eponym_words") for _, part in pieces]
        for at, (start, part) in enumerate(pieces):
            paired = eponyms[at] and any(eponyms[max(at - 1, 0) : at] + eponyms[at + 1 : at + 2])  # Hill-Sachs
            if len(part) >= SHORTEST_GLUED and part[:1].isupper() and _is_surname(part) and not paired:
                yield _name(start, start + len(part), "glued")


def _institutions(text: str) -> Iterator[Span]:
    """Yield runs of words that end as an institution's name does: `LAKESHORE RADIOLOGY ASSOC`.

    One of its words says what it does, or its end is of companies alone; before these stand words that no study is
    described by.
    """
    for run in _RUN.finditer(text):
        held = list(_WORD.finditer(text, run.start(), run.end()))
        low = [word[0].lower() for word in held]
        for end in (at for at in range(1, len(held)) if low[at] in _called("ends")):
            first = _first_of(low, end)
            if first < end and not all(map(is_word, low[first:end])):
                yield Span(held[first].start(), held[end].end(), EntityType.FACILITY, SCORE, "descriptor_institution")


def _first_of(low: list[str], end: int) -> int:
    """Return where an institution's name begins that ends with a word; that word's own place where none does."""
    at = end
    while at > 0 and (low[at - 1] in _called("does") or low[at - 1] in _called("ends")):
        at -= 1
    if at == end and low[end] not in _called("alone"):
        return end
    first = at
    while first > 0 and at - first < BEFORE and _names_places(low[first - 1]):
        first -= 1
    return first if first < at else end


def _names_places(word: str) -> bool:
    """Say whether a word may be of an institution's own name: one that is not of the trade, or a name as well."""
    return word in _called("places") or not is_word(word)


def _is_surname(word: str) -> bool:
    """Say whether a word is on the lists of names, and is no word of the trade, of medicine or of the language."""
    low = word.lower()
    return len(low) > SHORTEST and is_listed(low) and not _is_plain(low)


def _is_unknown(word: str) -> bool:
    """Say whether a long word is on no list whatever, nor a part of a word of the trade."""
    low = word.lower()
    return len(low) >= LONG and word[:1].isupper() and not _is_plain(low) and not is_shortened(low)


def _is_plain(low: str) -> bool:
    if is_word(low) or low in never_names() or low in words("eponyms", "drugs", "devices"):
        return True
    return load_lists().on(low)[1] or (is_shortened(low) and not is_listed(low))


def _name(start: int, end: int, rule: str) -> Span:
    return Span(start, end, EntityType.NAME, SCORE, f"descriptor_{rule}")


@cache
def _called(what: str) -> frozenset[str]:
    """Return a list of words of which institutions' names are made."""
    text = files("deid_core.standards").joinpath("descriptor_institutions.toml").read_text("utf-8")
    return frozenset(tomllib.loads(text)[what].split())
