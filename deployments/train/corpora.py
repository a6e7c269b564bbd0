"""Read the public annotated corpora as examples under our labels.

A corpus annotates some kinds only. What it leaves out is not taught as "nothing there": tokens that look like a
date, a number or a handle, and kinds that fit no label of ours, become UNKNOWN spans.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from deployments.train.examples import UNKNOWN, Example, Writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEALTH = re.compile(r"hospital|clinic|medical|infirmary|hospice|health cent|nursing home|sanatorium", re.IGNORECASE)
UNANNOTATED = re.compile(
    r"\d|^[@#]|^(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr"
    r"|jun|jul|aug|sept?|oct|nov|dec|christmas|easter|thanksgiving|\w+day)\.?$",
    re.IGNORECASE,
)
LABEL = {
    "PER": "NAME", "LOC": "LOCATION", "ORG": "ORGANISATION", "MISC": UNKNOWN,
    "person": "NAME", "location": "LOCATION", "corporation": "ORGANISATION", "group": UNKNOWN, "creative-work": UNKNOWN,
    "product": "", "politician": "NAME", "writer": "NAME", "musicalartist": "NAME", "scientist": "NAME",
    "researcher": "NAME", "country": "LOCATION", "organisation": "ORGANISATION", "university": "ORGANISATION",
    "politicalparty": UNKNOWN, "band": UNKNOWN, "event": UNKNOWN, "election": UNKNOWN, "award": UNKNOWN,
    "misc": UNKNOWN, "conference": UNKNOWN, "book": UNKNOWN, "song": UNKNOWN, "album": UNKNOWN, "poem": UNKNOWN,
    "magazine": UNKNOWN, "academicjournal": UNKNOWN, "astronomicalobject": UNKNOWN, "literarygenre": UNKNOWN,
}  # fmt: skip
PRESIDIO = {
    "PERSON": "NAME", "LOCATION": "LOCATION", "ADDRESS": "ADDRESS", "ORGANIZATION": "ORGANISATION",
    "PHONE_NUMBER": "PHONE", "DATE_TIME": UNKNOWN, "US_SSN": "ID", "US_DRIVER_LICENSE": "ID",
    "CREDIT_CARD": UNKNOWN, "IBAN_CODE": UNKNOWN, "EMAIL_ADDRESS": UNKNOWN, "DOMAIN_NAME": UNKNOWN,
    "IP_ADDRESS": UNKNOWN, "TITLE": "", "PREFIX": "",
}  # fmt: skip
CONLL = {
    "WNUT17": ("er/data/WNUT17/CONLL-format/data/train/wnut17train.conll",),
    "BTC": tuple(f"er/data/BTC/CONLL-format/data/{part}.conll" for part in "abefg"),  # h is left for measuring
    "wikigold": ("er/data/wikigold/CONLL-format/data/wikigold.conll.txt",),
    "SEC-filings": ("er/data/SEC-filings/CONLL-format/data/train/FIN5.txt",),
    "CrossNER": tuple(
        f"crossner/ner_data/{field}/{part}.txt"
        for field in ("ai", "literature", "music", "politics", "science")
        for part in ("train", "dev", "test")
    ),
}


def _label(kind: str, text: str) -> str:
    label = LABEL.get(kind, "")
    if label == "ORGANISATION" and HEALTH.search(text):
        return "FACILITY"
    return UNKNOWN if label == "NAME" and text.startswith("@") else label


def _runs(tokens: list[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield (kind, tokens) for each run of one entity and for each token outside; reads IOB1 and IOB2."""
    run: list[str] = []
    kind = ""
    for token, tag in tokens:
        prefix, _, name = tag.partition("-")
        if run and (prefix != "I" or name != kind):
            yield kind, run
            run = []
        if prefix == "O" or not name:
            yield "", [token]
        else:
            kind = name
            run.append(token)
    if run:
        yield kind, run


def _sentence(tokens: list[tuple[str, str]], source: str) -> Example:
    writer = Writer()
    for index, (kind, run) in enumerate(_runs(tokens)):
        text = " ".join(run)
        tight = index == 0 or re.fullmatch(r"[.,;:!?)\]%]|'s|n't|'\w+", text) is not None
        writer.add("" if tight else " ")
        label = _label(kind, text) if kind else UNKNOWN if UNANNOTATED.search(text) else ""
        writer.add(text, label)
    return writer.example(source)


def read_conll(text: str, source: str) -> Iterator[Example]:
    """Yield the sentences of a CoNLL file (token first, tag last, empty line between) as running text."""
    tokens: list[tuple[str, str]] = []
    for line in [*text.splitlines(), ""]:
        columns = line.split()
        if len(columns) >= 2 and columns[0] != "-DOCSTART-":
            tokens.append((columns[0], columns[-1]))
        elif tokens:
            yield _sentence(tokens, source)
            tokens = []


def read_presidio(text: str) -> Iterator[Example]:
    """Yield the generated sentences of presidio-research."""
    for entry in json.loads(text):
        spans = []
        for span in entry["spans"]:
            start, end = int(span["start_position"]), int(span["end_position"])
            label = PRESIDIO.get(span["entity_type"], UNKNOWN)
            if label and entry["full_text"][start:end].strip():
                spans.append((start, end, _label_health(label, entry["full_text"][start:end])))
        yield Example(entry["full_text"], tuple(sorted(spans)), "presidio-research")


def _label_health(label: str, text: str) -> str:
    return "FACILITY" if label == "ORGANISATION" and HEALTH.search(text) else label


def public_examples(folder: Path) -> list[Example]:
    """Return all training examples of the corpora under a folder laid out as SOURCES.md says, in a fixed order."""
    found: list[Example] = []
    for source, paths in CONLL.items():
        for path in paths:
            found.extend(read_conll((folder / path).read_text("utf-8", errors="replace"), source))
    found.extend(read_presidio((folder / "presidio-research" / "generated_large.json").read_text("utf-8")))
    return found
