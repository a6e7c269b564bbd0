"""How fast the NER reads: characters a second on one core."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deid_core.detect.ner import Ner
from deid_core.detect.small_model import load_model
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

NOTE = """Patient Name: Rosalind Hargreaves   MRN: 00817263   DOB: 04/17/1951

HISTORY OF PRESENT ILLNESS
Ms. Hargreaves is a 68-year-old woman with Crohn's disease, hypertension and type 2 diabetes who was brought to Saint
Agnes Regional Hospital on 03/04/2020 by her daughter Temperance. She takes Lipitor 40 mg daily and metformin 500 mg.
The abdomen is soft and not tender. Babinski is downgoing. Strength is 5/5 throughout. A Foley catheter was placed.

PLAN
Follow up with Dr. Adebayo in two weeks. Continue current medicines. The patient was advised to return if pain recurs.
"""
COPIES = 40


def test_reading_notes(benchmark: BenchmarkFixture) -> None:
    """Forty different notes of about 700 characters: more than 10,000 characters a second even on a busy core."""
    ner = Ner(load_policy("safe_harbor"))
    load_model()
    queries = [TextQuery(f"{NOTE}\nNote {number}.") for number in range(COPIES)]
    found = benchmark(ner.find, queries)
    characters = sum(len(query.text) for query in queries)
    began = time.perf_counter()
    ner.find(queries)
    speed = characters / (time.perf_counter() - began)
    benchmark.extra_info["characters_a_second"] = round(speed)
    assert len(found) == COPIES
    assert speed > 10_000
