"""The house is built as DESIGN draws it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from deid_core import registry
from deid_core.policy import load_policy, shipped

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("deid_core", "infra", "tasks", "flows", "deployments")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    """No module is above 400 lines and no function above 60."""
    text = path.read_text("utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= 60, node.name


def test_no_room_without_a_name_of_its_own() -> None:
    """Nothing is called utils, common, helpers, misc or manager."""
    assert not [path for path in MODULES if path.stem in {"utils", "common", "helpers", "misc", "manager"}]


def test_the_core_is_light_to_import() -> None:
    """`import deid_core` and its nouns load no heavy library."""
    heavy = "spacy", "cv2", "pydicom", "numpy", "PIL", "onnxruntime", "faker", "prefect", "dask", "sqlmodel"
    imports = "import sys, deid_core, deid_core.model, deid_core.keys, deid_core.registry"
    code = f"{imports}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group in registry.PLUGINS for name in registry.names(group)]
)
def test_every_plug_in_is_there(group: str, name: str) -> None:
    """Each registered name loads; detectors build from each shipped policy."""
    loaded = registry.load(group, name)
    if group == "detectors":
        for policy in shipped():
            built = loaded(load_policy(policy))
            assert built.name == name
            assert built.version


@pytest.mark.parametrize(
    "path", sorted((ROOT / "deid_core").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_core_has_no_clock_no_environment_and_no_chance(path: Path) -> None:
    """The core takes nothing from the machine it runs on: what it needs is passed in."""
    forbidden = {"random", "secrets", "socket", "time", "uuid", "tempfile", "requests", "urllib.request"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not forbidden & set(names)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in {
                ("os", "environ"),
                ("os", "getenv"),
                ("datetime", "now"),
                ("date", "today"),
            }


def test_tasks_and_flows_take_and_return_references_only() -> None:
    """No task or flow of Prefect has a parameter or result that could carry a document, bytes or text of one."""
    allowed = {"str", "int", "None", "Shard", "Batch", "Release", "list[Shard]", "Sequence[Shard]", "Review"}
    for path in sorted((ROOT / "tasks").glob("*.py")) + sorted((ROOT / "flows").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            if any("task" in ast.unparse(mark) or "flow(" in ast.unparse(mark) for mark in node.decorator_list):
                kinds = {ast.unparse(argument.annotation) for argument in node.args.args if argument.annotation}
                kinds.add(ast.unparse(node.returns) if node.returns else "missing")
                assert kinds <= allowed, f"{path.name}: {node.name}"
