"""One JupyterLab and one browser for all tests here; each notebook is opened, and run, once."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.browser.chromium import browsing, problem
from tests.browser.jupyterlab import JupyterLab
from tests.browser.notebook_page import NotebookPage
from tests.browser.widget_page import WidgetPage, widget_cells
from tools.notebook_parts import NOTEBOOKS, badge, read


def pytest_configure(config):
    if told := problem():
        pytest.exit(told, returncode=1)


def pytest_generate_tests(metafunc):
    if "widget" in metafunc.fixturenames:
        cells = [
            (path.name, index)
            for path in sorted(NOTEBOOKS.glob("*.ipynb"))
            for index in widget_cells(read(path).cells)
        ]
        names = [f"{name}-{index}" for name, index in cells]
        metafunc.parametrize("widget", cells, ids=names, indirect=True, scope="module")


@pytest.fixture(autouse=True)
def _no_network():
    """These tests talk to this machine; chromium.Fence and the server's OFFLINE keep them on it."""


@pytest.fixture(scope="session")
def lab():
    with tempfile.TemporaryDirectory(prefix="course-lab-", ignore_cleanup_errors=True) as folder:
        server = JupyterLab(Path(folder))
        shutil.copytree(NOTEBOOKS / "images", server.notebooks / "images")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def open_notebook(lab, tmp_path_factory):
    """A function that opens a file in the server's folder."""
    with browsing(tmp_path_factory.mktemp("downloads")) as (context, fence):
        yield lambda name: NotebookPage(context, fence, lab, name)


@pytest.fixture(scope="session")
def open_copy(lab, open_notebook):
    """A function that opens a copy of one of the course's notebooks."""

    def open_one(name: str) -> NotebookPage:
        shutil.copy(NOTEBOOKS / name, lab.notebooks / name)
        return open_notebook(name)

    return open_one


@pytest.fixture(scope="module")
def widget(request, open_copy):
    """The widget of one cell of one notebook, after all cells have run."""
    name, index = request.param
    notebook = open_copy(name)
    notebook.run_all()
    yield WidgetPage(notebook, index)
    notebook.close()


@pytest.fixture(scope="session")
def badge_picture():
    """The address of the picture in every first cell: it is the one thing a page may ask the network for."""
    return badge(NOTEBOOKS / "00_start_here.ipynb").split("(")[1].split(")")[0]
