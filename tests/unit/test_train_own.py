"""The shipped model trained further on texts of one's own: what it learns, keeps, says of itself, and repeats."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from spacy.tokens import DocBin
from spacy.training.converters import conll_ner_to_docs
from spacy.vocab import Vocab

from deid_core.detect import ner_own
from deid_core.entities import EntityType
from deid_core.errors import UsageError
from deid_core.evaluate.gold import GoldDocument, GoldSpan, Marked
from deid_core.evaluate.read import read
from deid_core.policy import Policy, parse_policy
from deid_core.ports import TextQuery
from deployments.train import formats, own
from deployments.train.examples import LABELS, UNKNOWN, Example

ROOT = Path(__file__).resolve().parents[2]
POLICY = """
name = "own"
version = "1"
title = "With a model of our own"
basis = "45 CFR 164.514(b)(2)"
release_class = "de-identified"
detectors = ["ner_own"]
[default]
action = "mask_label"
"""
FIRST = ("Quillon", "Marisole", "Bertwyn", "Oskandra", "Pellam", "Thessaly", "Iverna", "Corwick")
LAST = ("Zorblatt", "Quenby", "Marrowfield", "Tarkenwell", "Fennimore", "Driscombe", "Ullathorne")
WARDS = ("Tamarisk", "Zebrawood", "Rowanhithe", "Larkspur", "Sycamore")


def house_gold(count: int) -> bytes:
    """Return notes in a layout that the shipped model was never shown, as people marked them."""
    rng, rows = Random(7), []
    for number in range(count):
        ward, name = f"{rng.choice(WARDS)}-{rng.randint(1, 9)}", f"{rng.choice(LAST)} {rng.choice(FIRST)}"
        code = f"{rng.choice('QXZ')}{rng.randint(10, 99)}/{rng.randint(100, 999)}"
        text = f"Bxt {ward} :: {name} :: ref {code}\nSlept well, obs stable."
        marks = ((ward, "FACILITY"), (name, "NAME"), (code, "MRN"))
        spans = [{"start": text.index(v), "end": text.index(v) + len(v), "entity_type": label} for v, label in marks]
        rows.append(json.dumps({"id": str(number), "text": text, "spans": spans, "subject": f"s{number}"}))
    return "\n".join(rows).encode()


def trained(folder: Path, seed: int = 1) -> str:
    """Run the recipe as its user does, in a process of its own, and return what it prints."""
    (folder / "gold.jsonl").write_bytes(house_gold(32))
    command = [sys.executable, "-m", "deployments.train.own", "--gold", str(folder / "gold.jsonl")]
    command += ["--out", str(folder / "model"), "--seed", str(seed), "--epochs", "5"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Give the folder of one run and what it printed."""
    folder = tmp_path_factory.mktemp("own")
    return folder, trained(folder)


@pytest.fixture(scope="module")
def policy(run: tuple[Path, str]) -> Policy:
    """Give a policy with the lines that the recipe printed."""
    return parse_policy(POLICY + "[[models]]" + run[1].split("[[models]]")[1])


def test_it_learns_the_houses_own_layout(run: tuple[Path, str], policy: Policy) -> None:
    """Wards that the shipped model leaves are found in notes that were not trained on, and the card says so."""
    performance = json.loads((run[0] / "model" / "meta.json").read_text())["performance"]
    before, after = performance["before"]["recall"]["FACILITY"], performance["after"]["recall"]["FACILITY"]
    assert before < 0.5
    assert after >= 0.9
    text = "Bxt Larkspur-4 :: Orville Brandywine :: ref Q77/201\nSlept well."
    (spans,) = ner_own.OwnNer(policy).find([TextQuery(text)])
    assert [text[one.start : one.end] for one in spans] == ["Larkspur-4", "Orville Brandywine", "Q77/201"]
    assert [one.rule for one in spans] == ["own:FACILITY", "own:NAME", "own:ID"]


def test_it_keeps_what_it_knew(run: tuple[Path, str]) -> None:
    """On sentences that neither training saw it finds nearly the names that it found before, and touches no more."""
    performance = json.loads((run[0] / "model" / "meta.json").read_text())["performance"]
    before, after = performance["before"]["apart"], performance["after"]["apart"]
    assert after["recall"]["NAME"] > before["recall"]["NAME"] - 0.1
    assert after["touched"] < before["touched"] + 0.1


def test_the_card_says_where_it_comes_from(run: tuple[Path, str]) -> None:
    """The shipped model, the hash of the gold, the seed, both figures of each label, and a warning; no value."""
    card = (run[0] / "model" / "MODEL_CARD.md").read_text()
    meta = json.loads((run[0] / "model" / "meta.json").read_text())
    for told in (meta["training"]["from"], meta["training"]["gold_sha256"], "--seed 1", "| FACILITY |", "guarded"):
        assert told in card
    assert not any(word in card + run[1] for word in (*FIRST, *LAST, *WARDS))
    assert meta["training"]["texts"] + meta["training"]["texts_held_out"] == 32


def test_the_same_gold_and_seed_give_the_same_model(run: tuple[Path, str], tmp_path: Path) -> None:
    """A second run writes the same bytes; another seed writes others."""
    trained(tmp_path)
    assert ner_own.digest_of(tmp_path / "model") == ner_own.digest_of(run[0] / "model")
    (tmp_path / "other").mkdir()
    trained(tmp_path / "other", seed=2)
    assert ner_own.digest_of(tmp_path / "other" / "model") != ner_own.digest_of(run[0] / "model")


def test_a_subject_is_on_one_side() -> None:
    """Nobody's texts are both trained on and measured; too few subjects are refused."""
    documents = [
        GoldDocument(f"{who}-{visit}", f"{who} text {visit}", (), f"subject {who}")
        for who in range(40)
        for visit in range(3)
    ]
    trained_on, held = own.parted(documents, 0.25)
    whose = [{example.text.split()[0] for example in side} for side in (trained_on, held)]
    assert not whose[0] & whose[1]
    assert len(held) % 3 == 0
    assert 2 <= len(whose[1]) <= 20
    with pytest.raises(UsageError, match="too few"):
        own.parted(documents[:3], 0.25)


def test_labels_that_it_is_not_taught_are_left_out() -> None:
    """Each of our labels is one of the model's, or is taught neither way."""
    assert set(own.COARSE.values()) == set(LABELS)
    spans = (GoldSpan(0, 2, EntityType.AGE), GoldSpan(3, 6, EntityType.STAFF_NAME))
    assert own.example_of(GoldDocument("1", "71 Ann", spans)).spans == ((0, 2, UNKNOWN), (3, 6, "NAME"))


def test_long_texts_are_trained_on_in_pieces() -> None:
    """A piece has the identifiers that lie whole in it, at their places in it."""
    text = "x " * 2500 + "Ann Lee" + " y" * 2500
    place = (5000, 5007, "NAME")
    cut = list(own.in_pieces([Example(text, (place,))]))
    assert len(cut) > 1
    found = Counter(one.text[start:end] for one in cut for start, end, _ in one.spans)
    assert set(found) == {"Ann Lee"}


MARKED = [
    Marked("n-0", "Seen by Ann Lee,\r\nward 4.", [(8, 15, "STAFF_NAME")], "s1", "text/plain"),
    Marked("n-1", "😀 nothing here", [], "s2", "text/plain"),
]


def test_what_is_written_is_read_back() -> None:
    """JSON Lines are gold that `evaluate` reads, with offsets in code points, subjects and kinds."""
    gold = read({"a.jsonl": formats.written(MARKED, ".jsonl", "en")})
    assert [(one.text, one.subject, one.kind) for one in gold.documents] == [
        (one.text, one.subject, one.kind) for one in MARKED
    ]
    assert gold.documents[0].spans == (GoldSpan(8, 15, EntityType.STAFF_NAME),)


def test_a_docbin_holds_the_entities() -> None:
    """Documents are read by spaCy with their text and entities."""
    docs = list(DocBin().from_bytes(formats.written(MARKED, ".spacy", "en")).get_docs(Vocab()))
    assert [[(entity.text, entity.label_) for entity in doc.ents] for doc in docs] == [[("Ann Lee", "STAFF_NAME")], []]
    assert docs[1].text == MARKED[1].text


def test_two_columns_hold_tokens_and_tags() -> None:
    """Tags are read by the converter of spaCy; a document begins after an empty line."""
    text = formats.written(MARKED, ".iob", "en").decode()
    assert text.startswith("Seen\tO\nby\tO\nAnn\tB-STAFF_NAME\nLee\tI-STAFF_NAME\n,\tO\nward\tO\n")
    assert text.count("\n\n") == 1
    (doc,) = conll_ner_to_docs(text.replace("\t", " "), no_print=True)
    assert [(entity.text, entity.label_) for entity in doc.ents] == [("Ann Lee", "STAFF_NAME")]


def test_another_ending_is_refused() -> None:
    """A file that would be in no format is not written."""
    with pytest.raises(UsageError, match=r"\.jsonl, \.spacy, \.iob"):
        formats.written(MARKED, ".txt", "en")
