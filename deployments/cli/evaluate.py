"""`evaluate`: what a policy finds, leaks and touches needlessly, against gold that people have marked.

Gold of texts is measured here, gold of boxes in images by `evaluate_boxes`.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from deid_core.errors import MalformedAsset, UnreadableAsset, UsageError
from deid_core.keys import KEY_BYTES, ProjectKey
from deid_core.policy import Policy, load_policy

out, err = Console(), Console(stderr=True)
Shares = dict[str, float | None]
DRAWS = 1000  # of documents, for the intervals
SECRET = 0o600
BOXES = "ground_truth.json"


@dataclass(frozen=True)
class Asked:
    """Hold by what policy is measured, the seed of the draws, and the files that are wanted."""

    policy: Policy
    seed: int
    json_file: Path | None
    plot_file: Path | None
    sheet_file: Path | None
    leaks_file: Path | None


def evaluate(
    gold: Annotated[
        Path,
        typer.Argument(
            help="A file of gold, a folder of brat or i2b2 files, or a ground_truth.json of boxes or its folder.",
            show_default=False,
        ),
    ],
    policy: Annotated[
        str, typer.Option("--policy", "-p", help="A shipped policy's name, or a .toml file.")
    ] = "safe_harbor",
    negatives: Annotated[
        Path | None, typer.Option("--negatives", help="Lines that identify nobody: how many are touched.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")] = None,
    plot_file: Annotated[Path | None, typer.Option("--plot", help="Write a picture of them to this .svg file.")] = None,
    sheet_file: Annotated[
        Path | None,
        typer.Option("--sheet", help="Of images: write before AND after, with the boxes, to this .png, mode 0600."),
    ] = None,
    leaks_file: Annotated[
        Path | None,
        typer.Option("--leaks", help="Write each leak WITH ITS TEXT (of images: its place) to this file, mode 0600."),
    ] = None,
    *,
    seed: Annotated[int, typer.Option(help="Of the draws that give the intervals.", min=0)] = 0,
) -> None:
    """Measure a policy's detection against gold: recall, leaks and over-redaction, as counts; no value is shown."""
    asked = Asked(load_policy(policy), seed, json_file, plot_file, sheet_file, leaks_file)
    for path in (json_file, plot_file, sheet_file, leaks_file):
        _writable(path)
    key = ProjectKey(secrets.token_bytes(KEY_BYTES))
    boxes = _box_gold(gold)
    if boxes is not None:
        _refuse({"--negatives": negatives, "--plot": plot_file}, "texts")
        _evaluate_boxes(boxes, key, asked)
    else:
        _refuse({"--sheet": sheet_file}, "boxes in images")
        _evaluate_texts(gold, negatives, key, asked)


def _evaluate_texts(gold: Path, negatives: Path | None, key: ProjectKey, asked: Asked) -> None:
    import numpy as np  # noqa: PLC0415 - what measures is loaded where something is measured

    from deid_core.evaluate import leaks  # noqa: PLC0415
    from deid_core.evaluate.plot import plot  # noqa: PLC0415
    from deid_core.evaluate.predict import predict  # noqa: PLC0415
    from deid_core.evaluate.read import read  # noqa: PLC0415
    from deid_core.evaluate.report import report  # noqa: PLC0415

    held, chance = asked.policy, np.random.default_rng(asked.seed)
    marked, lines = read(_files(gold)), _lines(negatives) if negatives else []
    predictions = predict([document.text for document in marked.documents], held, key, _shown)
    pairs = list(zip(lines, predict(lines, held, key, _shown), strict=True))
    result = {**report(marked, predictions, held, key, chance, DRAWS, pairs), "seed": asked.seed}
    if asked.json_file:
        _write(asked.json_file, json.dumps(result, indent=1) + "\n")
    if asked.plot_file:
        _write(asked.plot_file, plot(result))
    if asked.leaks_file:
        _write_rows(asked.leaks_file, (*leaks.leaks(marked, predictions, held, key), *leaks.touched(pairs)))
    _print(result)


def _evaluate_boxes(gold: Path, key: ProjectKey, asked: Asked) -> None:
    import numpy as np  # noqa: PLC0415 - as above

    from deid_core.evaluate.box_report import box_report, leaks_and_touched  # noqa: PLC0415
    from deployments.cli import evaluate_boxes  # noqa: PLC0415

    images = evaluate_boxes.opened(gold, _text(gold))
    seen = evaluate_boxes.measured(images, asked.policy, key, _shown)
    chance = np.random.default_rng(asked.seed)
    result = {**box_report(seen, asked.policy, chance, DRAWS), "seed": asked.seed}
    if asked.json_file:
        _write(asked.json_file, json.dumps(result, indent=1) + "\n")
    if asked.sheet_file:
        _write(asked.sheet_file, evaluate_boxes.sheet(images, seen, asked.policy, key, _shown), SECRET)
    if asked.leaks_file:
        _write_rows(asked.leaks_file, leaks_and_touched(seen))
    evaluate_boxes.show(result)


def _box_gold(gold: Path) -> Path | None:
    """Return the file of box gold at a path or in that folder; None where there is gold of another kind, or none."""
    from deid_core.evaluate.box_gold import looks_like_gold  # noqa: PLC0415 - as above

    inside = gold / BOXES if gold.is_dir() else gold
    if inside.suffix.lower() != ".json" or not inside.is_file():
        return None
    return inside if inside.name == BOXES or looks_like_gold(_text(inside)) else None


def _refuse(given: Mapping[str, Path | None], what: str) -> None:
    """Raise UsageError where an option was given that says nothing for this gold."""
    for name, value in given.items():
        if value is not None:
            raise UsageError(f"{name} is for gold of {what}")


def _writable(path: Path | None) -> None:
    """Raise UsageError before anything is measured where a file cannot be written for want of its folder."""
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise UsageError(f"{path.name} cannot be written there: name a file in a folder that exists")


def _files(gold: Path) -> dict[str, bytes]:
    """Return a gold file, or all files right in a folder; raise UsageError where there is none."""
    if not gold.exists():
        raise UsageError("there is no gold at that path")
    paths = [path for path in sorted(gold.iterdir()) if path.is_file()] if gold.is_dir() else [gold]
    return {path.name: _bytes(path) for path in paths}


def _lines(path: Path) -> list[str]:
    return [line for line in _text(path).splitlines() if line.strip()]


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedAsset("a file of gold or negatives is not UTF-8") from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableAsset(f"cannot be read: {type(error).__name__}") from None


def _write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows of leaks, one a line, for nobody else to read."""
    _write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), SECRET)


def _write(path: Path, data: str | bytes, mode: int = 0o666) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            if mode == SECRET:
                path.chmod(mode)  # of a file that was there before
            file.write(data.encode("utf-8") if isinstance(data, str) else data)
    except OSError as error:
        raise UsageError(f"{path.name} cannot be written: {type(error).__name__}") from None


def _shown(items: Sequence[Any], what: str) -> Iterable[Any]:
    return track(items, what, console=err, transient=True, disable=len(items) < 3)


def _print(result: dict[str, Any]) -> None:
    out.print(_labels(result))
    if result["kinds"]:
        out.print(_kinds(result["kinds"]))
    if result["calibration"]["bands"]:
        out.print(_calibration(result["calibration"]))
    for line in _sentences(result):
        out.print(line, highlight=False)


def _table(*heads: str, title: str = "") -> Table:
    """Return a table that fits 80 columns."""
    return Table(*heads, title=title or None, box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)


def _labels(result: dict[str, Any]) -> Table:
    gold, used = result["gold"], result["policy"]
    read = f"{gold['documents']} documents, {gold['spans']} identifiers, policy {used['name']} {used['version']}"
    heads = ("", "Recall", "95 %", "Covered", "Leaked", "Kept", "Exact", "Overlap", "Token")
    table = _table(*heads, title=f"{read}\nExact, overlap and token: F1")
    rows = [
        *((name, result["overall"][name]) for name in ("direct", "any label", "same label")),
        *result["labels"].items(),
        *((f"({letter})", row) for letter, row in result["hipaa"].items()),
    ]
    breaks = {2, 2 + len(result["labels"])}
    for at, (name, row) in enumerate(rows):
        covered = row["covered"]
        f1 = [share_text(row[measure]["f1"]) for measure in ("exact", "overlap", "token")]
        counts = [str(covered[outcome]) for outcome in ("covered", "leaked", "kept")]
        recall = covered["recall"]
        table.add_row(name, share_text(recall), interval_text(recall), *counts, *f1, end_section=at in breaks)
    return table


def _kinds(kinds: dict[str, Any]) -> Table:
    table = _table("Kind", "Documents", "Recall", "95 %", "Direct", "95 %", "Leaked", "Touched")
    for kind, row in kinds.items():
        shares = [text for name in ("covered", "direct") for text in (share_text(row[name]), interval_text(row[name]))]
        table.add_row(kind, str(row["documents"]), *shares, str(row["leaked"]), _percent(row["words_touched"]))
    return table


def _calibration(found: dict[str, Any]) -> Table:
    """Return how often findings of a score are identifiers: `Identifiers` should be near `Mean score`."""
    table = _table("Score", "Findings", "Mean score", "Identifiers", title=f"Calibration error {found['error']:.3f}")
    for row in found["bands"]:
        table.add_row(
            f"{row['from']:.2f}-{row['to']:.2f}", str(row["findings"]), f"{row['score']:.3f}", f"{row['share']:.3f}"
        )
    return table


def _sentences(result: dict[str, Any]) -> Iterable[str]:
    leaks, entities, over = result["leaks"], result["entities"], result["over_redaction"]
    for reason, number in result["gold"]["set_aside"].items():
        yield f"Set aside, so neither measured nor released: {number} documents ({reason})."
    yield (
        f"Leaked: {leaks['values']} values ({leaks['direct_values']} of direct identifiers) in {leaks['documents']} "
        f"documents, of {leaks['subjects']} of {leaks['of_subjects']} subjects."
    )
    whole = entities["document"]
    recall = whole["recall"]
    yield f"Values with every mention covered, a document: {share_text(recall)} {interval_text(recall)}"
    if entities["subject"]:
        yield f"Values with every mention covered, a subject: {share_text(entities['subject']['recall'])}"
    yield f"Words of no identifier touched: {_percent(over['words_touched'])} {interval_text(over['words_touched'])}"
    kept = over["clinical_terms_kept"]
    yield f"Words of the trade kept: {_percent(kept)} {interval_text(kept)} of {over['clinical_terms']}"
    if "lines" in over:
        share = over["lines_touched"]
        yield f"Lines that identify nobody touched: {_percent(share)} {interval_text(share)} of {over['lines']}"
    yield result["meaning"]


def share_text(share: Shares) -> str:
    """Return a share as a table shows it."""
    return "none" if share["value"] is None else f"{share['value']:.3f}"


def _percent(share: Shares) -> str:
    return "none" if share["value"] is None else f"{100 * share['value']:.1f} %"


def interval_text(share: Shares) -> str:
    """Return a share's interval as a table shows it."""
    return "" if share["value"] is None else f"{share['low']:.3f}-{share['high']:.3f}"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(evaluate)
