"""Plain text notes: UTF-8, UTF-16 by its byte order mark, or Latin-1; line ends are kept as they are."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from deid_core.errors import MalformedAsset
from deid_core.keys import ProjectKey
from deid_core.model import Document, Part, PartKind

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Encoding:
    """Say how a text was encoded, to write it back the same way."""

    name: str
    bom: bytes = b""

    def encode(self, text: str) -> bytes:
        """Return the bytes; a surrogate that the old encoding lacks turns the whole text to UTF-8."""
        try:
            return self.bom + text.encode(self.name)
        except UnicodeEncodeError:
            return text.encode("utf-8")


def decode(data: bytes) -> tuple[str, Encoding]:
    """Return a text and its encoding; raise MalformedAsset where the bytes are not text.

    Control characters other than white space, form feed, vertical tab and escape say that it is not.
    """
    for bom, name in BOMS:
        if data.startswith(bom):
            return _strict(data[len(bom) :], name), Encoding(name, bom)
    try:
        text, encoding = data.decode("utf-8"), Encoding("utf-8")
    except UnicodeDecodeError:
        text, encoding = data.decode("latin-1"), Encoding("latin-1")
    if any(control in text for control in map(chr, (*range(9), *range(14, 27), *range(28, 32), 127))):
        raise MalformedAsset("control characters: not a text")
    return text, encoding


def _strict(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        raise MalformedAsset(f"not valid {name}, though its byte order mark says so") from None


class TextReader:
    """Read a note as one text part."""

    def read(self, data: bytes, asset_id: str, key: ProjectKey) -> Document:
        """Read a note; raise MalformedAsset where it is not text."""
        text, encoding = decode(data)
        parts = (Part("text", PartKind.TEXT, text), Part("layout", PartKind.LAYOUT, encoding))
        return Document(asset_id, "text/plain", key.subject("asset", asset_id), parts)

    def write(self, document: Document) -> bytes:
        """Write the note in its own encoding."""
        encoding: Encoding = document.part("layout").value
        return encoding.encode(document.part("text").value)
