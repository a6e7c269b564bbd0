"""The notes and tables of a sample set."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence

from deployments.sample.people import CLINIC, FACILITY, STAFF, Person, american, in_words

RAMAN, LINDQVIST, DUMITRESCU, MBEKI = STAFF

DISCHARGE = """{FACILITY}
DISCHARGE SUMMARY

Patient: {p.name}
MRN: {p.mrn}
DOB: {born}        Sex: {p.sex}        SSN: {p.ssn}
Address: {p.street}, {p.city}, {p.state} {p.zip}
Phone: {p.telephone}
Admitted: {admitted}    Discharged: {discharged}
Attending: {RAMAN}, MD

PRINCIPAL DIAGNOSIS
{c[diagnosis]}

HISTORY OF PRESENT ILLNESS
{p.title} {p.family} is a {p.age}-year-old {p.occupation} who presented on {admitted_words} with {c[complaint]}. \
Past medical history: {c[history]}. The patient's {p.relation}, {p.relative} {p.family}, was at the bedside.

VITAL SIGNS ON ADMISSION
T 38.4 C, HR 104, RR 20, BP 120/80, SpO2 95% on room air, weight 71 kg

LABORATORY DATA
{c[labs]}

HOSPITAL COURSE
{c[course]}.

DISCHARGE MEDICATIONS
{medications}

FOLLOW-UP
{plan}. Seen by {LINDQVIST}, MD on {seen}.

Electronically signed by {RAMAN}, MD on {discharged} at 14:32
"""

LETTER = """{CLINIC}
500 Alder Court, Suite 210
Tel (508) 555-0190   Fax (508) 555-0191

{seen_words}

{RAMAN}, MD
{FACILITY}

RE: {p.name}, DOB {born_words}, MRN {p.mrn}
{p.street}
{p.city}, {p.state} {p.zip}

Dear Dr. Raman,

Thank you for referring {p.given} {p.family}, whom I saw in clinic on {seen} after the hospital stay of \
{admitted_iso}. The working diagnosis remains {diagnosis}.

On examination BP 120/80, HR 72 and regular. Romberg test negative. Deep tendon reflexes 2+ and symmetric. Heart \
sounds normal, lungs clear. Glasgow Coma Scale 15.

Current medications:
{medications}

Plan: {c[plan]}.

{p.title} {p.family} can be reached at {p.phone} or {p.email}. If there is no answer, please call {p.relative} \
({p.relation}).

Kind regards,

{LINDQVIST}, MD
"""

RADIOLOGY = """RADIOLOGY REPORT

PATIENT NAME: {p.listed}
MRN: {p.mrn}     ACCESSION: {p.accession}
DATE OF BIRTH: {born_iso}
EXAM DATE: {admitted}
REFERRING PHYSICIAN: {RAMAN}, MD

EXAM: CT {c[region]}; ULTRASOUND {c[us_region]}

CLINICAL INDICATION: {p.age} year old {gender} with {c[complaint]}.

TECHNIQUE: Helical CT at 120 kVp, 2.5 mm slices, reconstructed in axial, coronal and sagittal planes. Dose-length \
product 820 mGy*cm. Curvilinear 3.5 MHz transducer.

FINDINGS:
CT: {c[ct]}
US: {c[us]}

IMPRESSION:
1. {c[diagnosis]}.
2. No change that needs an urgent call.

Dictated by {DUMITRESCU}, MD, {admitted} 16:05
"""

NURSING = """NURSING NOTE - {discharged} 07:15
Pt {p.name}, MRN {p.mrn}, bed 4B

S: Slept 5 h, says "I feel better" {smile}. Pain 2/10. Tolerating diet.
O: BP 120/80, HR 78, RR 16, T 36.9 C, SpO2 97% RA. Braden score 17, Morse fall scale 45. Intake 1450 mL, output \
1600 mL. IV 20G left forearm, site clean.
A: {c[diagnosis]}, improving.
P: Ambulate with walker x3. Continue {medication}. Teach-back done with {p.relation} {p.relative}.

Called {p.relative} {p.family} at {p.telephone} about the ride home tomorrow. Home is {p.street}, {p.city}.
G. Mbeki, RN ({MBEKI})
"""

MESSAGES = (
    """MRN {p.mrn}. {p.name} called on {seen} asking for a refill of {medication}. Call back at {p.phone}. \
BP at home 120/80, no dizziness.""",
    """Pt {p.name} (MRN {p.mrn}, DOB {born}) no-showed for physical therapy on {discharged_iso}; left a message with \
{p.relation} {p.relative}. Berg balance score last visit 44/56.""",
)

NOTES = {
    "discharge_summary": DISCHARGE,
    "clinic_letter": LETTER,
    "radiology_report": RADIOLOGY,
    "nursing_note": NURSING,
}
COLUMNS = (
    *("mrn", "name", "dob", "sex"),
    *("address", "city", "state", "zip"),
    *("phone", "email", "ssn", "age"),
    *("diagnosis", "comments"),
)


def written(template: str, person: Person) -> str:
    """Return a template with a person's values in it."""
    case = person.case
    days = {"born": person.born, "admitted": person.admitted, "discharged": person.discharged, "seen": person.seen}
    return template.format(
        p=person,
        c=case,
        medications="\n".join(f"- {drug}" for drug in case["medications"]),
        medication=case["medications"][0],
        diagnosis=case["diagnosis"][0].lower() + case["diagnosis"][1:]
        if not case["diagnosis"].startswith(("Parkinson", "Crohn"))
        else case["diagnosis"],
        plan=case["plan"][0].upper() + case["plan"][1:],
        gender={"F": "female", "M": "male"}[person.sex],
        smile="\N{SLIGHTLY SMILING FACE}",
        FACILITY=FACILITY,
        CLINIC=CLINIC,
        RAMAN=RAMAN,
        LINDQVIST=LINDQVIST,
        DUMITRESCU=DUMITRESCU,
        MBEKI=MBEKI,
        **{name: american(day) for name, day in days.items()},
        **{f"{name}_words": in_words(day) for name, day in days.items()},
        **{f"{name}_iso": day.isoformat() for name, day in days.items()},
    )


def notes(number: int, person: Person) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of a person's four notes.

    The first person's nursing note has CRLF line ends, the second's letter is Latin-1, the rest is UTF-8.
    """
    for name, template in NOTES.items():
        text = written(template, person)
        if number == 0 and name == "nursing_note":
            text = text.replace("\n", "\r\n")
        encoding = "latin-1" if number == 1 and name == "clinic_letter" else "utf-8"
        yield f"{name}.txt", text.encode(encoding)


def note_lines(everyone: Sequence[Person]) -> bytes:
    """Return JSON Lines of messages about everyone."""
    rows = [
        {"note_id": f"N{number:04d}", "mrn": person.mrn, "text": written(template, person)}
        for number, (template, person) in enumerate(
            ((template, person) for template in MESSAGES for person in everyone), start=1
        )
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def table(everyone: Sequence[Person]) -> bytes:
    """Return a table (CSV) with one row a person."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for person in everyone:
        comments = written(
            "Lives with {p.relation} {p.relative}; prefers calls to {p.phone}. Last seen {seen}.", person
        )
        place = (person.street, person.city, person.state, person.zip)
        reached = (person.telephone, person.email, person.ssn, person.age)
        who = (person.mrn, person.name, person.born.isoformat(), person.sex)
        writer.writerow([*who, *place, *reached, person.case["diagnosis"], comments])
    return out.getvalue().encode()


def small_note(number: int, person: Person) -> bytes:
    """Return one of many small notes: for measurements, where bytes and not stories count."""
    text = written(MESSAGES[number % len(MESSAGES)], person)
    return f"PROGRESS NOTE {number}\n{text}\nHR {60 + number % 40}, weight {50 + number % 45} kg.\n".encode()
