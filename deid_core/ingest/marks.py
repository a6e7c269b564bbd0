"""What DICOM asks to be written of its de-identification, and which of its bytes are samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from deid_core.entities import EntityType
from deid_core.ingest.dicom import inflated_parts, mark
from deid_core.ingest.dicom_documents import FRAME, WORDS
from deid_core.ingest.dicom_frames import PIXEL_KEYWORDS
from deid_core.ingest.elements import put_text, walk
from deid_core.ingest.pieces import Mapped, View
from deid_core.model import Document
from deid_core.policy import Policy

FULL, MODIFIED = "retain_long_full_dates", "retain_long_modified_dates"
STRUCTURED = "clean_structured_content"
FEATURES = "clean_recognisable_features"
ORIGINAL, DERIVED = "ORIGINAL", "DERIVED"
TYPES = frozenset({"ImageType", "FrameType"})
FACES = frozenset({"faces", "head_scans"})  # the detectors that look for faces
VOLUMES = frozenset({"CT", "MR", "PT", "NM"})  # a face can be drawn from their slices, and no slice shows it


def dicom(document: Document, policy: Policy) -> Document:
    """Mark a DICOM document that the caller owns as de-identified under a policy: PS3.15 E.1.1."""
    dataset = document.part("dataset").value
    options = list(_claimed(document, policy))
    mark(dataset, options, policy.name, policy.version, pixels_searched="pixels" in document)
    if not {FULL, MODIFIED} & set(options) and policy.rule(EntityType.DATE).action == "date_shift":
        put_text(
            dataset, "LongitudinalTemporalInformationModified", "MODIFIED"
        )  # where a date must stand, a shifted one
    if FEATURES in options:
        put_text(dataset, "RecognizableVisualFeatures", "NO")
    if "pixels" in document and getattr(document.part("pixels").value, "edited", None):
        derived(dataset)
    if STRUCTURED not in options:  # words of a CDA document are not released
        return replace(document, parts=tuple(part for part in document.parts if part.name not in {WORDS, FRAME}))
    return document


def derived(dataset: Dataset) -> None:
    """Say of an image that the caller owns, and of each of its frames, that samples were changed: PS3.3 C.7.6.1.1.2.

    Value 1 of Image Type and Frame Type; where there is none, none is made.
    """
    for _, element in walk(dataset):
        if element.keyword in TYPES and element.value:
            first, *others = [element.value] if isinstance(element.value, str) else element.value
            if str(first).strip() == ORIGINAL:
                element.value = [DERIVED, *others]


def _claimed(document: Document, policy: Policy) -> Iterator[str]:
    """Yield the options of a policy that were carried out on a document, in its order.

    Where dates are shifted they are not retained in full. Clean Recognisable Visual Features is claimed where faces
    were looked for and none can be drawn from slices: for a head that a person let pass, nobody claims it.
    """
    shown = str(document.part("dataset").value.get("Modality") or "")
    looked = set(policy.detectors) >= FACES and "pixels" in document and shown not in VOLUMES
    for option in policy.dicom.options:
        superseded = option == FULL and MODIFIED in policy.dicom.options
        if not superseded and (option != FEATURES or looked):
            yield option


def without_samples(document: Document, output: Mapped) -> bytes:
    """Return the bytes of a DICOM output, of which a document was read, inflated, and without its pixels'."""
    dataset = document.part("dataset").value
    value = next((dataset[keyword].value for keyword in PIXEL_KEYWORDS if keyword in dataset), b"")
    value = value.held if isinstance(value, View) else value
    head = b""
    if dataset.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
        held = cast("Mapped", value.obj) if isinstance(value, memoryview) else None
        head, output = inflated_parts(output, held)
    if isinstance(value, memoryview):
        at = _address(value) - _address(output)
        return head + output[:at] + output[at + len(value) :]
    return head + (output[:].replace(value, b"") if value else output[:])


def _address(data: Mapped | memoryview) -> int:
    """Return where in memory bytes lie: a view does not say where it is in what it is of."""
    address: int = np.frombuffer(data, np.uint8).ctypes.data
    return address
