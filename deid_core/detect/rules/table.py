"""Rules as data: what a rule is, and how it is read from TOML.

A rule is tried only where one of its trigger words stands, so a text costs one pass over its words. `#4` is a run of
four digits, `&4` one that touches a letter; the signs @ ^ + ( , : - stand for themselves where they could matter.
A rule sees a window of fixed length around its trigger, so time is linear in the text whatever stands there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from deid_core.detect.rules import accounts, cited, initials, numbers, places, short_days, tabular, trim, wards
from deid_core.detect.rules.follow import Automaton, longest
from deid_core.detect.rules.listed import listed
from deid_core.detect.rules.words import states, words
from deid_core.entities import EntityType
from deid_core.languages import DEFAULT, Language, language

Trim = Callable[[str, int, int], tuple[int, int] | None]
AHEAD = 320  # code points that a rule may see from its trigger on
AFTER = 64  # and after it, where its match may begin before its trigger
CONTEXT = 64  # code points before a match in which `unless` and `given` are looked for
BEHIND = 64  # code points before a place that a pattern looks back at, at most
LONGEST_RUN = 20  # digits
FLAGS = ("before", "after", "near_date", "echo", "whole", "heads", "of_people")
SOME_CAPITALS = r"A-Z\u00c0"  # for a shape: what is beyond ASCII is all one there
TRIMS: dict[str, Trim] = {
    **trim.TRIMS,
    **short_days.TRIMS,
    **places.TRIMS,
    **accounts.TRIMS,
    **tabular.TRIMS,
    **initials.TRIMS,
    **cited.TRIMS,
    **numbers.TRIMS,
    **wards.TRIMS,
}


class Patterned:
    """Hold a pattern and a shape, which is the same to ASCII; each is compiled when it is first needed.

    A pattern with classes of all capitals takes ten times as long to compile as its shape, and few texts need it.
    """

    pattern: str
    shape: str

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compile the pattern; raises re.error for one that is none."""
        return re.compile(self.pattern)

    @cached_property
    def plain(self) -> re.Pattern[str]:
        """Compile the shape."""
        return self.regex if self.shape == self.pattern else re.compile(self.shape)

    def over(self, text: str, start: int, end: int) -> re.Pattern[str]:
        """Return what finds the pattern's matches in [start, end) of a text: the shape where all is ASCII there."""
        ascii_there = text.isascii() or text[max(0, start - BEHIND) : end].isascii()
        return self.plain if ascii_there else self.regex


@dataclass(frozen=True)
class Context(Patterned):
    """Hold a pattern of what stands right before a place, and a simpler one."""

    pattern: str
    shape: str

    @cached_property
    def reach(self) -> int:
        """Return how many code points the pattern can take, at most CONTEXT."""
        return min(longest(self.pattern), CONTEXT)

    def ends(self, text: str, at: int) -> bool:
        """Say whether the pattern matches up to a place."""
        start = max(0, at - self.reach)
        return self.over(text, start, at).search(text, start, at) is not None

    @cached_property
    def automaton(self) -> Automaton:
        """Read the shape backwards."""
        return Automaton(self.shape, backwards=True)


@dataclass(frozen=True)
class TextRule(Patterned):
    """Hold one rule: where it is tried, its pattern, and what its groups are.

    `shape` is a simpler pattern that matches wherever `pattern` does, for a first look, and to ASCII it is the same.
    Group `v` (`v2`) is of `entity_type`; a group named as a label is of that label. `before` is how far ahead of its
    trigger a match may start, and then `after` how far behind it the match may end. `unless` and `given` are searched
    in the text before a match, and forbid or ask; `lead` asks in the text before the trigger, and `hint` says for a
    first look what stands there wherever the rule finds something. `near_date` asks for a date beside it on its line,
    `sources` for a query's source; what `echo` rules find is looked for in the rest of the text, if `whole` however
    short it is. What a rule that `heads` finds is the heading of a column, and the cells under it are its values;
    `of_people` where no other heading may speak of things.
    """

    name: str
    entity_type: EntityType
    pattern: str
    score: float
    at: tuple[str, ...]
    shape: str
    before: int = 0
    after: int = AFTER
    trim: Trim | None = None
    unless: Context | None = None
    given: Context | None = None
    lead: Context | None = None
    hint: Context | None = None
    near_date: bool = False
    echo: bool = False
    whole: bool = False
    heads: bool = False
    of_people: bool = False
    sources: tuple[str, ...] = ()

    @cached_property
    def automaton(self) -> Automaton:
        """Read the shape."""
        return Automaton(self.shape)

    @cached_property
    def written(self) -> Mapping[str, tuple[str, ...]]:
        """Map each trigger in small letters to how it is to be written; one of small letters stands for every case."""
        found: dict[str, list[str]] = {}
        for trigger in dict.fromkeys(self.at):
            found.setdefault(trigger.lower(), []).append(trigger)
        return {low: (low,) if low in forms else tuple(forms) for low, forms in found.items()}

    @cached_property
    def asked(self) -> Context | None:
        """Return what must stand before a trigger, for a first look."""
        return self.hint or self.lead or (None if self.before else self.given)

    @cached_property
    def begins(self) -> re.Pattern[str]:
        """Compile what stands where a match begins."""
        return re.compile(self.automaton.begins())

    @cached_property
    def one_line(self) -> bool:
        """Say whether no match goes over a line's end."""
        return not self.automaton.takes("\n")

    @cached_property
    def groups(self) -> tuple[tuple[str, EntityType], ...]:
        """Return the pattern's groups and their labels; raises ValueError for a group that is named as none."""
        names = (group for group in self.plain.groupindex if not group.startswith("x"))
        return tuple((group, _label(group, self.entity_type)) for group in names)


def make_rule(
    name: str, entity_type: EntityType, pattern: str, score: float, at: Iterable[str], **more: object
) -> TextRule:
    """Return a rule of one pattern."""
    shape = str(more.pop("shape", pattern))
    return TextRule(name, entity_type, pattern, score, tuple(at), shape, **more)  # type: ignore[arg-type]


def _label(group: str, default: EntityType) -> EntityType:
    name = group.rstrip("0123456789")
    return default if name == "v" else EntityType(name)


def shipped_rules(code: str = DEFAULT) -> tuple[TextRule, ...]:
    """Return the rules of a language: its own tables, then the English ones that hold in it too."""
    return _shipped_rules(code)


@cache
def _shipped_rules(code: str) -> tuple[TextRule, ...]:
    held = language(code)
    fragments = _fragments(held)
    trims = TRIMS if code == DEFAULT else TRIMS | listed(code).trims()
    own = [_rule(entry, fragments, trims) for table in held.tables for entry in _toml(held, table)["rule"]]
    return (*own, *(rule for rule in (shipped_rules() if held.shared else ()) if rule.name in held.shared))


def _rule(entry: dict[str, object], fragments: dict[str, str], trims: Mapping[str, Trim]) -> TextRule:
    more: dict[str, object] = {key: entry[key] for key in FLAGS if key in entry}
    for key in ("unless", "given", "lead", "hint"):
        if key in entry:
            more[key] = Context(expanded := expand(str(entry[key]), fragments), _shape(expanded, fragments))
    if "trim" in entry:
        more["trim"] = trims[str(entry["trim"])]
    more["sources"] = tuple(entry.get("sources", ()))  # type: ignore[arg-type]
    at = [word for trigger in entry["at"] for word in _triggers(str(trigger))]  # type: ignore[attr-defined]
    pattern = expand(str(entry["regex"]), fragments)
    more["shape"] = _shape(pattern, fragments)
    label, score = EntityType(str(entry["label"])), float(str(entry["score"]))
    return make_rule(str(entry["name"]), label, pattern, score, at, **more)


def _shape(pattern: str, fragments: dict[str, str]) -> str:
    return pattern.replace(fragments["CAPITALS"], SOME_CAPITALS)


def _triggers(trigger: str) -> list[str]:
    """Return the triggers that an entry means: `#4-6` is three, `STATES` abbreviations and first words of States.

    `MONTHS_ELSEWHERE` is all months of other languages that are no word of English.
    """
    if trigger == "MONTHS_ELSEWHERE":
        return sorted(words("months_with_a_day"))
    if trigger == "STATES":
        return sorted({*states(), *(name.split()[0] for name in states().values())})
    if trigger[0] in "#&" and "-" in trigger:
        low, high = map(int, trigger[1:].split("-"))
        return [f"{trigger[0]}{length}" for length in range(low, high + 1)]
    return [trigger]


def expand(regex: str, fragments: dict[str, str]) -> str:
    """Replace every `{{NAME}}` by its fragment, innermost last."""
    while "{{" in regex:
        regex = re.sub(r"\{\{(\w+)\}\}", lambda match: fragments[match[1]], regex)
    return regex


def _toml(held: Language, table: str) -> dict[str, Any]:
    return tomllib.loads(held.rules.joinpath(f"{table}.toml").read_text("utf-8"))


def _fragments(held: Language) -> dict[str, str]:
    """Return the English pieces of patterns, with a language's own over them."""
    fragments: dict[str, str] = {**_toml(language(DEFAULT), "fragments"), **_toml(held, "fragments")}
    fragments["CAPITALS"] = "A-Z" + _ranges([code for code in range(0x80, 0x1F00) if chr(code).isupper()])
    fragments["CAPITALS"] += fragments.pop("UNCASED")
    fragments["MONTH_ELSEWHERE"] = f"(?i:{'|'.join(sorted(words('months_with_a_day'), reverse=True))})"
    names = sorted(states().values(), key=len, reverse=True)
    fragments["ST"] = "(?:" + "|".join(sorted(set(states()))) + ")"
    fragments["STATE_NAME"] = "(?:" + "|".join(names) + ")"
    return fragments


def _ranges(codes: Sequence[int]) -> str:
    """Write ascending code points for a class in brackets, those in a row as a range: the shorter, the sooner read."""
    known = set(codes)
    begins = (code for code in codes if code - 1 not in known)
    ends = (code for code in codes if code + 1 not in known)
    return "".join(
        chr(low) if low == high else f"{chr(low)}-{chr(high)}" for low, high in zip(begins, ends, strict=True)
    )
