"""Publishing writes one address into the setting and into every notebook, and refuses what is no address."""

import shutil

import nbformat
import pytest

from tests.notebook_cases import PATH, good_notebook
from tools import execute_notebooks, notebook_parts, publish

PROJECT = '[project]\nversion = "0.1.0"\n\n[tool.course]\nrepository = "OWNER/NAME"\n'


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one notebook in a folder of its own."""
    notebooks = tmp_path / "notebooks"
    (notebooks / "solutions").mkdir(parents=True)
    (tmp_path / "tools").mkdir()
    template = (notebook_parts.ROOT / "tools" / "setup_cell.py.txt").read_text()
    (tmp_path / "tools" / "setup_cell.py.txt").write_text(template)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    for name in ("README.md", "CITATION.cff"):
        shutil.copyfile(notebook_parts.ROOT / name, tmp_path / name)
    nbformat.write(good_notebook(), notebooks / PATH.name)
    for module in (notebook_parts, execute_notebooks, publish):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(notebook_parts, "NOTEBOOKS", notebooks)
    return tmp_path


def test_the_address_reaches_setting_badge_and_setup_cell(course):
    for address in ("somebody/course", "else/where.2"):  # written a second time it replaces the first
        assert publish.publish(address) == 1
        assert (course / "pyproject.toml").read_text() == PROJECT.replace("OWNER/NAME", address)
        notebook = notebook_parts.read(course / "notebooks" / PATH.name)
        assert f"github/{address}/blob/main/notebooks/99_guarded.ipynb)" in notebook.cells[0].source
        assert f'"https://github.com/{address}"' in notebook.cells[1].source


def test_readme_and_citation_lead_to_the_address(course):
    unpublished = (course / "README.md").read_text()
    for address in ("somebody/course", "else/where.2", "ADDRESS/NAMES"):
        publish.publish(address)
        readme, citation = (course / "README.md").read_text(), (course / "CITATION.cff").read_text()
        assert f"git clone https://github.com/{address}\ncd {address.split('/')[1]}\n" in readme
        assert f"(https://github.com/{address}/archive/refs/heads/main.zip)" in readme
        assert f"github/{address}/blob/main/notebooks/00_start_here.ipynb)" in readme
        assert readme.split("<!-- end -->")[1] == unpublished.split("<!-- end -->")[1]
        assert citation.count("repository-code:") == 1
        assert f"\nrepository-code: https://github.com/{address}\nabstract:" in citation


def test_the_readme_in_the_repository_is_the_one_that_its_setting_makes():
    found = publish.GETTING.findall((notebook_parts.ROOT / "README.md").read_text(encoding="utf-8"))
    assert found == [publish.getting_the_course(notebook_parts.repository())]


def test_a_readme_without_the_place_for_it_is_named(course):
    (course / "README.md").write_text("# Course\n")
    with pytest.raises(ValueError, match="README.md must have one place"):
        publish.publish("somebody/course")


@pytest.mark.parametrize("address", ["", "name", "https://github.com/a/b", "a/b/c", "a b/c", 'a/"b'])
def test_what_is_no_address_changes_nothing(course, address):
    with pytest.raises(ValueError, match="owner/name"):
        publish.publish(address)
    assert (course / "pyproject.toml").read_text() == PROJECT


def test_a_missing_address_is_told_in_one_line(course):
    with pytest.raises(SystemExit, match="Say make publish REPO=owner/name"):
        publish.main([])
