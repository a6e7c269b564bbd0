"""Images to what a policy covers of them: the path that `deidflow deid` takes, without writing anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from deid_core import ingest, pipeline
from deid_core.errors import MalformedAsset, Quarantine, UnsupportedFormat
from deid_core.evaluate.box_gold import GoldBox
from deid_core.evaluate.boxes import EMPTY, BoxOutcome, BoxScore, covered_boxes, outcomes, picture, score, shapes_of
from deid_core.evaluate.predict import Track, silent
from deid_core.keys import ProjectKey
from deid_core.model import Document, Plan
from deid_core.pipeline import Identified
from deid_core.policy import Policy
from deid_core.ports import KnownValue

Load = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Seen:
    """Hold what became of one image of the gold, or why it was set aside; `plan` is None only then."""

    name: str
    outcomes: tuple[BoxOutcome, ...] = ()
    score: BoxScore = EMPTY
    frames: int = 0
    plan: Plan | None = None
    set_aside: str = ""


def look(
    gold: Mapping[str, Sequence[GoldBox]], load: Load, policy: Policy, key: ProjectKey, track: Track = silent
) -> list[Seen]:
    """Plan each image of the gold, in its order, as one call of the command over all of them would.

    Every image is identified first, so that a subject's values found in one are known in the others. `load` gives the
    bytes of an image by its name; a Quarantine that it raises sets the image aside.
    Raises MalformedAsset, with the numbers of image and box, where a gold box lies outside its image.
    """
    known: dict[str, dict[KnownValue, None]] = {}
    failed: dict[str, Quarantine] = {}
    for name in track([*gold], "Reading"):
        try:
            whose, _ = _identified(name, load, policy, key)
        except Quarantine as error:
            failed[name] = error
            continue
        for subject, values in whose.known.items():
            known.setdefault(subject, {}).update(dict.fromkeys(values))
    found = []
    for number, name in track([*enumerate(gold, 1)], "Looking"):
        if name in failed:
            found.append(Seen(name, set_aside=failed[name].reason))
            continue
        try:
            whose, digest = _identified(name, load, policy, key)
            plan = pipeline.plan(whose, digest, policy, key, lambda subject: tuple(known.get(subject, ())))
        except Quarantine as error:
            found.append(Seen(name, set_aside=error.reason))
            continue
        found.append(_seen(name, number, gold[name], whose.document, plan))
    return found


def cleaned(seen: Seen, load: Load, policy: Policy, key: ProjectKey) -> tuple[Document, Document]:
    """Return an image as it is, and as the plan leaves it.

    Raises MalformedAsset for one that was set aside, ChangedAsset for one whose bytes are others by now.
    """
    if seen.plan is None:
        raise MalformedAsset("an image that was set aside has no after")
    before = ingest.read(load(seen.name), seen.name, seen.plan.asset_id, key)
    return before, pipeline.apply(before, seen.plan, policy, key)


def _identified(name: str, load: Load, policy: Policy, key: ProjectKey) -> tuple[Identified, str]:
    data = load(name)
    digest = sha256(data).hexdigest()
    document = ingest.read(data, name, key.token("evaluate", name, digest), key)
    if picture(document) is None:
        raise UnsupportedFormat("it has no pixels, and gold marks places in them")
    return pipeline.identify(document, policy, key), digest


def _seen(name: str, number: int, gold: Sequence[GoldBox], document: Document, plan: Plan) -> Seen:
    part = picture(document)
    if part is None:
        raise MalformedAsset(f"image {number} of the gold has no pixels")
    shapes, boxes = shapes_of(part), covered_boxes(plan, part.name)
    try:
        found = outcomes(gold, boxes, shapes)
    except MalformedAsset as error:
        raise MalformedAsset(f"image {number} of the gold: {error}") from None
    return Seen(name, tuple(found), score(found, boxes, shapes), len(shapes), plan)
