"""Shares of summed counts with 95 % intervals: documents are drawn anew, with replacement, by a seeded generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deid_core.evaluate.count import Counts, Name
from deid_core.report import upper_bound

PERCENTILES = (2.5, 97.5)
AT_ONCE = 100  # draws held in memory


@dataclass(frozen=True, slots=True)
class Share:
    """Hold a share with its interval; all None where there was nothing to have a share of."""

    value: float | None
    low: float | None
    high: float | None

    def rounded(self) -> dict[str, float | None]:
        """Return the three to four digits."""
        fields = {"value": self.value, "low": self.low, "high": self.high}
        return {name: None if number is None else round(number, 4) for name, number in fields.items()}


@dataclass(frozen=True)
class Summed:
    """Hold the sums of counts over documents, and the same sums over each draw of documents.

    `sums`: (names,); `drawn`: (draws, names), both of whole numbers.
    """

    names: dict[Name, int]
    sums: NDArray[np.int64] = field(repr=False)
    drawn: NDArray[np.int64] = field(repr=False)

    def total(self, *name: str) -> int:
        """Return a count's sum; 0 for one that no document has."""
        at = self.names.get((name[0], name[1], name[2]))
        return 0 if at is None else int(self.sums[at])

    def share(self, part: Name, whole: Sequence[Name], independent: int | None = None) -> Share:
        """Return part / sum of whole.

        At 0 or 1 documents drawn anew all say the same: there the open end is the one-sided exact bound
        (Clopper-Pearson, 95 %), which takes mentions for independent; both ends are where one document is all there is.
        `independent` says how many are, where fewer; then no interval is narrower than the exact bounds of so many,
        since a kind may stand in one document only.
        """
        count, total = self.total(*part), sum(self.total(*name) for name in whole)
        if not total:
            return Share(None, None, None)
        low, high = _interval(self._draws(part), np.sum([self._draws(name) for name in whole], axis=0))
        if independent is not None:
            found = round(count / total * independent)
            low = min(low, 1 - upper_bound(independent, independent - found))
            high = max(high, upper_bound(independent, found))
        if low == high and independent is None:
            low, high = 1 - upper_bound(total, total - count), upper_bound(total, count)
        if count == total:
            low = 1 - upper_bound(total if independent is None else independent)
        if count == 0:
            high = upper_bound(total if independent is None else independent)
        return Share(count / total, low, high)

    def f1(self, view: str, row: str, measure: str) -> Share:
        """Return the harmonic mean of recall and precision."""
        names = [(view, row, f"{measure}.{column}") for column in ("found", "gold", "right", "predicted")]
        found, gold, right, predicted = (self.total(*name) for name in names)
        if not gold or not predicted:
            return Share(None, None, None)
        value = _harmonic(*(np.asarray([number], np.float64) for number in (found, gold, right, predicted)))
        draws = _harmonic(*(self._draws(name) for name in names))
        low, high = np.percentile(draws[~np.isnan(draws)], PERCENTILES)
        return Share(float(value[0]), float(low), float(high))

    def _draws(self, name: Name) -> NDArray[np.float64]:
        at = self.names.get(name)
        return np.zeros(len(self.drawn)) if at is None else self.drawn[:, at].astype(np.float64)


def summed(counts: Sequence[Counts], rng: np.random.Generator, draws: int) -> Summed:
    """Sum the counts of documents, and of `draws` draws of as many documents with replacement."""
    names = {name: at for at, name in enumerate(sorted({name for one in counts for name in one}))}
    table = np.zeros((len(counts), len(names)), np.int64)
    for row, one in enumerate(counts):
        for name, number in one.items():
            table[row, names[name]] = number
    if not counts:
        return Summed(names, np.zeros(0, np.int64), np.zeros((draws, 0), np.int64))
    weights = np.full(len(counts), 1 / len(counts))
    parts = [
        rng.multinomial(len(counts), weights, size=min(AT_ONCE, draws - at)) @ table for at in range(0, draws, AT_ONCE)
    ]
    return Summed(names, table.sum(axis=0), np.concatenate(parts))


def _interval(parts: NDArray[np.float64], wholes: NDArray[np.float64]) -> tuple[float, float]:
    some = wholes > 0  # a draw may hold no document with any
    low, high = np.percentile(parts[some] / wholes[some], PERCENTILES)
    return float(low), float(high)


def _harmonic(
    found: NDArray[np.float64], gold: NDArray[np.float64], right: NDArray[np.float64], predicted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return F1 a draw, nan where a draw has no gold or no findings to have a share of."""
    recall = np.divide(found, gold, out=np.full_like(gold, np.nan), where=gold > 0)
    precision = np.divide(right, predicted, out=np.full_like(gold, np.nan), where=predicted > 0)
    both = recall + precision
    made: NDArray[np.float64] = np.where(np.isnan(both), np.nan, 0.0)
    np.divide(2 * recall * precision, both, out=made, where=both > 0)
    return made
