"""Tag a notebook's cells for its slides by rules; tags that were set by hand stay.

    python -m tools.slide_tags notebooks/05_first_cnn.ipynb ...      (default: all)

Tagged are the title, each section, each exercise (its text only) and the summary; then, while there is room, for
each section its first picture (or, if it has no picture, its last printed result), its first formula, and further
pictures and formulas. To keep a cell off the slides, tag it `skip`.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.notebook_parts import EXERCISE, NOTEBOOKS, ROOT, outputs_text, read
from tools.slide_deck import deck, is_slide, pictures, slide_type
from tools.slide_text import blocks, excerpt, lines, parts

SECTION = re.compile(r"^## (?:\d+\. |Summary)", re.MULTILINE)
ROOM = 28  # slides that the rules fill; hands may go on
CODE_LINES, RESULT_LINES = 12, 10
ROOM_BELOW, LEAST_BELOW = 12, 7.6  # lines of a slide; those that a picture below a section's opening needs


def sections(notebook: NotebookNode) -> list[list[NotebookNode]]:
    """Return the cells of each numbered section, from its heading on, without the code of exercises."""
    found, exercise = [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            exercise = bool(EXERCISE.search(cell.source))
            if re.search(r"^## \d+\. ", cell.source, re.MULTILINE):
                found.append([])
        if found and (cell.cell_type == "markdown" or not exercise):
            found[-1].append(cell)
    return found


def is_result(cell: NotebookNode) -> bool:
    """Tell whether a code cell and what it prints fit one slide."""
    printed = outputs_text(cell).splitlines() if cell.cell_type == "code" else []
    return (
        0 < len(printed) <= RESULT_LINES
        and len(cell.source.splitlines()) <= CODE_LINES
        and "environment" not in cell.metadata.get("tags", [])
        and "widget" not in cell.metadata.get("tags", [])
        and "raises-exception" not in cell.metadata.get("tags", [])
    )


def candidates(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells that may be slides beside headings and exercises, the most important first."""
    first, formula, later = [], [], []
    for cells in sections(notebook):
        seen = [cell for cell in cells if pictures(cell) and "widget" not in cell.metadata.get("tags", [])]
        formulas = [cell for cell in cells[1:] if "$$" in cell.source and cell.cell_type == "markdown"]
        formulas = [
            cell for cell in formulas if not SECTION.search(cell.source) and not EXERCISE.search(cell.source)
        ]
        results = [cell for cell in cells if is_result(cell) and not pictures(cell)]
        first += seen[:1] or results[-1:]
        formula += formulas[:1]
        later += seen[1:] + formulas[1:]
    return first + formula + later


def below_openings(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the first picture, or last result, of each section with a short opening and nothing in between."""
    found = []
    for heading, *cells in sections(notebook):
        room = ROOM_BELOW - sum(map(lines, blocks(excerpt(parts(heading.source)[-1]))))
        if EXERCISE.search(heading.source) or room < LEAST_BELOW:
            continue
        taggable = [c for c in cells if "$$" in c.source or EXERCISE.search(c.source) or pictures(c)]
        if not taggable:
            found += [cell for cell in cells if is_result(cell) and code_lines(cell) <= room][-1:]
        elif len(pictures(taggable[0])) == 1:
            found.append(taggable[0])
    return found


def code_lines(cell: NotebookNode) -> float:
    """Return about how many lines of text a code cell and what it prints take."""
    return 2 + 0.65 * (len(cell.source.splitlines()) + len(outputs_text(cell).splitlines()))


def tag(notebook: NotebookNode) -> int:
    """Tag the cells of a notebook that have no tag of slides yet; return the number of its slides."""
    for number, cell in enumerate(notebook.cells):
        if slide_type(cell) or cell.cell_type != "markdown":
            continue
        if number == 0 or SECTION.search(cell.source):
            cell.metadata["slideshow"] = {"slide_type": "slide"}
        elif EXERCISE.search(cell.source):
            cell.metadata["slideshow"] = {"slide_type": "subslide"}
    for cell in below_openings(notebook):
        if not slide_type(cell):
            cell.metadata["slideshow"] = {"slide_type": "fragment"}
    for cell in candidates(notebook):
        if sum(map(is_slide, deck(notebook).cells)) >= ROOM:
            break
        if not slide_type(cell):
            cell.metadata["slideshow"] = {"slide_type": "subslide"}
    return sum(map(is_slide, deck(notebook).cells))


def main(arguments: list[str]) -> None:
    for path in [Path(argument).resolve() for argument in arguments] or sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = read(path)
        count = tag(notebook)
        nbformat.write(notebook, path)
        print(f"{path.relative_to(ROOT)}: {count} slides")


if __name__ == "__main__":
    main(sys.argv[1:])
