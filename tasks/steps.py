"""What is done to one asset at each stage; a Dask worker runs these. Entries in, outcomes out, values never."""

from __future__ import annotations

from collections import Counter
from typing import Any

from deid_core import codec, ingest, pipeline, verify
from deid_core.errors import ChangedAsset, ResidualIdentifier, UnreadableAsset
from deid_core.model import Plan, Verdict
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
    data = run.source.get(entry["path"], LIMIT)
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
    chosen = planned_anew(run, entry)
    text = codec.plan_to_json(chosen).encode()
    run.put(f"plans/{entry['asset_id']}.json", text)
    return {
        "plan_sha256": digest(text),
        "subject": chosen.subject_key,
        "versions": dict(chosen.versions),
        **counts_of(chosen),
    }


def planned_anew(run: Run, entry: Entry) -> Plan:
    """Find and decide, from an asset's bytes."""
    whose = _identified(run, entry, _unchanged(run, entry))
    return pipeline.plan(whose, entry["input_sha256"], run.policy, run.key, run.vault.recall)


def apply_asset(run_id: str, entry: Entry) -> Entry:
    """Execute the plan and hold the output in the workspace, with the audit's details of each change."""
    run = opened(run_id)
    whose = _identified(run, entry, _unchanged(run, entry))
    chosen = _planned(run, entry)
    output = ingest.write(pipeline.apply(whose.document, chosen, run.policy, run.key, run.code))
    run.put(f"out/{entry['asset_id']}", output)
    details = "".join(line + "\n" for line in changes(whose.document, chosen, run.policy, run.key, run.code)).encode()
    run.put(f"details/{entry['asset_id']}.jsonl", details)
    code = run.code(entry["subject"])
    # by its subject's code, never by its old name
    output_name = f"data/{code}/{entry['asset_id']}{ingest.SUFFIX[entry['media_type']]}"
    return {
        "output_sha256": digest(output),
        "output": output_name,
        "subject_code": code,
        "details_sha256": digest(details),
    }


def verify_asset(run_id: str, entry: Entry) -> Entry:
    """Read the output back and search it; raise ResidualIdentifier where anything is left."""
    run = opened(run_id)
    whose = _identified(run, entry, _unchanged(run, entry))
    output = run.get(f"out/{entry['asset_id']}")
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


def _identified(run: Run, entry: Entry, data: bytes) -> Identified:
    return pipeline.identify(ingest.read(data, entry["path"], entry["asset_id"], run.key), run.policy, run.key)


def _unchanged(run: Run, entry: Entry) -> bytes:
    data = run.source.get(entry["path"], LIMIT)
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
