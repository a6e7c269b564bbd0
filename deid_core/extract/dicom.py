"""The texts of a DICOM dataset, for the text detectors: what the tags' detector leaves as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from deid_core.extract.believed import MAKERS, VERSIONS, Judge, believed, known_of_house, known_of_person, told_in_parts
from deid_core.extract.descriptors import LONGEST_TERM, is_trade, shown, version
from deid_core.extract.header_text import as_seen, through
from deid_core.extract.parted import parted
from deid_core.ingest.actions import STAYS, code_of
from deid_core.ingest.elements import each, text_of
from deid_core.model import Document, Part, TagPath
from deid_core.policy import Policy
from deid_core.standards.coding_schemes import is_code, is_scheme, is_version
from deid_core.standards.ps3_15 import action, dictionary_vr, row_of
from deid_core.view import Segment, TextView

READ_VRS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
SHORT_VRS = frozenset({"LO", "SH", "UC"})
PROSE_VRS = frozenset({"LT", "ST", "UT"})  # others only where PS3.15 asks to clean them
CHARACTERISTICS = "retain_patient_characteristics"
CODE_VALUES = frozenset({"CodeValue", "LongCodeValue"})
_LONG_NUMBER = re.compile(r"\d{4}")
_OFFSET = re.compile(r"[+-](0\d|1[0-4])[0-5]\d *")
Place = tuple[str, DataElement, Dataset]


def dataset_views(document: Document, part: Part, policy: Policy) -> Iterator[TextView]:
    """Yield the texts of a dataset, file meta left out because writing makes it anew.

    Where the policy runs `dicom_tags`, elements that it finds whole are not read again, nor those that can say nothing
    of a person: codes of published vocabularies, terms made of words of the trade, the names of private blocks that we
    know. Of those that a Retain option of the policy keeps as they are, only what is known of the subject goes.
    """
    options = policy.dicom.options
    tags_run = "dicom_tags" in policy.detectors

    def reads(element: DataElement) -> bool:
        return not tags_run or _stays_to_be_read(element, options)

    for path, element, item in _places(part.value, reads):
        if element.VR not in READ_VRS or not reads(element) or (tags_run and _is_term(element, item)):
            continue
        text = text_of(element) or ""
        if text.strip():
            held = tags_run and _is_retained(element, options)
            judge, prose = _judge_of(element) if held else believed, not held and _is_prose(element, text, options)
            subject, place = part.subject_key or document.subject_key, TagPath(part.name, path)
            yield from _views_of(element, text, _Read(place, subject, prose, judge))


class _Read(NamedTuple):
    """Say where an element is, whom it is about, whether it is prose, and what judges findings in it."""

    place: TagPath
    subject: str
    prose: bool
    judge: Judge


def _views_of(element: DataElement, raw: str, how: _Read) -> Iterator[TextView]:
    """Yield an element's text as people see it, and then with blanks where words may be written together."""
    keyword, stored = keyword_for_tag(element.tag) or "private", as_seen(raw)
    segments, seen = (Segment(0, len(raw), how.place),), _shown(element, keyword, stored.text)
    belief = partial(how.judge, keyword, stored.text)
    yield TextView(seen, segments, how.subject, keyword, how.prose, belief, stored)
    for way in parted(stored.text) if element.VR != "PN" else ():
        belief, back = partial(told_in_parts, how.judge, keyword, way.text), through(way, stored)
        yield TextView(way.text, segments, how.subject, keyword, prose=False, belief=belief, stored=back)


def _places(item: Dataset, reads: Callable[[DataElement], bool], prefix: str = "") -> Iterator[Place]:
    """Yield (path, element, what holds it) in tag order, to any depth."""
    for element in each(item):
        path = f"{prefix}{element.tag:08X}"
        yield path, element, item
        if element.VR == "SQ" and element.value and reads(element):
            for index, inner in enumerate(element.value):
                yield from _places(inner, reads, f"{path}[{index}].")


def _stays_to_be_read(element: DataElement, options: tuple[str, ...]) -> bool:
    return code_of(element, options) in STAYS


def _is_retained(element: DataElement, options: tuple[str, ...]) -> bool:
    """Say whether a Retain option keeps an element, and it is of the representation that the dictionary gives it."""
    if element.tag.is_private or row_of(int(element.tag)) is None or code_of(element, options) != "K":
        return False
    return dictionary_vr(int(element.tag)) == element.VR


def _judge_of(element: DataElement) -> Judge:
    """Return what judges findings in an element that is retained: a patient's sex is no institution's name."""
    row = row_of(int(element.tag)) or {"options": {}}
    return known_of_person if CHARACTERISTICS in row["options"] else known_of_house


def _is_term(element: DataElement, item: Dataset) -> bool:
    """Say whether an element holds a term of the standard or of a published vocabulary, and nothing else."""
    text, keyword = text_of(element) or "", element.keyword
    scheme = str(item.get("CodingSchemeDesignator") or "")
    if element.tag.is_private_creator:
        return True  # left as it is only where we know it
    if keyword in CODE_VALUES:
        return is_code(scheme, text)
    if keyword == "CodingSchemeDesignator":
        return is_scheme(text)
    if keyword == "CodingSchemeVersion":
        return is_scheme(scheme) and is_version(text)
    if keyword == "TimezoneOffsetFromUTC":
        return _OFFSET.fullmatch(text) is not None
    listed = element.VR == "CS" or keyword in MAKERS
    return listed and is_trade(text) and not _LONG_NUMBER.search(text)


def _is_prose(element: DataElement, text: str, options: tuple[str, ...]) -> bool:
    """Say whether a model of language is asked: of prose and what PS3.15 asks to clean, but for words of the trade."""
    if element.VR not in PROSE_VRS and action(int(element.tag), str(element.VR), options) != "C":
        return False
    return element.keyword not in VERSIONS | MAKERS and (len(text) > LONGEST_TERM or not is_trade(text))


def _shown(element: DataElement, keyword: str, text: str) -> str:
    if keyword in VERSIONS:
        return version(text)
    if element.VR in SHORT_VRS | PROSE_VRS:
        return shown(text, short=element.VR in SHORT_VRS)
    return text
