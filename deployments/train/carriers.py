"""Turn public clinical text without PHI into templates: its fictional names become slots or the sentence is dropped.

MTS-Dialog and ACI-Bench (training parts) hold real clinical language, but their few invented names are not annotated.
A sentence stays only where every capitalised word (in dialogues: every word) is known to be no name.
"""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING

from deployments.train.examples import Example
from deployments.train.lexicon import listed_names, safe_words, slots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

TITLED = re.compile(r"\b((?:Dr|Mr|Mrs|Ms)\.?|Doctor|Miss)\s+([A-Z][a-z]+)(\s+[A-Z][a-z]+)?\b")
MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
FULL_DATE = re.compile(
    rf"\b(?:{MONTH}(?: \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|,? (?:of )?\d{{4}})"
    r"|\d{1,2}/\d{1,2}/\d{2,4}|\d{1,2}/\d{4})\b"
)
BARE_MONTH = re.compile(rf"\b((?:[Ii]n|[Ss]ince|[Ll]ast|[Tt]his|of|by|from|until|early|late|mid) ){MONTH}\b(?! \d)")
KIN = "wife|husband|mother|father|son|daughter|sister|brother|friend|mom|dad"
KIN += (
    "|boss|neighbor|aunt|uncle|grandmother|grandfather|cousin|boyfriend|girlfriend|roommate|coach|teacher|nephew|niece"
)
STAFF = "primary care physician|cardiologist|surgeon|oncologist|neurologist|physician|nurse|doctor|therapist|resident"
STAFF += "|specialist|pediatrician|dietician|social worker|urologist|dermatologist|psychiatrist"
VERBS = "is|was|has|had|will|does|did|reports|denies|states|takes|can|should|needs"
PATIENT = re.compile(r"\b(?:The|the) (?:patient|child|infant|baby)\b(?!'s (?:mother|father|wife|husband|son|daughter))")
SUBJECT = re.compile(r"^(?:She|He|Patient|Pt|Mom|Dad|Mother|Father|Her husband|His wife|Family) (?=[a-z])")
PRONOUN = re.compile(rf"(?<=[a-z] )(?:she|he)(?= (?:{VERBS})\b)")
OBJECT = re.compile(r"(?<=[a-z] )him(?=[ .,])")
ADDRESSED = re.compile(r"(?<=, )(?:sir|ma'am|miss|honey|sweetie|young man|young lady|madam|buddy)\b")
RELATIVE = re.compile(rf"\b((?:his|her|my|your|His|Her|My|Your) (?:{KIN}))(?=[ .,])")
DOCTOR = re.compile(rf"\b((?:his|her|the|my|your|our|a) (?:{STAFF}))\b")
ROOM = "emergency room|emergency department|ER|clinic|hospital|outside hospital"
PLACE = re.compile(rf"\b(?:to|at|from|in) (?:the |our )?(?:{ROOM})\b")
HAILED = re.compile(
    r"^((?:\[doctor\]|Doctor:) "
    r"(?:so|okay|alright|all right|hi|hey|hello|and|now|well|good morning|great|good))(?=[ ,])",
    re.IGNORECASE,
)
ASKED = re.compile(r"(?<=[a-z])( ?\?)$")
SPEAKER = re.compile(r"^(?:Doctor|Patient|Guest_family|Guest_clinician):")
SENTENCE = re.compile(r"(?<!Dr\.)(?<!Mr\.)(?<!Mrs\.)(?<!Ms\.)(?<=[.!?])\s+(?=[A-Z])|\n+")
WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")
CAPITALISED = re.compile(r"[A-Z]")
TAILS = (
    " on {date}.",
    " at {facility}.",
    " by Dr. {last}.",
    " with {full}.",
    " in {city}.",
    " per {last}.",
    ", {first} said.",
)
FULL_NAME = re.compile(r"^(?:(?:Mr|Mrs|Ms)\. )?([A-Z][a-z]+ [A-Z][a-z]+) is an? ", re.MULTILINE)
SPOKEN = "i|mr|mrs|ms|dr|doctor|patient|guest|clinician|family|um|uh|hmm|mm|kinda|gonna|wanna|gotta|alrighty|alright"
SPOKEN += "|bye|gosh|oof|wow|ouch|yeah|yep|nope|okay|ok|hey|hi|oh|ah|huh|dragon|dax|mhm|er|ugh|haha|ma|am|ya"
SPOKEN += "|em|cuz|lemme|gimme|gon|wan|na"
SPOKEN += "|love|yup|guess|awesome|bunch|gotcha|lem|sir|kid|amazing|favorite|uhm|goodness|covid|maam|miss|honey"
ALWAYS_SAFE = frozenset(SPOKEN.split("|"))


class SafeWords:
    """Know words that are nobody's name: Philter's safe words less its names, and our own clinical words."""

    def __init__(self, folder: Path) -> None:
        """Read Philter's lists from the folder of corpora."""
        names = {*listed_names(folder, "firstnames"), *listed_names(folder, "lastnames")}
        listed = safe_words(folder)
        ours = {word.lower() for words in slots().values() for phrase in words for word in WORD.findall(phrase)}
        self.strict = (listed - names) | ours | ALWAYS_SAFE
        self.loose = listed | ours | ALWAYS_SAFE

    def clean(self, sentence: str, *, every_word: bool) -> bool:
        """Tell whether no word of a sentence could be a name; `every_word` also looks at lower-case words."""
        for index, match in enumerate(WORD.finditer(re.sub(r"\{\w+\}", " ", sentence))):
            word = match[0]
            parts = [part for part in re.split(r"[-']", word.lower().removesuffix("'s")) if len(part) > 1]
            if word.isupper() and len(word) <= 5:
                continue
            known = self.loose if index == 0 or not word[0].isupper() else self.strict
            if (word[0].isupper() or every_word) and not all(part in known for part in parts):
                return False
        return True


def _slotted(sentence: str) -> str:
    """Return a sentence whose titled names and dates are slots."""
    sentence = TITLED.sub(lambda match: f"{match[1]} {'{full}' if match[3] else '{last}'}", sentence)
    return BARE_MONTH.sub(r"\1{month}", FULL_DATE.sub("{date}", sentence))


def _templates(text: str, safe: SafeWords, *, dialogue: bool) -> Iterator[str]:
    for sentence in SENTENCE.split(text):
        stripped = sentence.strip()
        if 8 <= len(stripped) <= 400 and "{" not in stripped:
            template = _slotted(stripped)
            if safe.clean(template, every_word=dialogue):
                yield template


def _named(text: str, full: str, *, lower: bool) -> str:
    """Return a text in which a known invented name is a slot, whole or in part."""
    given, _, family = full.partition(" ")
    for name, slot in ((full, "{full}"), (given, "{first}"), (family, "{last}")):
        if name:
            text = re.sub(rf"\b{re.escape(name.lower() if lower else name)}\b", slot, text)
    return text


def _aci(folder: Path, name: str, safe: SafeWords) -> Iterator[str]:
    for visit in json.loads((folder / "aci-bench" / name).read_text("utf-8"))["data"]:
        found = FULL_NAME.search(visit["tgt"])
        full = found[1] if found else ""
        for text, dialogue in ((visit["tgt"], False), (visit["src"], True)):
            for line in text.splitlines():
                plain = line.replace("{", "(").strip()
                template = _slotted(_named(plain, full, lower=dialogue))
                if 8 <= len(plain) <= 600 and safe.clean(template, every_word=dialogue):
                    yield template


def named_visits(folder: Path) -> list[Example]:
    """Return ACI-Bench's held-out notes and dialogues with every mention of the patient's invented name marked."""
    found = []
    for visit in json.loads((folder / "aci-bench" / "valid_full.json").read_text("utf-8"))["data"]:
        name = FULL_NAME.search(visit["tgt"])
        words = "|".join(map(re.escape, name[1].split())) if name else "(?!)"
        for source, text in (("aci-notes", visit["tgt"]), ("aci-dialogues", visit["src"])):
            mentions = re.finditer(rf"\b(?:{words})(?: (?:{words}))*\b", text, re.IGNORECASE)
            found.append(Example(text, tuple((m.start(), m.end(), "NAME") for m in mentions), source, source))
    return found


def _mts(folder: Path, name: str, safe: SafeWords) -> Iterator[str]:
    with (folder / "mts-dialog" / "Main-Dataset" / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield from _templates(row["section_text"], safe, dialogue=False)
            yield from _templates(row["dialogue"], safe, dialogue=True)


def carrier_templates(folder: Path, part: str) -> list[str]:
    """Return the sentences of the "train" or "held-out" part as templates, without repeats, in order."""
    safe = SafeWords(folder)
    if part == "train":
        found = [*_mts(folder, "MTS-Dialog-TrainingSet.csv", safe), *_aci(folder, "train_full.json", safe)]
    else:
        tests = ("MTS-Dialog-TestSet-1-MEDIQA-Chat-2023.csv", "MTS-Dialog-TestSet-2-MEDIQA-Sum-2023.csv")
        found = [template for name in tests for template in _mts(folder, name, safe)]
    return list(dict.fromkeys(found))


def planted(template: str, rng: Random) -> str:
    """Return a carrier template with slots planted where prose names people, places and dates."""
    person = rng.choice(("{title} {last}", "{title} {last}", "{full}", "{first}", "{title} {full}", "{last}"))
    for pattern, with_slot, share in (
        (PATIENT, person, 0.4),
        (SUBJECT, person + " ", 0.3),
        (PRONOUN, rng.choice(("{first}", "{title} {last}")), 0.1),
        (OBJECT, rng.choice(("{first}", "{title} {last}")), 0.2),
        (ADDRESSED, rng.choice(("{first}", "{title} {last}")), 0.6),
        (RELATIVE, rng.choice((r"\1 {first}", r"\1, {first},", r"\1, {full},", r"\1 ({first})")), 0.3),
        (
            DOCTOR,
            rng.choice((r"\1 Dr. {last}", r"\1, Dr. {full},", r"\1, {full},", r"\1 {first}", r"\1 ({last})")),
            0.4,
        ),
        (PLACE, rng.choice(("to {facility}", "at {facility}", "at the {facility} emergency department")), 0.4),
        (HAILED, rng.choice((r"\1 {first}", r"\1 {first},", r"\1 {title} {last},")), 0.3),
        (ASKED, rng.choice((r", {first}\1", r" {first}\1", r", {title} {last}\1")), 0.1),
        (SPEAKER, rng.choice(("{first}:", "Dr. {last}:", "{full}:")), 0.04),
    ):
        if rng.random() < share:
            template = pattern.sub(with_slot, template, count=1)
    if template.endswith(".") and CAPITALISED.search(template) and rng.random() < 0.07:
        template = template[:-1] + rng.choice(TAILS)
    return template
