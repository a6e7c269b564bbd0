"""Laws of PS3.15's options: any of them can be combined, in any order, and none makes an attribute less safe unseen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deid_core.standards import ps3_15

OPTIONS = sorted(ps3_15.option_names())
TAGS = [int(row["tag"].replace("x", "0"), 16) for row in ps3_15.table().values() if row["tag"] != ps3_15.PRIVATE]
CHOSEN = st.lists(st.sampled_from(OPTIONS), unique=True)
TYPES = st.sampled_from(["1", "1C", "2", "2C", "3", ""])


def vr_of(tag: int) -> str:
    """Return an attribute's value representation."""
    return ps3_15.dictionary_vr(tag) or "LO"


@given(st.sampled_from(TAGS), CHOSEN, TYPES)
def test_the_order_of_options_does_not_matter(tag: int, options: list[str], type_: str) -> None:
    """A policy lists its options as it likes."""
    code = ps3_15.action(tag, vr_of(tag), options, type_)
    assert code == ps3_15.action(tag, vr_of(tag), options[::-1], type_)


@given(st.sampled_from(TAGS), CHOSEN, TYPES)
def test_without_an_option_of_its_own_an_attribute_gets_the_profiles_action(
    tag: int, options: list[str], type_: str
) -> None:
    """Options are about the attributes of their column and about no other."""
    row = ps3_15.row_of(tag)
    assert row is not None
    if not set(row["options"]) & set(options):
        assert ps3_15.action(tag, vr_of(tag), options, type_) == ps3_15.action(tag, vr_of(tag), (), type_)


@given(st.sampled_from(TAGS), CHOSEN, st.sampled_from(OPTIONS), TYPES)
def test_cleaning_wins_over_keeping(tag: int, options: list[str], cleaning: str, type_: str) -> None:
    """Where one option asks to clean an attribute, no other option keeps it unread."""
    row = ps3_15.row_of(tag)
    assert row is not None
    if row["options"].get(cleaning) == "C":
        assert ps3_15.action(tag, vr_of(tag), [*options, cleaning], type_) != "K"


@given(st.sampled_from(TAGS), TYPES)
def test_the_profile_alone_leaves_no_value_of_its_attributes(tag: int, type_: str) -> None:
    """Without options each attribute of the table is removed, emptied, replaced or mapped."""
    assert ps3_15.action(tag, vr_of(tag), (), type_) in {"X", "Z", "D", "U"}


@given(st.integers(0, 0xFFFFFFFF), st.sampled_from(["LO", "DA", "OB", "SQ", "UN", "US"]), CHOSEN)
def test_what_no_dictionary_knows_goes_under_all_options(tag: int, vr: str, options: list[str]) -> None:
    """An unknown attribute is removed, whatever a policy chooses to keep."""
    if not ps3_15.dictionary_vr(tag) and ps3_15.row_of(tag) is None:
        assert ps3_15.action(tag, vr, options) == "X"
