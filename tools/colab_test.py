"""Re-execute the notebooks as on Colab, without Colab: its versions, its module, and no repository around them.

    python -m tools.colab_test [notebook ...]            (or `make colab-test`; default: all, solutions too)

Each notebook lies alone in an empty folder; its environment has requirements-colab.txt, and no course_lib at first.
The set-up cell sees a stub of `google.colab` and fetches the course from `COURSE_SOURCE`, a copy of what git tracks;
the outputs are compared with the stored ones by nbval. Not tried by this: Python 3.13, which Colab has, unless the
environment was made with it; the clone from GitHub; and Colab's own pages.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.nbval import FLAGS
from tools.notebook_parts import NOTEBOOKS, ROOT, notebook_paths
from tools.student_edition import copy_files, tracked_files

VENV = ROOT / "build" / "colab-venv"
BROUGHT = ("course-lib", "torchmetrics", "lightning-utilities", "safetensors")  # by the set-up cell
STUB = {
    "google/__init__.py": "",
    "google/colab/__init__.py": '"""Stands in for Colab\'s own module."""\n',
    "google/colab/output.py": "def enable_custom_widget_manager():\n    pass\n",
    "sitecustomize.py": "import google.colab  # as Colab does before a notebook begins\n",
}


def interpreter(venv: Path) -> Path:
    """Return the Python of a virtual environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def write_stub(folder: Path) -> Path:
    """Write a package `google.colab` that every Python with `folder` on its path imports when it starts."""
    for name, content in STUB.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def copy_course(target: Path) -> Path:
    """Copy the files that git tracks, as a clone would have them."""
    copy_files(tracked_files(), target)
    return target


def forget_course(python: Path) -> None:
    """Remove what a set-up cell installed: on Colab, every notebook begins on a new machine."""
    subprocess.run([python, "-m", "pip", "uninstall", "-q", "-y", *BROUGHT], check=True, capture_output=True)


def run_alone(notebook: Path, python: Path, course: Path, stub: Path, folder: Path) -> bool:
    """Run nbval on a copy of `notebook` in the empty `folder` and return whether all its cells passed."""
    folder.mkdir(parents=True)
    alone = Path(shutil.copy(notebook, folder))
    support = folder.parent / "support" / "tests"  # nbval's plugin, and nothing else of the repository
    if not support.exists():
        support.mkdir(parents=True)
        for name in ("__init__.py", "nbval_plugin.py"):
            shutil.copy(ROOT / "tests" / name, support)
    path = os.pathsep.join((str(stub), str(support.parent)))
    environment = {**os.environ, "PYTHONPATH": path, "COURSE_SOURCE": str(course)}
    command = [str(python), "-m", "pytest", "-q", *FLAGS, "--rootdir", str(folder), str(alone)]
    return subprocess.run(command, cwd=folder, env=environment).returncode == 0


def main(arguments: list[str]) -> int:
    python = interpreter(VENV)
    if not python.exists():
        print(f"There is no {VENV}. Say make colab-test, which sets it up.")
        return 1
    paths = [Path(argument).resolve() for argument in arguments] or notebook_paths()
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        print(f"There is no {', '.join(missing)}.")
        return 1
    failed = []
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        course, stub = copy_course(root / "course"), write_stub(root / "stub")
        for path in paths:
            name = path.relative_to(NOTEBOOKS).as_posix() if path.is_relative_to(NOTEBOOKS) else path.name
            print(f"\n{name}", flush=True)
            forget_course(python)
            if not run_alone(
                path, python, course, stub, root / name.replace("/", "-").removesuffix(".ipynb")
            ):
                failed.append(name)
    forget_course(python)
    print(f"\n{len(paths) - len(failed)} of {len(paths)} notebooks passed with Colab's versions.")
    if failed:
        print("Failed: " + ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
