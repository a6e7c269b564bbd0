"""What a review says of the detectors and of the people: figures from positions, labels and seconds; no value.

Spans are those of `deid_core.review`. People begin with what the detectors found, so recall and precision are those
against people who saw it; only agreement is of people who did not see each other's work.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import mean, median
from typing import Any

from deid_core.evaluate.agreement import Cohen, Krippendorff
from deid_core.evaluate.places import Placed, clusters, same
from deid_core.report import upper_bound
from deid_core.review import Span, goes

ANY = ""  # in place of a label: whatever it is
NOBODY = ""  # the detectors, among people
STAYS = "stays"
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold what was said of one item; spans of all versions, `looks` by person where nobody saw another's work.

    `truth` is None where no person looked at it item by item, or where it is withheld; `withheld_for_missed` where that
    was because an identifier had been missed. `seconds` are one person's each. `drawn` names by what chance it came
    before people ("" for none): only such items say something of those that nobody saw.
    """

    found: Sequence[Span]
    truth: Sequence[Span] | None = None
    looks: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    seconds: Sequence[int] = ()
    drawn: str = ""
    withheld_for_missed: bool = False


def quality(items: Iterable[Judged]) -> dict[str, Any]:
    """Return all figures of some items, ready for JSON; a share or a measure is None where there is nothing to it.

    `labels` and `any_label`: counts, and recall and precision `exact` (same place, same label), by `overlap` (some of
    the place, same label) and `covered` (all of the place, whatever label). `agreement`: `exact_f1`, `overlap_f1`,
    `cohen`, `krippendorff`. `seconds`: of one person for one item. `residual`: by the chance by which items were drawn,
    those in which the detectors left an identifier or a part of one, and the one-sided 95 % bound (Clopper-Pearson).
    """
    tally = _Tally()
    for item in items:
        tally.add(item)
    return tally.figures()


def tables(told: Mapping[str, Any]) -> list[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """Return the figures of `quality` as tables of text, (heads, rows) each; one without rows has nothing to say."""
    labels = [("any label", told["any_label"]), *told["labels"].items()]
    agreement, seconds = told["agreement"], told["seconds"]
    named = (("exact_f1", "spans, same"), ("overlap_f1", "spans, overlapping"), ("cohen", "kappa"))
    return [
        (
            ("Label", "People", "Detectors", "Recall", "Precision", "Covered"),
            [
                (
                    name,
                    str(held["people"]),
                    str(held["detectors"]),
                    _text(held["exact"]["recall"]),
                    _text(held["exact"]["precision"]),
                    _text(held["covered"]),
                )
                for name, held in labels
                if held["people"] or held["detectors"]
            ],
        ),
        (
            ("Drawn", "Looked at", "With something left", "At most, 95 %"),
            [
                (drawn.replace("_", " "), str(held["items"]), str(held["with_missed"]), _text(held["bound"]))
                for drawn, held in told["residual"].items()
            ],
        ),
        (
            ("Agreement of reviewers", "Value"),
            [(what, _text(agreement[name])) for name, what in (*named, ("krippendorff", "alpha"))]
            if agreement["items"]
            else [],
        ),
        (
            ("Seconds of one look", "Value"),
            [(what, str(seconds[name])) for name, what in (("median", "median"), ("nine_in_ten", "nine in ten"))]
            if seconds["looks"]
            else [],
        ),
    ]


def _text(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


class _Tally:
    """Sum what items say."""

    def __init__(self) -> None:
        self.labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.pairs: Counter[str] = Counter()
        self.cohen, self.krippendorff = Cohen(), Krippendorff()
        self.seconds: list[int] = []
        self.items: Counter[str] = Counter()
        self.residual: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, item: Judged) -> None:
        self.items["items"] += 1
        self.seconds += [spent for spent in item.seconds if spent > 0]
        found = [span for span in item.found if goes(span)]
        missed = int(item.withheld_for_missed)
        if item.truth is not None:
            self.items["looked_at"] += 1
            missed = self._detected(found, [span for span in item.truth if goes(span)])
        if item.drawn and (item.truth is not None or item.withheld_for_missed):
            self.residual[item.drawn].update(items=1, with_missed=int(missed > 0), missed=missed)
        if len(item.looks) > 1:
            self.items["looked_at_apart"] += 1
            self._agreed(found, {who: [span for span in spans if goes(span)] for who, spans in item.looks.items()})

    def _detected(self, found: Sequence[Span], truth: Sequence[Span]) -> int:
        """Count detectors against people, and return how many identifiers were left in whole or in part."""
        by_detectors, by_people = Placed(found), Placed(truth)
        left = 0
        for span in truth:
            covered = by_detectors.covers(span)
            left += not covered
            self._counted("people", span, by_detectors.near(span), covered=covered)
        for span in found:
            self._counted("detectors", span, by_people.near(span))
        return left

    def _counted(self, side: str, span: Span, near: Sequence[Span], *, covered: bool = False) -> None:
        for label in (ANY, span["entity_type"]):
            alike = [other for other in near if label in (ANY, other["entity_type"])]
            exact = any(same(span, other) for other in alike)
            told = {side: 1, f"{side}.exact": int(exact), f"{side}.overlap": int(bool(alike))}
            self.labels[label].update(told | {"covered": int(covered)})

    def _agreed(self, found: Sequence[Span], looks: Mapping[str, Sequence[Span]]) -> None:
        for one, other in combinations(looks.values(), 2):
            for here, there in ((one, Placed(other)), (other, Placed(one))):
                for span in here:
                    alike = [held for held in there.near(span) if held["entity_type"] == span["entity_type"]]
                    exact = any(same(span, held) for held in alike)
                    self.pairs.update(spans=1, exact=int(exact), overlap=int(bool(alike)))
        said = [(NOBODY, span) for span in found] + [(who, span) for who in looks for span in looks[who]]
        for group in clusters([span for _, span in said]):
            self.pairs["units"] += 1
            told = [(who, {said[at][1]["entity_type"] for at in group if said[at][0] == who}) for who in looks]
            judged = [(who, " and ".join(sorted(labels)) or STAYS) for who, labels in told]
            self.krippendorff.add([judgement for _, judgement in judged])
            for (left, first), (right, second) in combinations(judged, 2):
                self.cohen.add(left, right, (first, second))

    def figures(self) -> dict[str, Any]:
        names = sorted((name for name in self.labels if name), key=lambda name: (-self.labels[name]["people"], name))
        spans = self.pairs["spans"]
        return {
            "items": {name: self.items[name] for name in ("items", "looked_at", "looked_at_apart")},
            "any_label": _label(self.labels[ANY]),
            "labels": {name: _label(self.labels[name]) for name in names},
            "agreement": {
                "items": self.items["looked_at_apart"],
                "places": self.pairs["units"],
                "exact_f1": _share(self.pairs["exact"], spans),
                "overlap_f1": _share(self.pairs["overlap"], spans),
                "cohen": _rounded(self.cohen.value),
                "krippendorff": _rounded(self.krippendorff.value),
            },
            "seconds": _seconds(self.seconds),
            "residual": {drawn: _residual(held) for drawn, held in sorted(self.residual.items())},
        }


def _label(held: Counter[str]) -> dict[str, Any]:
    people, detectors = held["people"], held["detectors"]
    measures = {
        measure: {
            "recall": _share(held[f"people.{measure}"], people),
            "precision": _share(held[f"detectors.{measure}"], detectors),
        }
        for measure in ("exact", "overlap")
    }
    return {"people": people, "detectors": detectors, **measures, "covered": _share(held["covered"], people)}


def _residual(held: Counter[str]) -> dict[str, Any]:
    items, missed = held["items"], held["with_missed"]
    bound = _rounded(upper_bound(items, missed))
    return {
        "items": items,
        "with_missed": missed,
        "missed": held["missed"],
        "rate": _share(missed, items),
        "bound": bound,
    }


def _seconds(spent: Sequence[int]) -> dict[str, Any]:
    ordered = sorted(spent)
    if not ordered:
        return {"looks": 0, "median": None, "mean": None, "nine_in_ten": None}
    nine_in_ten = ordered[-(-9 * len(ordered) // 10) - 1]  # the nearest rank
    middle, average = round(median(ordered), 1), round(mean(ordered), 1)
    return {"looks": len(ordered), "median": middle, "mean": average, "nine_in_ten": nine_in_ten}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, DIGITS) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
