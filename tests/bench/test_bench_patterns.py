"""How fast the rules and the known values read, beside the floor: one pass over the words of the same text."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deid_core.detect.known_values import KnownValuesDetector
from deid_core.detect.ner_onnx import NerOnnx
from deid_core.detect.patterns import Patterns
from deid_core.entities import EntityType
from deid_core.policy import Policy, load_policy
from deid_core.ports import KnownValue, TextDetector, TextQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

NOTE = """Patient Name: Rosalind Hargreaves   MRN: 00817263   DOB: 04/17/1951

HISTORY OF PRESENT ILLNESS
Ms. Hargreaves is a 68-year-old woman with Crohn's disease, hypertension and type 2 diabetes who was brought to Saint
Agnes Regional Hospital on 03/04/2020 by her daughter Temperance. She takes Lipitor 40 mg daily and metformin 500 mg.
She reports chest pain, 6/10, worse on exertion and better at rest, without fever, cough or swelling of the legs.
The abdomen is soft and not tender. Babinski is downgoing. Strength is 5/5 throughout. A Foley catheter was placed.
Blood pressure is 142/86, heart rate 78, temperature 98.4 F. Potassium 4.1, creatinine 0.9, hemoglobin 12.8.

PLAN
Follow up with Dr. Adebayo in two weeks. Continue current medicines. The patient was advised to return if pain recurs.
"""
KNOWN = (
    KnownValue(EntityType.NAME, "Hargreaves^Rosalind"),
    KnownValue(EntityType.MRN, "00817263"),
    KnownValue(EntityType.DATE_OF_BIRTH, "1951-04-17"),
)
QUERIES = [TextQuery(f"{NOTE}\nNote {number}.", KNOWN) for number in range(40)]
CHARACTERS = sum(len(query.text) for query in QUERIES)
VISITS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "text" / "aci-bench"
WORDS = re.compile(r"[^\W\d_]+|\d+")


def floor() -> int:
    """Count the words of the notes: the least that any detector in this language does."""
    return sum(1 for query in QUERIES for _ in WORDS.finditer(query.text))


@pytest.mark.parametrize("make", [None, Patterns, KnownValuesDetector], ids=["floor", "patterns", "known_values"])
def test_reading_notes(benchmark: "BenchmarkFixture", make: type[Patterns | KnownValuesDetector] | None) -> None:
    """Read the same forty notes; the report's ratio of means to the floor's is the figure to watch."""
    if make is None:
        assert benchmark(floor) > 40 * 100
    else:
        found = benchmark(make(load_policy("safe_harbor")).find, QUERIES)
        assert all(len(spans) >= 3 for spans in found)
    if benchmark.stats:
        benchmark.extra_info["megabytes_a_second"] = round(CHARACTERS / benchmark.stats.stats.min / 1e6, 2)


PROFILES: "dict[str, list[Callable[[Policy], TextDetector]]]" = {
    "rules": [Patterns],
    "full": [Patterns, KnownValuesDetector, NerOnnx],
}


@pytest.mark.shared
@pytest.mark.skipif(not VISITS.exists(), reason="needs the folder of public texts beside the checkout")
@pytest.mark.parametrize("profile", PROFILES)
def test_reading_visit_notes(benchmark: "BenchmarkFixture", profile: str) -> None:
    """Read the 87 notes of ACI-Bench on one core: the bar is 10 MB/s by the rules alone, 0.2 by all detectors."""
    rows = [
        row
        for name in ("train_full.json", "valid_full.json")
        for row in json.loads((VISITS / name).read_text("utf-8"))["data"]
    ]
    queries = [TextQuery(row["tgt"]) for row in rows]
    detectors = [make(load_policy("safe_harbor")) for make in PROFILES[profile]]
    found = benchmark(lambda: [spans for detector in detectors for spans in detector.find(queries)])
    assert sum(map(len, found)) > len(queries)
    if benchmark.stats:
        size = sum(len(query.text.encode()) for query in queries)
        benchmark.extra_info["megabytes_a_second"] = round(size / benchmark.stats.stats.min / 1e6, 2)


READY = """
import time
from deid_core.detect.patterns import Patterns
from deid_core.policy import load_policy
from deid_core.ports import TextQuery
policy, begun = load_policy("safe_harbor"), time.process_time()
spans = Patterns(policy).find([TextQuery("Mr. John Quillon, MRN 00817263, seen at Mercy Hospital on 03/04/2020.")])
print(len(spans[0]), time.process_time() - begun)
"""


def test_opening_the_rules(benchmark: "BenchmarkFixture") -> None:
    """Open the rules and read one line in a fresh process, which every worker does: well under a second of one core."""

    def opened() -> tuple[int, float]:
        found, seconds = subprocess.run(
            [sys.executable, "-c", READY], capture_output=True, check=True, text=True
        ).stdout.split()
        return int(found), float(seconds)

    found, seconds = benchmark.pedantic(opened, rounds=2)
    assert found >= 4
    assert seconds < 1.2
    benchmark.extra_info["processor_seconds"] = round(seconds, 2)
