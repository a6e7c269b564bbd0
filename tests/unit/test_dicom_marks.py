"""What a de-identified file says of itself under a policy: the options carried out, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

from deid_core.ingest.dicom_frames import DicomFrames
from deid_core.ingest.marks import derived, dicom
from deid_core.model import Document, Part, PartKind
from deid_core.policy import DicomRules, load_policy
from deid_core.standards import ps3_15

FACES = "clean_recognisable_features"
FULL, MODIFIED = "retain_long_full_dates", "retain_long_modified_dates"


def marked(
    *options: str,
    policy: str = "safe_harbor",
    modality: str = "XC",
    pixels: bool = True,
    detectors: tuple[str, ...] = (),
) -> Dataset:
    """Return a dataset marked under a policy with those options."""
    dataset = FileDataset("", Dataset(), file_meta=FileMetaDataset(), is_implicit_VR=False, is_little_endian=True)
    dataset.Modality = modality
    parts = [Part("dataset", PartKind.DATASET, dataset)] + [Part("pixels", PartKind.PIXELS, None)] * pixels
    rules = load_policy(policy).model_copy(update={"dicom": DicomRules(options=options)})
    if detectors:
        rules = rules.model_copy(update={"detectors": detectors})
    document: Document = dicom(Document("asset", "application/dicom", "subject", tuple(parts)), rules)
    return document.part("dataset").value  # type: ignore[no-any-return]


def codes(dataset: Dataset) -> list[str]:
    """Return the codes of (0012,0064)."""
    return [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence]


@pytest.mark.parametrize("option", sorted(ps3_15.option_names()))
def test_every_option_has_its_code(option: str) -> None:
    """An option carried out on a photograph is claimed by its code of CID 7050, after the profile's."""
    dataset = marked(option)
    assert codes(dataset) == ["113100", ps3_15.profile_codes([option])[1][0]]
    assert dataset.PatientIdentityRemoved == "YES"
    assert dataset.DeidentificationMethod.startswith("deidflow, policy safe_harbor")


def test_all_options_at_once() -> None:
    """All can be combined; of full and modified dates the modified ones are what there is."""
    dataset = marked(*sorted(ps3_15.option_names()))
    assert len(codes(dataset)) == len(ps3_15.option_names())
    assert "113106" not in codes(dataset)
    assert dataset.LongitudinalTemporalInformationModified == "MODIFIED"


@pytest.mark.parametrize(
    ("options", "policy", "word"),
    [
        ((), "safe_harbor", "REMOVED"),
        ((FULL,), "limited_data_set", "UNMODIFIED"),
        ((MODIFIED,), "research", "MODIFIED"),
        ((), "research", "MODIFIED"),  # a date that must stand is shifted there
    ],
)
def test_what_became_of_dates(options: tuple[str, ...], policy: str, word: str) -> None:
    """(0028,0303) says what the options and the policy's rule for dates did."""
    assert marked(*options, policy=policy).LongitudinalTemporalInformationModified == word


@pytest.mark.parametrize(
    ("modality", "pixels", "detectors", "claimed"),
    [
        ("XC", True, (), True),
        ("CT", True, (), False),
        ("MR", True, (), False),
        ("XC", True, ("dicom_tags", "patterns"), False),
        ("SR", False, (), False),
    ],
)
def test_recognisable_features_are_claimed_where_they_were_looked_for(
    modality: str, pixels: bool, detectors: tuple[str, ...], claimed: bool
) -> None:
    """A photograph searched for faces is; a head's slices, of which no single one shows a face, are not."""
    dataset = marked(FACES, modality=modality, pixels=pixels, detectors=detectors)
    assert ("113102" in codes(dataset)) is claimed
    assert (dataset.get("RecognizableVisualFeatures") == "NO") is claimed


def test_pixels_are_vouched_for_where_there_are_any() -> None:
    """The Clean Pixel Data option is not claimed of a file without pixels."""
    assert "113101" in codes(marked("clean_pixel_data"))
    assert "113101" not in codes(marked("clean_pixel_data", pixels=False))


@pytest.mark.parametrize(
    ("told", "becomes"),
    [
        (["ORIGINAL", "PRIMARY", "AXIAL"], ["DERIVED", "PRIMARY", "AXIAL"]),
        ("ORIGINAL", ["DERIVED"]),
        (["DERIVED", "SECONDARY"], ["DERIVED", "SECONDARY"]),
        (["MIXED", "PRIMARY"], ["MIXED", "PRIMARY"]),
        (None, None),
    ],
)
def test_an_image_whose_samples_were_covered_is_derived(told: object, becomes: object) -> None:
    """Its own type and that of each frame; no other value, and none where there was none: PS3.3 C.7.6.1.1.2."""
    dataset, frame, kind = Dataset(), Dataset(), Dataset()
    if told:
        dataset.ImageType = kind.FrameType = told
    frame.MRImageFrameTypeSequence = [kind]
    dataset.PerFrameFunctionalGroupsSequence = [frame]
    derived(dataset)
    for found in (dataset.get("ImageType"), kind.get("FrameType")):
        assert found == (becomes if found is None or not isinstance(found, str) else found)
        assert (found is None) == (told is None)
        assert "ORIGINAL" not in str(found)


def test_an_image_whose_samples_stayed_is_what_it_was() -> None:
    """Nothing was covered: original it is."""
    frames = DicomFrames(FileDataset("", Dataset(), file_meta=FileMetaDataset()))
    for edited, first in ((frames, "ORIGINAL"), (replace(frames, edited={0: None}), "DERIVED")):
        dataset = FileDataset("", Dataset(), file_meta=FileMetaDataset(), is_implicit_VR=False, is_little_endian=True)
        dataset.ImageType = ["ORIGINAL", "PRIMARY"]
        parts = Part("dataset", PartKind.DATASET, dataset), Part("pixels", PartKind.PIXELS, edited)
        marked = dicom(Document("asset", "application/dicom", "subject", parts), load_policy("safe_harbor"))
        assert marked.part("dataset").value.ImageType[0] == first
