"""The course's own errors are one line in a notebook."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from course_lib import errors

KINDS = [errors.SetUpError, errors.DataError, errors.CheckpointError, errors.TrainingError]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    return InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_a_course_error_and_a_runtime_error(kind):
    assert issubclass(kind, errors.CourseError)
    assert issubclass(kind, RuntimeError)


def test_a_notebook_shows_the_message_and_no_traceback(shell, capsys):
    shell.run_cell(
        "from course_lib.errors import DataError\n"
        "def inner():\n    raise DataError('the file is damaged. Remedy: restore it.')\n"
        "inner()"
    )
    assert capsys.readouterr().out.strip() == "DataError: the file is damaged. Remedy: restore it."


def test_an_ordinary_error_keeps_its_traceback(shell, capsys):
    shell.run_cell("raise ValueError('wrong argument')")
    assert "Traceback" in capsys.readouterr().out
