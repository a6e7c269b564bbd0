"""The main flow, whole: a real Prefect server, real Dask workers, real stores."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from deid_core.errors import IntegrityError
from deid_core.manifest import check
from deployments.sample import make_sample, make_truth
from infra import audit_log
from infra.objects import open_store
from infra.settings import Settings
from tasks.ingest import parent_of
from tasks.run import opened

pytestmark = pytest.mark.timeout(400)
BAD = {
    "empty.txt": (b"", "empty"),
    "zero.png": (b"", "empty"),
    "note.dcm": (b"Seen today, well.\n", "mismatched_format"),
    "cut.dcm": (b"\0" * 128 + b"DICM\x02\x00\x00\x00UL\x04\x00\x1a", "malformed"),
    "bomb.zip": (b"PK\x03\x04" + b"\0" * 100, "unsupported_format"),
    "program": (b"\x7fELF\x02\x01\x01\0\0", "unsupported_format"),
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the sample set with bad files among the good."""
    folder = tmp_path_factory.mktemp("source")
    make_sample(folder)
    for name, (data, _) in BAD.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def released(request: pytest.FixtureRequest, server: Path, dask: Any, source: Path) -> Any:
    """Run the flow over it once, with a sample drawn for review and approved."""
    from flows.deidentify import deidentify
    from tasks.run import register_source

    return deidentify(register_source(Settings(), str(source)), review="none")


def folder_of(release: Any) -> Path:
    """Return the folder of a release."""
    return Path(Settings().release_url) / release.release_id


def test_every_good_file_is_released_and_every_bad_one_set_aside(released: Any, source: Path) -> None:
    """Counts add up; each bad file has its own reason; nothing of it is in the release."""
    files = [path for path in source.rglob("*") if path.is_file()]
    assert released.released + released.quarantined == len(files)
    run = opened(released.run_id)
    rows = [row for name in run.names("verify/") for row in run.lines(name)]
    reasons = {row["path"]: row["reason"] for row in rows if row.get("reason")}
    assert reasons == {name: reason for name, (_, reason) in BAD.items()}


def test_the_release_is_what_its_manifest_says(released: Any) -> None:
    """Every object is listed with its hash, none is there besides, and a changed one is found."""
    root = folder_of(released)
    names = [path.relative_to(root).as_posix() for path in (root / "data").rglob("*") if path.is_file()]
    manifest = check((root / "manifest.json").read_bytes(), names, lambda name: (root / name).read_bytes())
    schema = files("deid_core.standards").joinpath("manifest.schema.json").read_text("utf-8")
    jsonschema.validate(manifest, json.loads(schema))
    assert len(manifest["assets"]) == released.released
    assert (root / "report.html").read_text("utf-8").startswith("<!doctype html>")


def test_no_value_of_the_sample_is_left(released: Any, source: Path) -> None:
    """No name, number, address or date of the people in the sample is in any byte of the release."""
    blob = b"\0".join(path.read_bytes() for path in sorted(folder_of(released).rglob("*")) if path.is_file())
    lowered = blob.lower()
    for subject in make_truth(source)["subjects"]:
        for label, value in flat(subject):
            if len(value) >= 5 and label not in {"sex", "state", "diagnosis"}:
                for encoding in ("utf-8", "utf-16-le", "latin-1"):
                    assert value.lower().encode(encoding, "replace") not in lowered, label


def flat(values: Any, label: str = "") -> list[tuple[str, str]]:
    """Return (label, text) of a tree of values."""
    if isinstance(values, dict):
        return [pair for name, value in values.items() for pair in flat(value, str(name))]
    if isinstance(values, list):
        return [pair for value in values for pair in flat(value, label)]
    return [(label, str(values))]


def test_one_subject_is_one_folder(released: Any) -> None:
    """A subject's notes and images of every kind lie under one code."""
    root = folder_of(released)
    kinds = [{path.suffix for path in folder.iterdir()} for folder in (root / "data").iterdir()]
    assert sum({".txt", ".dcm"} <= suffixes for suffixes in kinds) >= 3


def test_audit_and_lineage_are_found_from_the_run(released: Any) -> None:
    """The chain verifies, every released asset has its records, and lineage names inputs and outputs by hash."""
    root, run = folder_of(released), opened(released.run_id)
    audit_log.verify(run.settings.database_url, run.audit)
    records = [json.loads(line) for line in (root / "audit" / f"{released.run_id}.jsonl").read_text().splitlines()]
    manifest = json.loads((root / "manifest.json").read_bytes())
    for asset in manifest["assets"]:
        acts = {record["activity"] for record in records if record["asset_id"] == asset["asset_id"]}
        assert {"ingest", "plan", "apply", "verify"} <= acts
    events = [json.loads(path.read_bytes()) for path in (root / "lineage" / released.run_id).iterdir()]
    complete = next(event for event in events if event["eventType"] == "COMPLETE")
    assert len(complete["inputs"]) == len(complete["outputs"]) == released.released


def test_the_run_has_an_artifact_of_counts_and_links(released: Any) -> None:
    """Prefect shows counts by label and stage, quarantine, and where release, audit and lineage are."""
    with get_client(sync_client=True) as client:
        wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[released.run_id]))
        artifacts = [one for one in client.read_artifacts(artifact_filter=wanted) if one.type == "markdown"]
    text = str(artifacts[0].data)
    assert released.release_id in text
    assert "| NAME |" in text
    assert "| mismatched_format | 1 |" in text


def test_the_same_inputs_give_the_same_release(released: Any, run_flow: Callable[..., Any], source: Path) -> None:
    """A second run finds the release written already, byte for byte, and only adds its own audit and lineage."""
    before = {path: path.read_bytes() for path in folder_of(released).rglob("*") if path.is_file()}
    again = run_flow(source)
    assert again.release_id == released.release_id
    assert again.run_id != released.run_id
    assert {path: path.read_bytes() for path in before} == before
    assert (folder_of(again) / "audit" / f"{again.run_id}.jsonl").exists()


def test_a_file_that_changes_midway_is_set_aside(server: Path, dask: Any, tmp_path: Path) -> None:
    """What was planned and is then another file, or gone, is not released; the rest is."""
    from tasks import steps
    from tasks.cluster import contained
    from tasks.run import describe_run

    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text(f"Patient: Jane Doe, MRN 1234567 {name}\n")
    describe_run("changes", str(tmp_path), "safe_harbor", "none", "")
    entry = steps.ingest_asset("changes", {"path": "a.txt", "size": 0, "error": ""})
    (tmp_path / "a.txt").write_text("another\n")
    assert contained(steps.plan_asset, "changes", entry)["reason"] == "changed"
    (tmp_path / "a.txt").unlink()
    assert contained(steps.plan_asset, "changes", entry)["reason"] == "unreadable"


def test_a_release_can_be_taken_in_again(released: Any, run_flow: Callable[..., Any]) -> None:
    """A release is a source like any other: its data go in, nothing is left, and the new one names its parent."""
    again = run_flow(folder_of(released))
    assert again.released == released.released
    assert again.quarantined == 0
    assert json.loads((folder_of(again) / "manifest.json").read_bytes())["parent"] == released.release_id


def test_a_release_that_was_changed_is_not_taken_in(released: Any, tmp_path: Path) -> None:
    """One byte of another kind, and it is no release."""
    shutil.copytree(folder_of(released), tmp_path / "changed")
    target = next((tmp_path / "changed" / "data").rglob("*.txt"))
    target.write_text(target.read_text("latin-1") + "!")
    with pytest.raises(IntegrityError):
        parent_of(open_store(str(tmp_path / "changed")))
