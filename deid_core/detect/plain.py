"""Tell the sentences that hold nothing a model could find, so that it need not read them.

A sentence is plain where each of its words is known to be safe where it stands, its numbers are short, and no sign of
a name, a place or a date is in it. What this costs in recall is measured on the development set
(tests/unit/test_plain_sentences.py): an identifier made of safe words only, without a sign, is not read.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING

from deid_core.detect.rules.words import never_names, words
from deid_core.detect.word_lists import WordLists, load_lists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SENTENCE = re.compile(
    r"(?<=[.!?;])(?<!\b[A-Z]\.)(?<!\b(?:Mr|Dr|Ms|St)\.)(?<!\bMrs\.)(?<!\bProf\.)[ \t]+(?=[A-Z\[(\"'-])"
    r"|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+"
)
FOREIGN = re.compile(r"[^\W\d_a-zA-Z\u00aa\u00b5\u00ba]")
WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
MONTHS = "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september"
MONTHS += " october november december"
DAYS = "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"
TITLES = "dr mr mrs ms miss prof professor doctor nurse judge sir lady rev née nee jr initials signed"
TITLES += " technician operator witness case named called name surname forename attn dear"
ORDERS = "sister father mother brother regards"  # what a capital makes a title, or the end of a letter
PLACES = "hospital clinic centre center infirmary hospice surgery practice school college university academy church"
PLACES += " street road avenue lane drive court county city town village district province state republic"
PLACES += " company inc ltd llc plc corp gmbh bank trust ward unit apt flat box nagar prison police tribunal"
ALWAYS = frozenset(TITLES.split()) | frozenset(MONTHS.split()) - {"may", "mar"}  # signs of somebody or of a day
WITH_CAPITALS = frozenset(f"{MONTHS} {DAYS} {ORDERS} {PLACES}".split())
ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
ORDINALS += " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth"
COUNTED = frozenset(ORDINALS.split())
UNITS = "mg|mcg|µg|ml|iu|units?|kcal|calories|steps"
PARTS = "metatarsal|metacarpal|digit|toe|finger|rib|trimester|degree|percentile|centile|intercostal|mtp|tarsometatarsal"
GRADED = "systolic|diastolic|holosystolic|murmur|strength|power|motor|ejection"
DAY = r"(?:[0-2]?\d|3[01])"
SIGN = re.compile(  # each begins with a sign or digit, so letters cost little
    "|".join(
        (
            rf"\d(?i:st|nd|rd|th)\b(?! (?:{PARTS}))",
            rf"\d{{4}}(?!\d* ?(?i:{UNITS})\b)",
            r"\d[\d ]{6}|\d[A-Za-z]+\d|(?<=[A-Za-z])\d{2}",
            r"(?<=[A-Za-z]{2})\d|-(?<=[A-Za-z]{2}-)(?<!(?i:covid)-)\d",
            r"\d{1,3}[-/.]\d{1,3}[-/.]\d",
            rf"(?<![\d/]){DAY}/{DAY}(?![\d/]| (?:{GRADED}))",
            r"[@#^_|]|\.(?<=\b[A-Z]\.)|://",
        )
    )
)
# words that are somebody's surname, and are none before these: `Blood pressure`, `Heart: regular`, `Pain with flexion`
TERMS = re.compile(
    r"\b(?:[Bb]lood (?:[Pp]ressures?|[Cc]ultures?|[Gg]lucose|[Ss]ugars?|[Cc]ount|[Ll]oss)"
    r"|[Hh]eart (?:[Rr]ates?|[Ss]ounds|[Ff]ailure|[Mm]urmur|[Dd]isease|[Aa]ttack)|Heart(?=:)"
    r"|Pain(?= (?:to|with|over|on|in|at|is|and|or|upon|[Aa]ssessment|[Ss]cores?|[Ll]evel|[Cc]ontrol|[Mm]anagement)\b)"
    r"|[Xx]-[Rr]ays?|Lyme (?:disease|titers?|titres?|arthritis|serology)|Achilles (?:tendon|reflex(?:es)?)|Doppler)\b"
)
SHORT_CAPITALS = re.compile(r"(?<![\w.])[A-Z]{2,3}(?![\w])")


SIGN_BEGINS = re.compile(r"[\d@#^_|.:\-]")
REMEMBERED = 200_000  # words of which is kept whether they are safe
LONGEST = 2_000  # code points: what is longer is no sentence, and is read
CLIPPED = 3  # letters: shorter parts of a word are `I`, or what an apostrophe cuts off
LABEL = 40  # code points of a line that may say what the next one holds


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for match in SENTENCE.finditer(text):
        yield at, match.start()
        at = match.end()
    yield at, len(text)


def _holds_sign(sentence: str) -> bool:
    """Say whether a sign is in a sentence; looked for where one can begin, which few characters can."""
    return any(SIGN.match(sentence, begin.start()) for begin in SIGN_BEGINS.finditer(sentence))


class _Remembered(dict[str, bool]):
    """Ask once about each word."""

    def __init__(self, ask: Callable[[str], bool]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, word: str) -> bool:
        found = self._ask(word)
        if len(self) < REMEMBERED:
            self[word] = found
        return found


class Plain:
    """Know plain sentences; words looked up once are remembered."""

    def __init__(self, lists: WordLists) -> None:
        """Take the lists of names and of safe words."""
        self._lists = lists
        self._known: dict[str, tuple[bool, bool]] = {}
        self._places = _places()
        self._safe, self._safe_cased = _Remembered(self._is_safe), _Remembered(self._is_safe_cased)

    def read_at(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield [start, end) of what is not plain, in order, apart; code points.

        Sentences in a row are one piece, and a short one before them is read too: it may be the label of a value.
        """
        begun: tuple[int, int] | None = None
        label = -1  # where a short plain sentence just before begins
        for start, end in _sentences(text):
            if self.is_plain(text[start:end]):
                if begun:
                    yield begun
                    begun = None
                label = start if end - start <= LABEL else -1
            else:
                first = begun[0] if begun else label if label >= 0 else start
                begun, label = (first, end), -1
        if begun:
            yield begun

    def is_plain(self, sentence: str) -> bool:
        """Say whether nothing in a sentence could identify anybody."""
        if len(sentence) > LONGEST or _holds_sign(sentence) or (not sentence.isascii() and FOREIGN.search(sentence)):
            return False
        written = WORD.findall(sentence)
        if "of" in written and any(b == "of" and a.lower() in COUNTED for a, b in pairwise(written)):
            return False
        if not written:
            return True
        # where nobody presses shift, a small letter says nothing
        cased = written[0][0].isupper() and len(sentence) > 1 and not sentence.isupper()
        safe = self._safe_cased if cased else self._safe
        if not all(map(safe.__getitem__, written)) and not self._is_of_terms(sentence, safe):
            return False
        return not SHORT_CAPITALS.search(sentence) or not self._initials(sentence)

    def _is_of_terms(self, sentence: str, safe: Mapping[str, bool]) -> bool:
        """Say whether all words but those of clinical terms are safe."""
        rest, terms = TERMS.subn(" ", sentence)
        return terms > 0 and all(safe[word] for word in WORD.findall(rest))

    def _initials(self, sentence: str) -> bool:
        """Say whether two or three capitals stand where a person signs: at an end, or in brackets."""
        last = SHORT_CAPITALS.findall(sentence.rstrip(" .)]")[-4:])
        return bool(last) and sentence.rstrip(" .)]").endswith(last[-1])

    def _on(self, word: str) -> tuple[bool, bool]:
        found = self._known.get(word)
        if found is None:
            bare = word[:-2] if word.endswith(("'s", "\u2019s")) else word
            if not _signs(bare) and bare.lower() in never_names():
                return self._known.setdefault(word, (False, True))
            parts = [part for part in re.split(r"['\u2019-]", bare) if len(part) > 1]
            on = [self._lists.on(part) for part in parts]
            place = bare.casefold() in self._places
            safe = not any(map(_signs, parts)) and all(safe for _, safe in on)
            found = place or any(name for name, _ in on), safe
            if len(self._known) < REMEMBERED:
                self._known[word] = found
        return found

    def _is_safe(self, word: str) -> bool:
        name, safe = self._on(word)
        return safe and not name and (word in words("names_that_are_words") or _is_common(word))

    def _is_safe_cased(self, word: str) -> bool:
        name, safe = self._on(word)
        return safe and (word.islower() or (not name and _is_common(word)))


def _is_common(word: str) -> bool:
    """Say whether a word with a capital names nobody and no place: lists of safe words hold towns too."""
    return all(len(part) < CLIPPED or part in never_names() for part in re.split(r"['\u2019-]", word.lower()))


def _signs(word: str) -> bool:
    """Say whether a word as it is written is a sign of somebody, of a place or of a day."""
    low = word.lower()
    return low in ALWAYS or (low in WITH_CAPITALS and (word.istitle() or word.isupper()))


@cache
def _places() -> frozenset[str]:
    lists = tomllib.loads(files("deid_core.models").joinpath("places.toml").read_text("utf-8"))
    return frozenset(
        part for kind in lists for name in lists[kind].split(", ") for part in name.casefold().split() if len(part) > 2
    )


@cache
def load_plain() -> Plain:
    """Return the gate with the shipped lists, once a process."""
    return Plain(load_lists())
