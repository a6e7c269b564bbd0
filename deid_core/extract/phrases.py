"""Tell captions by how they are written: as a phrase, as a table of settings, as what a maker makes. No name is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deid_core.detect.word_lists import load_lists
from deid_core.extract.borne import is_borne
from deid_core.extract.vocabulary import vocabulary
from deid_core.extract.wordlike import is_wordlike

EDGE = " .,:;()[]=*-+"
SMALL, SHORT = 2, 4  # letters of a small word at least, and of a name, but for the shortest
PAIRS = 2  # settings with their values, from which on they are a table
NAMED = re.compile(r"[^\W\d_]{1,3}[:=]?")
NUMBERED = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{1,2})?[^\W\d_%°]{0,2}[%°]?")
COINED = re.compile(r"[ac-ln-z][A-Z][a-z]\w+|[A-Z]?[a-z]{2,}[A-Z]{2,4}|[A-Z]?[a-z]{2,}(?:[A-Z][a-z]+)+")
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
BEFORE = re.compile(r"(?:Mac|Mc|De|De[lrn]|La|Le|Lo|Van|Von|Di|Da|Du|Dos|Fitz|Saint|San|Ben|Abu|Al|El|Mb|Ma)(?=[A-Z])")


def is_phrase(words: Sequence[str]) -> bool:
    """Say whether small words follow a first one that nobody is known to be called by: `Rene destro`, `Harm mid`.

    Not where one of them is a name's particle, a label of a person or a sex, is on the lists of names alone, or where
    a word in capitals or with one may be a rare surname.
    """
    bare = [word.strip(EDGE) for word in words if word.strip(EDGE)]
    small = [word for word in bare[1:] if len(word) >= SMALL and word.isalpha() and word.islower()]
    if not small or not all(word.isalpha() for word in bare):
        return False
    held = vocabulary()
    if any(word.lower() in held.people or word.lower() in held.particles for word in bare):
        return False
    first, *rest = bare
    known = first.lower() in (held.words | held.beside) - held.namesakes and not is_borne(first.lower())
    told = all(_is_told(word) or _is_rare(word) or (known and not load_lists().on(word.lower())[0]) for word in small)
    behind = any(word in held.words or word in held.beside for word in small) and _is_rare(first)
    return (
        told
        and not any(map(_may_be_called, (word for word in rest if word not in small)))
        and (behind or not _may_be_called(first))
    )


def _is_rare(word: str) -> bool:
    """Say whether a word is on the lists of names, and nobody is called so today."""
    return load_lists().on(word.lower())[0] and not is_borne(word.lower())


def is_table(words: Sequence[str]) -> bool:
    """Say whether short names and their values take turns, twice at least: `BG 18 BD 70`.

    Not where one of the names is a month, a label of a person or on the lists of names alone.
    """
    names, values = words[::2], words[1::2]
    held = vocabulary()
    if len(names) != len(values) or len(values) < PAIRS or not all(map(NAMED.fullmatch, names)):
        return False
    bare = [name.strip(EDGE).lower() for name in names]
    if any(name in held.people or name in held.months or _is_called(name) for name in bare):
        return False
    return all(map(NUMBERED.fullmatch, values))


def humps(text: str) -> str:
    """Return a text with the words apart that are written together with capitals: `AbdRoutine`, not `McNeil`."""
    return " ".join(word if BEFORE.match(word) else HUMP.sub(" ", word) for word in text.split())


def is_coined(word: str) -> bool:
    """Say whether a word is written as makers write what they make: `eSie`, `ClarityIQ`, `AbdRoutine`.

    Of two words that are written together with capitals neither may be a name, and one is listed.
    """
    if not COINED.fullmatch(word) or BEFORE.match(word):
        return False
    held, parts = vocabulary(), [part.lower() for part in HUMP.split(word)]
    if (
        any(map(_is_called, parts if word[0].isupper() else (word,)))
        or word.lower() in held.people
        or parts[-1] in held.people
    ):
        return False
    if not word[0].islower() and word[-1].islower():
        told = all(_is_told(part) or is_wordlike(part, rather=True) for part in parts)
        return told and any(part in held.words for part in parts)
    return True


def _is_told(word: str) -> bool:
    """Say whether a word is about the picture, plain or too short to call somebody by."""
    held, low = vocabulary(), word.lower()
    name, safe = load_lists().on(low)
    listed = low in held.words or low in held.beside
    return listed or (not name and (safe or len(low) <= SMALL))


def _is_called(word: str) -> bool:
    """Say whether a word is on the lists of people's names, and neither on that of plain words nor on ours."""
    held, low = vocabulary(), word.lower()
    name, safe = load_lists().on(low)
    if low in held.namesakes:
        return True
    return name and not safe and low not in held.words and low not in held.seldom and low not in held.beside


def _may_be_called(word: str) -> bool:
    """Say whether somebody may be called so: it is on the lists of names, or no short one and on none."""
    held, low = vocabulary(), word.lower()
    if low in held.words or low in held.beside:
        return False
    name, safe = load_lists().on(low)
    return name or not (safe or len(low) < SHORT)
