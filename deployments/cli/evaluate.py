"""`evaluate`: what a policy finds, leaks and touches needlessly, against gold that people have marked."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from deid_core.errors import MalformedAsset, UnreadableAsset, UsageError
from deid_core.keys import KEY_BYTES, ProjectKey
from deid_core.policy import load_policy

out, err = Console(), Console(stderr=True)
Shares = dict[str, float | None]
DRAWS = 1000  # of documents, for the intervals
SECRET = 0o600


def evaluate(
    gold: Annotated[
        Path, typer.Argument(help="A file of gold, or a folder of brat or i2b2 files.", show_default=False)
    ],
    policy: Annotated[
        str, typer.Option("--policy", "-p", help="A shipped policy's name, or a .toml file.")
    ] = "safe_harbor",
    negatives: Annotated[
        Path | None, typer.Option("--negatives", help="Lines that identify nobody: how many are touched.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")] = None,
    plot_file: Annotated[Path | None, typer.Option("--plot", help="Write a picture of them to this .svg file.")] = None,
    leaks_file: Annotated[
        Path | None, typer.Option("--leaks", help="Write each leak WITH ITS TEXT to this file, mode 0600.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the draws that give the intervals.", min=0)] = 0,
) -> None:
    """Measure a policy's detection against gold: recall, leaks and over-redaction, as counts; no value is shown."""
    import numpy as np  # noqa: PLC0415 - what measures is loaded where something is measured

    from deid_core.evaluate import leaks  # noqa: PLC0415
    from deid_core.evaluate.plot import plot  # noqa: PLC0415
    from deid_core.evaluate.predict import predict  # noqa: PLC0415
    from deid_core.evaluate.read import read  # noqa: PLC0415
    from deid_core.evaluate.report import report  # noqa: PLC0415

    held, key = load_policy(policy), ProjectKey(secrets.token_bytes(KEY_BYTES))
    marked, lines = read(_files(gold)), _lines(negatives) if negatives else []
    predictions = predict([document.text for document in marked.documents], held, key, _shown)
    pairs = list(zip(lines, predict(lines, held, key, _shown), strict=True))
    result = report(marked, predictions, held, key, np.random.default_rng(seed), DRAWS, pairs)
    result["seed"] = seed
    if json_file:
        _write(json_file, json.dumps(result, indent=1) + "\n")
    if plot_file:
        _write(plot_file, plot(result))
    if leaks_file:
        rows = (*leaks.leaks(marked, predictions, held, key), *leaks.touched(pairs))
        _write(leaks_file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), SECRET)
    _print(result)


def _files(gold: Path) -> dict[str, bytes]:
    """Return a gold file, or all files right in a folder; raise UsageError where there is none."""
    if not gold.exists():
        raise UsageError("there is no gold at that path")
    paths = [path for path in sorted(gold.iterdir()) if path.is_file()] if gold.is_dir() else [gold]
    return {path.name: _bytes(path) for path in paths}


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in _bytes(path).decode("utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise MalformedAsset("the file of negatives is not UTF-8") from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableAsset(f"cannot be read: {type(error).__name__}") from None


def _write(path: Path, text: str, mode: int = 0o666) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            if mode == SECRET:
                path.chmod(mode)  # of a file that was there before
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path.name} cannot be written: {type(error).__name__}") from None


def _shown(items: Sequence[Any], what: str) -> Iterable[Any]:
    return track(items, what, console=err, transient=True, disable=len(items) < 3)


def _print(result: dict[str, Any]) -> None:
    out.print(_labels(result))
    if result["kinds"]:
        out.print(_kinds(result["kinds"]))
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
        f1 = [_share(row[measure]["f1"]) for measure in ("exact", "overlap", "token")]
        counts = [str(covered[outcome]) for outcome in ("covered", "leaked", "kept")]
        recall = covered["recall"]
        table.add_row(name, _share(recall), _interval(recall), *counts, *f1, end_section=at in breaks)
    return table


def _kinds(kinds: dict[str, Any]) -> Table:
    table = _table("Kind", "Documents", "Recall", "95 %", "Direct", "95 %", "Leaked", "Touched")
    for kind, row in kinds.items():
        shares = [text for name in ("covered", "direct") for text in (_share(row[name]), _interval(row[name]))]
        table.add_row(kind, str(row["documents"]), *shares, str(row["leaked"]), _percent(row["words_touched"]))
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
    yield f"Values with every mention covered, a document: {_share(whole['recall'])} {_interval(whole['recall'])}"
    if entities["subject"]:
        yield f"Values with every mention covered, a subject: {_share(entities['subject']['recall'])}"
    yield f"Words of no identifier touched: {_percent(over['words_touched'])} {_interval(over['words_touched'])}"
    if "lines" in over:
        share = over["lines_touched"]
        yield f"Lines that identify nobody touched: {_percent(share)} {_interval(share)} of {over['lines']}"
    yield result["meaning"]


def _share(share: Shares) -> str:
    return "none" if share["value"] is None else f"{share['value']:.3f}"


def _percent(share: Shares) -> str:
    return "none" if share["value"] is None else f"{100 * share['value']:.1f} %"


def _interval(share: Shares) -> str:
    return "" if share["value"] is None else f"{share['low']:.3f}-{share['high']:.3f}"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(evaluate)
