"""The pages of policies: a list, and a form in which one is changed without code."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from deid_core import languages, registry
from deid_core.entities import ENTITIES, EntityType
from deid_core.policy import Policy
from deid_core.standards import ps3_15
from deployments.review import asked
from deployments.review.access import Caller, Configured
from deployments.review.api_policies import every, found
from deployments.review.pages import show, templates
from infra.accounts import Role
from tasks import policies
from tasks.run import workspace_of

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
CLASSES = ("de-identified", "limited data set", "pseudonymised")
FINDERS = {  # detectors of other packages are called by their names
    "columns": "names of a table's columns",
    "dicom_tags": "elements of DICOM headers",
    "image_metadata": "metadata of images",
    "patterns": "rules: cues, shapes, check digits",
    "known_values": "what is known of the patient",
    "ner_accurate": "the accurate model, an encoder",
    "ner": "the fast model, a small network",
    "ner_own": "models of your own",
    "barcodes": "bar codes in pictures",
    "slide_labels": "labels of slides",
    "faces": "faces in pictures",
    "head_scans": "heads in scans",
}


@router.get("/policies")
def listed(request: Request, settings: Configured) -> HTMLResponse:
    """Show the policies."""
    return show(request, "policies.html", policies=every(settings))


@router.get("/policies/{name}")
def policy(
    request: Request, name: asked.Name, principal: Caller, settings: Configured, number: asked.Number = 0
) -> HTMLResponse:
    """Show a policy as a form; who keeps batches can save it, under its name or another."""
    held = found(settings, name, number)
    older = list(policies.versions(workspace_of(settings), name)) if held.number else []
    return show(
        request,
        "policy.html",
        held=held,
        older=older,
        expected=older[0].number if older else 0,
        may_save=Role.STEWARD in principal.roles,
        fields=held.policy.model_dump(mode="json"),
        labels=[(str(label), ENTITIES[label].hipaa) for label in EntityType],
        operators=_operators(),
        options=_options(),
        engines=registry.names("ocr"),
        detectors=list(dict.fromkeys((*held.policy.detectors, *registry.names("detectors")))),
        titles=FINDERS,
        languages={code: languages.language(code).title for code in languages.codes()},
        classes=CLASSES,
        text=_texts(held.policy),
    )


@cache
def _operators() -> dict[str, str]:
    """Return each operator with the sentence that describes it."""
    return {name: registry.load("operators", name).description for name in registry.names("operators")}


@cache
def _options() -> dict[str, str]:
    """Return each option of the DICOM profile with its meaning."""
    return {name: ps3_15.profile_codes([name])[-1][1] for name in sorted(ps3_15.option_names())}


def _texts(held: Policy) -> dict[str, str]:
    """Return what the form shows as lines of text: words, one a line, after their label where they have one."""
    listed = {"deny": held.deny, "surrogates": held.surrogates}
    lines = {name: [f"{label}: {word}" for label, words in of.items() for word in words] for name, of in listed.items()}
    lines["columns"] = [f"{column}: {label}" for column, label in held.columns.items()]
    lines["guidelines"] = [f"{label}: {text}" for label, text in held.review.guidelines.items()]
    lines["patterns"] = [f"{one.name} {one.entity_type} {one.score} {one.regex}" for one in held.patterns]
    lines |= {"allow": list(held.allow), "checklist": list(held.review.checklist), "ranking": list(held.review.ranking)}
    lines["cell_columns"] = list(held.review.cell_columns)
    return {name: "\n".join(one) for name, one in lines.items()}


def params_of(rule: dict[str, Any] | None) -> str:
    """Return a rule's parameters as a person types them."""
    told = (rule or {}).get("params", {})
    return ", ".join(
        f"{name} = {str(value).lower() if value in (True, False) else value}" for name, value in told.items()
    )


templates.env.globals["params_of"] = params_of
