"""What is done to one asset at each stage; a Dask worker runs these. Entries in, outcomes out, values never."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from typing import Any

from deid_core import cells, codec, ingest, pipeline, rare, retention, verify
from deid_core.errors import ChangedAsset, ResidualIdentifier, UnreadableAsset
from deid_core.ingest.pieces import Mapped
from deid_core.ingest.written_as import written_as
from deid_core.model import Document, PartKind, PixelBox, Plan, Verdict
from deid_core.pipeline import Identified
from deid_core.resolve import DISPUTED
from deid_core.trace import changes
from tasks.run import LIMIT, Run, digest, opened

Entry = dict[str, Any]


def ingest_asset(run_id: str, entry: Entry) -> Entry:
    """Read an asset, say what and whose it is, and keep what is known of its subjects in the vault."""
    run = opened(run_id)
    if entry.get("error"):
        raise UnreadableAsset("it is there, and cannot be read")
    data = run.source.view(entry["path"], LIMIT)
    asset = {**entry, "input_sha256": digest(data), "size": len(data)}
    asset["asset_id"] = run.key.token("asset", entry["path"], asset["input_sha256"])
    whose = _identified(run, asset, data)
    for subject, values in whose.known.items():
        run.vault.remember(subject, values)
    document = whose.document
    return {**asset, "media_type": document.media_type, "subject": document.subject_key}


def plan_asset(run_id: str, entry: Entry) -> Entry:
    """Find and decide; store the plan and return its counts."""
    run = opened(run_id)
    whose = _identified(run, entry, _unchanged(run, entry))
    chosen = _plan(run, entry, whose)
    text = codec.plan_to_json(chosen).encode()
    run.put(f"plans/{entry['asset_id']}.json", text)
    return {
        "plan_sha256": digest(text),
        "subject": chosen.subject_key,
        "versions": dict(chosen.versions),
        **counts_of(chosen),
        **_kept(run, whose.document, chosen),
    }


def planned_anew(run: Run, entry: Entry) -> Plan:
    """Find and decide, from an asset's bytes."""
    return _plan(run, entry, _identified(run, entry, _unchanged(run, entry)))


def _kept(run: Run, document: Document, chosen: Plan) -> Entry:
    """Return how many rare conditions stay, and store the cells of a table's rows, where the policy asks for them."""
    rules = run.policy.review
    if rules.small_cells:
        held = cells.cells(document, chosen, run.policy, run.key)
        run.put(f"cells/{chosen.asset_id}.json", json.dumps(held).encode())
    return {"rare": rare.rare_conditions(document, run.policy)} if rules.rare_conditions else {}


def _plan(run: Run, entry: Entry, whose: Identified) -> Plan:
    return pipeline.plan(whose, entry["input_sha256"], run.policy, run.key, run.vault.recall)


def apply_asset(run_id: str, entry: Entry) -> Entry:
    """Execute the plan and hold the output in the workspace, with the audit's details of each change."""
    run = opened(run_id)
    data = _unchanged(run, entry)
    document = ingest.read(data, entry["path"], entry["asset_id"], run.key)
    if any(part.kind is PartKind.RECORD for part in document.parts):  # rows, of which each has a subject
        document = pipeline.identify(document, run.policy, run.key).document
    chosen = _planned(run, entry)
    output = _splicer(run_id).written(data, document, chosen)
    run.put(f"out/{entry['asset_id']}", output)
    if not isinstance(data, bytes):  # a mapped file could have changed while it was written from
        _unchanged(run, entry)
    details = "".join(line + "\n" for line in changes(document, chosen, run.policy, run.key, run.code)).encode()
    run.put(f"details/{entry['asset_id']}.jsonl", details)
    code = run.code(entry["subject"])
    # by its subject's code, never by its old name
    output_name = f"data/{code}/{entry['asset_id']}{ingest.SUFFIX[entry['media_type']]}"
    return {
        "output_sha256": digest(output),
        "output": output_name,
        "subject_code": code,
        "details_sha256": digest(details),
        "terms": retention.terms(document, chosen, run.policy.language),
        **_pixels(document, chosen, output),
    }


def _pixels(document: Document, chosen: Plan, output: Any) -> Entry:
    """Say how an image's samples were written."""
    changed = (decision.finding.location for decision in chosen.decisions if pipeline.changes(decision))
    said = written_as(document, output, [place for place in changed if isinstance(place, PixelBox)])
    return {"pixels": said} if said else {}


def verify_asset(run_id: str, entry: Entry) -> Entry:
    """Read the output back and search it; raise ResidualIdentifier where anything is left."""
    run = opened(run_id)
    whose = _identified(run, entry, _unchanged(run, entry))
    output = run.view(f"out/{entry['asset_id']}")
    if digest(output) != entry["output_sha256"]:
        raise ChangedAsset("the output is not the one that was written")
    chosen = _planned(run, entry)
    found = verify.residual(whose, chosen, output, run.policy, run.key, run.vault.recall, run.code)
    if found.left:
        labels = Counter(str(finding.entity_type) for finding in found.left)
        raise ResidualIdentifier(
            "left in the output: " + ", ".join(f"{n} {label}" for label, n in sorted(labels.items()))
        )
    return {"verified": True, "searched": found.searched}


@lru_cache(maxsize=4)
def _splicer(run_id: str) -> Any:
    """Return what this process learned of a run's files."""
    from deid_core.splice import Splicer  # noqa: PLC0415 - pydicom only where something is written

    run = opened(run_id)
    return Splicer(run.policy, run.key, code=run.code)


def _identified(run: Run, entry: Entry, data: Mapped) -> Identified:
    return pipeline.identify(ingest.read(data, entry["path"], entry["asset_id"], run.key), run.policy, run.key)


def _unchanged(run: Run, entry: Entry) -> Mapped:
    data = run.source.view(entry["path"], LIMIT)
    if digest(data) != entry["input_sha256"]:
        raise ChangedAsset("the source's bytes changed since they were ingested")
    return data


def _planned(run: Run, entry: Entry) -> Plan:
    text = run.get(entry.get("plan", f"plans/{entry['asset_id']}.json"))
    if digest(text) != entry["plan_sha256"]:
        raise ChangedAsset("the plan is not the one that was made")
    return codec.plan_from_json(text)


def counts_of(chosen: Plan) -> Entry:
    """Count what goes by label, what is unsure, and what detectors name differently."""
    labels = Counter(str(d.finding.entity_type) for d in chosen.decisions if d.verdict is not Verdict.KEEP)
    review = sum(decision.verdict is Verdict.REVIEW for decision in chosen.decisions)
    disputed = sum(decision.reason == DISPUTED for decision in chosen.decisions)
    return {"counts": dict(sorted(labels.items())), "to_review": review, "disputed": disputed}
