"""Generate clinical notes that nobody wrote, with planted identifiers whose places are known.

Templates are data (`data/notes_*.txt`, `data/negatives_*.txt`); a slot in capitals gives its value in capitals.
All draws come from one seeded generator: the same seed gives the same examples.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from deployments.train.carriers import planted
from deployments.train.examples import UNKNOWN, Example, Writer
from deployments.train.laid_out import laid_out
from deployments.train.lexicon import Lexicon, slots, templates
from deployments.train.shapes import shapes, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SLOT = re.compile(r"\{([A-Za-z]+)\}")
PART = re.compile(r"\{([a-z]+\d?)\}")  # a slot within a shape
PLAIN = re.compile(r"[^\W\d_]+|[\W\d_]+")
PAIRED = (
    "spare",
    "forms",
    "cases",
    "spoken",
    "sheets",
    "hearings",
    "asked",
    "searches",
    "desk",
    "phone",
    "printouts",
    "talk",
    "grids",
    "lore",
    "pleas",
)  # each with hard negatives of its own
ALONE = ("notes", "negatives", "queries", "legal", "inpatient", "layouts", "narrative", "plain", "owned")
BANKS = (*ALONE, *PAIRED, *(f"{name}_negatives" for name in PAIRED))
WIDER = {  # in training, a part of the draws of a slot come from these shapes
    "facility": (0.35, ("hospital", "practice", "practice", "home", "ward")),
    "org": (0.45, ("known", "known", "unit", "business", "business", "school", "council", "firm", "society")),
    "address": (0.15, ("place",)),
    "date": (0.06, ("legalday", "legalday", "saidday")),
}
SCANNED = str.maketrans("OoIlSBgZ015e", "001158920lSc")  # what a worn page reads as what, one for one
INITIALS = "AABBCDDEFGGHIJJKKLLMMNNOPPRRSSSTTUVWWYZ"
LABELLED = {
    **dict.fromkeys(("full", "first", "last", "lastfirst", "caret", "initials", "abbr", "init"), "NAME"),
    **dict.fromkeys(("city", "state", "statecode", "country", "county"), "LOCATION"),
    **dict.fromkeys(("date", "month", "monthyear"), "DATE"),
    **dict.fromkeys(("id", "ssn", "appno", "username"), "ID"),
    **dict.fromkeys(("zip", "email", "url"), UNKNOWN),  # the rules' business: taught neither way
    "facility": "FACILITY",
    "org": "ORGANISATION",
    "address": "ADDRESS",
    "phone": "PHONE",
    **{kind: label for kind, (label, _) in shapes().items()},
}


def _places() -> dict[str, list[str]]:
    text = files("deid_core.models").joinpath("places.toml").read_text("utf-8")
    return {kind: names.split(", ") for kind, names in tomllib.loads(text).items()}


@dataclass
class Filler:
    """Fill the slots of templates from a lexicon."""

    lexicon: Lexicon

    def __post_init__(self) -> None:
        """Read the place lists once."""
        self.rng = self.lexicon.rng
        names = {"states": "state", "state_codes": "statecode", "countries": "country"}
        self.fixed = {**slots(), **{names[kind]: tuple(words) for kind, words in _places().items()}}

    def value(self, slot: str) -> str:
        """Return a value for a slot; capitals in the slot's name ask for capitals."""
        kind = slot.lower()
        part, wider = WIDER.get(kind, (0.0, ()))
        if part and self.lexicon.split == "train" and self.rng.random() < part:
            kind = self.rng.choice(wider)
        made = getattr(self, f"_{kind}", None)
        text = made() if made else self._shaped(kind) if kind in shapes() else self.rng.choice(self.fixed[kind])
        if slot.isupper() and len(slot) > 1:
            return str(text).upper()
        return text[:1].upper() + text[1:] if slot[0].isupper() else text

    def _shaped(self, kind: str) -> str:
        """Return a shape of the kind with its own slots filled."""
        shape = self.rng.choice(shapes()[kind][1])
        return PART.sub(lambda match: spoken(match[1], self.rng) or self.value(match[1]), shape)

    def _stem(self) -> str:
        """Return what a house, a practice or a firm may be called after."""
        kind = self.rng.choice(("facility_stem", "street_stem", "street_stem", "city"))
        return self.lexicon.place(kind) if self.rng.random() < 0.7 else self.lexicon.person()[1]

    def _full(self) -> str:
        given, family = self.lexicon.person()
        initial = self.rng.choice(INITIALS)
        forms: tuple[tuple[float, Callable[[], str]], ...] = (
            (0.61, lambda: f"{given} {family}"),
            (0.03, lambda: f"{given} {self.rng.choice(self.fixed['particle'])} {family}"),
            (0.03, lambda: f"{self.rng.choice(self.fixed['first_given'])} {given} {family}"),
            (0.12, lambda: f"{given} {initial}. {family}"),
            (0.04, lambda: f"{given} {initial} {family}"),
            (0.06, lambda: f"{given} {self.lexicon.person()[0]} {family}"),
            (0.05, lambda: f"{given} {family}-{self.lexicon.person()[1]}"),
            (0.03, lambda: f"{given} {family}{self.rng.choice((', Jr.', ' Jr', ' III', ' Sr.', ' II'))}"),
            (0.03, lambda: f"{given} {family} {self.lexicon.person()[1]}"),
        )
        return self.rng.choices([form for _, form in forms], [weight for weight, _ in forms])[0]()

    def _first(self) -> str:
        return self.lexicon.person()[0]

    def _last(self) -> str:
        family = self.lexicon.person()[1]
        pick = self.rng.random()
        if pick < 0.04:
            return f"{self.rng.choice(self.fixed['particle'])} {family}"
        return f"{family}-{self.lexicon.person()[1]}" if pick < 0.09 else family

    def _lastfirst(self) -> str:
        given, family = self.lexicon.person()
        given = given[0] + self.rng.choice(("", "", ".")) if self.rng.random() < 0.15 else given
        middle = f" {self.rng.choice(INITIALS)}{self.rng.choice(('', '.'))}" if self.rng.random() < 0.3 else ""
        name = f"{family}{self.rng.choice((', ', ', ', ', ', ','))}{given}{middle}"
        return name.upper() if self.rng.random() < 0.25 else name

    def _caret(self) -> str:
        given, family = self.lexicon.person()
        middle = self.rng.choice(("", "", "^A", "^^", "^M^^Dr"))
        name = f"{family}^{given}{middle}"
        return name.upper() if self.rng.random() < 0.7 else name

    def _initials(self) -> str:
        given, family = self.lexicon.person()
        return self.rng.choice(
            (f"{given[0]}. {family}", f"{given[0]}.{family}", f"{given[0]} {family}", f"{family} {given[0]}")
        )

    def _abbr(self) -> str:
        letters = [self.rng.choice(INITIALS) for _ in range(self.rng.choice((2, 2, 2, 3)))]
        if self.rng.random() < 0.5:
            return "".join(f"{one}." for one in letters)
        bare = "".join(letters)
        return self._abbr() if bare in self.fixed["clinical_letters"] else bare  # the hard negatives teach those

    def _init(self) -> str:
        return self.rng.choice(INITIALS) + self.rng.choice(("", "", "."))

    def _city(self) -> str:
        return self.lexicon.fake("city") if self.rng.random() < 0.25 else self.lexicon.place("city")

    def _county(self) -> str:
        return self.lexicon.place("county") if self.rng.random() < 0.6 else self.lexicon.person()[1]

    def _facility(self) -> str:
        pick, kind = self.rng.random(), self.lexicon.place("facility_kind")
        if pick < 0.1:
            return self.lexicon.place("facility_short")
        if pick < 0.25:
            return f"{self._city()} {kind}"
        if pick < 0.35:
            return f"{self.lexicon.person()[1]} {kind}"
        if pick < 0.42:
            return f"{self.lexicon.place('facility_stem')} {kind} of {self._city()}"
        if pick < 0.52:
            saint = self.rng.choice(
                ("St. {0}", "Saint {0}'s", "St {0}", "Our Lady of {0}", "{0} Memorial", "Mount {0}")
            )
            return f"{saint.format(self.lexicon.person()[0])}{self.rng.choice((' ' + kind, ' ' + kind, ''))}"
        return f"{self.lexicon.place('facility_stem')} {kind}"

    def _org(self) -> str:
        pick, kind = self.rng.random(), self.lexicon.place("organisation_kind")
        if pick < 0.4:
            return self.lexicon.place("organisation")
        if pick < 0.6:
            return self.lexicon.fake("company")
        return f"{self.lexicon.person()[1] if pick < 0.85 else self._city()} {kind}"

    def _address(self) -> str:
        return self._foreign_address() if self.rng.random() < 0.3 else self._english_address()

    def _foreign_address(self) -> str:
        if self.rng.random() < 0.35:
            return self.lexicon.fake("street_address")
        shape = self.rng.choice(self.fixed["foreign_address"])
        name, stem, city = self.lexicon.person()[1], self.lexicon.place("street_stem"), self.lexicon.place("city")
        return shape.format(name=name, stem=stem, city=city, n=self.rng.randint(1, 250), u=self.rng.randint(1, 60))

    def _english_address(self) -> str:
        stem = self.lexicon.place("street_stem") if self.rng.random() < 0.7 else self.lexicon.person()[1]
        number = self.lexicon.number(self.rng.choice(("99", "999", "9999", "9")))
        street = f"{number} {stem} {self.lexicon.place('street_kind')}"
        pick = self.rng.random()
        if pick < 0.15:
            unit = self.rng.choice((", Apt", " Apt.", ", Unit", " Suite", " #"))
            return f"{street}{unit} {self.rng.randint(1, 400)}"
        return f"P.O. Box {self.rng.randint(10, 9999)}" if pick < 0.18 else street

    def _date(self) -> str:
        return self.lexicon.date()

    def _phone(self) -> str:
        return self.lexicon.number(self.rng.choice(self.fixed["phone_shape"]))

    def _id(self) -> str:
        if self.rng.random() < 0.4:
            return self.lexicon.number(self.rng.choice(self.fixed["id_shape"]))
        groups = ["9" * self.rng.randint(2, 9) for _ in range(self.rng.choice((1, 1, 1, 2, 2, 3)))]
        head = "A" * self.rng.choice((0, 0, 0, 1, 2, 3))
        tail = self.rng.choice(("", "", "", "", "A", "-A", "/99", "-9"))
        shape = self.rng.choice(("", "", "-", " ", "/")).join(([head] if head else []) + groups) + tail
        return self.lexicon.number(shape if len(shape) > 4 else "999999")

    def _appno(self) -> str:
        return f"{self.rng.randint(10, 99_999)}/{self.rng.randint(0, 99):02}"

    def _username(self) -> str:
        given, family = (part.lower().replace(" ", "") for part in self.lexicon.person())
        number = self.rng.randint(1, 99)
        return self.rng.choice(
            (f"{given[0]}{family}", f"{given}.{family}", f"{family}{given[0]}{number}", f"{given}_{number}")
        )

    def _email(self) -> str:
        return f"{self._username()}@{self.lexicon.fake('domain_name')}"

    def _url(self) -> str:
        return f"{self.rng.choice(('https://', 'www.', 'https://www.'))}{self.lexicon.fake('domain_name')}/{self._username()}"

    def _monthyear(self) -> str:
        month = self.rng.choice(self.fixed["month"])
        return f"{month if self.rng.random() < 0.8 else month[:3]} {self.rng.choice(('', '', 'of '))}{self._year()}"

    def _ssn(self) -> str:
        return self.lexicon.number(self.rng.choice(("999-99-9999", "999 99 9999", "999999999", "xxx-xx-9999")))

    def _zip(self) -> str:
        return self.lexicon.number(self.rng.choice(("99999", "99999", "99999-9999")))

    def _num(self) -> str:
        return str(self.rng.randint(1, 99))

    def _year(self) -> str:
        return str(self.rng.randint(1950, 2026))

    def _icd(self) -> str:
        return self.lexicon.number(self.rng.choice(("A99.9", "A99", "A99.99", "999.9")))

    def _pseudodrug(self) -> str:
        """Return a word like a brand name that is on no list, so that the place of a drug is learnt, not the drug."""
        return self.lexicon.invented().capitalize()

    def _sep(self) -> str:
        return self.rng.choice(self.fixed["sep"]).replace("_", " ")

    def _safe(self) -> str:
        """Return a listed safe word in Title Case: a rare term with a capital is not yet a name."""
        return self.rng.choice(self.lexicon.terms).capitalize()

    def _pseudonym(self) -> str:
        """Return a surname that stands as an eponym, so that `X syndrome` is learnt, not X."""
        return self.lexicon.person()[1]

    def render(self, template: str, source: str) -> Example:
        """Return a template with its slots filled; the labelled ones are spans."""
        writer, at = Writer(), 0
        origin = ""
        for match in SLOT.finditer(template):
            writer.add(template[at : match.start()])
            kind = match[1].lower()
            text = self.value(match[1])
            at = match.end()
            if kind == "county":
                at += len(" County") * template.startswith((" County", " COUNTY"), at)
                text = f"{text} {'COUNTY' if match[1].isupper() else 'County'}"
            writer.add(text, LABELLED.get(kind, ""))
            origin = self.lexicon.origin if LABELLED.get(kind) == "NAME" else origin
        writer.add(template[at:])
        example = writer.example(source, origin)
        lower = len(template) > 20 and not re.search(
            r"[A-Z]", template
        )  # a text all in small letters names people so too
        return _recased(example, example.text.lower()) if lower and self.rng.random() < 0.5 else example


def _recased(example: Example, text: str) -> Example:
    """Return the example in another case, or as it was where that changes lengths."""
    return Example(text, example.spans, example.source, example.origin) if len(text) == len(example.text) else example


def _misspelt(example: Example, filler: Filler) -> Example:
    """Swap two letters of some words, in place, so that spans keep their bounds."""
    chars = list(example.text)
    for match in re.finditer(r"[A-Za-z]{5,}", example.text):
        if filler.rng.random() < 0.08:
            at = filler.rng.randrange(match.start() + 1, match.end() - 2)
            chars[at], chars[at + 1] = chars[at + 1], chars[at]
    return _recased(example, "".join(chars))


def _scanned(example: Example, filler: Filler) -> Example:
    """Exchange some characters for those that a worn page is read as, one for one."""
    rate = filler.rng.choice((0.1, 0.3))
    chars = [char.translate(SCANNED) if filler.rng.random() < rate else char for char in example.text]
    return _recased(example, "".join(chars))


def varied(example: Example, filler: Filler) -> Example:
    """Return the example as it is, in capitals, in lower case, as read from a worn page, or misspelt."""
    pick = filler.rng.random()
    if pick < 0.10:
        return _recased(example, example.text.upper())
    if pick < 0.17:
        return _recased(example, example.text.lower())
    if pick < 0.19:
        return _scanned(example, filler)
    return _misspelt(example, filler) if pick < 0.25 else example


@cache
def banks() -> tuple[list[str], list[str]]:
    """Return all training templates: those with a labelled slot, and those without."""
    positive: list[str] = []
    negative: list[str] = []
    for name in BANKS:
        for line in templates(f"{name}_train.txt"):
            named = any(slot.lower() in LABELLED for slot in SLOT.findall(line))
            (positive if named else negative).append(line)
    return positive, negative


def notes(filler: Filler, count: int, carriers: list[str]) -> Iterator[Example]:
    """Yield generated texts: one to six pieces each, templates and carrier sentences mixed."""
    positive, negative = banks()
    rng = filler.rng
    for _ in range(count):
        writer = Writer()
        glue = rng.choice((" ", " ", "\n", "\n", "\n\n", "  "))
        for index in range(rng.choice((1, 1, 2, 3, 4, 6))):
            if index:
                writer.add(glue)
            pick = rng.random()
            if pick < 0.08:
                piece = laid_out(filler, named=pick < 0.06)
            elif pick < 0.48:
                piece = filler.render(rng.choice(positive), "notes")
            elif pick < 0.76:
                piece = filler.render(rng.choice(negative), "negatives")
            else:
                piece = filler.render(planted(max(rng.sample(carriers, 2), key=len), rng), "carriers")
            writer.append(varied(piece, filler))
        yield writer.example("generated", filler.lexicon.origin)


def worn(example: Example, filler: Filler) -> Example:
    """Return the example, one in five with some plain words exchanged or left out: no template is learnt by heart."""
    if filler.rng.random() > 0.2:
        return example
    writer, at = Writer(), 0
    for start, end, label in (*sorted(example.spans), (len(example.text), len(example.text), "")):
        for match in PLAIN.finditer(example.text, at, start):
            pick, word = filler.rng.random(), match[0]
            other = filler.rng.choice(filler.lexicon.terms) if pick < 0.1 and len(word) > 3 else word
            writer.add("" if pick > 0.97 else other if word.islower() else word)
        writer.add(example.text[start:end], label)
        at = end
    return writer.example(example.source, example.origin)


def development(filler: Filler, copies: int) -> tuple[list[Example], list[Example]]:
    """Return the project's own development set: examples with identifiers, and hard negatives (one each)."""
    positive = [filler.render(line, "dev") for line in templates("notes_dev.txt") for _ in range(copies)]
    return positive, [Example(line, (), "dev-negatives") for line in templates("negatives_dev.txt")]
