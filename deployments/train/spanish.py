"""Spanish texts to train on: MEDDOCAN as it is and with other names in it, and our own templates filled.

The corpus (SPACCC_MEDDOCAN, CC BY 4.0) has a training part, and a development part that is split in two here: its files
in order of name are taken in turns, the first for tuning, the second for the report.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from faker import Faker

from deid_core.languages import language
from deployments.train.examples import UNKNOWN, Example, Writer
from deployments.train.lexicon import DATA, templates
from deployments.train.train import ROUND, Stream, in_batches

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spacy.training import Example as SpacyExample

LABELS = {
    "NOMBRE_SUJETO_ASISTENCIA": "NAME", "NOMBRE_PERSONAL_SANITARIO": "NAME", "CALLE": "ADDRESS", "FECHAS": "DATE",
    "TERRITORIO": "LOCATION", "PAIS": "LOCATION", "HOSPITAL": "FACILITY", "CENTRO_SALUD": "FACILITY",
    "INSTITUCION": "ORGANISATION", "NUMERO_TELEFONO": "PHONE", "NUMERO_FAX": "PHONE", "ID_SUJETO_ASISTENCIA": "ID",
    "ID_CONTACTO_ASISTENCIAL": "ID", "ID_ASEGURAMIENTO": "ID", "ID_TITULACION_PERSONAL_SANITARIO": "ID",
    "ID_EMPLEO_PERSONAL_SANITARIO": "ID", "CORREO_ELECTRONICO": UNKNOWN, "PROFESION": UNKNOWN,
    "OTROS_SUJETO_ASISTENCIA": UNKNOWN,
}  # fmt: skip
PERSON = re.compile(r"[A-ZÁÉÍÓÚÑ][\wáéíóúñü-]+(?: (?:de |la |del )*[A-ZÁÉÍÓÚÑ][\wáéíóúñü-]+)*")
BREAK = re.compile(r"\n|(?<=[a-záéíóú]\.) (?=[A-ZÁÉÍÓÚ])")
SLOT = re.compile(r"\{(\w+)\}")
SPANS = {
    **dict.fromkeys(("full", "first", "last", "lastfirst", "initials"), "NAME"),
    **dict.fromkeys(("city", "province", "country", "cp"), "LOCATION"),
    **dict.fromkeys(("hospital", "centre"), "FACILITY"),
    "street": "ADDRESS",
    "org": "ORGANISATION",
    "date": "DATE",
    "phone": "PHONE",
    "id": "ID",
    "email": UNKNOWN,
}
LOCALES = (
    "es_ES", "es_ES", "es_ES", "es_MX", "es_AR", "es_CL", "es_CO", "es_MX", "ro_RO", "en_GB", "fr_FR", "pt_PT",
)  # fmt: skip
SWAPPED, PLANTED = 0.7, 0.55  # shares: cuts of the corpus that get other values; texts of templates
REGIONAL, FORMS = 0.2, 0.2  # shares: names of our own lists; forms among what a text of templates is made of
FIELDS = {  # what stands behind a label of a form, by the name of its list of labels
    "full": ("{full}", "{full}", "{Full}", "{lastfirst}", "{Lastfirst}", "{first}", "{last} {first}"),
    "doctor": ("{full}", "Dr. {full}", "Dra. {full}", "{Full}", "Dr. {last}", "{lastfirst}", "{full}, {service}"),
    "id": ("{id}",),
    "date": ("{date}", "{date}", "{date} 10:{num}", "{date} - {num} h"),
    "phone": ("{phone}", "{phone}", "{phone} / {phone}", "{phone} ({first})"),
    "street": ("{street}", "{Street}", "{street}, {city}", "{street}. {cp} {city} ({province})"),
    "city": ("{city}", "{City}", "{city}, {province}", "{city} ({country})", "{province}"),
    "hospital": ("{hospital}", "{Hospital}", "{centre}", "{hospital}, {city}"),
    "org": ("{org}",),
    "plain": ("{plain_value}",),
}
KINDS = (
    "full", "doctor", "id", "id", "id", "date", "date", "phone", "street", "city", "hospital", "org", *["plain"] * 6,
)  # fmt: skip
JOINTS = ("\n", "\n", "\n", "    ", "   ", " | ", "; ", ". ", ", ", "\t", " - ", " ")
MARKS = (": ", ": ", ": ", ":", " ", " ", "  ", ":   ", "\t", ":\n", " - ", " = ", ".: ")
ACCENTS = str.maketrans("áéíóúÁÉÍÓÚñÑ", "aeiouAEIOUnN")


def corpus(folder: Path, part: str) -> list[Example]:
    """Return the documents of a part: train, tune or report, in order of name."""
    folder = folder / "meddocan" / ("train" if part == "train" else "dev") / "brat"
    paths = sorted(folder.glob("*.ann"))
    if part != "train":
        paths = paths[part == "report" :: 2]
    return [_document(path) for path in paths]


def _document(path: Path) -> Example:
    text, spans = path.with_suffix(".txt").read_bytes().decode("utf-8"), []
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("T"):
            continue
        kind, start, end = line.split("\t")[1].split()
        # `Madre` names nobody, `padres Ana y Juan` do; the few names that begin such a span are not told from `Madre`
        if kind == "FAMILIARES_SUJETO_ASISTENCIA":
            names = PERSON.finditer(text, int(start), int(end))
            spans += [(name.start(), name.end(), "NAME") for name in names if name.start() > int(start)]
        elif kind in LABELS:
            spans.append((int(start), int(end), LABELS[kind]))
    return Example(text, tuple(sorted(spans)), "meddocan", "meddocan")


@dataclass
class Filler:
    """Draw Spanish values for templates, and for the places of a corpus; all from one seeded generator."""

    rng: Random
    fakers: list[Faker] = field(init=False)

    def __post_init__(self) -> None:
        """Seed Faker's generators."""
        self.fakers = [Faker(locale) for locale in LOCALES]
        for faker in self.fakers:
            faker.seed_instance(self.rng.getrandbits(32))

    @cached_property
    def _words(self) -> dict[str, list[str]]:
        held = tomllib.loads((DATA / "es_slots.toml").read_text("utf-8"))
        return {kind: [word.strip() for word in words.split(";")] for kind, words in held.items()}

    @cached_property
    def _countries(self) -> list[str]:
        return str(tomllib.loads(language("es").places.read_text("utf-8"))["countries"]).split(", ")

    def render(self, template: str) -> Example:
        """Return a template with its slots filled."""
        writer, at = Writer(), 0
        for match in SLOT.finditer(template):
            writer.add(template[at : match.start()])
            value = self.value(match[1].lower())
            writer.add(value.upper() if match[1][0].isupper() else value, SPANS.get(match[1].lower(), ""))
            at = match.end()
        writer.add(template[at:])
        return writer.example("templates", "faker")

    def value(self, kind: str) -> str:
        """Return what fills a slot."""
        made = getattr(self, f"_{kind}", None)
        if made:
            return str(made())
        return SLOT.sub(lambda slot: self.value(slot[1]), self.rng.choice(self._words[kind]))

    def form(self) -> str:
        """Return a template of labels and what stands behind them, in any order and layout."""
        rng = self.rng
        joint, mark, case = rng.choice(JOINTS), rng.choice(MARKS), rng.random()
        fields = []
        for kind in (rng.choice(KINDS) for _ in range(rng.randint(2, 9))):
            label = rng.choice(self._words[f"label_{kind}"])
            label = label.upper() if case < 0.2 else label.lower() if case < 0.3 else label
            fields.append(f"{label}{mark}{rng.choice(FIELDS[kind])}")
        return joint.join(fields)

    def other(self, label: str, old: str) -> str:
        """Return another value of a label for a corpus' place, of the old one's kind."""
        if label == "NAME":
            made = self.value("full" if " " in old and self.rng.random() < 0.9 else "first")
            return self.value("last") if " " in old and "." not in old and self.rng.random() < 0.4 else made
        if label == "LOCATION":
            kind = "cp" if old[:1].isdigit() else "country" if old in self._countries else "city"
            return self.value(kind if kind != "city" or self.rng.random() < 0.7 else "province")
        if label in {"ID", "PHONE"} or (label == "DATE" and self.rng.random() < 0.3 and old[:1].isdigit()):
            return re.sub(r"\d", lambda _: str(self.rng.randint(0, 9)), old)
        slots = {"ADDRESS": "street", "FACILITY": "hospital", "DATE": "date"}
        return self.value(slots[label]) if label in slots else old

    def _first(self) -> str:
        faker = self.rng.choice(self.fakers)
        regional = self.rng.random() < REGIONAL
        name = self.rng.choice(self._words["first_regional"]) if regional else str(faker.first_name())
        return f"{name} {faker.first_name()}" if self.rng.random() < 0.15 else name

    def _last(self) -> str:
        family = f"{self._surname()} {self._surname()}" if self.rng.random() < 0.7 else self._surname()
        return family.replace(" ", self.rng.choice(("-", " de ", " y "))) if self.rng.random() < 0.06 else family

    def _surname(self) -> str:
        if self.rng.random() < REGIONAL:
            return self.rng.choice(self._words["last_regional"])
        return str(self.rng.choice(self.fakers).last_name())

    def _full(self) -> str:
        first = self._first() if self.rng.random() < 0.9 else f"{self._first()[0]}."
        return f"{first} {self._last()}"

    def _lastfirst(self) -> str:
        return f"{self._last()}, {self._first()}"

    def _initials(self) -> str:
        joint = self.rng.choice((".", ""))
        return "".join(f"{self._first()[0]}{joint}" for _ in range(3))

    def _date(self) -> str:
        day, month, year = self.rng.randint(1, 28), self.rng.randint(1, 12), self.rng.randint(1930, 2026)
        name = self._words["month"][month - 1]
        name = self.rng.choice((name, name, name.capitalize(), name[:3]))
        weekday = self.rng.choice(self._words["weekday"])
        shape = self.rng.choice(self._words["date_shape"])
        return shape.format(d=day, m=month, y=year, yy=f"{year % 100:02d}", month=name, weekday=weekday)

    def _street(self) -> str:
        rng, shape = self.rng, self.rng.choice(self._words["street_shape"])
        name = rng.choice((self._last(), self._full(), rng.choice(self._words["street_name"]), self._city()))
        return shape.format(
            kind=rng.choice(self._words["street_kind"]), name=name, n=rng.randint(1, 180), floor=rng.randint(1, 9),
            door=rng.choice("ABCDEF"), side=rng.choice(("izq.", "dcha.", "Izda", "drcha.")),
        )  # fmt: skip

    def _city(self) -> str:
        return self.rng.choice(self._words["city"]) if self.rng.random() < 0.8 else str(self.fakers[0].city())

    def _province(self) -> str:
        return self.rng.choice(self._words["region"]) if self.rng.random() < 0.5 else str(self.fakers[0].state())

    def _country(self) -> str:
        return self.rng.choice(self._countries)

    def _cp(self) -> str:
        return self.rng.choice((f"{self.rng.randint(1, 52):02d}{self.rng.randint(0, 999):03d}", self._digits("99999")))

    def _hospital(self) -> str:
        name = self.rng.choice((self._last(), self._full(), self._city(), *self._words["hospital_name"]))
        return f"{self.rng.choice(self._words['hospital_kind'])} {name}"

    def _centre(self) -> str:
        return f"{self.rng.choice(self._words['centre_kind'])} {self.rng.choice((self._last(), self._city()))}"

    def _org(self) -> str:
        return self.rng.choice((self.rng.choice(self._words["org"]), str(self.fakers[0].company())))

    def _phone(self) -> str:
        return self._digits(self.rng.choice(self._words["phone_shape"]))

    def _id(self) -> str:
        return self._digits(self.rng.choice(self._words["id_shape"]))

    def _digits(self, shape: str) -> str:
        pick = {"9": "0123456789", "6": "679", "A": "ABCDEFGHJKLMNPRSTVWXYZ"}
        return "".join(self.rng.choice(pick[char]) if char in pick else char for char in shape)

    def _email(self) -> str:
        return str(self.rng.choice(self.fakers).ascii_email())

    def _eponym(self) -> str:
        return self.rng.choice(self._words["eponym"]) if self.rng.random() < 0.5 else self._surname()

    def _brand(self) -> str:
        rng, part = self.rng, self._words["brand_part"]
        made = rng.choice(part) + "".join(rng.choice(part).lower() for _ in range(rng.randint(0, 1)))
        made = rng.choice(self._words["brand"]) if rng.random() < 0.5 else made + rng.choice(self._words["brand_tail"])
        return f"{made} {rng.choice(self._words['brand_form'])}".strip()

    def _age(self) -> str:
        return str(self.rng.randint(1, 99))

    def _num(self) -> str:
        return str(self.rng.randint(10, 59))


@dataclass
class SpanishStream(Stream):
    """Yield batches without end: pieces of the corpus, half with other values, and templates."""

    def batches(self) -> Iterator[list[SpacyExample]]:
        """Yield lists of spaCy examples; the same seed gives the same batches."""
        rng = Random(self.seed)  # noqa: S311 - training data, not secrets
        filler = Filler(rng)
        documents = corpus(self.data, "train")
        lines = templates("es_train.txt"), templates("es_negatives_train.txt")
        while True:
            texts = [_planted(filler, *lines) for _ in range(int(ROUND * PLANTED))]
            texts += [_piece(rng.choice(documents), filler) for _ in range(ROUND - len(texts))]
            yield from in_batches((_varied(text, rng) for text in texts), rng, self)


def _planted(filler: Filler, positive: list[str], negative: list[str]) -> Example:
    """Return one to eight templates and forms after one another."""
    rng = filler.rng
    writer, glue = Writer(), rng.choice((" ", "\n", "\n", "\n\n"))
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        pick = rng.random()
        line = filler.form() if pick < FORMS else rng.choice(positive if pick < 0.6 else negative)
        writer.append(filler.render(line))
        writer.add(glue)
    return writer.example("templates", "faker")


def _piece(document: Example, filler: Filler) -> Example:
    """Return some lines or sentences of a document in a row, the last ones more often; often with other values."""
    rng = filler.rng
    ends = [0, *(match.end() for match in BREAK.finditer(document.text)), len(document.text)]
    pick = rng.random()
    first = rng.randrange(len(ends) - 1) if pick < 0.5 else rng.randrange(min(14, len(ends) - 1))
    first = max(0, len(ends) - 1 - rng.randint(1, 5)) if pick > 0.7 else first
    start, end = ends[first], ends[min(first + rng.randint(1, 8), len(ends) - 1)]
    swap = rng.random() < SWAPPED
    told: dict[str, str] = {}
    writer, at = Writer(), start
    for low, high, label in document.spans:
        if low < at or high > end:
            continue
        writer.add(document.text[at:low])
        old = document.text[low:high]
        writer.add(told.setdefault(old, filler.other(label, old)) if swap else old, label)
        at = high
    writer.add(document.text[at:end])
    return writer.example("meddocan", "meddocan")


def _varied(example: Example, rng: Random) -> Example:
    """Return the example as it is, in capitals, in small letters or without accents."""
    pick, text = rng.random(), example.text
    made = text.upper() if pick < 0.08 else text.lower() if pick < 0.14 else text
    made = text.translate(ACCENTS) if 0.14 <= pick < 0.24 else made
    return Example(made, example.spans, example.source, example.origin) if len(made) == len(text) else example
