"""What people agreed on, with the texts it is about, to train and to measure on.

These are real values, so each reading of them is recorded. This is no task of the pipeline and no endpoint: it works
where the sources lie, by somebody who may see all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deid_core import ingest
from deid_core.codec import location_from_dict
from deid_core.errors import UsageError
from deid_core.evaluate.gold import Marked
from deid_core.extract.text import cell_text
from deid_core.ingest.records import leaves
from deid_core.model import CellRef, Document, Location, PartKind, TextSpan
from deid_core.review import Span, goes
from infra import accounts, audit_log, review_queue
from infra.accounts import Role
from infra.review_queue import Status
from tasks.run import LIMIT, Run, digest, opened
from tasks.shard import record_of

KEPT = "the policy keeps it"  # found, and an identifier of its kind, though this policy lets it stay
Place = tuple[str, str]  # a part, and a column of it


def reviewed(run_id: str, by: str) -> list[Marked]:
    """Return each text and cell of the documents that people approved, with the identifiers they agreed on.

    Raises UsageError where nobody approved anything, or where `by` is not an adjudicator's name: whoever exports reads
    all of it. That is in the audit before any text is returned.
    """
    run = opened(run_id)
    url = run.settings.database_url
    accounts.create(url)
    who = accounts.trusted_as(url, by)
    if who is None or Role.ADJUDICATOR not in who.roles:
        raise UsageError("only an adjudicator, who may see every document, exports texts to train on")
    batch = review_queue.batch_of(url, run_id)
    approved = {item.asset_id: item for item in review_queue.items(url, batch.id, [Status.APPROVED], limit=2**31 - 1)}
    if not approved:
        raise UsageError("nobody approved a document of this run yet")
    truths = review_queue.ground_truths(url, batch.id, [*approved])
    fields = {"activity": "training.exported", "reason": "texts with the identifiers that people agreed on"}
    audit_log.append(
        url,
        [
            record_of(
                run, agent=by, role="adjudicator", entity=f"asset:{one}", asset_id=one,
                input_sha256=approved[one].input_sha256, **fields,
            )
            for one in sorted(approved)
        ],
    )  # fmt: skip
    documents = _documents(run, approved.keys())
    return [marked for one in sorted(documents) for marked in _marked(documents[one], truths[one][1].spans)]


def _documents(run: Run, wanted: Iterable[str]) -> dict[str, Document]:
    """Read documents of a run anew; raise RuntimeError where a source's bytes changed."""
    asked, found = {*wanted}, {}
    for entry in (entry for name in run.names("ingest/") for entry in run.lines(name)):
        if entry.get("asset_id") in asked:
            data = run.source.get(entry["path"], LIMIT)
            if digest(data) != entry["input_sha256"]:
                raise RuntimeError("a source's bytes changed since people looked at it")
            found[entry["asset_id"]] = ingest.read(data, entry["path"], entry["asset_id"], run.key)
    return found


def _marked(document: Document, spans: Iterable[Span]) -> Iterator[Marked]:
    """Yield each text of a document with its identifiers; what is in pictures and headers is no text to train on."""
    by_place: dict[Place, list[tuple[int, int, str]]] = {}
    texts = dict(_texts(document))
    for span in spans:
        location = location_from_dict(span["location"])
        place = _place(location)
        if place in texts and (goes(span) or span["reason"] == KEPT):
            bounds = _bounds(location, len(texts[place]))
            by_place.setdefault(place, []).append((*bounds, span["entity_type"]))
    for number, (place, text) in enumerate(texts.items()):
        part = document.part(place[0])
        name = f"{document.asset_id}-{number}"
        held = [one for one in sorted(set(by_place.get(place, ()))) if any(map(str.isalnum, text[one[0] : one[1]]))]
        yield Marked(name, text, held, part.subject_key or document.subject_key, document.media_type)


def _texts(document: Document) -> Iterator[tuple[Place, str]]:
    for part in document.parts:
        if part.kind is PartKind.TEXT:
            yield (part.name, ""), part.value
        elif part.kind is PartKind.RECORD:
            for column, value in leaves(part.value):
                if isinstance(value, str) and len(cell_text(value).split()) > 1:
                    yield (part.name, column), value


def _place(location: Location) -> Place:
    return (location.part, location.column if isinstance(location, CellRef) else "")


def _bounds(location: Location, length: int) -> tuple[int, int]:
    if isinstance(location, TextSpan | CellRef) and location.start is not None and location.end is not None:
        return location.start, location.end
    return 0, length
