"""The demo: a sample set through the whole pipeline, review gate and all, on this machine alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel

from deid_core import ingest
from deid_core.keys import ProjectKey
from deid_core.model import PartKind
from deployments.cli import review as desk
from deployments.cli.run import execute, ready, tell
from deployments.server import prefect_server
from infra.settings import load_key

if TYPE_CHECKING:
    from tasks.export import Release

REVIEWER = "Dana Demo (demo reviewer)"
out, err = Console(), Console(stderr=True)


def demo(
    folder: Annotated[Path, typer.Option(help="Where everything of the demo goes; it is made anew.")] = Path("demo"),
    policy: Annotated[
        str, typer.Option("--policy", "-p", help="A shipped policy's name, or a .toml file.")
    ] = "safe_harbor",
) -> None:
    """Make a sample set and run it through the pipeline: find, review, remove, verify, release."""
    from deployments.sample import make_sample  # noqa: PLC0415 - the other commands need no images

    folder = folder.absolute()
    if folder.exists() and not (folder / "home").exists() and any(folder.iterdir()):
        raise typer.BadParameter("that folder holds something else; name another")
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "source"
    files = make_sample(source)
    err.print(
        f"[bold]Sample set:[/] {len(files)} files about fictitious people in {source}", highlight=False, soft_wrap=True
    )
    os.environ["DEIDFLOW_HOME"] = str(folder / "home")
    os.environ.setdefault("DEIDFLOW_RELEASE_URL", str(folder / "release"))
    settings = ready()
    with prefect_server(settings.home) as api:
        err.print(f"Prefect UI: {api.removesuffix('/api')} (until the demo ends)", highlight=False)
        release = execute(settings, str(source), policy, "required", "", approve)
    tell(release, show_names=True, as_json=False)
    _check(folder, release, load_key(settings))


def approve(run_id: str) -> None:
    """Approve the demo's batch under the demo reviewer's name, as a person would on the Resume form."""
    desk.show_counts(run_id)
    err.print(f"[bold]{REVIEWER}[/] approves them.", highlight=False)
    desk.resume(run_id, "approved", REVIEWER, "reviewed")


def _check(folder: Path, release: Release, key: ProjectKey) -> None:
    """Verify the release as its recipient would, draw the before and after, and say where everything is."""
    from deployments.cli import checks  # noqa: PLC0415 - beside the other commands
    from deployments.contact_sheet import contact_sheet  # noqa: PLC0415 - the other commands need no images

    root = folder / "release" / release.release_id
    checks.release_verify(str(root))
    picture = folder / "before_after.png"
    picture.write_bytes(contact_sheet(list(_pairs(release, root, key))))
    lines = (
        f"Release        {root}",
        f"Report         {root / 'report.html'}",
        f"Manifest       {root / 'manifest.json'}",
        f"Audit          {root / 'audit'}",
        f"Lineage        {root / 'lineage'}",
        f"Before/after   {picture}",
        f"Prefect UI     DEIDFLOW_HOME={folder / 'home'} deidflow up   (then http://127.0.0.1:4200)",
    )
    out.print(Panel("\n".join(lines), title="Where everything is"), highlight=False, soft_wrap=True)


def _pairs(release: Release, root: Path, key: ProjectKey) -> Iterator[tuple[Any, Any, str]]:
    """Yield (before, after, caption) of the first frame of each released image; the befores never enter the release."""
    from tasks.run import LIMIT, opened  # noqa: PLC0415 - Prefect reads its environment when imported

    run = opened(release.run_id)
    for name in run.names("verify/"):
        for entry in run.lines(name):
            if entry.get("verified") and entry["media_type"].startswith(("image/", "application/dicom")):
                before = _first_frame(run.source.get(entry["path"], LIMIT), entry, key)
                after = _first_frame((root / entry["output"]).read_bytes(), entry, key)
                if before is not None and after is not None:
                    yield before, after, entry["media_type"]


def _first_frame(data: bytes, entry: dict[str, Any], key: ProjectKey) -> Any:
    document = ingest.reader_for(entry["media_type"]).read(data, entry["asset_id"], key)
    frames = [part.value for part in document.parts if part.kind is PartKind.PIXELS]
    return frames[0].readable(0) if frames else None
