"""Gold as i2b2 2014 and MEDDOCAN write it: an XML file a document, with TEXT and TAGS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from xml.parsers import expat

from deid_core.errors import MalformedAsset
from deid_core.evaluate.gold import Marked, misplaced


@dataclass(slots=True)
class _Parsed:
    """Collect the text and the tags of one file."""

    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list, repr=False)
    tags: list[dict[str, str]] = field(default_factory=list, repr=False)
    texts: int = 0

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        self.path.append(name)
        if self.path[1:] == ["TEXT"]:
            self.texts += 1
        if self.path[1:2] == ["TAGS"] and len(self.path) == 3:
            self.tags.append(attributes)

    def closed(self, _name: str) -> None:
        self.path.pop()

    def said(self, text: str) -> None:
        if self.path[1:2] == ["TEXT"]:
            self.text.append(text)


class _DeclaredError(Exception):
    """Stop at a document type declaration, the only way for XML to define or fetch entities."""


def read(files: Mapping[str, bytes]) -> list[Marked]:
    """Return a document a file, with TYPE as the label of each tag.

    The part of a name before its last hyphen is the subject, as i2b2 numbers the visits of a patient (`220-03.xml`).
    Raises MalformedAsset, by the document's number, where a file is not XML, declares a document type (so no entity can
    expand and nothing is fetched), has no TEXT, or a tag's place or text does not fit.
    """
    return [_document(name, data, f"gold document {number}") for number, (name, data) in enumerate(files.items(), 1)]


def _document(name: str, data: bytes, where: str) -> Marked:
    parsed = _parsed(data, where)
    text = "".join(parsed.text)
    spans = []
    for place, tag in enumerate(parsed.tags, 1):
        bounds = tag.get("start", ""), tag.get("end", "")
        if not all(bound.isascii() and bound.isdecimal() and len(bound) < 13 for bound in bounds) or "TYPE" not in tag:
            raise MalformedAsset(f"{where}, tag {place}: it lacks a TYPE, or a start and an end that are whole numbers")
        start, end = map(int, bounds)
        if "text" in tag and text[start:end].split() != tag["text"].split():
            raise MalformedAsset(f"{where}, tag {place}: {misplaced(text, start, end, tag['text'])}")
        spans.append((start, end, tag["TYPE"]))
    stem = PurePosixPath(name).stem
    patient, hyphen, visit = stem.rpartition("-")
    return Marked(name, text, spans, patient if hyphen and patient.isdecimal() and visit.isdecimal() else "")


def _parsed(data: bytes, where: str) -> _Parsed:
    def refused(*_: object) -> None:
        raise _DeclaredError

    parsed, parser = _Parsed(), expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refused
    parser.StartElementHandler, parser.EndElementHandler = parsed.opened, parsed.closed
    parser.CharacterDataHandler = parsed.said
    try:
        parser.Parse(data, True)
    except _DeclaredError:
        raise MalformedAsset(f"{where} declares a document type, which gold does not need") from None
    except (expat.ExpatError, ValueError, LookupError):
        raise MalformedAsset(f"{where} is not XML") from None
    if parsed.texts != 1:
        raise MalformedAsset(f"{where} does not hold one TEXT")
    return parsed
