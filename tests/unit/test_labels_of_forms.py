"""A form keeps its labels: only what is written behind them goes, with every letter of it."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from deid_core import ingest, pipeline
from deid_core.evaluate.boxes import covered_boxes
from deid_core.extract.labels import parted
from deid_core.extract.reading import read
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy
from deid_core.ports import Word
from deployments.sample.burned import typefaces

Picture = NDArray[np.uint8]
LINES = (
    "Patient name: SMITH JOHN", "Patient Name: Iva Lil", "Date of birth: 04/17/1951", "Address: 12 Elm St",
    "Referring physician: Dr. WMM Okonkwo", "Geburtsdatum: 17.04.1951",
    "Nom du patient: Lefebvre M", "Medical record no: 00817263",
    "Nombre y apellidos: Ili Filli", "Accession number: A8812345", "Patient ID: 1111111", "Last name: WWWWW MMM",
    "MRN: 00817263", "DOB: 04/17/1951", "Name: Iva Lil", "ID: 1111111", "Patient: SMITH JOHN",
)  # fmt: skip
SEEN, CLEAR = 40, 128  # grey levels from which a letter is faintly and surely there
FORM = {
    "Patient name:": "Temperance Okonkwo",
    "Date of birth:": "04/17/1951",
    "Medical record no:": "00817263",
    "Referring physician:": "Dr. Priya Raman",
    "Findings:": "No acute fracture.",
}
SHORT = {
    "Name:": "Temperance Okonkwo", "DOB:": "04/17/1951", "MRN:": "00817263", "Ref:": "Dr. Priya Raman",
    "Findings:": "No acute fracture.",
}  # fmt: skip


def drawn(text: str, size: int, face: int) -> NDArray[np.uint8]:
    """Return letters as they darken a page."""
    page = Image.new("L", (1500, 110), 0)
    faces = typefaces(size)
    ImageDraw.Draw(page).text((40, 25), text, fill=235, font=faces[face % len(faces)])
    return np.asarray(page)


@pytest.mark.parametrize("text", LINES)
def test_no_letter_of_a_value_stands_before_the_cut(text: str) -> None:
    """In every typeface at hand and six sizes; where the cut cannot be told, label and value go together."""
    label = text[: text.index(":") + 1]
    cuts = 0
    cases = [(size, face) for size in (10, 12, 14, 18, 26, 40) for face in range(len(typefaces(size)))]
    for size, face in cases:
        page, alone = drawn(text, size, face), drawn(label, size, face)
        rows, columns = np.nonzero(page > SEEN)
        left, top = int(columns.min()) - 2, int(rows.min()) - 2
        wide, high = int(columns.max()) + 3 - left, int(rows.max()) + 3 - top
        words = [Word(word, left, top, wide, high, 0.99) for word in text.split()]
        found = parted(np.repeat(255 - page[..., np.newaxis], 3, axis=2), words, paper=True)
        if found == words:
            continue
        cuts += 1
        assert found[0].text == label
        assert [word.text for word in found[1:]] == text[len(label) :].split()
        ends = int(np.nonzero(alone > CLEAR)[1].max())
        value = int(np.nonzero((page > SEEN)[:, ends + 1 :] & ~(alone > 0)[:, ends + 1 :])[1].min()) + ends + 1
        assert all(word.left <= value and word.left + word.width == left + wide for word in found[1:]), (size, face)
    assert cuts >= len(cases) / 2


def form(said: dict[str, str]) -> tuple[Picture, dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Return a form, and the boxes of its labels and of its values."""
    page = Image.new("L", (900, 420), 255)
    draw, face = ImageDraw.Draw(page), typefaces(26)[0]
    labels: dict[str, tuple[int, ...]] = {}
    values: dict[str, tuple[int, ...]] = {}
    for number, (label, value) in enumerate(said.items()):
        top = 50 + 66 * number
        draw.text((60, top), f"{label} {value}", fill=0, font=face)
        labels[label] = tuple(map(int, draw.textbbox((60, top), label, font=face)))
        left, _, right, bottom = map(int, draw.textbbox((60, top), f"{label} {value}", font=face))
        values[label] = (left + int(draw.textlength(f"{label} ", font=face)), labels[label][1], right, bottom)
    return np.asarray(page), labels, values


def as_png(page: Picture) -> bytes:
    """Return a page as PNG."""
    out = BytesIO()
    Image.fromarray(page).save(out, "PNG")
    return out.getvalue()


def as_pdf(page: Picture) -> bytes:
    """Return a page as a scanned PDF of 150 dots an inch, its pixels as they are."""
    out = BytesIO()
    Image.fromarray(page).save(out, "PDF", resolution=150, quality=95)
    return out.getvalue()


def as_dicom(page: Picture) -> bytes:
    """Return a page as a secondary capture."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.Modality, dataset.PatientID, dataset.PatientName = "OT", "", ""
    dataset.Rows, dataset.Columns = page.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PixelData = page.tobytes()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "made"),
    [("form.png", as_png), ("form.pdf", as_pdf), ("form.dcm", as_dicom)],
    ids=["image", "PDF", "DICOM"],
)
@pytest.mark.parametrize("said", [FORM, SHORT], ids=["long labels", "short ones"])
def test_a_form_leaves_with_its_labels_and_without_its_values(
    name: str, made: Callable[[Picture], bytes], said: dict[str, str], key: ProjectKey
) -> None:
    """Read again, the labels say what stood there, and no word of a value is left."""
    page, labels, values = form(said)
    policy = load_policy("safe_harbor")
    document = ingest.read(made(page), name, "a", key)
    whose = pipeline.identify(document, policy, key)
    plan = pipeline.plan(whose, "0" * 64, policy, key)
    part = pipeline.apply(whose.document, plan, policy, key).part("pixels").value
    was, now = document.part("pixels").value.readable(0), part.readable(0)
    changed = np.zeros(page.shape, bool)
    for box in covered_boxes(plan):
        changed[box.top : box.top + box.height, box.left : box.left + box.width] = True
    assert was.shape[:2] == page.shape
    assert np.array_equal(was[~changed], now[~changed])
    for label, (left, top, right, bottom) in labels.items():
        assert not changed[top:bottom, left : right - 2].any(), label
    for label, (left, top, right, bottom) in values.items():
        ink = was[top:bottom, left:right, 0] < CLEAR
        gone = changed[top:bottom, left:right][ink].mean()
        assert gone == 0.0 if label == "Findings:" else gone == 1.0, label
    text = " ".join(word.text for word in read(now, "rapidocr")).lower()
    assert all(label.lower() in text for label in said)
    assert not any(word in text for word in ("okonkwo", "temperance", "1951", "17263", "raman"))


@pytest.mark.parametrize("kind", ["TIFF", "PDF"])
def test_pages_that_say_the_same_are_each_covered(kind: str, key: ProjectKey) -> None:
    """A letter that was scanned twice: the second page is no frame of a scene, of which one is judged for all."""
    page = Image.new("RGB", (520, 120), (20, 30, 40))
    ImageDraw.Draw(page).text((20, 40), "OKONKWO, TEMPERANCE", fill=(240, 240, 230), font=typefaces(26)[0])
    out = BytesIO()
    page.save(out, kind, save_all=True, append_images=[page, page.copy()])
    policy = load_policy("safe_harbor")
    document = ingest.read(out.getvalue(), f"letter.{kind[:3].lower()}", "a", key)
    plan = pipeline.plan(pipeline.identify(document, policy, key), "0" * 64, policy, key)
    assert {box.frame for box in covered_boxes(plan)} == {0, 1, 2}
