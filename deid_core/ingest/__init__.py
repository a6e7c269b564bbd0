"""Bytes to Document to bytes: what a file is, is said by its content; its name may only contradict it."""

from __future__ import annotations

import codecs
import json
from pathlib import PurePosixPath

from deid_core import registry
from deid_core.errors import EmptyAsset, MalformedAsset, MismatchedFormat, UnsupportedFormat
from deid_core.ingest import carried
from deid_core.ingest.pieces import Mapped, Pieces
from deid_core.ingest.text import decode
from deid_core.keys import ProjectKey
from deid_core.model import Document
from deid_core.ports import InPieces, LaidOut, Reader

MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (128, b"DICM", "application/dicom"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (8, b"WEBP", "image/webp"),
    *((4, b"ftyp" + brand, "image/heic") for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1")),
    (4, b"ftypavif", "image/avif"),
    (0, b"GIF8", "image/gif"),
    (0, b"II+\x00", "image/tiff; BigTIFF"),
    (0, b"MM\x00+", "image/tiff; BigTIFF"),
    (0, b"PK\x03\x04", "archive"),
    (0, b"\x1f\x8b", "archive"),
    (0, b"BZh", "archive"),
    (0, b"\xfd7zXZ", "archive"),
    (0, b"7z\xbc\xaf", "archive"),
    (0, b"%PDF", "application/pdf"),
    (0, b"MSH|", "x-application/hl7-v2+er7"),
)
# DICOM without preamble begins with an element of group 0002 or 0008, in either byte order
BARE_DICOM = (b"\x02\x00", b"\x08\x00", b"\x00\x08\x00")
SUFFIXES = {
    ".dcm": "application/dicom",
    ".dicom": "application/dicom",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".svs": "image/tiff",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".heif": "image/heic",
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".tsv": "text/csv",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".txt": "text/plain",
}
SUFFIX = {kind: suffix for suffix, kind in reversed(SUFFIXES.items())}  # the first of each kind
LOOK = 4096  # bytes that say of what is no known format whether it may be UTF-16
TEXTUAL = {"text/plain", "text/csv", "application/jsonl"}


def media_type(data: Mapped, name: str = "") -> str:
    """Say what an asset is by its content; among kinds of text, its name's suffix decides.

    Raises EmptyAsset, UnsupportedFormat, or MismatchedFormat where the suffix claims another format.
    """
    if not data:
        raise EmptyAsset("the asset has no bytes")
    claimed = SUFFIXES.get(PurePosixPath(name).suffix.lower(), "")
    found = next((kind for at, magic, kind in MAGIC if data[at : at + len(magic)] == magic), "")
    if not found:
        found = _bare_dicom(data, claimed) or _textual(data, claimed)
    if found == "archive":
        raise UnsupportedFormat("archives are not opened: unpack it where its size can be watched")
    if found not in registry.names("readers"):
        raise UnsupportedFormat(f"no reader for {found}" if found else _unknown(data))
    if claimed and claimed != found and not {claimed, found} <= TEXTUAL:
        raise MismatchedFormat(f"the name claims {claimed}, the content is {found}")
    if found in TEXTUAL:
        carried.check(data)
    return found


def fitting(name: str, kind: str) -> str:
    """Return a file's name with the suffix of what it holds behind one that claims another format: a.heic.png."""
    claimed = SUFFIXES.get(PurePosixPath(name).suffix.lower(), kind)
    return name if claimed == kind or {claimed, kind} <= TEXTUAL else name + SUFFIX[kind]


def reader_for(kind: str) -> Reader:
    """Return the reader of a media type."""
    reader: Reader = registry.load("readers", kind)()
    return reader


def read(data: Mapped, name: str, asset_id: str, key: ProjectKey) -> Document:
    """Read an asset by its content; raise a Quarantine where any of it is not understood."""
    data = held(data)
    return reader_for(media_type(data, name)).read(data, asset_id, key)  # type: ignore[arg-type] # by `held`


def read_as(data: Mapped, document: Document, key: ProjectKey) -> Document:
    """Read what was written of a document, as the document itself was laid out."""
    reader, data, layout = reader_for(document.media_type), held(data), "layout"
    if isinstance(reader, LaidOut) and layout in document:
        return reader.read_as(data, document.asset_id, key, document.part(layout).value)  # type: ignore[arg-type] # by `held`
    return reader.read(data, document.asset_id, key)  # type: ignore[arg-type] # by `held`


def held(data: Mapped) -> Mapped:
    """Return a file's bytes in memory; of DICOM with a preamble, whose samples are not copied, where the file lies."""
    return data if isinstance(data, bytes) or data[128:132] == b"DICM" else data[:]


def write(document: Document) -> bytes:
    """Write a document in the format it was read from."""
    return reader_for(document.media_type).write(document)


def written(document: Document) -> Pieces:
    """Write a document as `write` does, in pieces where its samples are too many to hold."""
    reader = reader_for(document.media_type)
    if isinstance(reader, InPieces):
        return reader.written(document)
    data = reader.write(document)
    return Pieces(lambda: iter((data,)))


def _bare_dicom(data: Mapped, claimed: str) -> str:
    if data[:3].startswith(BARE_DICOM) and (claimed in ("", "application/dicom")) and b"\0" in data[:8]:
        return "application/dicom"
    return ""


def _unknown(data: Mapped) -> str:
    """Say what is known of content that is none of the known formats."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "no text, though it begins as UTF-16: it is cut, damaged, or UTF-32"
    has_zeros = b"\0" in data[:LOOK]
    return "no text, for it holds zero bytes: UTF-16 needs its mark" if has_zeros else "unknown content"


def _textual(data: Mapped, claimed: str) -> str:
    try:
        text, _ = decode(data[:])
    except MalformedAsset:
        return ""
    if claimed in TEXTUAL:
        return claimed
    first = text.lstrip().split("\n", 1)[0]
    return "application/jsonl" if first.startswith("{") and _is_object(first) else "text/plain"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
