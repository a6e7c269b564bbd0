"""Tell what is called after places from places: `American College of Surgeons`, `the Framingham cohort`."""

from __future__ import annotations

import re

from deid_core.detect.rules.words import never_names, words

WORD = r"[A-Z][\w'\u2019]*"
JOINER = r"(?:of|and|for|on|in|the|&)"
# a run of capitalised words, and small ones between them
RUN = re.compile(rf"{WORD}(?:(?:[ \n]{JOINER}){{0,2}}[ \n]{WORD}){{0,9}}")
PLAIN = re.compile(r"[^\W\d_]+")
_HEADS = (
    "society societies association college academy institute institutes federation organisation organization committee"
)
_HEADS += " council board collaboration campaign initiative league commission foundation group alliance consortium"
HEADS = frozenset(_HEADS.split())
HEAD = re.compile(rf"(?i:{'|'.join(sorted(HEADS))})")
SMALL = frozenset({"of", "and", "for", "on", "in", "the", "s"})
FIELD = re.compile(r"(?:olog(?:y|ical|ists?)|iatr(?:y|ics?|ists?)|icians?|edics?|surg(?:ery|eons?|ical))\Z")
LEADING = (  # that other words stand in too
    "new york heart association",
    "eastern cooperative oncology group",
    "radiation therapy oncology group",
    "children's oncology group",
)
STUDIES = frozenset({"study", "studies", "trial", "trials", "cohort", "survey"})
# after it, as in `Manchester triage system` and `Johns Hopkins fall risk tool`: two small words, and a head
NOT = "in|at|on|to|for|and|with|of|is|was|has|had|he|she|her|his|the|a|an|by|from|or|but|who|when|where|if"
SCALE = re.compile(
    rf"(?:(?: (?!(?:{NOT})\b)[a-z]+){{0,2}} (?:criteri(?:a|on)|classification|staging|scores?|scales?|index|consensus"
    r"|protocol|rules?|declaration|triage|naming|questionnaire|inventory|cohort|stud(?:y|ies)|trials?|grade"
    r"|grading|guidelines?|tool|definition|categor(?:y|ies)|convention|virus"
    r"|encephalitis|flu|fever|disease|syndrome|system)| stages? (?:[IVX]{1,3}[ABC]?|[A-D0-4])[abc]?)\b"
)
# before it, somebody lives, works or is treated there
THERE = re.compile(
    r"(?i)(?:\b(?:works?|worked|working|employ\w+|job|retired|volunteers?|president|director|manager|clerk|secretary|chair\w*)"
    r"\b[^.\n]{0,24}|(?<!according )\b(?:at|to|from|in|with)(?: the)?) \Z"
)
REACH = 80  # code points around a word in which its run is looked for


def is_professional(text: str, start: int, end: int) -> bool:
    """Say whether [start, end) stands in the name of a professional body: words of medicine and of states alone.

    Not where somebody works or is treated there, as far as what stands before it says.
    """
    low = max(0, start - REACH)
    if not HEAD.search(text, low, end + REACH):
        return False
    runs = RUN.finditer(text, low, min(len(text), end + REACH))
    run = next((run for run in runs if run.start() <= start < end <= run.end()), None)
    if run is None or THERE.search(text, max(0, run.start() - REACH), run.start()):
        return False
    return _is_body(text[run.start() : end]) or _is_body(run[0])


def is_called_after(text: str, start: int, end: int, *, stayed_at: bool) -> bool:
    """Say whether a place gives its name to a scale, a study or a virus: `Rotterdam criteria`, `Nurses' Health Study`.

    Where one can have `stayed_at` it, not if what stands before it says so: `at Cleveland Clinic assessment was done`.
    """
    if text[start:end].rpartition(" ")[2].lower() in STUDIES:
        return True
    if not SCALE.match(text, end):
        return False
    return not (stayed_at and THERE.search(text, max(0, start - REACH), start))


def _is_body(name: str) -> bool:
    low = name.lower().removeprefix("the ")
    found = [word for word in PLAIN.findall(low) if word not in SMALL]
    of_its_own = bool(HEADS & set(found)) and len(found) > 2 and all(map(_is_of_bodies, found))
    return of_its_own or low.startswith(LEADING)


def _is_of_bodies(word: str) -> bool:
    known = words("professional_bodies", "public")
    return word != "patients" and (word in known or bool(FIELD.search(word)) or word in never_names())
