"""What is believed of a model's name among captions burned into a picture: models know sentences, a screen has none.

Beside a patient's line `Fovea`, `Scan Conv` and `Umb A` look like people. So each line is read by itself, too; what a
model finds in all together only is believed less. What the rules find and what is known of the subject always holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from deid_core.detect.word_lists import load_lists
from deid_core.entities import EntityType
from deid_core.extract.borne import are_borne_together, is_borne
from deid_core.extract.descriptors import is_named, is_shortened, is_word, parts
from deid_core.extract.phrases import is_coined, is_phrase
from deid_core.extract.technical import is_label, is_plain
from deid_core.extract.vocabulary import vocabulary
from deid_core.extract.wordlike import is_namelike, is_wordlike
from deid_core.model import Span

PEOPLE = frozenset({EntityType.NAME, EntityType.STAFF_NAME, EntityType.RELATIVE_NAME})
PLACES = frozenset({EntityType.FACILITY, EntityType.ORGANISATION, EntityType.CITY, EntityType.COUNTY})
HOUSES = frozenset({EntityType.FACILITY, EntityType.ORGANISATION})
SAINTS = frozenset({"st", "ste", "saint", "sainte", "san", "santa", "sankt", "sint", "são"})
NUMBERS = frozenset({EntityType.ID, EntityType.MRN, EntityType.ACCOUNT, EntityType.ENCOUNTER, EntityType.DEVICE})
NEED_A_NUMBER = frozenset({EntityType.CITY, EntityType.COUNTY, EntityType.ADDRESS, EntityType.DATE})
NEED_MORE = frozenset({EntityType.FACILITY, EntityType.ORGANISATION, EntityType.RELATIVE_NAME}) | {
    *(EntityType.LICENSE, EntityType.ADDRESS),
}
MODELS, RULES = "ner", "patterns"
LETTER, INITIALS, SHORT, ABBREVIATED = 1, 2, 3, 4  # letters of a word
FEW_DIGITS, SHORT_NUMBER = 3, 7  # digits, and characters in all, of what is a setting rather than somebody's number
CERTAIN = 0.9  # score of a model's name from which it is one, though a thing stands beside it
EVEN = 0.5  # the same of a word that is rather built as words are
LIKELY = 0.8  # the same of a word of another language that few people are called by
FAINT = 0.7  # score of a model's name, below which four capitals that are nobody's are an abbreviation
MANY_DIGITS, NUMBER = 5, re.compile(r"(?<![\d.,])\d+(?![.,]?\d)")
CODED = re.compile(r"(?:[^\W\d_]{1,2}-)?[^\W\d_]{1,4}(?:\d{2,4}|[1-9])[^\W\d_]{0,2}")
SCALED = re.compile(
    r"[^\W\d_]{0,3}\d?\W{0,2}[+-]?\d{1,3}[.,]\d{1,2}\s?[^\W\d_]{0,3}"
)  # a short name, and a value of a scale
SETTINGS = re.compile(r"(?:[^\W\d_]{2,4}\W?\d{1,4}(?:[.,]\d{1,2})?\W?){2,4}")  # names with values, run together
LONG_ENOUGH = re.compile(r"\d{5}|(?:\d\D{0,2}){7}")  # digits of somebody's number that a model finds among other lines
DATED = re.compile(r"\d[/.:-]\d")
YEAR = re.compile(r"(?:19|20)\d\d")
NAMELY = re.compile(r"[^\W\d_a-z](?:[^\W\d_'\u2019-]|['\u2019-](?=[^\W\d_]))*")
EPONYM_HEADS = frozenset(
    {"view", "views", "method", "projection", "position", "formula", "score", "index", "angle", "line", "sign", "plane"}
)
JOINED = re.compile(r"['\u2019-]")  # O'Leary, Van-den-Berg
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
    few = sum(map(str.isdigit, found)) <= FEW_DIGITS
    if (span.entity_type in PEOPLE | NUMBERS and SCALED.fullmatch(found)) or (
        span.entity_type is EntityType.DATE and few and not _is_a_day(found)
    ):
        return None
    if span.entity_type in PEOPLE:
        return (
            None
            if _is_code(found) or _is_plain(found, words, span.score) or _is_abbreviated(found, span.score)
            else span
        )
    if span.entity_type in PLACES or (few and span.entity_type is EntityType.ADDRESS):
        return None if len(found) <= INITIALS or _is_a_feature(words) else span
    short = (few and len(found) <= SHORT_NUMBER) or _is_a_value(text, span)
    return None if short and span.entity_type in NUMBERS else span


def believed_in_context(text: str, span: Span, detector: str) -> Span | None:
    """Return what is believed of a detector's finding in all lines together: what the rules find, and is known.

    Of a model's finding what would be believed of a line alone, with more than that: a person needs a word that is
    somebody's name and no plain word, or is long, can be said and is not built as words are; a day or a town needs a
    number, an identifier five digits in a row, an institution what institutions are called by.
    """
    found = text[span.start : span.end]
    if detector == RULES and span.entity_type in PEOPLE and _is_listed(parts(found)):
        return None
    if not detector.startswith(MODELS) or is_named(text, span.start) or _is_labelled(text, span.start):
        return span
    return believed_alone(text, span, detector) if _says_more(found, span) else None


def _says_more(found: str, span: Span) -> bool:
    """Say whether a model's finding among other lines has what it needs there, besides what it needs alone."""
    words = parts(found)
    if span.entity_type in PEOPLE:
        return bool(INITIAL.search(found)) or any(_is_somebodys(word, faint=span.score < EVEN) for word in words)
    if span.entity_type in NUMBERS:
        return LONG_ENOUGH.search(found) is not None
    if span.entity_type in HOUSES:
        held = vocabulary()
        return any(word in held.institutions or word in held.houses or word in SAINTS for word in words)
    return span.entity_type not in NEED_A_NUMBER or sum(map(str.isdigit, found)) > FEW_DIGITS


def believed_aside(text: str, span: Span, detector: str) -> Span | None:
    """Return what is believed of a rule's finding in captions that tell of things: none that needs more than form.

    What is made of words about the picture is no relative, licence, street or institution; a clock has a colon. Two
    settings or more that run together are no code: `WL50WW350`.
    """
    found = text[span.start : span.end]
    formed = span.entity_type in NEED_MORE or (span.entity_type is EntityType.TIME and ":" not in found)
    formed = formed or (span.entity_type in NUMBERS and SETTINGS.fullmatch(found) is not None and is_plain([found]))
    return None if detector == RULES and formed else span


@lru_cache(maxsize=4096)
def _is_somebodys(word: str, *, faint: bool) -> bool:
    """Say whether a word in small letters is on the lists of names alone, or on none and neither short nor like words.

    None that is about the picture beside other words, be somebody called so or not. What is on them, of a `faint`
    finding, is one that people bear.
    """
    name, safe = load_lists().on(word)
    if name or safe or len(word) == LETTER:
        return name and not safe and word not in vocabulary().beside and (is_borne(word) or not faint)
    if is_nobodys(word) or is_wordlike(word, rather=True):
        return False
    vowels = sum(letter in VOWELS for letter in word) / len(word)
    return len(word) >= LONG and SAID[0] <= vowels <= SAID[1]


def _is_labelled(text: str, start: int) -> bool:
    """Say whether the word before an offset, in the same line, is a label of a person."""
    before = parts(text[max(text.rfind("\n", 0, start) + 1, start - LABEL) : start])
    return bool(before) and is_label(before[-1])


def is_aside(words: Sequence[str]) -> bool:
    """Say whether a caption tells of things alone: each word is nobody's, or stands behind one and is safe to keep.

    None that holds a label of a person, what an institution is called by, or more digits than a setting has.
    """
    text, held = " ".join(words), vocabulary()
    inside = parts(text)
    labels = [word for word in inside if is_label(word) and word not in held.fields]
    if any(word.endswith(":") and is_label(word.strip(".:").lower()) for word in words[:-1]):
        return False  # of a person, for certain
    if _is_numbered(text) or (labels and not _is_about_things(inside, labels)):
        return False
    if is_phrase(words):
        return True
    coined = [word for word in words if is_coined(word)]
    inside = parts(" ".join(word for word in words if word not in coined))
    if any(word in held.institutions for word in inside):
        return False
    told = [_is_a_thing(word) or is_abbreviation(word) for word in inside]
    behind = [bool(coined) or any(told[:at]) for at in range(len(inside))]
    anchors = sum(
        word in held.seldom or (word in held.words and thing) for word, thing in zip(inside, told, strict=True)
    )
    if not (coined or any(told) or anchors):
        return False
    spoken = not text.isupper() and anchors > 0 and ":" not in text
    return all(
        is_nobodys(word) or _is_nobodys_beside(word, after_thing=after or spoken)
        for word, after in zip(inside, behind, strict=True)
    )


def _is_about_things(words: Sequence[str], labels: Sequence[str]) -> bool:
    """Say whether a label that settings have, too, stands before things alone: `Patient Prone`, `Ref. Topo`."""
    rest = [word for word in words if word not in labels]
    own = words[0] in vocabulary().subjects and len(labels) == 1
    return own and bool(rest) and all(word in vocabulary().words and _is_a_thing(word) for word in rest)


def _is_nobodys_beside(word: str, *, after_thing: bool) -> bool:
    """Say whether a word of a caption that tells of a thing is nobody's there: nobody is called so today.

    Behind the thing a plain word is, though people are called so, and a letter or two.
    """
    name, safe = load_lists().on(word)
    listed = word in vocabulary().beside or len(word) == SHORT
    return (name and listed and not is_borne(word)) or (after_thing and (safe or len(word) <= INITIALS))


def _is_numbered(text: str) -> bool:
    """Say whether a text has more digits than a setting, or a caption of several: decimals are on a scale."""
    runs = NUMBER.findall(text)
    return any(len(run) > ABBREVIATED or YEAR.fullmatch(run) for run in runs) or sum(map(len, runs)) > MANY_DIGITS


def may_name(words: Sequence[str], *, beside: bool) -> bool:
    """Say whether a caption of one word, with an initial or without, may be somebody's name though no model saw one.

    A word on the lists of people's names alone is, one on both kinds of lists with an initial, and one on none that is
    built as names are, or is two names run together. `beside` an identifier one on both is that people bear, and one on
    none not built as words are.
    """
    bare = [word.strip(".,:;^") for word in words]
    long = [word for word in bare if len(word) >= SHORT]
    if len(long) != 1 or len(bare) > len(long) + 1 or not all(NAMELY.fullmatch(word) for word in bare):
        return False
    low, held = long[0].lower(), vocabulary()
    pieces = [one in held.words or one in held.beside or is_nobodys(one) for one in parts(long[0])]
    if all(pieces) or low in held.people or low in held.words or low in held.beside or low in held.makers:
        return False
    name, safe = load_lists().on(low)
    double = any(len(one) > SHORT and load_lists().on(one) == [True, False] for one in JOINED.split(low)[1:])
    return double or bool(
        (name and (not safe or len(bare) > 1))
        or (not name and not safe and (is_namelike(low) or (are_borne_together(low) and not is_wordlike(low))))
        or (beside and len(low) > SHORT and (is_borne(low) if name else not safe and not is_wordlike(low)))
    )


def may_be_a_house(words: Sequence[str]) -> bool:
    """Say whether a caption begins or ends as institutions' names do, with another word in capitals: `UMC Haarlem`."""
    bare = [word.strip(".,:;") for word in words]
    if len(bare) < 2 or not {bare[0].lower(), bare[-1].lower()} & vocabulary().houses:
        return False
    return any(len(word) > SHORT and word[:1].isupper() and not _is_ours(word.lower()) for word in bare)


def _is_ours(word: str) -> bool:
    held = vocabulary()
    listed = word in held.words or word in held.beside or word in held.institutions or is_label(word)
    return listed or is_word(word) or _is_formed(word)


def is_unknown(text: str) -> bool:
    """Say whether a word of three letters or more is neither about the picture nor on the list of safe words alone."""
    held, inside = vocabulary(), [one for one in parts(text) if len(one) >= SHORT]
    return any(
        not is_nobodys(one) and one not in held.beside and one not in held.people and not load_lists().on(one)[1]
        for one in inside
    )


def _is_seldom(word: str, score: float) -> bool:
    """Say whether nobody is called by a word unless a model is sure: one about the picture, or built as words are."""
    held = vocabulary()
    if score < LIKELY and (word in held.seldom or _is_hardly_a_name(word, rather=score < EVEN)):
        return True
    return score < CERTAIN and word in held.beside and not is_borne(word)


def _is_hardly_a_name(word: str, *, rather: bool) -> bool:
    """Say whether people bear no such name, and it is on both kinds of lists (`Twist`) or built as words are."""
    return not is_borne(word) and (load_lists().on(word) == [True, True] or is_wordlike(word, rather=rather))


def _is_listed(words: Sequence[str]) -> bool:
    """Say whether a name's words are all listed as about the picture, and nobody is called so: `MR Gradient`."""
    rest = [word for word in words if not is_label(word)]
    return bool(rest) and all(word in vocabulary().words and _is_a_thing(word) for word in rest)


def _is_a_value(text: str, span: Span) -> bool:
    """Say whether a number of four digits at most has a word about the picture before it, and no label of a person."""
    found = text[span.start : span.end]
    if sum(map(str.isdigit, found)) > ABBREVIATED or YEAR.search(found):
        return False
    before = parts(text[max(text.rfind("\n", 0, span.start) + 1, span.start - LABEL) : span.end])[-1:]
    return bool(before) and len(before[0]) >= SHORT and before[0] in vocabulary().words and not is_label(before[0])


def _is_code(found: str) -> bool:
    """Say whether all of a name are letters with a number behind them: `EnhA5`, `V-HP65`; a nought may be an O."""
    return all(CODED.fullmatch(word) for word in found.split())


def _is_a_day(found: str) -> bool:
    """Say whether a date of few digits has a month's name, or signs between numbers."""
    months = any(part[:SHORT] in vocabulary().months for part in parts(found))
    return DATED.search(found) is not None or (months and any(map(str.isdigit, found)))


def _is_plain(found: str, words: list[str], score: float) -> bool:
    """Say whether a name's words are all nobody's, as in `Scan Conv`; not with an initial, nor of a namesake alone.

    Beside a thing a word that may be somebody's, but is on the list of safe words, too, is not, unless a model is sure.
    """
    alone = all(word in vocabulary().namesakes for word in words)
    beside = score < CERTAIN and any(map(_is_a_thing, words))
    plain = all(
        is_nobodys(word) or _is_seldom(word, score) or (beside and _is_nobodys_beside(word, after_thing=True))
        for word in words
    )
    if len(words) > 1 and words[-1] in EPONYM_HEADS and score < CERTAIN:
        return True  # called after somebody who is no patient: `Towne view`
    return plain and not alone and not INITIAL.search(found)


def _is_a_feature(words: list[str]) -> bool:
    """Say whether an institution's words are all nobody's or safe, and none is what institutions are called by."""
    called = any(word in vocabulary().institutions for word in words)
    thing = any(map(_is_a_thing, words))
    return bool(words) and not called and all(is_nobodys(word) or _is_safe(word, beside=thing) for word in words)


def _is_safe(word: str, *, beside: bool) -> bool:
    return load_lists().on(word)[1] or (beside and _is_nobodys_beside(word, after_thing=True))


def _is_a_thing(word: str, least: int = ABBREVIATED) -> bool:
    """Say whether a word in small letters is one of the trade, of so many letters or more, and nobody is called so."""
    return (
        len(word) >= least and word not in vocabulary().namesakes and not load_lists().on(word)[0] and is_nobodys(word)
    )


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
    return not name and (safe or is_shortened(word) or _is_contracted(word) or _is_formed(word))


def is_abbreviation(word: str) -> bool:
    """Say whether three small letters are listed as about the picture, and nobody is called so."""
    return len(word) == SHORT and word in vocabulary().words and _is_a_thing(word, SHORT)


def _is_formed(word: str) -> bool:
    """Say whether a word has an ending of what is measured, done or seen: `Eindringtiefe`, `proiezione`."""
    return vocabulary().formed.fullmatch(word) is not None


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
    for word in vocabulary().whole:
        if len(word) > LETTER + 1 and word.isalpha():
            held.setdefault(word[0], []).append(word)
    return held
