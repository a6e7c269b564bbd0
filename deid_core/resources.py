"""What a policy can pick from: detectors, models, rules, operators, readers and more, each with its kind and version.

The registry names what there is; a policy says what is used of it. Versions are those that plans and manifests record,
or a hash where the thing is data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from deid_core import languages, registry
from deid_core.errors import MissingExtra, UsageError
from deid_core.policy import OWN, Policy, load_policy, shipped

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ENGLISH = "safe_harbor"  # detectors are built from a policy; which one does not change their version
CARD = "MODEL_CARD.md"
TEXTS = ("dataset", "pixels", "record", "text")  # what text is extracted from


@dataclass(frozen=True, slots=True)
class Resource:
    """Hold one thing that a policy names: `reads` are kinds of parts or a media type, `field` where a policy names it.

    `used` says whether the policy that was asked about has it.
    """

    kind: str
    name: str
    version: str
    reads: tuple[str, ...] = ()
    field: str = ""
    used: bool = False
    missing: str = ""  # what to install, where it does not load

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def resources(policy: Policy | None = None, kind: str = "", reads: str = "") -> list[Resource]:
    """Return all there is, by kind and name; with a policy its own patterns, lists and models too, and what it uses.

    `kind` and `reads` (a kind of part, or a media type) leave the rest out; raises UsageError for one that is nobody's.
    """
    found = [*_every(policy)]
    for what, asked, known in (
        ("kind", kind, {one.kind for one in found}),
        ("reads", reads, {read for one in found for read in one.reads}),
    ):
        if asked and asked not in known:
            raise UsageError(f"nothing has the {what} {asked!r}; there are: {', '.join(sorted(known))}")
    return sorted(
        (one for one in found if kind in {"", one.kind} and (not reads or reads in one.reads)),
        key=lambda one: (one.kind, one.name),
    )


def _every(policy: Policy | None) -> Iterator[Resource]:
    ours = version("deidflow")
    yield from _detectors(policy)
    yield from _of_languages(policy)
    used = {rule.action for rule in (policy.default, *policy.rules.values())} if policy else set()
    for name in registry.names("operators"):
        yield Resource("operator", name, ours, (), "rules.LABEL.action", name in used)
    for name in registry.names("readers"):
        yield Resource("reader", name, ours, (name,))
    for name in registry.names("ocr"):
        yield _engine(name, policy)
    for name in shipped():
        held = load_policy(name)
        used_now = policy is not None and policy.sha256 == held.sha256
        yield Resource("policy", name, f"{held.version}-{held.sha256[:12]}", field="--policy", used=used_now)
    if policy:
        yield from _own(policy)


def _detectors(policy: Policy | None) -> Iterator[Resource]:
    english = load_policy(ENGLISH)
    strangers = {*languages.all_models()} - {*languages.language(policy.language).models} if policy else set()
    for name in registry.names("detectors"):
        used = policy is not None and name in policy.detectors
        try:
            built = registry.load("detectors", name)(policy if policy and name not in strangers else english)
        except MissingExtra as error:
            yield Resource("detector", name, "", (), "detectors", used, str(error))
            continue
        reads = tuple(sorted(map(str, getattr(built, "kinds", TEXTS))))
        yield Resource("detector", name, built.version, reads, "detectors", used)


def _of_languages(policy: Policy | None) -> Iterator[Resource]:
    for code in languages.codes():
        held = languages.language(code)
        used = policy is not None and policy.language == code
        yield Resource("language", code, held.title, TEXTS, "language", used)
        yield Resource("rules", f"{code}_rules", _digest(held.rules, ".toml"), TEXTS, "detectors", used)
        yield Resource("words", f"{code}_words", _digest(held.words, ".txt"), TEXTS, "detectors", used)
    models = {one.name: one for one in files("deid_core.models").iterdir()}
    inside = {code: files("deid_core.languages").joinpath(code, "model") for code in languages.codes()}
    models |= {f"{code}_deid_cnn": folder for code, folder in inside.items() if folder.is_dir()}
    for name, folder in models.items():
        if folder.is_dir() and folder.joinpath(CARD).is_file():
            yield Resource("model", name, _digest(folder))


def _engine(name: str, policy: Policy | None) -> Resource:
    used = policy is not None and policy.pixels.ocr == name
    try:
        engine = registry.load("ocr", name)
    except MissingExtra as error:
        return Resource("ocr", name, "", ("pixels",), "pixels.ocr", used, str(error))
    return Resource("ocr", name, str(getattr(engine, "version", "")), ("pixels",), "pixels.ocr", used)


def _own(policy: Policy) -> Iterator[Resource]:
    """Yield what a policy brings itself; values of its lists are not shown, since they may be names of people."""
    for pattern in policy.patterns:
        told = json.dumps(pattern.model_dump(mode="json"), sort_keys=True)
        yield Resource("pattern", pattern.name, _hashed(told.encode()), TEXTS, "patterns", used=True)
    for model in policy.models:
        yield Resource("own model", model.name, model.sha256, TEXTS, "models", used=OWN in policy.detectors)
    for label, values in policy.deny.items():
        yield Resource("deny list", str(label), f"{len(values)} values", TEXTS, "deny", used=True)
    if policy.allow:
        yield Resource("allow list", "allow", f"{len(policy.allow)} values", TEXTS, "allow", used=True)


def _digest(folder: Traversable, suffix: str = "") -> str:
    """Return twelve digits of the hash of a folder's files, in order of their names, folders within it too."""
    told: list[str] = []
    held = sorted(folder.iterdir(), key=lambda one: one.name)
    for one in held:
        if one.is_dir() and not one.name.startswith("__"):
            told.append(f"{one.name}/{_digest(one, suffix)}")
        elif one.is_file() and one.name.endswith(suffix) and not one.name.endswith((".py", ".pyc", ".md")):
            told.append(f"{one.name} {_hashed(one.read_bytes())}")
    return _hashed("\n".join(told).encode())


def _hashed(data: bytes) -> str:
    return sha256(data).hexdigest()[:12]
