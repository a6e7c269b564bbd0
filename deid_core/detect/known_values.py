"""Find what is known of a subject: its names, numbers, dates and addresses, in every form they are written in.

Values live in the compiled matchers only; none is in a repr, a rule's name or an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from deid_core.detect.around import Around, matches
from deid_core.detect.rules import name_forms, value_forms
from deid_core.detect.rules.context import begins_sentence
from deid_core.detect.rules.fold import fold, fold_with_offsets, spellings
from deid_core.detect.rules.overlap import uncovered
from deid_core.detect.rules.words import ambiguous, never_names, words
from deid_core.entities import EntityType
from deid_core.extract.descriptors import is_word
from deid_core.model import Span
from deid_core.policy import Policy
from deid_core.ports import KnownValue, TextQuery

NAMES = frozenset({EntityType.NAME, EntityType.RELATIVE_NAME, EntityType.STAFF_NAME})
DATES = frozenset({EntityType.DATE, EntityType.DATE_OF_BIRTH})
PHONES = frozenset({EntityType.PHONE, EntityType.FAX})
LITERAL = frozenset(
    {
        EntityType.EMAIL,
        EntityType.URL,
        EntityType.USERNAME,
        EntityType.CITY,
        EntityType.COUNTY,
        EntityType.STATE,
        EntityType.COUNTRY,
    }
    | {
        EntityType.FACILITY,
        EntityType.ORGANISATION,
        EntityType.PROFESSION,
        EntityType.AGE,
        EntityType.TIME,
        EntityType.IP,
    }
)
SHORTEST, MISSPELT_FROM, LONGEST_WORD, MATCHERS, VALUES, COMPILED = 3, 6, 64, 256, 2048, 4096
GROUPS = "="
GLUED = 0.9  # the score of a name in the middle of a word
# Han, kana and Hangul stand beside other words without a space
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
WIDTH, WIDER = 32, 4  # code points that a match is wide at most: a date's, and more for each of another value's own
SHORT = 2048  # code points of a text that is worth remembering
LITERAL_LENGTH = value_forms.LONGEST
NOT_BARE = re.compile(r"[\W_]+")
LETTER_BEFORE_WORD = re.compile(r"[\s,][^\W\d_](?= [^\W\d_])")
LONE_LETTER = re.compile(r"(?<!\w)[^\W\d_](?:\.|(?=[\s,]|\Z|[^\w.]))")
FOLDED_WORD = re.compile(r"[^\W\d_]+(?:'(?!s\b)[^\W\d_]+)*")
TITLE_BEFORE = re.compile(r"(?i)\b(?:mr|mrs|ms|miss|mx|dr|prof|master|nurse|patient|pt|name|baby)[.:]?\s{1,3}\Z")
MISSPELT_SCORE, ALONE_SCORE, ALONE_LOW_SCORE, TITLED_SCORE, CAPITALS_SCORE = 0.6, 0.9, 0.75, 0.93, 0.5


@dataclass(frozen=True, slots=True)
class Form:
    """Hold one form of a value, compiled when it is first needed; hidden from repr.

    Where the form matches, the text's bare letters and digits hold all of one of the `traces`: most texts need no
    regular expression, and in a table most values stand in one cell only.
    """

    pattern: str = field(repr=False)
    traces: value_forms.Traces = field(repr=False)
    entity_type: EntityType
    score: float
    rule: str
    initial: bool = False


@dataclass(frozen=True, slots=True)
class Sought:
    """Hold a value whose forms are made when it may stand in a text: where the text's bare letters hold a trace of it.

    `alone` are the folded words of a name that identify on their own, and whether each is a common word too.
    """

    value: KnownValue
    traces: value_forms.Traces = field(repr=False)
    alone: tuple[tuple[str, bool], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Matcher:
    """Hold all that is looked for in the texts of one subject; hidden from repr.

    `alone` maps a folded word of a name to its label and whether it is a common word too; `long` are those of which a
    misspelt one is looked for, `heads` and `tails` their first and last two letters: a misspelt one has either.
    """

    values: tuple[Sought, ...] = field(repr=False)
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
    return Matcher(values, alone, long, heads, tails)


@lru_cache(maxsize=VALUES)  # an institution, or a physician, is known of many subjects
def _sought(known: KnownValue) -> Sought:
    label, value = known.entity_type, known.value
    if len(value.strip()) < SHORTEST or _names_nobody(known):
        return Sought(known, (), ())
    if label not in NAMES:
        return Sought(known, _kind(label, value)[1], ())
    traces: list[tuple[str, ...]] = []
    alone: dict[str, bool] = {}
    for group in filter(None, value.split(GROUPS)):
        name = name_forms.parse_name(group)
        traces += [*_family_traces(name), *_whole(group)]
        for word, common in name_forms.words_alone(name).items():
            alone.setdefault(word, common)
    return Sought(known, tuple(traces), tuple(alone.items()))


@lru_cache(maxsize=VALUES)
def forms_of(known: KnownValue) -> tuple[Form, ...]:
    """Return the forms of a value; none of one that is too short, or names nobody."""
    if len(known.value.strip()) < SHORTEST or _names_nobody(known):
        return ()
    return tuple(_forms(known))


@lru_cache(maxsize=MATCHERS)
def _near(long: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Map words, and words with a letter left out, to the words of names that they may be."""
    near: dict[str, set[str]] = {}
    for word in long:
        for shorter in name_forms.one_off(word):
            near.setdefault(shorter, set()).add(word)
    return {shorter: frozenset(found) for shorter, found in near.items()}


def _names_nobody(known: KnownValue) -> bool:
    """Say whether a value is none, or labels, degrees or parties hold a name's place: `NPI`, `the Respondent`."""
    if fold(known.value.strip()) in words("no_value"):
        return True
    parts = fold(known.value).replace(".", "").split() if known.entity_type in NAMES else []
    return bool(parts) and all(part in words("labels", "nobody") for part in parts)


def _forms(known: KnownValue) -> Iterator[Form]:
    label, value = known.entity_type, known.value
    if label in NAMES and GROUPS in value:  # DICOM: alphabetic, ideographic and phonetic (PS3.5 6.2.1.2)
        yield from chain.from_iterable(_forms(KnownValue(label, group)) for group in value.split(GROUPS) if group)
        return
    if label in NAMES:
        name = name_forms.parse_name(value)
        rule, traces = "unspaced_name" if UNSPACED.search(value) else "name", _family_traces(name)
        for pattern, score, initial in name_forms.sequences(name):
            if initial and rule == "unspaced_name":
                continue  # these scripts have no initials
            yield _form(pattern, traces, label, score, rule, initial=initial)
        for pattern in name_forms.glued(name):
            yield _form(pattern, traces, label, GLUED, "glued_name")
        if len(value.split()) > 1:
            for pattern, score in value_forms.literal_patterns(value):
                yield _form(pattern, _whole(value), label, score, rule)
        return
    rule, traces, patterns = _kind(label, value)
    for pattern, score in patterns():
        yield _form(pattern, traces, label, score, rule)


def _family_traces(name: name_forms.PersonName) -> value_forms.Traces:
    return tuple((bare(spelling),) for family in name.family[:1] for spelling in spellings(family))


def _whole(value: str) -> value_forms.Traces:
    return ((bare(fold(value.strip())[:LITERAL_LENGTH]),),)


def _kind(label: EntityType, value: str) -> tuple[str, value_forms.Traces, Callable[[], Iterable[tuple[str, float]]]]:
    """Return the rule of what is no name, its traces, and what makes its patterns, each with its score."""
    if label in DATES and (parts := value_forms.date_parts(value)):
        return "date", value_forms.date_traces(*parts), lambda: value_forms.date_patterns(*parts)
    if label in PHONES:
        return "phone", value_forms.phone_traces(value), lambda: value_forms.phone_patterns(value)
    if label is EntityType.ADDRESS:
        return "address", value_forms.address_traces(value), lambda: value_forms.address_patterns(value)
    if label in LITERAL or label in DATES or not any(char.isdigit() for char in value):
        return "literal", _whole(value), lambda: value_forms.literal_patterns(value)
    return "number", value_forms.number_traces(value), lambda: value_forms.number_patterns(value)


# What may not touch a form: a letter or digit in general; letters only beside a name (`doe1951`), digits only beside
# a long number (`MRN123456`), and beside a date what is no time (`1951-03-14T10:00`).
EDGES = {
    "name": (r"(?<![^\W\d_])", r"(?![^\W\d_])"),
    "unspaced_name": ("", ""),
    "glued_name": ("", ""),  # `CHESTJOHNDOE`
    "number": (r"(?<!\d)", r"(?!\d)"),
    "date": (r"(?<![^\W_])", r"(?![^\W_])|(?=t\d\d)"),
}
WORD_EDGES = (r"(?<![^\W_])", r"(?![^\W_])")


def _form(
    pattern: str, traces: value_forms.Traces, label: EntityType, score: float, rule: str, *, initial: bool = False
) -> Form:
    """Give a pattern the edges that its rule asks for."""
    before, after = EDGES.get(rule, WORD_EDGES)
    return Form(f"{before}(?:{pattern})(?:{after})", traces, label, score, rule, initial)


@lru_cache(maxsize=COMPILED)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def bare(folded: str) -> str:
    """Return the letters and digits of a folded text."""
    return NOT_BARE.sub("", folded)


def _folded(text: str) -> tuple[str, list[int] | None, str]:
    """Return a text folded, where its characters came from, and its letters and digits alone."""
    folded, offsets = fold_with_offsets(text)
    return folded, offsets, bare(folded)


_folded_again = lru_cache(maxsize=256)(_folded)  # texts of one kind of studies come again for each of their subjects


def _find(text: str, sought: Matcher) -> list[Span]:
    folded, offsets, letters = _folded_again(text) if len(text) <= SHORT else _folded(text)

    def back(start: int, end: int) -> tuple[int, int]:
        return (start, end) if offsets is None else (offsets[start], offsets[end - 1] + 1)

    around = Around(folded, letters) if len(folded) > SHORT else None

    def found(form: Form, value: str) -> Iterator[re.Match[str]]:
        whole = [(0, len(folded))]
        width = WIDTH + WIDER * len(value) * (form.rule != "date")
        regions = around.regions(form.traces, width) if around else whole
        return matches(_compiled(form.pattern), folded, regions) if regions else iter(())

    spans = [
        Span(*back(*match.span()), form.entity_type, form.score, form.rule)
        for value in sought.values
        if any(all(trace in letters for trace in one) for one in value.traces)
        for form in forms_of(value.value)
        if any(all(trace in letters for trace in one) for one in form.traces)
        for match in found(form, value.value.value)
        if _holds(form, text, *back(*match.span()))
    ]
    if sought.alone:
        for match in FOLDED_WORD.finditer(folded):
            spans.extend(_alone(text, match.group(), *back(*match.span()), sought))
    return uncovered(_with_marks(text, span) for span in spans)


def _with_marks(text: str, span: Span) -> Span:
    """Widen a span over combining marks that follow it, which folding dropped."""
    end = span.end
    while end < len(text) and "\u0300" <= text[end] <= "\u036f":
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
    """Yield a span where a word is one of a known name, or one letter from it."""
    found = sought.alone.get(word)
    if found is not None:
        label, common = found
        score = _common_score(text, start, end) if common else ALONE_SCORE if text[start].isupper() else ALONE_LOW_SCORE
        if score:
            yield Span(start, end, label, score, "name_word")
    elif (
        (word[:2] in sought.heads or word[-2:] in sought.tails)
        and MISSPELT_FROM - 1 <= len(word) <= LONGEST_WORD
        and word not in never_names()
        and word not in ambiguous()
    ):
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
    if not text[start].isupper() or re.match(r"\s{1,2}\d", text[end:]):
        return 0.0
    if text[start:end].isupper() and end - start > 1:
        around = text[max(0, start - 20) : start] + text[end : end + 20]
        return ALONE_SCORE if any(char.islower() for char in around) else CAPITALS_SCORE
    if not begins_sentence(text, start):
        return 0.8
    word = text[start:end].lower()
    common = word in words("sentence_openers", "eponyms") or word in never_names()
    return 0.0 if common else CAPITALS_SCORE
