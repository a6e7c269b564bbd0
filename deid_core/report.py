"""The release report: a manifest as one page for people, with nothing to fetch and nothing to run.

It adds no fact to the manifest; the meanings of codes come from the standards' data. Same manifest, same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, fsum, lgamma, log, log1p
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from deid_core import reference
from deid_core.entities import ENTITIES, EntityType
from deid_core.errors import IntegrityError
from deid_core.standards import ps3_15

LISTED = 500  # assets that the page lists; the manifest lists all
CONFIDENCE = 0.95
PRECISION = 1e-9  # of a bound that is searched for
STAGES = {
    "ingested": "read, and its kind and subject known",
    "planned": "searched, and each finding decided",
    "reviewed": "past the review gate",
    "applied": "de-identified",
    "verified": "read back and searched, with nothing left",
    "exported": "in this release",
    "quarantined": "set aside, never released",
}
CLASSES = {
    "de-identified": (
        "De-identified",
        (
            "Made under a policy whose aim is data that no longer identifies anyone: 45 CFR 164.514(a). "
            "It is so only if the condition of the rule holds as well, which no software can know."
        ),
    ),
    "limited data set": (
        "Limited data set",
        (
            "Still protected health information: 45 CFR 164.514(e). "
            "It may be used for research, public health or health care operations, under a data use agreement."
        ),
    ),
    "pseudonymised": (
        "Pseudonymised",
        (
            "Still personal data under the GDPR, Article 4(5). Records of a person link to one another, and who has "
            "the project key can repeat the surrogates. Under HIPAA it needs an expert's determination: "
            "45 CFR 164.514(b)(1)."
        ),
    ),
}
MODES = {
    "required": "People were asked about every asset.",
    "sampled": "People were asked about every unsure asset and about a sample of the others.",
    "none": "Nobody was asked: the policy alone decided.",
}
DRAWN = {
    "every": "all",
    "no_finding": "drawn where nothing was found",
    "sample": "drawn from the others",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """Draw one bar: its label, its number, and its length as a share of the longest."""

    label: str
    number: int
    share: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Say what became of one Safe Harbor identifier: what was kept, and what was found and transformed."""

    letter: str
    title: str
    stays: str
    labels: tuple[str, ...]
    kept: tuple[str, ...]
    found: int


def render(manifest: Mapping[str, Any]) -> str:
    """Return the report of a release manifest as an HTML page; raise IntegrityError where a field is missing."""
    try:
        return _template().render(_context(manifest))
    except (KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"not a release manifest: {type(error).__name__}") from None


def upper_bound(trials: int, found: int = 0) -> float:
    """Return the one-sided 95 % Clopper-Pearson upper bound of a rate of which `found` in `trials` were seen.

    1 where all were, or none was tried. Source: Clopper and Pearson, Biometrika 26 (1934) 404-413.
    """
    if found >= trials:
        return 1.0
    if not found:
        return 1 - float((1 - CONFIDENCE) ** (1 / trials))
    low, high = found / trials, 1.0
    while high - low > PRECISION:
        rate = (low + high) / 2
        low, high = (rate, high) if _at_most(found, trials, rate) > 1 - CONFIDENCE else (low, rate)
    return high


def _at_most(found: int, trials: int, rate: float) -> float:
    """Return the probability of so many or fewer in trials of a rate."""
    whole, yes, no = lgamma(trials + 1), log(rate), log1p(-rate)
    logs = (
        whole - lgamma(number + 1) - lgamma(trials - number + 1) + number * yes + (trials - number) * no
        for number in range(found + 1)
    )
    return fsum(map(exp, logs))


def _context(manifest: Mapping[str, Any]) -> dict[str, Any]:
    policy, assets, counts = manifest["policy"], manifest["assets"], manifest["counts"]
    title, meaning = CLASSES.get(policy["release_class"], (policy["release_class"], ""))
    held = Counter(entry["reason"] for entry in manifest["quarantined"])
    subjects = {asset["subject"] for asset in assets if asset["subject"]}
    return {
        "m": manifest,
        "policy": policy,
        "class_title": title,
        "class_meaning": meaning,
        "subjects": len(subjects),
        "transformed": sum(counts["by_entity"].values()),
        "bars": _bars(counts["by_entity"]),
        "stages": [(name, counts["by_stage"][name], STAGES.get(name, "")) for name in _ordered(counts["by_stage"])],
        "held": [(reason, n, reference.reasons().get(reason, "")) for reason, n in sorted(held.items())],
        "mode": MODES.get(manifest["review"]["mode"], ""),
        "left": [(DRAWN[drawn], told) for drawn, told in sorted(manifest["review"].get("residual", {}).items())],
        "bound": upper_bound(len(assets)),
        "profile": ps3_15.profile_codes(policy["options"]),
        "coverage": _coverage(policy.get("kept"), counts["by_entity"]),
        "beside": _beside(policy.get("kept") or (), counts["by_entity"]),
        "condition": reference.safe_harbor()["condition"],
        "types": sorted(Counter(asset["media_type"] for asset in assets).items()),
        "listed": assets[:LISTED],
    }


def _ordered(stages: Iterable[str]) -> list[str]:
    order = list(STAGES)
    return sorted(stages, key=lambda name: (order.index(name) if name in order else len(order), name))


def _bars(counts: Mapping[str, int]) -> list[Bar]:
    """Return the labels by falling number, equal ones by name."""
    longest = max(counts.values(), default=0) or 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Bar(label, number, number / longest) for label, number in ordered]


def _coverage(kept: Sequence[str] | None, counts: Mapping[str, int]) -> list[Coverage]:
    """Return the 18 rows; every label of ours stands in the row of its letter."""
    return [
        Coverage(
            row["letter"],
            row["title"],
            row["stays"],
            labels := tuple(str(label) for label, names in ENTITIES.items() if names.hipaa == row["letter"]),
            tuple(label for label in labels if label in (kept or ())),
            sum(counts.get(label, 0) for label in labels),
        )
        for row in reference.safe_harbor()["identifiers"]
    ]


def _beside(kept: Sequence[str], counts: Mapping[str, int]) -> list[tuple[EntityType, bool, int]]:
    """Return the labels that the list of identifiers does not name: whether each is kept, and how many were not."""
    return [(label, label in kept, counts.get(label, 0)) for label, names in ENTITIES.items() if not names.hipaa]


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["percent"] = lambda value: f"{100 * value:.2g} %" if value < 1 else "100 %"
    source = files("deid_core").joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source)
