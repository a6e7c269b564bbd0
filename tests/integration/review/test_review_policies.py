"""Policies are changed in the pages without code: each save is a version, and a run keeps the one it began with."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deid_core import registry
from deid_core.errors import PolicyError
from deid_core.policy import Policy, load_policy, parse_policy, shipped
from infra.accounts import Role
from infra.database import reading
from infra.settings import Settings
from tasks import policies
from tasks.policy_file import written
from tasks.run import describe_run, opened, workspace_of


def fields(name: str = "safe_harbor", **changes: Any) -> dict[str, Any]:
    """Return a shipped policy's fields with some changed, as the form sends them."""
    held = {**load_policy(name).model_dump(mode="json"), **changes}
    return {field: value for field, value in held.items() if field not in ("name", "version")}


def saved(client: Any, name: str, expected: int, **changes: Any) -> Any:
    """Save a policy and return the answer."""
    return client.post(f"/api/policies/{name}", json={"expected": expected, "policy": fields(**changes)})


def audited(desk: Any) -> list[tuple[str, str, str]]:
    """Return who did what to what, of all that is in the audit."""
    with reading(desk.url) as session:
        held = session.connection().exec_driver_sql("SELECT agent, activity, entity FROM audit_record").all()
    return [tuple(row) for row in held]


def test_a_saved_policy_is_what_a_run_goes_by(desk: Any, tmp_path: Path) -> None:
    """A version more with each change, none without one; a run finds the last or the named one, and keeps it."""
    steward = desk.signed_in(Role.STEWARD)
    first = saved(steward, "ours", 0, purpose="Registry")
    assert (first.status_code, first.json()["number"], first.json()["who"]) == (201, 1, "steward")
    rules = fields()["rules"] | {"AGE": {"action": "keep", "params": {}, "min_score": 0, "review_below": 0}}
    second = saved(steward, "ours", 1, purpose="Registry", rules=rules)
    assert second.json()["number"] == 2
    assert saved(steward, "ours", 2, purpose="Registry", rules=rules).json()["number"] == 2
    shown = steward.get("/api/policies/ours").json()
    assert (shown["number"], shown["policy"]["version"], shown["policy"]["rules"]["AGE"]["action"]) == (2, "2", "keep")
    assert {"ours": False, "safe_harbor": True}.items() <= {
        one["name"]: one["shipped"] for one in steward.get("/api/policies").json()
    }.items()
    describe_run("run-last", str(tmp_path), "ours", "required", "")
    describe_run("run-first", str(tmp_path), "ours@1", "required", "")
    assert opened("run-last").policy.sha256 == second.json()["sha256"]
    assert opened("run-first").policy.sha256 == first.json()["sha256"]
    assert saved(steward, "ours", 2, purpose="Changed").json()["number"] == 3
    describe_run("run-last", str(tmp_path), "ours", "required", "")  # as a run that resumes
    assert opened("run-last").policy.purpose == "Registry"
    assert ("steward", "policy.saved", "policy:ours@2") in audited(desk)


def test_a_saved_policy_is_a_file_that_the_command_takes(desk: Any) -> None:
    """What comes down is TOML, whole; what is older is there by its number; what is not, is not there."""
    client = desk.signed_in(Role.STEWARD)
    saved(client, "ours", 0, allow=['Lakeside "Protocol" \\ 😀'])
    saved(client, "ours", 1, allow=[])
    down = client.get("/api/policies/ours/file", params={"number": 1})
    assert parse_policy(down.text).sha256 == client.get("/api/policies/ours", params={"number": 1}).json()["sha256"]
    assert tomllib.loads(down.text)["allow"] == ['Lakeside "Protocol" \\ 😀']
    for missing in ("/api/policies/ours?number=3", "/api/policies/theirs", "/policies/theirs", "/api/policies/..%2Fx"):
        assert client.get(missing).status_code == 404, missing


def test_what_a_policy_can_name_is_listed(desk: Any) -> None:
    """Each with its kind and version; of a policy, what it uses; only what reads a kind of part; nothing else."""
    client = desk.signed_in(Role.STEWARD)
    saved(client, "ours", 0, detectors=["patterns", "columns"], deny={"NAME": ["Orpington"]})
    found = client.get("/api/resources", params={"policy": "ours"})
    held = {(one["kind"], one["name"]): one for one in found.json()}
    assert held["detector", "patterns"]["used"]
    assert not held["detector", "faces"]["used"]
    assert held["model", "en_deid_minilm"]["version"]
    assert held["deny list", "NAME"]["version"] == "1 values"
    assert "Orpington" not in found.text
    pixels = client.get("/api/resources", params={"reads": "pixels", "kind": "detector"}).json()
    assert "faces" in {one["name"] for one in pixels}
    assert "columns" not in {one["name"] for one in pixels}
    for wrong, status in (({"kind": "prompt"}, 422), ({"reads": "smells"}, 422), ({"policy": "theirs"}, 404)):
        assert client.get("/api/resources", params=wrong).status_code == status
    page = client.get("/policies/ours").text
    assert page.count('name="detectors"') == len(registry.names("detectors"))


@pytest.mark.parametrize(
    ("name", "expected", "changes", "status", "says"),
    [
        ("safe_harbor", 0, {}, 422, "never change"),
        ("Ours", 0, {}, 422, "small letters"),
        ("ours", 1, {}, 409, "meanwhile"),
        ("ours", 0, {"rules": {"NAME": {"action": "shred"}}}, 422, "shred"),
        ("ours", 0, {"rules": {"PET": {"action": "keep"}}}, 422, "rules.PET"),
        ("ours", 0, {"review": {"people": 3, "steps": 2}}, 422, "not both"),
        ("ours", 0, {"reversible": True}, 422, "pseudonymised"),
        ("ours", 0, {"dicom": {"options": ["retain_everything"]}}, 422, "retain_everything"),
        ("ours", 0, {"deny": {"NAME": 7712345}}, 422, "deny.NAME"),
        ("ours", 0, {"surprise": "Jane Canary"}, 422, "surprise"),
    ],
)
def test_a_policy_that_does_not_hold_is_not_saved(
    desk: Any, name: str, expected: int, changes: dict[str, Any], status: int, says: str
) -> None:
    """Each field that does not hold is named with why, and what was typed in it is not repeated."""
    client = desk.signed_in(Role.STEWARD)
    answer = saved(client, name, expected, **changes)
    assert (answer.status_code, says in answer.text) == (status, True), answer.text
    assert "Canary" not in answer.text
    assert "7712345" not in answer.text
    assert policies.names(workspace_of(Settings())) == []


def test_two_who_save_at_once_overwrite_nothing(desk: Any) -> None:
    """Of two who saw the same version one saves and the other is told; versions are never written again."""
    client, store = desk.signed_in(Role.STEWARD), workspace_of(Settings())
    saved(client, "ours", 0)
    assert saved(client, "ours", 1, purpose="mine").status_code == 201
    assert saved(client, "ours", 1, purpose="theirs").status_code == 409
    assert next(one.policy.purpose for one in policies.versions(store, "ours")) == "mine"
    store.put("policies/ours/000003.toml", b"# between\n")
    with pytest.raises(policies.Outdated):
        policies.save(store, "ours", fields(purpose="later"), 2, "stu")


def test_only_a_steward_saves_and_everybody_with_batches_reads(desk: Any) -> None:
    """The page shows each policy as a form; who may not save it gets it without the button."""
    saved(desk.signed_in(Role.STEWARD), "ours", 0)
    for role in Role:
        client = desk.signed_in(role)
        may_read, may_save = role is not Role.ADMIN, role is Role.STEWARD
        assert (client.get("/policies").status_code == 200) == may_read, role
        assert (saved(client, "more", 0).status_code == 201) == may_save, role
        for name in ("ours", *shipped()):
            page = client.get(f"/policies/{name}")
            assert (page.status_code == 200) == may_read, (role, name)
            assert ("Save as a new version" in page.text) == may_save, (role, name)


def test_a_run_is_begun_only_where_a_flow_is_served(desk: Any) -> None:
    """Without a server of Prefect it says so, and audits nothing; a policy that is not there is refused before."""
    client = desk.signed_in(Role.STEWARD)
    where = f"/api/batches/{desk.batch}/rerun"
    assert client.post(where, json={"policy": "theirs"}).status_code == 422
    assert client.post(where, json={"policy": "ours@x"}).status_code == 422
    assert client.post(where, json={"policy": "safe_harbor", "review": "none"}).status_code == 422
    answer = client.post(where, json={"policy": "safe_harbor"})
    assert (answer.status_code, "no flow is served" in answer.text) == (503, True), answer.text
    assert "run.asked" not in str(audited(desk))


WORDS = st.text(st.characters(codec="utf-8"), max_size=12)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(
    allow=st.lists(WORDS, max_size=3),
    columns=st.dictionaries(WORDS, st.sampled_from(["keep", "text", "NAME"]), max_size=3),
    deny=st.dictionaries(st.sampled_from(["FACILITY", "NAME"]), st.lists(WORDS, max_size=2), max_size=2),
    share=st.floats(0, 1),
    regex=WORDS,
)
def test_what_is_written_is_read_as_the_same_policy(
    allow: list[str], columns: dict[str, str], deny: dict[str, list[str]], share: float, regex: str
) -> None:
    """Whatever words, names of columns, numbers and expressions a policy has: the file means the same, to the hash."""
    patterns = [{"name": "own", "entity_type": "ID", "regex": regex, "score": share}]
    changes = {"allow": allow, "columns": columns, "deny": deny, "review_sample": share, "patterns": patterns}
    held = Policy.model_validate({**fields(**changes), "name": "ours", "version": "1"})
    assert parse_policy(written(held)).sha256 == held.sha256


@pytest.mark.parametrize("name", ["theirs", "ours@0", "ours@x", "../ours", "ours@999999"])
def test_a_policy_that_is_nowhere_is_no_policy(desk: Any, name: str) -> None:
    """A run that asks for it ends before it reads anything."""
    with pytest.raises(PolicyError):
        policies.named(workspace_of(Settings()), name)
