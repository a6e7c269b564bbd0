"""Find what PS3.15's Basic Profile and the policy's options act on, element by element, file meta included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from deid_core.detect.descriptor_names import names_in
from deid_core.entities import EntityType
from deid_core.ingest.actions import STAYS, code_of, type_at
from deid_core.ingest.elements import text_of, walk
from deid_core.model import Finding, Part, PartKind, TagPath
from deid_core.policy import Policy
from deid_core.standards.ps3_15 import BYTES_VRS, TEMPORAL_VRS, Code, check_options, label, temporal
from deid_core.standards.uids import is_registered

DIGITS, LONG_NUMBER = frozenset({"DS", "IS"}), 6
NUMBER = re.compile(rf"(?<!\d)(?=0*[1-9])\d{{{LONG_NUMBER},}}")  # zeros alone are nobody's
SAYING = frozenset({0x00080104, 0x0040A160})  # Code Meaning, Text Value: the standard has no word on them
OWN_NUMBERS, OWN_DATES = (0x00100020, 0x00080050), (0x00100030, 0x00080020)  # Patient ID, Accession Number; born, study
CLASSES = frozenset({0x00020002, 0x00020010, 0x00080016})  # what says how a file is to be read
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
        sop_class, own = str(part.value.get("SOPClassUID") or ""), _own_numbers(part.value, options)
        for path, element in walk(part.value, lambda element: code_of(element, options) in STAYS):
            if element.tag.element == 0 and not element.tag.is_private:
                continue
            code = code_of(element, options, type_at(sop_class, path))
            rule = rule_of(element, code)
            if rule is not None:
                entity_type = label(int(element.tag), str(element.VR))
                yield Finding(entity_type, TagPath(part.name, path), 1.0, self.name, self.version, rule)
            elif own and (told := _tells(own, element)):
                yield Finding(EntityType.ID, TagPath(part.name, path), 1.0, self.name, self.version, told)
            elif (code == "C" and element.VR in DESCRIBING) or element.tag in SAYING:
                yield from self._described(part, path, element)

    def _described(self, part: Part, path: str, element: DataElement) -> Iterator[Finding]:
        """Yield names and institutions in a descriptor that is cleaned, by their shape."""
        for span in names_in(text_of(element) or ""):
            location = TagPath(part.name, path, span.start, span.end)
            yield Finding(span.entity_type, location, span.score, self.name, self.version, span.rule)


def telling(options: Sequence[str]) -> tuple[int, ...]:
    """Return the tags of numbers that are the patient's and the study's own, and of dates unless they may stay."""
    return OWN_NUMBERS if temporal(options) == "K" else (*OWN_NUMBERS, *OWN_DATES)


def _own_numbers(dataset: Dataset, options: Sequence[str]) -> frozenset[str]:
    """Return the long runs of digits of the patient's and the study's numbers: they may stand among numbers."""
    texts = (text_of(dataset[tag]) or "" for tag in telling(options) if tag in dataset)
    return frozenset(number for text in texts for number in NUMBER.findall(text))


def _tells(own: frozenset[str], element: DataElement) -> str:
    """Return the rule by which a number goes that is one of the patient's own, or a UID that holds one; "" for none."""
    if element.VR in DIGITS:
        return "" if own.isdisjoint((text_of(element) or "").split("\\")) else "PS3.15/D"
    if element.VR != "UI" or element.tag in CLASSES:
        return ""
    return "PS3.15/U" if any(number in (text_of(element) or "") for number in own) else ""


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
    return all(not one or is_registered(one) for one in (text_of(element) or "").split("\\"))


def _policy_decides(element: DataElement, code: Code) -> bool:
    """Say whether a kept date is to be shifted, or a kept age capped, by the policy's rule for its label."""
    if not text_of(element):
        return False
    return (code == "C" and element.VR in TEMPORAL_VRS) or (code in STAYS and element.VR == "AS")
