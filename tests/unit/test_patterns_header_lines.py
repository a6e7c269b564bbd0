"""On a header line the layout says that a name stands there, whatever its words mean elsewhere."""

import pytest

from deid_core.detect.patterns import Patterns
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

PATTERNS = Patterns(load_policy("safe_harbor"))


def names(text: str) -> list[str]:
    """Return the texts that are found to be names."""
    return [text[span.start : span.end] for span in PATTERNS.find([TextQuery(text)])[0] if "NAME" in span.entity_type]


@pytest.mark.parametrize(
    "name",
    ["An Quillby", "Pain Acute Quillby", "Jane Q. Public", "Will Young-Sommers", "May Vandersloot", "Long, Zhihao"],
)
@pytest.mark.parametrize("label", ["Patient: ", "Patient Name: ", "Name: ", "Pt: ", "PATIENT:   "])
def test_a_name_of_common_words_is_found_whole(label: str, name: str) -> None:
    """Every letter of it is covered, with a note before and after."""
    text = f"Clinic note\n{label}{name}\nSeen today for cough.\n"
    assert any(name in found or found in name for found in names(text))
    covered = "".join(names(text))
    assert all(part.strip(",.") in covered for part in name.split() if len(part) > 2)


@pytest.mark.parametrize(
    "line",
    [
        "Patient: Presents with pain",
        "Patient: Denies chest pain today",
        "Patient: Education Provided",
        "Patient: Tolerated the Procedure Well",
        "Name: Unknown",
        "Patient: Stable",
    ],
)
def test_a_header_line_of_common_words_stays(line: str) -> None:
    """A line that reads like a note after the label is none."""
    assert names(f"{line}\n") == []
