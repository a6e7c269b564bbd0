"""The release manifest: what a release is made of, and the check that a folder is that release and nothing else.

Fields are those of docs/reference/manifest.md; same inputs, policy, key and review give the same bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from deid_core.errors import IntegrityError
from deid_core.policy import Policy

Entry = Mapping[str, Any]
ASSET_FIELDS = ("asset_id", "media_type", "input_sha256", "output", "output_sha256", "counts")


def build(
    released: Sequence[Entry],
    quarantined: Sequence[Entry],
    policy: Policy,
    key_id: str,
    review: Mapping[str, Any],
    parent: str = "",
) -> dict[str, Any]:
    """Return the manifest of a run's entries; `review` holds mode, decided_by, decision, residual where people looked.

    `parent` names the release that was the source, if one was.
    """
    assets = [
        {
            **{name: entry[name] for name in ASSET_FIELDS},
            **({"pixels": entry["pixels"]} if "pixels" in entry else {}),
            "subject": entry["subject_code"],
        }
        for entry in sorted(released, key=lambda entry: str(entry["asset_id"]))
    ]
    held = sorted(
        ({"asset_id": entry.get("asset_id") or "unread", "reason": entry["reason"]} for entry in quarantined),
        key=lambda entry: (entry["asset_id"], entry["reason"]),
    )
    labels: Counter[str] = Counter()
    for entry in released:
        labels.update(entry["counts"])
    manifest: dict[str, Any] = {
        "policy": _policy(policy),
        "key_id": key_id,
        "versions": _versions(released),
        "assets": assets,
        "quarantined": held,
        "counts": {"by_entity": dict(sorted(labels.items())), "by_stage": _stages(released, quarantined)},
        "review": dict(review),
        **({"parent": parent} if parent else {}),
        **_retention(released),
        "verification": {"searched": sum(entry["searched"] for entry in released), "residual": 0},
    }
    return {"release_id": "release-" + sha256(canonical(manifest)).hexdigest()[:16], **manifest}


def canonical(manifest: Mapping[str, Any]) -> bytes:
    """Return a manifest's bytes: sorted keys, no white space, UTF-8."""
    return json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def check(data: bytes, names: Iterable[str], get: Callable[[str], bytes]) -> dict[str, Any]:
    """Check a release against its manifest and return it.

    `names` are all objects under `data/`. Raises IntegrityError where the manifest is not its own id's, an object is
    missing, changed, or not listed.
    """
    try:
        manifest: dict[str, Any] = json.loads(data)
        claimed = manifest["release_id"]
        listed = {asset["output"]: asset["output_sha256"] for asset in manifest["assets"]}
    except (ValueError, KeyError, TypeError):
        raise IntegrityError("manifest.json is not a release manifest") from None
    rest = {name: value for name, value in manifest.items() if name != "release_id"}
    if claimed != "release-" + sha256(canonical(rest)).hexdigest()[:16]:
        raise IntegrityError("the manifest was changed: its release id is another manifest's")
    unlisted = sorted(set(names) - set(listed))
    if unlisted:
        raise IntegrityError(f"{len(unlisted)} objects are not in the manifest, the first is {unlisted[0]}")
    for name, expected in listed.items():
        if sha256(get(name)).hexdigest() != expected:
            raise IntegrityError(f"{name} is not the object that was released")
    return manifest


def _policy(policy: Policy) -> dict[str, Any]:
    kept = sorted(str(label) for label, rule in policy.rules.items() if rule.action == "keep")
    return {
        **policy.model_dump(
            mode="json",
            include={"name", "version", "title", "purpose", "basis", "release_class", "reversible", "codes"},
        ),
        "sha256": policy.sha256,
        **({"models": {model.name: model.sha256 for model in policy.models}} if policy.models else {}),
        "kept": kept,
        "options": list(policy.dicom.options),
    }


def _retention(released: Iterable[Entry]) -> dict[str, Any]:
    """Count the words of the trade in all assets, and those that stay; nothing where there are none."""
    counted = [entry["terms"] for entry in released if "terms" in entry]
    found, kept = sum(found for found, _ in counted), sum(kept for _, kept in counted)
    return {"retention": {"terms": found, "kept": kept}} if found else {}


def _versions(released: Iterable[Entry]) -> dict[str, str]:
    detectors = {name: held for entry in released for name, held in entry.get("versions", {}).items()}
    return {"deidflow": version("deidflow"), **dict(sorted(detectors.items()))}


def _stages(released: Sequence[Entry], quarantined: Sequence[Entry]) -> dict[str, int]:
    """Count the assets that came through each stage; a quarantined one came through those before its last."""
    stages = ("ingest", "plan", "reviewed", "apply", "verify")
    names = ("ingested", "planned", "reviewed", "applied", "verified")
    through = dict.fromkeys(names, len(released))
    for entry in quarantined:
        for name in names[: stages.index(entry["stage"])]:
            through[name] += 1
    return {**through, "exported": len(released), "quarantined": len(quarantined)}
