"""A language is one folder: a little German, made in a test, is read and de-identified without a line of code."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pytest

from deid_core import ingest, languages, pipeline, resources, verify
from deid_core.detect import place_kinds
from deid_core.detect.rules import gate, table, words
from deid_core.errors import PolicyError
from deid_core.keys import ProjectKey
from deid_core.policy import Policy, parse_policy
from deid_core.transform import number_words
from deid_core.transform.dates import spoken

FOLDER = {
    "language.toml": 'title = "German"\ntables = ["names", "dates"]\nmodels = []\ncues = ["herr", "frau"]\n'
    'shared = ["numeric_date", "numeric_date_dashed", "email", "iban"]\n',
    "rules/fragments.toml": "MONTH = '''(?i:januar|februar|märz|april|mai|juni|juli|august|oktober|dezember)'''\n",
    "rules/names.toml": "[[rule]]\nname = 'patient_de'\nlabel = 'NAME'\nscore = 0.95\necho = true\n"
    "at = ['patient', 'patientin', 'name', 'herr', 'frau', 'herrn']\n"
    "regex = '''(?i:patient(?:in)?|name|herrn?|frau)[ ]?:?[ ](?P<v>{{NAMEC}})'''\ntrim = 'person'\n",
    "rules/dates.toml": "[[rule]]\nname = 'tag_monat'\nlabel = 'DATE'\nscore = 0.95\n"
    "at = ['januar', 'februar', 'märz', 'mai', 'oktober', 'dezember']\nbefore = 8\n"
    "regex = '''(?<!\\w)(?P<v>\\d{1,2}\\.[ ]{{MONTH}}[ ]\\d{4})'''\n"
    "[[rule]]\nname = 'alter'\nlabel = 'AGE'\nscore = 0.9\nat = ['dreiundneunzig', 'neunzig']\n"
    "regex = '''(?P<v>(?i:dreiundneunzig|neunzig))(?=[ ]Jahre)'''\n",
    "values.toml": """
[dates]
months = [
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
    "November", "Dezember",
]
short_months = ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"]
other_months = {}
weekdays = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
around = { am = "on", vom = "from", bis = "to", der = "the", den = "the" }
[ages]
below_30 = ["eins", "zwei", "drei"]
tens = { neunzig = 90 }
joint = "und"
hundred = { alone = "hundert", before = "hundert" }
others = { dreiundneunzig = 93 }
""",
    "places.toml": 'countries = "Deutschland, Österreich, Schweiz"\n',
    "words/common_words.txt": "wurde am mit der die das und ist aufgenommen\n",
    "words/clinical_terms.txt": "Patient Patientin Name Diagnose\n",
    "words/names_that_are_words.txt": "",
    "words/eponyms.txt": "Parkinson\n",
    "words/particles.txt": "von zu\n",
}
POLICY = """
name = "german"
version = "1"
title = "Safe Harbor for notes in German"
basis = "45 CFR 164.514(b)(2)"
release_class = "de-identified"
language = "de"
[default]
action = "mask_label"
[rules.DATE]
action = "date_year"
[rules.AGE]
action = "age_cap"
[rules.COUNTRY]
action = "keep"
"""
NOTE = (
    "Patientin: Ulrike von Baßler\r\n"
    "Frau Baßler wurde am 12. März 2021 aufgenommen, dreiundneunzig Jahre, Morbus Parkinson.\r\n"
    "IBAN DE89 3704 0044 0532 0130 00, u.bassler@example.org\r\n"
)
CACHED = (
    *(languages.codes, languages.language, languages.values, table._shipped_rules, gate.shipped_gate),
    *(words.words, words.ambiguous, words.never_names, words.of_the_trade, place_kinds._places),
    *(spoken._dates, number_words._numbers),
)


def forget() -> None:
    """Let everything that was read of languages be read anew."""
    for cached in CACHED:
        getattr(cached, "cache_clear", lambda: None)()


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Policy]:
    """Put the folder beside English and Spanish, and give a policy in German."""
    shipped = files("deid_core.languages")
    for code in ("en", "es"):
        (tmp_path / code).symlink_to(str(shipped.joinpath(code)))
    for name, text in FOLDER.items():
        path = tmp_path / "de" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    monkeypatch.setattr(languages, "files", lambda name: tmp_path if name == languages.__name__ else files(name))
    forget()
    yield parse_policy(POLICY)
    monkeypatch.undo()
    forget()


def test_a_folder_is_enough(german: Policy, key: ProjectKey) -> None:
    """Names by the folder's rules and words, dates and ages by its values, numbers by shared rules; the rest stays."""
    data = NOTE.encode()
    whose = pipeline.identify(ingest.read(data, "brief.txt", "a1", key), german, key)
    chosen = pipeline.plan(whose, sha256(data).hexdigest(), german, key)
    text = ingest.write(pipeline.apply(whose.document, chosen, german, key)).decode()
    assert text == (
        "Patientin: <NAME>\r\n"
        "Frau <NAME> wurde am 2021 aufgenommen, 90+ Jahre, Morbus Parkinson.\r\n"
        "IBAN <ACCOUNT>, <EMAIL>\r\n"
    )
    assert not verify.residual(whose, chosen, text.encode(), german, key).left


def test_it_is_listed_and_others_stay_as_they_are(german: Policy) -> None:
    """The language is a resource with its rules and words, and English notes are read as before."""
    assert languages.codes() == ("de", "en", "es")
    assert not {*german.detectors} & languages.all_models()
    found = {(one.kind, one.name): one.used for one in resources.resources(german)}
    assert found["language", "de"]
    assert not found["language", "en"]
    assert {("rules", "de_rules"), ("words", "de_words")} <= {*found}
    assert place_kinds.kind_of("Schweiz", "de") == "COUNTRY"


def test_without_its_folder_it_is_refused() -> None:
    """A policy in a language that is not there does not hold."""
    forget()
    with pytest.raises(PolicyError, match="no language is named de"):
        parse_policy(POLICY)
