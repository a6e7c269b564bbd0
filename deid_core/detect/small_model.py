"""Read texts by a small trained model: spaCy, offline, on CPU. `ner` asks it, `ner_own` one like it.

The English model ships in `deid_core/models/en_deid_cnn` with its card; `python -m deployments.train` makes it. Another
language has its own in its folder of `deid_core/languages`; the policy names the language.
spaCy's NER gives no probabilities: a span's score is the precision of its like on the development set (meta.json);
a single word called a name without a cue is `NAME:bare`, and scores lower.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from importlib.resources import as_file
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING
from unicodedata import combining, normalize

import spacy
from spacy.attrs import PREFIX
from spacy.util import get_lang_class
from spacy.vocab import create_vocab

from deid_core.detect.model_files import model_meta, model_name
from deid_core.detect.place_kinds import kind_of
from deid_core.detect.rules.words import listed, words
from deid_core.detect.spared_elsewhere import spared
from deid_core.detect.word_lists import WORDS, WordLists, load_lists
from deid_core.entities import EntityType
from deid_core.languages import DEFAULT, language
from deid_core.model import Span

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.vocab import Vocab

PIECE = 4_000  # code points given to the model at once: its memory grows with the longest text
OVERLAP = 200  # code points seen twice where a text had to be cut inside a line
BATCH = 64
WEAK = frozenset({"por", "by", "d", "da"})  # cues that stand before things as often as before people
REMEMBERED = 50_000  # words whose place on the lists is kept
READING = Lock()  # a memory zone belongs to one thread
LABELS = {
    "NAME": EntityType.NAME,
    "ADDRESS": EntityType.ADDRESS,
    "FACILITY": EntityType.FACILITY,
    "ORGANISATION": EntityType.ORGANISATION,
    "DATE": EntityType.DATE,
    "PHONE": EntityType.PHONE,
    "ID": EntityType.ID,
}  # LOCATION is told apart by its text
BORDERS = (re.compile(r".*\n", re.DOTALL), re.compile(r".*[.!?]\s", re.DOTALL), re.compile(r".*\s", re.DOTALL))
WORD = re.compile(r"[^\W\d_]+")
ECHO = 4  # letters: shorter words of a name are not looked for elsewhere
EDGE = re.compile(r"^[\s,;:(\[\"'|*_#=<-]+|[\s,;:(\[\"'|*_=<>-]+$")
SPACES = "\r\x00\u00a0\u00ad\u2009\u200b\u200c\u200d\u200e\u200f\u202f\u2060\ufeff"
PLAIN = str.maketrans({**dict.fromkeys(SPACES, " "), "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})
RULED = re.compile(r"((?:[^\w\s]|_){4})(?:[^\w\s]|_){5,}")  # a ruled line: spaCy's time grows with its square
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Model:
    """Hold a pipeline, the lists it was trained with, the score of each label and of `NAME:bare`, and its language.

    `labels` gives its labels our meaning, but for LOCATION; `called` names it where it is not the language's own.
    """

    nlp: Language
    lists: WordLists
    scores: Mapping[str, float]
    code: str = DEFAULT
    labels: Mapping[str, EntityType] = field(default_factory=lambda: LABELS)
    called: str = ""

    @property
    def name(self) -> str:
        """Return what its rules are called by."""
        return self.called or model_name(self.code)


def vocabulary(lists: WordLists, code: str = DEFAULT) -> Vocab:
    """Return a language's vocabulary whose PREFIX attribute is the lists' feature; training and use share it."""
    defaults = get_lang_class(code).Defaults
    getters = {**defaults.lex_attr_getters, PREFIX: lists.feature}
    return create_vocab(code, type("Defaults", (defaults,), {"lex_attr_getters": getters}))


def load_model(code: str = DEFAULT) -> Model:
    """Load the shipped model of a language, once a process; reads local files only."""
    return _loaded(code)


@cache
def _loaded(code: str) -> Model:
    scores = {label: float(score) for label, score in model_meta(code)["performance"]["scores"].items()}
    with as_file(language(code).model) as folder:
        lists = WordLists.load(folder / WORDS)
        return Model(spacy.load(folder, vocab=vocabulary(lists, code)), lists, scores, code)


@cache
def _cue(code: str) -> re.Pattern[str]:
    """Return what stands before a person: a surname alone without it may be a disease, a test or an instrument."""
    words = "|".join(map(re.escape, language(code).cues))
    return re.compile(rf"(?:\b(?:{words})\b[.,]?|[:^])\s*$", re.IGNORECASE)


@cache
def _sure_cue(code: str) -> re.Pattern[str]:
    """Return what stands before a person and hardly before anything else: not `by`, and no label of another field."""
    words = "|".join(re.escape(word) for word in language(code).cues if word not in WEAK)
    return re.compile(rf"(?:\b(?:{words})\b[.,:]{{0,2}}|\^)\s*$", re.IGNORECASE)


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of pieces of at most PIECE code points, cut at lines, else sentences, else words.

    Inside a line neighbours overlap, so that a name across the cut is whole in one of them.
    """
    start = 0
    while len(text) - start > PIECE:
        window = text[start : start + PIECE]
        cuts = (match.end() for border in BORDERS if (match := border.match(window)) and match.end() > PIECE // 2)
        cut = next(cuts, PIECE)
        yield start, start + cut
        start += cut if window[cut - 1] == "\n" else cut - OVERLAP
    if start < len(text):
        yield start, len(text)


def _capitals(line: str) -> bool:
    cased = [char for char in line if char.isupper() or char.islower()]
    return len(cased) > 1 and sum(map(str.isupper, cased)) >= 0.8 * len(cased)


def _titled(line: str) -> str:
    """Return a line in Title Case, code point by code point, so that its length stays."""
    out = []
    for before, char in pairwise(" " + line):
        low = char.lower()
        out.append(low if before.isalpha() and len(low) == 1 else char)
    return "".join(out)


def _plain(text: str) -> str:
    """Return the text as the model reads it, of the same length: one kind of space and quote, ruled lines blanked."""
    plain = SURROGATE.sub("\ufffd", text.translate(PLAIN))
    return RULED.sub(lambda match: match[1].ljust(len(match[0])), plain)


def _readings(text: str) -> Iterator[tuple[str, int]]:
    """Yield what the model is to read of a piece, and where it begins: all, and lines of capitals in Title Case."""
    plain = _plain(text)
    yield plain, 0
    run: list[str] = []
    at = 0
    for line in [*plain.splitlines(keepends=True), ""]:
        if _capitals(line):
            run.append(_titled(line))
        elif run:
            yield "".join(run), at - sum(map(len, run))
            run = []
        at += len(line)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap into one that covers both, under the label of the longest; in order."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        last = out[-1] if out else None
        if last is None or span.start >= last.end:
            out.append(span)
            continue
        longest = max(last, span, key=lambda item: item.end - item.start)
        out[-1] = Span(
            last.start, max(last.end, span.end), longest.entity_type, max(last.score, span.score), longest.rule
        )
    return out


def _echoes(text: str, spans: Sequence[Span], model: Model) -> Iterator[Span]:
    """Yield the other places of the words of names found with a cue, as written or in capitals, but of safe words."""
    words: dict[str, Span] = {}
    for span in (span for span in spans if span.entity_type is EntityType.NAME and not span.rule.endswith(":bare")):
        for match in WORD.finditer(text, span.start, span.end):
            word = match[0]
            if len(word) >= ECHO and word[0].isupper() and not model.lists.on(word)[1]:
                words |= {word: span, word.upper(): span}
    for match in WORD.finditer(text) if words else ():
        if found := words.get(match[0]):
            yield Span(match.start(), match.end(), EntityType.NAME, found.score, found.rule)


def _span(model: Model, text: str, start: int, end: int, label: str) -> Iterator[Span]:
    """Yield the span without the white space and punctuation at its edges; nothing if nothing else is in it."""
    trimmed = EDGE.sub("", text[start:end])
    if any(char.isalnum() for char in trimmed):
        low = start + text[start:end].index(trimmed)
        kind = model.labels.get(label) or kind_of(trimmed, model.code)
        alone = kind is EntityType.NAME and len(trimmed.split()) == 1
        bare = alone and not _cue(model.code).search(text, max(0, low - 24), low)
        evidence = f"{label}:bare" if bare else label
        yield Span(low, low + len(trimmed), kind, model.scores[evidence], f"{model.name}:{evidence}")


def read(model: Model, texts: Sequence[str]) -> list[list[Span]]:
    """Return each text's spans, in order, without overlap.

    Every piece is read as it is and, where it has lines of capitals, in Title Case; a name found in one place is
    found in all of them.
    """
    jobs: list[tuple[str, int, int]] = []
    for index, text in enumerate(texts):
        for start, end in pieces(text):
            found = ((reading, index, start + at) for reading, at in _readings(text[start:end]))
            jobs.extend(job for job in found if job[0].strip())
    spans: list[list[Span]] = [[] for _ in texts]
    with READING, model.nlp.memory_zone():  # words read here are forgotten at its end
        docs = model.nlp.pipe([reading for reading, _, _ in jobs], batch_size=BATCH)
        for doc, (_, index, start) in zip(docs, jobs, strict=True):
            for entity in doc.ents:
                low, high = start + entity.start_char, start + entity.end_char
                spans[index].extend(_span(model, texts[index], low, high, entity.label_))
    kept = [_kept(model, text, found) for text, found in zip(texts, spans, strict=True)]
    return [merged([*found, *_echoes(text, found, model)]) for text, found in zip(texts, kept, strict=True)]


@lru_cache(maxsize=REMEMBERED)
def _is_listed(word: str, code: str) -> int:
    """Tell how sure it is that a word is a name: 2 on the language's own list, 1 on the shared one, 0 on neither."""
    if listed("names", code) and word.lower() in words("names", code=code):
        return 2
    bare = "".join(char for char in normalize("NFD", word) if not combining(char))
    return int(any(load_lists().on(form)[0] for form in {word, bare}))


def _kept(model: Model, text: str, found: Sequence[Span]) -> list[Span]:
    """Return what is left of another language's spans without what its lists say names nobody."""
    if model.code == DEFAULT:
        return [*found]
    cue = _sure_cue(model.code)
    left = (
        spared(
            text,
            span,
            model.code,
            named=partial(_is_listed, code=model.code),
            cued=cue.search(text, max(0, span.start - 24), span.start) is not None,
        )
        for span in found
    )
    return [span for span in left if span]
