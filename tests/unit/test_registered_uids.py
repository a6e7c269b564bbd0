"""UIDs that the standard registers, and others that only begin as they do."""

from __future__ import annotations

import pytest
from pydicom._uid_dict import UID_dictionary

from deid_core.entities import EntityType
from deid_core.keys import ProjectKey
from deid_core.ports import Site
from deid_core.standards.uids import is_registered
from deid_core.transform.dicom import remap_uid


def test_every_uid_of_the_standard_is_registered() -> None:
    """All that pydicom's copy of PS3.6 Annex A holds under the standard's root."""
    assert all(is_registered(uid) for uid in UID_dictionary if uid.startswith("1.2.840.10008."))


@pytest.mark.parametrize("uid", ["1.2.840.10008.5.1.4.1.1.999.1", "1.2.840.10008.6.1.1999", "1.2.840.10008.1.2.4.250"])
def test_a_class_of_a_later_edition_is_known_by_its_form(uid: str) -> None:
    """A table that is a year old does not turn a new class into an identifier."""
    assert is_registered(uid)


@pytest.mark.parametrize(
    "uid",
    ["1.2.840.10008.7391846.1", "1.2.840.10008.5.1.7391846", "1.2.840.10008.2018.6.22.10", "1.2.840.113619.4.30", ""],
)
def test_a_number_behind_the_standards_root_identifies(uid: str) -> None:
    """A device that numbers its studies there has them mapped like any other."""
    assert not is_registered(uid)
    site = Site(EntityType.UID, "subject", ProjectKey(bytes(32)), vr="UI")
    assert remap_uid(uid, site).startswith("2.25.") or not uid
