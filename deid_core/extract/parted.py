"""Part a descriptor's words that are written together, so that a name among them can be found: `IRMgenouDupontel`.

What is known of a subject is looked for as words. In descriptors names are joined to words of the trade by capitals
alone, or by nothing at all; a text is then read again with blanks where words may begin, each way that it can be, and
with letters put together that are set apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, groupby

from deid_core.detect.word_lists import load_lists
from deid_core.extract.descriptors import LONGEST_TERM, REPEATED, cased, is_trade, is_word
from deid_core.legible import Legible

_WORD = re.compile(r"[^\W\d_]{7,64}")  # a name and a word of the trade, at least
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_]([ .-])(?:[^\W\d_]\1){3,40}[^\W\d_](?![^\W_])")  # letters set apart
# a date that a letter touches: b19470913
_DATE = re.compile(r"(?:(?<=[^\W\d_])(?<!\d)|(?=\d{8}[^\W\d_])(?<!\d))(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d(?!\d)")
FIRST, SHORTEST, LEFT = 2, 3, 5  # letters of a word of the trade, the outermost or another, and of what is between
MOST = 6  # ways in which a text is read again


def parted(text: str) -> tuple[Legible, ...]:
    """Return a text with blanks in its words of several parts that are not all of the trade, one for each way."""
    return _parted_again(text) if len(text) <= REPEATED else _parted(text)


def _parted(text: str) -> tuple[Legible, ...]:
    if len(text) > LONGEST_TERM:
        return ()
    cut = [(word.start(), cuts) for word in _WORD.finditer(text) if (cuts := _cuts(word[0]))]
    cut += [(date.start(), ((0, len(date[0])),)) for date in _DATE.finditer(text)]
    ways = max((len(cuts) for _, cuts in cut), default=0)
    joined = (_joined(text),) if _SPACED.search(text) else ()
    return joined + tuple(
        _with_blanks(text, sorted({start + at for start, cuts in cut for at in cuts[min(way, len(cuts) - 1)]}))
        for way in range(ways)
    )


_parted_again = lru_cache(maxsize=4096)(_parted)  # a series' descriptors come again in every slice


@lru_cache(maxsize=4096)
def _cuts(word: str) -> tuple[tuple[int, ...], ...]:
    """Return where a word is parted, for each way: by its capitals, and around what is no word of the trade.

    A word that is of the trade, whole or in all of its parts, is not; nor one that a list has as it is.
    """
    if is_trade(word):
        return ()
    found, more = dict[tuple[int, ...], None](), dict[tuple[int, ...], None]()
    for pieces in dict.fromkeys((tuple(cased(word)), _runs(word))):
        starts = [0, *accumulate(map(len, pieces[:-1]))]
        found[tuple(starts[1:])] = None
        inside = [(start, ways) for start, piece in zip(starts, pieces, strict=True) if (ways := _inside(piece))]
        for way in range(max((len(ways) for _, ways in inside), default=0)):
            cuts = {start + at for start, ways in inside for at in ways[min(way, len(ways) - 1)]}
            more[tuple(sorted({*starts[1:], *cuts}))] = None
    return tuple(filter(None, dict.fromkeys((*found, *more))))[:MOST]


def _runs(word: str) -> tuple[str, ...]:
    """Return the runs of capitals and of small letters in a word, one capital with the small letters behind it."""
    runs = ["".join(run) for _, run in groupby(word, str.isupper)]
    single = [at for at, run in enumerate(runs[:-1]) if len(run) == 1 and run.isupper()]
    return tuple(run + runs[at + 1] if at in single else run for at, run in enumerate(runs) if at - 1 not in single)


def _inside(piece: str) -> list[tuple[int, ...]]:
    """Return where a piece of a word is parted that capitals do not part."""
    low = piece.lower()
    whole = len(piece) < FIRST + LEFT or len(low) != len(piece) or any(load_lists().on(low)) or is_trade(piece)
    return [] if whole else list(_around(low))


def _around(low: str) -> Iterator[tuple[int, ...]]:
    """Yield where something begins and ends that words of the trade stand before or behind: those most of all first."""
    ends = [len(low) - at for at in _reached(low[::-1], backwards=True)]
    found = [(begin, end) for begin in _reached(low) for end in ends if LEFT <= end - begin < len(low)]
    for begin, end in sorted(found, key=lambda one: one[1] - one[0]):
        if not is_word(low[begin:end]):
            yield tuple(at for at in (begin, end) if 0 < at < len(low))


def _reached(low: str, *, backwards: bool = False) -> list[int]:
    """Return what lengths of a word's begin are words of the trade one after the other, beginning with none."""
    reached = [0]
    for at in range(FIRST, len(low)):
        words = (low[start:at] for start in reached if at - start >= (SHORTEST if start else FIRST))
        if any(is_word(word[::-1] if backwards else word) for word in words):
            reached.append(at)
    return reached


def _joined(text: str) -> Legible:
    """Return a text with the letters of words that are set apart put together: `Q U A R R I N G T O N`."""
    out = {at for word in _SPACED.finditer(text) for at in range(word.start() + 1, word.end(), 2)}
    kept = [at for at in range(len(text)) if at not in out]
    return Legible("".join(map(text.__getitem__, kept)), range(len(kept)), [at - now for now, at in enumerate(kept)])


def _with_blanks(text: str, cuts: list[int]) -> Legible:
    """Return a text with a blank at each cut, which is nothing in the stored text."""
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    blanks = [at + number for number, at in enumerate(cuts)]
    return Legible(
        " ".join(pieces), [blank + 1 for blank in blanks], [-number - 1 for number in range(len(cuts))],
        dict.fromkeys(blanks, 0),
    )  # fmt: skip
