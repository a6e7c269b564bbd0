"""What no text detector finds is covered by place, by how it reads, and by what stands beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydicom.dataset import Dataset

from deid_core.entities import EntityType
from deid_core.extract import reading as module
from deid_core.extract.ocr import lines, pixel_views
from deid_core.extract.reading import Reading
from deid_core.extract.regions import outside, recipe_for, recipes, regions
from deid_core.extract.unread import unread
from deid_core.model import Document, Finding, Part, PartKind, PixelBox
from deid_core.policy import Policy, load_policy
from deid_core.ports import KnownValue, Word

ROWS, COLUMNS = 600, 800
POLICY = load_policy("safe_harbor")


class Frames:
    """Hold frames that are noise all over, so that none of their boxes is empty, and blank frames at the end."""

    def __init__(self, count: int, blank: int = 0) -> None:
        """Make so many frames."""
        self.count = count + blank
        noise = np.random.default_rng(1).integers(0, 255, (ROWS, COLUMNS, 3), np.uint8)
        self._frames = [noise] * count + [np.zeros((ROWS, COLUMNS, 3), np.uint8)] * blank

    def readable(self, frame: int) -> np.ndarray:  # type: ignore[type-arg]
        """Return a frame."""
        return self._frames[frame]


def document(frames: Frames, **elements: object) -> Document:
    """Return a document of a dataset with those elements, and frames."""
    dataset = Dataset()
    dataset.Rows, dataset.Columns = ROWS, COLUMNS
    for name, value in elements.items():
        setattr(dataset, name, value)
    parts = Part("dataset", PartKind.DATASET, dataset), Part("pixels", PartKind.PIXELS, frames)
    return Document("a", "application/dicom", "s", parts)


def covered(
    words: list[Word], found: list[Finding] = [], known: tuple[KnownValue, ...] = (), *, frames: Frames | None = None,  # noqa: B006
    policy: Policy = POLICY, **elements: object,
) -> list[tuple[str, PixelBox]]:  # fmt: skip
    """Return the rule and box of each finding when those words were read in the first frame."""
    frames = frames or Frames(1)
    count = frames.count
    words_by_frame = (tuple(words), *[tuple(words)] * (count - 1))
    seen = Reading(words_by_frame, (True, *[False] * (count - 1)), ((ROWS, COLUMNS, 3),) * count)
    module._readings[id(frames), policy.pixels.ocr] = frames, seen  # type: ignore[assignment]
    made = document(frames, **elements)
    return [(one.rule, one.location) for one in unread(made, made.part("pixels"), policy, found, known)]  # type: ignore[misc]


def word(text: str, left: int, top: int, confidence: float = 0.99) -> Word:
    """Return a word of 12 pixels a letter and 20 high."""
    return Word(text, left, top, 12 * len(text), 20, confidence)


def name_at(left: int, top: int, width: int, frame: int = 0) -> Finding:
    """Return what a detector found."""
    return Finding(EntityType.NAME, PixelBox("pixels", left, top, width, 20, frame), 0.95, "known_values", "1", "name")


def pixels(**changes: object) -> Policy:
    """Return the policy with other rules for pixels."""
    return POLICY.model_copy(update={"pixels": POLICY.pixels.model_copy(update=changes)})


@pytest.mark.parametrize(
    ("text", "confidence", "searched"),
    [("+2:09:04", 0.99, []), ("+2:09:04", 0.7, ["+2:09:04"]), ("image_1", 0.99, []), ("14:09:04", 0.99, ["14:09:04"]),
     ("ERECT PA", 0.99, ["ERECT pa"]), ("GAIN 82", 0.99, ["GAIN 82"])],
)  # fmt: skip
def test_settled_text_about_the_picture_is_not_searched(text: str, confidence: float, searched: list[str]) -> None:
    """An elapsed time that is read well is no clock; read poorly it may be one. PA is a projection, no degree."""
    frames = Frames(1)
    words = tuple(word(one, 100 + 80 * number, 100, confidence) for number, one in enumerate(text.split()))
    module._readings[id(frames), POLICY.pixels.ocr] = frames, Reading((words,), (True,), ((ROWS, COLUMNS, 3),))  # type: ignore[assignment]
    made = document(frames)
    shown = dict.fromkeys(view.text.strip() for view in pixel_views(made, made.part("pixels"), POLICY))
    assert list(shown) == searched


def test_lines_are_given_together_and_one_by_one() -> None:
    """Rules read what stands below a label, models each line by itself, too; a setting is given to no model."""
    frames = Frames(1)
    words = (word("OKONKWO", 10, 10), word("HARGREAVES", 10, 60), word("GAIN", 10, 110), word("82", 80, 110))
    module._readings[id(frames), POLICY.pixels.ocr] = frames, Reading((words,), (True,), ((ROWS, COLUMNS, 3),))  # type: ignore[assignment]
    made = document(frames)
    views = list(pixel_views(made, made.part("pixels"), POLICY))
    assert [view.text for view in views if view.prose] == ["OKONKWO\nHARGREAVES\n", "OKONKWO\n", "HARGREAVES\n"]
    assert any("GAIN 82" in view.text for view in views if not view.prose)


@pytest.mark.parametrize(
    ("text", "confidence", "left", "top", "rule"),
    [
        ("AC", 1.0, 400, 10, "beside_identifier"),
        ("A.C.", 1.0, 400, 10, "beside_identifier"),
        ("94", 0.74, 10, 34, "beside_identifier"),
        ("L", 1.0, 400, 10, None),
        ("OB", 1.0, 400, 10, None),
        ("GAIN", 0.99, 400, 10, None),
        ("AC", 1.0, 400, 300, None),
        ("94", 0.74, 400, 300, None),
        ("blurred", 0.3, 400, 300, "low_confidence"),
        ("", 0.9, 400, 300, "low_confidence"),
        ("HARGREAVE5", 0.9, 400, 300, "resembles_known_value"),
        ("SCRIPPS", 1.0, 400, 300, "may_be_a_name"),
        ("ZYLSTRANDT", 1.0, 400, 300, None),
        ("LOVARY", 1.0, 400, 10, None),  # a side and what is seen, without their space
        ("ZYLSTRANDT", 1.0, 400, 10, "may_be_a_name"),
    ],
)
def test_text_is_covered_for_what_stands_beside_it(
    text: str, confidence: float, left: int, top: int, rule: str | None
) -> None:
    """Initials and poor reading go next to an identifier; a side, an examination and a setting stay."""
    words = [word("HARGREAVES,ROSALIND", 10, 10), word(text, left, top, confidence)]
    known = (KnownValue(EntityType.NAME, "HARGREAVES^ROSALIND"),)
    found = covered(words, [name_at(10, 10, 228)], known)
    assert [one for one, box in found if box.left == left - 2 and box.top == top - 2] == ([rule] if rule else [])


def test_what_is_left_of_a_caption_that_was_read_in_part_is_covered() -> None:
    """Between a place that gave nothing and a word cut off from its beginning; a setting stays."""
    words = [word("Name:", 10, 10), Word("", 80, 10, 100, 20, 0.0), word("MPERANCE", 182, 10), word("DEPTH", 290, 10)]
    assert {box.left + 2 for _, box in covered(words)} == {80, 182}


@pytest.mark.parametrize(("text", "rule"), [("SAG PD", None), ("XR PD", "beside_identifier")])
def test_two_letters_of_an_expression_about_the_picture_are_no_initials(text: str, rule: str | None) -> None:
    """A proton density in a sagittal plane stays beside a name; after a word that says nothing PD may be somebody."""
    first, second = text.split()
    words = [word("HARGREAVES,ROSALIND", 10, 10), word(first, 10, 34), word(second, 60, 34)]
    found = covered(words, [name_at(10, 10, 228)])
    assert [one for one, box in found if box.left == 58] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("text", "left", "top", "rule"),
    [
        ("JRS", 10, 34, "beside_identifier"),  # below a name, or after one
        ("JRS", 300, 10, "beside_identifier"),
        ("JRS", 700, 10, None),  # far away in its row
        ("OP JRS", 300, 10, "may_be_a_name"),
        ("MD zylstrandt", 300, 300, "may_be_a_name"),
        ("Biceps LH", 300, 10, None),
        ("TSI 0", 300, 10, None),
        ("XR 0.84", 10, 34, None),
    ],
)
def test_initials_stand_near_a_name_and_a_setting_has_a_word_or_a_value(
    text: str, left: int, top: int, rule: str | None
) -> None:
    """Two or three capitals beside a longer word of the trade, or before a value, are a setting, but after a label."""
    words = [word("HARGREAVES,ROSALIND", 10, 10)]
    for one in text.split():
        words.append(word(one, left, top))
        left += 12 * len(one) + 12
    found = [one for one, box in covered(words, [name_at(10, 10, 228)]) if box.left > 10 or box.top > 20]
    assert found[-1:] == ([rule] if rule else [])


def test_initials_below_a_number_are_not_taken_for_its_owners() -> None:
    """A name's block has people in it; below a date or a record number settings stand."""
    words = [word("00817263", 10, 10), word("JRS", 10, 34)]
    number = replace(name_at(10, 10, 96), entity_type=EntityType.MRN)
    assert [box for _, box in covered(words, [number]) if box.top > 20] == []


def test_words_written_upwards_are_no_line_with_what_stands_beside_them() -> None:
    """Four columns of turned text are four lines, two boxes of one column are one; upright words are as they were."""
    columns = [Word("HUGHES^MEGAN", 370, 490, 24, 150, 0.9), Word("LVOT", 510, 522, 24, 100, 0.9),
               Word("VTI", 510, 522, 24, 100, 0.9), Word("UNIVERSITY", 450, 430, 21, 93, 0.9),
               Word("HOSPITAL", 451, 530, 21, 80, 0.9)]  # fmt: skip
    upright = [word("I", 10, 500), word("GAIN", 24, 500)]
    found = {" ".join(one.text for one in line) for line in lines([*columns, *upright])}
    assert found == {"HUGHES^MEGAN", "LVOT VTI", "UNIVERSITY HOSPITAL", "I GAIN"}
    assert {one for line in lines([*columns, *upright]) for one in line} == {*columns, *upright}


def test_all_text_is_covered_where_the_policy_says_so() -> None:
    """Sides and settings too."""
    found = covered([word("L", 10, 10), word("GAIN", 300, 300)], policy=pixels(cover="all_text"))
    assert [rule for rule, _ in found] == ["all_text", "all_text"]


def region(left: int, top: int, right: int, bottom: int) -> Dataset:
    """Return a region as an ultrasound machine declares it."""
    item = Dataset()
    item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = right, bottom
    return item


def test_what_is_outside_the_declared_regions_is_covered() -> None:
    """All of the frame but the region, read or not."""
    found = covered([], policy=pixels(cover="outside_regions"), SequenceOfUltrasoundRegions=[region(100, 60, 699, 559)])
    mask = np.zeros((ROWS, COLUMNS), int)
    for rule, box in found:
        assert rule == "outside_regions"
        mask[box.top : box.top + box.height, box.left : box.left + box.width] += 1
    expected = np.ones_like(mask)
    expected[60:560, 100:700] = 0
    assert np.array_equal(mask, expected)


def test_without_regions_all_text_is_covered_instead() -> None:
    """Nothing is known to be safe, so no text is."""
    broken = region(5, 5, 3, 3)
    for regions_given in ([], [broken]):
        found = covered(
            [word("GAIN", 9, 9)], policy=pixels(cover="outside_regions"), SequenceOfUltrasoundRegions=regions_given
        )
        assert [rule for rule, _ in found] == ["all_text"]


def test_a_machine_with_a_recipe_has_its_boxes_covered() -> None:
    """By maker, model and size; another size is another layout."""
    machine = {"Manufacturer": "Philips Medical Systems", "ManufacturerModelName": "CX50"}
    found = covered([], **machine)
    recipe = next(one for one in recipes() if one.name == "philips_cx50_800x600")
    assert {(box.left, box.top, box.width, box.height) for _, box in found} == set(recipe.boxes)
    assert covered([], Manufacturer="ACME", ManufacturerModelName="CX50") == []
    other = document(Frames(1), **machine)
    other.part("dataset").value.Rows = 768
    assert recipe_for(other, other.part("pixels")) is None


def test_every_recipe_lies_in_its_frame() -> None:
    """A box beyond the frame would be a slip of the pen."""
    for recipe in recipes():
        for left, top, width, height in recipe.boxes:
            assert 0 <= left < left + width <= recipe.columns, recipe.name
            assert 0 <= top < top + height <= recipe.rows, recipe.name


def test_what_one_frame_shows_is_covered_in_all_but_empty_ones() -> None:
    """A name found in the first of three frames, the last of which is blank there."""
    found = covered([word("HARGREAVES", 10, 10)], [name_at(10, 10, 120)], frames=Frames(2, blank=1))
    spread = [(rule, box.frame) for rule, box in found if rule != "end_of_identifier"]
    assert set(spread) == {("same_place_in_another_frame", 1)}


def test_regions_are_read_as_declared() -> None:
    """Inclusive corners; two regions."""
    made = document(Frames(1), SequenceOfUltrasoundRegions=[region(0, 0, 9, 9), region(20, 30, 29, 39)])
    assert regions(made, made.part("pixels")) == [(0, 0, 10, 10), (20, 30, 10, 10)]


@pytest.mark.parametrize(
    "inner",
    [[(0, 0, 8, 6)], [(2, 1, 3, 3), (4, 2, 9, 9)], [(0, 0, 2, 2), (6, 4, 2, 2)], [(9, 9, 3, 3)], [(3, 3, 1, 1)]],
)
def test_the_outside_of_regions_is_all_but_them(inner: list[tuple[int, int, int, int]]) -> None:
    """No pixel twice, none missing, whether regions overlap or reach beyond the frame."""
    mask = np.zeros((6, 8), int)
    for left, top, width, height in outside(inner, 6, 8):
        assert width > 0
        assert height > 0
        mask[top : top + height, left : left + width] += 1
    expected = np.ones_like(mask)
    for left, top, width, height in inner:
        expected[top : top + height, left : left + width] = 0
    assert np.array_equal(mask, expected)
