"""Functions that rules of numbers name: which groups behind a cue are one number, and which one goes with its year."""

from __future__ import annotations

import re
from collections.abc import Callable

Spot = tuple[int, int] | None
ROUND = 5
FEWEST = 6  # digits of a number that is written in groups
LAW = re.compile(
    r"(?i)\b(?:acts?|laws?|decrees?|ordinances?|bills?|statutes?|regulations?|regs?|directives?|rules?|orders?|notifications?"
    r"|statutory instruments?|s\.i\.|protocols?|conventions?|resolutions?|opinions?|recommendations?|circulars?|eu|ec"
    r"|eec|ue|acte|loi|gesetz|ley)[,.]?(?: \([a-z]{1,4}\))?(?: nos?\.?)? ?\Z"
)
MEASURED = re.compile(r"[ ]?(?:%|(?i:mg|mcg|ml|g|kg|units?|iu|mmhg|bpm|cells|copies|steps|kcal|times|patients?)\b)")


def grouped(text: str, start: int, end: int) -> Spot:
    """Keep a number in groups that has six digits or more and is no row of round figures or of measurements."""
    groups = re.findall(r"\d+", text[start:end])
    round_figures = all(int(group) % ROUND == 0 for group in groups)
    kept = len("".join(groups)) >= FEWEST and not round_figures and not MEASURED.match(text, end)
    return (start, end) if kept else None


def over_a_year(text: str, start: int, end: int) -> Spot:
    """Keep a number of a case with its year, `447/2024` or `447 of 2024`, that is no law's."""
    return None if LAW.search(text[max(0, start - 40) : start]) else (start, end)


TRIMS: dict[str, Callable[[str, int, int], Spot]] = {function.__name__: function for function in (grouped, over_a_year)}
