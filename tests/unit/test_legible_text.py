"""Texts whose characters hide what they say: found as people read them, at the offsets of what is stored."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid_core import ingest, pipeline, verify
from deid_core.keys import ProjectKey
from deid_core.legible import ALIKE, PLAIN, legible, plain
from deid_core.policy import Policy, load_policy

KEY = ProjectKey(b"k" * 32)
ZWSP, SHY, NBSP = "\u200b", "\u00ad", "\u00a0"
TEXT = st.text(
    st.sampled_from([*"aZ9 é.\r\n", *"\u200b\u00ad\ufe0f\u00a0\u2011\u0301\u0303\u0323", *"Кοｊ٣𝐉😀\U000e0020"]),
    max_size=30,
)


@pytest.fixture(scope="module")
def quick(quick_policy: Path) -> Policy:
    """Give Safe Harbor by rules alone."""
    return load_policy(str(quick_policy))


def released(data: bytes, name: str, policy: Policy) -> str:
    """Return what is released of a file, verified."""
    document = ingest.read(data, name, "a", KEY)
    whose = pipeline.identify(document, policy, KEY)
    plan = pipeline.plan(whose, "0" * 64, policy, KEY)
    output = ingest.write(pipeline.apply(whose.document, plan, policy, KEY))
    assert not verify.residual(whose, plan, output, policy, KEY).left
    return ingest.read(output, name, "a", KEY).parts[0].value if name.endswith("txt") else output.decode()


WORN = [
    ("a zero-width space within a name", f"Patient: Jo{ZWSP}hn Keller{ZWSP}man. Mr. Keller{ZWSP}man slept."),
    ("and instead of a space", f"Patient: John{ZWSP}Kellerman. Mr.{ZWSP} Kellerman slept."),
    ("and within numbers", f"MRN 123{ZWSP}4567, phone 617-5{ZWSP}55-0143, SSN 219-{ZWSP}09-9999."),
    ("zero-width signs around values", f"Patient:{ZWSP} John{ZWSP} Kellerman{ZWSP}, MRN{ZWSP} 1234567{ZWSP}."),
    ("a byte order mark within a text", "Patient: \ufeffJohn Kellerman, MRN \ufeff1234567."),
    ("soft hyphens", f"Patient: John Kel{SHY}ler{SHY}man, MRN 123{SHY}4567, phone 617-555-{SHY}0143."),
    ("spaces that do not break", "Patient: John Kellerman, MRN 1234567, phone 617 555 0143.".replace(" ", NBSP)),
    ("and in dates and addresses", "Born 14 March 1961, lives at 12 Elm Street.".replace(" ", NBSP)),
    ("thin and narrow spaces", "Patient: John\u2009Kellerman, MRN\u202f1234567, phone 617\u202f555\u202f0143."),
    ("ideographic spaces", "Patient: John Kellerman, MRN 1234567, phone 617 555 0143.".replace(" ", "\u3000")),
    ("Cyrillic letters in a name", "Patient: Jоhn Кellermаn. Кellerman agreed. Kellermаn slept. МRN 1234567."),
    ("Greek letters in a name", "Patient: Jοhn Κellerman. Mr. Κellerman slept. Kellerman agreed."),
    (
        "full-width letters and digits",
        "Patient: Ｊｏｈｎ Ｋｅｌｌｅｒｍａｎ, MRN １２３４５６７, phone ６１７-５５５-０１４３.",
    ),
    ("a form filled full-width", "Ｐａｔｉｅｎｔ： Ｊｏｈｎ Ｋｅｌｌｅｒｍａｎ\nＭＲＮ：\u3000１２３４５６７"),
    ("a full-width at", "Mail john.kellerman＠example.org or kellerman@\u00adexample.org."),
    ("Arabic and Persian digits", "MRN ١٢٣٤٥٦٧, phone ۶۱۷-۵۵۵-۰۱۴۳."),
    ("mathematical letters", "Patient: 𝐉𝐨𝐡𝐧 𝐊𝐞𝐥𝐥𝐞𝐫𝐦𝐚𝐧, MRN 𝟏𝟐𝟑𝟒𝟓𝟔𝟕."),
    ("marks of direction", "Patient: \u200fJohn\u200e \u202aKellerman\u202c, MRN \u20671234567\u2069."),
    ("hyphens that do not break", "SSN 219\u201109\u20119999, phone 617\u2212555\u20120143."),
    ("fraction strokes in dates", "DOB: 03\u204414\u20441961, phone 617-555-0143."),
    ("tags and variation selectors", "Patient: Jo\U000e0020hn Kellerman\ufe0f, MRN 123\ufe0f4567."),
    ("marks apart from letters", "Patient: José Kellermán. Mr. Kellermán slept.".replace("é", "e\u0301")),
    ("lone carriage returns", "Patient: John Kellerman\rMRN: 1234567\rPhone: 617-555-0143\rMr. Kellerman slept.\r"),
    ("Windows line ends", "Patient: John Kellerman\r\nMRN: 1234567\r\nPhone: 617-555-0143\r\n"),
    ("separators of lines", "Patient: John Kellerman\u2028MRN: 1234567\u2029Phone: 617-555-0143\x85SSN: 219-09-9999"),
    ("tabs and form feeds", "Patient: John Kellerman\x0bMRN: 1234567\x0cPhone: 617-555-0143\x0cMr. Kellerman"),
    ("emoji beside values", "😀 Patient: John Kellerman 👨\u200d⚕\ufe0f MRN 1234567 📞617-555-0143😀."),
    ("colours of a terminal", "Patient: \x1b[1mJohn \x1b[0;31mKellerman\x1b[0m, MRN \x1b[1m1234567\x1b[0m."),
    ("Hebrew beside values", "שלום Patient: John Kellerman, MRN 1234567 שלום"),
]
SAID = ("john", "jo\u200b", "kel", "1234567", "4567", "0143", "9999", "1961-", "elm", "14 march", "example")


@pytest.mark.parametrize(("_", "text"), WORN, ids=[name for name, _ in WORN])
@pytest.mark.parametrize("form", ["note", "cell", "utf-16"])
def test_a_worn_value_is_found_whole(_: str, text: str, form: str, quick: Policy) -> None:
    """Nothing of it is left, however its characters are dressed, in a note as in a cell."""
    if form == "cell":
        data, name = (json.dumps({"mrn": "7654321", "note": text}, ensure_ascii=False) + "\n").encode(), "n.jsonl"
    else:
        data, name = (text.encode() if form == "note" else ("\ufeff" + text).encode("utf-16-le")), "n.txt"
    left = plain(released(data, name, quick)).casefold()
    assert not [said for said in SAID if said in left]


@pytest.mark.parametrize(
    "text",
    [
        "TNFα, β-blocker, 5 μg/m², 10² cells, ½ tablet, Δ 3°, Κλειώ και Αθήνα.",
        "Доктор осмотрел больного. Пациент в порядке.",
        "Fünf Ärzte, naïve patient; señal, garçon.",
        "👨\u200d⚕\ufe0f 👍 ok",
    ],
)
def test_what_identifies_nobody_is_released_as_it_is_stored(text: str, quick: Policy) -> None:
    """Units, Greek letters of the trade, other alphabets and emoji stay to the last byte."""
    assert released(text.encode(), "n.txt", quick) == text


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        ("Jo\u200bhn", "John"),
        ("John\u200bSmith", "John Smith"),
        ("617\u200b5550143", "6175550143"),
        ("MRN\u200b123", "MRN123"),
        ("123\u200bJohn", "123 John"),
        ("Кellеrmаn Кран", "Kellerman Кран"),
        ("e\u0302\u0303x\u0301", "\u1ec5x\u0301"),
        ("\u0301John", "\u0301John"),
        ("ａ\u0301", "a\u0301"),
        ("TNFα 5µg cm²", "TNFα 5µg cm²"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_a_text_is_read_as_it_is_seen(stored: str, seen: str) -> None:
    """Each kind of odd character has the look that a reader takes it for; what has none stays."""
    assert plain(stored) == seen


@given(TEXT)
def test_each_place_leads_back_to_where_it_came_from(text: str) -> None:
    """Places in a row lead back to places in a row, each to its own character, or to what it was made of."""
    seen, end = legible(text), 0
    for at, char in enumerate(seen.text):
        start, after = seen.back(at, at + 1)
        assert end <= start < after <= len(text)
        held = text[start:after]
        assert (
            held.startswith("\x1b")
            or held == char
            or PLAIN.get(held) == char
            or ord(held[0]) in ALIKE
            or len(held) > 1
            or char == " "
        )
        assert seen.back(0, at + 1) == (seen.back(0, 1)[0], after)
        end = after
    assert seen.back(0, 0) == (0, 0)


@pytest.mark.parametrize("unit", ["Кa ", "e\u0301", "\u200b", "а", "a\u200b", "１\u00a0", "bа", "é "])
def test_reading_grows_with_the_text_and_not_faster(unit: str) -> None:
    """Eight times the text takes no more than some eight times as long, whatever it is made of."""
    took = []
    for count in (10_000, 80_000):
        text, times = unit * count, []
        for _ in range(3):
            began = time.process_time()
            legible(text)
            times.append(time.process_time() - began)
        took.append(min(times))
    assert took[1] < 24 * took[0] + 0.02
