"""Walk a DICOM dataset to any depth, and get and put the values at its paths.

A text element's text is its values joined by a backslash, as DICOM stores them. File meta elements (group 0002) and
those of the dataset share one namespace of paths. A dataset is one that `ingest.dicom` read: all of it is converted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag

from deid_core.errors import ChangedAsset
from deid_core.ingest.charsets import holds
from deid_core.ingest.representations import fitted
from deid_core.model import TagPath
from deid_core.standards.ps3_15 import NUMBER_VRS, TEXT_VRS

WRITTEN_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})  # in the character sets declared
UTF8 = "ISO_IR 192"
CHARACTER_SET = 0x00080005
_STEP = re.compile(r"([0-9A-F]{8})(?:\[(\d+)\])?")
Edit = tuple[TagPath, Any]


def each(dataset: Dataset) -> Iterator[DataElement]:
    """Yield a dataset's elements in tag order, those that are converted as they are: pydicom's own way takes thrice."""
    held = dataset._dict  # noqa: SLF001 - there is no other way to what is converted
    for tag in sorted(held, key=int):
        element = held[tag]
        yield element if type(element) is DataElement else dataset[tag]


def walk(
    dataset: Dataset, descend: Callable[[DataElement], bool] = lambda _: True, prefix: str = ""
) -> Iterator[tuple[str, DataElement]]:
    """Yield (path, element) in tag order, file meta first, each sequence before what is in it.

    `descend` says of a sequence whether to go into it.
    """
    meta = getattr(dataset, "file_meta", None)
    if meta is not None:
        yield from walk(meta, descend, prefix)
    for element in each(dataset):
        path = f"{prefix}{element.tag:08X}"
        yield path, element
        if element.VR == "SQ" and element.value and descend(element):
            for index, item in enumerate(element.value):
                yield from walk(item, descend, f"{path}[{index}].")


def text_of(element: DataElement) -> str | None:
    """Return a text element's text, its values joined by a backslash; None where the element is no text."""
    if element.VR not in TEXT_VRS:
        return None
    value = element.value
    if type(value) is str:
        return value
    if value is None:
        return ""
    return "\\".join(map(str, value)) if isinstance(value, (MultiValue, list, tuple)) else str(value)


def get(dataset: Dataset, where: TagPath) -> Any:
    """Return the value at a path: text (whole or the span), bytes, numbers or a list of items.

    Raises ChangedAsset where the dataset has no element there.
    """
    _, element = _held(dataset, where.path)
    text = text_of(element)
    if text is None:
        return element.value
    return text if where.start is None else text[where.start : where.end]


def vr_at(dataset: Dataset, where: TagPath) -> str:
    """Return the value representation of the element at a path; ChangedAsset where there is none."""
    return str(_held(dataset, where.path)[1].VR)


def put(dataset: Dataset, edits: Sequence[Edit]) -> None:
    """Change a dataset in place: each (path, value) in turn, None deleting the element.

    Spans of one text go in right to left, and a whole value overrides spans. What is put is made valid for its value
    representation; where the character set has no room for it, the whole dataset becomes UTF-8.
    Raises ChangedAsset where the dataset has no element at a path.
    """
    by_path: dict[str, list[Edit]] = defaultdict(list)
    for where, value in edits:
        by_path[where.path].append((where, value))
    for path in sorted(by_path, key=lambda path: -path.count(".")):  # what is inside before what holds it
        parent, element = _held(dataset, path)
        value = _new_value(element, by_path[path])
        if value is None:
            del parent._dict[element.tag]  # noqa: SLF001 - pydicom's own way takes thrice
        else:
            _store(dataset, parent, element, value)


def _new_value(element: DataElement, edits: list[Edit]) -> Any:
    for where, value in edits:
        if where.start is None:
            return value
    text = text_of(element)
    if text is None:
        raise ChangedAsset(f"a span of {element.tag} was planned, and it is no text")
    for where, value in sorted(edits, key=lambda edit: edit[0].start or 0, reverse=True):
        text = text[: where.start] + str(value or "") + text[where.end :]
    return text


def _store(dataset: Dataset, parent: Dataset, element: DataElement, value: Any) -> None:
    vr = element.VR
    if vr in TEXT_VRS:
        value = fitted(vr, str(value))
        if not _encodable(value, vr, parent, dataset):
            use_utf8(dataset)
    elif vr == "SQ":
        value = Items(list(value) if value else [])
    elif vr in NUMBER_VRS:
        value = None if isinstance(value, (str, bytes)) else value
    elif isinstance(value, str):
        value = value.encode()
    parent[element.tag] = DataElement(element.tag, vr, value, validation_mode=config.IGNORE)


def put_text(dataset: Dataset, keyword: str, text: str) -> None:
    """Set a text attribute of the dataset by its keyword, made valid for its value representation."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    vr = dictionary_VR(tag)
    dataset[tag] = DataElement(tag, vr, fitted(vr, text), validation_mode=config.IGNORE)


def unknown(tag: int, value: bytes) -> DataElement:
    """Make an element of VR UN, whatever the dictionary says of its tag: its bytes are not what they should be."""
    element = DataElement(tag, "OB", value)
    element.VR = "UN"
    return element


def _encodable(text: str, vr: str, *holders: Dataset) -> bool:
    declared = next((holder.SpecificCharacterSet for holder in holders if holder.get("SpecificCharacterSet")), "")
    return holds(text, declared, vr)


def keep_letters(dataset: Dataset) -> None:
    """Make a dataset UTF-8 where its character sets of several parts cannot hold one of its texts.

    What was read in one single-byte set goes out in it, so most datasets need no look.
    """
    declared = (text_of(element) or "" for path, element in walk(dataset) if path.endswith(f"{CHARACTER_SET:08X}"))
    if not any("2022" in term or term.endswith(" 13") for terms in declared for term in terms.split("\\")):
        return
    holder_of: list[tuple[Dataset, Dataset]] = [(dataset, dataset)]
    while holder_of:
        here, above = holder_of.pop()
        near = here if here.get("SpecificCharacterSet") else above
        for element in each(here):
            if element.VR == "SQ":
                holder_of += [(item, near) for item in element.value or ()]
            elif element.VR in WRITTEN_VRS and not _encodable(text_of(element) or "", element.VR, near):
                use_utf8(dataset)
                return


def use_utf8(dataset: Dataset) -> None:
    """Declare UTF-8 for the dataset and drop what its items declare, which would override it."""
    for _, element in walk(dataset):
        for item in element.value if element.VR == "SQ" else ():
            if CHARACTER_SET in item:
                del item[CHARACTER_SET]
    dataset[CHARACTER_SET] = DataElement(CHARACTER_SET, "CS", UTF8)


def _held(dataset: Dataset, path: str) -> tuple[Dataset, DataElement]:
    """Return the dataset or item that holds the element of a path, and the element."""
    here: Dataset = dataset.file_meta if path.startswith("0002") and hasattr(dataset, "file_meta") else dataset
    steps = _steps(path)
    for tag, index in steps[:-1]:
        held = _own(here, tag)
        if index is None or held is None or held.VR != "SQ" or index >= len(held.value):
            break
        here = held.value[index]
    else:
        if steps and (element := _own(here, steps[-1][0])) is not None:
            return here, element
    raise ChangedAsset("the dataset has no element at a planned path")


def _own(dataset: Dataset, tag: int) -> DataElement | None:
    """Return an element of a dataset as it is, without what pydicom's own look-up takes; None where there is none."""
    element = dataset._dict.get(tag)  # type: ignore[call-overload]  # noqa: SLF001 - a tag is an int
    return element if element is None or type(element) is DataElement else dataset[tag]


@lru_cache(maxsize=1 << 14)  # a path holds tags, no values
def _steps(path: str) -> tuple[tuple[int, int | None], ...]:
    """Return (tag, index of an item) of each step of a path; none where it is no path."""
    found = [_STEP.fullmatch(step) for step in path.split(".")]
    return tuple((int(one[1], 16), int(one[2]) if one[2] else None) for one in found if one) if all(found) else ()


def copy_of(dataset: FileDataset) -> FileDataset:
    """Return a copy to edit: its own elements and items, sharing values that do not change (pixels are not copied)."""
    copied = FileDataset("", _elements_of(dataset), preamble=None, file_meta=FileMetaDataset())
    copied.file_meta.update(_elements_of(getattr(dataset, "file_meta", Dataset())))
    _adopt_encoding(copied, dataset)
    return copied


def _elements_of(dataset: Dataset) -> dict[BaseTag, DataElement | RawDataElement]:
    copies: dict[BaseTag, DataElement | RawDataElement] = {}
    for element in each(dataset):
        copied = DataElement.__new__(DataElement)  # the constructor would convert and check anew what was read
        copied.__dict__.update(element.__dict__)
        if element.VR == "SQ":
            copied.value = items = Items([_item_of(item) for item in element.value or ()])
            items.is_undefined_length = getattr(element.value, "is_undefined_length", False)
        copies[element.tag] = copied
    return copies


def _item_of(item: Dataset) -> Dataset:
    copied = Dataset(_elements_of(item))
    copied.is_undefined_length_sequence_item = getattr(item, "is_undefined_length_sequence_item", False)
    _adopt_encoding(copied, item)
    return copied


def _adopt_encoding(copied: Dataset, dataset: Dataset) -> None:
    implicit, little = dataset.original_encoding
    if implicit is not None:
        copied.set_original_encoding(implicit, bool(little), dataset.original_character_set)
