"""What the endpoints are asked: bodies of requests, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from deid_core.entities import EntityType
from infra.accounts import Role, Scope
from infra.review_queue import Status

Reason = Literal["reviewed", "identifier missed", "too much removed", "wrong subject", "not to be released", "other"]
Route = Literal[
    "low_confidence",
    "disagreement",
    "rare_condition",
    "small_cell",
    "label",
    "no_finding",
    "required",
    "sample",
]
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]  # what a database's column holds
Span = Annotated[str, Field(pattern=r"^(\d{1,9}\.\d{1,9})?$")]  # it is kept in the clear, so it cannot be a text
Name = Annotated[str, Field(min_length=1, max_length=64)]
Page = Annotated[int, Field(ge=1, le=1000)]  # lines at once


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Filters(_Strict):
    """Choose items; `after` names the last one of the page before, as priority:id."""

    status: list[Status | Literal[""]] = Field(default_factory=list)
    label: EntityType | Literal[""] = ""
    step: Literal["", "review", "second", "adjudication"] = ""
    reason: Route | Literal[""] = ""
    assigned_to: str = Field(default="", max_length=64)
    after: str = Field(default="", pattern=r"^(-?\d{1,9}:\d{1,18})?$")


class ItemFilters(Filters):
    """Choose items, and how many of them at once."""

    limit: int = Field(default=100, ge=1, le=1000)


class SignIn(_Strict):
    """Sign in by name and password."""

    name: str = Field(max_length=64)
    password: str = Field(max_length=1024)


class NewUser(_Strict):
    """Add a user, who signs in by a password or is the identity provider's `subject`."""

    name: str
    roles: list[Role]
    password: str = Field(default="", max_length=1024)
    subject: str = Field(default="", max_length=1024)


class ChangedUser(_Strict):
    """Change a user; what is not said stays."""

    roles: list[Role] | None = None
    password: str | None = Field(default=None, max_length=1024)
    active: bool | None = None


class NewToken(_Strict):
    """Make an API token of one's own."""

    label: str = Field(min_length=1, max_length=64)
    scopes: list[Scope]
    days: int = Field(default=90, ge=1, le=366)


class EditAsked(_Strict):
    """Change one span; `place` is as the page tells it (see deployments.review.documents.location_from)."""

    act: Literal["accept", "reject", "relabel", "resize", "add", "restore"]
    span_id: Span = ""
    entity_type: EntityType | None = None
    place: dict[str, Any] | None = None


class Edits(_Strict):
    """Change spans of the version that was seen (its number)."""

    turn_id: Number
    expected: Number
    edits: list[EditAsked] = Field(max_length=1000)
    seconds: Number = 0


class Submission(_Strict):
    """Decide an item, as the version that was seen holds it."""

    turn_id: Number
    expected: Number
    verdict: Literal["approved", "rejected", "sent_back"]
    reason: Reason = "reviewed"
    seconds: Number = 0
    checklist: list[Number] = Field(default_factory=list, max_length=20)  # numbers of the questions answered by yes


class Adjudication(_Strict):
    """Choose one version as the ground truth; `expected` is the item's version that was seen."""

    turn_id: Number
    number: Number
    expected: Number
    verdict: Literal["approved", "rejected", "sent_back"] = "approved"
    reason: Reason = "reviewed"
    seconds: Number = 0


class Clone(_Strict):
    """Go on from version `number`; `expected` is the number of one's own version that was seen."""

    turn_id: Number
    number: Number
    expected: Number


class NewComment(_Strict):
    """Say something about an item or one of its spans; it is kept sealed."""

    text: str = Field(min_length=1, max_length=2000)
    span_id: Span = ""


class Claim(_Strict):
    """Ask for the most urgent items that nobody holds."""

    count: int = Field(default=1, ge=1, le=20)


class BatchDecision(_Strict):
    """Decide what is undecided of a batch, or of the named assets."""

    verdict: Literal["approved", "rejected", "sent_back"]
    reason: Reason = "reviewed"
    asset_ids: list[str] | None = Field(default=None, max_length=200)


class Assignment(_Strict):
    """Give items to reviewers, evenly; without item_ids the most urgent ones that nobody has."""

    reviewers: list[Name] = Field(min_length=1, max_length=50)
    item_ids: list[Number] | None = Field(default=None, max_length=200)
    order: Literal["in_order", "random"] = "in_order"
    seed: Number = 0
    limit: int = Field(default=200, ge=1, le=200)


class Items(_Strict):
    """Name items; none named means all of the batch."""

    item_ids: list[Number] | None = Field(default=None, max_length=200)


class Reset(_Strict):
    """Name assets whose review begins again; none named means all of the batch."""

    asset_ids: list[str] | None = Field(default=None, max_length=200)


class Redetection(_Strict):
    """Name what the detectors search again: what nobody worked on, what somebody did, or all that is undecided."""

    scope: Literal["untouched", "manual", "all"] = "untouched"


class NewPolicy(_Strict):
    """Save a policy, all its fields as `GET /api/policies/{name}` gives them; `expected` is the version seen, or 0."""

    expected: Number = 0
    policy: dict[str, Any]


class Rerun(_Strict):
    """Run a batch's source again under a policy: a name, or name@3 for an older version that was saved."""

    policy: str = Field(pattern=r"^[a-z0-9_]{1,64}(@[0-9]{1,6})?$")
    review: Literal["required", "sampled"] = "required"


class Priority(_Strict):
    """Make items more or less urgent; higher comes first."""

    item_ids: list[Number] = Field(min_length=1, max_length=200)
    priority: int = Field(ge=-1000, le=1000)
