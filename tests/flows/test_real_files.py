"""The real files: each ends released or set aside with a reason, and no header identifier is in any output byte."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest

from tasks.run import opened

pytestmark = [pytest.mark.slow, pytest.mark.shared, pytest.mark.timeout(3600)]
IDENTIFIERS = (
    *("PatientName", "PatientID", "OtherPatientIDs", "OtherPatientNames", "PatientBirthDate", "PatientAddress"),
    *("PatientTelephoneNumbers", "AccessionNumber", "InstitutionName", "InstitutionAddress", "ReferringPhysicianName"),
    *("PerformingPhysicianName", "OperatorsName", "StationName", "DeviceSerialNumber", "StudyInstanceUID"),
    *("SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID", "StudyDate"),
)
# what is put where something has to stand; a file may hold them already
DUMMIES = {"19000101", "ANONYMISED", "REMOVED"}
SHORTEST = 5


def identifiers(data: bytes) -> Iterator[str]:
    """Yield the values of the identifying elements of a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(io.BytesIO(data), force=True)
        for keyword in IDENTIFIERS:
            for value in str(dataset.get(keyword) or "").split("\\"):
                text = value.strip("^ \0")
                # zeros alone identify nobody, and stand in every decimal
                if len(text) >= SHORTEST and text not in DUMMIES and set(text) != {"0"}:
                    yield text


def without_pixels(data: bytes) -> bytes:
    """Return a file's bytes without its samples, in which digits stand by chance."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples = pydicom.dcmread(io.BytesIO(data), force=True).get("PixelData") or b""
    return data.replace(samples, b"") if samples else data


def test_every_real_file_is_released_clean_or_set_aside(run_flow: Callable[..., Any], shared: Path) -> None:
    """The whole folder, headers and pixels, without review."""
    release = run_flow(shared / "dicom")
    run = opened(release.run_id)
    rows = [row for name in run.names("verify/") for row in run.lines(name)]
    assert len(rows) == sum(path.is_file() for path in (shared / "dicom").rglob("*"))
    assert all(row.get("reason") or row.get("verified") for row in rows)
    assert not [row["path"] for row in rows if row.get("reason") == "internal_error"]
    left: list[str] = []  # of files: a value is not printed, not even by a failing test
    for row in rows:
        if row.get("verified") and row["media_type"] == "application/dicom":
            output = without_pixels(run.release.get(f"{release.release_id}/{row['output']}", 2**31))
            values = set(identifiers((shared / "dicom" / row["path"]).read_bytes()))
            left += [row["path"] for value in values if value.encode("utf-8", "replace") in output]
    assert left == []
