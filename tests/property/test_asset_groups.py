"""How assets are put together for the workers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.cluster import SMALL, TOGETHER, _groups

ENTRY = st.fixed_dictionaries({"size": st.integers(0, 2 * SMALL)}, optional={"reason": st.just("unreadable")})


@given(st.lists(ENTRY, max_size=120), st.integers(1, 16))
def test_every_asset_still_to_do_is_in_one_group(entries: list[dict[str, object]], workers: int) -> None:
    """Groups hold each asset without a reason once, in order, never too many nor too large together."""
    groups = list(_groups(entries, workers))
    assert [place for group in groups for place in group] == [n for n, e in enumerate(entries) if "reason" not in e]
    for group in groups:
        assert 1 <= len(group) <= TOGETHER
        assert len(group) == 1 or sum(int(str(entries[place]["size"])) for place in group) <= SMALL


@given(st.integers(1, 600), st.integers(1, 8))
def test_the_last_groups_are_small(assets: int, workers: int) -> None:
    """No worker waits at a stage's end for another's long group: the last asset goes alone."""
    assert len(list(_groups([{"size": 1}] * assets, workers))[-1]) == 1
