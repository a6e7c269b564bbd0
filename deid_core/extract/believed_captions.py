"""What is believed of a model's name among captions burned into a picture: models know sentences, a screen has none.

Beside a patient's line `Fovea`, `Scan Conv` and `Umb A` look like people. So each line is read by itself, too; what a
model finds in all together only is believed less. What the rules find and what is known of the subject always holds.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from deid_core.detect.word_lists import load_lists
from deid_core.entities import EntityType
from deid_core.extract.descriptors import is_named, is_shortened, is_word, parts
from deid_core.extract.technical import is_label
from deid_core.extract.vocabulary import vocabulary
from deid_core.model import Span

PEOPLE = frozenset({EntityType.NAME, EntityType.STAFF_NAME, EntityType.RELATIVE_NAME})
PLACES = frozenset({EntityType.FACILITY, EntityType.ORGANISATION, EntityType.CITY, EntityType.COUNTY})
NUMBERS = frozenset({EntityType.ID, EntityType.MRN, EntityType.ACCOUNT, EntityType.ENCOUNTER, EntityType.DEVICE})
NEED_A_NUMBER = NUMBERS | {EntityType.CITY, EntityType.COUNTY, EntityType.ADDRESS, EntityType.DATE}
MODELS = "ner"
LETTER, INITIALS, SHORT, ABBREVIATED = 1, 2, 3, 4  # letters of a word
FEW_DIGITS, SHORT_NUMBER = 3, 7  # digits, and characters in all, of what is a setting rather than somebody's number
FAINT = 0.7  # score of a model's name, below which four capitals that are nobody's are an abbreviation
INITIAL = re.compile(r"\b[^\W\d_]\.")
LABEL = 16  # characters before a finding in which its label stands
VOWELS, FEW = frozenset("aeiouy"), 0.34  # of the letters of a word from which some were left out
LONG, SAID = 6, (0.25, 0.65)  # letters, and share of vowels among them, of a word that may be a rare name
LEFT_OUT = 2  # times as long, at most, as that word is whole


def believed_alone(text: str, span: Span, detector: str) -> Span | None:
    """Return what is believed of a model's finding in a line that was read by itself; what others find is not asked.

    None for a person made of nobody's words, a short word in capitals that is no name and faintly one to the model, an
    institution or a place of two letters, a number of three digits. A title or a label of a person before it says
    otherwise.
    """
    if not detector.startswith(MODELS):
        return None  # rules have read all lines together
    if is_named(text, span.start) or _is_labelled(text, span.start):
        return span
    found = text[span.start : span.end]
    words = parts(found)
    if span.entity_type in PEOPLE:
        return None if _is_plain(found, words) or _is_abbreviated(found, span.score) else span
    if span.entity_type in PLACES:
        return None if len(found) <= INITIALS else span
    if span.entity_type in NUMBERS:
        return None if sum(map(str.isdigit, found)) <= FEW_DIGITS and len(found) <= SHORT_NUMBER else span
    return span


def believed_in_context(text: str, span: Span, detector: str) -> Span | None:
    """Return what is believed of a detector's finding in all lines together: what the rules find, and is known.

    Of a model's finding what would be believed of a line alone, with more than that: a person needs a word that is
    somebody's name and no plain word, or is long and can be said; a place or a day needs a number.
    """
    if not detector.startswith(MODELS) or is_named(text, span.start) or _is_labelled(text, span.start):
        return span
    found = text[span.start : span.end]
    if span.entity_type in PEOPLE and not INITIAL.search(found) and not any(map(_is_somebodys, parts(found))):
        return None
    if span.entity_type in NEED_A_NUMBER and sum(map(str.isdigit, found)) <= FEW_DIGITS:
        return None
    return believed_alone(text, span, detector)


@lru_cache(maxsize=4096)
def _is_somebodys(word: str) -> bool:
    """Say whether a word in small letters is on the lists of names alone, or on no list, long and pronounceable."""
    name, safe = load_lists().on(word)
    if name or safe or len(word) == LETTER:
        return name and not safe
    vowels = sum(letter in VOWELS for letter in word) / len(word)
    return len(word) >= LONG and SAID[0] <= vowels <= SAID[1]


def _is_labelled(text: str, start: int) -> bool:
    """Say whether the word before an offset, in the same line, is a label of a person."""
    before = parts(text[max(text.rfind("\n", 0, start) + 1, start - LABEL) : start])
    return bool(before) and is_label(before[-1])


def _is_plain(found: str, words: list[str]) -> bool:
    """Say whether a name's words are all nobody's, as in `Scan Conv`; not with an initial, nor of a namesake alone."""
    alone = all(word in vocabulary().namesakes for word in words)
    return not alone and all(map(is_nobodys, words)) and not INITIAL.search(found)


def _is_abbreviated(found: str, score: float) -> bool:
    """Say whether a name is capitals that are no name: three letters, or four that the model is not sure of."""
    short = found.isalpha() and found.isupper() and len(found) <= (ABBREVIATED if score < FAINT else SHORT)
    return short and not load_lists().on(found.lower())[0]


@lru_cache(maxsize=4096)
def is_nobodys(word: str) -> bool:
    """Say whether a word in small letters is of the trade, made shorter from one, or on the list of safe words.

    What is on a list of people's names, too, is somebody's; a letter alone says nothing.
    """
    if len(word) == LETTER or is_word(word) or word in vocabulary().words:
        return True
    name, safe = load_lists().on(word)
    return not name and (safe or is_shortened(word) or _is_contracted(word))


def _is_contracted(word: str) -> bool:
    """Say whether a word is one about the picture with letters left out, vowels above all: `landmk`, `smth`."""
    if sum(letter in VOWELS for letter in word) > FEW * len(word):
        return False
    whole = (one for one in _by_first().get(word[0], ()) if len(one) <= LEFT_OUT * len(word))
    return any(_holds_in_order(one, word) for one in whole)


def _holds_in_order(word: str, letters: str) -> bool:
    rest = iter(word)
    return all(letter in rest for letter in letters)


@cache
def _by_first() -> dict[str, list[str]]:
    """Return the words about the picture by their first letter."""
    held: dict[str, list[str]] = {}
    for word in vocabulary().words:
        if len(word) > LETTER + 1 and word.isalpha():
            held.setdefault(word[0], []).append(word)
    return held
