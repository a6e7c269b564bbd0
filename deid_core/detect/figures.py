"""Numbers that count or measure something, or are of a public code system: doses, ranges, settings, LOINC, CPT."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from deid_core.detect.checks import real_numbers
from deid_core.entities import EntityType

if TYPE_CHECKING:
    from collections.abc import Sequence

DATES = frozenset({EntityType.DATE, EntityType.DATE_OF_BIRTH})
NUMBERED = frozenset(
    {EntityType.ID, EntityType.MRN, EntityType.ACCOUNT, EntityType.HEALTH_PLAN, EntityType.PHONE, EntityType.ENCOUNTER}
)
MAY_COUNT = DATES | NUMBERED | {EntityType.ADDRESS, EntityType.IP}
HYPHENS = frozenset("-\u2013")
WIDE = 40  # times the lower end of a range that its upper end may be
BEFORE, BEHIND = 48, 32  # code points around a number in which its cues are looked for
STEPS = re.compile(r"(?<![\w.,/\-])\d{1,3}(?:\.\d)?(?:[\-\u2013]\d{1,3}(?:\.\d)?){2,9}(?![\w/\-]|[.,]\d)")
RANGE = re.compile(r"(?<![\w.,/\-])(\d{1,3}(?:\.\d{1,3})?)[ ]?[\-\u2013][ ]?(\d{1,4}(?:\.\d{1,3})?)(?![\w/\-]|[.,]\d)")
DOSED = re.compile(
    r"(?i)\b(?:taper|titrat|wean|dos(?:e|ing)|reduc|increas|step|pred|dex|steroid|hydrocort|insulin|sliding|scale|units?"
    r"|mg|mcg|ml|kg|weekly|daily|every|over \w{1,6} (?:day|week)s?|reps?|sets?|peak flow|pefr|pressures?|bp|then)"
)
# what was read again and again, right before a row of readings that neither rise nor fall: `Hb 101-96-88-92`
READ = re.compile(
    r"(?i)\b(?:hb|hgb|h[ae]+moglobin|glucose|sugars?|bgls?|bms?|cbgs?|peak flows?|pefr?|creat\w*|weights?|wts?|volumes?"
    r"|bp|systolics?|diastolics?|hr|pulse|rates?|sats|spo2|fio2|temps?|wcc|wbc|plts?|platelets?|crp|ferritin|inr|lactates?|trops?"
    r"|bili\w*|alt|insulin|units|dos(?:e|es|ing)|pressures?|readings?|diary|reps|sets|load|scores?|egfr|urea|peep|drains?"
    r"|outputs?|urine|voids?|counts?|levels?|loads?|sizes?)\b[^\n\d]{0,16}\Z"
)
LABELLED = re.compile(
    r"(?i)\b(?:mrn|id|nos?|num(?:ber)?|account|acct|ref|file|policy|case|passport|licen[cs]e|ssn|phone|tel|mobile|fax|code|pin)"
    r"\b\W{0,3}(?:is |was )?\Z"
)
VERSION = re.compile(r"(?i)\b(?:build|version|ver|release|firmware|software|update|kernel|patch|tag)\.?[ ]v?\Z")
DOTTED = re.compile(r"\d{1,5}(?:\.\d{1,5}){1,3}")
TAG = re.compile(r"(?i)\b(?:tags?|elements?)[ (]{1,2}\Z")
TAG_FORM = re.compile(r"[0-9A-Fa-f]{4}(?:,[0-9A-Fa-f]{4})?")
REFERRED = re.compile(r"(?i)\b(?:ref(?:erence)?|normal|range|interval|nl)\.?(?:[ ](?:range|interval))?[:\s]{0,2}\Z")
MEASURED = re.compile(r"\d[^\W\d_%/]{0,8}(?:[ ]?[%(/\w)]{0,8})?[ ]?[,;(][^\d]{0,20}\Z")
DECIMAL = re.compile(r"\d{1,3}\.\d{1,2}")
RATIO = re.compile(r"(?i)(?![cswdh]/o)[a-z]{1,3}/[a-z]{1,3}(?:[ ](?:ratio[ ])?\d{0,2}(?:\.\d{1,2})?)?")
LOINC = re.compile(r"\d{3,5}-\d")
CODED = re.compile(r"(?i)\bcode[\"']?\s?[:=]\s?[\"']?\Z")
LOINC_SAID = re.compile(r"(?i)\bloincs?\b")
SYSTEM = re.compile(
    r"(?i)\b(?:loinc|snomed(?:[ \-]?ct)?|rxnorm|rxcui|icd(?:-?(?:9|10|11|o))?(?:-(?:cm|pcs))?|cpt(?:-4)?|hcpcs|atc|ndc"
    r"|opcs(?:-4)?|ms-?drg|drg|hrg|cvx|omim|orpha(?:code)?|umls)(?:[ ](?:codes?|nos?\.?|number))?"
    r"[\s:#=]{0,2}[\"']?(?:[\w.\-]{2,14}(?:,?[ ](?:and|or|vs\.?|versus|with|plus)[ ]|,[ ]|/)){0,4}\Z"
)
CODE_FORM = re.compile(r"[A-Z]{0,2}\d[\w.\-]{2,17}")
BILLED = re.compile(
    r"(?i)\b(?:bill(?:ing|ed)?|modifier(?:[ ]\w{2})?)[ ](?:(?:for|as|with|on)[ ])?(?:\d{5}[ ]\w{2,4}[ ])?\Z"
)
MODIFIED = re.compile(r"(?i)\bmodifiers?\b")
ALARM = re.compile(
    r"(?i)\b(?:errors?|alarms?|faults?|warn(?:ing)?|exceptions?|fatal|retry|retries|pump|machine|ventilator|scanner"
    r"|analy[sz]er)\b"
)
ALARM_CODE = re.compile(r"(?i)\b(?:code|error|alarm|fault)s?[ :#]{1,2}\Z")
ALARM_FORM = re.compile(r"[A-Z]{1,3}-?\d{1,4}")
FRACTION = re.compile(r"\d{1,2}/\d{1,2}")
SETTING = re.compile(
    r"\b(?:PCV?|PSV?|BiPAP|BIPAP|CPAP|NIV|PRVC|SIMV|IPAP(?:/EPAP)?|PIP/PEEP|[Vv]ent|[Pp]ressures?)[ :]{1,2}\Z"
)
FORM = re.compile(r"(?i)\b(?:form|guideline|protocol|leaflet|template|sop|software|firmware|app)\b[^.\n]{0,24}\Z")


def is_figure(text: str, start: int, end: int, label: EntityType) -> bool:
    """Say whether what was taken for a number of somebody counts, measures or is a code that all use."""
    if label not in MAY_COUNT:
        return False
    value = text[start:end]
    if label is EntityType.ADDRESS:
        return RATIO.fullmatch(value) is not None
    if label is EntityType.IP:
        return value.startswith("255.255.")  # a mask
    before = text[text.rfind("\n", max(0, start - BEFORE), start) + 1 or max(0, start - BEFORE) : start]
    if _is_of_steps(text, start, end) or _is_referred(text, start, end) or _is_a_version(value, before):
        return True
    if label in DATES:
        return _is_a_setting(value, before)
    short = DECIMAL.fullmatch(value) or (label is EntityType.HEALTH_PLAN and len(value) < 3 and FORM.search(before))
    return (
        bool(short)
        or _is_of_a_system(text, end, value, before)
        or _is_of_a_machine(text, end, value, before)
        or _is_of_a_tag(text, end, value, before)
    )


def _is_a_version(value: str, before: str) -> bool:
    dotted = DOTTED.fullmatch(value) is not None and VERSION.search(before) is not None
    return dotted and not real_numbers(value.split("."))


def _is_of_a_tag(text: str, end: int, value: str, before: str) -> bool:
    """Say whether hexadecimal digits are of an element's tag: `DICOM tag 0008,0050`."""
    tagged = TAG_FORM.fullmatch(value) is not None and TAG.search(before) is not None
    return tagged and text[end : end + 1] in {",", ")"}


def _over(pattern: re.Pattern[str], text: str, start: int, end: int) -> re.Match[str] | None:
    """Return the match that covers [start, end)."""
    if HYPHENS.isdisjoint(text[max(0, start - 1) : end + 2]):
        return None
    found = pattern.finditer(text, max(0, start - BEHIND), end + BEHIND)
    return next((match for match in found if match.start() <= start and end <= match.end()), None)


def _is_of_steps(text: str, start: int, end: int) -> bool:
    """Say whether it is of a row of doses or readings: four in order, or three that are no date, beside such a word."""
    match = _over(STEPS, text, start, end)
    before = text[max(0, match.start() - BEFORE) : match.start()] if match else ""
    said = re.split(r"[-\u2013]", match[0]) if match else []
    padded = any(len(number) > 1 and number[0] == "0" and "." not in number for number in said)
    if match is None or padded or LABELLED.search(before):
        return False
    steps = [float(number) for number in said]
    around = before + " " + text[match.end() : match.end() + BEHIND]
    rises = _falls(steps[::-1])
    if said[0] == "0" and rises and steps[-1] < 400:
        return True  # a schedule: `0-1-6 months`
    if len(steps) == 3 and "." not in match[0] and (real_numbers(said) or not _falls(steps)):
        return False
    if rises or _falls(steps):
        return DOSED.search(around) is not None or READ.search(before) is not None
    return len(steps) > 3 and READ.search(before) is not None


def _falls(steps: Sequence[float]) -> bool:
    return all(one >= other for one, other in pairwise(steps)) and steps[0] > steps[-1]


def _is_referred(text: str, start: int, end: int) -> bool:
    """Say whether it is of a range of what is normal: `(ref 0.4-4.0)`; of whole numbers, behind a value only."""
    match = _over(RANGE, text, start, end)
    if match is None or float(match[1]) >= float(match[2]):
        return False
    before = text[max(0, match.start() - BEFORE) : match.start()]
    cue = REFERRED.search(before)
    wide = float(match[2]) > WIDE * max(float(match[1]), 1.0)  # no range of what is normal: `Claim 4471 (ref 12-3456)`
    return bool(cue and ("." in match[0] or (not wide and MEASURED.search(before[: cue.start()]))))


def _is_a_setting(value: str, before: str) -> bool:
    return FRACTION.fullmatch(value) is not None and SETTING.search(before) is not None


def _is_of_a_system(text: str, end: int, value: str, before: str) -> bool:
    """Say whether a code is of a public system that is named beside it, or is LOINC's by its check digit."""
    if LOINC.fullmatch(value) and _mod_10(value.replace("-", "")):
        line = before + text[end : end + BEHIND].split("\n", maxsplit=1)[0]
        if LOINC_SAID.search(line) or CODED.search(before):
            return True
    if value.isdigit() and len(value) == 5 and (BILLED.search(before) or MODIFIED.search(before)):
        return True
    return CODE_FORM.fullmatch(value) is not None and SYSTEM.search(before) is not None


def _is_of_a_machine(text: str, end: int, value: str, before: str) -> bool:
    """Say whether a short code is what a machine or a program reports: `retry 2 of 3, code E-4031`."""
    if not (ALARM_FORM.fullmatch(value) and ALARM_CODE.search(before)):
        return False
    told = ALARM_CODE.search(before)
    rest = before[: told.start()] if told and told[0].lower().startswith("code") else before
    return ALARM.search(rest + " " + text[end : end + BEHIND].split("\n", maxsplit=1)[0]) is not None


def _mod_10(digits: str) -> bool:
    """Say whether the last digit is the check digit of the others: every second is doubled, from the right."""
    doubled = (sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return sum(doubled) % 10 == 0
