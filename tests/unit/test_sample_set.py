"""The sample set: the same files for the same seed, of every kind, with its people's identifiers legible in them."""

from __future__ import annotations

import json
import re
import unicodedata
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deid_core import ingest, registry
from deid_core.keys import ProjectKey
from deployments.sample import make_sample, make_truth
from deployments.sample.drawing import typed
from deployments.sample.people import people, plain

SEED = 3


def digests(folder: Path) -> dict[str, str]:
    """Return the hash of each file of a folder by its path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a sample set."""
    folder = tmp_path_factory.mktemp("sample")
    make_sample(folder, seed=SEED)
    return folder


def test_the_same_seed_gives_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    """Made twice a set is the same file by file; another seed makes another one."""
    files = make_sample(tmp_path / "again", seed=SEED)
    assert files == sorted(files)
    assert digests(tmp_path / "again") == digests(sample)
    make_sample(tmp_path / "other", seed=SEED + 1)
    assert digests(tmp_path / "other") != digests(sample)


def test_every_file_is_read_as_what_its_name_says(sample: Path, key: ProjectKey) -> None:
    """There are notes, tables, images, a fax and DICOM, and each is read."""
    kinds = set()
    for path in sorted(sample.rglob("*")):
        if path.is_file():
            kinds.add(ingest.read(path.read_bytes(), path.name, "a", key).media_type)
    assert kinds >= {
        *("text/plain", "text/csv", "application/jsonl", "application/dicom", "image/png", "image/jpeg", "image/tiff"),
    }


def test_the_truth_names_what_stands_in_the_files(sample: Path) -> None:
    """Of each person, name, number and dates occur in the files' text; the truth is for this set only."""
    truth = make_truth(sample, seed=SEED)
    written = b"\n".join(path.read_bytes() for path in sorted(sample.rglob("*")) if path.suffix in {".txt", ".csv"})
    text = unicodedata.normalize("NFC", written.decode("utf-8", "replace"))
    for subject in truth["subjects"]:
        assert subject["mrn"] in text
        assert subject["family"] in text
        assert any(day in text for day in subject["dob"])
    json.dumps(truth)
    with pytest.raises(ValueError, match="another seed"):
        make_truth(sample, seed=SEED + 1)


def test_many_small_notes_are_made_where_asked(tmp_path: Path) -> None:
    """A count of assets gives as many notes, and nothing else."""
    files = make_sample(tmp_path, seed=SEED, assets=7)
    assert [path.suffix for path in files] == [".txt"] * 7
    assert all(path.read_text("utf-8").strip() for path in files)


def test_too_few_or_too_many_people_are_refused(tmp_path: Path) -> None:
    """The set needs three people, and there are only so many."""
    for number in (2, 10_000):
        with pytest.raises(ValueError, match=r"\d"):
            make_sample(tmp_path, subjects=number, seed=SEED)


@pytest.mark.parametrize("letter", "éÁñüçøåß")
def test_letters_with_accents_are_drawn_as_letters(letter: str) -> None:
    """No letter is drawn as the box that stands for a missing one, nor as another letter."""
    drawn = {text: np.asarray(typed((120, 60), [(20, 10, 32, text)])) for text in (letter, "\ufffe", "e", "A", "n")}
    assert (drawn[letter] < 128).sum() > 20
    assert all(not np.array_equal(drawn[letter], drawn[text]) for text in drawn if text != letter)


def test_a_name_with_accents_can_be_read_from_its_form(tmp_path: Path) -> None:
    """OCR reads the name on a scanned form as it is written in the notes, its accents aside."""
    everyone = people(3, SEED)
    accented = next(person for person in everyone if not person.name.isascii())
    make_sample(tmp_path, subjects=3, seed=SEED)
    (path,) = tmp_path.glob(f"{accented.folder}/intake_form.png")
    with Image.open(BytesIO(path.read_bytes())) as image:
        page = np.array(image.convert("RGB"))
    words = registry.load("ocr", "rapidocr")().words(np.ascontiguousarray(page[140:210]))
    read = re.sub(r"\W", "", plain("".join(word.text for word in words))).lower()
    assert re.sub(r"\W", "", plain(accented.name)).lower() in read
