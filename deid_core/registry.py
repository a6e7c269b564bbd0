"""Names to plug-ins, imported on demand.

A line here is all that a new detector, operator, reader or extractor needs besides its own file;
packages from outside add theirs by the entry points `deidflow.detectors`, `.operators`, `.readers`, `.extractors`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from deid_core.errors import MissingExtra, UsageError

PLUGINS: dict[str, dict[str, str]] = {
    "detectors": {
        "patterns": "deid_core.detect.patterns:Patterns",
        "known_values": "deid_core.detect.known_values:KnownValuesDetector",
        "ner": "deid_core.detect.ner:Ner",
        "ner_accurate": "deid_core.detect.ner_onnx:NerOnnx",
        "ner_own": "deid_core.detect.ner_own:OwnNer",
        "columns": "deid_core.detect.columns:Columns",
        "dicom_tags": "deid_core.detect.dicom_tags:DicomTags",
        "image_metadata": "deid_core.detect.image_metadata:ImageMetadata",
        "faces": "deid_core.detect.faces:Faces",
        "barcodes": "deid_core.detect.barcodes:Barcodes",
        "slide_labels": "deid_core.detect.slide_labels:SlideLabels",
        "head_scans": "deid_core.detect.head_scans:HeadScans",
    },
    "operators": {
        "keep": "deid_core.transform.redact:keep",
        "remove": "deid_core.transform.redact:remove",
        "redact": "deid_core.transform.redact:redact",
        "mask_label": "deid_core.transform.mask:mask_label",
        "mask_same_length": "deid_core.transform.mask:mask_same_length",
        "mask_fixed": "deid_core.transform.mask:mask_fixed",
        "surrogate": "deid_core.transform.surrogates:surrogate",
        "custom_list": "deid_core.transform.surrogates:custom_list",
        "date_shift": "deid_core.transform.dates:date_shift",
        "date_year": "deid_core.transform.dates:date_year",
        "age_cap": "deid_core.transform.generalise:age_cap",
        "age_band": "deid_core.transform.generalise:age_band",
        "zip3": "deid_core.transform.generalise:zip3",
        "hierarchy": "deid_core.transform.generalise:hierarchy",
        "subject_code": "deid_core.transform.tokens:subject_code",
        "fill": "deid_core.transform.pixels:fill",
        "blur": "deid_core.transform.pixels:blur",
        "dicom_X": "deid_core.transform.dicom:remove_element",
        "dicom_Z": "deid_core.transform.dicom:zero_length",
        "dicom_D": "deid_core.transform.dicom:dummy",
        "dicom_U": "deid_core.transform.dicom:remap_uid",
        "dicom_C": "deid_core.transform.dicom:clean_bytes",
    },
    "readers": {
        "text/plain": "deid_core.ingest.text:TextReader",
        "text/csv": "deid_core.ingest.records:CsvReader",
        "application/jsonl": "deid_core.ingest.json_lines:JsonLinesReader",
        "application/dicom": "deid_core.ingest.dicom:DicomReader",
        "image/png": "deid_core.ingest.image:ImageReader",
        "image/jpeg": "deid_core.ingest.image:ImageReader",
        "image/tiff": "deid_core.ingest.image:ImageReader",
        "image/webp": "deid_core.ingest.image:ImageReader",
        "image/heic": "deid_core.ingest.image_heif:HeifReader",
        "application/pdf": "deid_core.ingest.image:ImageReader",
    },
    "extractors": {
        "text": "deid_core.extract.text:text_views",
        "record": "deid_core.extract.text:record_views",
        "dataset": "deid_core.extract.dicom:dataset_views",
        "pixels": "deid_core.extract.ocr:pixel_views",
    },
    # what a part hides that no text detector can judge
    "unread": {"pixels": "deid_core.extract.unread:unread"},
    # what a format asks to be written of its de-identification
    "marks": {"application/dicom": "deid_core.ingest.marks:dicom"},
    # the bytes of a format that are samples: digits stand in them by chance
    "samples": {"application/dicom": "deid_core.ingest.marks:without_samples"},
    "dicom": {"vr_at": "deid_core.ingest.elements:vr_at"},
    "ocr": {
        "rapidocr": "deid_core.extract.rapid:RapidOcr",
        "easyocr": "deid_core.extract.easy:EasyOcr",
        "tesseract": "deid_core.extract.tesseract:Tesseract",
    },
}

EXTRAS = {"easyocr": "easyocr", "torch": "easyocr"}


@cache  # entry points are looked up in every installed package
def names(group: str) -> tuple[str, ...]:
    """List the names of a group: ours, then those of entry points."""
    return (*PLUGINS[group], *(point.name for point in entry_points(group=f"deidflow.{group}")))


@cache
def load(group: str, name: str) -> Any:
    """Import a plug-in by group and name.

    Raises UsageError for a name that nobody registered, MissingExtra where its dependency is not installed.
    """
    target = PLUGINS[group].get(name)
    if target is None:
        for point in entry_points(group=f"deidflow.{group}", name=name):
            return point.load()
        raise UsageError(f"no {group.rstrip('s')} is named {name!r}; there are: {', '.join(names(group))}")
    module, attribute = target.split(":")
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if missing not in EXTRAS:
            raise
        raise MissingExtra(f"{name} needs {missing}: pip install 'deidflow[{EXTRAS[missing]}]'") from error
