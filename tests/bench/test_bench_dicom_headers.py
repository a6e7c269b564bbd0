"""How fast DICOM headers are de-identified with the full rule set, beside pydicom's read and save of the same files.

Two hundred slices of real CT and MR series: each real file once, then copies with UIDs, numbers and positions of their
own, as slices of a series have. All in memory, one core. `cold` begins with nothing learned, `warm` has learned the
series. `plain` reads, plans, applies and writes and never splices; `flow` splices what it writes by the plan, as the
flow's stages do.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import pydicom
import pytest

from deid_core import ingest, pipeline
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy
from deid_core.splice import Splicer

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

FILES, BAR = 200, 3.0
KEY = ProjectKey(bytes(range(32)))
POLICY = load_policy("safe_harbor")
Way = Callable[[list[bytes]], int]


@pytest.fixture(scope="module")
def series(shared: Path) -> list[bytes]:
    """Give two hundred slices made of the real ones."""
    real = [path.read_bytes() for path in sorted((shared / "dicom" / "bench").glob("*.dcm"))]
    made = list(real)
    while len(made) < FILES:
        made.append(slice_like(real[len(made) % len(real)], len(made)))
    return made


def slice_like(data: bytes, number: int) -> bytes:
    """Return a copy of a slice with an instance UID, number, position and date of creation of its own."""
    dataset = pydicom.dcmread(BytesIO(data))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.9.7.{number}"
        dataset.InstanceNumber = number
        dataset.SliceLocation = f"{number}.5"
        dataset.InstanceCreationTime = f"{number % 24:02d}{number % 60:02d}11"
        buffer = BytesIO()
        dataset.save_as(buffer)
    return buffer.getvalue()


def pydicom_alone(slices: list[bytes]) -> int:
    """Read and save: what every tool built on pydicom does at the least."""
    for data in slices:
        pydicom.dcmread(BytesIO(data)).save_as(BytesIO())
    return len(slices)


def planned(slices: list[bytes], splicer: Splicer | None = None) -> int:
    """Read, plan, apply and write every file; with a splicer what is learned is written from the file's own bytes."""
    for data in slices:
        document = ingest.read(data, "", "asset", KEY)
        whose = pipeline.identify(replace(document, parts=document.parts[:1]), POLICY, KEY)
        chosen = pipeline.plan(whose, "", POLICY, KEY)
        if splicer is None:
            ingest.write(pipeline.apply(document, chosen, POLICY, KEY))
        else:
            splicer.written(data, document, chosen)
    return len(slices)


def spliced(slices: list[bytes]) -> int:
    """Take every file the fast way, with nothing learned before."""
    fast = Splicer(POLICY, KEY)
    return sum(bool(fast.deidentified(data, "asset")) for data in slices)


def rounds(way: Way, slices: list[bytes], times: int) -> Iterator[float]:
    """Yield files a second of the processor, a round at a time: other work on the machine does not count."""
    for _ in range(times):
        start = process_time()
        assert way(slices) == len(slices)
        yield len(slices) / (process_time() - start)


@pytest.mark.shared
def test_headers_are_done_faster_than_pydicom_reads_and_saves(benchmark: BenchmarkFixture, series: list[bytes]) -> None:
    """The bar: the full rule set costs at most a third of what pydicom's read and save cost in the same run."""
    if not benchmark.enabled:
        assert benchmark(spliced, series[:8]) == 8
        return
    spliced(series[:30])  # models and rules are loaded once a process
    fast = Splicer(POLICY, KEY)

    def taught(slices: list[bytes]) -> int:
        return sum(bool(fast.deidentified(data, "asset")) for data in slices)

    taught(series)
    went = fast.plain
    ways = {"pydicom": pydicom_alone, "cold": spliced, "warm": taught}
    best = dict.fromkeys(ways, 0.0)
    for _ in range(5):  # in turn, so that each has its share of a quiet moment
        for name, way in ways.items():
            best[name] = max(best[name], *rounds(way, series, 1), 0.0)
    writer = Splicer(POLICY, KEY)
    best["plain"] = max(rounds(planned, series[:80], 2))
    best["flow"] = max(rounds(lambda slices: planned(slices, writer), series[:80], 3))
    benchmark.pedantic(taught, args=(series,), rounds=3)
    benchmark.extra_info.update({f"files_a_second_{name}": round(speed) for name, speed in best.items()})
    benchmark.extra_info.update(
        taught_by=went,
        bar=BAR,
        times_pydicom_cold=round(best["cold"] / best["pydicom"], 2),
        times_pydicom_warm=round(best["warm"] / best["pydicom"], 2),
        times_plain_flow=round(best["flow"] / best["plain"], 2),
    )
