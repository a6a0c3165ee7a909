"""A minimal good notebook, which the tests of the guards then spoil in one place."""

from copy import deepcopy

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.notebook_parts import NOTEBOOKS, SETUP_METADATA, badge, setup_cell

PATH = NOTEBOOKS / "99_guarded.ipynb"  # where it would lie; no test writes it there
SOLUTION = NOTEBOOKS / "solutions" / PATH.name
TASK = "### Exercise 99.1. Double a tensor (easy, 5 min)\n\nWrite a function."


def printed(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)


def picture(alt: str | None = "a grey coat on black") -> NotebookNode:
    metadata = {} if alt is None else {"image/png": {"alt": alt}}
    return new_output(
        "display_data", {"image/png": "iVBORw0=", "text/plain": "<Figure size 200x200>"}, metadata=metadata
    )


def _numbered(cells: list[NotebookNode]) -> NotebookNode:
    for count, cell in enumerate((cell for cell in cells if cell.cell_type == "code"), start=1):
        cell.execution_count = count
    notebook = new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    nbformat.validate(notebook)
    return notebook


def good_notebook() -> NotebookNode:
    """Return a notebook with one figure, one measured number and one exercise, to which no guard objects."""
    return _numbered(
        [
            new_markdown_cell(
                f"# Guarded\n\n{badge(PATH)}\n\nYou will be able to guard.\n\n"
                "**Time:** 1 minutes to read, 5 minutes for the exercises; it runs in 5 seconds on two CPU cores."
            ),
            new_code_cell(setup_cell(), metadata=deepcopy(SETUP_METADATA)),
            new_markdown_cell("## 1. A figure"),
            new_code_cell("show(figure)", outputs=[picture(), printed("Figure: A coat.\n")]),
            new_markdown_cell("## 2. A number"),
            new_code_cell(
                "measured('loss', loss, at_most=1)",
                outputs=[printed("loss: 0.31 (measured; asserted to be at most 1)\n")],
            ),
            new_markdown_cell(TASK),
            new_code_cell("def double(x):\n    raise NotImplementedError"),
            new_code_cell("check_double(double)", outputs=[printed("Exercise 99.1: not attempted.\n")]),
            new_markdown_cell("## Summary\n\nIt is guarded."),
            new_markdown_cell("## Further reading\n\nNone."),
        ]
    )


def good_solution() -> NotebookNode:
    """Return the worked answers of `good_notebook`, to which no guard objects."""
    return _numbered(
        [
            new_markdown_cell(f"# Solutions: Guarded\n\n{badge(SOLUTION)}"),
            new_code_cell(setup_cell(), metadata=deepcopy(SETUP_METADATA)),
            new_markdown_cell(TASK),
            new_code_cell("check_double(double)", outputs=[printed("Exercise 99.1: correct. Doubled.\n")]),
        ]
    )


def code_cell(notebook: NotebookNode, source_start: str) -> NotebookNode:
    """Return the cell whose source starts so."""
    return next(cell for cell in notebook.cells if cell.source.startswith(source_start))
