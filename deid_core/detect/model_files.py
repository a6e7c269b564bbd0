"""Name a language's small model by what is in its files, without loading it."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import Any

from deid_core.detect.word_lists import WORDS
from deid_core.languages import DEFAULT, language


def model_name(code: str = DEFAULT) -> str:
    """Return the name of a language's model."""
    return f"{code}_deid_cnn"


@cache
def model_meta(code: str) -> dict[str, Any]:
    """Return what a language's model says of itself."""
    found: dict[str, Any] = json.loads(language(code).model.joinpath("meta.json").read_text("utf-8"))
    return found


@cache
def model_version(code: str = DEFAULT) -> str:
    """Name the shipped model: its name, its version, and a hash of every file that decides what is found."""
    names = (WORDS, "config.cfg", "tokenizer", "ner/cfg", "ner/model", "ner/moves")
    digest = sha256(b"".join(sha256(language(code).model.joinpath(name).read_bytes()).digest() for name in names))
    return f"{model_name(code)}-{model_meta(code)['version']}-{digest.hexdigest()[:12]}"
