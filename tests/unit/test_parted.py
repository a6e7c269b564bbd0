"""Words of a descriptor that are written together, read again with blanks where words may begin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid_core.extract.header_text import as_seen, through
from deid_core.extract.parted import MOST, parted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IRMgenouDupontel", "IRM genou Dupontel"),
        ("SchädelWeidenbach nativ", "Schädel Weidenbach nativ"),
        ("KNIEWEIDENBACHnativ", "KNIEWEIDENBACH nativ"),
        ("CTQUARRINGTONABD", "CT QUARRINGTON ABD"),
        ("IRMGENOUDUPONTEL", "IRMGENOU DUPONTEL"),
        ("axialquarringtonleft", "axial quarrington left"),
        ("b19470913", "b 19470913 "),
        ("20180622CT", " 20180622 CT"),
        ("CHEST Q U A R R I N G T O N", "CHEST QUARRINGTON"),
        ("Q.U.A.R.R.I.N.G", "QUARRING"),
    ],
)
def test_words_that_are_joined_are_parted(text: str, expected: str) -> None:
    """By capitals, around what is no word of the trade, around a date that letters touch; letters apart are joined."""
    assert expected in {way.text for way in parted(text)}


@pytest.mark.parametrize(
    "text",
    ["LowDoseLung", "ABDOMENPELVIS", "t1_mprage_sag_p2_iso", "CT CHEST W CONTRAST", "Smith", "1.2.20180622.3", "T 1 W"],
)
def test_words_of_the_trade_are_read_once(text: str) -> None:
    """What is all of the trade, or stands as it is on a list, is not read again."""
    assert parted(text) == ()


@given(st.text(alphabet="ABCabcdeäÖ 123_-.^\u00ad\u200bе", max_size=60) | st.text(max_size=40))
def test_what_is_read_again_is_of_the_text(text: str) -> None:
    """Every character but a blank stands where the way back says, and the ways are few."""
    seen = as_seen(text)
    ways = parted(seen.text)
    assert len(ways) <= MOST + 1
    for way in ways:
        for at, char in enumerate(way.text):
            start, end = way.back(at, at + 1)
            assert char == " " or seen.text[start:end] == char
            low, high = through(way, seen).back(at, at + 1)
            assert (low, high) == seen.back(start, end) if end > start else low == high or char == " "


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        ("Q\0u\0a\0r\0r\0i", "Quarri"),
        ("o\0f\0 \0Q\0u\0a\0", "of Qua"),
        ("CT CHEST\0Doe", "CT CHEST Doe"),
        ("Quarr\u00ading\u200bton", "Quarrington"),
        ("Qu\u0430rringt\u043en", "Quarrington"),
    ],
)
def test_a_header_is_read_as_people_see_it(stored: str, seen: str) -> None:
    """Letters of two bytes, what cannot be seen, and letters of another alphabet that look the same."""
    text = as_seen(stored)
    assert text.text == seen
    assert text.back(0, len(seen)) == (0, len(stored.rstrip("\0")))
