"""Ask the small model about sentences in which the encoder is in doubt: what both suspect is somebody's.

They err in different places. Beside what was found in a text, a word that the encoder does not rule out is found where
the small model finds it, which costs fewer words that are nobody's than to ask less of the encoder alone
(docs/explanation/accuracy.md). Where it found nothing, little was to be found so, and much was nobody's. Such a
finding's score is low, so a person looks at it where the policy asks for review.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from deid_core.detect.spared import believed, spared
from deid_core.detect.word_lists import load_lists
from deid_core.detect.word_pieces import Word
from deid_core.model import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Chances = tuple[list[Word], "NDArray[np.float32]"]  # words of a sentence, and the chance that each identifies somebody
DOUBT = 0.05  # the chance from which a word is not ruled out
AGREED = 0.3  # what such a finding scores: one in four was somebody's, of 233 in sets that may be read
EDGES = " \t\n.,;:()"


class Taken:
    """Hold what was found in a text: spans that do not overlap."""

    def __init__(self, spans: Sequence[Span]) -> None:
        """Put them in order."""
        self._at = sorted((span.start, span.end) for span in spans)
        self._starts, self._ends = [start for start, _ in self._at], [end for _, end in self._at]

    def __bool__(self) -> bool:
        """Say whether anything was."""
        return bool(self._at)

    def within(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return those that touch [start, end)."""
        return self._at[bisect_right(self._ends, start) : bisect_left(self._starts, end)]


def agreed(
    texts: Sequence[str], sentences: Sequence[Sequence[Chances]], found: Sequence[list[Span]]
) -> list[list[Span]]:
    """Return what the small model finds in each text where something was found, among words that are not ruled out.

    `sentences` are those that the encoder read, `found` what it found. Spans are in code points of their text, in
    order, and touch none of `found`.
    """
    taken = list(map(Taken, found))
    doubts = [
        [(part, starts) for part, chances in read if own and (starts := _doubtful(text, part, chances, own))]
        for text, read, own in zip(texts, sentences, taken, strict=True)
    ]
    asked = dict.fromkeys(
        text[part[0].start : part[-1].end] for text, own in zip(texts, doubts, strict=True) for part, _ in own
    )
    answers = dict(zip(asked, _read(list(asked)), strict=True)) if asked else {}
    result = []
    for text, own, known in zip(texts, doubts, taken, strict=True):
        more: list[Span] = []
        for part, starts in own:
            low, high = part[0].start, part[-1].end
            moved = (replace(span, start=span.start + low, end=span.end + low) for span in answers[text[low:high]])
            more += _held(text, moved, starts, known)
        result.append(believed(text, more))
    return result


def _read(texts: list[str]) -> list[list[Span]]:
    from deid_core.detect.small_model import load_model, read  # noqa: PLC0415 - spaCy takes long to import

    return read(load_model(), texts)


def _doubtful(text: str, part: Sequence[Word], chances: NDArray[np.float32], known: Taken) -> list[int]:
    """Return where words begin that are not ruled out, that were not found, and that are no words of the language."""
    return [
        word.start
        for word, chance in zip(part, chances, strict=True)
        if chance >= DOUBT and _may_be_somebodys(text[word.start : word.end]) and not known.within(word.start, word.end)
    ]


def _may_be_somebodys(word: str) -> bool:
    name, safe = load_lists().on(word)
    return word[0].isalnum() and (name or not safe)


def _held(text: str, answers: Iterable[Span], starts: list[int], known: Taken) -> Iterator[Span]:
    """Yield the small model's spans that hold a doubtful word or reach beyond what was found, without the latter."""
    for answer in answers:
        span = spared(text, replace(answer, score=AGREED), beside=False)
        if span is None:
            continue
        found = known.within(span.start, span.end)
        at = bisect_left(starts, span.start)
        if not found and (at == len(starts) or starts[at] >= span.end):
            continue
        low = span.start
        for start, end in (*found, (span.end, span.end)):
            new = text[low:start]
            begin, stop = low + len(new) - len(new.lstrip(EDGES)), low + len(new.rstrip(EDGES))
            if begin < stop:
                yield replace(span, start=begin, end=stop)
            low = end
