"""Find what is known of a subject: its names, numbers, dates and addresses, in every form they are written in.

Values live in the compiled matchers only; none is in a repr, a rule's name or an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from unicodedata import category

from deid_core.detect.around import Around, Folded, Region
from deid_core.detect.forms import GLUED, GROUPS, NAMES, Form, forms_of, is_any, traces_of, width_of
from deid_core.detect.rules import name_forms
from deid_core.detect.rules.context import begins_sentence
from deid_core.detect.rules.fold import fold_with_offsets
from deid_core.detect.rules.overlap import uncovered
from deid_core.detect.rules.words import ambiguous, never_names, words
from deid_core.detect.traces import Traces
from deid_core.entities import EntityType
from deid_core.extract.descriptors import is_word
from deid_core.model import Span
from deid_core.policy import Policy
from deid_core.ports import KnownValue, TextQuery

MISSPELT_FROM, LONGEST_WORD, MANY = 6, 64, 64
MATCHERS, VALUES = 256, 2048  # that are remembered
SHORT, LONG = 2048, 1 << 14  # code points of a text that is worth remembering, and that is searched as a whole
LETTER_BEFORE_WORD = re.compile(r"[\s,][^\W\d_](?= [^\W\d_])")
LONE_LETTER = re.compile(r"(?<!\w)[^\W\d_](?:\.|(?=[\s,]|\Z|[^\w.]))")
FOLDED_WORD = re.compile(r"[^\W\d_]+(?:'(?!s\b)[^\W\d_]+)*")
# vowel signs of Indic and Thai scripts stand within words and are no letters
SIGNS = "".join(chr(code) for code in range(0x900, 0xF00) if category(chr(code)).startswith("M"))
WITH_SIGNS, SIGNED_WORD = re.compile(f"[{SIGNS}]"), re.compile(rf"(?:[^\W\d_][{SIGNS}]*)+")
TITLE_BEFORE = re.compile(r"(?i)\b(?:mr|mrs|ms|miss|mx|dr|prof|master|nurse|patient|pt|name|baby)[.:]?\s{1,3}\Z")
DIGIT_BEHIND = re.compile(r"\s{1,2}\d")
MISSPELT_SCORE, ALONE_SCORE, ALONE_LOW_SCORE, TITLED_SCORE, CAPITALS_SCORE = 0.6, 0.9, 0.75, 0.93, 0.5


@dataclass(frozen=True, slots=True, eq=False)  # told apart by itself: to compare all it holds would take long
class Sought:
    """Hold a value whose forms are made when it may stand in a text: where the text's bare letters hold a trace of it.

    `alone` are the folded words of a name that identify on their own, and whether each is a common word too.
    """

    value: KnownValue
    traces: Traces = field(repr=False)
    alone: tuple[tuple[str, bool], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Matcher:
    """Hold all that is looked for in the texts of one subject; hidden from repr.

    `firsts` are the first letters of each trace, with its value. `alone` maps a folded word of a name to its label and
    whether it is a common word too; `long` are those of which a misspelt one is looked for, `heads` and `tails` their
    first and last two letters: a misspelt one has either.
    """

    values: tuple[Sought, ...] = field(repr=False)
    firsts: tuple[tuple[str, Sought], ...] = field(repr=False)
    alone: dict[str, tuple[EntityType, bool]] = field(repr=False)
    long: tuple[str, ...] = field(repr=False)
    heads: frozenset[str] = field(repr=False)
    tails: frozenset[str] = field(repr=False)

    @property
    def forms(self) -> tuple[Form, ...]:
        """Make the forms of all values."""
        return tuple(chain.from_iterable(forms_of(sought.value) for sought in self.values))


class KnownValuesDetector:
    """Find the known values of each query's subject."""

    name = "known_values"
    needs_prose = False
    version = "1"

    def __init__(self, policy: Policy) -> None:
        """Take a policy as every detector does; what is known comes with each query."""

    def find(self, queries: Sequence[TextQuery]) -> list[list[Span]]:
        """Return the spans of each query's text, in code points, in order, one list a query."""
        return [_find(query.text, matcher(query.known)) if query.known and query.text else [] for query in queries]


@lru_cache(maxsize=MATCHERS)
def matcher(known: tuple[KnownValue, ...]) -> Matcher:
    """Compile what is known of a subject."""
    values = tuple(map(_sought, dict.fromkeys(known)))
    alone: dict[str, tuple[EntityType, bool]] = {}
    for sought in values:
        for word, common in sought.alone:
            alone.setdefault(word, (sought.value.entity_type, common))
    long = tuple(word for word in alone if len(word) >= MISSPELT_FROM)
    heads, tails = frozenset(word[:2] for word in long), frozenset(word[-2:] for word in long)
    firsts = tuple((trace.held[0], one) for one in values for trace in one.traces)
    return Matcher(values, firsts, alone, long, heads, tails)


@lru_cache(maxsize=VALUES)  # an institution, or a physician, is known of many subjects
def _sought(known: KnownValue) -> Sought:
    if not is_any(known):
        return Sought(known, (), ())
    alone: dict[str, bool] = {}
    for group in filter(None, known.value.split(GROUPS)) if known.entity_type in NAMES else ():
        for word, common in name_forms.words_alone(name_forms.parse_name(group)).items():
            alone.setdefault(word, common)
    return Sought(known, traces_of(known), tuple(alone.items()))


@lru_cache(maxsize=MATCHERS)
def _near(long: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Map words, and words with a letter left out, to the words of names that they may be."""
    near: dict[str, set[str]] = {}
    for word in long:
        for shorter in name_forms.one_off(word):
            near.setdefault(shorter, set()).add(word)
    return {shorter: frozenset(found) for shorter, found in near.items()}


def _folded(text: str) -> tuple[Folded, Sequence[int] | None]:
    """Return a text folded, and where its characters came from."""
    folded, offsets = fold_with_offsets(text)
    return Folded(folded), offsets


_folded_again = lru_cache(maxsize=256)(_folded)  # texts of one kind of studies come again for each of their subjects


def _find(text: str, sought: Matcher) -> list[Span]:
    folded, offsets = _folded_again(text) if len(text) <= SHORT else _folded(text)

    def back(start: int, end: int) -> tuple[int, int]:
        return (start, end) if offsets is None else (offsets[start], offsets[end - 1] + 1)

    spans = [
        Span(*place, form.entity_type, form.score, form.rule)
        for form, found in _forms_in(folded, sought)
        if _holds(form, text, *(place := back(*found)))
    ]
    if sought.alone:
        alone, heads, tails = sought.alone, sought.heads, sought.tails
        written = SIGNED_WORD if not folded.text.isascii() and WITH_SIGNS.search(folded.text) else FOLDED_WORD
        for match in written.finditer(folded.text):
            word = match[0]
            if word in alone or word[:2] in heads or word[-2:] in tails:
                spans.extend(_alone(text, word, *back(*match.span()), sought))
    return uncovered(_with_marks(text, span) for span in spans) if spans else []


def _forms_in(folded: Folded, sought: Matcher) -> Iterator[tuple[Form, Region]]:
    """Yield each form that stands in a folded text, and where: [start, end).

    A long text is searched around the letters of the values only, and for those of many values at once.
    """
    some: Iterable[Sought] = sought.values
    whole = (0, len(folded.text))
    if len(sought.values) <= MANY:
        letters = folded.letters
        some = dict.fromkeys(one for first, one in sought.firsts if first in letters)
        some = [one for one in some if any(trace.stands_in(letters) for trace in one.traces)]
        if whole[1] <= LONG:
            for one in some:
                yield from _standing(forms_of(one.value), folded, whole)
            return
    forms = [(one.value, forms_of(one.value)) for one in some]
    around = Around(folded)
    around.seek(trace for _, own in forms for form in own for trace in form.traces)
    for value, own in forms:
        for region in around.regions([*chain.from_iterable(form.traces for form in own)], width_of(value)):
            yield from _standing(own, folded, region)


def _standing(forms: Iterable[Form], folded: Folded, region: Region) -> Iterator[tuple[Form, Region]]:
    near = folded.part(region)
    for form in forms:
        if any(trace.stands_in(near.letters) for trace in form.traces):
            yield from ((form, found) for found in form.spans(folded.text, region, near))


def _with_marks(text: str, span: Span) -> Span:
    """Widen a span over combining marks that follow it, which folding dropped."""
    end = span.end
    while end < len(text) and ("\u0300" <= text[end] <= "\u036f" or text[end] in SIGNS):
        end += 1
    return Span(span.start, end, span.entity_type, span.score, span.rule)


def _holds(form: Form, text: str, start: int, end: int) -> bool:
    """Refuse an initial in lower case before a space (`a doe`), and a common word that is not written as a name."""
    if form.rule == "name" and text[end - 1].islower() and LETTER_BEFORE_WORD.match(text, end - 2):
        return False  # `Doe, a lawyer`
    if form.initial:
        lone = LONE_LETTER.findall(text, start, end + 1)
        return all(letter.isupper() or letter.endswith(".") for letter in lone)
    if form.rule == "literal" and name_forms.is_common(text[start:end]):
        return text[start].isupper() and not begins_sentence(text, start)
    return True


def _alone(text: str, word: str, start: int, end: int, sought: Matcher) -> Iterator[Span]:
    """Yield a span where a word is one of a known name, or one letter from it: so it begins or ends as one does."""
    found = sought.alone.get(word)
    if found is not None:
        label, common = found
        score = _common_score(text, start, end) if common else ALONE_SCORE if text[start].isupper() else ALONE_LOW_SCORE
        if score:
            yield Span(start, end, label, score, "name_word")
    elif MISSPELT_FROM - 1 <= len(word) <= LONGEST_WORD and word not in never_names() and word not in ambiguous():
        near = _near(sought.long)
        candidates = {known for shorter in name_forms.one_off(word) for known in near.get(shorter, ())}
        if candidates and name_forms.misspelt(word, candidates):
            label = sought.alone[min(candidates)][0]
            yield Span(start, end, label, MISSPELT_SCORE, "name_misspelt")
        elif len(word) == end - start:
            yield from _beside_trade(word, start, sought)


def _beside_trade(word: str, start: int, sought: Matcher) -> Iterator[Span]:
    """Yield a long word of a name that is written together with a word of the imaging trade: `CHESTQUARRINGTON`."""
    for cut in range(2, len(word) - 1):
        before, after = word[:cut], word[cut:]
        for known, other, at in ((after, before, start + cut), (before, after, start)):
            label, common = sought.alone.get(known, (None, True)) if len(known) >= MISSPELT_FROM else (None, True)
            if label is not None and not common and is_word(other):
                yield Span(at, at + len(known), label, GLUED, "glued_name")


def _common_score(text: str, start: int, end: int) -> float:
    """Score a word that is a name and a common word: a title, or a capital in mid-sentence, makes it a name."""
    if TITLE_BEFORE.search(text[max(0, start - 12) : start]):
        return TITLED_SCORE
    if not text[start].isupper() or DIGIT_BEHIND.match(text, end):
        return 0.0
    if text[start:end].isupper() and end - start > 1:
        around = text[max(0, start - 20) : start] + text[end : end + 20]
        return ALONE_SCORE if any(char.islower() for char in around) else CAPITALS_SCORE
    if not begins_sentence(text, start):
        return 0.8
    word = text[start:end].lower()
    common = word in words("sentence_openers", "eponyms") or word in never_names()
    return 0.0 if common else CAPITALS_SCORE
