"""What re-executing notebooks writes: the parts in common, and the measured seconds."""

import json

import nbformat
import pytest

from tests.notebook_cases import PATH, good_notebook
from tools import execute_notebooks, notebook_parts
from tools.notebook_parts import badge


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one notebook in a folder of its own."""
    notebooks, setting = tmp_path / "notebooks", notebook_parts.repository()
    notebooks.mkdir()
    path = notebooks / PATH.name
    nbformat.write(good_notebook(), path)
    for module in (notebook_parts, execute_notebooks):
        monkeypatch.setattr(module, "ROOT", tmp_path)
        monkeypatch.setattr(module, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(execute_notebooks, "SECONDS_FILE", notebooks / "measured_seconds.json")
    monkeypatch.setattr(execute_notebooks, "setup_cell", lambda: "import this_course")
    monkeypatch.setattr(notebook_parts, "repository", lambda: setting)
    return path


def test_badge_and_setup_cell_are_written_anew_once(course):
    notebook = notebook_parts.read(course)
    notebook.cells[1].metadata.clear()
    nbformat.write(notebook, course)
    for _ in range(2):
        execute_notebooks.refresh_common_parts(course)
        notebook = notebook_parts.read(course)
        assert notebook.cells[0].source.count("Open In Colab") == 1
        assert notebook.cells[0].source.startswith(
            f"# Guarded\n\n{badge(course)}\n\nYou will be able to guard."
        )
        assert notebook.cells[1].source == "import this_course"
        assert notebook.cells[1].metadata == notebook_parts.SETUP_METADATA


def test_measured_seconds_reach_the_notebook_and_the_readme(course, tmp_path):
    row = "| 99 | [Guarded](notebooks/99_guarded.ipynb) | guard | ? | ? | ? |"
    (tmp_path / "README.md").write_text(f"# Course\n\n{row}\n| 98 | another | row | ? | ? | ? |\n")
    execute_notebooks.record_time(course, 12.3)
    execute_notebooks.write_readme_times()
    assert json.loads((course.parent / "measured_seconds.json").read_text()) == {"99_guarded.ipynb": 15}
    assert "it runs in 15 seconds" in notebook_parts.read(course).cells[0].source
    assert (tmp_path / "README.md").read_text() == (
        "# Course\n\n| 99 | [Guarded](notebooks/99_guarded.ipynb) | guard | 1 min | 5 min | 15 s |\n"
        "| 98 | another | row | ? | ? | ? |\n"
    )


def test_the_readme_shows_what_was_measured_last():
    """Fails if a minute or a second of the map was written by hand, or if a notebook has changed since."""
    text = (notebook_parts.ROOT / "README.md").read_text(encoding="utf-8")
    assert execute_notebooks.readme_with_times(text) == text, "run make notebooks for what has changed"
    for path in sorted(notebook_parts.NOTEBOOKS.glob("*.ipynb")):
        assert f"(notebooks/{path.name})" in text
    assert "? s |" not in text


def test_each_notebook_shows_what_was_measured_last():
    measured = json.loads(execute_notebooks.SECONDS_FILE.read_text(encoding="utf-8"))
    for path in sorted(notebook_parts.NOTEBOOKS.glob("*.ipynb")):
        notebook = notebook_parts.read(path)
        line = notebook_parts.time_line(notebook, measured[path.name])
        assert line in notebook.cells[0].source, f"{path.name}: run make notebooks"


def test_every_notebook_and_solution_has_been_measured():
    measured = json.loads(execute_notebooks.SECONDS_FILE.read_text(encoding="utf-8"))
    paths = {
        path.relative_to(notebook_parts.NOTEBOOKS).as_posix() for path in notebook_parts.notebook_paths()
    }
    assert set(measured) == paths
