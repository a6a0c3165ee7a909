"""What the set-up cell of each notebook does, at home, on Colab, and where course_lib is missing."""

import builtins
import subprocess
import sys

import pytest

from tools import notebook_parts
from tools.notebook_parts import settings, setup_cell


class Commands(list):
    """The commands that were run; the one that has the word `fails` ended badly."""

    fails = ""


@pytest.fixture
def installed(monkeypatch):
    commands = Commands()
    monkeypatch.setitem(sys.modules, "course_lib", None)  # importing it raises ModuleNotFoundError

    def run(command):
        commands.append(command)
        return subprocess.CompletedProcess(command, returncode=int(commands.fails in command))

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(notebook_parts, "repository", lambda: "somebody/course")
    monkeypatch.delenv("COURSE_SOURCE", raising=False)
    return commands


def run():
    exec(compile(setup_cell(), "setup", "exec"), {"__builtins__": builtins})


@pytest.fixture
def colab(installed, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    return installed


def test_on_colab_it_fetches_the_tag_installs_the_course_and_leaves_torch_alone(colab):
    run()
    clone, install = colab
    version = settings()["project"]["version"]
    assert clone[:2] == ["git", "clone"]
    assert clone[-4:] == ["-b", f"v{version}", "https://github.com/somebody/course", "course"]
    assert install[-5:] == ["-e", "course", "torchmetrics", "lightning-utilities", "safetensors"]
    assert "--no-deps" in install
    assert sys.path[0] == "course"


def test_on_colab_a_second_run_fetches_nothing(colab, tmp_path):
    (tmp_path / "course").mkdir()
    run()
    assert [command[0] for command in colab] == [sys.executable]


@pytest.mark.parametrize(
    ("program", "said"), [("git", "v.* not fetched: no network"), ("pip", "pip did not")]
)
def test_on_colab_a_failure_is_told_in_one_line(colab, program, said):
    colab.fails = {"git": "clone", "pip": "install"}[program]
    with pytest.raises(RuntimeError, match=said) as told:
        run()
    assert "\n" not in str(told.value)
    assert len(colab) == {"git": 1, "pip": 2}[program]  # and nothing is tried after it


def test_on_colab_it_asks_for_the_address_if_there_is_none(colab, monkeypatch):
    monkeypatch.setattr(notebook_parts, "repository", lambda: "OWNER/NAME")
    with pytest.raises(RuntimeError, match="in place of OWNER/NAME"):
        run()
    assert colab == []


def test_a_variable_names_a_folder_with_the_course(installed, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_SOURCE", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path])
    run()
    assert [command[-5:-3] for command in installed] == [["-e", str(tmp_path)]]


def test_in_a_kernel_of_ones_own_it_says_what_to_do(installed):
    with pytest.raises(RuntimeError, match="start JupyterLab with 'make lab'"):
        run()
    assert installed == []


def test_with_course_lib_it_does_nothing(installed, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "course_lib", object())
    run()
    assert installed == []
    assert capsys.readouterr() == ("", "")
