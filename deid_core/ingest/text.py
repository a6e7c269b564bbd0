"""Plain text notes: UTF-8, UTF-16 by its mark, Windows-1252 or Latin-1; line ends are kept as they are."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deid_core.errors import MalformedAsset, UncertainAsset
from deid_core.keys import ProjectKey
from deid_core.legible import STRAY
from deid_core.model import Document, Part, PartKind

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
CONTROLS = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
STRAYS = re.compile(rb"\xf4\x8f[\xbe\xbf][\x80-\xbf]")  # what STRAY and a byte make, in UTF-8
LETTERS = re.compile("[\x80-\U0010feff]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """Say how a text was encoded, to write it back the same way; `alone`: no other text stands in its file.

    `damaged`: bytes that are none of UTF-8 stand in it, and go out as they came in.
    """

    name: str
    bom: bytes = b""
    alone: bool = True
    damaged: bool = False

    def encode(self, text: str) -> bytes:
        """Return the bytes; a surrogate that the old encoding lacks turns the whole text to UTF-8.

        Raises UncertainAsset where only a part of a file would turn.
        """
        try:
            data = text.encode(self.name)
            return self.bom + (STRAYS.sub(_stray_byte, data) if self.damaged else data)
        except UnicodeEncodeError:
            if self.alone:
                return text.encode("utf-8")
        raise UncertainAsset(f"what takes a value's place cannot be written in {self.name}: give the file in UTF-8")

    def decode(self, data: bytes) -> str:
        """Return the text of bytes in this encoding, with or without its mark; raise MalformedAsset as `decode`."""
        try:
            text = data.removeprefix(self.bom).decode(self.name, "stray" if self.damaged else "strict")
        except UnicodeDecodeError:
            raise MalformedAsset(f"not valid {self.name}, though it begins as such") from None
        if CONTROLS.search(text):
            raise MalformedAsset("control characters: not a text")
        return text


def decode(data: bytes) -> tuple[str, Encoding]:
    """Return a text and its encoding; raise MalformedAsset where the bytes are not text.

    Control characters other than white space, form feed, vertical tab and escape say that it is not.
    """
    encoding = next((Encoding(name, bom) for bom, name in BOMS if data.startswith(bom)), None)
    encoding = encoding or unmarked(lambda: iter((data,)))
    return encoding.decode(data), encoding


def unmarked(blocks: Callable[[], Iterable[bytes]]) -> Encoding:
    """Return the encoding of bytes without a mark, which come a block at a time: the strictest that all of them fit.

    Bytes that are UTF-8 in part, letters and not only ASCII, are UTF-8 that is damaged.
    """
    if _fit(blocks(), "utf-8"):
        return Encoding("utf-8")
    if _is_partly_utf8(blocks()):
        return Encoding("utf-8", damaged=True)
    return Encoding(next(name for name in ("cp1252", "latin-1") if _fit(blocks(), name)))


def _fit(blocks: Iterable[bytes], name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        for block in blocks:
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_partly_utf8(blocks: Iterable[bytes]) -> bool:
    decoder, letters = codecs.getincrementaldecoder("utf-8")("stray"), False
    for block in blocks:
        if STRAYS.search(block):
            return False  # they could not be told from stray bytes
        letters = letters or bool(LETTERS.search(decoder.decode(block)))
    return letters


def _stray(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(STRAY + byte) for byte in error.object[error.start : error.end]), error.end


def _stray_byte(found: re.Match[bytes]) -> bytes:
    return bytes([ord(found[0].decode()) - STRAY])


codecs.register_error("stray", _stray)


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
