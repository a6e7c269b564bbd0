"""Read a header's text as people see it: letters of two bytes, or written by their number, as the letters they are."""

from __future__ import annotations

import html
import re
from array import array
from dataclasses import dataclass, field

from deid_core.legible import Legible, legible

_TWO_BYTES = re.compile(r"(?:[^\0]\0){3,}|(?:\0[^\0]){3,}")  # UTF-16 that was taken for letters of one byte
# as JSON and as HTML write a letter: \u00fc, &#252;, &#xfc;, &uuml;
_WRITTEN = re.compile(r"\\u(?P<code>(?!d[89a-f])[0-9a-f]{4})|&(?:#\d{2,6}|#x[0-9a-f]{2,5}|[a-z]{2,8});", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Through(Legible):
    """Hold a text that was made of another's text, and the way back through both."""

    under: Legible = field(default_factory=lambda: Legible(""))

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Return where code points [start, end) are in what the other was made of."""
        return self.under.back(*Legible.back(self, start, end))


def as_seen(text: str) -> Legible:
    """Return a text as people see it, and the way back; a NUL that is not half a letter is a blank."""
    stored = _whole_letters(text) if "\0" in text else Legible(text)
    if "\\u" in stored.text or "&" in stored.text:
        stored = through(_unwritten(stored.text), stored)
    return through(legible(stored.text), stored)


def through(outer: Legible, inner: Legible) -> Legible:
    """Return a text that was made of another's, with the way back to what the other was made of."""
    return _Through(outer.text, outer.keys, outer.shifts, outer.wide, inner) if inner.keys else outer


def _whole_letters(text: str) -> Legible:
    halves = {at for run in _TWO_BYTES.finditer(text) for at in range(*run.span()) if text[at] == "\0"}
    kept = array("Q", (at for at in range(len(text)) if at not in halves))
    shifts = array("Q", (at - now for now, at in enumerate(kept)))
    return Legible("".join(map(text.__getitem__, kept)).replace("\0", " "), range(len(kept)), shifts)


def _unwritten(text: str) -> Legible:
    """Return a text with the letters that are written by their number or name; none of another kind."""
    pieces, keys, shifts, wide = list[str](), array("Q"), array("Q"), dict[int, int]()
    taken = made = 0  # of the stored text, and of what is made of it
    for match in _WRITTEN.finditer(text):
        letter = chr(int(match["code"], 16)) if match["code"] else html.unescape(match[0])
        if len(letter) == 1:
            pieces += (text[taken : match.start()], letter)
            made, taken = made + match.start() - taken + 1, match.end()
            wide[made - 1] = len(match[0])
            keys.append(made)
            shifts.append(taken - made)
    return Legible("".join((*pieces, text[taken:])), keys, shifts, wide)
