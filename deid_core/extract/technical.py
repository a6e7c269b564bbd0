"""Tell text about the picture (gain, depth, side, maker) from text that may be about the person."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

NUMBER = r"[+-]?\d{1,4}(?:[.,]\d{1,3})?[.%]?"  # five digits in a row are no setting
EDGE = " .,:;()[]=*-+"


def is_technical(words: list[str]) -> bool:
    """Say whether every word of a line, of one word or more, is about the picture."""
    return bool(words) and (all(map(is_word, words)) or is_word(" ".join(words)))


@cache
def is_word(word: str) -> bool:
    """Say whether a word is about the picture."""
    listed, pattern = _table()
    lowered = word.lower()
    return lowered.strip(EDGE) in listed or pattern.fullmatch(lowered) is not None


@cache
def _table() -> tuple[frozenset[str], re.Pattern[str]]:
    table = tomllib.loads(files("deid_core.extract").joinpath("technical.toml").read_text("utf-8"))
    alternatives = "|".join(f"(?:{one.replace('im#', 'im[#]').replace('#', NUMBER)})" for one in table["patterns"])
    return frozenset(map(str.lower, table["words"])), re.compile(alternatives.replace(f"[{NUMBER}]", "#"))
