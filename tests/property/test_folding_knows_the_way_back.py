"""A folded text and the way back to the text it came from."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from deid_core.detect.rules.fold import fold, fold_char, fold_with_offsets

ODD = st.sampled_from([*"abcXYZ 1-'éßæÆÅ王’–😀ﬁ½İΣς", "\u0301", "\u00ad", "\ufb03"])
TEXT = st.lists(ODD | st.characters(exclude_categories=["Cs"]), max_size=40).map("".join)


@given(TEXT)
@settings(max_examples=400, deadline=None)
def test_each_folded_character_tells_where_it_came_from(text: str) -> None:
    """Character by character: some become several, some none, and the end is the text's end."""
    folded, offsets = fold_with_offsets(text)
    pieces = [fold_char(char) for char in text]
    came_from = [place for place, piece in enumerate(pieces) for _ in piece]
    assert folded == "".join(pieces) == fold(text)
    assert list(range(len(text) + 1) if offsets is None else offsets) == [*came_from, len(text)]
