"""Pixels to TextViews: words, and the boxes they came from. OCR detects nothing that identifies; it only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from deid_core.extract.apart_captions import captions_in, within
from deid_core.extract.believed_captions import believed_alone, believed_aside, believed_in_context, is_aside
from deid_core.extract.misread import as_number
from deid_core.extract.reading import reading
from deid_core.extract.technical import is_plain, is_technical, open_words
from deid_core.model import Document, Part, PixelBox, Span
from deid_core.policy import Policy
from deid_core.ports import Word
from deid_core.view import Belief, Segment, TextView

PADDING = 2  # pixels around a word: anti-aliased edges are readable, too
FAR, APART = 3, 1  # line heights of a gap that ends a line, and of one that ends a caption in it
TURNED, SHORTEST_TURNED = 1.5, 3  # heights in widths, and characters, of a word that is written upwards
WELL = 0.85  # confidence; what is read worse may be something else


def pixel_views(document: Document, part: Part, policy: Policy) -> Iterator[TextView]:
    """Yield the views of each frame that shows words which the one before did not.

    Words are joined by spaces, lines by line ends. Lines about the picture (gain, depth, side) are a view apart, which
    no model of language judges and from which settled expressions are left out (an elapsed time, a maker's name); a
    caption about the picture in another line stays in its text, but what is found in it there comes from nowhere.
    Each other line is given to the models by itself, too.
    Lines in which letters may be misread digits are given once more, as digits.
    """
    subject = part.subject_key or document.subject_key
    seen = reading(part.value, policy.pixels.ocr, document.media_type)
    for number, words in seen.judged(document.media_type):
        found = list(lines([word for word in words if word.text]))
        technical = [line for line in found if is_technical([word.text for word in line])]
        others = [line for line in found if line not in technical]
        aside = [caption for line in others for caption in captions(line) if _is_aside([word.text for word in caption])]
        silent = {word for caption in aside for word in caption}
        numbers = [again for line in others if (again := [_digits(word, silent) for word in line]) != line]
        for chosen, prose, belief in (
            (others, True, believed_in_context),
            (_searched([*technical, *aside]), False, believed_aside),
            (numbers, False, believed_in_context),
        ):
            without = silent if prose or chosen is numbers else ()
            text, segments = written(chosen, part.name, number, seen.shapes[number], without)
            if segments:
                held = partial(_believed, text, segments, partial(belief, text))
                yield TextView(text, segments, subject, "ocr", prose, held)
        for line in others:  # models read each once more by itself: settings beside a patient's lines look like people
            text, segments = written([line], part.name, number, seen.shapes[number], silent)
            if segments:
                held = partial(_believed, text, segments, partial(believed_alone, text))
                yield TextView(text, segments, subject, "ocr", True, held)


def _believed(text: str, segments: Sequence[Segment], belief: Belief, span: Span, detector: str) -> Span | None:
    """Return what is believed of a finding without what comes from nowhere at its ends, and within its captions."""
    held = [one for one in segments if one.start < span.end and span.start < one.end]
    if not held:
        return None
    span = replace(span, start=max(span.start, held[0].start), end=min(span.end, held[-1].end))
    return belief(within(text, captions_in(text, segments), span), detector)


def _digits(word: Word, silent: Collection[Word]) -> Word:
    return word if word in silent else as_number(word)


def _is_aside(caption: Sequence[str]) -> bool:
    return is_plain(caption) or is_aside(caption)


def _searched(technical: Iterable[list[Word]]) -> list[list[Word]]:
    """Return what is searched of lines about the picture.

    In capitals a projection or a side after a word (ERECT PA, LOBE RT) reads as a degree after a name, so two letters
    are written small: a name of two letters is known in small letters, too.
    """
    found = []
    for line in technical:
        kept = set(open_words([word.text for word in line]))
        words = [
            replace(word, text=word.text.lower()) if len(word.text) == 2 else word
            for number, word in enumerate(line)
            if number in kept or word.confidence < WELL
        ]
        if words:
            found.append(words)
    return found


def written(
    chosen: Iterable[list[Word]], part: str, frame: int, shape: tuple[int, ...], silent: Collection[Word] = ()
) -> tuple[str, tuple[Segment, ...]]:
    """Return lines of words as text, and where each word came from; those that are `silent` came from nowhere."""
    text, segments = "", []
    for line in chosen:
        for word in line:
            if word not in silent:
                segments.append(Segment(len(text), len(text) + len(word.text), boxed(word, part, frame, shape)))
            text += word.text + " "
        text = text[:-1] + "\n"
    return text, tuple(segments)


def lines(words: list[Word]) -> Iterator[list[Word]]:
    """Group words into lines as a person reads them: by height, then from left to right; a wide gap ends a line.

    A gap of three line heights separates what stands in two columns. Words written upwards or downwards are grouped as
    if the frame were turned: beside one another they are lines of their own.
    """
    long: Counter[tuple[int, ...]] = Counter()
    for word in words:
        long[_box(word)] += len(word.text)  # the words of a caption share its box
    turned = [_turned(word) for word in words if _is_turned(word, long[_box(word)])]
    yield from _lines([word for word in words if not _is_turned(word, long[_box(word)])])
    yield from ([_turned(word) for word in line] for line in _lines(turned))


def captions(line: Sequence[Word]) -> Iterator[list[Word]]:
    """Divide a line into what stands apart in it: a gap of a line height."""
    turned = all(word.height > TURNED * word.width for word in line)
    yield from _divided(line, [_turned(word) for word in line] if turned else line, APART)


def _lines(words: list[Word]) -> Iterator[list[Word]]:
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.top + word.height / 2):
        middle = word.top + word.height / 2
        if rows and abs(middle - _middle(rows[-1])) < word.height / 2:
            rows[-1].append(word)
        else:
            rows.append([word])
    for row in rows:
        row.sort(key=lambda word: word.left)  # stable: words of one caption keep their order
        yield from _divided(row, row, FAR)


def _divided(words: Sequence[Word], level: Sequence[Word], gap: int) -> Iterator[list[Word]]:
    """Divide words at gaps of so many line heights; `level` are the same words, read from left to right."""
    start = 0
    for at, (one, other) in enumerate(pairwise(level), 1):
        if other.left - (one.left + one.width) > gap * max(one.height, other.height):
            yield list(words[start:at])
            start = at
    yield list(words[start:])


def _is_turned(word: Word, characters: int) -> bool:
    """Say whether a word is written upwards or downwards; a lone letter may be narrow."""
    return word.height > TURNED * word.width and characters >= SHORTEST_TURNED


def _box(word: Word) -> tuple[int, ...]:
    return word.left, word.top, word.width, word.height


def _turned(word: Word) -> Word:
    return replace(word, left=word.top, top=word.left, width=word.height, height=word.width)


def _middle(row: list[Word]) -> float:
    return sum(word.top + word.height / 2 for word in row) / len(row)


def boxed(word: Word, part: str, frame: int, shape: tuple[int, ...]) -> PixelBox:
    """Return a word's box, padded and inside its frame."""
    left, top = max(word.left - PADDING, 0), max(word.top - PADDING, 0)
    right = min(word.left + word.width + PADDING, shape[1])
    bottom = min(word.top + word.height + PADDING, shape[0])
    return PixelBox(part, left, top, max(right - left, 1), max(bottom - top, 1), frame)
