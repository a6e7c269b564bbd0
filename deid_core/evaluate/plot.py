"""A report as one picture: each label's recall with its interval, beside the words it touches needlessly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template


@dataclass(frozen=True, slots=True)
class Line:
    """Draw one row: a recall with its interval (None where no identifier could leak), and needless words per 1,000."""

    label: str
    number: int
    value: float | None
    low: float
    high: float
    needless: float
    strong: bool = False


def plot(report: Mapping[str, Any]) -> str:
    """Return a report of `report` as an SVG picture that needs nothing else; same report, same bytes."""
    outside = report["over_redaction"]["words_outside"] or 1
    touched = report["over_redaction"]["words_touched_by_label"]
    overall = report["overall"]
    lines = [
        _line("all", overall["any label"], sum(touched.values()) * 1000 / outside, strong=True),
        _line("direct identifiers", overall["direct"], 0, strong=True),
    ]
    labels = report["labels"]
    ordered = sorted({*labels, *touched}, key=lambda one: (-_count(labels.get(one)), one))
    lines += [_line(label, labels.get(label), touched.get(label, 0) * 1000 / outside) for label in ordered]
    lines = [line for line in lines if line.value is not None or line.needless]
    lowest = min((line.value for line in lines if line.value is not None), default=0.0)  # intervals below are cut
    return _template().render(
        lines=lines,
        floor=max(int(min(lowest, 0.9) * 10) - 1, 0) / 10,
        most=max([1.0, *(line.needless for line in lines if not line.strong)]),
        r=report,
    )


def _line(label: str, row: Mapping[str, Any] | None, needless: float, *, strong: bool = False) -> Line:
    recall: Mapping[str, Any] = row["covered"]["recall"] if row else {"value": None}
    if recall["value"] is None:
        return Line(label, 0, None, 1.0, 1.0, needless, strong)
    return Line(label, _count(row), recall["value"], recall["low"], recall["high"], needless, strong)


def _count(row: Mapping[str, Any] | None) -> int:
    return row["covered"]["covered"] + row["covered"]["leaked"] if row else 0


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = files("deid_core.evaluate").joinpath("plot.svg.j2").read_text("utf-8")
    return environment.from_string(source)
