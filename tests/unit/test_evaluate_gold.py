"""Gold sets in every format we read, and gold that does not hold."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest

from deid_core.entities import ENTITIES, EntityType
from deid_core.errors import MalformedAsset, UsageError
from deid_core.evaluate.gold import Gold
from deid_core.evaluate.labels import schemes
from deid_core.evaluate.read import read

TEXT = "Seen by Dr. Ana Ruiz\r\nin Ávila on 3/4/2021."
SPANS = [(12, 20, "Ana Ruiz"), (25, 30, "Ávila"), (34, 42, "3/4/2021")]


def json_lines(labels=("STAFF_NAME", "CITY", "DATE"), text=TEXT, spans=SPANS, **more) -> bytes:
    """Return one document in our JSON Lines."""
    marked = [
        {"start": start, "end": end, "entity_type": label} for (start, end, _), label in zip(spans, labels, strict=True)
    ]
    return (json.dumps({"id": "n1", "text": text, "spans": marked, **more}) + "\n").encode()


def brat(labels=("STAFF_NAME", "CITY", "DATE")) -> dict[str, bytes]:
    """Return one document in brat's two files, with a relation and a note that say nothing of where."""
    lines = [
        f"T{at}\t{label} {start} {end}\t{value}"
        for at, ((start, end, value), label) in enumerate(zip(SPANS, labels, strict=True), 1)
    ]
    others = ["R1\tSeen Arg1:T1 Arg2:T2", "#1\tAnnotatorNotes T1\tsure"]
    return {"n1.txt": TEXT.encode(), "n1.ann": "\n".join([*lines, *others, ""]).encode()}


def i2b2(shift=-1, head="", body="") -> bytes:
    """Return one document in i2b2's XML: a parser makes one line feed of CR and LF, so places after it shift."""
    text = TEXT.replace("\r\n", "\n")
    places = [(start + shift * (start > 20), end + shift * (start > 20), value) for start, end, value in SPANS]
    tags = "".join(
        f'<X id="P" start="{start}" end="{end}" text="{value}" TYPE="{kind}"/>'
        for (start, end, value), kind in zip(places, ("DOCTOR", "CITY", "DATE"), strict=True)
    )
    xml = f'<?xml version="1.0" encoding="UTF-8" ?>\n{head}<deIdi2b2>\n<TEXT><![CDATA[{text}]]>{body}</TEXT>\n'
    return f"{xml}<TAGS>\n{tags}</TAGS>\n</deIdi2b2>".encode()


def presidio(labels=("PERSON", "LOCATION", "DATE_TIME"), **changed) -> bytes:
    """Return one document as presidio-research writes it."""
    spans = [
        {"entity_type": label, "entity_value": value, "start_position": start, "end_position": end, **changed}
        for (start, end, value), label in zip(SPANS, labels, strict=True)
    ]
    return json.dumps([{"full_text": TEXT, "masked": "", "spans": spans, "template_id": 1}]).encode()


INLINE = (
    "### n1 note\nSeen by Dr. [NAME Ana Ruiz]\r\nin [CITY Ávila] on [DATE 3/4/2021].\n\n### n2 query\nNobody [sic].\n"
)
FORMATS = {
    "ours": {"gold.jsonl": json_lines(subject="s1", kind="note")},
    "brat": brat(),
    "i2b2": {"220-03.xml": i2b2()},
    "presidio": {"generated.json": presidio()},
    "inline": {"dev.txt": INLINE.encode()},
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_the_same(name: str) -> None:
    """One note in each of the formats has its three identifiers at their places, with our meaning of their labels."""
    gold: Gold = read(FORMATS[name])
    document = gold.documents[0]
    assert [document.text[span.start : span.end] for span in document.spans] == [value for *_, value in SPANS]
    kinds = [gold.scheme.groups[span.entity_type] for span in document.spans]
    expected = {
        "i2b2": ["NAME", "CITY", "DATE"],
        "presidio": ["PERSON", "LOCATION", "DATE_TIME"],
    }
    assert kinds == expected.get(name, ["NAME", "CITY", "DATE"])


def test_who_and_what_a_document_is() -> None:
    """The subject and the kind are read where a format has them; i2b2's is the number before the visit's."""
    ours, i2b2_, inline = (read(FORMATS[name]).documents for name in ("ours", "i2b2", "inline"))
    assert (ours[0].subject, ours[0].kind) == ("s1", "note")
    assert i2b2_[0].subject == "220"
    assert [(document.id, document.kind) for document in inline] == [("n1", "note"), ("n2", "query")]
    assert inline[1].text == "Nobody [sic]."


def test_files_beside_the_gold_are_passed_over() -> None:
    """A folder of brat files may hold a licence and a README."""
    assert len(read({**brat(), "LICENSE": b"free", "README.md": b"# A set"}).documents) == 1


def test_a_span_in_pieces_is_several() -> None:
    """A name that brat marks on two lines is two spans."""
    annotation = b"T1\tNAME 0 3;4 8\tAna Ruiz\n"
    spans = read({"a.txt": b"Ana\nRuiz", "a.ann": annotation}).documents[0].spans
    assert [(span.start, span.end) for span in spans] == [(0, 3), (4, 8)]


BAD = {
    "outside": {"a.jsonl": json_lines(spans=[(12, 20, ""), (25, 30, ""), (34, 99, "")])},
    "backwards": {"a.jsonl": json_lines(spans=[(20, 12, ""), (25, 30, ""), (34, 42, "")])},
    "negative": {"a.jsonl": json_lines(spans=[(-8, 20, ""), (25, 30, ""), (34, 42, "")])},
    "blank": {"a.jsonl": json_lines(spans=[(7, 8, ""), (25, 30, ""), (34, 42, "")])},
    "unknown label": {"a.jsonl": json_lines(labels=("STAFF_NAME", "Ruiz", "DATE"))},
    "labels of two sets": {"a.jsonl": json_lines(labels=("STAFF_NAME", "PATIENT", "DATE_TIME"))},
    "no spans": {"a.jsonl": b'{"id": "1", "text": "Ruiz"}\n'},
    "a place that is no number": {"a.jsonl": json_lines().replace(b'"start": 12', b'"start": "12"')},
    "a place that is true": {"a.jsonl": json_lines().replace(b'"start": 12', b'"start": true')},
    "text that is no text": {"a.jsonl": json_lines(text=["Ruiz"])},
    "not JSON": {"a.jsonl": b'{"id": Ruiz}\n'},
    "JSON without end": {"a.jsonl": b"[" * 100_000},
    "not UTF-8": {"a.jsonl": b'{"id": "Ruiz\xff"}\n'},
    "empty": {"a.jsonl": b"\n"},
    "brat without text": {"a.ann": b"T1\tNAME 0 4\tRuiz\n"},
    "brat of another text": {"a.ann": b"T1\tNAME 0 4\tRuiz\n", "a.txt": b"Ana Ruiz"},
    "brat with no places": {"a.ann": b"T1\tNAME Ruiz\n", "a.txt": b"Ruiz"},
    "presidio of another text": {"a.json": presidio(start_position=0)},
    "presidio that is no list": {"a.json": b'{"full_text": "Ruiz"}'},
    "presidio without text": {"a.json": b'[{"spans": []}]'},
    "i2b2 of another text": {"a.xml": i2b2(shift=1)},
    "i2b2 cut short": {"a.xml": i2b2()[:-30]},
    "i2b2 without text": {"a.xml": b"<deIdi2b2><TAGS/></deIdi2b2>"},
    "i2b2 with an entity": {"a.xml": i2b2(body="&ruiz;")},
    "i2b2 that fetches": {"a.xml": i2b2(head='<!DOCTYPE a SYSTEM "file:///etc/hostname">')},
    "inline without a header": {"a.txt": b"Seen by [NAME Ruiz]\n"},
    "inline not closed": {"a.txt": b"### a note\nSeen by [NAME Ruiz\n"},
    "inline one in another": {"a.txt": b"### a note\nSeen [NAME Ana [NAME Ruiz]]\n"},
    "inline twice one id": {"a.txt": b"### Ruiz note\nA\n### Ruiz note\nB\n"},
}


@pytest.mark.parametrize("case", BAD)
def test_bad_gold_is_refused_without_a_value(case: str) -> None:
    """Gold that does not hold ends with where and why, and never with what stands there."""
    with pytest.raises(MalformedAsset) as error:
        read(BAD[case])
    assert "Ruiz" not in str(error.value)
    assert "Ruiz" not in repr(error.value.__cause__)


COUNTED = "🙂 Año\r\nAna Ruiz, seen"  # Ana Ruiz from 7 to 15


@pytest.mark.parametrize(
    ("start", "end", "seems"),
    [
        (7, 14, "an end that is included"),
        (8, 15, "from 1, with an end that is included"),
        (11, 19, "UTF-8 bytes"),
        (8, 16, "UTF-16 units"),
        (6, 14, "a Windows line end as one"),
        (0, 8, "there; offsets count code points from 0, and the end is not included"),
    ],
)
def test_gold_whose_places_do_not_fit_says_what_they_may_count(start: int, end: int, seems: str) -> None:
    """Whoever exported it reads what to change, in each format that tells a value beside its place, without it."""
    ours = {"start": start, "end": end, "entity_type": "NAME", "value": "Ana Ruiz"}
    theirs = {"start_position": start, "end_position": end, "entity_type": "PERSON", "entity_value": "Ana Ruiz"}
    files = [
        {"a.jsonl": json.dumps({"id": "1", "text": COUNTED, "spans": [ours]}).encode()},
        {"a.json": json.dumps([{"full_text": COUNTED, "spans": [theirs]}]).encode()},
        {"a.txt": COUNTED.encode(), "a.ann": f"T1\tNAME {start} {end}\tAna Ruiz\n".encode()},
    ]
    for held in files:
        with pytest.raises(MalformedAsset, match=re.escape(seems)) as error:
            read(held)
        assert "Ruiz" not in str(error.value)
    files[0]["a.jsonl"] = files[0]["a.jsonl"].replace(
        f'"start": {start}, "end": {end}'.encode(), b'"start": 7, "end": 15'
    )
    assert read(files[0]).documents[0].spans[0].start == 7


def test_white_space_that_was_marked_with_a_value_is_not_of_it() -> None:
    """A span that takes in a space or a line's end is the value alone: else nothing found would be exact."""
    row = {"id": "1", "text": "By Ana Ruiz\n", "spans": [{"start": 2, "end": 12, "entity_type": "NAME"}]}
    span = read({"a.jsonl": json.dumps(row).encode()}).documents[0].spans[0]
    assert (span.start, span.end) == (3, 11)


def test_entities_do_not_expand() -> None:
    """A billion laughs is refused where it is declared, before anything expands."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    with pytest.raises(MalformedAsset, match="document type"):
        read({"a.xml": i2b2(head=f"<!DOCTYPE a [{laughs}]>", body="&l9;")})


def test_no_known_format() -> None:
    """A file that is none of the formats is a mistake of the caller."""
    with pytest.raises(UsageError):
        read({"a.pdf": b"%PDF"})


def test_sets_cover_all_our_labels_and_theirs() -> None:
    """Each of our labels has a kind in each set, and what entities.py calls it is a label of the set."""
    for scheme in schemes().values():
        assert set(scheme.groups) == set(EntityType)
    for names in ENTITIES.values():
        assert names.i2b2 in schemes()["i2b2"].labels
        assert names.presidio in schemes()["presidio"].labels


def test_shared_names_mean_what_one_expects() -> None:
    """Where several of our labels have one name elsewhere, that name read back means the plain one."""
    meant = {
        "i2b2": {"PATIENT": "NAME", "DOCTOR": "STAFF_NAME", "DATE": "DATE", "IDNUM": "ID", "MEDICALRECORD": "MRN"},
        "presidio": {"PERSON": "NAME", "LOCATION": "CITY", "ORGANIZATION": "ORGANISATION", "DATE_TIME": "DATE"},
        "meddocan": {"TERRITORIO": "CITY", "FECHAS": "DATE", "SEXO_SUJETO_ASISTENCIA": None},
    }
    for name, labels in meant.items():
        assert {label: schemes()[name].labels[label] for label in labels} == labels


def test_labels_come_with_their_source() -> None:
    """The file of label sets says where each set is from."""
    text = files("deid_core.evaluate").joinpath("labels.toml").read_text("utf-8")
    assert all(source in text for source in ("i2b2", "Presidio", "MEDDOCAN 2019"))
