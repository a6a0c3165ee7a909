"""The browser test can fail: on an error, a widget that does not answer, and a request that leaves the machine.

The test of the real notebooks is `make browser-test`; here it drives a stand-in for the page.
"""

import pytest

pytest.importorskip("playwright", reason="make browser-test installs it")
from tools import browser_test as tested  # noqa: E402


def test_the_notebooks_with_widgets_are_found_by_their_tag():
    names = [path.name for path in tested.notebooks_with_widgets()]
    assert "12_gan_dynamics.ipynb" in names
    assert "05_first_cnn.ipynb" not in names


def test_waiting_ends_when_the_condition_holds_and_says_what_it_waited_for():
    tested.until(lambda: True, 0, "nothing")
    with pytest.raises(tested.BrowserTestError, match="0 s in vain: the picture"):
        tested.until(lambda: False, 0, "the picture")


class Picture:
    """A stand-in for an image of the page."""

    source = "old"

    def get_attribute(self, name):
        return self.source


def test_a_picture_that_changes_passes_and_one_that_does_not_fails(monkeypatch):
    monkeypatch.setattr(tested, "QUICKLY", 0)
    picture = Picture()
    tested.changes(picture, lambda: setattr(picture, "source", "new"), "a slider")
    with pytest.raises(tested.BrowserTestError, match="a slider does not change the picture"):
        tested.changes(picture, lambda: None, "a slider")


class Page:
    """A stand-in for a page whose cells have these outputs."""

    def __init__(self, *cells):
        self.cells = list(cells)

    def goto(self, *_, **__): ...

    wait_for_selector = goto

    def evaluate(self, script):
        return self.cells if script == tested.CELLS else True


def test_a_cell_that_ends_in_an_error_is_named():
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no"}
    page = Page({"count": 1, "outputs": []}, {"count": 2, "outputs": [error]})
    with pytest.raises(tested.BrowserTestError, match="code cell 2: ValueError: no"):
        tested.run_all(page, "", "")


def test_a_cell_that_does_not_run_fails(monkeypatch):
    monkeypatch.setattr(tested, "PATIENCE", 0)
    tested.run_all(Page({"count": 1, "outputs": []}), "", "")
    with pytest.raises(tested.BrowserTestError, match="not all cells have run"):
        tested.run_all(Page({"count": 1, "outputs": []}, {"count": None, "outputs": []}), "", "")


def test_without_a_browser_one_line_says_what_to_install(monkeypatch):
    monkeypatch.delenv("BROWSER", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(tested.BrowserTestError, match="apt-get install"):
        tested.find_browser()
    monkeypatch.setenv("BROWSER", "/none/chrome")
    with pytest.raises(tested.BrowserTestError, match="/none/chrome"):
        tested.find_browser()
