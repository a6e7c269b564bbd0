"""A policy: what is done about each kind of identifier, as validated TOML.

The shipped ones lie in `deid_core/policies/`; a policy is named by its hash, so a release can prove which it was.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from deid_core import languages, registry
from deid_core.entities import EntityType
from deid_core.errors import PolicyError
from deid_core.model import Action

Scalar = str | int | float | bool
Sentence = Annotated[str, Field(pattern=r"^\S(.*\S)?$", max_length=300)]  # one line, shown to people as it is
UNSAID = ("guidelines", "checklist")  # of `review`: out of the hash where empty, so older policies keep their names
OWN = "ner_own"  # the detector that reads a policy's own models


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Strict):
    """Say what is done about a label: an operator, its parameters and two thresholds.

    Below `min_score` a finding is noise and kept; below `review_below` a person is asked, and until then it goes.
    """

    action: str
    params: dict[str, Scalar] = Field(default_factory=dict)
    min_score: float = Field(default=0.0, ge=0, le=1)
    review_below: float = Field(default=0.0, ge=0, le=1)

    def as_action(self) -> Action:
        """Return the operator with its parameters in a fixed order."""
        return Action(self.action, tuple(sorted(self.params.items())))


class DicomRules(_Strict):
    """Choose options of PS3.15's Basic Application Level Confidentiality Profile (CID 7050)."""

    options: tuple[str, ...] = ()


class PixelRules(_Strict):
    """Say how text in pixels is found and covered."""

    ocr: str = "rapidocr"
    cover: Literal["identifiers", "all_text", "outside_regions"] = "identifiers"
    action: str = "fill"
    min_confidence: float = Field(default=0.5, ge=0, le=1)  # text read worse than this is covered


class Pattern(_Strict):
    """Add a rule without code: what matches `regex` is an `entity_type`."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    entity_type: EntityType
    regex: str
    score: float = Field(default=0.9, ge=0, le=1)


class OwnModel(_Strict):
    """Name a model of one's own: a spaCy pipeline's folder, by the SHA-256 of its files.

    `labels` gives its labels our meaning, "" for what is nobody's; those of our own models need no line. `path` counts
    from the policy's file, and is no part of the policy's hash: the same model in another place is the same policy.
    """

    name: str = Field(pattern=r"^[a-z0-9_]{1,64}$")
    path: str = Field(min_length=1, repr=False)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    labels: dict[str, EntityType | Literal[""]] = Field(default_factory=dict)
    score: float = Field(default=0.9, ge=0, le=1)  # of labels for which the model's own meta.json has none


class ReviewRules(_Strict):
    """Say what else people look at than what `review_below` and `review_sample` send them, and how many must agree."""

    labels: tuple[EntityType, ...] = ()  # an asset with one of these
    disagreement: bool = True  # an asset where detectors name one place differently
    small_cells: int = Field(default=0, ge=0, le=1000)  # a row that fewer subjects of the batch are like; 0: any may be
    cell_columns: tuple[str, ...] = ()  # what counts for that besides sex, age and place
    rare_conditions: bool = False  # an asset that names one
    floor: float = Field(default=0.0, ge=0, le=1)  # share of the assets in which nothing was found
    steps: Literal[1, 2] = 1  # 2: a second person confirms
    second_share: float = Field(default=1.0, ge=0, le=1)  # of so many items, drawn by the key, the second person does
    people: int = Field(default=1, ge=1, le=9)  # so many look, each blind to the others
    conflict: Literal["adjudicate", "priority"] = "adjudicate"  # where they differ: one decides, or the first in rank
    ranking: tuple[str, ...] = ()  # reviewers, the first in rank first; who is not named comes after them
    lease_minutes: int = Field(default=15, ge=1, le=1440)
    escalate_hours: int = Field(default=72, ge=1, le=8760)
    guidelines: dict[EntityType, Sentence] = Field(default_factory=dict)  # shown in the place of our own
    checklist: tuple[Sentence, ...] = Field(default=(), max_length=20)  # who approves answers each of these by yes

    @model_validator(mode="after")
    def _one_way(self) -> ReviewRules:
        if self.steps == 2 and self.people > 1:
            raise ValueError("a review is by two steps or by several people, not both")
        if self.second_share < 1 and self.steps < 2:
            raise ValueError("second_share says how many items a second person confirms: set steps = 2, too")
        if self.cell_columns and not self.small_cells:
            raise ValueError("cell_columns say what small_cells counts: set that, too")
        if self.ranking and (self.conflict != "priority" or len(set(self.ranking)) < len(self.ranking)):
            raise ValueError('a ranking names each reviewer once, and says who decides where conflict = "priority"')
        if len(set(self.checklist)) < len(self.checklist):
            raise ValueError("a checklist asks each question once")
        return self

    def rank_of(self, name: str) -> int:
        """Return a reviewer's rank: the highest decides; 0 for who has none."""
        return len(self.ranking) - self.ranking.index(name) if name in self.ranking else 0


class Policy(_Strict):
    """Hold a whole policy; see docs/reference/policy.md for each field."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    version: str
    title: str
    basis: str  # the rule of law it follows
    purpose: str = ""
    release_class: Literal["de-identified", "limited data set", "pseudonymised"]
    reversible: bool = False
    codes: Literal["random", "keyed"] = "random"  # 45 CFR 164.514(c)
    review_sample: float = Field(default=0.1, ge=0, le=1)  # share of clean assets that `sampled` review draws
    language: str = languages.DEFAULT  # of prose; deid_core/languages
    models: tuple[OwnModel, ...] = ()  # besides those that come with the package
    detectors: tuple[str, ...] = Field(default_factory=lambda given: _detectors_of(given))  # noqa: PLW0108 - it comes below
    default: Rule
    rules: dict[EntityType, Rule] = Field(default_factory=dict)
    columns: dict[str, str] = Field(default_factory=dict)  # a column's name -> a label, "text" or "keep"
    patterns: tuple[Pattern, ...] = ()
    deny: dict[EntityType, tuple[str, ...]] = Field(default_factory=dict)  # always found
    allow: tuple[str, ...] = ()  # never found
    surrogates: dict[EntityType, tuple[str, ...]] = Field(default_factory=dict)
    dicom: DicomRules = DicomRules()
    pixels: PixelRules = PixelRules()
    review: ReviewRules = ReviewRules()

    @model_validator(mode="after")
    def _names_exist(self) -> Policy:
        operators, detectors = set(registry.names("operators")), set(registry.names("detectors"))
        used = {self.default.action, self.pixels.action, *(rule.action for rule in self.rules.values())}
        labels = {*EntityType, "text", "keep"}
        for kind, unknown in (
            ("operator", used - operators),
            ("detector", set(self.detectors) - detectors),
            ("OCR engine", {self.pixels.ocr} - set(registry.names("ocr"))),
            ("label for a column", set(self.columns.values()) - labels),
            ("language", {self.language} - set(languages.codes())),
        ):
            if unknown:
                raise ValueError(f"no {kind} is named {', '.join(sorted(unknown))}")
        models = languages.language(self.language).models
        if strange := languages.all_models() & {*self.detectors} - {*models}:
            raise ValueError(f"{', '.join(sorted(strange))} cannot read {self.language!r}; {', '.join(models)} can")
        if self.release_class == "de-identified" and self.reversible:
            raise ValueError("a reversible release is pseudonymised, not de-identified")
        return self

    @model_validator(mode="after")
    def _models_are_read(self) -> Policy:
        if bool(self.models) != (OWN in self.detectors):
            raise ValueError(f"[[models]] are read by the detector {OWN}: name both or neither")
        if len({model.name for model in self.models}) < len(self.models):
            raise ValueError("each of [[models]] has a name of its own")
        return self

    @cached_property
    def sha256(self) -> str:
        """Name the policy by its content: SHA-256 of its canonical JSON."""
        held = self.model_dump(mode="json")
        held["review"] = {name: said for name, said in held["review"].items() if said or name not in UNSAID}
        models = [{name: said for name, said in model.items() if name != "path"} for model in held.pop("models")]
        held |= {"models": models} if models else {}
        text = json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(text.encode()).hexdigest()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Policy:
        """Return a changed copy, which has a hash of its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("sha256", None)
        return copied

    def rule(self, entity_type: EntityType) -> Rule:
        """Return the label's rule, or the default: a label that no rule names is not let through."""
        return self.rules.get(entity_type, self.default)


def _detectors_of(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the detectors of a policy that names none: its language's, and the one that reads its own models."""
    own = (OWN,) if given.get("models") else ()
    return (*languages.default_detectors(given.get("language", languages.DEFAULT)), *own)


def shipped() -> list[str]:
    """List the names of the policies that come with the package."""
    return sorted(
        path.name.removesuffix(".toml") for path in files("deid_core.policies").iterdir() if path.name.endswith(".toml")
    )


def parse_policy(text: str) -> Policy:
    """Read a policy from TOML; raise PolicyError with the field and what is wrong with it."""
    try:
        return Policy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"not TOML: {error}") from None
    except ValidationError as error:
        lines = ("  " + ".".join(map(str, item["loc"])) + ": " + item["msg"] for item in error.errors())
        raise PolicyError("the policy does not hold:\n" + "\n".join(lines)) from None


def load_policy(name: str) -> Policy:
    """Load a shipped policy by name, or one from a path that ends in .toml."""
    if name in shipped():
        return parse_policy(files("deid_core.policies").joinpath(f"{name}.toml").read_text("utf-8"))
    if not name.endswith(".toml"):
        raise PolicyError(f"no policy is named {name!r}; there are: {', '.join(shipped())}, or give a .toml file")
    try:
        policy = parse_policy(Path(name).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"the policy file cannot be read: {type(error).__name__}") from None
    if not policy.models:
        return policy
    beside = Path(name).resolve().parent
    placed = (model.model_copy(update={"path": str(beside / model.path)}) for model in policy.models)
    return policy.model_copy(update={"models": tuple(placed)})
