"""The policies that come with the package hold what their rule of law says."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files

import pytest

from deid_core.entities import ENTITIES, EntityType
from deid_core.keys import ProjectKey
from deid_core.policy import load_policy, shipped
from deid_core.ports import Site
from deid_core.registry import load

KEY = ProjectKey(b"k" * 32)
SAFE_HARBOR = json.loads(files("deid_core.standards").joinpath("safe_harbor.json").read_text("utf-8"))["identifiers"]
CASES = {  # what stands in a record of each label, none of it anyone's
    EntityType.NAME: "John Doe",
    EntityType.RELATIVE_NAME: "Mary Doe",
    EntityType.STAFF_NAME: "Dr. Roe",
    EntityType.ADDRESS: "123 Main Street",
    EntityType.CITY: "Boston",
    EntityType.COUNTY: "Cook County",
    EntityType.STATE: "Ohio",
    EntityType.COUNTRY: "France",
    EntityType.ZIP: "02139-4307",
    EntityType.FACILITY: "Acme Hospital",
    EntityType.ORGANISATION: "Acme Inc.",
    EntityType.DATE: "March 14, 2021",
    EntityType.DATE_OF_BIRTH: "6/7/1930",
    EntityType.TIME: "14:05",
    EntityType.AGE: "93-year-old",
    EntityType.PHONE: "617-726-2000",
    EntityType.FAX: "617-726-2001",
    EntityType.EMAIL: "john@hospital.org",
    EntityType.SSN: "123-45-6789",
    EntityType.MRN: "1234567",
    EntityType.ENCOUNTER: "E-7654321",
    EntityType.HEALTH_PLAN: "1EG4-TE5-MK73",
    EntityType.ACCOUNT: "9876543210",
    EntityType.CREDIT_CARD: "4111111111111111",
    EntityType.LICENSE: "D1234567",
    EntityType.VEHICLE: "1M8GDM9AXKP042788",
    EntityType.DEVICE: "SN-998877",
    EntityType.URL: "https://portal.hospital.org/p/1",
    EntityType.IP: "10.1.2.3",
    EntityType.BIOMETRIC: "FP-0011223344",
    EntityType.FACE: "portrait",
    EntityType.USERNAME: "jdoe42",
    EntityType.PROFESSION: "plumber",
    EntityType.ID: "AB-1234",
    EntityType.DICOM_ATTRIBUTE: "DOE",
    EntityType.PRIVATE_ATTRIBUTE: "DOE",
    EntityType.UNREAD_TEXT: "DOE",
}
CLEANED = {f"clean_{what}" for what in ("descriptors", "structured_content", "graphics", "pixel_data")}
LIMITED = {"DATE", "DATE_OF_BIRTH", "TIME", "AGE", "CITY", "STATE", "ZIP", "COUNTRY", "PROFESSION"}


def released(policy: str, entity_type: EntityType) -> str:
    """Return what a policy releases of the case of a label."""
    action = load_policy(policy).rule(entity_type).as_action()
    codes = {"subject": "S-RANDOM"}.__getitem__ if load_policy(policy).codes == "random" else None
    made = load("operators", action.operator)(
        CASES[entity_type], Site(entity_type, "subject", KEY, dict(action.params), code=codes)
    )
    return made or ""


def test_four_policies_are_shipped() -> None:
    """Safe Harbor and Limited Data Set have one each, and Expert Determination has two."""
    assert {"image_collection", "limited_data_set", "research", "safe_harbor"} <= set(shipped())


@pytest.mark.parametrize(
    ("name", "basis", "release_class", "codes", "options"),
    [
        (
            "safe_harbor",
            "45 CFR 164.514(b)(2)",
            "de-identified",
            "random",
            {"retain_patient_characteristics", *CLEANED},
        ),
        (
            "limited_data_set",
            "45 CFR 164.514(e)",
            "limited data set",
            "random",
            {"retain_long_full_dates", "retain_patient_characteristics", *CLEANED},
        ),
        (
            "research",
            "45 CFR 164.514(b)(1)",
            "pseudonymised",
            "keyed",
            {"retain_long_modified_dates", "retain_patient_characteristics", *CLEANED},
        ),
        (
            "image_collection",
            "45 CFR 164.514(b)(1)",
            "pseudonymised",
            "keyed",
            {
                *("retain_long_modified_dates", "retain_patient_characteristics", "retain_device_identity"),
                *("retain_safe_private", *CLEANED),
            },
        ),
    ],
)
def test_a_policy_states_its_basis_and_class(
    name: str, basis: str, release_class: str, codes: str, options: set[str]
) -> None:
    """The manifest takes the rule of law, the release class and the DICOM options from the policy."""
    policy = load_policy(name)
    assert (policy.name, policy.basis, policy.release_class, policy.codes) == (name, basis, release_class, codes)
    assert set(policy.dicom.options) == options
    assert not policy.reversible
    assert policy.default.action == "mask_label"


@pytest.mark.parametrize("name", ["safe_harbor", "limited_data_set", "research", "image_collection"])
def test_every_rule_of_a_policy_may_only_name_labels_once(name: str) -> None:
    """The TOML parses, and its rules are those that are loaded: no rule is lost to a misspelt label."""
    table = tomllib.loads(files("deid_core.policies").joinpath(f"{name}.toml").read_text("utf-8"))
    assert {EntityType(label) for label in table["rules"]} == set(load_policy(name).rules)


def test_the_list_of_18_is_that_of_the_labels() -> None:
    """Letters A to R, in order, with exactly the labels that claim them."""
    assert "".join(row["letter"] for row in SAFE_HARBOR) == "ABCDEFGHIJKLMNOPQR"
    for row in SAFE_HARBOR:
        assert set(row["labels"]) == {label.value for label, names in ENTITIES.items() if names.hipaa == row["letter"]}
        assert row["title"]


@pytest.mark.parametrize("row", SAFE_HARBOR, ids=lambda row: row["letter"])
def test_safe_harbor_removes_each_of_the_18(row: dict[str, list[str]]) -> None:
    """No value of a listed identifier comes through, nor any word or number of it but what may stay."""
    for label in map(EntityType, row["labels"]):
        if label is EntityType.UID:  # DICOM's own operator, tested there
            assert load_policy("safe_harbor").rule(label).action == "dicom_U"
            continue
        made = released("safe_harbor", label)
        assert made in (f"<{label}>", "S-RANDOM", "2021", "021", "90+-year-old"), made


@pytest.mark.parametrize("label", sorted(CASES))
def test_a_limited_data_set_keeps_what_the_rule_lets_stay_and_no_more(label: EntityType) -> None:
    """45 CFR 164.514(e)(2): dates, ages, town, State and ZIP stay whole; everything else goes."""
    made = released("limited_data_set", label)
    assert made == CASES[label] if label.value in LIMITED else made in (f"<{label}>", "S-RANDOM")


@pytest.mark.parametrize("label", sorted(CASES))
def test_research_lets_no_identifier_through(label: EntityType) -> None:
    """Only State, country, profession and the time of day stay as they are."""
    made = released("research", label)
    if label.value in ("STATE", "COUNTRY", "PROFESSION", "TIME"):
        assert made == CASES[label]
    else:
        assert made
        assert CASES[label].casefold() not in made.casefold()


def test_research_links_a_subject_and_safe_harbor_does_not() -> None:
    """Keyed codes agree between files; under Safe Harbor nothing is derived from the key or the person."""
    assert released("research", EntityType.MRN) == released("research", EntityType.MRN) != "1234567"
    actions = {rule.action for rule in load_policy("safe_harbor").rules.values()} | {
        load_policy("safe_harbor").default.action
    }
    assert not actions & {"surrogate", "custom_list", "date_shift"}
