"""What every notebook must satisfy before it is committed. Each guard yields the problems it finds."""

import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from tools.glossary import words_line
from tools.notebook_parts import (
    EXERCISE,
    SETUP_METADATA,
    TIME_LINE,
    WORDS_LINE,
    badge,
    code_cells,
    markdown,
    outputs_text,
    setup_cell,
)

LOCAL_PATH = re.compile(r"(/home/|/root/|/Users/|/tmp/|/work/|/var/folders/|[A-Z]:\\)")
MASKED = re.compile(r"\(measured")
ASSERTED = re.compile(r": [-+]?\d[\d.e+-]*[^(\n]*\(measured; asserted to be at (least|most) ")
ALLOWED_TAGS = {"nbval-ignore-output", "raises-exception", "widget", "environment"}
LONGEST_CELL, LONGEST_MEDIAN = 25, 7


def is_solution(path: Path) -> bool:
    return path.parent.name == "solutions"


def execution_counts(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """A cell that was never run has count null and no output; nbval would pass it unseen."""
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}, not 1 to {len(counts)}: run 'make notebooks'"


def clean_outputs(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in code_cells(notebook):
        tags = cell.metadata.get("tags", [])
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in tags:
                yield f"cell {cell.execution_count} stores an error: {output.ename}"
            if output.get("name") == "stderr":
                yield f"cell {cell.execution_count} stores stderr: {output.text[:80]!r}"


def clean_metadata(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if "widgets" in notebook.metadata:
        yield "metadata.widgets is stored; GitHub would not render the notebook"
    if "version" in notebook.metadata.get("language_info", {}):
        yield "the Python version is stored, which differs from machine to machine"
    for cell in code_cells(notebook):
        if "execution" in cell.metadata:
            yield f"cell {cell.execution_count} stores timestamps"


def no_local_paths(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in notebook.cells:
        text = cell.source + (outputs_text(cell) if cell.cell_type == "code" else "")
        if match := LOCAL_PATH.search(text):
            yield f"a path of one machine, {match.group()!r}, in: {text[:60]!r}"


def opening(notebook: NotebookNode, path: Path) -> Iterator[str]:
    first, second = notebook.cells[0], notebook.cells[1]
    if not first.source.startswith("# ") or badge(path) not in first.source:
        yield "the first cell must be the title with this notebook's Colab badge"
    if not is_solution(path) and not (TIME_LINE.search(first.source) and "able to" in first.source):
        yield "the first cell must say what the reader is able to do afterwards, and the time it takes"
    wanted = [line] if (line := words_line(path)) else []
    if WORDS_LINE.findall(first.source) != wanted:
        yield "the first cell must name the new words as the glossary has them: run 'make glossary'"
    if second.cell_type != "code" or second.source != setup_cell():
        yield "the second cell must be the set-up cell: run 'make notebooks'"
    if {name: second.metadata.get(name) for name in SETUP_METADATA} != SETUP_METADATA:
        yield "the set-up cell's code must be folded away: run 'make notebooks'"


def structure(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if is_solution(path):
        return
    headings = re.findall(r"^## (.*)$", markdown(notebook), re.MULTILINE)
    numbers = [int(match.group(1)) for h in headings if (match := re.match(r"(\d+)\. ", h))]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        yield f"section headings must be numbered 1, 2, 3, …; they are {headings}"
    if headings[-2:] != ["Summary", "Further reading"]:
        yield f"the last two sections must be 'Summary' and 'Further reading', they are {headings[-2:]}"


def cell_lengths(notebook: NotebookNode, path: Path) -> Iterator[str]:
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook)[1:]]  # without the set-up cell
    if lengths and max(lengths) > LONGEST_CELL:
        yield f"the longest code cell has {max(lengths)} lines; at most {LONGEST_CELL} are allowed"
    if not is_solution(path) and lengths and statistics.median(lengths) > LONGEST_MEDIAN:
        yield f"the median code cell has {statistics.median(lengths)} lines; at most {LONGEST_MEDIAN} are allowed"


def figures(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in code_cells(notebook):
        pictures = [o for o in cell.outputs if "image/png" in o.get("data", {})]
        if any(not p.metadata.get("image/png", {}).get("alt") for p in pictures):
            yield f"a picture of cell {cell.execution_count} has no alt text: end the cell with show(...)"
        if outputs_text(cell).count("Figure: ") != len(pictures):
            yield f"cell {cell.execution_count} stores {len(pictures)} pictures, but not as many captions"
        if cell.source.rstrip().endswith(";") or "plt.show()" in cell.source:
            yield f"cell {cell.execution_count} must end its figure with show(...), not with ';' or plt.show()"


def exercises(notebook: NotebookNode, path: Path) -> Iterator[str]:
    wanted = "correct" if is_solution(path) else "not attempted"
    headings = re.findall(r"^### Exercise.*$", markdown(notebook), re.MULTILINE)
    marked = EXERCISE.findall(markdown(notebook))
    if len(marked) != len(headings):
        yield f"an exercise's heading must read '### Exercise 1.2. Title (easy, 5 min)': {headings}"
    printed = "".join(outputs_text(cell) for cell in code_cells(notebook))
    for number, _, _ in marked:
        if f"Exercise {number}: {wanted}" not in printed:
            yield f"exercise {number} has no check whose stored output is '{wanted}'"


def measured_numbers(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """A masked number is not compared by nbval, so it must come with its asserted band, from `measured`."""
    for cell in code_cells(notebook):
        text = outputs_text(cell)
        if len(MASKED.findall(text)) != len(ASSERTED.findall(text)):
            yield f"cell {cell.execution_count} prints '(measured' by other means than measured()"


def tags(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in notebook.cells:
        found = set(cell.metadata.get("tags", []))
        if found - ALLOWED_TAGS:
            yield f"tags that are not allowed: {sorted(found - ALLOWED_TAGS)}"
        if "nbval-ignore-output" in found and not found & {"widget", "environment"}:
            yield "nbval-ignore-output is for cells that are also tagged 'widget' or 'environment'"
        if "NBVAL" in cell.source:
            yield "an NBVAL comment; use tags, which the guards see"


GUARDS = (
    execution_counts, clean_outputs, clean_metadata, no_local_paths, opening, structure, cell_lengths, figures,
    exercises, measured_numbers, tags,
)  # fmt: skip


def problems(notebook: NotebookNode, path: Path) -> list[str]:
    """Return all problems of one notebook; `path` is where it lies or would lie."""
    return [f"{guard.__name__}: {problem}" for guard in GUARDS for problem in guard(notebook, path)]


def missing_solutions(notebook: NotebookNode, solution: NotebookNode) -> list[str]:
    """Return the numbers of exercises that have no worked answer."""
    solved = {number for number, _, _ in EXERCISE.findall(markdown(solution))}
    return [number for number, _, _ in EXERCISE.findall(markdown(notebook)) if number not in solved]
