"""Tell persons after whom something is called from persons: by a pair's hyphen, by the field, by a product's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import chain

from deid_core.detect.rules.words import lines, never_names, of_the_trade, words
from deid_core.detect.word_lists import load_lists

TITLE = re.compile(r"\b(?:m(?:r|rs|s|x)|miss|dr|prof|sir|nurse|sister|pt|patient|doctor)\b\.?\s*$", re.IGNORECASE)
PART = re.compile(r"[^\W\d_]+")
TOKEN = re.compile(r"[^\W\d_]+(?:[-\u2013][^\W\d_]+)+")
HYPHENS = frozenset("-\u2013")
NEAR = 100  # code points of a line around a word in which its field is looked for
PHRASE_REACH = 24
# what a person is, has or does; a product is and has little in a note
_DOES = "is was has had says? said told tells wants came comes went goes takes took needs drinks drank reports reported"
_DOES += " denies denied called calls asked asks lives works feels felt saw sees signed gave arrived presents presented"
_DOES += " knows knew thinks thought agreed agrees will would can could may should left wrote writes states stated"
_DOES += " tested received underwent developed started stopped refused missed ran attended remains appears continues"
_DOES += " complains slept ate walked returned moved met spoke phoned rang emailed texted sat stood made makes did does"
_DOES += " reviewed reviews confirmed examined advised explained jr sr md rn"
_OWNED = "wife|husband|mother|father|son|daughter|family|bed|room|chart"
DOES = re.compile(
    rf"(?i)(?: (?:{'|'.join(_DOES.split())})\b|(?:['\u2019]s)? (?:{_OWNED})\b"
    r"| [a-z]{2,}ed (?:the|an?|his|her|their|my|our|him|me|it|to|on|in|at|up)\b"
    r"|,? (?:who|aged?|dob|mrn|born|bed|room|ward|nhs|hosp)\b|,? \d{1,3} ?(?:y|[mf]\b|years))"
)
OF_PEOPLE = re.compile(
    r"(?i)(?:\b(?:by|with|from|to|for|per|told|called|asked|tell|ask|son|daughter|husband|wife|baby|bed \d+|room \d+)"
    r" |\b(?:name|patient|pt|signed|author|surgeon|consultant|provider|witness)s?: ?)\Z"
)
SPOKEN_TO = re.compile(
    r"(?i)\b(?:asks?|asked|tells?|told|calls?|called|phone|ring|bleep|page|fax|email|text|thanks?|dear|hi|hello|met) \Z"
)
BESIDE = re.compile(r",? ([^\W\d_]{2,})")  # and what may be the rest of a name
AHEAD = re.compile(r"(?<![.!?:] )(?<!\A)\b([^\W\d_]{2,}),? \Z")
LABEL = re.compile(r"\b[A-Z]?[a-z]+: ?\Z")
TITLED = re.compile(r"(?i)(?:dr|mrs?)\b")
USED = re.compile(  # what is said of a product that has a person's title
    r"(?i)\b(?:drinks?|drank|cans?|bottles?|soda|cola|caffeine|soap|shampoo|seasoning|salt|boots?|shoes?|pads?|insoles?"
    r"|cakes?|pies?|biscuits?|pizza|formula|colic|teats?|coffee|sugars?|cleaner|bleach|spray|cream|snacks?|toys?)\b"
)
SCANNED = frozenset({"conditional", "safe", "unsafe"})
SCANNER = re.compile(r"\bMR[ -]\Z")
STATUTE = re.compile(r"['\u2019]s Law\b|(?: [A-Z][\w\-]+){0,2} (?:Act|Amendment|Doctrine)\b(?! [a-z]+(?:ed|s)\b)")
_LEVELS = (
    "warn warning error fatal debug info critical notice trace verbose alert emerg panic severe fail failed failure"
)
LEVELS = frozenset(_LEVELS.split())
LOG_LINE = re.compile(r"(?:\A|\n|[\]|}] ?|\d[Z,]? {1,2}|\d{3} )[ \t\[(<]{0,4}\Z")
LOGGED = re.compile(r"[\])>]?(?::|[ \t]{1,4}(?:[\w.\-/]{2,24} ?[-:\u2013] |\d{3}\b|[-:\u2013\[(]))")
NUMBERED = re.compile(r"(?=\s?[A-Za-z]*\d)")
_MACHINES = "analyser analyzer analysers analyzers machine machines scanner scanners monitor monitors pump pumps probe"
_MACHINES += " probes ventilator ventilators kit kits assay assays reagent reagents gantry magnet platform quote quotes"
_MACHINES += (
    " architect access dimension elecsys centaur modular integra vidas liaison maglumi dimensions axsym accelerator"
)
MACHINES = frozenset(_MACHINES.split())
NEXT_WORD = re.compile(r"(?:['\u2019]s)? ([\w\-]+)")
GRADED_ITEM = r"[^\W\d_]{3,}(?:[-\u2013][^\W\d_]{3,})*(?: [A-Z]{2,4})? (?:[IVX]{1,4}[A-Ca-c]?|\d{1,3}(?:[.,]\d)?|[A-F])"
GRADE_BEHIND = re.compile(r"(?: [A-Z]{2,4})? [IVX\dA-F]")
GRADED_ROW = re.compile(rf"{GRADED_ITEM}(?:, {GRADED_ITEM})+(?!\w)")
SURE_GRADE = re.compile(r" (?:[IVX]{2,4}[A-Ca-c]|IV|V[I]{0,3})(?!\w)")


@dataclass(frozen=True, slots=True)
class Field:
    """Hold whom the things of one field are called after, and what is said there; `common` are of many."""

    cues: re.Pattern[str]
    names: frozenset[str]
    common: frozenset[str]


def names_a_thing(text: str, start: int, end: int) -> bool:
    """Say whether a name is part of a thing: a product or its maker, a method of two authors, a law, a log."""
    value = text[start:end].lower()
    if not _words_of_things().isdisjoint(PART.findall(value)):
        if value in SCANNED and SCANNER.search(text, max(0, start - 3), start):
            return True
        if _is_a_product(text, start, end) or is_log_level(text, start, end) or is_makers(text, start, end):
            return True
    if (GRADE_BEHIND.match(text, end) or not value.isalpha()) and is_row_of_grades(text, start, end):
        return True
    if _is_a_pair(text, start, end) or STATUTE.match(text, end):
        return TITLE.search(text, max(0, start - 8), start) is None
    return False


def is_of_a_field(text: str, start: int, end: int) -> bool:
    """Say whether all words are whom a field's methods are called after, and the field is spoken of on the line.

    Not behind a title here or elsewhere, nor where the word does what people do. Behind what is said of people
    (`by Barrett`) more than one word of the field is asked for.
    """
    found = [
        part for part in PART.findall(text[start:end].lower()) if len(part) > 1 and part not in {"and", "or", "ii"}
    ]
    if not found or TITLE.search(text, max(0, start - 8), start) or DOES.match(text, end):
        return False
    fields = [field for field in _fields() if all(part in field.names for part in found)]
    fields = [field for field in fields if not _goes_on(field, text, start, end)]
    if not fields or SPOKEN_TO.search(text, max(0, start - 16), start) or _is_titled_elsewhere(text, found):
        return False
    low, high = max(text.rfind("\n", 0, start) + 1, start - NEAR), end + NEAR
    before, after = text[low:start], text[end:high].split("\n", maxsplit=1)[0]
    return any(_is_spoken_of(field, before, after, found) for field in fields)


def is_makers(text: str, start: int, end: int) -> bool:
    """Say whether it is a maker before or with its product: `the Roche cobas`, `Abbott Alinity`."""
    found = PART.findall(text[start:end].lower())
    makers = words("makers")
    if not found or found[0] not in makers or TITLE.search(text, max(0, start - 8), start):
        return False
    if not all(word in makers or word in of_the_trade() for word in found):
        return False
    if any(word in of_the_trade() for word in found):
        return True
    following = NEXT_WORD.match(text, end)
    return following is not None and (following[1].lower() in of_the_trade() or following[1].lower() in MACHINES)


def is_row_of_grades(text: str, start: int, end: int) -> bool:
    """Say whether names stand in a row of authors of scales, each with its grade: `Sarnat II, Thompson 9`."""
    match = GRADED_ROW.match(text, start)
    if match is None or end > match.end() + 1:
        return False
    said = [word for word in PART.findall(match[0].lower()) if len(word) > 3]
    known = words("scales", "eponym_words", "eponyms_before_nouns")
    if not all(word in known for word in said):
        return False
    return any(word in words("scales") for word in said) or SURE_GRADE.search(match[0]) is not None


def is_log_level(text: str, start: int, end: int) -> bool:
    """Say whether a word in capitals is how grave a line of a log is: `WARN  adt - message dropped`."""
    word = text[start:end]
    if not word.isupper() or word.lower() not in LEVELS:
        return False
    return LOG_LINE.search(text, max(0, start - 8), start) is not None and LOGGED.match(text, end) is not None


def _is_a_product(text: str, start: int, end: int) -> bool:
    known = _phrase_words().intersection(PART.findall(text[start:end].lower()))
    reach = max(0, start - PHRASE_REACH), min(len(text), end + PHRASE_REACH)
    near = _plain(text[slice(*reach)])
    said = sorted(word for word in known if any(phrase in near for phrase in _with(word)))
    for match in chain.from_iterable(_phrases(word).finditer(text, *reach) for word in said):
        if match.start() < end and start < match.end() and end <= match.end() + 12:
            low, high = min(start, match.start()), max(end, match.end())
            before = text[max(0, low - 16) : low]
            person = TITLE.search(before) or LABEL.search(before) or DOES.match(text, high)
            used = not TITLED.match(match[0]) or USED.search(text, max(0, low - NEAR // 2), high + NEAR // 2)
            return not person and bool(used)
    return False


def _is_a_pair(text: str, start: int, end: int) -> bool:
    if HYPHENS.isdisjoint(text[max(0, start - 1) : end + 1]):
        return False
    for match in TOKEN.finditer(text, max(0, start - PHRASE_REACH), end + PHRASE_REACH):
        if match.start() <= start and end <= match.end() + 2:
            pair = match[0].lower().replace("\u2013", "-").removesuffix("'s")
            return pair in words("eponym_pairs") and not OF_PEOPLE.search(text, max(0, start - 16), start)
    return False


def _goes_on(field: Field, text: str, start: int, end: int) -> bool:
    """Say whether a name's other word stands right beside: `Thessaly Brown`, `Haigis, Maria`."""
    found = (AHEAD.search(text, max(0, start - 24), start), BESIDE.match(text, end))
    beside = (match[1] for match in found if match and match[1].istitle())
    known = field.names | never_names()
    return any(word.lower() not in known and load_lists().on(word)[0] for word in beside)


def _is_spoken_of(field: Field, before: str, after: str, found: list[str]) -> bool:
    """Say whether a field is spoken of around a name.

    One word of it is enough; behind what is said of people (`by Barrett`), or for a name that many have, another of the
    field's names is asked for too; without any word of it, three others.
    """
    around = f"{before} {after}"
    cued = field.cues.search(around) is not None
    others = {part for part in PART.findall(around.lower()) if part in field.names and part not in found}
    people = OF_PEOPLE.search(before) is not None or not field.common.isdisjoint(found)
    return (cued and (bool(others) or not people)) or (len(others) > 2 and not people)


def _is_titled_elsewhere(text: str, found: list[str]) -> bool:
    said = "|".join(map(re.escape, found))
    return (
        re.search(rf"(?i)\b(?:mr|mrs|ms|dr|prof|nurse|miss|patient|doctor)\.? (?:\w+\.? )?(?:{said})\b", text)
        is not None
    )


@cache
def _words_of_things() -> frozenset[str]:
    """Return words of which what is named by its words alone has one."""
    return _phrase_words() | SCANNED | LEVELS | words("makers")


@cache
def _phrase_words() -> frozenset[str]:
    return frozenset(word for phrase in lines("brand_phrases") for word in PART.findall(phrase))


def _plain(text: str) -> str:
    return text.lower().replace("\u2019", "'").replace(". ", " ")


@cache
def _with(word: str) -> tuple[str, ...]:
    """Return the products that have a word in their names."""
    return tuple(_plain(phrase) for phrase in lines("brand_phrases") if word in PART.findall(phrase))


@cache
def _phrases(word: str) -> re.Pattern[str]:
    """Return a pattern of the products that have a word in their names."""
    said = sorted((one for one in lines("brand_phrases") if word in PART.findall(one)), key=len, reverse=True)
    alternatives = "|".join(re.escape(phrase).replace("'", "['\u2019]").replace(r"\ ", r"\.? ") for phrase in said)
    return re.compile(rf"(?i)(?<!\w)(?:{alternatives})(?!\w)")


@cache
def _fields() -> tuple[Field, ...]:
    """Read a field a line: what is said in it, and the names, between bars."""
    found = []
    for line in lines("eponym_fields"):
        _, cues, rare, common = line.split("|")
        said = "|".join(sorted(map(re.escape, cues.split()), key=len, reverse=True)).replace(r"\+", "[a-z]*")
        pattern = re.compile(rf"(?i)(?<!\w)(?:{said.replace('_', ' ')})(?!\w)")
        found.append(Field(pattern, frozenset(rare.split()) | frozenset(common.split()), frozenset(common.split())))
    return tuple(found)
