"""What is covered in pixels though no text detector found it: by place, by how it reads, by what stands beside it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from deid_core.detect.word_lists import load_lists
from deid_core.entities import EntityType
from deid_core.extract.believed_captions import is_abbreviation, is_nobodys, is_unknown, may_be_a_house, may_name
from deid_core.extract.descriptors import parts
from deid_core.extract.misread import resembles
from deid_core.extract.ocr import WELL, boxed, captions, lines
from deid_core.extract.phrases import is_phrase
from deid_core.extract.reach import ends, gaps
from deid_core.extract.reading import SCENES, Reading, engine, reading
from deid_core.extract.regions import outside, recipe_for, regions
from deid_core.extract.technical import has_label, is_label, is_plain, is_technical, is_word, may_be_a_person
from deid_core.extract.vocabulary import vocabulary
from deid_core.model import Document, Finding, Part, PixelBox
from deid_core.policy import Policy
from deid_core.ports import KnownValue, Word

INITIALS = 3  # letters at most
NAMED = 3  # words at most of a label with a name behind it
NEAR, REACH = 1.0, 12.0  # line heights between two lines of one block, and between initials and what is in their row
FAIR = 0.6  # confidence from which a caption about the picture is taken for what it says
BLANK = 2  # grey levels; a box whose pixels differ by less holds nothing
NAMES = frozenset({EntityType.NAME, EntityType.STAFF_NAME, EntityType.RELATIVE_NAME})
VALUE = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{1,2})?%?")  # what follows two letters that are a setting
LONG_NUMBER = re.compile(
    r"(?<![\d.,])\d{6,}(?![.,]?\d)"
)  # digits of what is somebody's, whether a label says so or not
IMAGE = EntityType.UNREAD_TEXT


@dataclass(frozen=True, slots=True)
class Near:
    """Hold the boxes of a frame's identifiers, and which of them are people's names."""

    boxes: Sequence[PixelBox]
    people: Sequence[PixelBox]

    def beside(self, line: Sequence[Word]) -> bool:
        """Say whether a line stands in a row with an identifier, or just above or below one in the same block."""
        return any(_in_row(line, box) or _in_block(line, box) for box in self.boxes)

    def holds(self, word: Word) -> bool:
        """Say whether a word has been found to identify already."""
        across, down = word.left + word.width / 2, word.top + word.height / 2
        return any(
            box.left <= across <= box.left + box.width and box.top <= down <= box.top + box.height for box in self.boxes
        )

    def beside_person(self, line: Sequence[Word]) -> bool:
        """Say whether initials there may be somebody's: near an identifier in its row, or above or below a name."""
        height = max(word.height for word in line)
        row = any(_in_row(line, box) and _apart(line, box) <= REACH * height for box in self.boxes)
        return row or any(_in_block(line, box) for box in self.people)


def unread(
    document: Document, part: Part, policy: Policy, found: Sequence[Finding] = (), known: Sequence[KnownValue] = ()
) -> Iterator[Finding]:
    """Yield boxes to cover besides those that the text detectors found in this part.

    By place: a machine's recipe, and what is outside the declared regions if the policy says so. By how it reads: all
    text if the policy says so, what cannot be read well, what resembles a known value. By what is beside it: initials
    and what is read poorly next to an identifier. What is found in one frame is covered in all frames but empty ones.
    """
    cover = policy.pixels.cover
    seen = reading(part.value, policy.pixels.ocr, document.media_type)
    inner = regions(document, part) if cover == "outside_regions" else []
    every = cover == "all_text" or (cover == "outside_regions" and not inner)  # no regions: nothing is known to be safe
    made = [*_placed(document, part, policy, seen, inner)]
    identifiers = [one for one in found if _boxes(one, part.name)]
    for number, words in seen.judged(document.media_type):
        shape = seen.shapes[number]
        here = [(box, one.entity_type) for one in identifiers for box in _boxes(one, part.name) if box.frame == number]
        own = [box for box, _ in here]
        near = Near(own, [box for box, label in here if label in NAMES])
        for line in lines(list(words)):
            for word, rule in _judged(line, policy, every=every, known=known, near=near):
                made.append(_finding(boxed(word, part.name, number, shape), word.confidence, policy, rule))
        made += _reached(part, number, words, own, shape, policy)
    yield from made
    if document.media_type == SCENES:  # frames of one scene; the pages of a document are not
        yield from _spread([*identifiers, *made], part, seen)


def _reached(
    part: Part, number: int, words: Sequence[Word], own: Sequence[PixelBox], shape: tuple[int, ...], policy: Policy
) -> Iterator[Finding]:
    """Yield what identifiers found in a frame reach over besides their words."""
    for box in gaps(words, own, part.name, number, shape):
        yield _finding(box, 1.0, policy, "between_identifiers")
    frame = part.value.readable(number) if own else None
    for box in dict.fromkeys(own):
        longer = None if frame is None else ends(frame, box, words)
        if longer is not None:
            yield _finding(longer, 1.0, policy, "end_of_identifier")


def _judged(
    line: list[Word], policy: Policy, *, every: bool, known: Sequence[KnownValue], near: Near
) -> Iterator[tuple[Word, str]]:
    """Yield the words of a line that are covered, and why."""
    text = " ".join(word.text for word in line)
    technical = is_technical([word.text for word in line])
    alike = not technical and resembles(text, known)
    apart = list(captions(line))
    settings = {word for one in apart if is_plain([word.text for word in one]) for word in one}
    free = {word for one in apart if _is_about_the_picture(one, near.boxes) for word in one}
    beside = near.beside(line)
    initials = beside and not technical and near.beside_person(line)
    lone = {word for one in apart if _may_name(one, near) for word in one if not _labels(word)}
    lone |= {word for one in apart if _is_in_part(one, near) for word in one if is_unknown(word.text)}
    houses = {word for one in apart if may_be_a_house([word.text for word in one]) for word in one}
    for word in line:
        if not word.text or word.confidence < policy.pixels.min_confidence:
            yield word, "low_confidence"
        elif every:
            yield word, "all_text"
        elif alike and not _is_setting(word.text):
            yield word, "resembles_known_value"
        elif word in lone and not near.holds(word):
            yield word, "may_be_a_name"
        elif word in houses and not near.holds(word):
            yield word, "may_be_an_institution"
        elif not technical and LONG_NUMBER.search(word.text) and not near.holds(word):
            yield word, "may_be_a_number"
        elif not beside or (word in settings and word.confidence >= FAIR):
            continue
        elif _is_poor(word) or (initials and word not in free and _is_initials(word.text)):
            yield word, "beside_identifier"


def _labels(word: Word) -> bool:
    """Say whether a word is a label: it has a colon, or what follows one is somebody's."""
    return word.text.endswith(":") or is_label(word.text.strip(".:").lower())


def _may_name(caption: Sequence[Word], near: Near) -> bool:
    """Say whether a caption may name somebody though no detector saw it."""
    texts = [word.text for word in caption]
    unknown = any(len(text) > INITIALS and is_unknown(text) for text in texts)
    told = has_label(texts) or (
        len(texts) <= NAMED and texts[0].endswith(":") and is_label(texts[0].strip(".:").lower())
    )
    labelled = may_be_a_person(texts) or (unknown and told)
    return not is_technical(texts) and (labelled or may_name(texts, beside=near.beside(caption)))


def _is_in_part(caption: Sequence[Word], near: Near) -> bool:
    """Say whether some of a caption has not been read, or is somebody's name: its unknown words are of the same."""
    return any(not word.text for word in caption) or any(
        _in_row(caption, box) and _apart(caption, box) < 0 for box in near.people
    )


def _is_about_the_picture(caption: Sequence[Word], boxes: Iterable[PixelBox]) -> bool:
    """Say whether a caption holds a longer word about the picture, or a value: `Biceps LH`, `TSI 0`.

    One with an identifier in it, or a label of a person, is about that person.
    """
    if any(_in_row(caption, box) and _apart(caption, box) < 0 for box in boxes):
        return False
    words = [part for word in caption for part in parts(word.text)]
    if is_phrase([word.text for word in caption]):
        return True
    told = any(is_nobodys(word) if len(word) > INITIALS else is_abbreviation(word) for word in words)
    return (told or any(VALUE.fullmatch(word.text) for word in caption[1:])) and not any(map(is_label, words))


def _is_poor(word: Word) -> bool:
    """Say whether a word is read too poorly to stand beside an identifier; one of the listed words is read rightly."""
    listed = is_word(word.text) and not any(map(str.isdigit, word.text))
    return word.confidence < WELL and not listed


def _is_setting(text: str) -> bool:
    """Say whether a word is about the picture, and no number that may be part of an identifier."""
    return is_word(text) and not (text.isdigit() and len(text) > 2)


def _is_initials(text: str) -> bool:
    letters = text.replace(".", "")
    return (
        letters.isalpha()
        and letters.isupper()
        and 2 <= len(letters) <= INITIALS
        and not is_word(text)
        and not _is_short(letters)
    )


def _is_short(letters: str) -> bool:
    """Say whether three letters are a word, or short for one: `OFF`, `PHT`."""
    low = letters.lower()
    listed = low in vocabulary().beside or load_lists().on(low) == [False, True]
    return is_abbreviation(low) or (len(low) == INITIALS and listed)


def _in_row(line: Sequence[Word], box: PixelBox) -> bool:
    top, bottom = min(word.top for word in line), max(word.top + word.height for word in line)
    return top < box.top + box.height / 2 < bottom or box.top < (top + bottom) / 2 < box.top + box.height


def _in_block(line: Sequence[Word], box: PixelBox) -> bool:
    """Say whether a line stands just above or below a box, and over or under some of it."""
    top, bottom = min(word.top for word in line), max(word.top + word.height for word in line)
    gap = max(box.top - bottom, top - (box.top + box.height))
    return gap <= NEAR * max(word.height for word in line) and _apart(line, box) < 0


def _apart(line: Sequence[Word], box: PixelBox) -> int:
    """Return the pixels between a line and a box across; below 0 where one is over the other."""
    left, right = min(word.left for word in line), max(word.left + word.width for word in line)
    return max(box.left - right, left - (box.left + box.width))


def _placed(
    document: Document, part: Part, policy: Policy, seen: Reading, inner: list[tuple[int, int, int, int]]
) -> Iterator[Finding]:
    """Yield what is covered for where it stands, in every frame."""
    recipe = recipe_for(document, part)
    for number, shape in enumerate(seen.shapes):
        for box in recipe.boxes if recipe else ():
            yield _finding(PixelBox(part.name, *box, number), 1.0, policy, "recipe")
        for box in outside(inner, shape[0], shape[1]) if inner else ():
            yield _finding(PixelBox(part.name, *box, number), 1.0, policy, "outside_regions")


def _spread(findings: Sequence[Finding], part: Part, seen: Reading) -> Iterator[Finding]:
    """Yield each box again in the other frames of its size, but where there is nothing in it."""
    if len(seen.words) < 2:
        return
    there: dict[tuple[int, int, int, int], set[int]] = defaultdict(set)
    first: dict[tuple[int, int, int, int], Finding] = {}
    for finding in findings:
        for box in _boxes(finding, part.name):
            place = box.left, box.top, box.width, box.height
            there[place].add(box.frame)
            first.setdefault(place, finding)
    for number, shape in enumerate(seen.shapes):
        missing = [place for place, frames in there.items() if number not in frames]
        if not missing:
            continue
        frame = part.value.readable(number)
        for left, top, width, height in missing:
            finding = first[left, top, width, height]
            origin = _boxes(finding, part.name)[0].frame
            samples = frame[top : top + height, left : left + width]
            if shape == seen.shapes[origin] and samples.size and int(np.ptp(samples)) >= BLANK:
                box = PixelBox(part.name, left, top, width, height, number)
                yield replace(finding, location=box, rule="same_place_in_another_frame")


def _boxes(finding: Finding, part: str) -> list[PixelBox]:
    box = finding.location
    return [box] if isinstance(box, PixelBox) and box.part == part else []


def _finding(box: PixelBox, score: float, policy: Policy, rule: str) -> Finding:
    reader = engine(policy.pixels.ocr)
    return Finding(IMAGE, box, score, reader.name, reader.version, rule)
