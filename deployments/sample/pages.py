"""The scans, the photo and the fax of a sample set."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from deployments.sample.drawing import font, grained, inside, typed
from deployments.sample.notes import RAMAN
from deployments.sample.people import CLINIC, FACILITY, Person, american

DESCRIPTION, MAKE, TAKEN, ARTIST, GPS, ORIGINAL, EXIF = 0x010E, 0x010F, 0x0132, 0x013B, 0x8825, 0x9003, 0x8769


def form(person: Person, seed: int) -> bytes:
    """Return a scanned intake form (PNG), with text chunks and EXIF that name the person."""
    rows = (
        ("Patient name", person.name),
        ("MRN", person.mrn),
        ("Date of birth", american(person.born)),
        ("Phone", person.telephone),
        ("Address", f"{person.street}, {person.city}, {person.state} {person.zip}"),
    )
    lines = [(60, 40, 34, FACILITY), (60, 88, 26, "PATIENT INTAKE FORM")]
    for number, (label, value) in enumerate(rows):
        lines.append((60, 160 + 56 * number, 24, f"{label}: {value}"))
    lines += [
        (60, 480, 24, "Reason for visit"),
        (60, 524, 22, f"{person.case['diagnosis']}. BP 120/80."),
        (60, 562, 22, f"Takes {person.case['medications'][0]}."),
        (60, 600, 22, "Allergies: penicillin (rash)"),
    ]
    page = typed((850, 700), lines, (136, 456, 650))
    noise = grained(np.asarray(page, np.float64), np.random.default_rng([seed, int(person.mrn)]), 2.0)
    info = PngInfo()
    info.add_text("Author", RAMAN)
    info.add_text("Description", f"Intake form of {person.name}, MRN {person.mrn}")
    info.add_itxt("Comment", f"scanned for {person.name}")
    out = io.BytesIO()
    Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(out, "PNG", pnginfo=info, exif=_exif(person).tobytes())
    return out.getvalue()


def _exif(person: Person) -> Image.Exif:
    exif = Image.Exif()
    exif[DESCRIPTION] = f"{person.listed} MRN {person.mrn}"
    exif[MAKE] = "Lakeside Optics"
    exif[ARTIST] = RAMAN
    exif[TAKEN] = f"{person.admitted:%Y:%m:%d} 09:41:00"
    return exif


def photo(person: Person, seed: int) -> bytes:
    """Return a photo-like picture of a wristband on a forearm (JPEG), with the place it was taken in its EXIF."""
    height, width = 480, 720
    y, x = np.mgrid[0:height, 0:width]
    scene = np.stack([90 + y * 0.12, 120 + x * 0.05, 140 + y * 0.05], axis=-1)
    arm = inside(height, width, (360, 250), (520, 165))
    shade = 1 - ((y - 230) / 260.0) ** 2
    scene[arm] = (np.array([214, 168, 140]) * shade[..., None])[arm]
    picture = Image.fromarray(
        grained(scene, np.random.default_rng([seed, 5]), 4.0).clip(0, 255).astype(np.uint8), mode=None
    )
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((130, 165, 590, 320), 14, fill=(244, 246, 248), outline=(170, 180, 190), width=2)
    lines = (person.listed, f"MRN {person.mrn}", f"DOB {american(person.born)}   {person.sex}", "FALL RISK")
    for number, text in enumerate(lines):
        draw.text((152, 176 + 35 * number), text, fill=(25, 25, 35), font=font(28))
    exif = _exif(person)
    exif.get_ifd(EXIF)[ORIGINAL] = f"{person.admitted:%Y:%m:%d} 09:41:00"
    exif.get_ifd(GPS).update({1: "N", 2: (43.0, 12.0, 30.5), 3: "W", 4: (72.0, 18.0, 11.25), 29: "2024:01:01"})
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, exif=exif.tobytes())
    return out.getvalue()


def fax(person: Person, seed: int) -> bytes:
    """Return a fax of two pages (TIFF): a cover sheet and a referral."""
    cover = [
        (60, 50, 22, "FROM: (508) 555-0191   TO: (617) 555-0199   PAGE 1/2"),
        (60, 130, 44, "FAX"),
        (60, 210, 26, f"To: Dr. {RAMAN}"),
        (60, 250, 26, f"From: {CLINIC}"),
        (60, 290, 26, f"Date: {american(person.seen)}"),
        (60, 330, 26, f"Re: {person.name}"),
        (60, 420, 22, "CONFIDENTIAL: contains protected health information."),
    ]
    referral = [
        (60, 50, 22, "PAGE 2/2"),
        (60, 110, 30, "REFERRAL"),
        (60, 170, 24, f"Patient: {person.listed}"),
        (60, 210, 24, f"MRN: {person.mrn}    DOB: {american(person.born)}"),
        (60, 250, 24, f"Phone: {person.telephone}"),
        (60, 330, 24, f"Diagnosis: {person.case['diagnosis']}"),
        (60, 370, 24, f"Labs: {person.case['labs']}"[:60]),
        (60, 410, 24, "BP 120/80, HR 72, SpO2 97%"),
        (60, 490, 24, f"Please call the {person.relation}, {person.relative}."),
    ]
    chance = np.random.default_rng([seed, 6])
    pages = []
    for lines in (cover, referral):
        page = np.asarray(typed((850, 560), lines, (90,)), np.float64)
        specks = chance.random(page.shape) < 0.0006
        pages.append(Image.fromarray(np.where((page < 150) | specks, 0, 255).astype(np.uint8)))
    tags = ImageFileDirectory_v2()
    tags[DESCRIPTION] = f"Referral of {person.listed}"
    tags[TAKEN] = f"{person.seen:%Y:%m:%d} 11:02:00"
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw", tiffinfo=tags)
    return out.getvalue()
