"""Beyond one machine only settings change: the same command over S3 places and PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deid_core.manifest import check
from infra import audit_log
from infra.objects import open_store
from infra.s3 import client
from infra.settings import Place

pytestmark = pytest.mark.timeout(400)
PLACES = ("SOURCE", "WORKSPACE", "RELEASE", "AUDIT")


def test_a_bucket_goes_in_and_a_release_comes_out(
    server: Path, s3_place: Place, postgres_url: str, quick_policy: Path, tmp_path: Path
) -> None:
    """Source, workspace, release and audit are buckets of their own; queue, audit and vault are in PostgreSQL."""
    buckets = {place: f"flow-{place.lower()}" for place in PLACES}
    for bucket in buckets.values():
        client(s3_place).make_bucket(bucket)
    source = open_store(f"s3://{buckets['SOURCE']}/today", s3_place)
    source.put("Walter Bucket/note.txt", b"Patient: Walter Bucket, MRN 9090901, seen 3/14/2021.\n")
    source.put("patients.csv", b"mrn,name,note\n9090901,Walter Bucket,walter slept\n")
    source.put("empty.txt", b"")
    environment = dict(os.environ) | {"DEIDFLOW_HOME": str(tmp_path / "home"), "DEIDFLOW_DATABASE_URL": postgres_url}
    environment["DEIDFLOW_VAULT_URL"] = postgres_url
    for place, bucket in buckets.items():
        environment[f"DEIDFLOW_{place}__ENDPOINT"] = s3_place.endpoint
        environment[f"DEIDFLOW_{place}__ACCESS_KEY"] = s3_place.access_key
        environment[f"DEIDFLOW_{place}__SECRET_KEY"] = s3_place.secret_key.get_secret_value()
        environment[f"DEIDFLOW_{place}__SECURE"] = "false"
        if place != "SOURCE":
            environment[f"DEIDFLOW_{place}_URL"] = f"s3://{bucket}"
    command = [str(Path(sys.executable).parent / "deidflow"), "run", f"s3://{buckets['SOURCE']}/today"]
    command += ["--review", "none", "--policy", str(quick_policy), "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 3, done.stderr
    result = json.loads(done.stdout)
    assert result["released"] == 2
    assert [row["reason"] for row in result["quarantined"]] == ["empty"]
    release = open_store(f"s3://{buckets['RELEASE']}/{result['release_id']}", s3_place)
    names = [info.key for info in release.list("data/")]
    check(release.get("manifest.json", 2**20), names, lambda name: release.get(name, 2**20))
    assert not any(b"Walter" in release.get(info.key, 2**20) or "Walter" in info.key for info in release.list())
    audit_log.verify(postgres_url, open_store(f"s3://{buckets['AUDIT']}", s3_place))
    verify = [command[0], "release", "verify", f"s3://{buckets['RELEASE']}/{result['release_id']}", "--json"]
    checked = subprocess.run(verify, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert json.loads(checked.stdout)["verified"] is True
