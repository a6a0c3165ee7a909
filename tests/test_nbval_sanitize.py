"""Masks hide the numbers that `measured` printed and nothing else; nbval compares all the rest."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.checks.report import measured

ROOT = Path(__file__).resolve().parents[1]


def sanitize(text):
    """Apply the masks as nbval does."""
    config = configparser.RawConfigParser()
    config.read(ROOT / "tests" / "nbval_sanitize.cfg")
    for section in config.sections():
        text = re.sub(config.get(section, "regex"), config.get(section, "replace"), text)
    return text


@given(value=st.floats(-1e9, 1e9), unit=st.sampled_from(["", "s", "images/s", "%"]))
def test_whatever_measured_prints_is_masked_and_its_band_is_not(value, unit):
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()) as out:
        measured("test accuracy, 3 seeds", value, at_least=-1e10, at_most=2.5e9, unit=unit)
    unit = f" {unit}" if unit else ""
    assert sanitize(out.getvalue()) == (
        f"test accuracy, 3 seeds: NUMBER{unit} (measured; asserted to be at least -1e+10 and at most 2.5e+09)\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "test accuracy: 0.9137",
        "accuracy: 0.91 (mean of three)",
        "shape: (2, 3) and 5 (measured by hand)",
        "loss 0.3 (measured; asserted to be at most 1)",
        "time: 3 s\n(measured; asserted to be at most 9)",
        "Exercise 5.1: correct. All 3 shapes are right.",
        "value: nan (measured; asserted to be at least 0)",
        "value: inf (measured; asserted to be at least 0)",
    ],
)
def test_other_text_is_left_alone(text):
    assert sanitize(text) == text


def test_only_the_number_is_masked_even_where_the_name_holds_one():
    assert sanitize("part: 3 of 4: 0.5 s (measured; asserted to be at most 1)") == (
        "part: 3 of 4: NUMBER s (measured; asserted to be at most 1)"
    )


def test_several_measured_lines_are_masked_one_by_one():
    lines = "a: 1 (measured; asserted to be at most 2)\nexact: 7\nb: 1e-05 s (measured; asserted to be at most 3)\n"
    assert sanitize(lines) == (
        "a: NUMBER (measured; asserted to be at most 2)\nexact: 7\nb: NUMBER s (measured; asserted to be at most 3)\n"
    )


def notebook(stored):
    """Return a notebook whose cell prints a measured and an exact line, with this text as stored output."""
    source = "print('loss: 0.25 (measured; asserted to be at most 1)')\nprint('shape: (2, 3)')"
    output = nbformat.v4.new_output("stream", name="stdout", text=stored)
    cell = nbformat.v4.new_code_cell(source, execution_count=1, outputs=[output])
    return nbformat.v4.new_notebook(
        cells=[cell],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


def test_nbval_with_our_settings_compares_all_but_the_masked_number(tmp_path):
    measured_line = "loss: 0.31 (measured; asserted to be at most 1)\n"
    stored = {
        "same": measured_line + "shape: (2, 3)\n",
        "exact_differs": measured_line + "shape: (2, 4)\n",
        "band_differs": measured_line.replace("most 1", "most 2") + "shape: (2, 3)\n",
    }
    for name, text in stored.items():
        nbformat.write(notebook(text), tmp_path / f"{name}.ipynb")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.nbval_plugin", "--nbval", "--nbval-current-env",
         "--nbval-sanitize-with", "tests/nbval_sanitize.cfg", "-p", "no:cacheprovider", "-q", "-rA", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert "2 failed, 1 passed" in result.stdout, result.stdout + result.stderr
    for name in ("exact_differs", "band_differs"):
        assert re.search(rf"FAILED .*{name}.ipynb", result.stdout)
