"""A sample set: files of every kind about fictitious people, the same bytes for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deployments.sample.notes import note_lines, notes, small_note, table
from deployments.sample.pages import fax, form, photo
from deployments.sample.people import CLINIC, FACILITY, FEWEST, STAFF, Person, american, in_words, people, plain
from deployments.sample.scans import ct, ultrasound

RLE_SUBJECT = COLOUR_SUBJECT = 1  # the second: one image in run lengths, one in colour
WRISTBAND_SUBJECT = 2


def make_sample(folder: Path, *, subjects: int = FEWEST, seed: int = 1, assets: int | None = None) -> list[Path]:
    """Write a sample set into a folder and return its files, sorted.

    Some names of files and folders hold a patient's name, as they do in life. With `assets`, writes that many small
    notes about the same people instead. Raises ValueError for fewer than 3 subjects or more than there are people.
    """
    everyone = people(subjects, seed)
    files = _files(everyone, seed) if assets is None else _many(everyone, assets)
    made = []
    for name, data in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        made.append(path)
    return sorted(made)


def _files(everyone: list[Person], seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of each file of a set."""
    yield "patients.csv", table(everyone)
    yield "notes.jsonl", note_lines(everyone)
    for number, person in enumerate(everyone):
        for name, data in notes(number, person):
            yield f"{person.folder}/{name}", data
        yield f"{person.folder}/ct.dcm", ct(person, seed, compressed=number == RLE_SUBJECT)
        yield f"{person.folder}/us.dcm", ultrasound(person, seed, colour=number == COLOUR_SUBJECT)
        yield f"{person.folder}/intake_form.png", form(person, seed)
    wearer, referred = everyone[WRISTBAND_SUBJECT], everyone[0]
    yield f"photos/{wearer.name} wristband.jpg", photo(wearer, seed)
    yield f"fax/{plain(referred.family).lower()}_referral.tiff", fax(referred, seed)


def _many(everyone: list[Person], assets: int) -> Iterator[tuple[str, bytes]]:
    for number in range(assets):
        yield f"note_{number:06d}.txt", small_note(number, everyone[number % len(everyone)])


def make_truth(folder: Path, *, subjects: int = FEWEST, seed: int = 1) -> dict[str, Any]:
    """Return every identifier in a sample set as it is written there, by subject; made anew, since none of it is kept.

    A value written in several ways is a list. ZIPs stand with their state, since five digits alone also occur in a
    hash. Raises ValueError where the folder's table is about other people, as after another seed.
    """
    everyone = people(subjects, seed)
    written = (folder / "patients.csv").read_bytes()
    if written != table(everyone):
        raise ValueError("the folder was made with other subjects or another seed")
    return {
        "subjects": [_truth(person) for person in everyone],
        "staff": list(STAFF),
        "facilities": [FACILITY, CLINIC],
    }


def _truth(person: Person) -> dict[str, Any]:
    days = (person.admitted, person.discharged, person.seen)
    return {
        "name": [person.name, person.listed, person.dicom_name, person.folder],
        "given": person.given,
        "family": person.family,
        "mrn": person.mrn,
        "accession": person.accession,
        "dob": [american(person.born), person.born.isoformat(), f"{person.born:%Y%m%d}", in_words(person.born)],
        "dates": [american(day) for day in days]
        + [f"{person.admitted:%Y%m%d}", in_words(person.admitted), in_words(person.seen)],
        "phone": [person.phone, person.telephone],
        "email": person.email,
        "ssn": person.ssn,
        "street": person.street,
        "city": person.city,
        "state": person.state,
        "zip": f"{person.state} {person.zip}",
        "age": str(person.age),
        "sex": person.sex,
        "relative": person.relative,
        "diagnosis": person.case["diagnosis"],
    }
