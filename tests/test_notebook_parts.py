"""The parts that all notebooks have in common, and what is measured about them."""

import ast

import nbformat
import pytest

from tests.notebook_cases import PATH, SOLUTION, good_notebook
from tools import notebook_parts
from tools.notebook_parts import (
    EXERCISE,
    badge,
    code_cells,
    exercise_minutes,
    markdown,
    notebook_paths,
    outputs_text,
    reading_minutes,
    repository,
    rounded_seconds,
    setup_cell,
    time_line,
)


def test_notebooks_come_in_reading_order_and_then_the_solutions(tmp_path, monkeypatch):
    (tmp_path / "solutions").mkdir()
    for name in ("05_b", "00_a", "solutions/00_a"):
        (tmp_path / f"{name}.ipynb").touch()
    monkeypatch.setattr(notebook_parts, "NOTEBOOKS", tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in notebook_paths()]
    assert names == ["00_a.ipynb", "05_b.ipynb", "solutions/00_a.ipynb"]


def test_the_badge_leads_to_this_notebook_in_this_repository():
    assert len(repository().split("/")) == 2
    for path, inside in (
        (PATH, "notebooks/99_guarded.ipynb"),
        (SOLUTION, "notebooks/solutions/99_guarded.ipynb"),
    ):
        address = f"https://colab.research.google.com/github/{repository()}/blob/main/{inside}"
        assert badge(path).endswith(f"({address})")


def test_the_setup_cell_names_the_repository(monkeypatch):
    monkeypatch.setattr(notebook_parts, "repository", lambda: "somebody/course")
    assert '"https://github.com/somebody/course"' in setup_cell()
    ast.parse(setup_cell())


def test_cells_and_their_text_are_told_apart():
    notebook = good_notebook()
    assert len(code_cells(notebook)) == 5
    assert "## Summary" in markdown(notebook)
    assert "check_double" not in markdown(notebook)
    assert outputs_text(code_cells(notebook)[1]) == "<Figure size 200x200>Figure: A coat.\n"


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        ("### Exercise 1.2. Pad an image (easy, 5 min)", [("1.2", "easy", "5")]),
        ("### Exercise 12.10. Words (and more) (hard, 25 min)", [("12.10", "hard", "25")]),
        ("### Exercise 1.2. Pad an image (simple, 5 min)", []),
        ("### Exercise 1. Pad an image (easy, 5 min)", []),
        ("#### Exercise 1.2. Pad an image (easy, 5 min)", []),
        ("### Exercise 1.2. (easy, 5 min)", []),
    ],
)
def test_headings_of_exercises(heading, found):
    assert EXERCISE.findall(f"text\n\n{heading}\n\ntext") == found


@pytest.mark.parametrize(("words", "minutes"), [(1, 1), (150, 1), (151, 2), (1500, 10)])
def test_reading_takes_a_minute_for_150_words(words, minutes):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("word " * words)])
    assert reading_minutes(notebook) == minutes


def test_the_line_of_minutes_adds_up():
    notebook = good_notebook()
    task = "### Exercise 99.2. Halve a tensor (hard, 10 min)"
    notebook.cells.append(nbformat.v4.new_markdown_cell(task))
    assert exercise_minutes(notebook) == 15
    line = time_line(notebook, 11.2)
    assert line == (
        "**Time:** 1 minutes to read, 15 minutes for the exercises; it runs in 15 seconds on two CPU cores."
    )
    assert notebook_parts.TIME_LINE.fullmatch(line)
    assert "exercises" not in time_line(nbformat.v4.new_notebook(), 1)


@pytest.mark.parametrize(("seconds", "rounded"), [(0.1, 5), (5, 5), (5.01, 10), (149, 150)])
def test_seconds_are_rounded_up(seconds, rounded):
    assert rounded_seconds(seconds) == rounded
