"""Do one text of a DICOM header by itself, as the plain way does it in its file.

What becomes of such a text depends on what the detectors find in it and on what is known of its subject. A text that
tells something of the subject that is then known (a name, a number) concerns its whole file, and is not done here; nor
is one that a model of language reads together with others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO

from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.filereader import read_dataset

from deid_core import edit, pipeline
from deid_core.decide import decide, is_whole
from deid_core.ingest.actions import code_of
from deid_core.ingest.dicom import MEDIA_TYPE, all_converted
from deid_core.ingest.dicom_plain import encoded
from deid_core.ingest.dicom_scan import Unusual
from deid_core.ingest.dicom_structure import LONG_VRS
from deid_core.ingest.elements import text_of
from deid_core.keys import ProjectKey
from deid_core.model import Document, Finding, Part, PartKind, Plan
from deid_core.policy import Policy
from deid_core.ports import KnownValue
from deid_core.resolve import resolve
from deid_core.search import is_alone as is_read_alone
from deid_core.search import structural, textual, views
from deid_core.splice_sorted import is_alone
from deid_core.standards.ps3_15 import dictionary_vr
from deid_core.view import TextView

READS = frozenset({"C", "K"})  # the codes under which a text stays, and is read
# letters that are the same in every character set but those that switch
SAME = re.compile(rb"[ -}\r\n]*\0?").fullmatch


@dataclass(frozen=True, slots=True)
class Unit:
    """Hold what a text, or all else that stands in a sequence, becomes, and as what it is read.

    `document` holds a text that was done by itself, and `findings` what was found in it whoever it is about.
    """

    fills: tuple[bytes, ...] = field(repr=False)
    texts: tuple[TextView, ...] = field(repr=False)
    findings: tuple[Finding, ...] = ()
    document: Document | None = field(default=None, repr=False)


class Texts:
    """Do single texts under one policy and key."""

    def __init__(self, policy: Policy, key: ProjectKey, code: Callable[[str], str]) -> None:
        """Take what `pipeline.apply` takes."""
        self._policy, self._key, self._code = policy, key, code
        self._modelled = bool(pipeline.models_of(policy))

    def unit(self, raw: bytes, *, implicit: bool) -> Unit | None:
        """Return what an element is read as, and what it becomes where nothing known of its subject stands in it.

        None for any but a public text that stays, and tells nothing of its subject.
        """
        document = _document(raw, implicit=implicit)
        if document is None:
            return None
        (element,) = document.parts[0].value
        if code_of(element, self._policy.dicom.options) not in READS:
            return None
        shaped = [finding for finding, _ in structural(document, self._policy)]
        if any(map(is_whole, shaped)):
            return None
        texts = tuple(views(document, self._policy, [PartKind.DATASET]))
        if self._modelled and any(view.prose and not is_read_alone(view) for view in texts):
            return None
        found = pipeline.found_alone(texts, self._policy, self._key)
        return None if found is None else Unit((_put(document, implicit=implicit),), texts, (*shaped, *found), document)

    def filled(self, unit: Unit, subject: str, known: tuple[KnownValue, ...], *, implicit: bool) -> bytes:
        """Return what a text that was done by itself becomes in a file of a subject of whom values are known.

        Raises Unusual where that is written in other letters than all character sets have.
        """
        document = unit.document
        if document is None:
            raise Unusual
        told = [finding for finding, _ in textual(unit.texts, self._policy, ("known_values",), lambda _: known)]
        decisions = resolve(decide(finding, self._policy) for finding in (*unit.findings, *told))
        chosen = Plan(document.asset_id, "", self._policy.sha256, decisions, subject, MEDIA_TYPE)
        made = pipeline.replacements(document, chosen, self._policy, self._key, self._code)
        cleaned = edit.put(document, [(decision.finding.location, value) for decision, value in made])
        if not all((text_of(element) or "").isascii() for element in cleaned.parts[0].value):
            raise Unusual
        return _put(cleaned, implicit=implicit)


def _document(raw: bytes, *, implicit: bool) -> Document | None:
    """Return a document of one public text in plain letters; None for any other element."""
    vr = dictionary_vr(int.from_bytes(raw[:2], "little") << 16 | int.from_bytes(raw[2:4], "little"))
    long = not implicit and vr.encode() in LONG_VRS
    if not is_alone(raw[:4]) or not (implicit or raw[4:6] == vr.encode()) or not SAME(raw, 12 if long else 8):
        return None
    elements = all_converted(read_dataset(BytesIO(raw), implicit, is_little_endian=True))
    held = FileDataset("", dict(elements._dict), None, FileMetaDataset(), implicit, True)  # noqa: SLF001 - no copy
    held.set_original_encoding(implicit, True, elements.original_character_set)
    return Document("", MEDIA_TYPE, "", (Part("dataset", PartKind.DATASET, held),))


def _put(document: Document, *, implicit: bool) -> bytes:
    return encoded(document.parts[0].value, implicit=implicit, little=True)
