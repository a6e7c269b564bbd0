"""A run with a model of one's own: what it finds goes, and the release says by which bytes it was found."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import spacy

from deid_core.detect import ner_own
from deid_core.errors import PolicyError
from infra.settings import Settings

pytestmark = pytest.mark.timeout(400)
POLICY = """
name = "own"
version = "1"
title = "With a model of our own"
basis = "45 CFR 164.514(b)(2)"
release_class = "de-identified"
detectors = ["columns", "patterns", "known_values", "ner_own"]
[default]
action = "mask_label"
[[models]]
name = "ward"
path = "ward-model"
sha256 = "{digest}"
labels = {{ WARD = "FACILITY" }}
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Write two notes, and a model that knows a ward, beside a policy that names it."""
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "WARD", "pattern": "Zebrawood"}])
    nlp.to_disk(tmp_path / "ward-model")
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "a.txt").write_text("Afebrile, eats well.\n")
    (folder / "b.txt").write_text("Slept in Zebrawood, MRN 7712345.\n")
    return folder


def written(source: Path, digest: str) -> str:
    """Write the policy and return its path."""
    path = source.parent / "own.toml"
    path.write_text(POLICY.format(digest=digest))
    return str(path)


def test_the_release_names_the_model(source: Path, run_flow: Callable[..., Any]) -> None:
    """Manifest and lineage hold the hash of the model's files, which every worker loaded from where the policy said."""
    digest = ner_own.digest_of(source.parent / "ward-model")
    release = run_flow(source, policy=written(source, digest))
    root = Path(Settings().release_url) / release.release_id
    held = json.loads((root / "manifest.json").read_bytes())
    schema = json.loads(files("deid_core.standards").joinpath("manifest.schema.json").read_text("utf-8"))
    jsonschema.validate(held, schema)
    assert held["policy"]["models"] == {"ward": digest}
    assert held["versions"]["ner_own"] == f"ward-{digest[:12]}"
    events = [json.loads(path.read_bytes()) for path in (root / "lineage" / release.run_id).iterdir()]
    told = [event["run"]["facets"]["deidflow_run"]["versions"] for event in events]
    assert [one["model:ward"] for one in told] == [digest] * len(events)
    assert all(one["ner_own"] == f"ward-{digest[:12]}" for one in told)
    texts = [(root / asset["output"]).read_text() for asset in held["assets"]]
    assert any("Slept in <FACILITY>" in text for text in texts)
    assert not any("Zebrawood" in text for text in texts)


def test_another_model_ends_the_run_before_it_reads(source: Path, run_flow: Callable[..., Any]) -> None:
    """Where the folder's bytes are not those that the policy names, nothing is ingested."""
    with pytest.raises(PolicyError, match="SHA-256"):
        run_flow(source, policy=written(source, "0" * 64))
