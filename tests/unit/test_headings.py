"""Names of columns and members: what they may not hold, and the tables that do not say what their cells are."""

from __future__ import annotations

from hashlib import sha256

import pytest

from deid_core import ingest, pipeline, verify
from deid_core.errors import MalformedAsset, UncertainAsset
from deid_core.keys import ProjectKey
from deid_core.policy import Policy, load_policy

KEY = ProjectKey(b"k" * 32)


def held(**update: object) -> Policy:
    """Give Safe Harbor without its model."""
    detectors = ("columns", "patterns", "known_values")
    return load_policy("safe_harbor").model_copy(update={"detectors": detectors, **update})


def cleaned(data: bytes, name: str, policy: Policy | None = None) -> str:
    """Take an asset through the whole path, verified."""
    policy = policy or held()
    whose = pipeline.identify(ingest.read(data, name, "a", KEY), policy, KEY)
    chosen = pipeline.plan(whose, sha256(data).hexdigest(), policy, KEY)
    output = ingest.write(pipeline.apply(whose.document, chosen, policy, KEY))
    assert not verify.residual(whose, chosen, output, policy, KEY).left
    return output.decode()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b'{"last_name": "Quillfeather", "scores": {"Ann Quillfeather": 3}}\n', "j.jsonl"),
        (b'{"48213377": {"last_name": "Quillfeather"}}\n', "j.jsonl"),
        (b'{"mrn": "A12345", "a12345": 1}\n', "j.jsonl"),
        (b'{"x": [{"mail to ann@quill.org": 1}]}\n', "j.jsonl"),
        (b'{"scores": {"617-555-0143": {}}}\n', "j.jsonl"),
        (b"mrn,last_name,Quillfeather score\n1234567,Quillfeather,3\n", "t.csv"),
        (b"mrn,3/14/2021\n1234567,3\n", "t.csv"),
    ],
)
def test_a_name_of_a_member_that_identifies_sets_the_file_aside(data: bytes, name: str) -> None:
    """A person's name, number or date as a key would be released as it is, and stand in every finding."""
    with pytest.raises(UncertainAsset) as caught:
        cleaned(data, name)
    assert not any(value in str(caught.value) for value in ("Quill", "4821", "12345", "617", "3/14"))


@pytest.mark.parametrize(
    "data",
    [
        b"Jonathan,Quillfeather,Salem,asthma\nGreta,Ollivander,Lowell,copd\n",
        b"48213377,Jonathan,Quillfeather\n77001122,Greta,Ollivander\n",
        b"Quillfeather,F,asthma\nOllivander,F,copd\n",
        b"Jonathan Quillfeather\n",
        b"Jonathan Quillfeather\nGreta Ollivander\n",
        b"Report for Jonathan Quillfeather,,\nmrn,first_name,last_name\n48213377,Jonathan,Quillfeather\n",
    ],
)
def test_a_table_without_a_header_is_set_aside(data: bytes) -> None:
    """Single words without a column's name are no name to any detector: they would be released."""
    with pytest.raises(UncertainAsset):
        cleaned(data, "t.csv")


def test_a_policy_can_say_what_a_table_without_a_header_holds() -> None:
    """Columns by their place, each named by the policy."""
    columns = {"column_1": "MRN", "column_2": "NAME", "column_3": "text"}
    output = cleaned(b"48213377,Quillfeather,asthma\n77001122,Ollivander,copd\n", "t.csv", held(columns=columns))
    assert "asthma" in output
    assert not any(value in output for value in ("4821", "Quill", "7700", "Olli"))


@pytest.mark.parametrize(
    "header",
    [
        ",mrn,first_name,last_name",  # the index that pandas writes
        "last_name,mrn,last_name,last_name",
        "mrn,last_name,2019,2020",
        "T4,mrn,last_name,B12",
        "mrn,last_name,,",
        "mrn,patient/last_name,Q1,Q2",
    ],
)
def test_an_odd_header_is_a_header_all_the_same(header: str) -> None:
    """Empty, repeated and numeric names beside one that is known: cells are found by their columns."""
    names = header.split(",")
    cells = [
        "48213377" if "mrn" in name else f"Quillfeather{chr(97 + n)}" if "last" in name else "7"
        for n, name in enumerate(names)
    ]
    output = cleaned(f"{header}\n{','.join(cells)}\n".encode(), "t.csv")
    first, second = output.splitlines()
    assert first == header
    assert "Quill" not in second
    assert "4821" not in second
    assert second.count("7,") + second.endswith("7") <= sum(cell == "7" for cell in cells) + 1
    assert len(second.split(",")) == len(names)


def test_cells_of_one_name_keep_their_order() -> None:
    """A table with a column named twice is written as it was read."""
    data = b"a,mrn,b,a\n1,,2,3\n4,,5,6\n"
    assert ingest.write(ingest.read(data, "t.csv", "a", KEY)) == data


@pytest.mark.parametrize("name", ["heart_rate", "Sex", "Serum Sodium", "apgar score", "May", "Virginia", "page"])
def test_usual_names_of_columns_are_let_through(name: str) -> None:
    """A measure, a month, a State: no person."""
    assert name in cleaned(f"{name},mrn,last_name\n7,48213377,Page\n".encode(), "t.csv")


@pytest.mark.parametrize("escaped", [r"Quill\ud800feather", r"Quill\u0000feather", r"\udc00", r"a\\\u0007"])
def test_json_that_escapes_what_is_no_text_is_set_aside(escaped: str) -> None:
    """Half a surrogate pair cannot be written; a control character inside a name hides it."""
    with pytest.raises(MalformedAsset):
        ingest.read(f'{{"last_name": "{escaped}"}}\n'.encode(), "j.jsonl", "a", KEY)


@pytest.mark.parametrize("escaped", [r"\ud83e\udec0", r"a\\u0007", r"line\nline\ttab", r"\u00e9", r"\u005cu0007"])
def test_json_with_usual_escapes_is_read(escaped: str) -> None:
    """Pairs, line ends, and a backslash before what only looks like an escape."""
    assert ingest.read(f'{{"x": "{escaped}"}}\n'.encode(), "j.jsonl", "a", KEY)
