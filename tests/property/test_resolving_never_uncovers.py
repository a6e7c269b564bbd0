"""Resolution never uncovers what a detector covered."""

from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from deid_core.entities import EntityType
from deid_core.model import Action, CellRef, Decision, Finding, PixelBox, TagPath, TextSpan, Verdict
from deid_core.resolve import resolve

LABELS = st.sampled_from([EntityType.NAME, EntityType.DATE, EntityType.AGE])
VERDICTS = st.sampled_from(list(Verdict))


@st.composite
def decisions(draw: st.DrawFn) -> list[Decision]:
    """Draw decisions that overlap in a few containers."""
    made = []
    for _ in range(draw(st.integers(0, 12))):
        start = draw(st.integers(0, 20))
        end = start + draw(st.integers(1, 8))
        location = draw(
            st.sampled_from(
                [
                    TextSpan("text", start, end),
                    CellRef("row/0", 0, "note", start, end),
                    CellRef("row/0", 0, "note"),
                    TagPath("dataset", "00081030", start, end),
                    TagPath("dataset", "00081030"),
                    PixelBox("pixels", start, 0, end - start, 5),
                ]
            )
        )
        score = draw(st.floats(0, 1))
        finding = Finding(draw(LABELS), location, score, "test", "1")
        made.append(Decision(finding, draw(VERDICTS), Action("mask_label"), "because"))
    return made


def covered(chosen: list[Decision] | tuple[Decision, ...]) -> set[tuple[object, ...]]:
    """Return every character, element, cell and box that goes."""
    places: set[tuple[object, ...]] = set()
    for decision in chosen:
        location = decision.finding.location
        if decision.verdict is Verdict.KEEP:
            continue
        if isinstance(location, PixelBox):
            places.add(("box", location))
            continue
        name = (type(location).__name__, location.part)
        start, end = location.start, location.end  # type: ignore[union-attr]
        places |= {(*name, at) for at in range(start if start is not None else 0, end if end is not None else 40)}
    return places


@given(decisions())
def test_the_union_stays_covered(chosen: list[Decision]) -> None:
    """Every character that any decision takes away is taken away after resolving."""
    assert covered(chosen) <= covered(resolve(chosen))


@given(decisions())
def test_what_remains_does_not_overlap(chosen: list[Decision]) -> None:
    """Each character has one decision at most."""
    seen: set[tuple[object, ...]] = set()
    for decision in resolve(chosen):
        if isinstance(decision.finding.location, PixelBox) or decision.verdict is Verdict.KEEP:
            continue
        places = covered((decision,))
        assert not places & seen
        seen |= places


@given(decisions())
def test_order_of_detectors_does_not_matter(chosen: list[Decision]) -> None:
    """The same findings in another order resolve to the same decisions."""
    assert resolve(chosen) == resolve(list(reversed(chosen)))


@given(decisions())
def test_doubt_is_not_resolved_away(chosen: list[Decision]) -> None:
    """A span that asked for review is still in review, or inside one that is surely gone."""
    resolved = resolve(chosen)
    for decision in chosen:
        if decision.verdict is Verdict.REVIEW:
            inside = [other for other in resolved if covered((decision,)) <= covered((other,))]
            assert inside


@given(decisions())
def test_what_is_kept_overlaps_nothing_that_goes(chosen: list[Decision]) -> None:
    """A place is kept only where nothing of it goes."""
    resolved = resolve(chosen)
    gone = covered(resolved)
    for decision in resolved:
        if decision.verdict is Verdict.KEEP and not isinstance(decision.finding.location, PixelBox):
            as_if_gone = Decision(decision.finding, Verdict.TRANSFORM, decision.action, decision.reason)
            assert not covered([as_if_gone]) & gone


def test_work_grows_in_step_with_what_is_kept_and_what_goes() -> None:
    """In a long text with many of both, four times as many take nowhere near sixteen times as long."""
    seconds = []
    for count in (1_500, 6_000):
        verdicts = (Verdict.KEEP, Verdict.TRANSFORM)
        found = (
            Finding(EntityType.AGE, TextSpan("text", at, at + 3), 0.9, "test", "1") for at in range(0, 5 * count, 5)
        )
        chosen = [Decision(one, verdicts[n % 2], Action("mask_label"), "because") for n, one in enumerate(found)]
        begun = process_time()
        assert len(resolve(chosen)) == count
        seconds.append(process_time() - begun)
    assert seconds[1] < 10 * max(seconds[0], 0.02)
