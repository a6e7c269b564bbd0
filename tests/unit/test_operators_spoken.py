"""Dates and ages in Spanish: rewritten in Spanish, from the language's own folder; English is read as before."""

from __future__ import annotations

import pytest

from deid_core import languages, registry
from deid_core.entities import EntityType
from deid_core.keys import ProjectKey
from deid_core.ports import Site
from deid_core.transform import number_words
from deid_core.transform.dates import spoken

E = EntityType


def operated(name: str, value: str, key: ProjectKey, label: EntityType, **params: int) -> str:
    """Return what an operator makes of a value."""
    made = registry.load("operators", name)(value, Site(label, "subject", key, params))
    assert isinstance(made, str)
    return made


@pytest.mark.parametrize(
    ("value", "year"),
    [
        ("3 de mayo de 2021", "2021"),
        ("el 3 de Mayo del 2021", "2021"),
        ("miércoles, 12 de septiembre de 2018", "2018"),
        ("MIERCOLES 12 DE SETIEMBRE DE 2018", "2018"),
        ("mayo de 1999", "1999"),
        ("12-ene-2021", "2021"),
        ("del 3 de mayo de 2019 al 4 de junio de 2020", "2019-2020"),
        ("3 de mayo", "<DATE>"),
        ("31 de febrero de 2021", "<DATE>"),
        ("3 de mayo de dos mil veintiuno", "<DATE>"),
        ("Navidad de 2021", "<DATE>"),
        ("12 may 2021", "2021"),  # English, as before
        ("May 3, 2021", "2021"),
    ],
)
def test_of_a_date_its_year_stays(value: str, year: str, key: ProjectKey) -> None:
    """A year in figures stays and nothing else; what is not understood whole gets its label."""
    assert operated("date_year", value, key, E.DATE) == year


@pytest.mark.parametrize(
    "value",
    [
        "3 de mayo de 2021",
        "el 3 de Mayo del 2021",
        "12-ene-2021",
        "12 de SEPTIEMBRE de 2018",
        "15 de octubre",
        "del 3 de mayo de 2019 al 4 de junio de 2020",
    ],
)
def test_a_date_is_shifted_in_its_own_words(value: str, key: ProjectKey) -> None:
    """The same words and signs around other numbers and another month; small letters stay small."""
    made = operated("date_shift", value, key, E.DATE)
    assert made != value
    assert "<" not in made
    months = {number_words.plain(word) for word in spoken._dates("es").own.values()}
    old, new = (number_words.WORD.findall(text) for text in (value, made))
    for before, after in zip(old, new, strict=True):
        if number_words.plain(before) in months:
            assert number_words.plain(after) in months
            assert (after.islower(), after.isupper()) == (before.islower(), before.isupper())
        else:
            assert after == before


def test_the_shift_is_the_one_of_english(key: ProjectKey) -> None:
    """A subject's days are the same in both languages, and a weekday goes with its day."""
    spanish = operated("date_shift", "lunes 3 de mayo de 2021", key, E.DATE)
    english = operated("date_shift", "Monday 3 of May of 2021", key, E.DATE)
    weekdays, months = (languages.values("es")["dates"][name] for name in ("weekdays", "months"))
    told = {"Monday": 0, "Tuesday": 1, "Wednesday": 2, "Thursday": 3, "Friday": 4, "Saturday": 5, "Sunday": 6}
    assert weekdays.index(spanish.split()[0]) == told[english.split()[0]]
    assert spanish.split()[1] == english.split()[1]
    assert spanish.split()[5] == english.split()[5]
    assert spanish.split()[3] in months


@pytest.mark.parametrize(
    ("value", "capped"),
    [
        ("trece años", "trece años"),
        ("Ochenta y nueve años", "Ochenta y nueve años"),
        ("noventa años", "90+ años"),
        ("NOVENTA Y TRES AÑOS", "90+ AÑOS"),
        ("veintidos meses", "veintidos meses"),
        ("ciento dos años", "90+ años"),
        ("nonagenaria", "90+"),
        ("93 años", "90+ años"),
        ("once", "once"),
        ("mujer mayor", "<AGE>"),
        ("ninety-three", "90+"),
    ],
)
def test_ages_in_words_are_capped(value: str, capped: str, key: ProjectKey) -> None:
    """Ages to 89 stay as they are written; over it they are one class, in figures."""
    assert operated("age_cap", value, key, E.AGE, cap=89) == capped


def test_ages_in_words_have_bands(key: ProjectKey) -> None:
    """A band is written in figures."""
    assert operated("age_band", "cuarenta y tres años", key, E.AGE) == "40-49 años"


def test_numbers_from_1_to_199_are_each_read() -> None:
    """No two of them share their words, and each is found whole."""
    numbers, pattern = number_words._numbers("es")
    assert {*numbers.values()} == {*range(1, 200)}
    assert pattern
    assert all(pattern.fullmatch(words) for words in numbers)


def test_english_has_no_words_there() -> None:
    """The operators read English themselves."""
    assert languages.values("en") == {}
    assert list(spoken.in_english("3 of May of 2021")) == []
    assert list(number_words.figures("ninety")) == []


@pytest.mark.parametrize("value", ["", "de", "3 de mayo de " * 40, "ééé", "99 de mayo de 2021"])
def test_hostile_values_get_a_label_or_stay_empty(value: str, key: ProjectKey) -> None:
    """Nothing raises, and nothing of what is not understood is let through."""
    for name in ("date_year", "date_shift"):
        assert operated(name, value, key, E.DATE) in {"<DATE>", value if not value.strip(" \0") else "<DATE>"}
