"""Keep a name out of the caption beside it: `Zhuang, Benedict   V-HP65` is no `Zhuang, Benedict V`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from deid_core.extract.believed_captions import PEOPLE, is_nobodys
from deid_core.extract.borne import is_borne
from deid_core.extract.descriptors import parts
from deid_core.extract.vocabulary import vocabulary
from deid_core.model import PixelBox, Span
from deid_core.view import Segment

INITIALS = 2  # letters at most of what may be an initial, or the beginning of a setting
TURNED = 1.5  # heights in widths from which a word is written upwards

Caption = tuple[int, int]  # [start, end) in the text


def captions_in(text: str, segments: Sequence[Segment]) -> list[Caption]:
    """Return where each caption of a text stands: a line's end parts two, and a gap of a line's height."""
    found: list[Caption] = []
    start = segments[0].start if segments else 0
    for one, other in pairwise(segments):
        if "\n" in text[one.end : other.start] or _is_gap(one.location, other.location):
            found.append((start, one.end))
            start = other.start
    return [*found, (start, segments[-1].end)] if segments else []


def within(text: str, captions: Sequence[Caption], span: Span) -> Span:
    """Return a person's finding without its end in another caption where that is nobody's, or a letter of more."""
    if span.entity_type not in PEOPLE:
        return span
    over = [one for one in captions if one[0] < span.end and span.start < one[1]]
    while len(over) > 1 and _is_another(text, over[-1], span.end):
        over.pop()
        span = replace(span, end=over[-1][1])
    return span


def _is_another(text: str, caption: Caption, end: int) -> bool:
    start, stop = caption
    taken = text[start : min(end, stop)]
    rest = text[min(end, stop) : stop].strip()
    letters = sum(map(str.isalpha, taken))
    words = parts(text[start:stop])
    if any(word in vocabulary().people for word in words):
        return False
    return (letters <= INITIALS and bool(rest)) or all(map(_is_no_name, words))


def _is_no_name(word: str) -> bool:
    return len(word) > INITIALS and (is_nobodys(word) or (word in vocabulary().beside and not is_borne(word)))


def _is_gap(one: object, other: object) -> bool:
    """Say whether two words of a line stand a line's height apart; not where they are written upwards."""
    if not isinstance(one, PixelBox) or not isinstance(other, PixelBox) or one.height > TURNED * one.width:
        return False
    return other.left - (one.left + one.width) > max(one.height, other.height)
