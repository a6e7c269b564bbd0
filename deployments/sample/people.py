"""The people of a sample set: the same name, numbers and dates in every file that is about them."""

from __future__ import annotations

import random
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent
FEWEST = 3
FACILITY = "Harrow Lake Medical Center"
CLINIC = "Fernbrook Neurology and Internal Medicine"
STAFF = ("Priya Raman", "Samuel Lindqvist", "Ioana Dumitrescu", "Grace Mbeki")


@dataclass(frozen=True)
class Person:
    """Hold one fictitious patient: who they are, where they live, when they were seen, and what they have."""

    given: str
    middle: str
    family: str
    sex: str
    born: date
    mrn: str
    accession: str
    street: str
    city: str
    state: str
    zip: str
    phone: str
    ssn: str
    relative: str
    relation: str
    occupation: str
    admitted: date
    discharged: date
    seen: date
    case: dict[str, Any]

    @cached_property
    def name(self) -> str:
        """Return the name as a letter writes it."""
        return f"{self.given} {self.family}"

    @cached_property
    def listed(self) -> str:
        """Return the name as a list or a scanner writes it: family first, capitals, no accents."""
        return f"{plain(self.family)}, {plain(self.given)}".upper()

    @cached_property
    def folder(self) -> str:
        """Return the name as people name folders."""
        return f"{plain(self.family)}_{plain(self.given)}".upper()

    @cached_property
    def dicom_name(self) -> str:
        """Return the name as a DICOM person name."""
        return f"{self.family}^{self.given}^{self.middle}"

    @cached_property
    def email(self) -> str:
        """Return an address at a domain that is kept for examples (RFC 2606)."""
        return f"{plain(self.given)}.{plain(self.family)}@example.org".lower()

    @cached_property
    def telephone(self) -> str:
        """Return the telephone number as forms write it."""
        return f"({self.phone[:3]}) {self.phone[4:]}"

    @cached_property
    def age(self) -> int:
        """Return the age in whole years on admission."""
        return self.admitted.year - self.born.year - ((self.admitted.month, self.admitted.day) < self.birthday)

    @property
    def title(self) -> str:
        """Return how a letter addresses the person."""
        return "Mrs." if self.sex == "F" else "Mr."

    @property
    def birthday(self) -> tuple[int, int]:
        """Return month and day of birth."""
        return self.born.month, self.born.day


def plain(text: str) -> str:
    """Return a text without accents, as machines without them write it."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def american(day: date) -> str:
    """Return a day as MM/DD/YYYY."""
    return f"{day:%m/%d/%Y}"


def in_words(day: date) -> str:
    """Return a day as in `March 4, 2024`."""
    return f"{day:%B} {day.day}, {day.year}"


def people(subjects: int, seed: int) -> list[Person]:
    """Return so many people; a seed chooses their numbers and dates.

    The first is over 89, the second has accents in the name, the third lives where a ZIP's three digits may not stay.
    Raises ValueError for fewer than 3 or more than there are in people.toml.
    """
    rows = tomllib.loads((TABLES / "people.toml").read_text("utf-8"))["person"]
    cases = tomllib.loads((TABLES / "cases.toml").read_text("utf-8"))
    if not FEWEST <= subjects <= len(rows):
        raise ValueError(f"a sample set has {FEWEST} to {len(rows)} subjects")
    return [_person(row, cases, random.Random(f"{seed}/{number}")) for number, row in enumerate(rows[:subjects])]  # noqa: S311 - a sample is to be repeatable


def _person(row: dict[str, Any], cases: dict[str, dict[str, Any]], chance: random.Random) -> Person:
    year, month = row["born"]
    admitted = date(2024, 1, 8) + timedelta(days=chance.randrange(300))
    discharged = admitted + timedelta(days=chance.randrange(4, 9))
    return Person(
        **{
            **row,
            "born": date(year, month, chance.randrange(1, 29)),
            "case": cases[row["case"]],
            "mrn": str(chance.randrange(10_000_000, 100_000_000)),
            "accession": f"A{chance.randrange(1_000_000, 10_000_000)}",
        },
        admitted=admitted,
        discharged=discharged,
        seen=discharged + timedelta(days=chance.randrange(10, 30)),
    )
