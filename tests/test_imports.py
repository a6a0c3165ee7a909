"""Imports run one way and never in a circle; importing the package loads nothing heavy; nothing is unpickled."""

import ast
import graphlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "course_lib").rglob("*.py"))
# what each room may import beside itself; `errors` is at the bottom, and open to all
MAY_IMPORT = {
    "errors": set(),
    "runtime": set(),
    "history": set(),
    "losses": set(),
    "layers": set(),
    "datasets": set(),
    "metrics": set(),
    "models": {"layers"},
    "training": {"runtime", "history", "losses", "datasets", "metrics"},
    "inspection": set(),
    "plots": {"history"},
    # the GAN lab builds its own small networks and data: it opens with one call; other models come in as arguments
    "widgets": {"plots", "layers", "training", "datasets", "losses", "metrics", "models", "inspection"},
    "checks": {"layers", "losses", "models"},
}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path, source=None):
    """Return the dotted names of everything a file imports, at its top or inside functions."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    found = set()
    for node in ast.walk(ast.parse(source if source is not None else path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def wrong_imports(path, source=None):
    room = path.relative_to(ROOT / "course_lib").with_suffix("").parts[0]
    allowed = MAY_IMPORT.get(room, set()) | {room, "errors"}
    return sorted(
        name
        for name in imported_modules(path, source)
        if name.split(".")[0] in ("tests", "tools", "notebooks", "benchmarks")
        or (name.startswith("course_lib.") and name.split(".")[1] not in allowed)
    )


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_each_file_imports_only_rooms_below_it(path):
    room = path.relative_to(ROOT / "course_lib").with_suffix("").parts[0]
    assert room in MAY_IMPORT or room == "__init__", f"{room} is no room of the design"
    assert wrong_imports(path) == []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("datasets", "from course_lib.training import classifier"),
        ("metrics", "import course_lib.plots.style"),
        ("models", "from ..training.classifier import fit_classifier"),
        ("plots", "def f():\n    from course_lib.training.classifier import fit_classifier"),
        ("plots", "from course_lib import checks"),
        ("checks", "from tools.notebook_parts import read"),
        ("layers", "from course_lib import models"),
    ],
)
def test_an_import_in_the_wrong_direction_is_found(room, source):
    assert wrong_imports(ROOT / "course_lib" / room / "new.py", source) != []


def test_there_is_no_circle():
    graph = {module_name(path): imported_modules(path) for path in FILES}
    within = {name: (imports & graph.keys()) - {name, "course_lib"} for name, imports in graph.items()}
    assert sum(len(imports) for imports in within.values()) > 10
    order = list(
        graphlib.TopologicalSorter(within).static_order()
    )  # raises CycleError, which names the circle
    assert set(order) | {"course_lib"} == graph.keys()


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_names_are_imported_one_by_one_and_nothing_is_unpickled(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert [alias.name for alias in node.names] != ["*"]
    assert imported_modules(path).isdisjoint({"pickle", "torch.load", "joblib", "dill", "shelve"})
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not {"torch.load", "np.load", "numpy.load"} & set(calls)


def modules_loaded_by(statement):
    code = f"import sys; {statement}; print(*sorted(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(result.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    loaded = modules_loaded_by("import course_lib")
    assert "course_lib" in loaded
    assert loaded.isdisjoint({"torch", "torchvision", "matplotlib", "numpy", "IPython", "ipywidgets"})


@pytest.mark.parametrize(("before", "after"), [(None, "2000"), ("0", "0")])
def test_the_package_asks_idle_threads_to_sleep_unless_told_otherwise(before, after):
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    environment |= {"GOMP_SPINCOUNT": before} if before else {}
    code = "import course_lib, os; print(os.environ['GOMP_SPINCOUNT'])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    assert result.stdout.strip() == after


def test_training_loads_no_plots():
    loaded = modules_loaded_by("import course_lib.training.classifier")
    assert "torch" in loaded
    assert not {name for name in loaded if name.startswith(("course_lib.plots", "course_lib.checks"))}
