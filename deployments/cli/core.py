"""`deid` and `detect`: the core alone, with no service running."""

from __future__ import annotations

import gc
import json
import mmap
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from deid_core import codec, ingest, pipeline, registry, verify
from deid_core.errors import (
    KeyFileError,
    Quarantine,
    ResidualIdentifier,
    ServiceError,
    UnreadableAsset,
    UsageError,
)
from deid_core.ingest.pieces import Buffer, Mapped, Pieces, digest, pieces_of
from deid_core.ingest.records import CsvReader, TableLayout
from deid_core.keys import KEY_BYTES, ProjectKey
from deid_core.model import Decision, Document, PartKind, Plan, Verdict
from deid_core.pipeline import Identified
from deid_core.policy import Policy, load_policy
from deid_core.ports import KnownValue
from infra.folder import MAPPED_FROM, FolderStore
from infra.lines import LinesStore, piece_name
from infra.settings import Settings, load_key
from infra.told import Told

PolicyOption = Annotated[str, typer.Option("--policy", "-p", help="A shipped policy's name, or a .toml file.")]
SEVERAL, TERMINATED = 3, 143  # exit codes; 128 and the number of the signal
LIMIT = 4 * 2**30  # bytes of a file
FEW, QUICK = 3, 2**20  # files and bytes that take no time to speak of
LOOKS = 50_000, 20, 100  # for cycles, as `gc` counts: a table is millions of objects, and none of them is in one
out, err = Console(), Console(stderr=True)


@dataclass
class Local:
    """Hold what one call of the core knows: its key, its policy, and its subjects' values, in memory only."""

    key: ProjectKey
    policy: Policy
    told: Told = field(default_factory=Told, repr=False)
    failed: dict[str, Quarantine] = field(default_factory=dict)
    names: dict[Path, str] = field(default_factory=dict)  # files, as the caller knows them
    layouts: dict[tuple[Path, str], TableLayout] = field(default_factory=dict)  # of the pieces of large tables

    def recall(self, subject: str) -> tuple[KnownValue, ...]:
        """Return what the files of this call told of a subject."""
        return self.told.recall(subject)

    def identified(self, path: Path, name: str) -> tuple[Identified, Mapped]:
        """Read and identify a file; raise a Quarantine where it cannot be."""
        piece = Path(name).name
        try:
            data = LinesStore(FolderStore(path)).view(piece, LIMIT)
        except UsageError:  # it was there when the folder was listed
            raise UnreadableAsset("it is not there any more, or a link to nothing") from None
        asset_id, layout = self.key.token("asset", name, digest(data)), self.layouts.get((path, piece))
        if layout:
            document = CsvReader().read_as(data[:], asset_id, self.key, layout)
        else:
            document = ingest.read(data, name, asset_id, self.key)
        return pipeline.identify(document, self.policy, self.key), data

    def pieces(self, path: Path) -> list[str]:
        """Return the names of the pieces in which a file is read: JSON Lines or a table, when it is large."""
        store = LinesStore(FolderStore(path))
        held = [info.key for info in store.list()]
        table = store.table(path.name, LIMIT) if held == [path.name] else None
        if table is None:
            return held
        self.layouts |= {(path, piece_name(path.name, *at)): table.layout_at(at[0]) for at in table.pieces}
        return [piece_name(path.name, *at) for at in table.pieces]

    def learn(self, files: list[tuple[Path, str]]) -> None:
        """Identify every file once, so that each can be searched for what the others know; one alone knows itself."""
        if len(files) < 2:
            return
        for path, name in track(files, "Reading", console=err, transient=True, disable=_is_quick(files)):
            try:
                whose = self.identified(path, name)[0]
                alone = self._alone(whose.document)
                for subject, values in whose.known.items():
                    if subject not in alone:
                        self.told.tell(subject, values)
            except Quarantine as error:
                self.failed[name] = error

    def _alone(self, document: Document) -> frozenset[str]:
        """Return the keys of subjects that nothing else can be about: of a file, or of its rows, without a number."""
        rows = sum(part.kind is PartKind.RECORD for part in document.parts)
        own = (self.key.subject("row", f"{document.asset_id}:{number}") for number in range(rows))
        return frozenset((self.key.subject("asset", document.asset_id), *own))

    def planned(self, path: Path, name: str) -> tuple[Identified, Plan, Mapped]:
        """Plan a file; return its bytes, too."""
        whose, data = self.identified(path, name)
        return whose, pipeline.plan(whose, digest(data), self.policy, self.key, self.recall), data

    @cached_property
    def splicer(self) -> Any:
        """Return what this call learned of DICOM files: those alike are written from their own bytes."""
        from deid_core.splice import Splicer  # noqa: PLC0415 - pydicom only where something is written

        return Splicer(self.policy, self.key)


def assets_under(paths: list[Path], local: Local) -> list[tuple[Path, str]]:
    """Return (file, name) of what lies there; large JSON Lines and tables come as pieces, each named by its bytes.

    Raises UsageError for a path that is not there.
    """
    found = []
    for path, name in dict.fromkeys(files_under(paths, local.failed)):
        local.names[path] = name
        try:
            held = local.pieces(path) if path.is_file() else []
        except Quarantine as error:
            local.failed[name] = error
            continue
        found += [(path, str(Path(name).with_name(piece))) for piece in held] if len(held) > 1 else [(path, name)]
    return found


def files_under(paths: list[Path], failed: dict[str, Quarantine]) -> Iterator[tuple[Path, str]]:
    """Yield (file, its name relative to the given folder) in a fixed order; folders that do not open are `failed`.

    Raises UsageError for a path that is not there.
    """
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no {path}")
        if not path.is_dir():
            yield path, path.name
            continue

        def closed(error: OSError, root: Path = path) -> None:
            failed[str(Path(error.filename).relative_to(root))] = UnreadableAsset("the folder cannot be opened")

        for folder, folders, names in os.walk(path, onerror=closed):
            folders.sort()
            yield from ((Path(folder, name), Path(folder, name).relative_to(path).as_posix()) for name in sorted(names))


def _local(policy: str, *, tell: bool) -> Local:
    gc.set_threshold(*LOOKS)
    try:
        key = load_key(Settings())
    except KeyFileError:
        key = ProjectKey(secrets.token_bytes(KEY_BYTES))
        if tell:
            err.print(
                "No project key: one is drawn for this call and forgotten (`deidflow key new` makes a lasting one)."
            )
    return Local(key, load_policy(policy))


def detect(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", show_default=False)],
    policy: PolicyOption = "safe_harbor",
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines, one finding a line.")] = False,
    kept: Annotated[bool, typer.Option("--kept", help="Also what the policy keeps.")] = False,
) -> None:
    """Find what identifies someone, and say where; nothing is changed and no value is shown."""
    local = _local(policy, tell=False)
    files = assets_under(paths, local)
    local.learn(files)
    table = Table("Asset", "Label", "Score", "Detector", "Where")
    for path, names in _each(local, files, "Searching"):
        for asset, decision, first in _decisions(local, path, names):
            if decision.verdict is Verdict.KEEP and not kept:
                continue
            row = {"asset": asset, **_in_file(codec.finding_to_dict(decision.finding), first)}
            if decision.sources:
                row["sources"] = codec.sources_to_list(decision.sources)
            if as_json:
                sys.stdout.write(json.dumps(row, sort_keys=True) + "\n")
            else:
                where = " ".join(str(value) for key, value in row["location"].items() if key != "part")
                table.add_row(asset, row["entity_type"], f"{row['score']:.2f}", row["detector"], where)
    if not as_json:
        out.print(table)
    _end(local)


def deid(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", show_default=False)],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for the outputs.")] = None,
    policy: PolicyOption = "safe_harbor",
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be done, without values.")] = False,
    keep_names: Annotated[
        bool, typer.Option("--keep-names", help="Keep file names; they can identify people.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines, one file or planned change a line.")] = False,
) -> None:
    """De-identify files with the core alone: no server, no review; each output is read back and verified."""
    if not plan and output is None:
        raise UsageError("say where to with -o DIR, or look first with --plan")
    local = _local(policy, tell=not plan)
    with _stoppable():
        files = assets_under(paths, local)
        local.learn(files)
        for path, names in _each(local, files, "De-identifying"):
            rows = (
                _written(local, path, names, output, keep=keep_names)
                if output and not plan
                else _rows(local, path, names)
            )
            for row in rows:
                sys.stdout.write((json.dumps(row, sort_keys=True) if as_json else _line(row)) + "\n")
    _end(local)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let a signal to end (exit code 143) end the work as Ctrl-C does (130): a file that is half written goes."""

    def end(_signal: int, _frame: object) -> None:
        sys.exit(TERMINATED)

    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, end) if is_main else None
    try:
        yield
    except KeyboardInterrupt:
        err.print("stopped: files that are written are whole, and of the others there is nothing")
        raise
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, before)


def _is_quick(files: Sequence[tuple[Path, str]]) -> bool:
    """Say whether there is so little to do that nobody needs to be told how far it is."""
    return len(files) < FEW and sum(path.stat().st_size for path, _ in files if path.is_file()) < QUICK


def _each(local: Local, files: list[tuple[Path, str]], doing: str) -> Iterator[tuple[Path, Iterator[str]]]:
    """Yield each file with the names of its pieces; one of which a piece could not be read is left out whole."""
    broken = {path for path, name in files if name in local.failed}
    left = [file for file in files if file[0] not in broken]
    steps = track(left, doing, console=err, transient=True, disable=_is_quick(files))
    for path, pieces in groupby(steps, itemgetter(0)):
        yield path, (name for _, name in pieces)


def _decisions(local: Local, path: Path, names: Iterator[str]) -> Iterator[tuple[str, Decision, int]]:
    """Yield (asset, decision, number of the piece's first row in the file), to the first piece that is set aside."""
    first = 0
    for name in names:
        try:
            whose, plan, _ = local.planned(path, name)
        except Quarantine as error:
            local.failed[name] = error
            return
        yield from ((local.names[path], decision, first) for decision in plan.decisions)
        first += sum(part.kind is PartKind.RECORD for part in whose.document.parts)


def _in_file(row: dict[str, Any], first: int) -> dict[str, Any]:
    """Return a row that speaks of the file where it spoke of a piece."""
    if first:
        number = row["location"]["row"] + first
        row["location"] |= {"row": number, "part": f"row/{number}"}
    return row


def _rows(local: Local, path: Path, names: Iterator[str]) -> Iterator[dict[str, Any]]:
    for asset, decision, first in _decisions(local, path, names):
        does = registry.load("operators", decision.action.operator).description
        yield {"asset": asset, **_in_file(codec.decision_to_dict(decision), first), "does": does}


def _written(local: Local, path: Path, names: Iterator[str], output: Path, *, keep: bool) -> Iterator[dict[str, Any]]:
    """Write what a file's pieces became as one file, and yield its row; where a piece fails nothing is left of it."""
    made, changed = sha256(), 0
    outputs = (_deidentified(local, path, name, output) for name in names)

    def pieces() -> Iterator[Buffer]:
        nonlocal changed
        for one in chain([first], outputs):
            changed += one.changed
            for piece in pieces_of(one.data):
                made.update(piece)
                yield piece

    try:
        first = next(outputs)
        asset = local.names[path]
        target = ingest.fitting(asset, first.media_type) if keep else first.asset_id + ingest.SUFFIX[first.media_type]
        output.mkdir(parents=True, exist_ok=True)
        FolderStore(output).put(target, Pieces(pieces), create_only=False)
    except Quarantine as error:
        local.failed[local.names[path]] = error
        return
    yield {"asset": asset, "output": str(output / target), "changed": changed, "sha256": made.hexdigest()}


class Made(NamedTuple):
    """Hold what a file or piece became, and how many places were changed: not the plan, which takes far more memory."""

    asset_id: str
    media_type: str
    changed: int
    data: Mapped


def _deidentified(local: Local, path: Path, name: str, output: Path) -> Made:
    whose, plan, read = local.planned(path, name)
    data = _held(local.splicer.written(read, whose.document, plan), output)
    if verify.residual(whose, plan, data, local.policy, local.key, local.recall).left:
        raise ResidualIdentifier("verification found an identifier in the output; nothing was written")
    changed = sum(decision.verdict is not Verdict.KEEP for decision in plan.decisions)
    return Made(plan.asset_id, plan.media_type, changed, data)


def _held(made: bytes | Pieces, output: Path) -> Mapped:
    """Return an output until it is verified: in memory, a large one in a file without a name, where it will lie."""
    if isinstance(made, bytes):
        return made
    held, left = list[Buffer](), iter(made)
    while sum(map(len, held)) < MAPPED_FROM:
        piece = next(left, None)
        if piece is None:
            return b"".join(held)
        held.append(piece)
    try:
        output.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=output) as file:
            file.writelines(chain(held, left))
            file.flush()
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise ServiceError(f"the output cannot be held: {type(error).__name__}") from None


def _line(row: dict[str, object]) -> str:
    if "output" in row:
        return f"{row['asset']} -> {row['output']}  ({row['changed']} changes)"
    location = row["location"]
    assert isinstance(location, dict)  # noqa: S101 - by deid_core.codec
    where = " ".join(str(value) for key, value in location.items() if key not in ("part", "kind"))
    return f"{row['asset']}  {row['entity_type']} at {where}: {row['verdict']}, {row['action']} ({row['does']})"


def _end(local: Local) -> None:
    """Tell what failed and exit: 0, the code of the one kind of failure, or 3 where kinds differ."""
    for name, error in local.failed.items():
        err.print(f"[red]set aside[/] {name}: {error.reason}: {error}", highlight=False)
    codes = {error.exit_code for error in local.failed.values()}
    if codes:
        raise typer.Exit(codes.pop() if len(codes) == 1 else SEVERAL)


def add_to(app: typer.Typer) -> None:
    """Add the core's commands."""
    app.command()(detect)
    app.command()(deid)
