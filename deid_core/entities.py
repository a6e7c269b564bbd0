"""Our labels, and what each is called by HIPAA, i2b2 2014 and Presidio.

Safe Harbor letters are those of 45 CFR 164.514(b)(2)(i)(A)-(R).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EntityType(StrEnum):
    """Name a kind of identifier."""

    NAME = "NAME"
    RELATIVE_NAME = "RELATIVE_NAME"
    STAFF_NAME = "STAFF_NAME"
    ADDRESS = "ADDRESS"
    CITY = "CITY"
    COUNTY = "COUNTY"
    STATE = "STATE"
    COUNTRY = "COUNTRY"
    ZIP = "ZIP"
    FACILITY = "FACILITY"
    ORGANISATION = "ORGANISATION"
    DATE = "DATE"
    DATE_OF_BIRTH = "DATE_OF_BIRTH"
    TIME = "TIME"
    AGE = "AGE"
    PHONE = "PHONE"
    FAX = "FAX"
    EMAIL = "EMAIL"
    SSN = "SSN"
    MRN = "MRN"
    ENCOUNTER = "ENCOUNTER"
    HEALTH_PLAN = "HEALTH_PLAN"
    ACCOUNT = "ACCOUNT"
    CREDIT_CARD = "CREDIT_CARD"
    LICENSE = "LICENSE"
    VEHICLE = "VEHICLE"
    DEVICE = "DEVICE"
    URL = "URL"
    IP = "IP"
    BIOMETRIC = "BIOMETRIC"
    FACE = "FACE"
    USERNAME = "USERNAME"
    PROFESSION = "PROFESSION"
    UID = "UID"
    ID = "ID"
    DICOM_ATTRIBUTE = "DICOM_ATTRIBUTE"
    PRIVATE_ATTRIBUTE = "PRIVATE_ATTRIBUTE"
    UNREAD_TEXT = "UNREAD_TEXT"


@dataclass(frozen=True, slots=True)
class Names:
    """Give a label's Safe Harbor letter ("" if none applies) and its names elsewhere."""

    hipaa: str
    i2b2: str
    presidio: str
    direct: bool  # identifies on its own, as against in combination


ENTITIES: dict[EntityType, Names] = {
    EntityType.NAME: Names("A", "PATIENT", "PERSON", True),
    EntityType.RELATIVE_NAME: Names("A", "PATIENT", "PERSON", True),
    EntityType.STAFF_NAME: Names("A", "DOCTOR", "PERSON", True),
    EntityType.ADDRESS: Names("B", "STREET", "LOCATION", True),
    EntityType.CITY: Names("B", "CITY", "LOCATION", False),
    EntityType.COUNTY: Names("B", "LOCATION-OTHER", "LOCATION", False),
    EntityType.STATE: Names("", "STATE", "LOCATION", False),
    EntityType.COUNTRY: Names("", "COUNTRY", "LOCATION", False),
    EntityType.ZIP: Names("B", "ZIP", "LOCATION", False),
    EntityType.FACILITY: Names("B", "HOSPITAL", "ORGANIZATION", False),
    EntityType.ORGANISATION: Names("B", "ORGANIZATION", "ORGANIZATION", False),
    EntityType.DATE: Names("C", "DATE", "DATE_TIME", False),
    EntityType.DATE_OF_BIRTH: Names("C", "DATE", "DATE_TIME", True),
    EntityType.TIME: Names("C", "DATE", "DATE_TIME", False),
    EntityType.AGE: Names("C", "AGE", "AGE", False),
    EntityType.PHONE: Names("D", "PHONE", "PHONE_NUMBER", True),
    EntityType.FAX: Names("E", "FAX", "PHONE_NUMBER", True),
    EntityType.EMAIL: Names("F", "EMAIL", "EMAIL_ADDRESS", True),
    EntityType.SSN: Names("G", "SSN", "US_SSN", True),
    EntityType.MRN: Names("H", "MEDICALRECORD", "MEDICAL_RECORD", True),
    EntityType.ENCOUNTER: Names("H", "MEDICALRECORD", "MEDICAL_RECORD", True),
    EntityType.HEALTH_PLAN: Names("I", "HEALTHPLAN", "US_MBI", True),
    EntityType.ACCOUNT: Names("J", "ACCOUNT", "US_BANK_NUMBER", True),
    EntityType.CREDIT_CARD: Names("J", "ACCOUNT", "CREDIT_CARD", True),
    EntityType.LICENSE: Names("K", "LICENSE", "US_DRIVER_LICENSE", True),
    EntityType.VEHICLE: Names("L", "VEHICLE", "VEHICLE", True),
    EntityType.DEVICE: Names("M", "DEVICE", "DEVICE", True),
    EntityType.URL: Names("N", "URL", "URL", True),
    EntityType.IP: Names("O", "IPADDR", "IP_ADDRESS", True),
    EntityType.BIOMETRIC: Names("P", "BIOID", "BIOMETRIC", True),
    EntityType.FACE: Names("Q", "PHOTO", "FACE", True),
    EntityType.USERNAME: Names("R", "USERNAME", "USERNAME", True),
    EntityType.PROFESSION: Names("", "PROFESSION", "PROFESSION", False),
    EntityType.UID: Names("R", "IDNUM", "ID", True),
    EntityType.ID: Names("R", "IDNUM", "ID", True),
    EntityType.DICOM_ATTRIBUTE: Names("R", "OTHER", "ID", False),
    EntityType.PRIVATE_ATTRIBUTE: Names("R", "OTHER", "ID", False),
    EntityType.UNREAD_TEXT: Names("R", "OTHER", "ID", True),
}

# What is one kind to who cannot tell it finer: a model says ID of any number. Others are kinds of their own.
_FAMILIES = (
    (EntityType.NAME, EntityType.RELATIVE_NAME, EntityType.STAFF_NAME),
    (EntityType.ADDRESS, EntityType.CITY, EntityType.COUNTY, EntityType.STATE, EntityType.COUNTRY, EntityType.ZIP),
    (EntityType.FACILITY, EntityType.ORGANISATION),
    (EntityType.DATE, EntityType.DATE_OF_BIRTH, EntityType.TIME),
    (EntityType.PHONE, EntityType.FAX),
    (
        *(EntityType.ID, EntityType.SSN, EntityType.MRN, EntityType.ENCOUNTER, EntityType.HEALTH_PLAN, EntityType.UID),
        *(EntityType.ACCOUNT, EntityType.CREDIT_CARD, EntityType.LICENSE, EntityType.VEHICLE, EntityType.DEVICE),
        *(EntityType.BIOMETRIC, EntityType.USERNAME, EntityType.URL, EntityType.IP, EntityType.EMAIL),
    ),
)
FAMILY: dict[EntityType, EntityType] = {label: family[0] for family in _FAMILIES for label in family}
