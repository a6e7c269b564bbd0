"""The NER detector: offsets, layouts, determinism, and silence about values."""

from __future__ import annotations

import json
import logging
import random
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deid_core.detect.model_files import model_name, model_version
from deid_core.detect.ner import Ner
from deid_core.detect.small_model import OVERLAP, PIECE, _plain, _readings, load_model, merged, pieces
from deid_core.detect.word_lists import WORDS, WordLists
from deid_core.entities import EntityType
from deid_core.model import Span
from deid_core.policy import load_policy
from deid_core.ports import TextQuery


@pytest.fixture(scope="module")
def ner() -> Ner:
    """Give the detector under the shipped policy."""
    return Ner(load_policy("safe_harbor"))


def _hidden(ner: Ner, text: str, source: str = "note") -> str:
    """Return the text with what was found replaced by full blocks."""
    chars = list(text)
    for span in ner.find([TextQuery(text, source=source)])[0]:
        chars[span.start : span.end] = "█" * (span.end - span.start)
    return "".join(chars)


CLINICAL = [  # (situation, text, what must be gone)
    (
        "prose",
        "Mrs. Oduya was admitted overnight with chest pain; her niece Temperance stayed.",
        ["Oduya", "Temperance"],
    ),
    ("header", "Patient Name: Quisenberry, Althea M.\nMRN: 00817263\nDOB: 04/17/1951", ["Quisenberry, Althea M"]),
    ("header_without_spaces", "Name:Bartholomew Zielke  Sex:M  DOB:03/11/1944", ["Bartholomew Zielke"]),
    ("dicom_name", "ZHOU^XIAOMING^^MRS", ["ZHOU^XIAOMING"]),
    ("capitals", "PATIENT WAS SEEN BY DR. VENKATARAMAN IN CLINIC.", ["VENKATARAMAN"]),
    ("small_letters", "pt ezekiel montoya c/o nausea x3 days", ["ezekiel montoya"]),
    ("signature", "Electronically signed by Guadalupe Etxeberria, MD on 02/03/2021", ["Guadalupe Etxeberria", "02/03"]),
    ("letter", "Dear Dr. Papastergiou,\n\nThank you for referring Ms. Lindqvist.", ["Papastergiou", "Lindqvist"]),
    ("closing", "Sincerely,\n\nOluwaseun Adebayo-Clarke, MD", ["Oluwaseun Adebayo-Clarke"]),
    ("dialogue", "Doctor: Good morning, Ms. Hatakeyama.\nPatient: Good morning.", ["Hatakeyama"]),
    (
        "dictation",
        "this is doctor fitzwilliam dictating on patient ramona castellanos",
        ["fitzwilliam", "ramona castellanos"],
    ),
    ("nursing", "Report given to Svetlana Kuznetsova RN at bedside.", ["Svetlana Kuznetsova"]),
    ("radiology", "Findings were discussed with Dr. Abernethy by telephone.", ["Abernethy"]),
    ("relatives", "Lives with her husband Tomasz and sons Kacper and Oskar.", ["Tomasz", "Kacper", "Oskar"]),
    ("proxy", "Health care proxy: Nguyen Thi Bich Hanh (daughter)", ["Nguyen Thi Bich Hanh"]),
    ("hyphen", "Seen with Jean-Baptiste Thibodeaux, her interpreter.", ["Jean-Baptiste Thibodeaux"]),
    ("apostrophe", "Followed by Dr. O’Shaughnessy for gout.", ["O’Shaughnessy"]),
    ("word_name", "Mr. Rich Banks takes Coumadin.", ["Rich Banks"]),
    ("eponym_as_name", "Mr. Parkinson was discharged home.", ["Parkinson"]),
    ("facility", "Transferred from Saint Agnes Regional Hospital yesterday.", ["Saint Agnes Regional Hospital"]),
    ("city", "She grew up in Albuquerque and moved to Lisbon.", ["Albuquerque", "Lisbon"]),
    ("address", "Home address: 4417 Larkspur Lane, Topeka, KS 66604", ["4417 Larkspur Lane", "Topeka"]),
    ("date_in_words", "The stitches came out on the 4th of September 2019.", ["4th of September"]),
    ("employer", "Retired from Lockheed Martin in 2004.", ["Lockheed Martin"]),
]


@pytest.mark.parametrize(("text", "gone"), [row[1:] for row in CLINICAL], ids=[row[0] for row in CLINICAL])
def test_identifiers_in_clinical_text_are_found(ner: Ner, text: str, gone: list[str]) -> None:
    """What identifies somebody in a sentence no training template holds is covered whole."""
    hidden = _hidden(ner, text)
    assert [value for value in gone if any(part in hidden for part in value.split() if len(part) > 2)] == []


NOBODY = [
    "Foley catheter draining clear urine.",
    "Parkinson's disease, stable on Sinemet.",
    "Crohn's disease treated with Humira.",
    "Babinski downgoing bilaterally.",
    "Apgar 8 and 9.",
    "Lipitor 40 mg daily, Lasix 20 mg BID.",
    "Glasgow Coma Scale 15.",
    "Murphy's sign negative, McBurney's point nontender.",
    "HISTORY OF PRESENT ILLNESS: CHEST PAIN.",
    "T 38.4, HR 118, BP 92/50, RR 26, 91% on 4 L.",
    "CT CHEST WITH CONTRAST",
    "LT KNEE AP",
    "Whipple procedure, Jackson-Pratt drain in place.",
    "Strength 5/5, reflexes 2+, Romberg negative.",
    "The patient denies fever, chills or weight loss.",
    "Will mark the site and hope to wean in the morning.",
]


def test_clinical_terms_are_left_alone(ner: Ner) -> None:
    """At most one of the sentences that name nobody is touched."""
    touched = [text for text in NOBODY if "█" in _hidden(ner, text)]
    assert len(touched) <= 1, touched


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("😀😀 ", " 😀"),
        ("\r\n\r\n", "\r\n"),
        ("患者です。\n", "\n以上"),
        ("\ufeff\t", "\t"),
        ("e\u0301\n", "\u200b"),
    ],
    ids=["plain", "emoji", "crlf", "cjk", "bom_and_tab", "combining"],
)
def test_offsets_count_code_points(ner: Ner, before: str, after: str) -> None:
    """The span of a name starts and ends at the name, whatever stands around it."""
    text = f"{before}Patient Name: Rosalind Hargreaves{after}"
    spans = [span for span in ner.find([TextQuery(text)])[0] if span.entity_type is EntityType.NAME]
    assert [text[span.start : span.end] for span in spans].count("Rosalind Hargreaves") == 1


def test_windows_line_ends_change_nothing_but_offsets(ner: Ner) -> None:
    """The same note with CRLF gives the same values."""
    text = "Patient: Rosalind Hargreaves\nPCP: Dr. Adebayo\n\nSeen on 03/04/2020 for cough.\n"
    unix, windows = (
        [t[s.start : s.end] for s in ner.find([TextQuery(t)])[0]] for t in (text, text.replace("\n", "\r\n"))
    )
    assert unix == windows
    assert len(unix) == 3


ALPHABET = st.sampled_from(
    [*"aZ9 .,:;()[]/\\-^'\n\r\t😀éß漢\ud800\x00\u202f", " Dr. Smith ", "MARY JONES\n", "01/02/2003", "Foley"]
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(ALPHABET, max_size=60).map("".join), max_size=3))
def test_spans_are_within_bounds_in_order_apart_and_repeatable(ner: Ner, texts: list[str]) -> None:
    """Law: 0 <= start < end <= len, no overlap, edges without white space, and the same answer twice."""
    queries = [TextQuery(text) for text in texts]
    found = ner.find(queries)
    assert found == ner.find(queries)
    assert len(found) == len(texts)
    for text, spans in zip(texts, found, strict=True):
        edges = [0, *(edge for span in spans for edge in (span.start, span.end)), len(text)]
        assert edges == sorted(edges)
        for span in spans:
            assert span.start < span.end
            assert text[span.start : span.end].strip() == text[span.start : span.end]
            assert 0 < span.score <= 1


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 3 * PIECE), st.sampled_from(["x", "word ", "A sentence. ", "line\n"]))
def test_pieces_cover_the_text_and_overlap_only_inside_lines(size: int, unit: str) -> None:
    """Law: pieces are short, in order and leave no gap; a cut at a line's end repeats nothing."""
    text = (unit * (size // len(unit) + 1))[:size]
    cut = list(pieces(text))
    assert all(end - start <= PIECE for start, end in cut)
    assert [start for start, _ in cut[:1]] + [end for _, end in cut[-1:]] == ([0, size] if size else [])
    for (_, end), (start, _) in pairwise(cut):
        assert start == (end if text[end - 1] == "\n" else end - OVERLAP)


def test_lines_of_capitals_are_read_again_in_title_case() -> None:
    """The second reading holds those lines only, as long as they were, and knows where they begin."""
    text = "Seen.\r\nDR. O'NEIL-ROE\nMS. GROß\nok\nAB1\n"
    first, *again = _readings(text)
    assert first == (text.replace("\r", " "), 0)
    assert again == [("Dr. O'Neil-Roe\nMs. Groß\n", 7), ("Ab1\n", 34)]
    assert all(text[at : at + len(reading)].casefold() == reading.casefold() for reading, at in again)


@pytest.mark.parametrize(
    "text", ["_" * 40 + " Ann", "Ann ......... 5", "=-=-=-=-=-=-", "“Ann’s”\u00a0x\x00", "\ud83d\ude00"]
)
def test_what_the_model_reads_is_as_long_as_the_text(text: str) -> None:
    """Ruled lines, odd spaces, curly quotes and lone surrogates are replaced one for one."""
    plain = _plain(text)
    assert len(plain) == len(text)
    assert all(
        ours == theirs for ours, theirs in zip(plain, text, strict=True) if theirs.isascii() and theirs.isalnum()
    )
    plain.encode("utf-8")


def test_a_name_across_a_cut_is_found_whole(ner: Ner) -> None:
    """In one endless line, a name at any place near the cut is covered."""
    filler = "the abdomen is soft and not tender "
    for shift in range(0, 60, 7):
        text = (filler * 200)[: PIECE - 30 + shift] + " reviewed with Dr. Rosalind Hargreaves today " + filler * 20
        assert "Hargreaves" not in _hidden(ner, text)


def test_equal_texts_are_read_once(ner: Ner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table's column of one value costs one reading."""
    seen: list[str] = []
    pipe = load_model().nlp.pipe

    def counted(texts: Iterable[str], **options: Any) -> Any:
        kept = list(texts)
        seen.extend(kept)
        return pipe(kept, **options)

    monkeypatch.setattr(load_model().nlp, "pipe", counted)
    found = ner.find([TextQuery("Seen by Dr. Hargreaves.")] * 50)
    assert len(seen) == 1
    assert len(found) == 50
    assert found[0]
    assert found[0] is not found[1]


def test_a_long_line_takes_linear_time(ner: Ner) -> None:
    """Four times the text takes nowhere near sixteen times the work, without a line end or a space in it."""

    def seconds(unit: str, size: int) -> float:
        text = (unit * size)[:size]
        began = time.process_time()
        ner.find([TextQuery(text)])
        return time.process_time() - began

    ner.find([TextQuery("warm up")])
    for unit in ("x", "a.b-c/d:e^", "_(=-", "the lungs are clear and "):
        assert seconds(unit, 40_000) < 10 * max(seconds(unit, 10_000), 0.2)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Born in Ohio.", EntityType.STATE),
        ("She emigrated from Nigeria in 1999.", EntityType.COUNTRY),
        ("He moved to Albuquerque last year.", EntityType.CITY),
        ("She lives in Washington.", EntityType.CITY),
        ("Resident of Hampshire County.", EntityType.COUNTY),
    ],
)
def test_places_are_told_apart_by_their_name(ner: Ner, text: str, kind: EntityType) -> None:
    """A state or country may be kept; a name that a city bears too counts as a city."""
    assert [span.entity_type for span in ner.find([TextQuery(text)])[0]] == [kind]


def test_overlapping_spans_are_joined_and_uncover_nothing() -> None:
    """Two readings of one line become one span that covers both, under the longer one's label."""
    spans = [
        Span(0, 4, EntityType.CITY, 0.9),
        Span(2, 10, EntityType.NAME, 0.8),
        Span(12, 14, EntityType.DATE, 0.7),
        Span(14, 16, EntityType.ID, 0.7),
    ]
    assert merged(reversed(spans)) == [Span(0, 10, EntityType.NAME, 0.9), *spans[2:]]


def test_every_score_is_the_label_precision_of_the_card(ner: Ner) -> None:
    """The constants come from meta.json, one a label the model knows, and are probabilities."""
    scores = load_model().scores
    assert set(scores) == {*load_model().nlp.get_pipe("ner").labels, "NAME:bare"}
    assert scores["NAME:bare"] < scores["NAME"]
    assert all(0 < score < 1 for score in scores.values())
    assert ner.find([TextQuery("Dear Dr. Hargreaves,")])[0][0].score == scores["NAME"]
    bare = ner.find([TextQuery("Kowalczyk slept well overnight.")])[0]
    assert [(span.rule, span.score) for span in bare] == [("en_deid_cnn:NAME:bare", scores["NAME:bare"])]


def test_the_version_names_the_weights(ner: Ner) -> None:
    """Name, version and a hash of the files; known without loading the model."""
    assert ner.name == "ner"
    assert ner.version == model_version()
    assert ner.version.startswith("en_deid_cnn-1.")
    assert len(ner.version.rsplit("-", 1)[1]) == 12


def test_the_model_loads_quickly_and_without_network() -> None:
    """A fresh process that may not open a socket finds a name, and loading the model takes under two seconds."""
    code = """
import json, socket, time
def refuse(*_): raise AssertionError("network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from deid_core.detect.ner import Ner
from deid_core.detect.small_model import load_model
from deid_core.policy import load_policy
from deid_core.ports import TextQuery
ner = Ner(load_policy("safe_harbor"))
began = time.process_time()
load_model()
seconds = time.process_time() - began
print(json.dumps([seconds, len(ner.find([TextQuery("Dear Dr. Hargreaves,")])[0])]))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    seconds, found = json.loads(done.stdout)
    assert seconds < 2
    assert found == 1
    assert "Hargreaves" not in done.stderr


def test_no_value_is_logged_or_shown(
    ner: Ner, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither logs, nor the streams, nor a span's repr hold what was found."""
    caplog.set_level(logging.DEBUG)
    spans = ner.find([TextQuery("Dear Dr. Hargreaves, seen 04/05/2019.")])[0]
    shown = "".join([repr(spans), repr(ner), caplog.text, *capfd.readouterr()])
    assert spans
    assert "Hargreaves" not in shown
    assert "04/05" not in shown


def test_order_and_company_of_texts_change_nothing(ner: Ner) -> None:
    """A text's spans are the same alone, first or last of a batch."""
    texts = [row[1] for row in CLINICAL] + NOBODY
    alone = {text: ner.find([TextQuery(text)])[0] for text in texts}
    random.Random(4).shuffle(texts)
    assert dict(zip(texts, ner.find([TextQuery(text) for text in texts]), strict=True)) == alone


def test_nothing_in_nothing_out(ner: Ner) -> None:
    """No queries, empty and blank texts give no spans."""
    assert ner.find([]) == []
    assert ner.find([TextQuery(""), TextQuery(" \r\n\t ")]) == [[], []]


def test_word_lists_know_words_by_hash_alone() -> None:
    """Listed words are known in every case, others are not, and the file holds no word."""
    path = Path(str(files("deid_core.models").joinpath(model_name()).joinpath(WORDS)))
    lists = WordLists.load(path)
    assert [lists.feature(word) for word in ("Maria", "MARIA", "maria's")] == ["m10"] * 3
    assert lists.feature("abdomen") == "a01"
    assert lists.feature("qzxwvkj") == "q00"
    assert lists.feature("") == "00"
    assert b"maria" not in path.read_bytes().lower()


def test_words_read_are_not_kept_in_memory(ner: Ner) -> None:
    """After reading, the vocabulary holds no word of the text."""
    ner.find([TextQuery("Dear Dr. Zyxwortham,")])
    assert "Zyxwortham" not in load_model().nlp.vocab.strings


def test_threads_may_read_at_once(ner: Ner) -> None:
    """Eight threads get what one gets."""
    queries = [TextQuery(row[1]) for row in CLINICAL]
    expected = ner.find(queries)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: ner.find(queries), range(16))) == [expected] * 16


def test_a_name_found_once_is_found_everywhere(ner: Ner) -> None:
    """What a header names is covered in the prose too, as written and in capitals; an eponym beside it is not."""
    text = "Patient Name: Zyxwortham, Quillon\n\nThen zyx. Zyxwortham improved. QUILLON ZYXWORTHAM. Will walk."
    hidden = _hidden(ner, text)
    assert "wortham" not in hidden.lower()
    assert "quillon" not in hidden.lower()
    assert "Then zyx." in hidden
    assert "Will walk" in hidden
