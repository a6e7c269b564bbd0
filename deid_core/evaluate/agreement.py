"""How far people agree who judged the same things apart from each other: counts in, one number out.

Sums are kept, not judgements, so that a batch of any size is counted in one pass.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Cohen:
    """Sum pairs of judgements of the same units for Cohen's kappa, by pair of people.

    Source: Cohen, Educational and Psychological Measurement 20 (1960) 37-46; for more than two people the mean over
    pairs, as Light (Psychological Bulletin 76 (1971) 365-377) has it, here weighted by the units that a pair shares.
    """

    _pairs: dict[tuple[str, str], Counter[tuple[str, str]]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, one: str, other: str, judgements: tuple[str, str]) -> None:
        """Add one unit that two people judged; the order of the people does not count."""
        swapped = other < one
        people = (other, one) if swapped else (one, other)
        self._pairs[people][judgements[::-1] if swapped else judgements] += 1

    @property
    def value(self) -> float | None:
        """Return kappa; None where no pair of people leaves anything to chance."""
        told = [(kappa(held), held.total()) for held in self._pairs.values()]
        known = [(value, units) for value, units in told if value is not None]
        units = sum(units for _, units in known)
        return sum(value * units for value, units in known) / units if units else None


def kappa(pairs: Mapping[tuple[str, str], int]) -> float | None:
    """Return Cohen's kappa of two people, from how often they said which two things of a unit; None where undefined."""
    total = sum(pairs.values())
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    for (one, other), number in pairs.items():
        first[one] += number
        second[other] += number
    chance = sum(number * second[label] for label, number in first.items())  # times total squared
    if chance == total * total:
        return None
    same = sum(number for (one, other), number in pairs.items() if one == other)
    return (same * total - chance) / (total * total - chance)


@dataclass(slots=True)
class Krippendorff:
    """Sum judgements for Krippendorff's alpha of nominal data: any number of people, who need not all judge a unit.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), sections A to C.
    """

    _values: Counter[str] = field(default_factory=Counter)
    _same: float = 0.0

    def add(self, judgements: Sequence[str]) -> None:
        """Add what people said of one unit; a unit that one person judged alone pairs with nothing and is left out."""
        if len(judgements) < 2:
            return
        held = Counter(judgements)
        self._values += held
        self._same += sum(number * (number - 1) for number in held.values()) / (len(judgements) - 1)

    @property
    def value(self) -> float | None:
        """Return alpha; None where all said the same of everything, or nothing was judged twice."""
        total = self._values.total()
        by_chance = total * total - sum(number * number for number in self._values.values())
        return 1 - (total - 1) * (total - self._same) / by_chance if by_chance else None
