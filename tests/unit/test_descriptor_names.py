"""Names and institutions in DICOM descriptors by their shape: what is found, and what of the trade is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid_core.detect.descriptor_names import names_in

FOUND = {
    "DrQuintanilla_Knee": "Quintanilla",
    "DrPatel-Shoulder": "Patel",
    "PET drhenderson FDG": "henderson",
    "CTA_RUNOFF_DRMURPHY": "MURPHY",
    "ProfWeidenbach_Leber": "Weidenbach",
    "LAKESHORE RADIOLOGY ASSOC": "LAKESHORE RADIOLOGY ASSOC",
    "TRI-COUNTY ORTHOPEDIC ASSOC KNEE LT": "TRI-COUNTY ORTHOPEDIC ASSOC",
    "NORTHGATE IMAGING ASSOCIATES": "NORTHGATE IMAGING ASSOCIATES",
    "PINE RIDGE MEDICAL GRP CXR": "PINE RIDGE MEDICAL GRP",
    "SUMMIT CARDIOLOGY PC": "SUMMIT CARDIOLOGY PC",
    "Bayview Radiology Group": "Bayview Radiology Group",
    "CT ABD MERCY HEALTH SYSTEM": "MERCY HEALTH SYSTEM",
    "Lakeland Imaging LLC MRI": "Lakeland Imaging LLC",
    "ST LUKES IMAGING CTR": "ST LUKES IMAGING CTR",
    "(SMITH PROTOCOL)": "SMITH",
    "KNEE HARGROVE PROTOCOL": "HARGROVE",
    "WHITFIELD PROT KNEE": "WHITFIELD",
    "protocol_mcallister_cardiac": "mcallister",
    "MR-BRAIN-Lindqvist-PROTOCOL": "Lindqvist",
    "RENAL STONE (VANDERBILT)": "VANDERBILT",
    "US THYROID (KAMINSKI)": "KAMINSKI",
    "FOOT (HERNANDEZ, MARIA)": "HERNANDEZ, MARIA",
    "CT_CHEST_OKAFOR_DR": "OKAFOR",
    "MRIJohanssonBrain": "Johansson",
    "JSMITH TEST PROTOCOL": "JSMITH",
}
OF_THE_TRADE = (
    "CT STONE PROTOCOL",
    "PE PROTOCOL",
    "STROKE PROTOCOL",
    "CROHN PROTOCOL",
    "Alzheimer's disease protocol",
    "STEALTH PROTOCOL",
    "GAMMA KNIFE PROTOCOL",
    "LIVER (MULTIPHASE)",
    "HEPATOBILIARY PROTOCOL (EOVIST)",
    "KNEE (3T)",
    "HILL-SACHS LESION",
    "OSGOOD-SCHLATTER",
    "LEGG-CALVE-PERTHES",
    "DRAINAGE CATHETER PLACEMENT",
    "DRESSING CHANGE",
    "DRIVEN EQUILIBRIUM",
    "DR CHEST PA",
    "PROFILE LATERAL",
    "PROFUNDA FEMORIS",
    "PHASE CONTRAST PC 3D",
    "RADIOLOGY CONSULT",
    "BREAST CENTER SCREENING",
    "IMAGING SERVICES",
    "t1_mprage_sag_p2_iso",
    "ep2d_diff_mddw_20_p2",
    "LowDoseLung",
    "Schädel mit Kontrastmittel",
    "Abdomen sans injection",
    "Columna lumbar AP y lateral",
    "cilinderbiopsie borst links",
    "RM kręgosłupa lędźwiowego",
    "КТ органов грудной клетки с контрастом",
    "Αξονική εγκεφάλου χωρίς σκιαγραφικό",
    "Beyin MR difüzyon",
    "MR koljena lijevog",
    "THORAX BETTLUNGE",
)


@pytest.mark.parametrize(("text", "expected"), FOUND.items())
def test_a_name_is_found_by_its_shape(text: str, expected: str) -> None:
    """Glued to a title or to words of the trade, before PROTOCOL, in brackets, or ending as an institution does."""
    assert expected in {text[span.start : span.end] for span in names_in(text)}


@pytest.mark.parametrize("text", OF_THE_TRADE)
def test_words_of_the_trade_are_nobodys_name(text: str) -> None:
    """Eponyms of diseases, modalities that look like titles, sequences and words of other languages stay."""
    assert names_in(text) == ()


@given(st.text(max_size=300))
def test_every_span_is_of_the_text(text: str) -> None:
    """Whatever the text, what is found lies in it, and does not count as known of the patient."""
    for span in names_in(text):
        assert 0 <= span.start < span.end <= len(text)
        assert span.score < 0.85
