"""One execution of a notebook in a soak: with the settings asked for, and told with its failures and its numbers."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools.soak_arithmetic import ARITHMETIC
from tools.soak_lane import Lane, outcome


@pytest.mark.parametrize(
    ("code", "failures", "expected"),
    [
        (0, [], "passed"),
        (1, ["Cell 1: Cell outputs differ"], "failed"),
        (1, ["Cell 1: Timeout of 300 seconds exceeded while executing cell."], "timeout"),
        (-9, ["killed"], "broken"),
        (2, [], "broken"),
    ],
)
def test_outcomes(code, failures, expected):
    assert outcome(code, failures) == expected


def executed(folder, *sources, settings=None):
    notebook = new_notebook(cells=[new_code_cell(source, execution_count=1) for source in sources])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "a.ipynb")
    return Lane()(str(folder / "a.ipynb"), threads=1, settings=settings)


def test_a_real_notebook_that_fails_is_told_with_its_cell_and_message(tmp_path):
    found = executed(tmp_path, "assert 1 + 1 == 3, 'arithmetic'")
    assert found["outcome"] == "failed"
    assert len(found["failures"]) == 1
    assert found["failures"][0].startswith("Cell 0: ")
    assert "AssertionError" in found["failures"][0]
    assert "\x1b" not in json.loads(json.dumps(found))["failures"][0]


def test_a_kernel_has_the_settings_and_what_it_measures_is_written_down(tmp_path):
    found = executed(
        tmp_path,
        "import os\nassert os.environ['MKL_CBWR'] == 'COMPATIBLE'\nassert os.environ['COURSE_THREADS'] == '1'",
        "from course_lib.checks.report import measured\ntry:\n    measured('x', 0.5, at_least=0.6)\n"
        "except AssertionError:\n    measured('y', 2, at_least=1, at_most=3)\nelse:\n    assert False",
        settings={"MKL_CBWR": "COMPATIBLE"},
    )
    (message,) = found["failures"]  # cell 1 prints what is not stored; nothing else is wrong
    assert message.startswith("Cell 1: ")
    assert "Unexpected output fields" in message
    assert found["measured"] == [["x", 0.5, 0.6, None], ["y", 2.0, 1, 3]]


@pytest.mark.parametrize("name", ["float32", "avx+mkl"])
def test_an_older_processor_has_no_bfloat16(tmp_path, name):  # tells something where the processor has it
    code = "from course_lib import runtime\nassert runtime.training_dtype() == runtime.torch.float32"
    found = executed(tmp_path, code, settings=ARITHMETIC[name])
    assert found["outcome"] == "passed", found["failures"]
