"""These tests must be able to fail: what they look for is found in small notebooks that have it."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.browser.widget_page import WidgetPage

WIDGET = """
import io
import ipywidgets as widgets
from PIL import Image

def draw(value):
    file = io.BytesIO()
    Image.new("RGB", (90, 90), (60 * value, 0, 0)).save(file, format="png")
    return file.getvalue()

slider, picture = widgets.IntSlider(0, 0, 4, description="red"), widgets.Image(value=draw(0))
def update(change):
    {}
slider.observe(update, names="value")
widgets.VBox([slider, picture])
"""

# without a kernel's name JupyterLab would ask for one
PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.fixture
def opened(lab, open_notebook):
    """A function that writes a notebook of these cells and opens it."""
    pages = []

    def write(*cells):
        nbformat.write(new_notebook(cells=list(cells), metadata=PYTHON), lab.notebooks / "small.ipynb")
        pages.append(open_notebook("small.ipynb"))
        return pages[-1]

    yield write
    for page in pages:
        page.close()


def dragged(notebook) -> None:
    notebook.run_all()
    widget = WidgetPage(notebook, 0, seconds=3)
    before = widget.picture()
    widget.drag(widget.controls(".widget-slider")[0], 0.7)
    widget.expect_change(before, "dragging 'red'")


def test_a_callback_that_draws_passes(opened):
    dragged(opened(new_code_cell(WIDGET.format("picture.value = draw(slider.value)"))))


def test_a_callback_that_does_not_draw(opened):
    with pytest.raises(AssertionError, match=r"did not change after: dragging 'red'.*Screenshot: .*\.png"):
        dragged(opened(new_code_cell(WIDGET.format("pass"))))


def test_a_callback_that_raises(opened):
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        dragged(opened(new_code_cell(WIDGET.format("1 / 0"))))


def test_a_cell_that_raises(opened):
    with pytest.raises(AssertionError, match="cell 1 ends with ValueError: no"):
        opened(new_code_cell("1"), new_code_cell("raise ValueError('no')")).run_all()


def test_a_page_that_asks_another_machine(opened):
    address = "https://example.org/picture.png"
    notebook = opened(new_markdown_cell(f"![]({address})"), new_code_cell("1"))
    notebook.wait_until(lambda: address in notebook.fence.blocked, "the request was not seen", 10)
    notebook.fence.blocked.remove(address)


def test_a_cell_that_asks_another_machine(opened, lab):
    notebook = opened(new_code_cell("import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)"))
    with pytest.raises(AssertionError, match="a cell tried to connect to"):
        notebook.run_all()
    assert lab.outside() == ["kernel: ('192.0.2.1', 80)"]
    lab.record.unlink()
