"""Say where a family's name of two letters, told before by a cue, stands again: `Mrs Ng came. Ng was seen`."""

from __future__ import annotations

import re

from deid_core.detect.rules.words import ambiguous, never_names
from deid_core.languages import DEFAULT

NEAR = 16  # code points before and behind that are looked at
# words that are oftener what they mean than anybody's name, whatever stands beside them
SMALL = frozenset(
    ["he", "we", "it", "is", "so", "no", "in", "my", "as", "at", "by", "if", "of", "on", "or", "to", "up", "us", "am"]
) | {"be", "me", "al", "de", "el", "la", "di", "da", "du", "st", "jr", "sr", "dr", "mr", "ms"}
WORDS_TOO = frozenset(
    {"li", "lo", "le", "ho", "co", "mo", "pa", "go", "ma", "ah", "ok", "ek", "ko", "hi"}
)  # in no list
THING = re.compile(r"-|[ ](?:dose|tube|level|lab|hum|fort|view|film|wave|\d)|\d|:", re.IGNORECASE)
DOES = re.compile(
    r"['\u2019]s\b|,? (?:was|is|has|had|who|will|would|did|does|denie[sd]|reports?|reported|states|stated|said|says|"
    r"t[ao]kes|took|tolerat\w+|agree[sd]|signed|left|came|went|appear\w*|ambulat\w+|remain\w*|present\w*|refuse[sd]|"
    r"document\w+|wrote|suggest\w*|slept|ate|feels|felt|lives|called|phoned|attend\w*|asked|underwent|needs|wants|fell)\b"
)
DONE_TO = re.compile(
    r"(?i)(?:\b(?:per|with|by|for|from|to|ask|asked|advised?|told|tell|transfer|discharge|re|called?|saw|and|that|says|said|"
    r"informed?|visited|reviewed|contact(?:ed)?|mother|father|wife|husband|son|daughter|patient|pt)|d/[cw]|w/)[ ]\Z"
)
ENDS = re.compile(r"\s*(?:[.,;)\n]|\Z)|[ ](?:re|to|on|in|at|for|today|tomorrow|and|as|about|home|was|is)\b")


def may_be_short(word: str) -> bool:
    """Say whether a word of two letters is looked for again where it was a name once."""
    return word.lower() not in SMALL


def is_short_name(text: str, start: int, language: str = DEFAULT) -> bool:
    """Say whether a word of two letters with a capital is a name there: what people do, or is done to them, is near.

    One that is no word besides needs less: `Wu` is a name unless it is a dose, a level or a tube.
    """
    end = start + 2
    low, behind = text[start:end].lower(), text[end : end + NEAR]
    if THING.match(behind):
        return False
    if low not in never_names(language) and low not in ambiguous(language) and low not in WORDS_TOO:
        return True
    to = DONE_TO.search(text[max(0, start - NEAR) : start])
    return bool(DOES.match(behind) or (to and ENDS.match(behind)))
