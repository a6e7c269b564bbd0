"""Models of one's own, named by a policy through their folder and its hash; and detectors of other packages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import spacy
from typer.testing import CliRunner

from deid_core import ingest, manifest, pipeline, registry, resources, verify
from deid_core.detect import ner_own
from deid_core.entities import EntityType
from deid_core.errors import PolicyError, UsageError
from deid_core.keys import ProjectKey
from deid_core.model import Plan
from deid_core.policy import OWN, Policy, load_policy, parse_policy
from deid_core.ports import TextQuery
from deployments.cli.app import app
from tasks.policy_file import written

HEAD = """
name = "own"
version = "1"
title = "With a model of our own"
basis = "45 CFR 164.514(b)(2)"
release_class = "de-identified"
{detectors}
[default]
action = "mask_label"
"""
DETECTORS = 'detectors = ["columns", "patterns", "known_values", "ner_own"]'
NOTE = b"Seen in the Zebrawood unit by Quillon; afebrile. QUILLON will call the blimpomycin clinic.\n"


def trained(folder: Path, **patterns: str) -> Path:
    """Write a spaCy pipeline that finds each of the words as its label; a rule stands in for training here."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns([{"label": label, "pattern": word} for label, word in patterns.items()])
    nlp.to_disk(folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a model that knows a ward, a person and a drug."""
    return trained(tmp_path / "ward-model", WARD="Zebrawood", PER="Quillon", DRUG="blimpomycin")


@pytest.fixture
def written_policy(folder: Path) -> Callable[..., Path]:
    """Give a function that writes a policy with the model beside it, and returns its path."""

    def write(
        digest: str = "", labels: str = 'WARD = "FACILITY", PER = "NAME", DRUG = ""', path: str = "ward-model"
    ) -> Path:
        own = f'\n[[models]]\nname = "ward"\npath = "{path}"\nsha256 = "{digest or ner_own.digest_of(folder)}"\n'
        file = folder.parent / "own.toml"
        file.write_text(HEAD.format(detectors=DETECTORS) + own + f"labels = {{ {labels} }}\n")
        return file

    return write


def planned(policy: Policy, key: ProjectKey, data: bytes = NOTE) -> tuple[pipeline.Identified, Plan]:
    """Return what the core finds in a note."""
    whose = pipeline.identify(ingest.read(data, "note.txt", "a1", key), policy, key)
    return whose, pipeline.plan(whose, sha256(data).hexdigest(), policy, key)


def test_a_model_beside_the_policy_is_used(written_policy: Callable[..., Path], key: ProjectKey) -> None:
    """Its ward and its person go under our labels, in capitals too; what it knows and the policy ignores stays."""
    policy = load_policy(str(written_policy()))
    whose, chosen = planned(policy, key)
    text = ingest.write(pipeline.apply(whose.document, chosen, policy, key)).decode()
    assert text == "Seen in the <FACILITY> by <NAME>; afebrile. <NAME> will call the blimpomycin clinic.\n"
    assert {one.finding.rule for one in chosen.decisions} == {"ward:WARD", "ward:PER", "ward:PER:bare"}
    assert not verify.residual(whose, chosen, text.encode(), policy, key).left


def test_its_hash_is_recorded(written_policy: Callable[..., Path], key: ProjectKey, folder: Path) -> None:
    """The plan names the model by its hash, and so does the manifest, whether it found anything or not."""
    policy = load_policy(str(written_policy()))
    digest = ner_own.digest_of(folder)
    assert dict(planned(policy, key)[1].versions)[OWN] == f"ward-{digest[:12]}"
    held = manifest.build([], [], policy, key.key_id, {"mode": "none", "decided_by": [], "decision": "not_asked"})
    assert held["policy"]["models"] == {"ward": digest}


def test_the_policys_hash_is_the_models_and_not_its_path(written_policy: Callable[..., Path], folder: Path) -> None:
    """The same model elsewhere is the same policy; another model under the name is another policy."""
    one = load_policy(str(written_policy()))
    moved = folder.rename(folder.parent / "moved")
    digest = ner_own.digest_of(moved)
    assert load_policy(str(written_policy(digest, path="moved"))).sha256 == one.sha256
    assert load_policy(str(written_policy("0" * 64))).sha256 != one.sha256
    assert parse_policy(written(one)).sha256 == one.sha256


def test_a_policy_without_models_keeps_its_hash() -> None:
    """What was named before models of one's own could be keeps its name."""
    told = json.loads(load_policy("safe_harbor").model_dump_json())
    assert told["models"] == []
    assert Policy.model_validate({name: held for name, held in told.items() if name != "models"}).sha256 == (
        load_policy("safe_harbor").sha256
    )


def test_changed_files_are_not_loaded(written_policy: Callable[..., Path], folder: Path, key: ProjectKey) -> None:
    """A byte changed since the policy was written ends the run before a text is read, in every way of asking."""
    changed = trained(folder.parent / "changed", WARD="Zebrawood", PER="Quillon", DRUG="sertapomycin")
    path = written_policy(ner_own.digest_of(changed), path="changed")
    with (changed / "meta.json").open("a") as file:
        file.write("\n")
    with pytest.raises(PolicyError, match="SHA-256"):
        planned(load_policy(str(path)), key)
    done = CliRunner().invoke(app, ["policy", "check", str(path)])
    assert isinstance(done.exception, PolicyError)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ('WARD = "FACILITY", DRUG = ""', "what these mean: PER"),
        ('WARD = "KIOSK"', "labels"),
        ('WARD = ""', "DRUG, PER"),
    ],
)
def test_a_label_that_nobody_told_is_refused(
    written_policy: Callable[..., Path], key: ProjectKey, labels: str, said: str
) -> None:
    """A policy says what each label of a foreign model means, in labels that are ours."""
    with pytest.raises(PolicyError, match=said):
        planned(load_policy(str(written_policy(labels=labels))), key)


def test_what_is_no_model_is_refused(written_policy: Callable[..., Path], tmp_path: Path, key: ProjectKey) -> None:
    """An empty folder, none at all, a pipeline that finds nothing, and one that does not load."""
    with pytest.raises(PolicyError, match="no spaCy pipeline"):
        planned(load_policy(str(written_policy("0" * 64, path="nowhere"))), key)
    spacy.blank("en").to_disk(tmp_path / "blank")
    digest = ner_own.digest_of(tmp_path / "blank")
    with pytest.raises(PolicyError, match="no component that finds"):
        planned(load_policy(str(written_policy(digest, path="blank"))), key)
    (tmp_path / "blank" / "config.cfg").write_text("[nlp]\nlang = 'xx-nobody'\n")
    digest = ner_own.digest_of(tmp_path / "blank")
    with pytest.raises(PolicyError, match="cannot be loaded"):
        planned(load_policy(str(written_policy(digest, path="blank"))), key)


@pytest.mark.parametrize(
    ("detectors", "models"),
    [
        (DETECTORS, ""),
        ('detectors = ["patterns"]', '\n[[models]]\nname = "a"\npath = "a"\nsha256 = "%s"\n' % ("0" * 64)),
    ],
    ids=["the_detector_alone", "the_model_alone"],
)
def test_the_detector_and_its_models_come_together(detectors: str, models: str) -> None:
    """A model that no detector reads, and a detector without a model, are mistakes and not silence."""
    with pytest.raises(PolicyError, match="both or neither"):
        parse_policy(HEAD.format(detectors=detectors) + models)


def test_without_detectors_a_policy_with_models_reads_them() -> None:
    """The default detectors of a language, and the one for models of one's own."""
    model = f'\n[[models]]\nname = "a"\npath = "a"\nsha256 = "{"0" * 64}"\n'
    assert parse_policy(HEAD.format(detectors="") + model).detectors[-1] == OWN
    assert OWN not in parse_policy(HEAD.format(detectors="")).detectors


def test_the_command_tells_how_a_policy_names_a_model(folder: Path, tmp_path: Path) -> None:
    """What `model check` prints is what a policy holds; a label without a meaning is named."""
    asked = ["model", "check", str(folder), "--name", "ward", "--label", "WARD=FACILITY", "--label", "PER=NAME"]
    done = CliRunner().invoke(app, asked)
    assert isinstance(done.exception, PolicyError)
    assert "DRUG" in str(done.exception)
    done = CliRunner().invoke(app, [*asked, "--label", "DRUG="])
    assert done.exit_code == 0, done.output
    policy = parse_policy(HEAD.format(detectors="") + done.stdout)
    assert policy.models[0].labels["DRUG"] == ""
    assert policy.models[0].sha256 == ner_own.digest_of(folder)


OUTSIDE = '''
from deid_core.entities import EntityType
from deid_core.model import Span


class Badges:
    """Find a badge's colour."""

    name, version, needs_prose = "badges", "7", True

    def __init__(self, policy):
        """Take a policy."""

    def find(self, queries):
        """Return each place of the word."""
        found = ((query.text.find("heliotrope"), query) for query in queries)
        return [[Span(at, at + 10, EntityType.ID, 0.9, "badge")] if at >= 0 else [] for at, _ in found]
'''


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a package with a detector of text beside ours, as pip would."""
    (tmp_path / "badges_of_ours.py").write_text(OUTSIDE)
    info = tmp_path / "badges_of_ours-7.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: badges-of-ours\nVersion: 7\n")
    (info / "entry_points.txt").write_text("[deidflow.detectors]\nbadges = badges_of_ours:Badges\n")
    monkeypatch.syspath_prepend(tmp_path)
    registry.names.cache_clear()
    registry.load.cache_clear()
    yield
    registry.names.cache_clear()
    registry.load.cache_clear()


@pytest.mark.usefixtures("outside")
def test_a_detector_of_another_package_reads_texts(key: ProjectKey) -> None:
    """A policy names it, it is asked about every text, and its version is recorded; before, it was never asked."""
    policy = parse_policy(HEAD.format(detectors='detectors = ["patterns", "badges"]'))
    whose, chosen = planned(policy, key, b"Badge heliotrope, ward round.\n")
    assert [(one.finding.detector, one.finding.entity_type) for one in chosen.decisions] == [("badges", EntityType.ID)]
    assert ingest.write(pipeline.apply(whose.document, chosen, policy, key)) == b"Badge <ID>, ward round.\n"
    assert dict(chosen.versions) == {"badges": "7"}
    listed = {one.name: one for one in resources.resources(policy, kind="detector")}
    assert listed["badges"].version == "7"
    assert listed["badges"].used


def test_models_of_ones_own_answer_each_query(written_policy: Callable[..., Path]) -> None:
    """Empty, blank and equal texts each have their answer, in order."""
    detector = ner_own.OwnNer(load_policy(str(written_policy())))
    found = detector.find([TextQuery(text) for text in ("", "By Quillon.", " ", "By Quillon.")])
    assert [len(spans) for spans in found] == [0, 1, 0, 1]


class TestResources:
    """What a policy can pick from."""

    def test_everything_has_a_kind_and_a_version(self) -> None:
        """No name twice within a kind, a version for all that is installed, and each name of the registry."""
        found = resources.resources()
        assert len({(one.kind, one.name) for one in found}) == len(found)
        assert all(one.version or one.missing or one.kind == "ocr" for one in found)
        kinds = {"detectors": "detector", "operators": "operator", "readers": "reader", "ocr": "ocr"}
        for group, kind in kinds.items():
            assert {one.name for one in found if one.kind == kind} == set(registry.names(group))
        assert {"model", "rules", "words", "language", "policy"} <= {one.kind for one in found}

    def test_a_policys_own_come_with_it(self, written_policy: Callable[..., Path], folder: Path) -> None:
        """Its patterns, lists and models, and what it uses of ours; no value of a list is shown."""
        path = written_policy()
        more = '\n[[patterns]]\nname = "badge"\nentity_type = "ID"\nregex = "B-[0-9]+"\n[deny]\nNAME = ["Orpington"]\n'
        path.write_text(path.read_text() + more)
        done = CliRunner().invoke(app, ["resources", "--policy", str(path), "--json"])
        found = {(one["kind"], one["name"]): one for one in json.loads(done.stdout)}
        assert found["own model", "ward"]["version"] == ner_own.digest_of(folder)
        assert found["pattern", "badge"]["used"]
        assert found["deny list", "NAME"]["version"] == "1 values"
        assert "Orpington" not in done.stdout
        assert found["detector", "patterns"]["used"]
        assert not found["detector", "faces"]["used"]
        assert found["operator", "mask_label"]["used"]

    def test_only_what_reads_is_offered(self) -> None:
        """Of pixels, what reads pixels; of a kind that nobody has, a sentence that says which there are."""
        found = resources.resources(reads="pixels")
        assert {"faces", "rapidocr"} <= {one.name for one in found}
        assert "columns" not in {one.name for one in found}
        with pytest.raises(UsageError, match="nothing has the reads"):
            resources.resources(reads="smells")
        with pytest.raises(UsageError, match="nothing has the kind"):
            resources.resources(kind="prompt")
