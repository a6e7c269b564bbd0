"""Functions that rules of numbers name: which groups behind a cue are one number, and which one goes with its year."""

from __future__ import annotations

import re
from collections.abc import Callable

Spot = tuple[int, int] | None
ROUND = 5
FEWEST = 6  # digits of a number that is written in groups
LEAST_OF_A_REGISTER = 5  # and of one by which a register knows who practises
LAW = re.compile(
    r"(?i)\b(?:acts?|laws?|decrees?|ordinances?|bills?|statutes?|regulations?|regs?|directives?|rules?|orders?|notifications?"
    r"|statutory instruments?|s\.i\.|protocols?|conventions?|resolutions?|opinions?|recommendations?|circulars?|eu|ec"
    r"|eec|ue|acte|loi|gesetz|ley)[,.]?(?: \([a-z]{1,4}\))?(?: nos?\.?)? ?\Z"
)
DECIMALS = re.compile(r"(?=\d*-?\d*\.)(\d{1,3}(?:\.\d{1,2})?)-(\d{1,3}(?:\.\d{1,2})?)")
WORD_AND_YEAR = re.compile(r"(?:[A-Za-z]|[A-Za-z]?[a-z]{3,}) (?:19|20)\d\d")
MEASURED = re.compile(r"[ ]?(?:%|(?i:mg|mcg|ml|g|kg|units?|iu|mmhg|bpm|cells|copies|steps|kcal|times|patients?)\b)")


def is_told(value: str) -> bool:
    """Say whether a value is a word or a letter and a year, or goes from one decimal to a larger: `4.0-5.6`."""
    between = DECIMALS.fullmatch(value)
    return bool(WORD_AND_YEAR.fullmatch(value)) or (between is not None and float(between[1]) < float(between[2]))


def grouped(text: str, start: int, end: int) -> Spot:
    """Keep a number in groups that has six digits or more and is no row of round figures or of measurements."""
    groups = re.findall(r"\d+", text[start:end])
    round_figures = all(int(group) % ROUND == 0 for group in groups)
    kept = len("".join(groups)) >= FEWEST and not round_figures and not MEASURED.match(text, end)
    return (start, end) if kept else None


def over_a_year(text: str, start: int, end: int) -> Spot:
    """Keep a number of a case with its year, `447/2024` or `447 of 2024`, that is no law's."""
    return None if LAW.search(text[max(0, start - 40) : start]) else (start, end)


def not_round(text: str, start: int, end: int) -> Spot:
    """Keep a number in thousands, or with its year, that is no round sum: `2,881`, not `25,000`."""
    return None if re.search(r"[.,](?:000|\d[05]0)\Z", text[start:end]) else (start, end)


def of_a_register(text: str, start: int, end: int) -> Spot:
    """Keep what a register gives to who is on it: five digits or more, in groups or not."""
    digits = sum(map(str.isdigit, text[start:end]))
    return (start, end) if digits >= LEAST_OF_A_REGISTER and not MEASURED.match(text, end) else None


TRIMS: dict[str, Callable[[str, int, int], Spot]] = {
    function.__name__: function for function in (grouped, over_a_year, not_round, of_a_register)
}
