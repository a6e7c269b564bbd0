"""The forms that a known value is looked for in, and where a text's letters say that one may stand.

Values live in forms only; none is in a repr, a rule's name or an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from deid_core.detect import spelt, traces
from deid_core.detect.around import Folded, Region, matches
from deid_core.detect.rules import name_forms, value_forms
from deid_core.detect.rules.fold import fold
from deid_core.detect.rules.words import words
from deid_core.detect.spelt import Spelt
from deid_core.detect.traces import Traces
from deid_core.entities import EntityType
from deid_core.ports import KnownValue

NAMES = frozenset({EntityType.NAME, EntityType.RELATIVE_NAME, EntityType.STAFF_NAME})
DATES = frozenset({EntityType.DATE, EntityType.DATE_OF_BIRTH})
PHONES = frozenset({EntityType.PHONE, EntityType.FAX})
LITERAL = frozenset(
    {
        *(EntityType.EMAIL, EntityType.URL, EntityType.USERNAME, EntityType.CITY, EntityType.COUNTY, EntityType.STATE),
        *(EntityType.COUNTRY, EntityType.FACILITY, EntityType.ORGANISATION, EntityType.PROFESSION, EntityType.AGE),
        *(EntityType.TIME, EntityType.IP),
    }
)
SHORTEST, VALUES, COMPILED = 3, 512, 1024
GROUPS = "="
GLUED = 0.9  # the score of a name in the middle of a word
# Han, kana and Hangul stand beside other words without a space
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
WIDTH, WIDER = 32, 4  # code points that a match is wide at most: a date's, and more for each of another value's own
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


@dataclass(frozen=True, slots=True)
class Form:
    """Hold one form of a value, compiled when it is first needed; hidden from repr.

    Where the form matches, the text's bare letters and digits hold one of the `traces`. What is spelt out is found by
    its letters; `spelt` is None of another.
    """

    pattern: str = field(repr=False)
    traces: Traces = field(repr=False)
    entity_type: EntityType
    score: float
    rule: str
    initial: bool = False
    spelt: Spelt | None = field(default=None, repr=False)

    def spans(self, folded: str, region: Region, near: Folded) -> list[Region]:
        """Return where it stands in a region of a folded text, which is `near`."""
        spans = self.spelt.found(folded, near) if self.spelt else None
        if spans is None:
            spans = [match.span() for match in matches(_compiled(self.pattern), folded, region)]
        return spans


@lru_cache(maxsize=COMPILED)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def is_any(known: KnownValue) -> bool:
    """Say whether a value is looked for: it is not too short, and names somebody."""
    return len(known.value.strip()) >= SHORTEST and not _names_nobody(known)


def _names_nobody(known: KnownValue) -> bool:
    """Say whether a value is none, or labels, degrees or parties hold a name's place: `NPI`, `the Respondent`."""
    if fold(known.value.strip()) in words("no_value"):
        return True
    parts = fold(known.value).replace(".", "").split() if known.entity_type in NAMES else []
    return bool(parts) and all(part in words("labels", "nobody") for part in parts)


def width_of(known: KnownValue) -> int:
    """Return how wide a match of any form of a value can be, in code points."""
    is_date = known.entity_type in DATES and value_forms.date_parts(known.value)
    return WIDTH + WIDER * len(known.value) * (not is_date)


def traces_of(known: KnownValue) -> Traces:
    """Return traces of which every form of a value has one: fewer than the forms have, so they are looked for first."""
    label, value = known.entity_type, known.value
    if label in NAMES:
        groups = list(filter(None, value.split(GROUPS)))
        families = (traces.of_family(name_forms.parse_name(group)) for group in groups)
        literal = (form for group in groups for form in traces.of_literal(group))
        return tuple(dict.fromkeys(chain(*families, *literal)))
    if parts := value_forms.date_parts(value) if label in DATES else None:
        return traces.of_any_date(*parts)
    return tuple(chain.from_iterable(_kind(label, value)[1]))


@lru_cache(maxsize=VALUES)
def forms_of(known: KnownValue) -> tuple[Form, ...]:
    """Return the forms of a value; none of one that is too short, or names nobody."""
    return tuple(_forms(known)) if is_any(known) else ()


def _forms(known: KnownValue) -> Iterator[Form]:
    label, value = known.entity_type, known.value
    if label not in NAMES:
        yield from _of_others(label, value)
    elif GROUPS in value:  # DICOM: alphabetic, ideographic and phonetic (PS3.5 6.2.1.2)
        yield from chain.from_iterable(_forms(KnownValue(label, group)) for group in value.split(GROUPS) if group)
    else:
        yield from _of_name(label, value)


def _of_name(label: EntityType, value: str) -> Iterator[Form]:
    name = name_forms.parse_name(value)
    unspaced = UNSPACED.search(value) is not None
    rule = "unspaced_name" if unspaced else "name"
    made = name_forms.sequences(name)
    spelt_by = spelt.sequences(name) if made and not unspaced else (None,) * len(made)
    for (pattern, score, initial), form, by in zip(made, traces.of_sequences(name), spelt_by, strict=False):
        if not (initial and unspaced):  # these scripts have no initials
            yield _form(pattern, form, label, score, rule, initial=initial, by=by)
    if glued := name_forms.glued(name):
        for pattern, form, by in zip(glued, traces.of_glued(name), spelt.glued(name), strict=True):
            yield _form(pattern, form, label, GLUED, "glued_name", by=by)
    if len(value.split()) > 1:
        by = spelt.literal(value, named=None if unspaced else True)
        for (pattern, score), form in zip(value_forms.literal_patterns(value), traces.of_literal(value), strict=True):
            yield _form(pattern, form, label, score, rule, by=by)


def _of_others(label: EntityType, value: str) -> Iterator[Form]:
    rule, own, patterns = _kind(label, value)
    forms = list(zip(patterns(), own, strict=True))
    for ((pattern, score), form), by in zip(forms, _spelt(rule, value, [form for _, form in forms]), strict=True):
        yield _form(pattern, form, label, score, rule, by=by)


def _kind(label: EntityType, value: str) -> tuple[str, Iterator[Traces], Callable[[], Iterable[tuple[str, float]]]]:
    """Return the rule of what is no name, the traces of its forms, and what makes their patterns and scores."""
    if label in DATES and (parts := value_forms.date_parts(value)):
        return "date", traces.of_date(*parts), lambda: value_forms.date_patterns(*parts)
    if label in PHONES:
        return "phone", traces.of_phone(value), lambda: value_forms.phone_patterns(value)
    if label is EntityType.ADDRESS:
        return "address", traces.of_address(value), lambda: value_forms.address_patterns(value)
    if label in LITERAL or label in DATES or not any(char.isdigit() for char in value):
        return "literal", traces.of_literal(value), lambda: value_forms.literal_patterns(value)
    return "number", traces.of_number(value), lambda: value_forms.number_patterns(value)


def _spelt(rule: str, value: str, forms: Sequence[Traces]) -> Sequence[Spelt | None]:
    """Return what each form of a value is spelt by, by their traces; None of one of which only the pattern can say."""
    if rule == "literal":
        return [spelt.literal(value, named=False) for _ in forms]
    if rule == "date" and (parts := value_forms.date_parts(value)):
        return spelt.date(*parts)
    if rule not in ("number", "phone"):
        return [None for _ in forms]
    is_phone = rule == "phone" and len(value_forms.phone_digits(value)) > value_forms.SHORT_NUMBER
    return [_number(form[0].held[0], place, rule, is_phone=is_phone) for place, form in enumerate(forms)]


def _number(letters: str, place: int, rule: str, *, is_phone: bool) -> Spelt | None:
    if len(letters) <= value_forms.SHORT_NUMBER or not letters.isascii():
        return None
    if is_phone:
        return spelt.phone(letters, country=not place)
    return spelt.number(letters, alone=rule == "phone" or (not place and value_forms.stands_alone(letters)))


def _form(
    pattern: str,
    form: Traces,
    label: EntityType,
    score: float,
    rule: str,
    *,
    initial: bool = False,
    by: Spelt | None = None,
) -> Form:
    """Give a pattern the edges that its rule asks for."""
    before, after = EDGES.get(rule, WORD_EDGES)
    return Form(f"{before}(?:{pattern})(?:{after})", form, label, score, rule, initial, by)
