"""Counts to figures: one value without values, for the table, the JSON file and the plot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deid_core.detect.rules.words import of_the_trade
from deid_core.entities import ENTITIES
from deid_core.evaluate.bootstrap import Summed, summed
from deid_core.evaluate.calibration import calibration
from deid_core.evaluate.count import MEASURES, Counts, counted, counted_negative, leaks_by_value
from deid_core.evaluate.gold import Gold, GoldDocument
from deid_core.evaluate.outcome import Mention, Outcome, mentions
from deid_core.evaluate.predict import Prediction
from deid_core.keys import ProjectKey
from deid_core.policy import Policy

MEANING = (
    "Covered: every letter and digit of an identifier lies where the release has another text. Kept: the policy "
    "releases that value as it is (a year alone, an age to 89, a State), so it is neither covered nor leaked. "
    "Leaked: the rest. "
    "Intervals: 95 %, documents drawn anew; one-sided exact bounds where all or none are found."
)


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold one document with what became of its identifiers; for memory only."""

    document: GoldDocument
    told: tuple[Mention, ...] = field(repr=False)
    counts: Counts


def judged(gold: Gold, predictions: Sequence[Prediction], policy: Policy, key: ProjectKey) -> list[Judged]:
    """Return the documents that were read, each with its outcomes and counts; those set aside release nothing."""
    found = []
    for document, prediction in zip(gold.documents, predictions, strict=True):
        if not prediction.set_aside:
            told = tuple(mentions(document, prediction.found, gold.scheme, policy, key))
            terms = of_the_trade(policy.language)
            found.append(Judged(document, told, counted(document, prediction.found, told, gold.scheme, terms)))
    return found


def report(
    gold: Gold,
    predictions: Sequence[Prediction],
    policy: Policy,
    key: ProjectKey,
    rng: np.random.Generator,
    draws: int,
    negatives: Sequence[tuple[str, Prediction]] = (),
) -> dict[str, Any]:
    """Return every figure, as JSON can hold it; a share of nothing is null.

    `predictions`: one a document, in the gold's order. `negatives`: lines that identify nobody, with what was found.
    `rng` draws the documents, so the same seed gives the same report.
    """
    held = judged(gold, predictions, policy, key)
    sums = summed([one.counts for one in held], rng, draws)
    return {
        "policy": {"name": policy.name, "version": policy.version, "sha256": policy.sha256},
        "gold": {
            "documents": len(gold.documents),
            "set_aside": dict(sorted(Counter(one.set_aside for one in predictions if one.set_aside).items())),
            "label_set": gold.scheme.name,
            "spans": sum(len(one.document.spans) for one in held),
            "kept": sums.total("overall", "any label", Outcome.KEPT),
        },
        "overall": {row: _row(sums, "overall", row) for row in ("any label", "same label", "direct")},
        "labels": _rows(sums, "label"),
        "hipaa": _rows(sums, "hipaa"),
        "kinds": _kinds(held, rng, draws),
        "entities": _entities(held, sums, gold),
        "leaks": _leaks(held, gold),
        "calibration": calibration(
            (document, one.found)
            for document, one in zip(gold.documents, predictions, strict=True)
            if not one.set_aside
        ),
        "over_redaction": {
            "words_outside": sums.total("words", "all", "words"),
            "words_touched": _touched_words(sums),
            "words_touched_by_label": _by_label(sums, "words"),
            "clinical_terms": sums.total("terms", "all", "terms"),
            "clinical_terms_kept": _kept_terms(sums),
            **(_negatives(negatives, gold, policy, rng, draws) if negatives else {}),
        },
        "draws": draws,
        "meaning": MEANING,
    }


def _rows(sums: Summed, view: str) -> dict[str, Any]:
    rows = sorted({row for name, row, _ in sums.names if name == view})
    return {row: _row(sums, view, row) for row in rows}


def _row(sums: Summed, view: str, row: str) -> dict[str, Any]:
    outcomes = {outcome.value: sums.total(view, row, outcome) for outcome in Outcome}
    measures: dict[str, Any] = {"covered": {"recall": _covered(sums, view, row), **outcomes}}
    for measure in MEASURES:
        names = {column: (view, row, f"{measure}.{column}") for column in ("gold", "found", "predicted", "right")}
        measures[measure] = {
            "recall": sums.share(names["found"], [names["gold"]]).rounded(),
            "precision": sums.share(names["right"], [names["predicted"]]).rounded(),
            "f1": sums.f1(view, row, measure).rounded(),
            **{column: sums.total(*name) for column, name in names.items()},
        }
    return measures


def _covered(sums: Summed, view: str, row: str) -> dict[str, float | None]:
    covered, leaked = (view, row, str(Outcome.COVERED)), (view, row, str(Outcome.LEAKED))
    return sums.share(covered, [covered, leaked]).rounded()


def _touched_words(sums: Summed) -> dict[str, float | None]:
    return sums.share(("words", "all", "touched"), [("words", "all", "words")]).rounded()


def _kept_terms(sums: Summed) -> dict[str, float | None]:
    return sums.share(("terms", "all", "kept"), [("terms", "all", "terms")]).rounded()


def _by_label(sums: Summed, view: str) -> dict[str, int]:
    rows = sorted({row for name, row, _ in sums.names if name == view and row != "all"})
    return {row: count for row in rows if (count := sums.total(view, row, "touched"))}


def _kinds(held: Sequence[Judged], rng: np.random.Generator, draws: int) -> dict[str, Any]:
    """Return the main figures for each kind of document that the gold names."""
    kinds: dict[str, Any] = {}
    for kind in sorted({one.document.kind for one in held} - {""}):
        of_kind = [one.counts for one in held if one.document.kind == kind]
        sums = summed(of_kind, rng, draws)
        kinds[kind] = {
            "documents": len(of_kind),
            "covered": _covered(sums, "overall", "any label"),
            "direct": _covered(sums, "overall", "direct"),
            "leaked": sums.total("overall", "any label", Outcome.LEAKED),
            "words_touched": _touched_words(sums),
        }
    return kinds


def _entities(held: Sequence[Judged], sums: Summed, gold: Gold) -> dict[str, Any]:
    """Return the share of values of which every mention is covered: in a document, and in all of a subject's."""
    values = ("entities", "document", "values")
    return {
        "document": {
            "recall": sums.share(("entities", "document", "whole"), [values]).rounded(),
            "values": sums.total(*values),
        },
        "subject": _of_subjects(held, gold) if any(one.document.subject for one in held) else None,
    }


def _of_subjects(held: Sequence[Judged], gold: Gold) -> dict[str, Any]:
    values = [leaked for told in by_subject(held).values() for leaked in leaks_by_value(told, gold.scheme).values()]
    whole = values.count(False)
    return {"recall": {"value": round(whole / len(values), 4) if values else None}, "values": len(values)}


def by_subject(held: Sequence[Judged]) -> Mapping[tuple[str, str], list[Mention]]:
    """Return the identifiers of each subject; a document that names none is of a subject of its own."""
    told: dict[tuple[str, str], list[Mention]] = {}
    for number, one in enumerate(held):
        whose = ("subject", one.document.subject) if one.document.subject else ("document", str(number))
        told.setdefault(whose, []).extend(one.told)
    return told


def _leaks(held: Sequence[Judged], gold: Gold) -> dict[str, Any]:
    """Count what leaked, once each: values of a subject, documents, subjects, and the direct identifiers among them."""
    values: Counter[str] = Counter()
    direct = subjects = 0
    for told in by_subject(held).values():
        leaked = [mention for mention in told if mention.outcome is Outcome.LEAKED]
        subjects += bool(leaked)
        values.update(group for group, _ in leaks_by_value(leaked, gold.scheme))
        direct += len({mention.value for mention in leaked if ENTITIES[mention.span.entity_type].direct})
    return {
        "mentions": sum(mention.outcome is Outcome.LEAKED for one in held for mention in one.told),
        "values": values.total(),
        "values_by_label": dict(sorted(values.items())),
        "direct_values": direct,
        "documents": sum(any(mention.outcome is Outcome.LEAKED for mention in one.told) for one in held),
        "subjects": subjects,
        "of_subjects": len(by_subject(held)),
    }


def _negatives(
    negatives: Sequence[tuple[str, Prediction]], gold: Gold, policy: Policy, rng: np.random.Generator, draws: int
) -> dict[str, Any]:
    """Return what is touched in lines that identify nobody."""
    read = [(text, prediction.found) for text, prediction in negatives if not prediction.set_aside]
    terms = of_the_trade(policy.language)
    sums = summed([counted_negative(text, found, gold.scheme, terms) for text, found in read], rng, draws)
    return {
        "lines": len(read),
        "lines_set_aside": len(negatives) - len(read),
        "lines_touched": sums.share(("lines", "all", "touched"), [("lines", "all", "lines")]).rounded(),
        "lines_touched_by_label": _by_label(sums, "lines"),
        "line_words_touched": _touched_words(sums),
        "line_clinical_terms": sums.total("terms", "all", "terms"),
        "line_clinical_terms_kept": _kept_terms(sums),
    }
