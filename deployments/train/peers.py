"""Run other open de-identifiers over our gold, with our measures, side by side.

They are no dependency of ours: make an environment apart, and give it this checkout (the page on accuracy says how).

    python -m deployments.train.peers run presidio GOLD NEGATIVES OUT.json
    python -m deployments.train.peers table OURS.json PRESIDIO.json SCRUBADUB.json

Each is run at its own defaults, with all that it has offline: Presidio's analyzer with our spaCy model in the place of
the one it would download, scrubadub with its rules (its name detectors need downloads).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from deid_core.entities import EntityType
from deid_core.errors import UsageError
from deid_core.evaluate.labels import schemes
from deid_core.evaluate.predict import Found, Prediction
from deid_core.evaluate.read import read
from deid_core.evaluate.report import report
from deid_core.keys import KEY_BYTES, ProjectKey
from deid_core.policy import load_policy

Spans = Iterable[tuple[int, int, EntityType, float]]
Peer = Callable[[str], Spans]
DRAWS = 1000
# what our model's labels are to Presidio
MODEL_LABELS = {
    "NAME": "PERSON",
    "LOCATION": "LOCATION",
    "ADDRESS": "LOCATION",
    "FACILITY": "ORGANIZATION",
    "ORGANISATION": "ORGANIZATION",
    "DATE": "DATE_TIME",
    "PHONE": "PHONE_NUMBER",
    "ID": "ID",
}
FILTH = {
    "credential": EntityType.USERNAME,
    "credit_card": EntityType.CREDIT_CARD,
    "date_of_birth": EntityType.DATE_OF_BIRTH,
    "drivers_licence": EntityType.LICENSE,
    "email": EntityType.EMAIL,
    "name": EntityType.NAME,
    "phone": EntityType.PHONE,
    "postalcode": EntityType.ZIP,
    "social_security_number": EntityType.SSN,
    "twitter": EntityType.USERNAME,
    "url": EntityType.URL,
    "vehicle_licence_plate": EntityType.VEHICLE,
}


def presidio() -> Peer:
    """Return Presidio's analyzer: its default recognisers for English, and our spaCy model for names and places."""
    analyzer, engines = import_module("presidio_analyzer"), import_module("presidio_analyzer.nlp_engine")
    offline: Any = import_module("tldextract.tldextract")
    offline.TLD_EXTRACTOR = offline.TLDExtract(suffix_list_urls=())  # else it fetches a list on its first e-mail
    from deid_core.detect.small_model import load_model  # noqa: PLC0415 - only here

    named = engines.NerModelConfiguration(model_to_presidio_entity_mapping=MODEL_LABELS, labels_to_ignore=[])
    engine = engines.SpacyNlpEngine(ner_model_configuration=named)
    engine.nlp = {"en": load_model().nlp}
    running = analyzer.AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    labels = schemes()["presidio"].labels

    def find(text: str) -> Spans:
        for one in running.analyze(text, language="en"):
            yield one.start, one.end, labels.get(one.entity_type) or EntityType.ID, one.score

    return find


def scrubadub() -> Peer:
    """Return scrubadub with its default detectors and that of birth dates."""
    package = import_module("scrubadub")
    scrubber = package.Scrubber()
    scrubber.add_detector(import_module("scrubadub.detectors").DateOfBirthDetector)

    def find(text: str) -> Spans:
        for one in scrubber.iter_filth(text):
            inner = getattr(one, "filths", [one])[0]
            yield one.beg, one.end, FILTH.get(inner.type, EntityType.ID), 1.0

    return find


PEERS: Mapping[str, tuple[Callable[[], Peer], str]] = {
    "presidio": (presidio, "presidio_analyzer"),
    "scrubadub": (scrubadub, "scrubadub"),
}


def merged(spans: Spans) -> Prediction:
    """Return findings without overlaps: the union of those that overlap, labelled by the surest."""
    found: list[tuple[int, int, EntityType, float]] = []
    for start, end, label, score in sorted(spans, key=lambda span: span[:2]):
        if found and start < found[-1][1]:
            first, last, other, best = found[-1]
            found[-1] = (first, max(last, end), label if score > best else other, max(score, best))
        else:
            found.append((start, end, label, score))
    return Prediction(tuple(Found(start, end, label, changes=True) for start, end, label, _ in found))


def run(name: str, gold: Path, negatives: Path) -> dict[str, Any]:
    """Return a peer's report; what it finds it would remove, as none of them has a policy that keeps years and ages."""
    if name not in PEERS:
        raise UsageError(f"the peers are {', '.join(PEERS)}")
    make, distribution = PEERS[name]
    find = make()
    marked = read({gold.name: gold.read_bytes()})
    lines = [line for line in negatives.read_text("utf-8").splitlines() if line.strip()]
    found = [merged(find(document.text)) for document in marked.documents]
    pairs = [(line, merged(find(line))) for line in lines]
    policy, key = load_policy("safe_harbor"), ProjectKey(bytes(KEY_BYTES))
    made = report(marked, found, policy, key, np.random.default_rng(0), DRAWS, pairs)
    return {**made, "system": f"{name} {version(distribution)}"}


def table(reports: Sequence[Mapping[str, Any]]) -> str:
    """Return reports side by side, as Markdown."""
    heads = [made.get("system", f"deidflow, {made['policy']['name']}") for made in reports]
    rows = [
        ("direct identifiers covered", lambda made: _share(made["overall"]["direct"]["covered"]["recall"])),
        ("all identifiers covered", lambda made: _share(made["overall"]["any label"]["covered"]["recall"])),
        ("names covered", lambda made: _share(made["hipaa"]["A"]["covered"]["recall"])),
        ("values leaked", lambda made: str(made["leaks"]["values"])),
        ("lines that identify nobody, touched", lambda made: _share(made["over_redaction"]["lines_touched"])),
        ("words of no identifier, touched", lambda made: _share(made["over_redaction"]["words_touched"])),
        ("F1, overlap, whatever the label", lambda made: _share(made["overall"]["any label"]["overlap"]["f1"])),
        ("documents set aside", lambda made: str(sum(made["gold"]["set_aside"].values()))),
    ]
    lines = [["", *heads], ["---"] * (len(heads) + 1), *([name, *map(cell, reports)] for name, cell in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _share(share: Mapping[str, float | None]) -> str:
    if share["value"] is None:
        return "none"
    return f"{share['value']:.3f} ({share['low']:.3f} to {share['high']:.3f})"


def main(arguments: Sequence[str]) -> None:
    """Run a peer, or print the table of reports."""
    if arguments[:1] == ["run"] and len(arguments) == 5:
        made = run(arguments[1], Path(arguments[2]), Path(arguments[3]))
        Path(arguments[4]).write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    elif arguments[:1] == ["table"] and len(arguments) > 1:
        sys.stdout.write(table([json.loads(Path(path).read_text("utf-8")) for path in arguments[1:]]))
    else:
        raise UsageError("run NAME GOLD NEGATIVES OUT.json, or table REPORT.json ...")


if __name__ == "__main__":
    main(sys.argv[1:])
