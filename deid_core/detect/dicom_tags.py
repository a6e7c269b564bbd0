"""Find what PS3.15's Basic Profile and the policy's options act on, element by element, file meta included."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from deid_core.detect.descriptor_names import names_in
from deid_core.entities import EntityType
from deid_core.ingest.actions import STAYS, code_of, type_at
from deid_core.ingest.elements import text_of, walk
from deid_core.model import Finding, Part, PartKind, TagPath
from deid_core.policy import Policy
from deid_core.standards.ps3_15 import BYTES_VRS, TEMPORAL_VRS, Code, check_options, label

DICOM_ROOT = "1.2.840.10008."
DIGITS, LONG_NUMBER = frozenset({"DS", "IS"}), 6
SAYING = frozenset({0x00080104, 0x0040A160})  # Code Meaning, Text Value: the standard has no word on them
DESCRIBING = frozenset({"LO", "LT", "SH", "ST", "UC", "UT"})


class DicomTags:
    """Yield one finding an element that does not stay as it is; a sequence that goes is one finding, not looked into.

    `rule` is `PS3.15/<code>`, or empty where the policy's own rule for the label acts: dates under the Modified Dates
    option, ages under Retain Patient Characteristics. In a descriptor that is cleaned, names and institutions are found
    by their shape, each a span; a number that is the patient's own goes. Group lengths are left to the writer, which
    drops them.
    """

    name = "dicom_tags"
    version = "3"
    kinds = frozenset({PartKind.DATASET})

    def __init__(self, policy: Policy) -> None:
        """Take a policy; PolicyError for an option that PS3.15 does not have."""
        check_options(policy.dicom.options)

    def find_in(self, part: Part, policy: Policy) -> Iterator[Finding]:
        """Yield findings at whole elements, score 1; PolicyError for an option that PS3.15 does not have."""
        options = policy.dicom.options
        sop_class, own = str(part.value.get("SOPClassUID") or ""), _own_numbers(part.value)
        for path, element in walk(part.value, lambda element: code_of(element, options) in STAYS):
            if element.tag.element == 0 and not element.tag.is_private:
                continue
            code = code_of(element, options, type_at(sop_class, path))
            rule = rule_of(element, code)
            if rule is not None:
                entity_type = label(int(element.tag), str(element.VR))
                yield Finding(entity_type, TagPath(part.name, path), 1.0, self.name, self.version, rule)
            elif own and element.VR in DIGITS and not own.isdisjoint((text_of(element) or "").split("\\")):
                yield Finding(EntityType.ID, TagPath(part.name, path), 1.0, self.name, self.version, "PS3.15/D")
            elif (code == "C" and element.VR in DESCRIBING) or element.tag in SAYING:
                yield from self._described(part, path, element)

    def _described(self, part: Part, path: str, element: DataElement) -> Iterator[Finding]:
        """Yield names and institutions in a descriptor that is cleaned, by their shape."""
        for span in names_in(text_of(element) or ""):
            location = TagPath(part.name, path, span.start, span.end)
            yield Finding(span.entity_type, location, span.score, self.name, self.version, span.rule)


def _own_numbers(dataset: Dataset) -> frozenset[str]:
    """Return the patient's and the study's numbers that are long and of digits alone: they may stand among numbers."""
    texts = (str(dataset.get(keyword) or "").strip() for keyword in ("PatientID", "AccessionNumber"))
    return frozenset(text for text in texts if len(text) >= LONG_NUMBER and text.isdigit())


def rule_of(element: DataElement, code: Code) -> str | None:
    """Return a finding's rule for an element with a code: `PS3.15/X`, "" for the policy's own, None for no finding."""
    if code not in STAYS:
        return f"PS3.15/{code}"
    if code == "U" and element.VR == "UI" and not _all_registered(element):
        return "PS3.15/U"
    if code == "C" and element.VR in BYTES_VRS:
        return "PS3.15/C"
    return "" if _policy_decides(element, code) else None


def _all_registered(element: DataElement) -> bool:
    return all(not one or one.startswith(DICOM_ROOT) for one in (text_of(element) or "").split("\\"))


def _policy_decides(element: DataElement, code: Code) -> bool:
    """Say whether a kept date is to be shifted, or a kept age capped, by the policy's rule for its label."""
    if not text_of(element):
        return False
    return (code == "C" and element.VR in TEMPORAL_VRS) or (code in STAYS and element.VR == "AS")
