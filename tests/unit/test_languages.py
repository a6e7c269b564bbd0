"""A language is one folder: what a policy names, the detectors read, and nothing of one language reaches another."""

from __future__ import annotations

from time import process_time

import pytest

from deid_core import ingest, languages, pipeline
from deid_core.detect.model_files import model_version
from deid_core.detect.ner import Ner
from deid_core.detect.patterns import Patterns, applied
from deid_core.detect.place_kinds import kind_of
from deid_core.detect.rules.gate import shipped_gate
from deid_core.detect.rules.table import LONGEST_RUN, shipped_rules
from deid_core.detect.rules.tokens import TOKEN, touches_letter
from deid_core.entities import EntityType
from deid_core.errors import PolicyError
from deid_core.keys import ProjectKey
from deid_core.policy import Policy, load_policy, parse_policy
from deid_core.ports import TextQuery
from deployments.train.lexicon import templates

POLICY = """
name = "p"
version = "1"
title = "t"
basis = "b"
release_class = "de-identified"
{more}

[default]
action = "mask_label"
"""
NOTE = """Hospital General Virgen de las Nieves
Paciente: Remedios Quintanilla Osorio   NHC: 4960926
Domicilio: C/ Mirasierra, 14, 2 B. 28013 Madrid. Tlf. 609 518 571
Mujer de 49 años que ingresa el 3 de mayo de 2019 por neumonía, en tratamiento con Augmentine.
Enfermedad de Crohn. Quintanilla refiere mejoría. Su hijo Iker vive en Getafe.
Fdo.: Dra. Lourdes Vega Ibarra
"""


def policy(more: str) -> Policy:
    """Return a policy with some lines more."""
    return parse_policy(POLICY.format(more=more))


def test_a_policy_reads_english_unless_it_says_otherwise() -> None:
    """Policies from before languages mean English, and its best model."""
    assert policy("").language == "en"
    assert policy("").detectors == policy('language = "en"').detectors
    assert "ner_accurate" in policy("").detectors


def test_a_policy_in_spanish_gets_the_model_that_reads_spanish() -> None:
    """The default detectors differ in the model alone."""
    english, spanish = policy(""), policy('language = "es"')
    assert set(english.detectors) ^ set(spanish.detectors) == {"ner", "ner_accurate"}
    assert english.sha256 != spanish.sha256


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('language = "xx"', "language"),
        ('language = "../en"', "language"),
        ('language = ""', "language"),
        ('language = "es"\ndetectors = ["patterns", "ner_accurate"]', "cannot read"),
    ],
)
def test_a_language_or_model_that_is_not_here_is_refused(more: str, said: str) -> None:
    """No text is read by what was made for another language because a name was wrong."""
    with pytest.raises(PolicyError, match=said):
        policy(more)


def test_asking_for_an_unknown_language_says_which_there_are() -> None:
    """The message helps whoever mistyped."""
    with pytest.raises(PolicyError, match="en, es"):
        languages.language("xx")


@pytest.mark.parametrize("code", languages.codes())
def test_the_folder_of_a_language_is_whole(code: str) -> None:
    """Its tables make rules of distinct names, its shared rules exist, and its model has a card and a licence."""
    held = languages.language(code)
    names = [rule.name for rule in shipped_rules(code)]
    assert len(names) == len(set(names))
    assert held.shared <= {rule.name for rule in shipped_rules()}
    assert held.shared <= set(names)
    assert "Apache-2.0" in held.model.joinpath("meta.json").read_text("utf-8")
    assert held.model.joinpath("MODEL_CARD.md").read_text("utf-8").startswith(f"# {code}_deid_cnn ")
    assert model_version(code).startswith(f"{code}_deid_cnn-")


def test_a_language_is_made_once_a_process() -> None:
    """Two detectors of one language share its gate; those of two do not."""
    assert shipped_gate() is shipped_gate("en")
    assert shipped_gate("es") is shipped_gate("es")
    assert shipped_gate("es") is not shipped_gate()


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("España", EntityType.COUNTRY),
        ("ESPAÑA", EntityType.COUNTRY),
        ("Granada", EntityType.CITY),
        ("Cataluña", EntityType.CITY),
        ("Ohio", EntityType.CITY),
    ],
)
def test_places_that_may_be_released(place: str, kind: EntityType) -> None:
    """Countries only: a region of Spain is no State of 45 CFR 164.514, and a name that a town bears is a town."""
    assert kind_of(place, "es") is kind


def test_the_gate_changes_no_finding_in_spanish() -> None:
    """What the gate lets through is what trying each rule at each of its words finds."""
    rules = shipped_rules("es")
    text = "\n".join([NOTE, *templates("es_train.txt")[::6], *templates("es_negatives_train.txt")[::6]])
    found = [place for block in shipped_gate("es").find(text, "note") for place in block]
    every = []
    for token in TOKEN.finditer(text):
        at, to = token.span()
        kinds = {token[0].lower()} if token.lastindex != 2 else {f"#{min(to - at, LONGEST_RUN)}"}
        kinds |= {f"&{min(to - at, LONGEST_RUN)}"} if token.lastindex == 2 and touches_letter(text, at, to) else set()
        for order, rule in enumerate(rules):
            asked = {word for word in rule.at if word.lower() in kinds}
            cased = any(word == word.lower() or word == token[0] for word in asked)
            if cased and (not rule.sources or "note" in rule.sources):
                every.append((at, to, order, rule))
    assert set(map(spot, applied(text, found))) == set(map(spot, applied(text, every)))


def spot(hit):
    """Return what a hit found, and by which rule."""
    return hit[1]


def test_spanish_rules_do_not_reach_english_notes() -> None:
    """`Con` and `Don` in an English note are no cues."""
    found = Patterns(policy("")).find([TextQuery("Domicilio: C/ Mirasierra, 14. NHC 12. Don refuses.")])[0]
    assert not [span for span in found if span.rule in {rule.name for rule in shipped_rules("es")} - {"email"}]


def test_the_model_reads_a_note_in_spanish() -> None:
    """Names without a cue, a town and a date, with the rule that names the model."""
    text = "Quintanilla Osorio, Remedios. Vive en Torrelodones, Madrid. Se decide alta el 3 de mayo de 2019."
    spans = Ner(policy('language = "es"')).find([TextQuery(text)])[0]
    found = {text[span.start : span.end]: span for span in spans}
    assert found["Torrelodones"].entity_type is EntityType.CITY
    assert any("Remedios" in value and span.entity_type is EntityType.NAME for value, span in found.items())
    assert all(span.rule.startswith("es_deid_cnn:") and 0 < span.score < 1 for span in spans)


def test_a_note_is_released_without_what_identifies() -> None:
    """By the shipped policy: people, places, dates and numbers go, the clinical words stay."""
    key, held = ProjectKey(b"k" * 32), load_policy("safe_harbor_es")
    document = ingest.read(NOTE.encode(), "nota.txt", "asset", key)
    whose = pipeline.identify(document, held, key)
    chosen = pipeline.plan(whose, "0" * 64, held, key)
    output = ingest.write(pipeline.apply(whose.document, chosen, held, key)).decode()
    people, places = ("Remedios", "Quintanilla", "Osorio", "Iker", "Lourdes", "Ibarra"), ("Nieves", "Madrid", "Getafe")
    gone = (*people, *places, "4960926", "Mirasierra", "28013", "518", "mayo")
    assert [value for value in gone if value in output] == []
    assert all(value in output for value in ("49 años", "neumonía", "Augmentine", "Crohn", "mejoría"))


BAIT = [
    "Calle Aa ",
    "Hospital General de la Aa ",
    "Dr. Aa ",
    "Domicilio: ",
    "28013 Madrid ",
    "3 de mayo ",
    "a.es ",
    "9",
]


@pytest.mark.parametrize("piece", BAIT, ids=ascii)
def test_work_on_one_line_of_spanish_grows_in_step_with_its_length(piece: str) -> None:
    """Eight times the line takes nowhere near the sixty-four times that work which grows with its square would."""
    reader = Patterns(policy('language = "es"'))

    def seconds(size: int) -> float:
        text = (piece * size)[:size]
        start = process_time()
        reader.find([TextQuery(text)])
        return process_time() - start

    seconds(1_000)
    quick = min(seconds(4_000) for _ in range(3))
    assert min(seconds(32_000) for _ in range(3)) < 25 * max(quick, 0.002)
