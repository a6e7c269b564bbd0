"""Read what a CDA document tells in words, and write it again with no more than that: HL7 CDA Release 2.

What is not listed here goes: the header but for what the document is, entries for machines, identifiers, references,
multimedia. People, organisations, times and numbers that the header must name are masked (null flavour MSK).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from deid_core.standards.coding_schemes import is_code

V3 = "urn:hl7-org:v3"
BETWEEN = "\n\x1e\n"  # the texts of two places; XML cannot hold its middle
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # ends in a byte of zeros that is no padding
LONGEST, DEEPEST = 16 << 20, 60  # bytes, and elements within elements
MASK = 'nullFlavor="MSK"'
# of the header, what must be there and is about people, organisations and times
MASKED = {
    "id": f"<id {MASK}/>",
    "effectiveTime": f"<effectiveTime {MASK}/>",
    "recordTarget": f"<recordTarget><patientRole><id {MASK}/></patientRole></recordTarget>",
    "author": f"<author><time {MASK}/><assignedAuthor><id {MASK}/></assignedAuthor></author>",
    "custodian": "<custodian><assignedCustodian><representedCustodianOrganization>"
    f"<id {MASK}/></representedCustodianOrganization></assignedCustodian></custodian>",
}
WORDS = frozenset({"title", "text", "paragraph", "caption", "item", "th", "td"})  # hold text
INLINE = frozenset({"content", "sub", "sup", "br", "linkHtml"})  # their text is that of what they stand in
FRAME = frozenset({"component", "structuredBody", "section", "list", "table", "thead", "tbody", "tfoot", "tr"})
CODED = frozenset({"code", "confidentialityCode", "languageCode", "typeId", "templateId"})
# which place an element may have: what is called so elsewhere (an author's title, an act's text) goes
WITHIN = {
    "component": {"ClinicalDocument", "structuredBody", "section"},
    "structuredBody": {"component"},
    "section": {"component"},
    "title": {"ClinicalDocument", "section"},
    "text": {"section"},
    **{one: {"ClinicalDocument", "section"} for one in CODED},
}
SCHEMES = {"2.16.840.1.113883.6.1": "LN", "2.16.840.1.113883.6.96": "SCT"}
TEMPLATE = re.compile(r"2\.16\.840\.1\.113883\.10\.[0-9.]{1,40}")  # those that HL7 publishes
LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
COUNT = re.compile(r"[1-9][0-9]?")


class NotReadable(Exception):
    """Say that a document is not one whose words can be told from the rest."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold a document without its texts: the markup before each of them, and after the last."""

    markup: tuple[str, ...] = field(repr=False)

    def filled(self, text: str) -> bytes | None:
        """Return the document with texts in their places; None where they are not as many as there are places."""
        texts = text.split(BETWEEN)
        if len(texts) != len(self.markup) - 1 or "\x1e" in "".join(texts):
            return None
        body = "".join(f"{before}{escape(_allowed(one))}" for before, one in zip(self.markup, texts, strict=False))
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}{self.markup[-1]}\n'.encode()


def read_cda(data: bytes) -> tuple[str, Frame]:
    """Return a document's texts, joined by BETWEEN, and its frame.

    Raises NotReadable for what is not well-formed, has a document type, is no CDA document or has no words.
    """
    if len(data) > LONGEST:
        raise NotReadable
    reading = _Reading()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reading.refuse
    parser.StartElementHandler, parser.EndElementHandler = reading.start, reading.end
    parser.CharacterDataHandler = reading.characters
    try:
        parser.Parse(data if data.startswith(UTF16) else data.rstrip(b"\0"), True)
    except (expat.ExpatError, ValueError, LookupError):
        raise NotReadable from None
    if not any(map(str.strip, reading.texts)):
        raise NotReadable
    return BETWEEN.join(reading.texts), Frame((*reading.before, reading.markup))


class _Reading:
    """Gather markup and texts while a document is read."""

    def __init__(self) -> None:
        self.before: list[str] = []
        self.texts: list[str] = []
        self.markup = ""
        self._open: list[str] = []
        self._skipped = 0
        self._masked: set[str] = set()

    def refuse(self, *_: object) -> None:
        raise NotReadable

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition("}")
        above = self._open[-1] if self._open else ""
        if len(self._open) + self._skipped > DEEPEST or (not above and (namespace, local) != (V3, "ClinicalDocument")):
            raise NotReadable
        if self._skipped or (above and not self._stays(namespace, local, above)):
            self._skipped += 1
        elif local in INLINE:
            self._open.append(local)
            self._add("\n" if local == "br" else "")
        else:
            self._open.append(local)
            root = f' xmlns="{V3}"' if not above else ""
            self.markup += f"<{local}{root}{_attributes(local, attributes)}>"

    def _stays(self, namespace: str, local: str, above: str) -> bool:
        if above == "ClinicalDocument" and local in MASKED and local not in self._masked:
            self._masked.add(local)
            self.markup += MASKED[local]
            return False
        if namespace != V3 or local not in WORDS | INLINE | FRAME | CODED:
            return False
        if local in WITHIN:
            return above in WITHIN[local]
        return "text" in self._open

    def end(self, _: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        local = self._open.pop()
        if local not in INLINE:
            self.markup += f"</{local}>"

    def characters(self, text: str) -> None:
        if not self._skipped:
            self._add(text)

    def _add(self, text: str) -> None:
        """Add to the text of the place that is open, or open one."""
        place = next((one for one in reversed(self._open) if one not in INLINE), "")
        if place not in WORDS or not text:
            return
        if self.markup or not self.texts:
            self.before.append(self.markup)
            self.texts.append(text)
            self.markup = ""
        else:
            self.texts[-1] += text


def _attributes(local: str, attributes: dict[str, str]) -> str:
    """Return the attributes that stay: codes of published vocabularies, HL7's own templates, the shape of a table."""
    kept: dict[str, str] = {}
    scheme, code = attributes.get("codeSystem", ""), attributes.get("code", "")
    root = attributes.get("root", "")
    if local == "code" and is_code(SCHEMES.get(scheme, ""), code):
        kept = {"code": code, "codeSystem": scheme}
    elif local == "typeId":
        kept = {"root": "2.16.840.1.113883.1.3", "extension": "POCD_HD000040"}
    elif local == "templateId" and TEMPLATE.fullmatch(root):
        kept = {"root": root}
    elif local == "languageCode" and LANGUAGE.fullmatch(code):
        kept = {"code": code}
    elif local == "confidentialityCode" and code in {"N", "R", "V"}:
        kept = {"code": code, "codeSystem": "2.16.840.1.113883.5.25"}
    elif local in {"td", "th"}:
        kept = {one: attributes[one] for one in ("colspan", "rowspan") if COUNT.fullmatch(attributes.get(one, ""))}
    elif local in CODED:
        return f" {MASK}"
    return "".join(f" {one}={quoteattr(value)}" for one, value in kept.items())


def _allowed(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return FORBIDDEN.sub("", text)
