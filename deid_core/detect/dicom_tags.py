"""Find what PS3.15's Basic Profile and the policy's options act on, element by element, file meta included."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataelem import DataElement

from deid_core.ingest.actions import STAYS, code_of, type_at
from deid_core.ingest.elements import text_of, walk
from deid_core.model import Finding, Part, PartKind, TagPath
from deid_core.policy import Policy
from deid_core.standards.ps3_15 import BYTES_VRS, TEMPORAL_VRS, Code, check_options, label

DICOM_ROOT = "1.2.840.10008."


class DicomTags:
    """Yield one finding an element that does not stay as it is; a sequence that goes is one finding, not looked into.

    `rule` is `PS3.15/<code>`, or empty where the policy's own rule for the label acts: dates under the Modified Dates
    option, ages under Retain Patient Characteristics. Group lengths are left to the writer, which drops them.
    """

    name = "dicom_tags"
    version = "2"
    kinds = frozenset({PartKind.DATASET})

    def __init__(self, policy: Policy) -> None:
        """Take a policy; PolicyError for an option that PS3.15 does not have."""
        check_options(policy.dicom.options)

    def find_in(self, part: Part, policy: Policy) -> Iterator[Finding]:
        """Yield findings at whole elements, score 1; PolicyError for an option that PS3.15 does not have."""
        options = policy.dicom.options
        sop_class = str(part.value.get("SOPClassUID") or "")
        for path, element in walk(part.value, lambda element: code_of(element, options) in STAYS):
            if element.tag.element == 0 and not element.tag.is_private:
                continue
            rule = rule_of(element, code_of(element, options, type_at(sop_class, path)))
            if rule is not None:
                entity_type = label(int(element.tag), str(element.VR))
                yield Finding(entity_type, TagPath(part.name, path), 1.0, self.name, self.version, rule)


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
