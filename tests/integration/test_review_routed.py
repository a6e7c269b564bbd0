"""What stays and may tell who it is: rare conditions and small cells land before people, with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments.cli.app import app
from infra import review_queue as queue
from infra.settings import Settings

Runs = Callable[..., tuple[str, dict[str, int]]]
WOMEN = "mrn,sex,state\n" + "".join(f"{1000000 + number},F,OH\n" for number in range(5))
FILES = {
    "five_women.csv": WOMEN.encode(),
    "one_man.csv": b"mrn,sex,state\n2000001,M,OH\n",
    "a_sixth_woman.csv": b"mrn,sex,state\n1000009,F,OH\n",
    "gaucher.txt": b"Seen for Gaucher's disease.\n",
    "cold.txt": b"Seen for a cold.\n",
}


def policy(tmp_path: Path, quick_policy: Path, rules: str) -> str:
    """Write the quick policy with some rules of review, and no sample, and return its path."""
    path = tmp_path / "routed.toml"
    path.write_text(f"review_sample = 0.0\n{quick_policy.read_text()}\n[review]\n{rules}\n")
    return str(path)


@pytest.mark.parametrize(
    ("rules", "reasons"),
    [
        (
            "small_cells = 5\nrare_conditions = true",
            {"gaucher.txt": "rare_condition", "one_man.csv": "small_cell"},
        ),
        ("small_cells = 5", {"one_man.csv": "small_cell"}),
        ("small_cells = 1", {}),
        ("rare_conditions = true", {"gaucher.txt": "rare_condition"}),
        ("", {}),
    ],
)
def test_what_stands_out_is_asked_about(
    review_run: Runs, quick_policy: Path, tmp_path: Path, rules: str, reasons: dict[str, str]
) -> None:
    """A sixth woman of the state is like five others, the only man is not; of the notes the one with Gaucher's."""
    with pytest.raises(KeyError):  # not every file has an item
        review_run(FILES, policy(tmp_path, quick_policy, rules), "sampled")
    url = Settings().database_url
    (batch,) = queue.batches(url)
    held = queue.items(url, batch.id)
    assert [item.reason for item in held] == list(reasons.values())
    assert {item.media_type for item in held} == {
        "text/csv" if name.endswith("csv") else "text/plain" for name in reasons
    }


def test_nothing_of_it_is_kept_as_a_value(review_run: Runs, quick_policy: Path, tmp_path: Path) -> None:
    """Neither the queue nor the run's own files hold a sex, a state or a diagnosis."""
    with pytest.raises(KeyError):
        review_run(FILES, policy(tmp_path, quick_policy, "small_cells = 5\nrare_conditions = true"), "sampled")
    settings = Settings()
    (batch,) = queue.batches(settings.database_url)
    told = json.dumps([item.model_dump() for item in queue.items(settings.database_url, batch.id)])
    kept = [path.read_text() for path in Path(settings.workspace_url).rglob("*") if "/cells/" in str(path)]
    assert len(kept) == len(FILES)
    plans = [path.read_text() for path in Path(settings.workspace_url).rglob("*/plan/*.jsonl")]
    for value in ("Gaucher", '"OH"', '"F"', "1000001"):
        assert not [text for text in (told, *kept, *plans) if value in text]


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ('small_cells = 5\ncell_columns = ["race"]\nrare_conditions = true', ""),
        ("small_cells = -1", "review.small_cells"),
        ('cell_columns = ["race"]', "set that, too"),
        ('rare_conditions = "many"', "review.rare_conditions"),
    ],
)
def test_the_policy_is_checked(quick_policy: Path, tmp_path: Path, rules: str, says: str) -> None:
    """`deidflow policy check` knows the keys, and says what is wrong with a value."""
    done = CliRunner().invoke(app, ["policy", "check", policy(tmp_path, quick_policy, rules)])
    told = " ".join((done.output + str(done.exception or "")).split())
    assert says in told
    assert (done.exit_code == 0) == (not says)
