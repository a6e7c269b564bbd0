"""Word lists of the rules, read once from `words/*.txt`; a line that starts with # says where a list is from."""

from __future__ import annotations

from functools import cache

from deid_core.languages import DEFAULT, language


def lines(name: str, code: str = DEFAULT) -> list[str]:
    """Return the lines of a language's list, without its comments."""
    text = language(code).words.joinpath(f"{name}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def listed(name: str, code: str = DEFAULT) -> bool:
    """Say whether a language has a list of this name."""
    return language(code).words.joinpath(f"{name}.txt").is_file()


@cache
def words(*names: str, code: str = DEFAULT) -> frozenset[str]:
    """Return all words of some lists, in lower case."""
    return frozenset(word for name in names for line in lines(name, code) for word in line.lower().split())


@cache
def ambiguous(code: str = DEFAULT) -> frozenset[str]:
    """Return words that are names after a title only: names that are words, and eponyms."""
    return words("names_that_are_words", "eponyms", code=code)


@cache
def never_names(code: str = DEFAULT) -> frozenset[str]:
    """Return words that end a name wherever they stand."""
    return (words("common_words", "clinical_terms", code=code) | of_the_trade(code)) - words(
        "names_that_are_words", code=code
    )


@cache
def of_the_trade(code: str = DEFAULT) -> frozenset[str]:
    """Return words that are drugs, devices, organisms, programs or abbreviations and nothing else."""
    lists = ("drugs", "devices", "organisms", "abbreviations", "software")
    return words(*(name for name in lists if listed(name, code)), code=code)


@cache
def states() -> dict[str, str]:
    """Map a state's abbreviation to its name."""
    return {line[:2]: line[3:] for line in lines("states")}


@cache
def countries() -> frozenset[str]:
    """Return names of countries, in lower case."""
    return frozenset(line.lower() for line in lines("countries"))


PARTICLES, CREDENTIALS = words("particles"), words("credentials")
LEADS, JOINERS, STREET_ENDS, MONTHS = words("leads"), words("joiners"), words("street_ends"), words("months")
