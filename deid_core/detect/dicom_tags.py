"""Find what PS3.15's Basic Profile and the policy's options act on, element by element, file meta included."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataelem import DataElement

from deid_core.ingest.elements import text_of, walk
from deid_core.ingest.representations import is_valid
from deid_core.model import Finding, Part, PartKind, TagPath
from deid_core.policy import Policy
from deid_core.standards.ps3_15 import TEMPORAL_VRS, Code, action, check_options, label

DICOM_ROOT = "1.2.840.10008."
STAYS = frozenset({"C", "K", "U"})


class DicomTags:
    """Yield one finding an element that does not stay as it is; a sequence that goes is one finding, not looked into.

    `rule` is `PS3.15/<code>`, or empty where the policy's own rule for the label acts: dates under the Modified Dates
    option, ages under Retain Patient Characteristics. Group lengths are left to the writer, which drops them.
    """

    name = "dicom_tags"
    version = "1"
    kinds = frozenset({PartKind.DATASET})

    def __init__(self, policy: Policy) -> None:
        """Take a policy; PolicyError for an option that PS3.15 does not have."""
        check_options(policy.dicom.options)

    def find_in(self, part: Part, policy: Policy) -> Iterator[Finding]:
        """Yield findings at whole elements, score 1; PolicyError for an option that PS3.15 does not have."""
        options = policy.dicom.options
        for path, element in walk(part.value, lambda element: code_of(element, options) in STAYS):
            if element.tag.element == 0 and not element.tag.is_private:
                continue
            code = code_of(element, options)
            rule = None if code in STAYS else f"PS3.15/{code}"
            if code == "U" and element.VR == "UI" and not _all_registered(element):
                rule = "PS3.15/U"
            elif _policy_decides(element, code):
                rule = ""
            if rule is not None:
                entity_type = label(int(element.tag), str(element.VR))
                yield Finding(entity_type, TagPath(part.name, path), 1.0, self.name, self.version, rule)


def code_of(element: DataElement, options: tuple[str, ...]) -> Code:
    """Return the action code of an element as it is: what cannot be read, or is not what its VR says, is removed."""
    vr = str(element.VR)
    code = action(int(element.tag), vr, options)
    if code not in STAYS:
        return code
    if vr == "UN" or (code == "U" and vr not in {"UI", "SQ"}):
        return "X"
    if vr in {"DS", "IS", "UI"} and not is_valid(vr, text_of(element) or ""):
        return "X"
    return code


def _all_registered(element: DataElement) -> bool:
    return all(not one or one.startswith(DICOM_ROOT) for one in (text_of(element) or "").split("\\"))


def _policy_decides(element: DataElement, code: Code) -> bool:
    """Say whether a kept date is to be shifted, or a kept age capped, by the policy's rule for its label."""
    if not text_of(element):
        return False
    return (code == "C" and element.VR in TEMPORAL_VRS) or (code in STAYS and element.VR == "AS")
