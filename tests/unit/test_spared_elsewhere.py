"""What a model of another language takes for an identifier though its words name nobody, and what it rightly takes."""

from __future__ import annotations

import pytest

from deid_core.detect.spared_elsewhere import spared
from deid_core.entities import EntityType
from deid_core.model import Span

NAMED = {"saint": 1, "jude": 1, "louis": 1, "obrero": 1, "eneko": 2, "maría": 2, "ana": 2, "antonio": 2, "hartmann": 1}

LEFT_ALONE = [
    ("Solución de [NAME Hartmann] a 80 ml/h.", False),
    ("Anomalía de [NAME Uhl] frente a displasia.", False),
    ("[NAME Fórceps de Kjelland], sin desgarros.", False),
    ("Atención 24/7 por [NAME telemedicina].", False),
    ("Se instila [NAME Tropicamida] y se dilata.", False),
    ("AF: padre [NAME IAM], madre ACV.", False),
    ("[NAME Obrero textil], mate y cigarrillo.", False),
    ("Implante de [NAME AcrySof] sin incidencias.", False),
    ("Encefalitis de [CITY Saint Louis], serología.", False),
    ("Atención [DATE 24/7] en la línea.", False),
    ("Acude desde el [DATE martes] con tos.", False),
    ("Juega al fútbol; [DATE fan del Betis].", False),
    ("Potasio 5,1; [ID CPK 450].", False),
    ("Guía [ID ESC 2023] de síndrome coronario.", False),
    ("[FACILITY Puesto de salud] sin insumos.", False),
    ("[FACILITY Residencia de ancianos], dependiente.", False),
    ("[ADDRESS Pañales y crema] en casa.", False),
    ("[ORGANISATION Lunes y jueves diálisis], turno 2.", False),
]
KEPT = [
    ("Vive con [NAME Eneko Sarasola] en el pueblo.", False, "Eneko Sarasola"),
    ("Avisa [NAME Antonio] de la caída.", False, "Antonio"),
    ("Su hija [NAME Yerlin] le acompaña.", True, "Yerlin"),
    ("hola soy [NAME yerlin] y tengo tos", False, "yerlin"),
    ("Prueba de [NAME Ana María] pendiente.", False, "Ana María"),
    ("Consulta de [NAME Eneko refiere] dolor.", False, "Eneko"),
    ("Nacido en [CITY Saint Louis] en otoño.", False, "Saint Louis"),
    ("Ingresa el [DATE 3/7] por fiebre.", False, "3/7"),
    ("Revisión el [DATE tres de mayo].", False, "tres de mayo"),
    ("Muestra [ID CPK-450-221].", False, "CPK-450-221"),
    ("Derivado al [FACILITY Hospital Santa Lucía].", False, "Hospital Santa Lucía"),
    ("Vive en [ADDRESS barrio San Cayetano].", False, "barrio San Cayetano"),
    ("Trabaja en [ORGANISATION Molinos Arrieta].", False, "Molinos Arrieta"),
]


def judged(marked: str, *, cued: bool, code: str = "es") -> str | None:
    """Return the words that are left of the span that is marked in a sentence."""
    before, _, rest = marked.partition("[")
    label, _, rest = rest.partition(" ")
    value, _, after = rest.partition("]")
    text = f"{before}{value}{after}"
    span = Span(len(before), len(before) + len(value), EntityType(label), 0.9)
    found = spared(text, span, code, named=lambda word: NAMED.get(word.lower(), 0), cued=cued)
    return text[found.start : found.end] if found else None


@pytest.mark.parametrize(("marked", "cued"), LEFT_ALONE)
def test_words_that_name_nobody_are_left(marked: str, cued: bool) -> None:
    """Eponyms and places behind their head, brands, abbreviations, days, figures and generic houses stay."""
    assert judged(marked, cued=cued) is None


@pytest.mark.parametrize(("marked", "cued", "kept"), KEPT)
def test_who_and_where_is_kept(marked: str, cued: bool, kept: str) -> None:
    """Names on a list or behind a cue, names of who writes no capitals, dates, streets and houses stay found."""
    assert judged(marked, cued=cued) == kept
