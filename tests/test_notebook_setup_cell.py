"""What the set-up cell of each notebook does, at home, on Colab, and where course_lib is missing."""

import builtins
import subprocess
import sys

import pytest

from tools import notebook_parts
from tools.notebook_parts import setup_cell


@pytest.fixture
def installed(monkeypatch):
    commands = []
    monkeypatch.setitem(sys.modules, "course_lib", None)  # importing it raises ModuleNotFoundError
    monkeypatch.setattr(subprocess, "run", lambda command, check: commands.append(command))
    monkeypatch.setattr(notebook_parts, "repository", lambda: "somebody/course")
    monkeypatch.delenv("COURSE_SOURCE", raising=False)
    return commands


def run():
    exec(compile(setup_cell(), "setup", "exec"), {"__builtins__": builtins})


def test_on_colab_it_installs_the_course_and_leaves_torch_alone(installed, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    run()
    (command,) = installed
    assert "git+https://github.com/somebody/course" in command
    assert "--no-deps" in command


def test_a_variable_names_another_source(installed, monkeypatch):
    monkeypatch.setenv("COURSE_SOURCE", "a_local_wheel.whl")
    run()
    assert "a_local_wheel.whl" in installed[0]


def test_in_a_kernel_of_ones_own_it_says_what_to_do(installed):
    with pytest.raises(RuntimeError, match="start JupyterLab with 'make lab'"):
        run()
    assert installed == []


def test_with_course_lib_it_does_nothing(installed, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "course_lib", object())
    run()
    assert installed == []
    assert capsys.readouterr() == ("", "")
