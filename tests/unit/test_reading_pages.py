"""Pages of a document are read each by itself, and side by side where a machine has cores to spare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from threading import Barrier, get_ident
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset

from deid_core import ingest, pipeline
from deid_core.errors import UncertainAsset
from deid_core.extract import reading as module
from deid_core.extract.apart import Apart
from deid_core.extract.reading import reading, side_by_side
from deid_core.keys import ProjectKey
from deid_core.model import PixelBox
from deid_core.policy import load_policy
from tasks.cluster import at_once

Picture = NDArray[np.uint8]
TIFF = "image/tiff"
FORM = ("Chest pain since Monday",)


def page(*added: tuple[int, str], faint: int = 0, seed: int = 0) -> Picture:
    """Draw a form on paper, and what was added to it: a row and a text; `faint` is how much darker than paper."""
    paper = Image.new("L", (480, 200), 236)
    draw = ImageDraw.Draw(paper)
    for number, line in enumerate(FORM):
        draw.text((30, 20 + 50 * number), line, fill=20, font=ImageFont.load_default(28))
    for row, text in added:
        draw.text((30, row), text, fill=236 - faint if faint else 20, font=ImageFont.load_default(28))
    grain = np.random.default_rng(seed).normal(0, 1.0, (200, 480))
    grey = np.clip(np.asarray(paper) + grain, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Begin and end with nothing read, one page at a time."""
    module._words.clear()
    module._readings.clear()
    yield
    side_by_side(1)


def texts(words: tuple[Any, ...]) -> str:
    """Return what was read on a page."""
    return " ".join(word.text for word in words)


def test_a_faint_line_on_one_page_of_many_alike_is_read(film: Callable[..., Any]) -> None:
    """It changes no pixel by much from the page before, and no word that stood there; the page after has it not."""
    pages = [page(seed=1), page((130, "OKONKWO 48213377"), faint=10, seed=1), page(seed=1)]
    assert int(np.abs(pages[0].astype(int) - pages[1]).max()) <= 10
    seen = reading(film(pages), "rapidocr", TIFF)
    assert "48213377" in texts(seen.words[1])
    assert "48213377" not in texts(seen.words[0]) + texts(seen.words[2])
    assert seen.fresh == (True, True, True)


@pytest.mark.parametrize(
    ("kind", "pace", "each"),
    [("7.2", None, True), ("7.4", None, True), ("7.2", "33", False), ("3.1", None, False), ("7", None, False)],
)
def test_captured_pages_are_no_cine(
    kind: str, pace: str | None, each: bool, film: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames of a multi-frame secondary capture are read each by itself, unless it says how fast they are shown."""
    read: list[str] = []
    for name in ("_pages", "_scene"):
        monkeypatch.setattr(module, name, lambda *_, name=name: read.append(name))
    frames = film([page()])
    frames.dataset = Dataset()
    frames.dataset.SOPClassUID = f"1.2.840.10008.5.1.4.1.1.{kind}"
    frames.dataset.FrameTime = pace
    reading(frames, "rapidocr", "application/dicom")
    assert read == ["_pages" if each else "_scene"]


def test_pages_read_side_by_side_give_what_they_give_one_by_one(film: Callable[..., Any]) -> None:
    """In their order, and a page that is there twice is read once."""
    pages = [page((130, f"MRN 4821337{number}"), seed=number) for number in range(3)]
    pages += [np.full((200, 480, 3), 240, np.uint8), pages[1], np.zeros((5, 5, 3), np.uint8)]
    one_by_one = reading(film(pages), "rapidocr", TIFF)
    module._words.clear()
    side_by_side(3)
    at_once = reading(film(pages), "rapidocr", TIFF)
    assert at_once == one_by_one
    assert [f"4821337{number}" in texts(at_once.words[number]) for number in range(3)] == [True] * 3
    assert at_once.words[3] == at_once.words[5] == ()
    assert at_once.words[4] == at_once.words[1]


def test_as_many_pages_are_read_at_once_as_there_are_engines(
    film: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three pages wait for one another in three engines: with fewer at once they would wait for ever."""
    meet, seen = Barrier(3, timeout=60), set[tuple[int, int]]()

    def words(self: Apart, frame: Picture, whole: tuple[int, ...] = ()) -> list[Any]:
        if len(seen) < 3:
            seen.add((id(self), get_ident()))
            meet.wait()
        return []

    monkeypatch.setattr(Apart, "words", words)
    side_by_side(3)
    reading(film([page((130, str(number)), seed=number) for number in range(3)]), "rapidocr", TIFF)
    assert len({engine for engine, _ in seen}) == 3


def test_a_page_that_cannot_be_read_sets_the_document_aside(
    film: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the others gave."""
    own = Apart.words

    def words(self: Apart, frame: Picture, whole: tuple[int, ...] = ()) -> list[Any]:
        found = own(self, frame, whole)
        if any("48213372" in word.text for word in found):
            raise UncertainAsset("a frame could not be read")
        return found

    monkeypatch.setattr(Apart, "words", words)
    side_by_side(2)
    pages = [page((130, f"MRN 4821337{number}"), seed=number) for number in range(3)]
    with pytest.raises(UncertainAsset):
        reading(film(pages), "rapidocr", TIFF)


def test_engines_that_are_no_longer_needed_end(film: Callable[..., Any]) -> None:
    """Each holds its models in memory."""
    side_by_side(2)
    reading(film([page((130, str(number)), seed=number) for number in (31, 32)]), "rapidocr", TIFF)
    (beside,) = module._beside["rapidocr"]
    assert isinstance(beside, Apart)
    assert beside.child.process is not None
    side_by_side(1)
    assert beside.child.process is None
    assert module._beside["rapidocr"] == []


@pytest.mark.parametrize(
    ("workers", "assets", "pages"),
    [
        (["tcp://127.0.0.1:1"], 1, 1),
        ([f"tcp://127.0.0.1:{port}" for port in range(8)], 1, 8),
        ([f"tcp://127.0.0.1:{port}" for port in range(8)], 3, 2),
        ([f"tcp://127.0.0.1:{port}" for port in range(8)], 8, 1),
        ([f"tcp://127.0.0.1:{port}" for port in range(8)], 500, 1),
        ([f"tcp://10.0.0.{host}:{port}" for host in (1, 2) for port in range(4)], 1, 4),
        ([f"tcp://10.0.0.{host}:{port}" for host in (1, 2) for port in range(4)], 4, 2),
        ([], 1, 1),
        (["tcp://127.0.0.1:1"], 0, 1),
    ],
)
def test_a_machine_reads_as_many_pages_at_once_as_it_has_cores_to_spare(
    workers: list[str], assets: int, pages: int
) -> None:
    """Where there are assets for all workers, each reads one page at a time."""
    assert at_once(workers, assets) == pages


def test_a_document_read_side_by_side_has_the_same_plan(key: ProjectKey) -> None:
    """To the last box."""
    policy = load_policy("safe_harbor").model_copy(update={"detectors": ("patterns", "known_values")})
    pages = [Image.fromarray(page((130, text))) for text in ("Patient: Zsofia Marlow", "MRN: 4471992", "Walks well.")]
    out = BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    plans = []
    for number in (1, 3):
        module._words.clear()
        module._readings.clear()
        side_by_side(number)
        whose = pipeline.identify(ingest.read(out.getvalue(), "a.tif", "a", key), policy, key)
        plans.append(pipeline.plan(whose, "0" * 64, policy, key))
    assert plans[0] == plans[1]
    covered = {one.finding.location.frame for one in plans[0].decisions if isinstance(one.finding.location, PixelBox)}
    assert covered == {0, 1}
