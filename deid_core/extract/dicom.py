"""The texts of a DICOM dataset: one view an element, its source the element's keyword."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement

from deid_core.ingest.elements import text_of, walk
from deid_core.model import Document, Part, TagPath
from deid_core.policy import Policy
from deid_core.standards.ps3_15 import action, row_of
from deid_core.view import TextView, whole

READ_VRS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
PROSE_VRS = frozenset({"LT", "ST", "UT"})  # others only where PS3.15 asks to clean them
STAYS = frozenset({"C", "K", "U"})


def dataset_views(document: Document, part: Part, policy: Policy) -> Iterator[TextView]:
    """Yield the texts of a dataset, file meta left out because writing makes it anew.

    Where the policy runs `dicom_tags`, elements that it finds whole are not read again, nor those that a Retain option
    of the policy keeps as they are.
    """
    options = policy.dicom.options
    tags_run = "dicom_tags" in policy.detectors

    def reads(element: DataElement) -> bool:
        return not tags_run or _stays_to_be_read(element, options)

    for path, element in walk(part.value, reads):
        if element.VR not in READ_VRS or path.startswith("0002") or not reads(element):
            continue
        text = text_of(element) or ""
        if text.strip():
            subject = part.subject_key or document.subject_key
            prose = element.VR in PROSE_VRS or action(int(element.tag), str(element.VR), options) == "C"
            keyword = keyword_for_tag(element.tag) or "private"
            yield whole(text, TagPath(part.name, path), subject, keyword, prose=prose)


def _stays_to_be_read(element: DataElement, options: tuple[str, ...]) -> bool:
    code = action(int(element.tag), str(element.VR), options)
    retained = code == "K" and row_of(int(element.tag)) is not None and element.VR != "SQ"
    return code in STAYS and not retained
