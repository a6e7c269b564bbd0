"""The preview is the export in every format that is read: byte for byte, and picture for picture."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread

from deid_core import ingest, registry
from deid_core.model import PartKind
from deployments.review.app import create_app
from deployments.sample.people import people
from deployments.sample.scans import ct, ultrasound
from infra import review_queue as queue
from infra.accounts import Role
from infra.settings import Settings
from tasks import steps
from tasks.run import digest, opened

pytestmark = pytest.mark.timeout(300)


def picture(number: int, text: str = "MRN: 771234") -> Image.Image:
    """Draw a picture with an identifier in it."""
    image = Image.new("RGB", (420, 160 + 20 * number), "white")
    ImageDraw.Draw(image).text((20, 30), f"{text}{number}", "black", ImageFont.load_default(size=28))
    return image


def saved(kind: str, pages: int = 1, **options: Any) -> bytes:
    """Return pictures as one file of a format."""
    first, *more = [picture(number) for number in range(pages)]
    out = BytesIO()
    first.save(out, kind, **({"save_all": True, "append_images": more} if more else {}), **options)
    return out.getvalue()


def cine() -> bytes:
    """Return an ultrasound of three frames, each a little brighter, as DICOM."""
    dataset = dcmread(BytesIO(ultrasound(people(5, 1)[0], 1, colour=False)))
    frame = dataset.pixel_array
    dataset.NumberOfFrames = 3
    dataset.PixelData = np.stack([frame, frame + 1, frame + 2]).astype(frame.dtype).tobytes()
    out = BytesIO()
    dataset.save_as(out)
    return out.getvalue()


def files() -> dict[str, bytes]:
    """Return one file of each format, with an identifier in each."""
    row = {"Name": "Jane Canary", "MRN": "7712345", "Note": "seen by Dr. Kestrel 😀"}
    return {
        "note.txt": "Patient: Jane Canary, MRN 7712345\r\n😀 seen 3/14/2021.\r\n".encode(),
        "table.csv": b"Name,MRN,Note\r\nJane Canary,7712345,seen by Dr. Kestrel\r\n",
        "rows.jsonl": (json.dumps(row, ensure_ascii=False) + "\n").encode(),
        "ct.dcm": ct(people(3, 1)[0], 1, compressed=False),
        "packed.dcm": ct(people(4, 1)[0], 1, compressed=True),
        "cine.dcm": cine(),
        "scan.png": saved("PNG"),
        "scan.jpg": saved("JPEG", quality=92),
        "slides.tiff": saved("TIFF", 2),
        "scan.webp": saved("WEBP", lossless=True),
        "pages.pdf": saved("PDF", 2),
    }


@pytest.fixture(scope="module")
def every() -> dict[str, bytes]:
    """Give the files, made once."""
    return files()


@pytest.fixture
def policy(quick_policy: Path, tmp_path: Path) -> str:
    """Give the quick policy with what judges DICOM elements."""
    path = tmp_path / "dicom.toml"
    path.write_text(quick_policy.read_text().replace("detectors = [", 'detectors = ["dicom_tags", '))
    return str(path)


def test_each_format_that_is_read_is_among_them(every: dict[str, bytes]) -> None:
    """A reader that is added needs a file here, if anything at hand can write one: nothing here writes HEIC."""
    suffixes = {"text/plain": ".txt", "application/jsonl": ".jsonl", "application/dicom": ".dcm", "image/jpeg": ".jpg"}
    wanted = {suffixes.get(kind, "." + kind.rpartition("/")[2]) for kind in registry.names("readers")}
    assert wanted - {".heic"} <= {Path(name).suffix for name in every}


def test_what_the_preview_shows_is_what_leaves(
    review_run: Callable[..., Any], policy: str, every: dict[str, bytes], desk: Any
) -> None:
    """After somebody's changes the preview, the run's output and the releaser's export are one, to the byte."""
    batch, items = review_run(every, policy)
    desk.app, desk.batch, desk.items = create_app(Settings()), batch, items
    reviewer, releaser = desk.signed_in(Role.REVIEWER), desk.signed_in(Role.RELEASER)
    previews = {name: reviewed(desk, reviewer, item) for name, item in items.items()}
    header = reviewer.get(f"/items/{items['ct.dcm']}").text
    shown = re.search(r"PatientName</td>.*?data-action[^>]*>(\w+)<", header, re.DOTALL)
    assert shown
    assert shown[1].startswith("dicom_")
    outputs = carried_out(desk)
    for name, item in items.items():
        assert previews[name] == outputs[desk.asset(item)], name
        told = releaser.get(f"/api/items/{item}/export")
        assert (told.status_code, told.content == previews[name]) == (200, True), (name, told.text[:200])
        assert releaser.get(f"/api/items/{item}/preview").content == previews[name]
        assert releaser.get(f"/api/items/{item}/preview/view").json()["sha256"] == digest(previews[name])
        check_frames(desk, releaser, name, previews[name])


def reviewed(desk: Any, client: Any, item: int) -> bytes:
    """Relabel a finding and draw a box where there are frames, approve, and return the preview of just before."""
    asked = desk.taken(client, item)
    held = client.get(f"/api/items/{item}").json()["versions"][0]["spans"]
    goes = [span for span in held if span["verdict"] != "keep" and span["location"]["kind"] != "tag"]
    edits: list[dict[str, Any]] = [{"act": "relabel", "span_id": span["id"], "entity_type": "ID"} for span in goes[:1]]
    if client.get(f"/api/items/{item}/text").json()["frames"]:
        place = {"frame": 0, "left": 3, "top": 5, "width": 41, "height": 17}
        edits.append({"act": "add", "entity_type": "UNREAD_TEXT", "place": place})
    saved_now = client.post(f"/api/items/{item}/edits", json=asked | {"edits": edits})
    assert saved_now.status_code == 200, saved_now.text
    preview = client.get(f"/api/items/{item}/preview").content
    asked = asked | {"expected": saved_now.json()["current"], "verdict": "approved"}
    assert client.post(f"/api/items/{item}/submit", json=asked).status_code == 200
    return bytes(preview)


def carried_out(desk: Any) -> dict[str, bytes]:
    """Carry the review out as the flow does, and return what it writes of each asset."""
    from tasks.review import close_review, status
    from tasks.shard import Shard

    run_id = queue.batch(desk.url, desk.batch).flow_run_id
    run = opened(run_id)
    shard = close_review.fn(Shard(run_id, 0, "plan", len(desk.items), 0), status(run_id, desk.batch))
    for entry in run.lines(shard.name):
        steps.apply_asset(run_id, entry)
    return {entry["asset_id"]: run.get(f"out/{entry['asset_id']}") for entry in run.lines(shard.name)}


def check_frames(desk: Any, client: Any, name: str, output: bytes) -> None:
    """Hold each frame of a preview, as a masked role gets it, against the same frame of what leaves."""
    item = desk.items[name]
    run = opened(queue.batch(desk.url, desk.batch).flow_run_id)
    document = ingest.read(output, name, desk.asset(item), run.key)
    parts = [part for part in document.parts if part.kind is PartKind.PIXELS]
    frames = [(part, number) for part in parts for number in range(part.value.count)]
    for at, (part, number) in enumerate(frames):
        answer = client.get(f"/api/items/{item}/preview/frames/{at}")
        assert answer.status_code == 200
        shown = np.asarray(Image.open(BytesIO(answer.content)))
        assert np.array_equal(shown, part.value.readable(number)), (name, at)
        assert client.get(f"/api/items/{item}/frames/{at}").status_code == 403
    assert bool(frames) == (not name.endswith(("txt", "csv", "jsonl")))
