"""The endpoint that gives one document out: decided, verified and recorded, or not at all."""

from __future__ import annotations

from fastapi import APIRouter, Response

from deid_core import ingest, pipeline, verify
from deid_core.errors import ResidualIdentifier
from deployments.review import asked
from deployments.review.access import Caller, Configured, main_role
from deployments.review.opening import masked
from infra import audit_log
from infra import review_queue as queue
from tasks.run import digest
from tasks.shard import record_of

router = APIRouter(prefix="/api/items", tags=["items"])


@router.get("/{item_id}/export", response_class=Response)
def export(item_id: asked.Number, principal: Caller, settings: Configured) -> Response:
    """Return the bytes that leave by the submitted ground truth; 409, and a record of it, where nobody submitted one.

    They are searched for what is left of the source first; what does not hold is refused with 409, too.
    """
    truth = queue.ground_truth(settings.database_url, item_id, principal.name)
    held = masked(settings, principal, item_id)
    run, chosen = held.run, held.chosen(truth.spans)
    output = ingest.write(pipeline.apply(held.document, chosen, run.policy, run.key, run.code))
    whose = pipeline.identify(held.document, run.policy, run.key)
    left = verify.residual(whose, chosen, output, run.policy, run.key, run.vault.recall, run.code).left
    item = held.loaded.item
    fields = {"entity": f"asset:{item.asset_id}", "asset_id": item.asset_id, "input_sha256": item.input_sha256}
    who = {"agent": principal.name, "role": main_role(principal)}
    if left:
        told = {"activity": "review.export_refused", "reason": "something was left in the output"}
        audit_log.append(settings.database_url, [record_of(run, **who, **fields, **told)])
        raise ResidualIdentifier("verification found something left in the output: send the item back")
    told = {"activity": "review.exported", "reason": f"ground truth {truth.number}", "output_sha256": digest(output)}
    audit_log.append(settings.database_url, [record_of(run, **who, **fields, **told)])
    kind = "application/octet-stream"  # never shown by a browser as what it may be
    headers = {"ETag": f'"{digest(output)}"', "Content-Disposition": "attachment"}
    return Response(output, media_type=kind, headers=headers)
