"""The line of new words in a notebook's first cell: what it says, where it leads, and that it is written once."""

import nbformat
import pytest

from tests.notebook_cases import PATH, good_notebook
from tools import glossary
from tools.glossary import Term, refresh_words, with_words, words_line
from tools.notebook_guards import opening
from tools.notebook_parts import NOTEBOOKS, read, reading_minutes

FIRST = "# Guarded\n\nbadge\n\n**Time:** 1 minutes to read.\n\nYou will be able to guard."
WORDS = "**New words:** [guard](../GLOSSARY.md#guard)"


@pytest.fixture
def guards(monkeypatch):
    """A glossary with fourteen words of the notebook of the tests, and two of others."""
    terms = [Term(f"word {number}", PATH.stem, "词", "One.") for number in range(14)]
    terms += [Term("w", PATH.stem, see="word 1"), Term("kernel", "02_convolution", "核", "A table.")]
    monkeypatch.setattr(glossary, "terms_of_course", lambda: terms)
    monkeypatch.setattr(glossary, "repository", lambda: "OWNER/NAME")
    return terms


def test_the_line_shows_twelve_words_and_leads_to_the_others(guards):
    line = words_line(PATH)
    assert line.startswith("**New words:** [word 0](../GLOSSARY.md#word-0), [word 1]")
    assert line.endswith("[word 11](../GLOSSARY.md#word-11), and [2 more](../GLOSSARY.md#notebook-99)")


def test_a_bracket_of_the_glossary_is_not_shown(guards):
    guards[:] = [Term("density (generator)", PATH.stem, "密度", "A number.")]
    assert words_line(PATH) == "**New words:** [density](../GLOSSARY.md#density-generator)"


def test_once_published_the_links_lead_to_github(guards, monkeypatch):
    monkeypatch.setattr(glossary, "repository", lambda: "somebody/course")
    address = "https://github.com/somebody/course/blob/main/GLOSSARY.md"
    assert f"[word 0]({address}#word-0)" in words_line(PATH)
    assert words_line(PATH).endswith(f"({address}#notebook-99)")


def test_solutions_and_notebooks_without_words_have_no_line(guards):
    assert words_line(NOTEBOOKS / "solutions" / PATH.name) == ""
    assert words_line(NOTEBOOKS / "98_other.ipynb") == ""


def test_the_line_stands_behind_the_minutes_and_only_once():
    once = with_words(FIRST, WORDS)
    assert once == FIRST.replace("read.\n", f"read.\n\n{WORDS}\n")
    assert with_words(once, WORDS) == once
    assert with_words(once, "") == FIRST
    assert with_words(once, WORDS.replace("guard", "watch")).count("New words") == 1


def test_the_line_is_not_counted_as_reading():
    notebook = good_notebook()
    before = reading_minutes(notebook)
    notebook.cells[0].source = with_words(notebook.cells[0].source, "**New words:** " + "word " * 400)
    assert "New words" in notebook.cells[0].source
    assert reading_minutes(notebook) == before


def test_refreshing_changes_the_first_cell_only(guards, tmp_path, monkeypatch):
    monkeypatch.setattr(glossary, "NOTEBOOKS", tmp_path)
    path = tmp_path / PATH.name
    nbformat.write(good_notebook(), path)
    before = read(path)
    for _ in range(2):
        refresh_words(path)
        after = read(path)
        assert words_line(path) in after.cells[0].source
        assert after.cells[1:] == before.cells[1:]


def test_the_guard_wants_the_line_of_the_glossary(guards):
    notebook = good_notebook()
    told = ["the first cell must name the new words as the glossary has them: run 'make glossary'"]
    assert list(opening(notebook, PATH)) == told
    notebook.cells[0].source = with_words(notebook.cells[0].source, WORDS)
    assert list(opening(notebook, PATH)) == told
    notebook.cells[0].source = with_words(notebook.cells[0].source, words_line(PATH))
    assert list(opening(notebook, PATH)) == []
