"""The forms in which a known person's name can stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from deid_core.detect.rules.fold import spellings
from deid_core.detect.rules.words import CREDENTIALS, PARTICLES, ambiguous, never_names

SEPARATORS = re.compile(r"[\s,^=._/\-]+")
TITLES = frozenset(
    ["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "rev", "jr", "sr", "ii", "iii", "iv", "md", "phd", "rn"]
)
GAP = r"[\s,.^_\-']{0,6}"
LONGEST_PART = 60
SHORTEST_ALONE = 3
SHORTEST_GLUED = 7


# what parts the words of a name: all signs but ' ` . and -, and a digit between two words, where a sign was damaged
BETWEEN = re.compile(r"[\s\x00-&(-,/:-@\[-_{-\x7f]+|(?<=[^\W\d_]{2})\d(?=[^\W\d_]{2})")


@dataclass(frozen=True, slots=True)
class PersonName:
    """Hold the parts of a name; hidden from repr."""

    family: tuple[str, ...] = field(repr=False)
    given: tuple[str, ...] = field(repr=False)


def parse_name(value: str) -> PersonName:
    """Read a name as DICOM (`DOE^JOHN^A`), `Doe, John A` or `John A. Doe`, without titles."""
    value = value.split("=", 1)[0]
    if "^" in value:
        family, _, rest = value.partition("^")
        given = " ".join(rest.split("^")[:2])
    elif "," in value:
        family, _, given = value.partition(",")
    else:
        parts = _parts(value)
        first = next((place for place, part in enumerate(parts) if place and part.lower() in PARTICLES), len(parts) - 1)
        return PersonName(tuple(parts[first:]), tuple(parts[:first]))
    return PersonName(tuple(_parts(family)), tuple(_parts(given)))


def _parts(text: str) -> list[str]:
    """Return the words of a name and the halves of hyphened ones, without titles unless there is nothing else."""
    words = [word for word in BETWEEN.split(text) if word]
    words = [word for word in words if word.lower().strip(".") not in TITLES] or words
    return [part[:LONGEST_PART] for word in words for part in SEPARATORS.split(word) if part]


def _any(word: str) -> str:
    forms = (re.escape(spelling).replace("'", "['\\s]?") for spelling in spellings(word))
    return "(?:" + "|".join(forms) + ")"


def sequences(name: PersonName) -> list[tuple[str, float, bool]]:
    """Return patterns over folded text of a name's parts together: each with its score, and whether it has an initial.

    Each is bounded: every gap and every part has a longest length.
    """
    if not name.family or not name.given:
        return []
    family = GAP.join(map(_any, name.family))
    first, rest = name.given[0], name.given[1:]
    middle = "".join(f"(?:{GAP}(?:{_any(part)}|{_initial(part)}))?" for part in rest) or rf"(?:{GAP}\b[a-z]\b\.?)?"
    patterns = [
        (f"{_any(first)}{middle}{GAP}{family}", 0.98, False),
        (f"{family}{GAP}{_any(first)}{middle}", 0.98, False),
    ]
    if len("".join(name.family)) >= SHORTEST_ALONE:
        short_middle = "".join(rf"(?:{GAP}{_initial(part)})?" for part in rest) or r"(?:[\s.]{0,2}\b[a-z]\b\.?)?"
        patterns.append((f"{_initial(first)}{short_middle}{GAP}{family}", 0.92, True))
        patterns.append((rf"{family}[\s,^]{{1,3}}{_initial(first)}(?:\.?[\s]?[a-z](?![a-z]))?\.?", 0.92, True))
    return patterns


def glued(name: PersonName) -> list[str]:
    """Return patterns over folded text of the first given name and the family name written as one, either way round.

    Parts of three letters and seven together are no part of another word.
    """
    first, family = "".join(name.given[:1]), "".join(name.family)
    if min(len(first), len(family)) < SHORTEST_ALONE or len(first) + len(family) < SHORTEST_GLUED:
        return []
    spelt = "".join(map(_any, name.family))
    return [_any(first) + spelt, spelt + _any(first)]


def _initial(word: str) -> str:
    return "(?:" + "|".join(dict.fromkeys(re.escape(spelling[0]) for spelling in spellings(word))) + r")\.?"


def words_alone(name: PersonName) -> dict[str, bool]:
    """Map each folded word that identifies on its own to whether it must be told from a common word."""
    alone: dict[str, bool] = {}
    for word in (*name.family, *name.given):
        if len(word) < SHORTEST_ALONE or word.lower() in PARTICLES or word.lower() in CREDENTIALS:
            continue
        for spelling in {form for whole in spellings(word) for form in (whole, whole.replace("'", ""))}:
            if len(spelling) >= SHORTEST_ALONE:
                alone[spelling] = is_common(word)
    joined = "".join(part.lower() for part in name.family)
    if len(name.family) > 1:
        alone[joined] = False
    return alone


def is_common(word: str) -> bool:
    """Say whether a word is more than a name: an English or clinical word, or an eponym."""
    return word.lower() in ambiguous() or word.lower() in never_names()


def one_off(word: str) -> set[str]:
    """Return a word and what is left of it without any one of its letters: two words one letter apart share one."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def misspelt(word: str, known: Iterable[str]) -> bool:
    """Say whether a word is a known one with a letter too many, too few, wrong, or two swapped."""
    return any(_one_apart(word, other) for other in known)


def _one_apart(first: str, second: str) -> bool:
    if abs(len(first) - len(second)) > 1:
        return False
    start = next(
        (place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    one, other = first[start:], second[start:]
    return (
        one[1:] == other[1:]
        or one[1:] == other
        or one == other[1:]
        or (one[1::-1] == other[:2] and one[2:] == other[2:])
    )
