"""Tell text about the picture (gain, depth, side, maker) from text that may be about the person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from deid_core.detect.word_lists import load_lists
from deid_core.extract.phrases import humps, is_table
from deid_core.extract.vocabulary import ROUGH, misread, vocabulary

EDGE = " .,:;()[]=*-+"
SPAN = 5  # words at most that are one expression: "Siemens Medical Solutions USA Inc"
SIDES, VIEWS = ("lt", "rt", "l", "r"), ("trv", "sag", "obl", "ap", "pa", "lat")
SHORTEST_RUN, LONGEST_RUN, PIECE = 6, 40, 3  # letters
AXES = frozenset("lraphfsixyzmt+-")  # letters of sides, ends, axes and modes
NAME = 3  # letters from which a word may be on a list of names
SEEN = 4096  # expressions that are remembered: overlays repeat
TELEPHONE, DECIMAL = 7, re.compile(r"\d[.,]\d")  # digits at least; what a number on a scale may be
SIGNS = re.compile(r"[\W_]+")
ATOM = re.compile(r"[^\W\d_]+(?:'[^\W\d_])?|\d+(?:[.,]\d+)?")
DATED = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|\d:\d\d|\d\.\d+\.\d")
DIGITS, BARE, HELD = 4, 3, 9  # of a whole number at most; of one that says nothing; of a caption in all
TAKEN = (  # what OCR takes for another sign: letters among digits, digits among letters
    (re.compile(r"(?<=[\d.,])[oOQD](?=[\d.,]|\b)|\b[oO](?=[.,]\d)"), "0"),
    (re.compile(r"(?<=[\d.,])[lI|!](?=[\d.,]|\b)|\b[lI|](?=[.,]?\d)"), "1"),
    (re.compile(r"(?<=[\d.,])[S](?=[\d.,])"), "5"),
    (re.compile(r"(?<=[^\W\d_])0(?=[^\W\d_]{2})"), "o"),
    (re.compile(r"(?<=[^\W\d_])1(?=[^\W\d_]{2})"), "i"),
    (re.compile(r"(?<=[^\W\d_])5(?=[^\W\d_]{2})"), "s"),
)


def is_technical(words: Sequence[str]) -> bool:
    """Say whether a line, of one word or more, is made of nothing but words and expressions about the picture."""
    if not words or _may_be_a_number(words) or may_be_a_person(words):
        return False
    return _is_made_of_words(words) or is_table(words) or any(map(_is_made_of_atoms, _meant(" ".join(words))))


def is_plain(words: Sequence[str]) -> bool:
    """Say whether a caption is about the picture by itself, whoever is named beside it: `LT KIDNEY`, `FR 31 Hz`.

    A number alone is not, nor a side, nor a field's label.
    """
    text = " ".join(words)
    return _tells(text) and is_technical(words)


def _tells(text: str) -> bool:
    """Say whether a text has a longer word in it, an amount with its unit, or a number with its name before it."""
    held, lowered = vocabulary(), text.lower()
    atoms = ATOM.findall(lowered)
    if any(len(atom) >= NAME and atom.isalpha() and atom not in held.namesakes for atom in atoms):
        return True
    named = len(atoms) > 1 and atoms[0] in held.quantities and atoms[1][0].isdigit()
    named = named or (len(atoms) > 1 and atoms[0].isalpha() and DECIMAL.search(text) is not None)
    return named or lowered.startswith("ax ") or any(one.fullmatch(lowered) for one in (held.measured, held.amounts))


def _is_made_of_words(words: Sequence[str]) -> bool:
    ends = {0}
    for end in range(1, len(words) + 1):
        if any(start in ends and is_word(" ".join(words[start:end])) for start in range(max(end - SPAN, 0), end)):
            ends.add(end)
    return len(words) in ends


def _may_be_a_number(words: Sequence[str]) -> bool:
    """Say whether a line without a letter holds as many digits as a telephone; decimals are a scale."""
    if any(char.isalpha() for word in words for char in word):
        return False
    return sum(char.isdigit() for word in words if not DECIMAL.search(word) for char in word) >= TELEPHONE


def may_be_a_person(words: Sequence[str]) -> bool:
    """Say whether a namesake stands with a label of a person or an initial, or initials with a label: `Ref: Long`."""
    held = vocabulary()
    bare = [word.strip(EDGE) for word in words]
    labels = [_is_of_people(word) for word in bare]
    rest = [word for word, label in zip(bare, labels, strict=True) if not label]
    if len(bare) < 2 or not all(bare) or any(map(str.isdigit, "".join(rest))):
        return False
    called = [word.lower() in held.namesakes for word in rest]
    if any(labels):
        initials = len(rest) == 1 and rest[0].isupper() and len(rest[0]) <= NAME
        return initials or (
            any(called) and all(one or len(word) <= NAME for one, word in zip(called, rest, strict=True))
        )
    initial = [word for word in rest if len(word) == 1 and word.lower() not in AXES]
    long = [word for word in rest if len(word) > 1]
    return len(initial) == len(long) == 1 and long[0].lower() in held.namesakes


def _is_of_people(word: str) -> bool:
    """Say whether a word labels a person, and no field of the picture's own; a nought is read for an O."""
    low = word.lower().replace("0", "o")
    return low in vocabulary().people and low not in vocabulary().fields


def has_label(words: Sequence[str]) -> bool:
    """Say whether one of several words labels a person."""
    return any(_is_of_people(word.strip(EDGE)) for word in words)


@lru_cache(maxsize=SEEN)
def is_word(text: str) -> bool:
    """Say whether a word, or an expression of several, is about the picture."""
    held = vocabulary()
    lowered = text.lower()
    bare = lowered.strip(EDGE)
    listed = bare in held.words or held.pattern.fullmatch(lowered) is not None
    return listed or is_settled(text) or _is_run(bare) or _is_measured(lowered)


def _is_measured(lowered: str) -> bool:
    """Say whether a text is a number and its unit, with what was measured before it: nobody's name."""
    found = vocabulary().measured.fullmatch(lowered)
    return found is not None and not any(_is_a_name(word) for word in ATOM.findall(found[1]))


@lru_cache(maxsize=SEEN)
def _is_made_of_atoms(text: str) -> bool:
    """Say whether the words and numbers of a caption, however they run together, are about the picture.

    At least one of them is so wherever it stands; short names of vessels and views, and words that are people's names,
    too, are so beside it. A date, a clock, a long number or two bare ones are none.
    """
    atoms = ATOM.findall(text.lower())
    digits = [atom for atom in atoms if atom[0].isdigit()]
    whole = [atom for atom in digits if atom.isdigit()]
    if DATED.search(text) or sum(map(len, whole)) > HELD or any(len(atom) > DIGITS for atom in whole):
        return False
    held = vocabulary()
    telling, bare = sum(atom in held.seldom for atom in atoms) > 1, 0  # two words of a language are hardly a name
    for at, atom in enumerate(atoms):
        before, after = atoms[at - 1] if at else "", atoms[at + 1] if at + 1 < len(atoms) else ""
        if atom[0].isdigit():
            named = before in held.quantities or before in held.seldom or held.unit.fullmatch(after) is not None
            telling = telling or named
            bare += atom.isdigit() and len(atom) >= BARE and not named
        elif _is_telling(atom):
            telling = True
        elif not (_is_beside(atom) or (after[:1].isdigit() and atom in held.quantities)):
            return False
    return telling and bare < 2


def _is_telling(atom: str) -> bool:
    """Say whether a word is about the picture wherever it stands; a longer one may hold a misread letter."""
    held = vocabulary()
    if len(atom) < NAME or atom in held.namesakes:
        return False
    if atom in held.words or _is_run(atom):
        return True
    return len(atom) >= ROUGH and not _is_a_name(atom) and any(form in held.rough for form in (atom, *misread(atom)))


def _is_beside(atom: str) -> bool:
    held = vocabulary()
    short = len(atom) >= NAME and atom in held.quantities
    return short or atom in held.words or atom in held.beside or held.unit.fullmatch(atom) is not None


def is_label(word: str) -> bool:
    """Say whether a word in small letters says that a person's name, initials or number follow: `op`, `tech`, `id`."""
    return word in vocabulary().people


def _is_a_name(word: str) -> bool:
    """Say whether a word is on the lists of people's names."""
    return len(word) >= NAME and load_lists().on(word)[0]


def _meant(text: str) -> Iterator[str]:
    """Yield a text as it was read, as it may have been written, and with its words apart."""
    other = text
    for taken, sign in TAKEN:
        other = taken.sub(sign, other)
    yield from dict.fromkeys((text, other, humps(text)))


def _is_run(bare: str) -> bool:
    """Say whether a word is listed words without the spaces between them, as small text is read: RTKIDNEYTRV.

    A side may stand before them and a view behind. What is somebody's name is none.
    """
    if not LONGEST_RUN >= len(bare) >= SHORTEST_RUN or not bare.isalpha():
        return False
    held = vocabulary()
    starts = [0, *(len(side) for side in SIDES if bare.startswith(side))]
    ends = [len(bare), *(len(bare) - len(view) for view in VIEWS if bare.endswith(view))]
    reached = set(starts)
    for end in range(PIECE, len(bare) + 1):
        if any(start in reached and bare[start:end] in held.words for start in range(end - PIECE + 1)):
            reached.add(end)
    return any(end in reached and end >= PIECE for end in ends) and not _is_a_name(bare)


@lru_cache(maxsize=SEEN)
def is_settled(text: str) -> bool:
    """Say whether an expression is nobody's, whatever it looks like: an elapsed time, a picture's number, a maker."""
    held = vocabulary()
    lowered = text.lower()
    return held.settled.fullmatch(lowered) is not None or SIGNS.sub("", lowered) in held.makers


def open_words(words: Sequence[str]) -> list[int]:
    """Return which words of a line about the picture are searched all the same: those of no settled expression."""
    settled: set[int] = set()
    for start in range(len(words)):
        for end in range(start + 1, min(start + SPAN, len(words)) + 1):
            if is_settled(" ".join(words[start:end])):
                settled.update(range(start, end))
    return [number for number in range(len(words)) if number not in settled]
