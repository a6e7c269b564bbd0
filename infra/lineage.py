"""Lineage as OpenLineage events in an object store: what each job of a run read and wrote, by hash.

The client of openlineage-python is never made: it reads the environment and can post events to a server. A dataset is
named by its place and its asset's identifier, never by a path, since a file's name can be a patient's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_OID, UUID, uuid5

import attr
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    RunFacet,
    dataset_version_dataset,
    error_message_run,
    parent_run,
    set_producer,
)
from openlineage.client.serde import Serde

from deid_core.errors import UsageError
from infra.database import timestamp
from infra.objects import ObjectStore

NAMESPACE = "deidflow"
PRODUCER = "urn:deidflow"
NAME = re.compile(r"[A-Za-z0-9_.:-]{1,128}")

set_producer(PRODUCER)


@attr.define
class ContentFacet(DatasetFacet):
    """Say what an asset's bytes are: their SHA-256 and media type."""

    sha256: str
    mediaType: str  # noqa: N815 - OpenLineage writes names so

    @staticmethod
    def _get_schema() -> str:
        return "urn:deidflow:lineage:1#/$defs/ContentFacet"


@attr.define
class DeidentificationRunFacet(RunFacet):
    """Say under which policy, key and versions a job ran."""

    policySha256: str  # noqa: N815 - OpenLineage writes names so
    keyId: str  # noqa: N815 - OpenLineage writes names so
    versions: dict[str, str]

    @staticmethod
    def _get_schema() -> str:
        return "urn:deidflow:lineage:1#/$defs/DeidentificationRunFacet"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Name an asset in a place (`source`, `workspace`, `release`) and its bytes."""

    place: str
    asset_id: str
    sha256: str
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class JobRun:
    """Name one run of a job (`plan.3`) within a flow run, and what it ran under."""

    flow_run_id: str
    flow: str
    job: str
    policy_sha256: str = ""
    key_id: str = ""
    versions: Mapping[str, str] | None = None

    @property
    def run_id(self) -> str:
        """Return the run's UUID: same flow run and job, same run."""
        return str(uuid5(_flow_uuid(self.flow_run_id), self.job))


def emit(
    store: ObjectStore,
    run: JobRun,
    state: str,
    inputs: Iterable[Dataset] = (),
    outputs: Iterable[Dataset] = (),
    *,
    error: type[BaseException] | None = None,
) -> str:
    """Write a run's START, COMPLETE or FAIL event and return its key; the first of each state stays.

    Of an error only the type is written. Raises UsageError for another state or a name that could be a path.
    """
    if state not in ("START", "COMPLETE", "FAIL"):
        raise UsageError("a lineage event is START, COMPLETE or FAIL")
    key = f"lineage/{_named(run.flow_run_id)}/{_named(run.job)}.{state}.json"
    if not store.exists(key):
        event = RunEvent(
            eventTime=timestamp(),
            eventType=RunState[state],
            run=Run(run.run_id, _facets(run, error)),
            job=Job(NAMESPACE, f"{_named(run.flow)}.{run.job}"),
            inputs=[InputDataset(*_name(item), facets=_content(item)) for item in inputs],
            outputs=[OutputDataset(*_name(item), facets=_content(item)) for item in outputs],
        )
        store.put(key, Serde.to_json(event).encode())
    return key


def _facets(run: JobRun, error: type[BaseException] | None) -> dict[str, RunFacet]:
    parent = parent_run.ParentRunFacet(
        run=parent_run.Run(str(_flow_uuid(run.flow_run_id))), job=parent_run.Job(NAMESPACE, run.flow)
    )
    ours = DeidentificationRunFacet(run.policy_sha256, run.key_id, dict(run.versions or {}))
    facets: dict[str, RunFacet] = {"parent": parent, "deidflow_run": ours}
    if error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(error.__name__, "Python")
    return facets


def _content(item: Dataset) -> dict[str, DatasetFacet]:
    return {
        "version": dataset_version_dataset.DatasetVersionDatasetFacet(item.sha256),
        "deidflow_content": ContentFacet(item.sha256, item.media_type),
    }


def _name(item: Dataset) -> tuple[str, str]:
    return f"{NAMESPACE}://{_named(item.place)}", _named(item.asset_id)


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise UsageError("a name in lineage has letters, digits and _.:- only")
    return name


def _flow_uuid(flow_run_id: str) -> UUID:
    try:
        return UUID(flow_run_id)
    except ValueError:
        return uuid5(NAMESPACE_OID, flow_run_id)
