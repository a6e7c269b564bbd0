"""What a text's letters and digits hold wherever a known value, or one form of it, stands in the text.

Most texts hold none of it and need no pattern: in a table most values stand in one cell only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product
from math import prod
from typing import NamedTuple

from deid_core.detect.rules import name_forms, value_forms
from deid_core.detect.rules.fold import fold, spellings

NOT_BARE = re.compile(r"[\W_]+")
WAYS = 8  # to write a family name that are told apart; of more, only its first word's are


class Trace(NamedTuple):
    """Hold what stands among a text's letters and digits alone: all of `held` in order, initials beside the first.

    `before`: one of these letters is among the `room` before it; `after`: one of these is the next one.
    """

    held: tuple[str, ...]
    before: str = ""
    room: int = 0
    after: str = ""

    def __repr__(self) -> str:
        """Show no value."""
        return "Trace()"

    def stands_in(self, letters: str) -> bool:
        """Say whether it is anywhere among letters and digits."""
        first, *others = self.held
        at = letters.find(first)
        while at >= 0 and not self.has_initials(letters, at):
            at = letters.find(first, at + 1)
        for one in others if at >= 0 else ():
            at = letters.find(one, at + len(first))
            if at < 0:
                return False
            first = one
        return at >= 0

    def has_initials(self, letters: str, at: int) -> bool:
        """Say whether initials are beside the first of `held` where that stands."""
        if self.before and not any(letter in self.before for letter in letters[max(0, at - self.room) : at]):
            return False
        end = at + len(self.held[0])
        return not self.after or (end < len(letters) and letters[end] in self.after)


Traces = tuple[Trace, ...]  # where a form stands, one of them does


def bare(folded: str) -> str:
    """Return the letters and digits of a folded text."""
    return NOT_BARE.sub("", folded)


def of_literal(value: str) -> Iterator[Traces]:
    """Yield the traces of each of `value_forms.literal_patterns`."""
    if words := fold(value.strip())[: value_forms.LONGEST].split():
        yield (Trace((bare("".join(words)),)),)


def of_family(name: name_forms.PersonName) -> Traces:
    """Return the traces that all forms of a name have, but the one as it is."""
    return tuple(Trace((spelling,)) for spelling in _families(name)[0]) if name.family else ()


def of_sequences(name: name_forms.PersonName) -> Iterator[Traces]:
    """Yield the traces of each of `name_forms.sequences`."""
    if not name.family or not name.given:
        return
    (families, are_whole), first = _families(name), _spelt(name.given[0])
    yield tuple(Trace(held) for held in product(first, families))
    yield tuple(Trace(held) for held in product(families, first))
    if len("".join(name.family)) < name_forms.SHORTEST_ALONE:
        return
    initials = "".join(spelling[0] for spelling in spellings(name.given[0]))
    initials = initials if bare(initials) == initials else ""
    room = 1 + max(1, len(name.given) - 1)  # its initial, and those of the names between: any one where none is known
    yield tuple(Trace((family,), before=initials, room=room) for family in families)
    yield tuple(Trace((family,), after=initials if are_whole else "") for family in families)


def of_glued(name: name_forms.PersonName) -> Iterator[Traces]:
    """Yield the traces of each of `name_forms.glued`, where there are any."""
    (families, are_whole), first = _families(name), _spelt(name.given[0])
    ways = [*product(first, families)]
    yield tuple(Trace((one + family,)) for one, family in ways)
    yield tuple(Trace((family + one,) if are_whole else (family, one)) for one, family in ways)


def _spelt(word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(bare, spellings(word))))


def _families(name: name_forms.PersonName) -> tuple[tuple[str, ...], bool]:
    """Return the ways in which a family name is written, and whether that is all of it or its first word."""
    each = [_spelt(part) for part in name.family]
    if prod(map(len, each)) > WAYS:
        return each[0], False
    return tuple(dict.fromkeys(map("".join, product(*each)))), True


def of_number(value: str) -> Iterator[Traces]:
    """Yield the traces of each of `value_forms.number_patterns`."""
    told = value_forms.plain_number(value)
    core = told.lstrip("0")
    if len(told) < value_forms.SHORTEST_NUMBER or not core:
        return
    if value_forms.is_short(core):
        yield from ((Trace((bare(form),)),) for form in dict.fromkeys((fold(value.strip()), told)))
        return
    yield (Trace((core,)),)
    if digits := value_forms.digits_alone(core):
        yield (Trace((digits,)),)


def of_phone(value: str) -> Iterator[Traces]:
    """Yield the traces of each of `value_forms.phone_patterns`."""
    digits = value_forms.phone_digits(value)
    if len(digits) <= value_forms.SHORT_NUMBER:
        yield from of_number(value)
        return
    yield (Trace((digits,)),)
    if local := value_forms.digits_here(digits):
        yield (Trace((local,)),)


def of_address(value: str) -> Iterator[Traces]:
    """Yield the traces of each of `value_forms.address_patterns`: runs of its words that are written in one way."""
    lines = list(value_forms.lines_of(value))
    if not lines:
        return
    yield (_run(lines),)
    if street := value_forms.street_of(lines):
        yield (_run([street]),)


def _run(lines: Iterable[str]) -> Trace:
    runs = [""]
    for forms in (forms for line in lines for forms in value_forms.words_of(line)):
        if len(forms) > 1:
            runs.append("")
        else:
            runs[-1] += bare(forms[0])
    return Trace((*filter(None, runs),) or ("",))


def of_any_date(year: int, month: int, day: int) -> Traces:
    """Return traces of which all forms of a date have one: fewer than those of each."""
    short, name = f"{year % 100:02d}", value_forms.MONTHS[month - 1][:3]
    orders = [order for order in (*_pairs(month, day), *_pairs(day, month)) if not order.startswith("0")]
    numbers = (held for order in dict.fromkeys(orders) for held in ((order, short), (short, order)))
    return tuple(map(Trace, (*numbers, (name, str(day)), (str(day), name))))


def of_date(year: int, month: int, day: int) -> Iterator[Traces]:
    """Yield the traces of each of `value_forms.date_patterns`: what is written side by side."""
    shown = (f"{year}", f"{year % 100:02d}")
    first, other = _pairs(month, day), _pairs(day, month)
    yield tuple(Trace((shown[0] + order,)) for order in first)
    yield tuple(Trace((order + end,)) for order in first for end in shown)
    yield tuple(Trace((order + end,)) for order in other for end in shown)
    yield (Trace((f"{year}{month:02d}{day:02d}",)),)
    yield (Trace((f"{month:02d}{day:02d}{year}",)), Trace((f"{day:02d}{month:02d}{year}",)))
    name = value_forms.MONTHS[month - 1]
    names = dict.fromkeys((name, name[:3], *(["sept"] if name == "september" else [])))
    after = [f"{one}{the}{number}" for one in names for the in ("", "the") for number in _padded(day)]
    before = [
        f"{number}{nth}{of}{name[:3]}"
        for number in _padded(day)
        for nth in ("", "st", "nd", "rd", "th")
        for of in ("", "of")
    ]
    yield tuple(Trace((one, shown[1])) for one in after)
    yield tuple(Trace((one, shown[1])) for one in before)
    yield tuple(Trace((one,)) for one in (*after, *before))


def _pairs(one: int, other: int) -> list[str]:
    """Return two numbers side by side, each with and without a zero before it."""
    return [first + second for first in _padded(one) for second in _padded(other)]


def _padded(number: int) -> tuple[str, str]:
    return str(number), f"0{number}"  # the pattern of two digits allows for it, too
