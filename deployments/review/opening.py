"""The doors to a document: one to its raw values, audited at each passage, and one to what is left of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from deid_core import codec, ingest, pipeline
from deid_core.audit import AuditRecord
from deid_core.errors import ChangedAsset, UsageError
from deid_core.model import Document, Plan
from deid_core.review import Span, is_carried_out_by, reviewed_plan
from deployments.review import frames
from deployments.review.access import SEES_ALL, SEES_RAW, main_role
from deployments.review.documents import View, view_of
from infra import audit_log
from infra import review_queue as queue
from infra.accounts import Principal, Role
from infra.review_queue import Loaded, Status
from infra.settings import Settings
from tasks.run import LIMIT, Run, digest, opened
from tasks.shard import record_of

STEPS = ("review", "second")
REMEMBERED_BYTES = 2**27  # of sources in this process's memory
REMEMBERED_PLANS = 64
REMEMBERED_TURNS = 4096
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """Hold a document that somebody may see, with its item, its run and what there is to see."""

    loaded: Loaded
    run: Run
    document: Document
    view: View

    @property
    def plan(self) -> Plan:
        """Return the plan that the run made."""
        return _plan(self.run.workspace.get(self.loaded.plan, LIMIT))

    def chosen(self, spans: Sequence[Span]) -> Plan:
        """Return the plan that an export with these spans carries out: the run's, where nobody changed anything."""
        held = self.plan
        return held if is_carried_out_by(held, spans) else reviewed_plan(held, spans, self.run.policy)

    def cleaned(self, spans: Sequence[Span]) -> Document:
        """Return the document as an export with these spans holds it."""
        return pipeline.apply(self.document, self.chosen(spans), self.run.policy, self.run.key, self.run.code)

    def export(self, spans: Sequence[Span]) -> bytes:
        """Return the bytes that an export with these spans writes."""
        return ingest.write(self.cleaned(spans))

    def picture(self, spans: Sequence[Span], number: int) -> tuple[Document, str, int]:
        """Return where a frame is to be seen as an export with these spans holds it; UsageError where there is none.

        A picture is read back from what is written, since a format like JPEG changes it once more.
        """
        cleaned = self.cleaned(spans)
        if cleaned.media_type.startswith("image/"):
            cleaned = ingest.read(ingest.write(cleaned), "picture", cleaned.asset_id, self.run.key)
        return cleaned, *frames.named(view_of(cleaned), number)


def steps_of(principal: Principal) -> tuple[str, ...]:
    """Return the steps of review in which a person may take a turn."""
    reviews = STEPS if Role.REVIEWER in principal.roles else ()
    return (*reviews, *(("adjudication",) if Role.ADJUDICATOR in principal.roles else ()))


def item_of(settings: Settings, principal: Principal, item_id: int) -> Loaded:
    """Return an item with the versions that a person may know of; UsageError where there is none."""
    loaded = queue.load(settings.database_url, item_id, principal.name)
    reviews = loaded.turn is not None and loaded.turn.step != "adjudication"
    if reviews or not principal.roles & SEES_ALL:  # who reviews is as blind as others, whatever else they may do
        return loaded
    return queue.load(settings.database_url, item_id, principal.name, sees_all=True)


def raw(settings: Settings, principal: Principal, item_id: int, what: str) -> Opened:
    """Open a document's raw values for who holds or adjudicates it, and record that; the only way to them.

    Raises UsageError for who may not: a masked role, or a reviewer whose turn it is not.
    """
    loaded = item_of(settings, principal, item_id)
    if not may_see_raw(principal, loaded):
        raise Closed("this document is not yours to see: take it first")
    return _read_by(settings, principal, _opened(loaded), what)


def masked(settings: Settings, principal: Principal, item_id: int) -> Opened:
    """Open a document to show what an export would hold of it; for who may see it raw, or once people let it pass.

    Before that, or where they rejected it, an identifier can still stand in it: who sees it then is recorded, once in
    each of his turns at it, since the same person looks at the same document again and again while he works.
    """
    loaded = item_of(settings, principal, item_id)
    if may_see_raw(principal, loaded):
        return _previewed_by(settings, principal, _opened(loaded))
    if not lets_pass(loaded):
        raise Closed("there is nothing to show: nobody has let this document pass")
    return _opened(loaded)


def _read_by(settings: Settings, principal: Principal, held: Opened, what: str) -> Opened:
    """Record that somebody reads a document before it is given to them."""
    audit_log.append(settings.database_url, [_reading(principal, held, what)])
    return held


def _previewed_by(settings: Settings, principal: Principal, held: Opened) -> Opened:
    """Record that somebody looks at what becomes of a document, unless the log says so of this turn of his already."""
    turn = held.loaded.turn
    if turn is None or turn.id is None:
        return _read_by(settings, principal, held, "preview")
    record = _reading(principal, held, "preview", turn=turn.id)
    known = settings.database_url, principal.name, record.role, record.flow_run_id, record.asset_id, str(turn.id)
    if known not in _previewed:
        if not audit_log.holds(settings.database_url, record):
            audit_log.append(settings.database_url, [record])
        _previewed.add(known)
    return held


def _reading(principal: Principal, held: Opened, what: str, **counts: int) -> AuditRecord:
    item = held.loaded.item
    fields = {"activity": "review.read", "entity": f"asset:{item.asset_id}", "reason": what, "counts": counts}
    fields |= {"asset_id": item.asset_id, "input_sha256": item.input_sha256}
    return record_of(held.run, agent=principal.name, role=main_role(principal), **fields)


def lets_pass(loaded: Loaded) -> bool:
    """Say whether people decided that an item may leave; a document can be rejected for what still stands in it."""
    return loaded.item.status == Status.APPROVED and loaded.item.truth is not None


class Closed(UsageError):
    """Report a document that is not this person's to see, or not yet."""


def may_see_raw(principal: Principal, loaded: Loaded) -> bool:
    """Say whether a person may see an item's raw values: a reviewer who has or had a turn at it, or an adjudicator."""
    if not principal.roles & SEES_RAW:
        return False
    return Role.ADJUDICATOR in principal.roles or loaded.turn is not None


def _opened(loaded: Loaded) -> Opened:
    run = opened(loaded.batch.flow_run_id)
    document = _document(loaded.batch.flow_run_id, loaded.item.asset_id, loaded.item.input_sha256)
    return Opened(loaded, run, document[0], document[1])


class Remembered:
    """Remember what the audit log has, which only grows: so many keys, those asked for last."""

    def __init__(self, most: int) -> None:
        """Hold `most` keys."""
        self._most, self._held, self._lock = most, OrderedDict[Key, None](), Lock()

    def __contains__(self, key: Key) -> bool:
        """Say whether a key is remembered."""
        with self._lock:
            return key in self._held

    def add(self, key: Key) -> None:
        """Remember a key; the oldest is forgotten where there are too many."""
        with self._lock:
            self._held[key] = None
            self._held.move_to_end(key)
            while len(self._held) > self._most:
                self._held.popitem(last=False)


class _Memory:
    """Remember documents, those used last, of so many bytes of source together; the very last stays, however large."""

    def __init__(self, most: int) -> None:
        self._most, self._held, self._lock = most, OrderedDict[Key, tuple[Document, View, int]](), Lock()

    def __call__(self, *key: str) -> tuple[Document, View]:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key][:2]
        read = _read(*key)
        with self._lock:
            self._held[key] = read
            while len(self._held) > 1 and sum(size for _, _, size in self._held.values()) > self._most:
                self._held.popitem(last=False)
        return read[:2]


_document = _Memory(REMEMBERED_BYTES)
_previewed = Remembered(REMEMBERED_TURNS)


def _read(run_id: str, asset_id: str, input_sha256: str) -> tuple[Document, View, int]:
    run = opened(run_id)
    path = _paths(run_id).get(asset_id)
    if path is None:
        raise UsageError("the run has no such asset")
    data = run.source.get(path, LIMIT)
    if digest(data) != input_sha256:
        raise ChangedAsset("the source's bytes changed since they were ingested")
    whose = pipeline.identify(ingest.read(data, path, asset_id, run.key), run.policy, run.key)
    return whose.document, view_of(whose.document), len(data)


@lru_cache(maxsize=REMEMBERED_PLANS)
def _plan(text: bytes) -> Plan:
    return codec.plan_from_json(text)


@lru_cache(maxsize=4)
def _paths(run_id: str) -> dict[str, str]:
    """Return where each asset of a run lies in its source."""
    run = opened(run_id)
    entries = (entry for name in run.names("ingest/") for entry in run.lines(name))
    return {entry["asset_id"]: entry["path"] for entry in entries if "asset_id" in entry}
