"""Values to plant: names of many origins, places, institutions, dates and numbers, all from one seeded generator."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from faker import Faker

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parent / "data"
LOCALES = {  # Faker's locales that write names in Latin script; the development set has others
    "train": "en_US en_GB en_IN es_MX es_ES fr_FR de_DE it_IT pt_BR nl_NL pl_PL sv_SE no_NO tr_TR hr_HR sl_SI",
    "dev": "fi_FI hu_HU cs_CZ ro_RO da_DK id_ID en_NZ fr_CA zu_ZA",
}
OTHER_SCRIPTS = "ru_RU ja_JP zh_CN el_GR ko_KR"


@cache
def document(name: str) -> dict[str, Any]:
    """Return a data file's content."""
    return tomllib.loads((DATA / name).read_text("utf-8"))


@cache
def slots() -> dict[str, tuple[str, ...]]:
    """Return what fills the unlabelled slots: kind to words."""
    return {kind: tuple(word.strip() for word in words.split(";")) for kind, words in document("slots.toml").items()}


@cache
def templates(name: str) -> list[str]:
    """Return a template file's lines without comments; its escaped line ends and tabs are made real."""
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [line.replace("\\n", "\n").replace("\\t", "\t") for line in lines if line and not line.startswith("#")]


@cache
def listed_names(folder: Path, kind: str) -> tuple[str, ...]:
    """Return Philter's `firstnames` or `lastnames`, sorted, without the few that hold no letters."""
    path = folder / "philter" / "filters" / "blacklists" / f"{kind}_minus_fps.json"
    return tuple(sorted(name for name in json.loads(path.read_text("utf-8")) if name.isalpha() and len(name) > 2))


@cache
def safe_words(folder: Path) -> frozenset[str]:
    """Return Philter's safe words: common and clinical words, in small letters; some are names too."""
    path = folder / "philter" / "filters" / "whitelists" / "whitelist_plus_fps_091718_nonames.json"
    return frozenset(json.loads(path.read_text("utf-8")))


@dataclass
class Lexicon:
    """Draw values to plant; `split` is "train" or "dev", which share no list.

    `folder` holds the corpora (only Philter's names are read, for training); None does without.
    """

    split: str
    rng: Random
    folder: Path | None = None
    origin: str = field(default="", init=False)  # where the last name came from

    @cached_property
    def _fakers(self) -> dict[str, Faker]:
        locales = LOCALES[self.split].split() + (OTHER_SCRIPTS.split() if self.split == "train" else [])
        fakers = {locale: Faker(locale) for locale in locales}
        for faker in fakers.values():
            faker.seed_instance(self.rng.getrandbits(32))
        return fakers

    @cached_property
    def _origins(self) -> list[tuple[str, float]]:
        lists = [(f"list:{name}", 1.0) for name in document("names.toml")[self.split]]
        faker = [(f"faker:{locale}", 1.0) for locale in LOCALES[self.split].split()]
        if self.split == "dev":
            return lists + faker
        scripts = [(f"faker:{locale}", 0.1) for locale in OTHER_SCRIPTS.split()]
        common = [
            ("faker:en_US", 8.0),
            ("list:word_names", 1.0),
            ("list:hispanic", 1.0),
            ("eponym", 1.0),
            ("invented", 4.0),
        ]
        return lists + faker + scripts + common + ([("philter", 12.0)] if self.folder else [])

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Return safe words that are on no list of names, sorted; our own clinical words without a folder."""
        if self.folder is None:
            return tuple(word for word in slots()["generic"] if word.isalpha())
        names = {*listed_names(self.folder, "firstnames"), *listed_names(self.folder, "lastnames")}
        return tuple(sorted(word for word in safe_words(self.folder) - names if word.isalpha() and len(word) > 4))

    @cached_property
    def _weights(self) -> list[float]:
        return [weight for _, weight in self._origins]

    def person(self) -> tuple[str, str]:
        """Return a given and a family name of one origin, and remember which."""
        origin = self.rng.choices(self._origins, self._weights)[0][0]
        kind, _, name = origin.partition(":")
        self.origin = name or kind
        if kind == "list":
            entry = document("names.toml")[self.split][name]
            return self._word(entry["given"]), self._word(entry["family"])
        if kind == "faker":
            return str(self._fakers[name].first_name()), str(self._fakers[name].last_name())
        if kind == "eponym":
            return str(self._fakers["en_US"].first_name()), self.rng.choice(_eponym_words())
        if kind == "invented":
            return self.invented().capitalize(), self.invented().capitalize()
        if self.folder is None:
            raise LookupError(kind)
        given, family = listed_names(self.folder, "firstnames"), listed_names(self.folder, "lastnames")
        return self.rng.choice(given).capitalize(), self.rng.choice(family).capitalize()

    def invented(self) -> str:
        """Return a word of two or three syllables that is probably on no list."""
        return "".join(self.rng.choice(slots()["syllable"]) for _ in range(self.rng.randint(2, 3)))

    def _word(self, words: str) -> str:
        return self.rng.choice(words.split()).replace("-la-", " la ").replace("Ó-", "Ó ")

    def place(self, kind: str) -> str:
        """Return an entry of a list of places.toml."""
        return str(self.rng.choice(_entries(self.split, kind)))

    def fake(self, method: str) -> str:
        """Return what a Faker method of one of the split's locales gives, on one line; half of the time English."""
        locales = LOCALES[self.split].split()
        english = "en_US" if self.split == "train" else "en_NZ"
        locale = english if self.rng.random() < 0.5 else self.rng.choice(locales)
        maker: Callable[[], Any] = getattr(self._fakers[locale], method)
        return str(maker()).replace("\n", ", ")

    def day(self) -> date:
        """Return a day between 1925 and 2026."""
        return date(1925, 1, 1) + timedelta(days=int(self.rng.triangular(0, 36_900, 34_500)))

    def date(self) -> str:
        """Return a date in one of many notations; never a bare year, which may stay."""
        words = slots()
        if self.rng.random() < 0.03:
            return f"{self.rng.choice(words['holiday'])} {self.day().year}"
        day = self.day()
        month = words["month"][day.month - 1]
        parts = {
            "d": day.day,
            "m": day.month,
            "y": day.year,
            "yy": day.year % 100,
            "th": "th" if 10 <= day.day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th"),
            "month": month,
            "mon": month[:3].upper() if self.rng.random() < 0.2 else month[:3],
            "day": words["day"][day.weekday()],
        }
        return self.rng.choice(words["date_shape"]).format(**parts)

    def number(self, shape: str) -> str:
        """Return the shape with 9 replaced by digits and A by capital letters."""
        digit, letter = "0123456789", "ABCDEFGHJKLMNPRSTUVWXYZ"
        pick = {"9": digit, "A": letter, "a": letter.lower() + digit}
        return "".join(self.rng.choice(pick[char]) if char in pick else char for char in shape)


@cache
def _entries(split: str, kind: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in document("places.toml")[split][kind].split(","))


@cache
def _eponym_words() -> tuple[str, ...]:
    """Return surnames that are eponyms too (Parkinson, Foley): they are names beside a title."""
    words = {phrase.split()[0].removesuffix("'s") for phrase in slots()["eponym"]}
    return tuple(sorted(word for word in words if word.isalpha() and word.istitle() and len(word) > 3))
