"""The pages about DICOM hold the tables that the code prints, and every option has its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid_core import reference_dicom
from deid_core.standards import ps3_15

PAGES = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    ("page", "table"), [("dicom.md", "options"), ("dicom.md", "private"), ("dicom-actions.md", "actions")]
)
def test_a_table_of_a_page_is_the_codes(page: str, table: str) -> None:
    """Generating a table gives what stands on its page: a changed action shows in the page's difference."""
    made = reference_dicom.TABLES[table]()
    assert f"<!-- table: {table} -->\n{made}<!-- end -->" in (PAGES / page).read_text("utf-8")


def test_every_option_is_explained() -> None:
    """No option of the standard is without a line, and none is there that the standard does not have."""
    assert set(reference_dicom.WHAT) == ps3_15.option_names()


@pytest.mark.parametrize("option", sorted(ps3_15.option_names()))
def test_options_do_only_ever_keep_or_clean(option: str) -> None:
    """An option never removes what the profile keeps, and what it touches is kept, cleaned, or removed as bytes."""
    for row in ps3_15.table().values():
        if option not in row["options"] or row["tag"] == ps3_15.PRIVATE:
            continue
        tag = int(row["tag"].replace("x", "0"), 16)
        vr = ps3_15.dictionary_vr(tag) or "LO"
        code = ps3_15.action(tag, vr, (option,))
        assert code in {"K", "C"} or vr not in ps3_15.TEXT_VRS | {"SQ"} or row["tag"].startswith("60"), row["tag"]
