"""Find people, places, institutions, dates and numbers by a small pretrained encoder, int8, run by onnxruntime.

More accurate and larger than `ner`. The model ships in `deid_core/models/en_deid_minilm` with its card;
`python -m deployments.train.encoder` makes it. A span's score is the model's probability that its words identify
somebody, calibrated on the development set (meta.json: temperature).
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from deid_core.detect.model_files import model_version as small_model_version
from deid_core.detect.names_spelt import with_spelt
from deid_core.detect.place_kinds import kind_of
from deid_core.detect.plain import load_plain
from deid_core.detect.rules.words import CREDENTIALS
from deid_core.detect.second_look import agreed
from deid_core.detect.spared import believed, spared
from deid_core.detect.whole_values import whole_values
from deid_core.detect.word_pieces import GAPS, LINE, Word, WordPieces, words
from deid_core.entities import EntityType
from deid_core.model import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from importlib.resources.abc import Traversable

    from numpy.typing import NDArray

    from deid_core.policy import Policy
    from deid_core.ports import TextQuery

MODEL = "en_deid_minilm"
WEIGHTS, VOCABULARY, META = "model.int8.onnx", "vocab.txt", "meta.json"
WINDOW = 190  # word pieces read at once, as in training; two more mark the ends
OVERLAP = 48  # word pieces that neighbouring windows share, so that every word is read with what surrounds it
BATCH = 512  # word pieces, padding included: more does not stay in the cache
AMONG = 0.2  # what is asked of a word in a text of which another reaches the threshold: there, more is to be expected
NEAR = 0.15  # what is asked of a word beside one that identifies somebody: a name is found whole or half
SURE = 0.8  # a name found with so much certainty is looked for elsewhere in its text
DOUBT = 0.08  # and is one there too, where the model does not rule it out
LIKELY = 0.6  # bare initials found with so much are the same person's wherever they stand in the text
INITIALS = re.compile(r"[A-Z]{2,3}")
ECHO = 4  # letters: shorter words of a name are not looked for
ENTITY = {
    "NAME": EntityType.NAME,
    "ADDRESS": EntityType.ADDRESS,
    "FACILITY": EntityType.FACILITY,
    "ORGANISATION": EntityType.ORGANISATION,
    "DATE": EntityType.DATE,
    "PHONE": EntityType.PHONE,
    "ID": EntityType.ID,
}  # LOCATION is told apart by its text
QUOTES = frozenset("\"'\u2018\u2019\u201c\u201d")
JOINTS = frozenset(".,'\u2019^/-")  # between two words of one identifier
_SMALL = (
    "al ap ben bin bint d da das de del della den der di do dos du el ibn la las le los mac o st te ter van vom von"
)
PARTICLES = frozenset(f"{_SMALL} y zu zum zur".split())
NAME_PART = re.compile(r"[^\W\d_]+")
LONG_WORD = re.compile(rf"[^\W\d_]{{{ECHO},}}")


@dataclass(frozen=True, slots=True)
class Window:
    """Hold what the model reads at once: (pieces,) ids and shapes; `heads` are the places of the words' first pieces.

    Words [first, first + len(heads)) of the part `part`; of these, [keep, stop) are this window's to judge.
    """

    part: int
    first: int
    keep: int
    stop: int
    ids: tuple[int, ...]
    shapes: tuple[int, ...]
    heads: tuple[int, ...]


def window(found: Sequence[Word], cuts: Sequence[list[int]], pieces: WordPieces) -> tuple[list[int], ...]:
    """Return ids, shapes and heads of words in a row, between the two marks of the ends."""
    ids, shapes, heads = [pieces.first], [0], []
    for word, cut in zip(found, cuts, strict=True):
        heads.append(len(ids))
        ids += cut
        shapes += [word.shape, *[word.shape - word.shape % GAPS] * (len(cut) - 1)]
    return [*ids, pieces.last], [*shapes, 0], heads


def windows(index: int, found: Sequence[Word], cuts: Sequence[list[int]], pieces: WordPieces) -> Iterator[Window]:
    """Yield windows that share OVERLAP pieces; each word is judged in the one where it is farther from the edge."""
    sizes = np.cumsum([0, *map(len, cuts)])
    first = keep = 0
    while first < len(found):
        end = int(np.searchsorted(sizes, sizes[first] + WINDOW, side="right")) - 1
        following = int(np.searchsorted(sizes, sizes[end] - OVERLAP))
        stop = int(np.searchsorted(sizes, sizes[end] - OVERLAP // 2)) if end < len(found) else end
        ids, shapes, heads = window(found[first:end], cuts[first:end], pieces)
        yield Window(index, first, keep, stop, tuple(ids), tuple(shapes), tuple(heads))
        if end == len(found):
            return
        first, keep = following, stop


@dataclass(frozen=True, slots=True)
class Encoder:
    """Hold a session, its vocabulary, and what meta.json says of its answers."""

    session: Any
    pieces: WordPieces
    labels: tuple[str, ...]  # outside first, then B- and I- of each
    temperature: float
    threshold: float

    def probabilities(self, batch: Sequence[Window]) -> list[NDArray[np.float32]]:
        """Return for each window (words, labels) probabilities."""
        longest = max(len(one.ids) for one in batch)
        shape = (len(batch), longest)
        ids, shapes, mask = np.full(shape, self.pieces.pad), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, one in enumerate(batch):
            size = len(one.ids)
            ids[row, :size], shapes[row, :size], mask[row, :size] = one.ids, one.shapes, 1
        (logits,) = self.session.run(["logits"], {"ids": ids, "shapes": shapes, "mask": mask})
        return [self._calibrated(logits[row, list(one.heads)]) for row, one in enumerate(batch)]

    def _calibrated(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        scaled = logits / self.temperature
        odds = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        result: NDArray[np.float32] = odds / odds.sum(axis=-1, keepdims=True)
        return result


def _folder() -> Traversable:
    return files("deid_core.models").joinpath(MODEL)


@cache
def _meta() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_folder().joinpath(META).read_text("utf-8"))
    return found


@cache
def model_version() -> str:
    """Name the shipped model: its name, its version, and a hash of all that decides what is found."""
    digest = sha256(b"".join(sha256(_folder().joinpath(name).read_bytes()).digest() for name in (WEIGHTS, VOCABULARY)))
    digest.update(json.dumps([_meta()["temperature"], _meta()["threshold"], small_model_version()]).encode())
    return f"{MODEL}-{_meta()['version']}-{digest.hexdigest()[:12]}"


def opened(weights: bytes, vocabulary: str, meta: Mapping[str, Any]) -> Encoder:
    """Return an encoder from the contents of its files; it computes on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    labels = tuple(meta["labels"])
    return Encoder(session, WordPieces(vocabulary), labels, float(meta["temperature"]), float(meta["threshold"]))


@cache
def load_encoder() -> Encoder:
    """Load the shipped model, once a process; reads local files only."""
    folder = _folder()
    weights, vocabulary = folder.joinpath(WEIGHTS).read_bytes(), folder.joinpath(VOCABULARY).read_text("utf-8")
    return opened(weights, vocabulary, _meta())


def _batches(every: Sequence[Window]) -> Iterator[list[Window]]:
    """Yield windows of like length together, as many as BATCH holds; those that read the same, once."""
    batch: list[Window] = []
    for one in sorted({(one.ids, one.shapes): one for one in every}.values(), key=lambda one: len(one.ids)):
        if batch and (len(batch) + 1) * len(one.ids) > BATCH:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


Judged = tuple[list[Word], "NDArray[np.float32]"]  # words, and their (words, labels) probabilities


def judged(encoder: Encoder, texts: Sequence[str]) -> list[Judged]:
    """Return each text's words and their (words, labels) probabilities; those of plain sentences are outside."""
    return [_whole(encoder, text, parts) for text, parts in zip(texts, _judged_parts(encoder, texts), strict=True)]


def _whole(encoder: Encoder, text: str, parts: Sequence[Judged]) -> Judged:
    """Put the parts of a text that were read into the whole of it."""
    found = words(text)
    starts = [word.start for word in found]
    odds = np.zeros((len(found), len(encoder.labels)), np.float32)
    odds[:, 0] = 1.0
    for part, read_there in parts:
        if part:
            first = bisect_left(starts, part[0].start)
            odds[first : first + len(part)] = read_there
    return found, odds


def _judged_parts(encoder: Encoder, texts: Sequence[str]) -> list[list[Judged]]:
    """Return the same for the parts of each text that are not plain, in order, apart."""
    every: list[Window] = []
    parts: list[Judged] = []
    result = []
    for text in texts:
        first = len(parts)
        for start, end in load_plain().read_at(text):
            part = words(text, start, end)
            cuts = [encoder.pieces.cut(text[word.start : word.end]) for word in part]
            every.extend(windows(len(parts), part, cuts, encoder.pieces))
            parts.append((part, np.zeros((len(part), len(encoder.labels)), np.float32)))
        result.append(parts[first:])
    read: dict[tuple[tuple[int, ...], tuple[int, ...]], NDArray[np.float32]] = {}
    for batch in _batches(every):
        answers = zip(batch, encoder.probabilities(batch), strict=True)
        read |= {(one.ids, one.shapes): answer for one, answer in answers}
    for one in every:
        answer = read[one.ids, one.shapes]
        parts[one.part][1][one.keep : one.stop] = answer[one.keep - one.first : one.stop - one.first]
    return result


def _name_start(text: str, start: int, end: int) -> int:
    """Return where a name begins: words in small letters before capitals are none of it (`dietician Sneha`).

    But where a comma stands between them, the capitals may be none: `for kerensa, CRAO at 9`.
    """
    first = next((part.start() for part in NAME_PART.finditer(text, start, end) if part[0][0].isupper()), start)
    if "," in text[start:first]:
        return start
    before = NAME_PART.findall(text, start, first)
    return start if any(part.casefold() in PARTICLES for part in before) else first


@dataclass(slots=True)
class _Run:
    """Gather the words of one identifier."""

    label: str
    start: int
    end: int
    scores: list[float]

    def span(self, text: str) -> Span:
        if self.label == "NAME":
            self.start = _name_start(text, self.start, self.end)
        kind = ENTITY.get(self.label) or kind_of(text[self.start : self.end])
        score = round(min(sum(self.scores) / len(self.scores), 1.0), 4)
        return Span(self.start, self.end, kind, score, f"{MODEL}:{self.label}")


def _may_join(text: str, word: Word, beside: Word) -> bool:
    """Say whether a word may belong to a name because of the one beside it: a small one not to capitals, but `van`."""
    value = text[word.start : word.end]
    return not value.islower() or not text[beside.start].isupper() or value in PARTICLES


def _hits(asked: float, text: str, found: Sequence[Word], inside: NDArray[np.float32]) -> list[bool]:
    """Tell of each word whether it probably identifies somebody; beside one that does, less is asked of it."""
    hits = [bool(chance >= asked) for chance in inside]
    likely = [int(index) for index in np.flatnonzero(inside >= NEAR)]
    signs = {index for index, word in enumerate(found) if text[word.start : word.end] in JOINTS}
    for order, step in ((likely, -1), (reversed(likely), 1)):
        for index in order:
            beside = index + step + (step if index + step in signs else 0)
            if not text[found[index].start].isalnum():
                continue  # a ruled line is no part of a name
            if 0 <= beside < len(found) and hits[beside] and _may_join(text, found[index], found[beside]):
                between = found[min(index, beside) + 1 : max(index, beside) + 1]
                hits[index] |= all(word.shape % GAPS != LINE for word in between)
    for index in signs:
        hits[index] |= 0 < index < len(found) - 1 and hits[index - 1] and hits[index + 1]
    for index in range(1, len(found) - 3):
        if hits[index - 1] and text[found[index].start] in QUOTES and _is_called(text, found[index + 1 : index + 4]):
            hits[index : index + 4] = [True] * 4
    return hits


def _is_called(text: str, following: Sequence[Word]) -> bool:
    """Say whether what follows a quote is a name that somebody is called by, and the rest: `Rose "Posy" Lim`."""
    called, quote, rest = (text[word.start : word.end] for word in following)
    return quote in QUOTES and called.istitle() and rest.istitle()


def _runs(
    encoder: Encoder, asked: float, text: str, found: Sequence[Word], odds: NDArray[np.float32]
) -> Iterator[_Run]:
    """Yield runs of words on one line that probably identify somebody; signs at their edges are left out."""
    inside = 1.0 - odds[:, 0]
    kinds = (odds[:, 1::2] + odds[:, 2::2]).argmax(axis=1)
    run: _Run | None = None
    for index, hit in enumerate(_hits(asked, text, found, inside)):
        word = found[index]
        if run and (not hit or word.shape % GAPS == LINE):
            yield run
            run = None
        if not hit or not text[word.start].isalnum():
            continue
        kind = int(kinds[index])
        label, begins = (
            encoder.labels[1 + 2 * kind].removeprefix("B-"),
            odds[index, 1 + 2 * kind] > odds[index, 2 + 2 * kind],
        )
        if run and (begins or run.label != label):
            yield run
            run = None
        run = run or _Run(label, word.start, word.end, [])
        run.end = word.end
        run.scores.append(float(inside[index]))
    if run:
        yield run


def _signs(text: str, span: Span) -> Iterator[str]:
    """Yield the letters that a name is given beside it: `MJ = Mary Jones`, `Mary Jones (mj)`, `MJ Mary Jones`."""
    letters = "".join(part[0] for part in NAME_PART.findall(text, span.start, span.end))
    before, after = text[max(0, span.start - 8) : span.start], text[span.end : span.end + 8]
    for sign in {letters.upper(), letters.lower()} if len(letters) in {2, 3} else ():
        listed = before.endswith(f"  {sign} ") and sign.lower() not in CREDENTIALS
        if listed or re.search(rf"(?<!\w){sign}\s?[=:]|\({sign}\)", f"{before} {after}"):
            yield sign


def _echoes(encoder: Encoder, text: str, parts: Sequence[Judged], spans: Sequence[Span]) -> Iterator[Span]:
    """Yield the other places of the words of names found for sure, where the model does not rule a name out."""
    sure = [span for span in spans if span.rule == f"{MODEL}:NAME" and span.score >= SURE]
    names = {value.casefold(): span for span in sure for value in LONG_WORD.findall(text, span.start, span.end)}
    signs = {sign: span for span in sure for sign in _signs(text, span)}
    likely = (span for span in spans if span.rule == f"{MODEL}:NAME" and span.score >= LIKELY)
    bare = {value: span for span in likely if INITIALS.fullmatch(value := text[span.start : span.end])}
    whole = [_whole(encoder, text, parts)] if signs else parts  # signs are looked for in plain sentences too
    for found, odds in whole if names or signs or bare else ():
        for word, inside in zip(found, 1.0 - odds[:, 0], strict=True):
            if inside < DOUBT and not signs:
                continue
            value = text[word.start : word.end]
            span = signs.get(value)
            if span is None and inside >= DOUBT:
                span = names.get(value.casefold()) or bare.get(value)
            if span and inside < encoder.threshold:
                yield Span(word.start, word.end, span.entity_type, span.score, span.rule)


def read(encoder: Encoder, texts: Sequence[str]) -> list[list[Span]]:
    """Return each text's spans, in order, without overlap; a name found for sure in one place is looked for in all.

    Where the model is in doubt the small one is asked, too.
    """
    result = []
    read_parts = _judged_parts(encoder, texts)
    for text, parts in zip(texts, read_parts, strict=True):
        surest = max((float(1.0 - odds[:, 0].min()) for found, odds in parts if found), default=0.0)
        asked = AMONG if surest >= encoder.threshold else encoder.threshold
        runs = (run for found, odds in parts for run in _runs(encoder, asked, text, found, odds))
        spans: list[Span] = []
        for run in runs:
            beside = bool(spans) and text[spans[-1].end : run.start] == " "
            span = spared(text, run.span(text), beside=beside)
            # bare capitals are oftener an abbreviation: more is not to be expected of them
            if span and not (span.score < encoder.threshold and INITIALS.fullmatch(text[span.start : span.end])):
                spans.append(span)
        spans.extend(_echoes(encoder, text, parts, spans))
        result.append(with_spelt(text, believed(text, spans)))
    second = agreed(texts, [[(part, 1.0 - odds[:, 0]) for part, odds in parts] for parts in read_parts], result)
    return [
        whole_values(text, sorted([*found, *more], key=attrgetter("start")))
        for text, found, more in zip(texts, result, second, strict=True)
    ]


class NerOnnx:
    """Find identifiers in prose and layouts by the shipped encoder."""

    name = "ner_accurate"
    needs_prose = True

    def __init__(self, policy: Policy) -> None:  # noqa: ARG002 - every detector is built from a policy
        """Take the policy that every detector is given; the model has no settings, and loads on first use."""
        self.version = model_version()

    def find(self, queries: Sequence[TextQuery]) -> list[list[Span]]:
        """Return the spans of each query's text, in order, without overlap; equal texts are read once."""
        texts = list(dict.fromkeys(query.text for query in queries))
        found = dict(zip(texts, read(load_encoder(), texts), strict=True)) if texts else {}
        return [list(found[query.text]) for query in queries]
