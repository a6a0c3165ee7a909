"""A torch and a torchvision that were not built for each other are told apart in one line."""

import os
import subprocess
import sys
from importlib import metadata

import pytest

from course_lib import runtime
from course_lib.errors import SetUpError


def import_runtime_beside(torchvision_source, folder):
    """Import course_lib.runtime in a fresh process that finds this text as its torchvision."""
    (folder / "torchvision").mkdir()
    (folder / "torchvision" / "__init__.py").write_text(torchvision_source)
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    code = (
        "try:\n    import course_lib.runtime\n"
        "except Exception as error:\n    print('\\n'.join(error._render_traceback_()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_a_pair_that_does_not_fit_is_one_line_with_versions_and_remedy(tmp_path):
    printed = import_runtime_beside(
        "raise RuntimeError('operator torchvision::nms does not exist\\nand more lines')", tmp_path
    )
    assert len(printed.splitlines()) == 1
    assert printed.startswith("SetUpError: ")
    for part in (
        f"torch {metadata.version('torch')}",
        f"torchvision {metadata.version('torchvision')}",
        "operator torchvision::nms does not exist",
        "pip install -r requirements.txt",
    ):
        assert part in printed


def test_a_missing_torchvision_is_told_too(monkeypatch):
    def version(name):
        if name == "torchvision":
            raise metadata.PackageNotFoundError(name)
        return "2.0"

    monkeypatch.setattr(runtime.metadata, "version", version)
    monkeypatch.setitem(sys.modules, "torchvision", None)  # makes the import fail
    with pytest.raises(SetUpError, match=r"torch 2\.0 and no torchvision do not work together.*Remedy: "):
        runtime.verify_torch_pair()


def test_the_installed_pair_fits():
    runtime.verify_torch_pair()
