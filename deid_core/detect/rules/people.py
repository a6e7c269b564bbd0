"""Which words of a candidate can be a name; trims and columns ask."""

from __future__ import annotations

import re
from functools import lru_cache

from deid_core.detect.rules.words import CREDENTIALS, PARTICLES, ambiguous, never_names, words

NAME_WORD = re.compile(r"(?:[^\W\d_]\.-?)+|\w[\w\u0300-\u036f'\u2019\u02bc`\-]*\w|\w")
PLACEHOLDERS = frozenset(["I", "X", "Y", "Z", "XX", "XXX", "XYZ", "ABC", "ABCD"])
CONTRACTIONS = frozenset(["ll", "re", "ve", "d", "m", "s", "t", "em"])
GENERATION = frozenset({"jr", "sr", "ii", "iii", "iv"})
REMEMBERED = 4096  # candidates: a note says whom it is about again and again


def is_common(word: str) -> bool:
    """Say whether a word is never a name; halves of a hyphened one both count, so `follow-up` does."""
    low = word.lower().replace("\u2019", "'")
    if low in never_names() or low.endswith("n't"):
        return True
    if low.isalpha():
        return False
    halves = re.split(r"['\-]", low)
    return len(halves) > 1 and all(half in never_names() or half in CONTRACTIONS or len(half) < 2 for half in halves)


def is_ambiguous(name: str) -> bool:
    """Say whether a word is a name after a title only; a hyphened one by its halves, as in `Non-Hodgkin`."""
    parts = re.split(r"['\u2019\-]", name.lower()) if not name.isalpha() else [name.lower()]
    return all(part in ambiguous() or part in never_names() or len(part) < 2 for part in parts)


@lru_cache(maxsize=REMEMBERED)
def called(said: str, length: int) -> tuple[int, int] | None:
    """Return where the words stand that can be a name, of a candidate with the character behind it."""
    kept = _run(said, 0, length)
    real = [word[0] for word in kept if word[0].lower() not in PARTICLES]
    if all(word.isupper() and word.replace(".", "").lower() in words("labels") for word in real):
        return None
    if not real or (len(real) == 1 and (real[0].rstrip(".") in PLACEHOLDERS or real[0].lower() in GENERATION)):
        return None
    return kept[0].start(), kept[-1].end()


def _run(text: str, start: int, end: int) -> list[re.Match[str]]:
    """Return the words of a candidate up to the first that is common, a label or holds a digit."""
    kept: list[re.Match[str]] = []
    for word in NAME_WORD.finditer(text, start, end):
        value, stop = word[0].rstrip("."), word.end()
        low, after = value.lower(), text[stop : stop + 1]
        known = low in PARTICLES
        if kept and (low in GENERATION or (known and text[word.start()].islower())):
            kept.append(word)
            continue
        particle = known and not kept and after in {" ", "."} and stop < end
        numbered = not value.isalpha() and any(char.isdigit() or char == "_" for char in value)
        if numbered or after == "#" or (after == ":" and kept):
            break
        if kept and value.isupper() and value.replace(".", "").lower() in CREDENTIALS:
            break
        if not particle and len(value) > 1 and is_common(value):
            break
        kept.append(word)
    while kept and (kept[-1].group().lower() in PARTICLES and kept[-1].group().islower()):
        kept.pop()
    return kept
