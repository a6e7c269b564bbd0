"""Faces in photographs are found, covered with their surroundings, and looked for only where a camera may have been."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from deid_core import ingest, pipeline
from deid_core.detect.faces import SMALLEST, Face, Faces, _back, _is_of_shapes, _told_apart, faces
from deid_core.entities import EntityType
from deid_core.ingest.dicom_frames import DicomFrames
from deid_core.ingest.image_origin import as_a_camera_sees
from deid_core.keys import ProjectKey
from deid_core.model import Finding, Part, PartKind, PixelBox, Verdict
from deid_core.policy import Policy, Rule, load_policy, shipped

CLIPS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "av" / "video"
PEOPLE = {"head-pose-face-detection-female.gif": 1, "face-demographics-walking.gif": 2}  # in each frame


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Give the shipped Safe Harbor policy."""
    return load_policy("safe_harbor")


def clip(name: str, every: int = 1) -> list[NDArray]:
    """Return every so many frames of a clip with real faces, RGB."""
    if not (CLIPS / name).exists():
        pytest.skip("the clips with real faces are not beside this checkout")
    with Image.open(CLIPS / name) as image:
        return [np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)][::every]


def drawn(rows: int = 240, columns: int = 320) -> NDArray:
    """Draw a head and shoulders that the network takes for a person's: skin, hair, shaded eyes, nose and mouth."""
    skin, shade, hair = (190, 140, 115), (142, 105, 86), (25, 20, 18)
    scene = np.full((rows, columns, 3), 200, np.uint8)
    middle, centre = rows // 2, columns // 2
    cv2.ellipse(scene, (centre, middle + 110), (95, 60), 0, 0, 360, (60, 70, 110), -1)
    cv2.rectangle(scene, (centre - 16, middle + 40), (centre + 16, middle + 75), shade, -1)
    cv2.ellipse(scene, (centre, middle - 10), (48, 62), 0, 0, 360, hair, -1)
    cv2.ellipse(scene, (centre, middle + 6), (39, 52), 0, 0, 360, skin, -1)
    for side in (-1, 1):
        eye = (centre + side * 16, middle - 4)
        cv2.ellipse(scene, eye, (14, 10), 0, 0, 360, shade, -1)
        cv2.ellipse(scene, eye, (8, 4), 0, 0, 360, (225, 220, 215), -1)
        cv2.circle(scene, eye, 4, (40, 30, 25), -1)
        cv2.ellipse(scene, (eye[0], eye[1] - 9), (11, 3), 0, 180, 360, hair, 3)
        cv2.circle(scene, (centre + side * 5, middle + 20), 2, (110, 70, 60), -1)
    cv2.ellipse(scene, (centre, middle + 16), (7, 6), 0, 0, 180, shade, 2)
    cv2.ellipse(scene, (centre, middle + 35), (14, 5), 0, 0, 360, (160, 75, 75), -1)
    cv2.line(scene, (centre - 13, middle + 35), (centre + 13, middle + 35), (90, 40, 40), 1)
    return cv2.GaussianBlur(scene, (7, 7), 0)


def png(frame: NDArray) -> bytes:
    """Return a frame's file."""
    out = BytesIO()
    Image.fromarray(frame).save(out, "PNG")
    return out.getvalue()


def planned(frame: NDArray, policy: Policy, key: ProjectKey) -> tuple[list, NDArray]:
    """Return the decisions about an image's faces, and its pixels once they are carried out."""
    whose = pipeline.identify(ingest.read(png(frame), "a.png", "a", key), policy, key)
    chosen = pipeline.plan(whose, "0" * 64, policy, key)
    written = ingest.write(pipeline.apply(whose.document, chosen, policy, key))
    again = ingest.read(written, "a.png", "a", key).part("pixels").value.stored(0)
    return [one for one in chosen.decisions if one.finding.entity_type is EntityType.FACE], again


def frames_of(modality: str, photometric: str) -> DicomFrames:
    """Return frames of a dataset with that modality and those colours."""
    samples = 1 if photometric.startswith("MONO") else 3
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta)
    dataset.Modality, dataset.PhotometricInterpretation, dataset.SamplesPerPixel = modality, photometric, samples
    dataset.Rows, dataset.Columns, dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 240, 320, 8, 8, 7
    dataset.PixelRepresentation, dataset.PlanarConfiguration = 0, 0
    picture = drawn() if samples == 3 else cv2.cvtColor(drawn(), cv2.COLOR_RGB2GRAY)
    dataset.PixelData = picture.tobytes()
    return DicomFrames(dataset)


@pytest.mark.parametrize("turns", range(4))
def test_a_face_is_found_however_the_patient_lies(turns: int) -> None:
    """A drawn face is found upright, on its head, and on either side; its middle is in the box."""
    frame = np.ascontiguousarray(np.rot90(drawn(), turns))
    best = faces(frame)[0]
    assert best.score > 0.4
    left, top, right, bottom = best.box
    assert left < frame.shape[1] / 2 < right
    assert top < frame.shape[0] / 2 < bottom


@pytest.mark.parametrize("turns", [0, 3])
def test_a_far_face_in_a_photograph_is_found(turns: int) -> None:
    """It is looked at in the largest size because it gave a hint in a smaller one."""
    frame = np.full((1000, 1400, 3), 200, np.uint8)
    frame[600:660, 300:380] = cv2.resize(drawn(), (80, 60), interpolation=cv2.INTER_AREA)
    boxes = [face.box for face in faces(np.ascontiguousarray(np.rot90(frame, turns)))]
    centre = (340, 630) if turns == 0 else (1000 - 630, 340)
    assert any(left < centre[0] < right and top < centre[1] < bottom for left, top, right, bottom in boxes)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("name", PEOPLE)
def test_every_face_of_the_clips_is_found(name: str, turns: int) -> None:
    """Two people from the waist up who walk, and one who turns her head: all of them, however the frame is turned."""
    for frame in clip(name, every=17):
        assert len(faces(np.ascontiguousarray(np.rot90(frame, turns)))) >= PEOPLE[name]


def test_a_table_with_bottles_and_hands_has_no_face() -> None:
    """Frames of a clip without a person give nothing."""
    path = CLIPS / "bottle-detection.mp4"
    if not path.exists():
        pytest.skip("the clips with real faces are not beside this checkout")
    video = cv2.VideoCapture(str(path))
    for number in range(0, 1000, 400):
        video.set(cv2.CAP_PROP_POS_FRAMES, number)
        read, frame = video.read()
        assert read
        assert faces(np.ascontiguousarray(frame[..., ::-1])) == []


def test_noise_and_flat_frames_have_no_face() -> None:
    """Neither does random noise, nor a frame of one grey, nor one of a few pixels."""
    noise = np.random.default_rng(3).integers(0, 256, (200, 300, 3), np.uint8)
    for frame in (noise, np.full((200, 300, 3), 9, np.uint8), noise[:20, :20]):
        part = Part("pixels", PartKind.PIXELS, _Still(frame))
        assert not list(Faces(load_policy("safe_harbor")).find_in(part, load_policy("safe_harbor")))


class _Still:
    """Be the frames of one picture."""

    count = 1

    def __init__(self, frame: NDArray) -> None:
        self.frame = frame

    def readable(self, number: int) -> NDArray:
        return self.frame


def test_a_box_is_padded_and_stays_in_its_frame(policy: Policy) -> None:
    """A face at the very edge gives a box of some extent within the frame."""
    frame = drawn()[60:180, 120:320]
    (found, *_) = Faces(policy).find_in(Part("pixels", PartKind.PIXELS, _Still(np.ascontiguousarray(frame))), policy)
    box = found.location
    assert isinstance(box, PixelBox)
    assert (box.left, box.top) >= (0, 0)
    assert box.left + box.width <= 200
    assert box.top + box.height <= 120
    assert box.width > 60


@pytest.mark.parametrize("name", shipped())
def test_a_portrait_leaves_without_its_face(name: str, key: ProjectKey) -> None:
    """Under every shipped policy a face's box is one value, what is outside stays, and the decision says why."""
    policy, frame = load_policy(name), drawn()
    decisions, again = planned(frame, policy, key)
    assert decisions
    outside = np.ones(frame.shape[:2], bool)
    for one in decisions:
        box = one.finding.location
        inside = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
        assert np.ptp(again[inside]) == 0
        outside[inside] = False
        assert one.verdict is not Verdict.KEEP
        assert one.reason
    assert np.array_equal(again[outside], frame[outside])
    assert not outside[120, 160]


def test_a_policy_may_keep_faces_or_not_look_for_them(policy: Policy, key: ProjectKey) -> None:
    """The rule for FACE keeps them, on record; without the detector nobody looks."""
    kept = policy.model_copy(update={"rules": {**policy.rules, EntityType.FACE: Rule(action="keep")}})
    decisions, again = planned(drawn(), kept, key)
    assert {one.verdict for one in decisions} == {Verdict.KEEP}
    assert np.array_equal(again[135:200, 100:220], drawn()[135:200, 100:220])  # below the eyes, which read as text
    without = policy.model_copy(update={"detectors": tuple(n for n in policy.detectors if n != "faces")})
    assert planned(drawn(), without, key)[0] == []


PHOTOGRAPHS = {
    ("XC", "RGB"): True,
    ("ES", "YBR_FULL"): True,
    ("DMS", "RGB"): True,
    ("OT", "MONOCHROME2"): True,
    ("", "MONOCHROME2"): True,
    ("CT", "RGB"): True,  # a rendering of the surface
    ("CT", "MONOCHROME2"): False,
    ("MR", "MONOCHROME2"): False,
    ("US", "RGB"): False,
    ("NM", "PALETTE COLOR"): False,
}


@pytest.mark.parametrize(("modality", "photometric"), PHOTOGRAPHS)
def test_dicom_is_searched_where_light_or_a_rendering_made_it(modality: str, photometric: str, policy: Policy) -> None:
    """Photographs of any kind and colour renderings are searched; slices, projections and ultrasound are not."""
    shown = frames_of(modality, photometric)
    assert as_a_camera_sees(shown) is PHOTOGRAPHS[modality, photometric]
    found = list(Faces(policy).find_in(Part("pixels", PartKind.PIXELS, shown), policy))
    assert bool(found) is PHOTOGRAPHS[modality, photometric]
    assert all(isinstance(one, Finding) and one.entity_type is EntityType.FACE for one in found)


@pytest.mark.parametrize("turns", range(4))
def test_a_box_of_a_turned_frame_is_turned_back(turns: int) -> None:
    """What is marked in a turned frame lies at the same pixels of the frame as it was."""
    frame = np.zeros((30, 50), np.uint8)
    frame[4:9, 10:30] = 1
    turned = np.rot90(frame, turns)
    rows, columns = np.nonzero(turned)
    box = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
    assert _back(Face(1.0, box), turns, turned.shape, 2.0).box == (20, 8, 60, 18)


def test_a_face_seen_twice_is_one_face() -> None:
    """Of boxes that share most of their area the surest stays; others stay side by side."""
    found = [Face(0.5, (0, 0, 10, 10)), Face(0.9, (1, 1, 11, 11)), Face(0.7, (40, 0, 50, 10))]
    kept = _told_apart(found)
    assert [face.score for face in kept] == [0.9, 0.7]
    assert all(one.score >= other.score for one, other in pairwise(kept))


@pytest.mark.parametrize(
    ("score", "side", "colours", "believed"),
    [
        (0.3, 200, 0.0, False),
        (0.3, 200, 0.005, False),
        (0.5, 200, 0.0, True),
        (0.3, 60, 0.0, True),
        (0.3, 200, 0.1, True),
    ],
)
def test_a_faint_large_face_without_colours_is_none(score: float, side: int, colours: float, *, believed: bool) -> None:
    """Two lungs in a chest with text on it are taken for two eyes in a head; captions alone may be coloured there."""
    frame = np.full((300, 400, 3), 90, np.uint8)
    frame[: round(300 * colours)] = (200, 60, 60)
    assert _is_of_shapes(Face(score, (50.0, 50.0, 50.0 + side, 50.0 + side)), frame) is not believed


def test_faces_in_black_and_white_are_found_near_and_far() -> None:
    """Of each real face as it is, and of what is left of its picture right around it."""
    whole, near = [], []
    for name in PEOPLE:
        for frame in clip(name, 12):
            grey = np.repeat(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)[..., np.newaxis], 3, axis=2)
            for left, top, right, bottom in (face.box for face in faces(frame) if face.box[2] - face.box[0] > SMALLEST):
                around = int(0.3 * (bottom - top))
                rows, columns = (
                    slice(max(int(one) - around, 0), int(end) + around) for one, end in ((top, bottom), (left, right))
                )
                whole.append(len(faces(grey)) > 0)
                near.append(len(faces(np.ascontiguousarray(grey[rows, columns]))) > 0)
    assert len(near) >= 2
    assert all(whole)
    assert all(near)
