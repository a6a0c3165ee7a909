"""The pieces of the Colab test; the test itself re-executes every notebook and is a command of its own."""

import os
import re
import subprocess
import sys
import tomllib

from packaging.requirements import Requirement

from tools import colab_test
from tools.notebook_parts import ROOT

PINS = [
    Requirement(line)
    for line in (ROOT / "requirements-colab.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_a_python_that_starts_beside_the_stub_is_on_colab(tmp_path):
    stub = colab_test.write_stub(tmp_path)
    code = "import sys; print('google.colab' in sys.modules)"
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
        ).stdout.strip()
        for path in (str(stub), "")
    ]
    assert found == ["True", "False"]


def test_the_course_is_copied_whole_and_without_what_git_ignores(tmp_path):
    course = colab_test.copy_course(tmp_path / "course")
    assert (course / "pyproject.toml").exists()
    assert (course / "data" / "checkpoints" / "fashion_cnn.safetensors").exists()
    assert not (course / "build").exists()
    assert not (course / ".git").exists()


def test_colabs_versions_are_within_the_ranges_that_the_course_supports():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = {each.name: each.specifier for each in map(Requirement, project["dependencies"])}
    pinned = {each.name: next(iter(each.specifier)).version for each in PINS if each.specifier}
    assert {"torch", "torchvision", "numpy", "matplotlib", "ipywidgets"} <= pinned.keys()
    assert all(pinned[name] in ranges[name] for name in ranges.keys() & pinned.keys())


def test_what_the_set_up_cell_brings_is_not_installed_beforehand():
    cell = (ROOT / "tools" / "setup_cell.py.txt").read_text(encoding="utf-8")
    brought = re.search(r"needed = \[(.*)\]", cell)[1]
    assert all(name in brought for name in colab_test.BROUGHT if name != "course-lib")
    assert not {each.name for each in PINS} & set(colab_test.BROUGHT)


def test_every_notebook_begins_without_the_course(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(colab_test, "interpreter", lambda venv: ROOT / "pyproject.toml")  # exists
    monkeypatch.setattr(colab_test, "copy_course", lambda target: target)
    monkeypatch.setattr(colab_test, "forget_course", lambda python: done.append("forget"))
    monkeypatch.setattr(colab_test, "run_alone", lambda path, *others: done.append(path.name) or True)
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / name).touch()
    assert colab_test.main([str(tmp_path / "a.ipynb"), str(tmp_path / "b.ipynb")]) == 0
    assert done == ["forget", "a.ipynb", "forget", "b.ipynb", "forget"]


def test_a_notebook_that_fails_is_named_and_fails_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(colab_test, "interpreter", lambda venv: ROOT / "pyproject.toml")  # exists
    monkeypatch.setattr(colab_test, "copy_course", lambda target: target)
    monkeypatch.setattr(colab_test, "forget_course", lambda python: None)
    monkeypatch.setattr(colab_test, "run_alone", lambda path, *others: path.name == "a.ipynb")
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / name).touch()
    assert colab_test.main([str(tmp_path / "a.ipynb"), str(tmp_path / "b.ipynb")]) == 1
    assert "1 of 2 notebooks passed" in (said := capsys.readouterr().out)
    assert said.endswith("Failed: b.ipynb\n")


def test_without_the_environment_one_line_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(colab_test, "VENV", tmp_path / "none")
    assert colab_test.main([]) == 1
    assert "make colab-test" in capsys.readouterr().out


def test_a_notebook_that_is_not_there_is_named(monkeypatch, capsys):
    monkeypatch.setattr(colab_test, "interpreter", lambda venv: ROOT / "pyproject.toml")  # exists
    assert colab_test.main(["notebooks/99_none.ipynb"]) == 1
    assert "99_none.ipynb" in capsys.readouterr().out
