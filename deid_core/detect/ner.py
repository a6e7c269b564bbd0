"""Find people, places, institutions, dates and numbers by a language's small model; see `small_model`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from deid_core.detect.model_files import model_version
from deid_core.detect.small_model import load_model, read
from deid_core.model import Span

if TYPE_CHECKING:
    from deid_core.policy import Policy
    from deid_core.ports import TextQuery


class Ner:
    """Find identifiers in prose and layouts by the shipped model."""

    name = "ner"
    needs_prose = True

    def __init__(self, policy: Policy) -> None:
        """Take the language from the policy; the model loads on first use."""
        self._language = policy.language
        self.version = model_version(policy.language)

    def find(self, queries: Sequence[TextQuery]) -> list[list[Span]]:
        """Return the spans of each query's text, in order, without overlap; equal texts are read once."""
        texts = list(dict.fromkeys(query.text for query in queries))
        found = dict(zip(texts, read(load_model(self._language), texts), strict=True)) if texts else {}
        return [list(found[query.text]) for query in queries]
