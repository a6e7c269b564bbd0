"""Make a dataset's declared character sets ones that DICOM defines: PS3.3 C.12.1.1.2 and PS3.5 6.1.

A misspelt term is corrected; with one that nobody defines, or that names a codec of this language, texts are read as
UTF-8 where they all are, and else as Latin-1, which loses no byte; the dataset then declares what it was read as.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence

from pydicom import charset, config
from pydicom.charset import (
    CODES_TO_ENCODINGS,
    ENCODINGS_TO_CODES,
    STAND_ALONE_ENCODINGS,
    convert_encodings,
    decode_bytes,
    encode_string,
    python_encoding,
)
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

CHARACTER_SET = 0x00080005
UTF8, LATIN1 = "ISO_IR 192", "ISO_IR 100"
SINGLE = frozenset({6, 13, 100, 101, 109, 110, 126, 127, 138, 144, 148, 166, 203})
EXTENDED = frozenset({6, 13, 58, 87, 100, 101, 109, 110, 126, 127, 138, 144, 148, 149, 159, 166, 203})
WHOLE = frozenset({UTF8, "GB18030", "GBK", "ISO 2022 GBK", "ISO 2022 58"})
DEFAULT = frozenset({"", "ISO_IR 6", "ISO 2022 IR 6"})
HIGH = frozenset({"ISO 2022 IR 58", "ISO 2022 IR 149"})  # Chinese and Korean; ASCII reads the same in their codecs
_TERM = re.compile(r"ISO[ _-]?(?:(2022)[ _-]?)?IR[ _-]?(\d{1,3})", re.IGNORECASE)
LATIN9, LATIN9_ESCAPE = "iso8859_15", b"\x1b-b"  # of 2021, which pydicom 3.0 does not know: PS3.3 Table C.12-3
python_encoding.update({"ISO_IR 203": LATIN9, "ISO 2022 IR 203": LATIN9})
CODES_TO_ENCODINGS[LATIN9_ESCAPE] = LATIN9
ENCODINGS_TO_CODES[LATIN9] = LATIN9_ESCAPE
# pydicom 3.0 leaves the escape sequence of simplified Chinese in the text, where nothing else removes it
charset.handled_encodings = ("iso2022_jp", "iso2022_jp_2")  # type: ignore[assignment] # shorter than it was


def settle(dataset: Dataset, above: Sequence[str] = ("",)) -> Sequence[str]:
    """Correct what a dataset read from bytes declares, before its texts are decoded, and return it.

    `above` is what the dataset that holds an item declares; it goes for an item that declares nothing.
    """
    raw = dataset.get_item(CHARACTER_SET)
    value = raw.value if raw is not None and isinstance(raw.value, bytes) else b""
    stated = [one.strip(" \0") for one in value.decode("latin-1").split("\\")] if value else list(above)
    texts = list(_raw_texts(dataset))
    terms = defined(stated)
    if terms is None:
        terms = [UTF8 if _are_utf8(texts) else LATIN1]
    terms = _with_escaped(terms, texts)
    declared = terms[0] if len(terms) == 1 else terms
    if terms != stated:
        dataset[CHARACTER_SET] = DataElement(CHARACTER_SET, "CS", declared, validation_mode=config.IGNORE)
    undesignated = _undesignated(terms)
    if undesignated or terms != stated:
        implicit, little = dataset.original_encoding
        dataset.set_original_encoding(implicit, little, undesignated or convert_encodings(declared))
    return terms


def _undesignated(terms: Sequence[str]) -> list[str]:
    """Return codecs that read the one set of high bytes declared where no escape sequence designates it; none for most.

    A line's end undoes a designation (PS3.5 6.1.2.5.3), and writers forget to repeat it; the default set has no high
    bytes that could be meant instead.
    """
    if len(terms) == 2 and terms[0] in DEFAULT and terms[1] in HIGH:
        return [python_encoding[terms[1]]] * 2
    return []


def defined(stated: Iterable[str]) -> list[str] | None:
    """Return the terms that DICOM defines for those stated, in their order; None where one of them is of no kind."""
    terms = [_term(one) for one in stated]
    if any(term is None for term in terms):
        return None
    known = [term or "" for term in terms]
    if known[0] in STAND_ALONE_ENCODINGS:
        return known[:1]
    return [known[0], *(term for term in known[1:] if term not in STAND_ALONE_ENCODINGS)]


def _term(stated: str) -> str | None:
    if not stated or stated in WHOLE:
        return stated
    match = _TERM.fullmatch(stated)
    if match is None:
        return next((whole for whole in WHOLE if whole == stated.upper()), None)
    number = int(match[2])
    if number == 192:
        return UTF8
    if match[1]:
        return f"ISO 2022 IR {number}" if number in EXTENDED else None
    return f"ISO_IR {number}" if number in SINGLE else None


def _raw_texts(dataset: Dataset) -> Iterator[bytes]:
    for raw in dataset._dict.values():  # noqa: SLF001 - as it was read
        if isinstance(raw, RawDataElement) and raw.VR in _TEXTS and isinstance(raw.value, bytes):
            yield raw.value


def _are_utf8(texts: Iterable[bytes]) -> bool:
    try:
        for text in texts:
            text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _with_escaped(terms: list[str], texts: Iterable[bytes]) -> list[str]:
    """Return terms with those of the sets that texts switch to and nobody declared: else their letters stay unread."""
    if terms[0] in STAND_ALONE_ENCODINGS:
        return terms
    codes = {code for text in texts if b"\x1b" in text for code in _ESCAPE.findall(text)}
    known = {python_encoding[term] for term in terms}
    more = [term for code, term in ESCAPED.items() if code in codes and python_encoding[term] not in known]
    if not more:
        return terms
    first = terms[0].replace("ISO_IR ", "ISO 2022 IR ") or "ISO 2022 IR 6"
    return [first, *terms[1:], *more]


def holds(text: str, declared: str | Sequence[str], vr: str) -> bool:
    """Say whether a text of a VR can be written in declared character sets, and be read again as it was."""
    if text.isascii() and "\x1b" not in text:
        return True
    encodings = convert_encodings(declared if isinstance(declared, str) else list(declared)) if declared else ["ascii"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:  # each part of a name is encoded on its own
            return all(
                decode_bytes(encode_string(part, encodings), encodings, _DELIMITERS) == part
                for part in re.split(r"[\\^=]" if vr == "PN" else r"\\", text)
                if part
            )
        except (LookupError, ValueError):
            return False


_TEXTS = frozenset({None, "LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_ESCAPE = re.compile(rb"\x1b(?:\$?[()]?[@-~]|-[@-~])")
_DELIMITERS = {ord(one) for one in "\r\n\t\f"}
ESCAPED = {
    code: term
    for term, encoding in python_encoding.items()
    if term.startswith("ISO 2022 IR")
    for code, of in CODES_TO_ENCODINGS.items()
    if of == encoding and encoding != charset.default_encoding
}
