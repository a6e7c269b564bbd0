"""The whole data path on one screen: identify, plan, apply.

document = ingest.read(data, name, asset_id, key)
whose    = identify(document, policy, key)              # subjects, and what is known of each
chosen   = plan(whose, input_sha256, policy, key)       # findings and decisions: no values
cleaned  = apply(whose.document, chosen, policy, key)
output   = ingest.write(cleaned)
left     = verify.residual(whose, chosen, output, policy, key)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Any

from deid_core import edit, headings, registry
from deid_core.decide import decide, is_whole
from deid_core.entities import EntityType
from deid_core.errors import ChangedAsset
from deid_core.keys import ProjectKey
from deid_core.legible import plain
from deid_core.model import CellRef, Decision, Document, Finding, Location, Part, PartKind, Plan, TagPath, Verdict
from deid_core.policy import Policy
from deid_core.ports import KnownValue, Site, keyed_code
from deid_core.resolve import resolve
from deid_core.search import Found, Recall, detector, pictured, structural, textual, views
from deid_core.view import TextView

SURE = 0.85  # at or above it a value is taken as known of the subject, and searched everywhere else
RULED = ("patterns", "known_values")  # what is left of the detectors of text judges by what stands around a word
WRITTEN = (PartKind.TEXT, PartKind.RECORD, PartKind.DATASET)
READ = (PartKind.TEXT, PartKind.RECORD)  # as people see them, by detectors and operators alike
# What is found of a person in one place and looked for in all others; dates, ages and towns are too common for it.
KNOWN = frozenset(EntityType) - {
    *(EntityType.DATE, EntityType.TIME, EntityType.AGE, EntityType.CITY, EntityType.COUNTY, EntityType.STATE),
    *(EntityType.COUNTRY, EntityType.ZIP, EntityType.PROFESSION, EntityType.UID, EntityType.DICOM_ATTRIBUTE),
    *(EntityType.PRIVATE_ATTRIBUTE, EntityType.UNREAD_TEXT, EntityType.FACE),
}

LABELS = frozenset(EntityType)


@dataclass(frozen=True, slots=True)
class Identified:
    """Hold a document whose parts name their subjects, its first findings, and what is known of each subject."""

    document: Document
    findings: tuple[Finding, ...]
    known: Mapping[str, tuple[KnownValue, ...]] = field(repr=False)


def identify(document: Document, policy: Policy, key: ProjectKey) -> Identified:
    """Say whose a document is by the MRNs in it, and collect what structure and rules are sure of."""
    read = textual(views(document, policy, WRITTEN), policy, ("patterns",))
    found = [*structural(document, policy), *(pair for pair in read if not _may_stay(*pair, policy, key))]
    document = _owned(document, _owners(found, key))
    return Identified(document, tuple(finding for finding, _ in found), _known(document, found))


def plan(whose: Identified, input_sha256: str, policy: Policy, key: ProjectKey, recall: Recall = lambda _: ()) -> Plan:
    """Find all that identifies someone and decide each; the plan holds no value.

    `recall` gives what other documents told of a subject.
    """
    document = whose.document
    pixels = views(document, policy, [PartKind.PIXELS])
    in_pixels = [pair for pair in textual(pixels, policy, ("patterns",)) if not _may_stay(*pair, policy, key)]
    if document.subject_key == key.subject("asset", document.asset_id):  # a scan says whose it is in its pixels
        document = _owned(document, _owners(in_pixels, key))
        pixels = [replace(view, subject_key=document.subject_key) for view in pixels]

    @cache  # a row is asked for once a cell
    def known(subject: str) -> tuple[KnownValue, ...]:
        return tuple(dict.fromkeys((*whose.known.get(subject, ()), *recall(subject))))

    headings.check(document, policy, chain.from_iterable(map(known, subjects_of(document))))
    first = [decide(finding, policy) for finding in whose.findings]
    gone = _gone_whole(first)
    texts = [
        *(view for view in views(document, policy, WRITTEN) if _place(view.segments[0].location) not in gone),
        *pixels,
    ]
    read = list(textual(texts, policy, models_of(policy)))
    named = _known(document, [(finding, text) for finding, text in read if _is_full_name(finding, text)])

    def known_or_named(subject: str) -> tuple[KnownValue, ...]:
        return (*known(subject), *named[subject]) if subject in named else known(subject)

    found = [
        *in_pixels,
        *read,
        *textual(texts, policy, ("known_values",), known_or_named),
    ]
    findings = [*whose.findings, *(finding for finding, _ in found)]
    findings += _unread(document, policy, findings, known)
    findings += pictured(document, policy)
    decisions = resolve([*first, *(decide(finding, policy) for finding in findings[len(first) :])])
    versions = tuple(sorted({(finding.detector, finding.detector_version) for finding in findings}))
    return Plan(
        document.asset_id, input_sha256, policy.sha256, decisions, document.subject_key, document.media_type, versions
    )


def apply(
    document: Document, chosen: Plan, policy: Policy, key: ProjectKey, code: Callable[[str], str] | None = None
) -> Document:
    """Execute exactly a plan; raise ChangedAsset where it was made for another asset or policy.

    `code` gives a subject's code (random ones come from a vault, 45 CFR 164.514(c)); without it they are keyed.
    """
    edits = [
        (decision.finding.location, value) for decision, value in replacements(document, chosen, policy, key, code)
    ]
    cleaned = edit.put(document, edits)
    if document.media_type not in registry.names("marks"):
        return cleaned
    marked: Document = registry.load("marks", document.media_type)(cleaned, policy)
    return marked


def replacements(
    document: Document, chosen: Plan, policy: Policy, key: ProjectKey, code: Callable[[str], str] | None = None
) -> Iterator[tuple[Decision, Any]]:
    """Yield each decision that changes something, with the value that takes the place of the old one."""
    check_planned(document, chosen, policy)
    document = replace(document, subject_key=chosen.subject_key)
    lists = {str(label): values for label, values in policy.surrogates.items()}
    for decision in chosen.decisions:
        if not changes(decision):
            continue
        operate = registry.load("operators", decision.action.operator)
        if operate.blind:
            yield decision, operate(None, Site(decision.finding.entity_type, "", key))
            continue
        finding, params = decision.finding, MappingProxyType(dict(decision.action.params))
        part = document.part(finding.location.part)
        subject = document.subject_of(part.name)
        site = Site(finding.entity_type, subject, key, params, _vr(part, finding), code or keyed_code(key), lists)
        stored = edit.get(document, finding.location)
        seen = plain(stored) if part.kind in READ and isinstance(stored, str) else stored
        value = operate(seen, site)
        yield decision, stored if seen is not stored and value == seen else value


def found_alone(texts: Sequence[TextView], policy: Policy, key: ProjectKey) -> tuple[Finding, ...] | None:
    """Return what rules and models find in texts, which is all but what is known; None where it tells of its subject.

    What tells is searched for in all of a document: then the texts alone do not say what becomes of them.
    """
    read = [pair for pair in textual(texts, policy, ("patterns",)) if not _may_stay(*pair, policy, key)]
    judged = [*textual(texts, policy, models_of(policy))]
    tells = any(finding.score >= SURE and finding.entity_type in KNOWN for finding, _ in read)
    if tells or any(_is_full_name(*pair) for pair in judged):
        return None
    return tuple(finding for finding, _ in (*read, *judged))


def check_planned(document: Document, chosen: Plan, policy: Policy) -> None:
    """Raise ChangedAsset where a plan was made for another asset or policy."""
    if (chosen.asset_id, chosen.policy_sha256) != (document.asset_id, policy.sha256):
        raise ChangedAsset("the plan was made for another asset or policy")


def changes(decision: Decision) -> bool:
    """Say whether a decision changes what it is about."""
    return decision.verdict is not Verdict.KEEP and decision.action.operator != "keep"


def subjects_of(document: Document) -> frozenset[str]:
    """Return the keys of all whom a document is about."""
    return frozenset({document.subject_key, *(part.subject_key or document.subject_key for part in document.parts)})


def models_of(policy: Policy) -> tuple[str, ...]:
    """Return the detectors of a policy that read prose as models do: ours, and any from outside that reads text."""
    return tuple(
        name for name in policy.detectors if name not in RULED and not hasattr(detector(name, policy), "kinds")
    )


def _gone_whole(decisions: Iterable[Decision]) -> frozenset[tuple[str, str]]:
    """Return the elements and cells that go whole: what stands in them need not be found."""
    return frozenset(
        _place(decision.finding.location)
        for decision in decisions
        if decision.verdict is Verdict.TRANSFORM and is_whole(decision.finding)
    )


def _place(location: Location) -> tuple[str, str]:
    if isinstance(location, CellRef):
        return (location.part, location.column)
    return (location.part, location.path if isinstance(location, TagPath) else "")


def _owners(found: Iterable[Found], key: ProjectKey) -> dict[str, str]:
    """Return the subject key by the first sure MRN of each part that has one."""
    owners: dict[str, str] = {}
    for finding, text in found:
        if finding.entity_type is EntityType.MRN and finding.score >= SURE and text:
            owners.setdefault(finding.location.part, key.subject("mrn", text))
    return owners


def _owned(document: Document, owners: Mapping[str, str]) -> Document:
    """Give each row with an MRN its subject, and the document the one of its other parts."""
    rows = {name: owner for name, owner in owners.items() if document.part(name).kind is PartKind.RECORD}
    parts = tuple(replace(part, subject_key=rows[part.name]) if part.name in rows else part for part in document.parts)
    own = next((owner for name, owner in owners.items() if name not in rows), document.subject_key)
    return replace(document, parts=parts, subject_key=own)


def _known(document: Document, found: Iterable[Found]) -> dict[str, tuple[KnownValue, ...]]:
    known: dict[str, dict[KnownValue, None]] = {}
    for finding, text in found:
        technical = finding.rule == "image_metadata" and finding.entity_type is EntityType.ID  # a width, a gamma
        if finding.score >= SURE and finding.entity_type in KNOWN and text and not technical and not is_label(text):
            subject = document.subject_of(finding.location.part)
            known.setdefault(subject, {})[KnownValue(finding.entity_type, text)] = None
    return {subject: tuple(values) for subject, values in known.items()}


def _may_stay(finding: Finding, text: str, policy: Policy, key: ProjectKey) -> bool:
    """Say whether a finding is an age that the policy's cap leaves as it is: it identifies nobody."""
    rule = policy.rule(finding.entity_type)
    if finding.entity_type is not EntityType.AGE or rule.action != "age_cap" or is_whole(finding):
        return False
    params = MappingProxyType(dict(rule.as_action().params))
    site = Site(EntityType.AGE, "", key, params, "", keyed_code(key), {})
    capped: str = registry.load("operators", rule.action)(text, site)
    return capped == text


def is_label(text: str) -> bool:
    """Say whether a text is a label that took a value's place: in a release that is read again it is nobody's."""
    return text.startswith("<") and text.endswith(">") and text[1:-1] in LABELS


def _is_full_name(finding: Finding, text: str) -> bool:
    """Say whether a model's finding is a name of two words or more: found once, it is found everywhere."""
    return finding.entity_type is EntityType.NAME and len(text.split()) > 1


def _unread(
    document: Document, policy: Policy, found: Sequence[Finding], known: Callable[[str], tuple[KnownValue, ...]]
) -> Iterator[Finding]:
    """Yield the boxes that are covered though no detector found them: what reads poorly, or stands beside the found."""
    for part in document.parts:
        if part.kind is PartKind.PIXELS:
            values = known(part.subject_key or document.subject_key)
            yield from registry.load("unread", PartKind.PIXELS)(document, part, policy, found, values)


def _vr(part: Part, finding: Finding) -> str:
    """Return a whole DICOM element's value representation; characters within one are replaced as free text."""
    if not isinstance(finding.location, TagPath) or not is_whole(finding):
        return ""
    vr: str = registry.load("dicom", "vr_at")(part.value, finding.location)
    return vr
