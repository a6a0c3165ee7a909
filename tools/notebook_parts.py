"""The parts that every notebook has in common: badge, set-up cell, exercises, the lines of minutes and new words."""

import math
import re
import tomllib
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
EXERCISE = re.compile(r"^### Exercise (\d+\.\d+)\. .+\((easy|medium|hard), (\d+) min\)$", re.MULTILINE)
TIME_LINE = re.compile(r"^\*\*Time:\*\* .*$", re.MULTILINE)
WORDS_LINE = re.compile(r"^\*\*New words:\*\* .*$", re.MULTILINE)  # written by tools/glossary.py
WORDS_PER_MINUTE = 150  # slower than a novel: formulas and code are in between


def notebook_paths() -> list[Path]:
    """Return all notebooks in reading order, then the solutions."""
    return sorted(NOTEBOOKS.glob("*.ipynb")) + sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def settings() -> dict:
    """Return pyproject.toml as a dictionary."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def repository() -> str:
    """Return OWNER/NAME of the repository on GitHub, the one setting in pyproject.toml."""
    return settings()["tool"]["course"]["repository"]


def badge(path: Path) -> str:
    """Return the "Open in Colab" badge of a notebook."""
    return (
        "[![Open In Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        f"(https://colab.research.google.com/github/{repository()}/blob/main/{path.relative_to(ROOT).as_posix()})"
    )


# JupyterLab shows three dots in place of the cell's code, Colab the title in its first line; a click opens it.
SETUP_METADATA = {"cellView": "form", "jupyter": {"source_hidden": True}}


def setup_cell() -> str:
    """Return the source of the second cell, the same in every notebook."""
    template = (ROOT / "tools" / "setup_cell.py.txt").read_text(encoding="utf-8").rstrip()
    # the first OWNER/NAME is the address; the others ask whether it is still to be written
    return template.replace("OWNER/NAME", repository(), 1).replace(
        "VERSION", settings()["project"]["version"]
    )


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def markdown(notebook: nbformat.NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def outputs_text(cell: nbformat.NotebookNode) -> str:
    """Return all text that a code cell printed or returned."""
    parts = []
    for output in cell.outputs:
        parts.append(output.get("text", ""))
        parts.extend(str(value) for kind, value in output.get("data", {}).items() if kind.startswith("text/"))
    return "".join(parts)


def reading_minutes(notebook: nbformat.NotebookNode) -> int:
    """Return an estimate of the minutes to read the prose, the list of new words and exercises not counted."""
    return math.ceil(len(WORDS_LINE.sub("", markdown(notebook)).split()) / WORDS_PER_MINUTE)


def exercise_minutes(notebook: nbformat.NotebookNode) -> int:
    """Return the sum of the minutes that the exercises' headings give."""
    return sum(int(minutes) for _, _, minutes in EXERCISE.findall(markdown(notebook)))


def time_line(notebook: nbformat.NotebookNode, seconds: float) -> str:
    """Return the line of the first cell that tells how long the notebook takes."""
    exercises = exercise_minutes(notebook)
    practice = f", {exercises} minutes for the exercises" if exercises else ""
    return (
        f"**Time:** {reading_minutes(notebook)} minutes to read{practice}; "
        f"it runs in {rounded_seconds(seconds)} seconds on two CPU cores."
    )


def rounded_seconds(seconds: float) -> int:
    """Return the seconds rounded up to the next five: machines differ by more than that.

    >>> rounded_seconds(11.2)
    15
    """
    return 5 * math.ceil(seconds / 5)
