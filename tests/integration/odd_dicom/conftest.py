"""Files of one patient who is hidden in them, what becomes of them, and what is left of that patient.

A case goes the plain way and the fast one with the whole policy, and is searched in its bytes, as its elements read,
and in several encodings. What a file may keep is its year, and words of the trade.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable
from io import BytesIO

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
)

from deid_core import ingest, pipeline
from deid_core.errors import Quarantine
from deid_core.ingest.dicom import DicomReader
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy
from deid_core.splice import Splicer

KEY, POLICY = ProjectKey(bytes(range(32))), load_policy("safe_harbor")
FAMILY, GIVEN, MRN, ACCESSION = "Quarrington", "Ebenezer", "MX7391846", "ACN5520187"
BORN, STUDIED = "19470913", "20180622"
NUMBER = "7391846"  # of the record, without its letters
FAMILY_KANJI, FAMILY_KANA = "小笠原", "おがさわら"
STUDY_UID = "1.2.826.0.1.3680043.9.5577.1234"
SECRETS = (
    *(FAMILY, GIVEN, MRN, ACCESSION, NUMBER, BORN, STUDIED, FAMILY_KANJI, FAMILY_KANA, STUDY_UID),
    *("1947-09-13", "13.09.1947", "09/13/1947", "13 Sep 1947", "September 13, 1947", "13-SEP-1947", "1947.09.13"),
    *("2018-06-22", "22.06.2018", "06/22/2018", "22 Jun 2018", "2018.06.22", "MX-739-1846", "739 1846", "Quarringtön"),
)
ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "iso2022_jp", "shift_jis")
Case = Callable[[FileDataset], None]


class OddFiles:
    """Make files of the patient, de-identify them, and look for what is left; modules of cases share it."""

    secrets = SECRETS

    @staticmethod
    def a_file(change: Case | None = None, syntax: UID = ExplicitVRLittleEndian, **values: object) -> bytes:
        """Return a CT slice of the patient, changed."""
        meta = FileMetaDataset()
        meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = syntax, CTImageStorage
        meta.MediaStorageSOPInstanceUID = UID(f"{STUDY_UID}.7")
        order = syntax.is_implicit_VR, syntax.is_little_endian
        dataset = FileDataset("", Dataset(), bytes(128), meta, *order)
        dataset.SpecificCharacterSet = "ISO_IR 100"
        dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, f"{STUDY_UID}.7"
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = STUDY_UID, f"{STUDY_UID}.8"
        dataset.PatientName, dataset.PatientID, dataset.AccessionNumber = f"{FAMILY}^{GIVEN}", MRN, ACCESSION
        dataset.PatientBirthDate, dataset.StudyDate, dataset.StudyTime = BORN, STUDIED, "101533.123456"
        dataset.Modality, dataset.StudyDescription = "CT", "CT CHEST"
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        buffer = BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if change:
                change(dataset)
            pydicom.dcmwrite(buffer, dataset, enforce_file_format=True, implicit_vr=order[0], little_endian=order[1])
        return buffer.getvalue()

    @staticmethod
    def sought(output: bytes) -> list[str]:
        """Return the secrets that are left in an output's bytes, inflated, and as its elements read."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(BytesIO(output))
            shown = f"{dataset.file_meta}\n{dataset}"
        forms = [output.lower(), shown.encode("utf-8", "replace").lower()]
        if dataset.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
            at = 144 + int.from_bytes(output[140:144], "little")
            forms.append(zlib.decompress(output[at:], -zlib.MAX_WBITS).lower())
        return [
            secret
            for secret in SECRETS
            if any(
                needle in form
                for form in forms
                for needle in {secret.lower().encode(name, "ignore") for name in ENCODINGS}
                if len(needle) > 3
            )
        ]

    @staticmethod
    def outputs(data: bytes) -> list[bytes]:
        """Return what becomes of a file the plain way and the fast one, twice; nothing where it is set aside."""
        fast = Splicer(POLICY, KEY)
        made = []
        try:
            document = DicomReader().read(data, "asset", KEY)
            whose = pipeline.identify(document, POLICY, KEY)
            made.append(
                ingest.write(pipeline.apply(whose.document, pipeline.plan(whose, "", POLICY, KEY), POLICY, KEY))
            )
            made += [fast.deidentified(data, "asset") for _ in range(2)]
        except Quarantine:
            return []
        return made

    @staticmethod
    def splicer() -> Splicer:
        """Return what learns of files that are alike."""
        return Splicer(POLICY, KEY)


@pytest.fixture(scope="session")
def odd() -> OddFiles:
    """Give the patient's files."""
    return OddFiles()
