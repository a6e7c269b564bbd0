"""Run the detectors of a policy over a document: those that read structure, and those that read text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from deid_core import edit, registry
from deid_core.entities import EntityType
from deid_core.legible import plain
from deid_core.model import Document, Finding, PartKind, Span, TagPath
from deid_core.policy import Policy
from deid_core.ports import KnownValue, PartDetector, TextDetector, TextQuery
from deid_core.view import TextView

Recall = Callable[[str], tuple[KnownValue, ...]]
Found = tuple[Finding, str]  # with the text it is of: for memory only, never to be kept or shown
# what says nothing of whom it is about that could be looked for elsewhere
MUTE = frozenset({EntityType.DICOM_ATTRIBUTE, EntityType.PRIVATE_ATTRIBUTE, EntityType.UID})
_built: dict[tuple[str, str], Any] = {}  # detectors are costly to build and hold no document
ALONE, MOST_ALONE = (
    64,
    4096,
)  # code points of a header's text that is read by itself, and such texts that are remembered
_alone: dict[tuple[str, str, str], list[Span]] = {}


def detector(name: str, policy: Policy) -> Any:
    """Return the named detector for a policy, built once a process."""
    built = _built.get((name, policy.sha256))
    if built is None:
        built = _built[name, policy.sha256] = registry.load("detectors", name)(policy)
    return built


def structural(document: Document, policy: Policy) -> Iterator[Found]:
    """Yield what the policy's part detectors find: by column, by DICOM tag, by place in an image's metadata."""
    for name in policy.detectors:
        found: PartDetector = detector(name, policy)
        if hasattr(found, "kinds"):
            for part in document.parts:
                if part.kind in found.kinds and part.kind is not PartKind.PIXELS:
                    for finding in found.find_in(part, policy):
                        value = None if finding.entity_type in MUTE else edit.get(document, finding.location)
                        yield finding, plain(value) if isinstance(value, str) else ""


def pictured(document: Document, policy: Policy) -> Iterator[Finding]:
    """Yield what the policy's part detectors see in pixels: faces. It is costly, so only a plan asks for it."""
    for name in policy.detectors:
        found: PartDetector = detector(name, policy)
        if PartKind.PIXELS in getattr(found, "kinds", ()):
            for part in document.parts:
                if part.kind is PartKind.PIXELS:
                    yield from found.find_in(part, policy)


def views(document: Document, policy: Policy, kinds: Iterable[PartKind]) -> list[TextView]:
    """Return every text of the parts of those kinds."""
    wanted = {*kinds} - {PartKind.LAYOUT}
    return [
        view
        for part in document.parts
        if part.kind in wanted
        for view in registry.load("extractors", part.kind)(document, part, policy)
    ]


def textual(
    texts: Sequence[TextView], policy: Policy, names: Iterable[str], recall: Recall = lambda _: ()
) -> Iterator[Found]:
    """Yield what the named text detectors find, carried back to where the text came from."""
    for name in names:
        if name not in policy.detectors:
            continue
        finder: TextDetector = detector(name, policy)
        read = [view for view in texts if view.prose or not finder.needs_prose]
        for view, spans in zip(read, _spans(name, policy, read, recall), strict=True):
            for found in spans:
                span = view.belief(found, name) if view.belief else found
                if span is None:
                    continue
                made = partial(Finding, span.entity_type, score=span.score, rule=span.rule)
                for location in view.project(span.start, span.end):
                    finding = made(location, detector=finder.name, detector_version=finder.version)
                    yield finding, view.text[span.start : span.end]


def is_alone(view: TextView) -> bool:
    """Say whether a model of language reads a text by itself: a short one of a DICOM header.

    What it is asked of together with others it judges a little otherwise, and such texts come again in every file: so
    one text has one answer, and is read once.
    """
    return len(view.text) <= ALONE and isinstance(view.segments[0].location, TagPath)


def _spans(name: str, policy: Policy, read: Sequence[TextView], recall: Recall) -> list[list[Span]]:
    finder: TextDetector = detector(name, policy)
    alone = [finder.needs_prose and is_alone(view) for view in read]
    together = (view for view, apart in zip(read, alone, strict=True) if not apart)
    queries = [TextQuery(view.text, recall(view.subject_key), view.source) for view in together]
    others = iter(finder.find(queries) if queries else ())
    return [_read_alone(name, policy, view) if apart else next(others) for view, apart in zip(read, alone, strict=True)]


def _read_alone(name: str, policy: Policy, view: TextView) -> list[Span]:
    key = name, policy.sha256, view.text
    found = _alone.get(key)
    if found is None:
        if len(_alone) >= MOST_ALONE:
            _alone.clear()
        found = _alone[key] = detector(name, policy).find([TextQuery(view.text, (), view.source)])[0]
    return found
