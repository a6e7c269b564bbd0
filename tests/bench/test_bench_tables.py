"""What a short row costs on its whole way, and many known values in one text; the figures are a row's and a value's."""

from __future__ import annotations

from random import Random
from time import process_time
from typing import TYPE_CHECKING

import pytest

from deid_core import ingest, pipeline, verify
from deid_core.detect.known_values import KnownValuesDetector
from deid_core.entities import EntityType
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy
from deid_core.ports import KnownValue, TextQuery

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

KEY = ProjectKey(b"k" * 32)
POLICY = load_policy("safe_harbor").model_copy(update={"detectors": ("columns", "patterns", "known_values")})
ROWS = 400
NAMES = (
    "Hargreaves",
    "Okafor",
    "Vanderbroek",
    "Quillon",
    "Santos",
    "Kowalski",
    "Brightwater",
    "Delacroix",
    "Lindqvist",
)


def table(kind: str) -> bytes:
    """Return a table of patients, or JSON Lines of vital signs."""
    rng = Random(4)
    if kind == "jsonl":
        return b"".join(b'{"id": %d, "text": "BP %d/80, asthma."}\n' % (n, rng.randint(90, 180)) for n in range(ROWS))
    rows = ["mrn,name,dob,sex,phone,note"]
    for _ in range(ROWS):
        name, day = rng.choice(NAMES), f"{rng.randint(1930, 2015)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        phone, seen = f"(423) 555-{rng.randint(1000, 9999)}", f"{rng.randint(1, 12)}/{rng.randint(1, 28)}/2021"
        rows.append(f'{rng.randint(10**7, 10**8)},Rosa {name},{day},F,{phone},"{name} seen {seen}, back in 2 weeks."')
    return "\n".join(rows).encode()


@pytest.mark.benchmark(timer=process_time)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_row_on_its_way(benchmark: BenchmarkFixture, kind: str) -> None:
    """Read, find, decide, replace, write and verify, by rules alone."""
    data = table(kind)

    def cleaned() -> bytes:
        whose = pipeline.identify(ingest.read(data, f"t.{kind}", "a", KEY), POLICY, KEY)
        chosen = pipeline.plan(whose, "", POLICY, KEY)
        output = ingest.write(pipeline.apply(whose.document, chosen, POLICY, KEY))
        assert not verify.residual(whose, chosen, output, POLICY, KEY).left
        return output

    output = benchmark(cleaned)
    assert not any(name.encode() in output for name in NAMES)
    if benchmark.stats:
        benchmark.extra_info["microseconds_a_row"] = round(benchmark.stats.stats.min / ROWS * 1e6)


@pytest.mark.benchmark(timer=process_time)
@pytest.mark.parametrize("values", [300, 1200])
def test_many_known_values_in_one_text(benchmark: BenchmarkFixture, values: int) -> None:
    """Find patients' numbers and names, each on a line of its own: a value costs the same however many there are."""
    rng = Random(5)
    people = [
        ("".join(rng.choices("bdfgklmnprst", k=3)) + "aro", rng.randint(10**7, 10**8)) for _ in range(values // 2)
    ]
    known = tuple(
        value
        for name, number in people
        for value in (KnownValue(EntityType.NAME, f"Rosa {name}"), KnownValue(EntityType.MRN, str(number)))
    )
    text = "".join(f"Rosa {name.capitalize()} ({number}) will return in two weeks.\n" for name, number in people)
    [found] = benchmark(KnownValuesDetector(POLICY).find, [TextQuery(text, known)])
    assert len(found) >= values
    if benchmark.stats:
        benchmark.extra_info["microseconds_a_value"] = round(benchmark.stats.stats.min / values * 1e6)
