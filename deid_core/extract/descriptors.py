"""Show a descriptor to the text detectors so that the words of the trade do not look like names.

`HEAD ROUTINE` and `Thorax^Spirale` are written as people are: in capitals, with a caret. What is shown has the length
of what is stored, so that every character keeps its place; nothing is hidden, and a known name is found in any case.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache, lru_cache, partial
from importlib.resources import files

from deid_core.detect.word_lists import load_lists

_WORD = re.compile(r"[^\W\d_]+")
_LATIN = [chr(code) for code in range(0x250)]  # with accents: Schädel is one word
_BIG, _SMALL = "".join(filter(str.isupper, _LATIN)), "".join(filter(str.islower, _LATIN))
# Low, Dose, Lung of LowDoseLung; Dyna, CT of DynaCT
_PART = re.compile(rf"[{_BIG}]?[{_SMALL}]+|[^\W\d_{_SMALL}]+(?![{_SMALL}])|[^\W\d_]")
_PLACE = re.compile(r"(?:[A-Z][a-z'.-]+ ){1,4}(?:Hospitals?|Clinic|Infirmary|Hospice|Cent(?:er|re))\b")
_RUN = re.compile(r"[^\W_]+")
_UNBRACKETED, _BRACKETS = re.compile(r"[^()\[\]{}]+"), str.maketrans("[{", "((")
_LETTER = re.compile(r"(?<![^\W_])([A-Z])(?=[\W_]+([a-z]+))")  # W WO: a letter before a word, by then in small letters
_CARET = re.compile(r"([^\W\d_]*)\^+([^\W\d_]*)")
_CUE = re.compile(r"\b(?:dr|drs|mrs|ms|doctor|md|physician|by|name|patient|pt)\b[^\w]*$", re.IGNORECASE)
_DOTTED = re.compile(r"(?<=\d)[.-](?=\d)")
CUE_WITHIN = 16  # characters
SHORTENED = 4  # letters at least of a word that is another's beginning
REPEATED = 64  # characters at most of a text that is worth remembering
LONGEST_TERM = 200  # characters: longer texts are sentences, whatever their words
CODE = 4  # digits in a word from which on it is a number of something: its letters are no words


def is_trade(text: str) -> bool:
    """Say whether all words of a text are of the trade, at least one of them nobody's name, and none after a title."""
    return _is_trade_again(text) if len(text) <= REPEATED else _is_trade(text)


def _is_trade(text: str) -> bool:
    words, names, _ = _lists()
    certain, doubtful = False, False
    for match in _WORD.finditer(text):
        low = match[0].lower()
        if low in words or (len(low) > 1 and all(part in words for part in parts(match[0]) if len(part) > 1)):
            certain = True
        elif len(low) > 1:
            if is_named(text, match.start()) or not (low in names or (is_shortened(low) and not is_listed(low))):
                return False
            doubtful = doubtful or low in names
    return certain or not doubtful


_is_trade_again = lru_cache(maxsize=4096)(_is_trade)  # a file's terms are asked for several times, a series' often


def is_word(word: str) -> bool:
    """Say whether a word in small letters is of the trade, and nobody's name."""
    return word in _lists()[0]


def trade_words() -> frozenset[str]:
    """Return the words of the trade that are nobody's name."""
    return _lists()[0]


def is_trade_or_name(word: str) -> bool:
    """Say whether a word is of the trade, be it somebody's name as well."""
    return word.lower() in _lists()[2]


def is_listed(word: str) -> bool:
    """Say whether a word in small letters is on the lists of people's names."""
    return len(word) > 1 and load_lists().on(word)[0]


def is_shortened(word: str) -> bool:
    """Say whether a word in small letters is a word of the trade cut short, with a letter left out, or two in one.

    `extrem`, `midlne`, `carebolus`: nobody's name is asked of here, for some names are made so, too.
    """
    if len(word) < SHORTENED:
        return False
    ordered, lacking = _shortened()
    at = bisect_left(ordered, word)
    begins = at < len(ordered) and ordered[at].startswith(word)
    joined = any(is_word(word[:cut]) and is_word(word[cut:]) for cut in range(2, len(word) - 2))
    return begins or joined or (len(word) > SHORTENED and word in lacking)


def parts(text: str) -> list[str]:
    """Return the words of a text in small letters, those written together apart: low, dose, lung of LowDoseLung."""
    return [part.lower() for word in _WORD.findall(text) for part in _apart(word)]


def cased(word: str) -> list[str]:
    """Return the parts of a word that its capitals tell apart: Low, Dose, Lung of LowDoseLung."""
    return _PART.findall(word)


def cased_in(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return where the parts of words are in [start, end) of a text, as capitals and signs tell them apart."""
    return [part.span() for part in _PART.finditer(text, start, end)]


def _apart(word: str) -> list[str]:
    return [word] if word.lower() in _lists()[0] else cased(word)


def shown(text: str, *, short: bool) -> str:
    """Return the text with words of the trade in small letters, and a blank for the caret beside one.

    In a short text (SH, LO) all of them; in prose those in capitals. A word that is also somebody's name (Chambers,
    Stone) counts only where all words of the text, or of what stands outside its brackets, are of the trade, and no
    title stands before it.
    """
    words, _, either = _lists()
    trade = either if is_trade(text) else words
    bracketed = trade is words and "(" in text.translate(_BRACKETS)
    pure = [part.span() for part in _UNBRACKETED.finditer(text) if is_trade(part[0])] if bracketed else []

    def small(match: re.Match[str], held: frozenset[str]) -> str:
        word, low = match[0], match[0].lower()
        return low if low in held and (short or word.isupper()) and len(low) == len(word) else word

    places = [match.span() for match in _PLACE.finditer(text)]

    def read(match: re.Match[str]) -> str:
        number = sum(map(str.isdigit, match[0])) >= CODE
        named = any(start <= match.start() < end for start, end in places)
        held = either if any(start <= match.start() < end for start, end in pure) else trade
        return match[0] if number or named else _WORD.sub(partial(small, held=held), match[0])

    def apart(match: re.Match[str]) -> str:
        beside = match[1].lower() in trade or match[2].lower() in trade
        return match[0].replace("^", " ") if beside else match[0]

    made = _RUN.sub(read, _CARET.sub(apart, text) if "^" in text else text)
    return _LETTER.sub(lambda match: match[1].lower() if match[2] in trade else match[1], made)


def version(text: str) -> str:
    """Return a text of version numbers as it can be read without taking 2.6.3.7 for an address or 3.1.62 for a date."""
    return _DOTTED.sub("_", text)


def is_named(text: str, start: int) -> bool:
    """Say whether a title, or another cue of a name, stands before an offset."""
    return _CUE.search(text, max(0, start - CUE_WITHIN), start) is not None


@cache
def _shortened() -> tuple[list[str], frozenset[str]]:
    """Return the words of the trade in order, and the long ones with one letter left out of each."""
    ordered = sorted(_lists()[0])
    long = (word for word in ordered if len(word) > SHORTENED + 1)
    return ordered, frozenset(word[:at] + word[at + 1 :] for word in long for at in range(1, len(word)))


@cache
def _lists() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the words of the trade, those that are also names, and either."""
    text = files("deid_core.standards").joinpath("descriptor_words.txt").read_text("utf-8")
    words, names = (frozenset(part.split()) for part in text.partition("[words]\n")[2].split("[names]\n"))
    return words, names, words | names
