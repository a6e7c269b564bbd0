"""Frames with burned-in text and their gold are made by a seed, for `deidflow evaluate`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deid_core.evaluate.box_gold import parse_gold
from deployments.sample import burn as module
from deployments.sample.burn import ALWAYS, EVERY_HAND, GOLD, burn, drawn_ground, grounds_in, texts
from deployments.sample.burned import burned


def files_of(folder: Path) -> dict[str, bytes]:
    """Return a folder's files."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_makes_the_same_set(tmp_path: Path) -> None:
    """Byte by byte; another seed makes another, of as many frames, each with its gold inside it."""
    for name, seed in (("one", 3), ("other", 3), ("third", 4)):
        burn(tmp_path / name, [], 2, seed)
    one, other, third = (files_of(tmp_path / name) for name in ("one", "other", "third"))
    assert one == other
    assert one.keys() == third.keys()
    assert all(one[name] != third[name] for name in one)
    gold = parse_gold(one[GOLD].decode())
    assert set(gold) == one.keys() - {GOLD}
    for name, boxes in gold.items():
        with Image.open(tmp_path / "one" / name) as frame:
            assert boxes
            assert all(box.left + box.width <= frame.width and box.top + box.height <= frame.height for box in boxes)


@pytest.mark.parametrize("hand", EVERY_HAND[-5:], ids=lambda hand: hand.kind)
def test_every_way_of_writing_leaves_its_ink_in_its_boxes(hand: module.Hand) -> None:
    """Slanted, blurred, tiny, upside down or faint: what can be seen of it stands where the gold says."""
    ground = np.full((500, 900, 3), 60, np.uint8)
    frame, gold = burned(ground, hand, 7, [("NAME", "ROSALIND HARGREAVES", True), ("DATE", "17-MAR", True)])
    outside = np.abs(frame.astype(int) - 60).max(axis=2)
    for one in gold:
        place = slice(one.top, one.top + one.height), slice(one.left, one.left + one.width)
        assert outside[place].max() > 20
        outside[place] = 0
    assert len(gold) == 2
    assert outside.max() == 0


def test_texts_are_of_every_kind_and_of_nobody() -> None:
    """Names, numbers and dates always, the others by chance; several settings; another seed, other people."""
    found = [texts(np.random.default_rng(seed)) for seed in range(40)]
    assert all(set(ALWAYS) <= {kind for kind, _, _ in one} for one in found)
    assert {kind for one in found for kind, _, identifies in one if identifies} >= {
        "SITE",
        "STAFF",
        "PHONE",
        "ACCESSION",
        "DOB",
    }
    assert all(3 <= sum(not identifies for *_, identifies in one) <= 6 for one in found)
    assert not any("{" in text for one in found for _, text, _ in one)
    assert len({text for one in found for kind, text, _ in one if kind == "NAME"}) > 35


def test_grounds_hold_no_text(tmp_path: Path) -> None:
    """A frame with text of its own has no gold for it, so it is passed over, as is what cannot be read."""
    clean = drawn_ground(np.random.default_rng(1))
    written, _ = burned(clean, EVERY_HAND[2], 1, [("NAME", "HARGREAVES", True)])
    for name, frame in (("clean.png", clean), ("written.png", written), ("icon.png", clean[:50, :50])):
        Image.fromarray(frame).save(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "note.txt").write_text("a note")
    found = list(grounds_in(tmp_path))
    assert len(found) == 1
    assert np.array_equal(found[0], clean)


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It writes a set into an empty folder, and refuses one that holds something."""
    arguments = ["burn", str(tmp_path / "set"), "--count", "1", "--seed", "9"]
    monkeypatch.setattr(sys, "argv", arguments)
    module.main()
    assert "1 frames" in capsys.readouterr().out
    assert list(json.loads((tmp_path / "set" / GOLD).read_text())) == ["0000.png"]
    with pytest.raises(SystemExit):
        module.main()
    assert "empty folder" in capsys.readouterr().err
    (tmp_path / "nothing").mkdir()
    monkeypatch.setattr(sys, "argv", ["burn", str(tmp_path / "new"), "--frames", str(tmp_path / "nothing")])
    with pytest.raises(SystemExit):
        module.main()
    assert "holds no text" in capsys.readouterr().err
