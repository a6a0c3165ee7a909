"""The plugin's settings reach nbval."""

import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from tests.nbval_plugin import OUTPUT_TIMEOUT

ROOT = Path(__file__).resolve().parents[1]
CONFTEST = """
def pytest_collection_finish(session):
    print("found", [(item.output_timeout, "stderr" in item.parent.skip_compare) for item in session.items])
"""


def test_every_cell_waits_longer_for_its_output_and_leaves_stderr_out(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("1"), new_code_cell("2")]), tmp_path / "two.ipynb")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.nbval_plugin", "--nbval", "--collect-only", "-s",
         "-c", "/dev/null", "--rootdir", str(tmp_path), "-p", "no:cacheprovider", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert f"found {[(OUTPUT_TIMEOUT, True)] * 2}" in collected.stdout, collected.stdout + collected.stderr
