"""Find identifiers by models of one's own: spaCy pipelines that the policy names by their folder and its hash.

They are read as `ner` is: long texts in pieces, lines of capitals in Title Case too, a name found once everywhere. A
folder with `words.npz` is one that this project's recipe trained (docs/how-to/train-on-your-data.md); any other
pipeline with an entity recogniser will do, where the policy says what its labels mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import spacy

from deid_core.detect.small_model import LABELS, Model, merged, read, vocabulary
from deid_core.detect.word_lists import WORDS, WordLists, load_lists
from deid_core.entities import EntityType
from deid_core.errors import PolicyError
from deid_core.model import Span
from deid_core.policy import OWN, OwnModel, Policy
from deid_core.ports import TextQuery

if TYPE_CHECKING:
    from spacy.language import Language

LOCATION = "LOCATION"  # told apart by its text


def digest_of(folder: Path) -> str:
    """Return the SHA-256 of a model's folder, of each file's name and content; PolicyError where there is none."""
    try:
        found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        held = [f"{name}\0{sha256((folder / name).read_bytes()).hexdigest()}\n" for name in found]
    except OSError as error:
        raise PolicyError(f"a model's folder cannot be read: {type(error).__name__}") from None
    if "config.cfg" not in found:
        raise PolicyError("there is no spaCy pipeline at a model's path: it has no config.cfg")
    return sha256("".join(held).encode("utf-8", "surrogatepass")).hexdigest()


def opened(asked: OwnModel, code: str) -> Model:
    """Load a model, once its bytes are those that the policy names.

    Raises PolicyError where they are others, where it is no pipeline with an entity recogniser, or where the policy
    does not say what one of its labels means.
    """
    folder = Path(asked.path)
    if digest_of(folder) != asked.sha256:
        raise PolicyError(f"the model {asked.name!r} is not the one that the policy names: its SHA-256 is another")
    try:
        ours = (folder / WORDS).is_file()
        lists = WordLists.load(folder / WORDS) if ours else load_lists()
        nlp = spacy.load(folder, vocab=vocabulary(lists, code)) if ours else spacy.load(folder)
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
    except Exception as error:  # noqa: BLE001 - whatever a foreign folder makes spaCy raise
        raise PolicyError(f"the model {asked.name!r} cannot be loaded: {type(error).__name__}") from None
    scores = _Scores({f"{label}": float(score) for label, score in _scores(meta).items()}, asked.score)
    return Model(nlp, lists, scores, code, _meaning(asked, nlp), asked.name)


class _Scores(dict[str, float]):
    """Hold the score of each label, and one for all others."""

    def __init__(self, held: Mapping[str, float], other: float) -> None:
        super().__init__(held)
        self._other = other

    def __missing__(self, label: str) -> float:
        return self._other


def _scores(meta: Mapping[str, Any]) -> Mapping[str, float]:
    held = meta.get("performance")
    scores = held.get("scores") if isinstance(held, Mapping) else None
    return scores if isinstance(scores, Mapping) else {}


def _meaning(asked: OwnModel, nlp: Language) -> Mapping[str, EntityType]:
    """Return what the labels of a pipeline mean; raise PolicyError for one that nobody told."""
    found = {label for name in nlp.pipe_names for label in _labels(nlp, name)}
    if not found:
        raise PolicyError(f"the model {asked.name!r} has no component that finds entities")
    plain = {**{str(label): label for label in EntityType}, **LABELS}
    known = {*plain, *asked.labels, LOCATION}
    if unknown := sorted(found - known):
        raise PolicyError(f"say in [models.labels] of {asked.name!r} what these mean: {', '.join(unknown)}")
    told = {label: kind for label, kind in asked.labels.items() if kind}
    return MappingProxyType({label: kind for label, kind in plain.items() if label not in asked.labels} | told)


def _labels(nlp: Language, name: str) -> Sequence[str]:
    """Return the labels of a component that sets entities."""
    sets = "doc.ents" in nlp.get_pipe_meta(name).assigns
    return tuple(getattr(nlp.get_pipe(name), "labels", ())) if sets else ()


class OwnNer:
    """Find identifiers in prose by the policy's own models; the model's files are checked before any text is read."""

    name = OWN
    needs_prose = True

    def __init__(self, policy: Policy) -> None:
        """Name the models and their hashes; each loads, and is checked, on first use."""
        self._asked, self._code = policy.models, policy.language
        self.version = "+".join(f"{model.name}-{model.sha256[:12]}" for model in policy.models) or "none"

    def models(self) -> list[Model]:
        """Return the models, loaded once a process; raise PolicyError where one is not what the policy says."""
        return [_loaded(model.model_dump_json(), self._code) for model in self._asked]

    def find(self, queries: Sequence[TextQuery]) -> list[list[Span]]:
        """Return the spans of each query's text, in order, without overlap; equal texts are read once."""
        texts = list(dict.fromkeys(query.text for query in queries))
        found: dict[str, list[Span]] = {text: [] for text in texts}
        for asked, model in zip(self._asked, self.models(), strict=True) if texts else ():
            ignored = {label for label, kind in asked.labels.items() if not kind}
            for text, spans in zip(texts, read(model, texts), strict=True):
                found[text] += [span for span in spans if span.rule.partition(":")[2].partition(":")[0] not in ignored]
        return [merged(found[query.text]) for query in queries]


@cache
def _loaded(asked: str, code: str) -> Model:
    return opened(OwnModel.model_validate_json(asked), code)
