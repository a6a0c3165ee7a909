"""Each notebook's tags make a deck that an instructor can show; what would spoil one is found."""

import copy
import re
import subprocess
import sys

import nbformat
import pytest

from tests.notebook_cases import good_notebook
from tools import slides_parts
from tools.execute_notebooks import STRIP
from tools.notebook_parts import EXERCISE, NOTEBOOKS, code_cells, markdown, read
from tools.slide_deck import FEWEST, MOST, TYPES, deck, is_slide, pictures, problems, slide_type
from tools.slide_tags import tag
from tools.slide_text import ROOM, blocks, lines
from tools.slides import exporter

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
LONG_LINE = 25  # characters from which a line of code is telling


@pytest.fixture(scope="module")
def notebooks():
    return {path.stem: read(path) for path in PATHS}


@pytest.fixture(scope="module")
def decks(notebooks):
    """The decks of the notebooks that are tagged; the test below names those that are not."""
    return {
        name: deck(notebook) for name, notebook in notebooks.items() if any(map(slide_type, notebook.cells))
    }


@pytest.fixture
def notebook(notebooks):
    """The second notebook, to be spoiled."""
    return copy.deepcopy(notebooks["02_convolution"])


def cell_with(notebook, text):
    return next(cell for cell in notebook.cells if text in cell.source)


@pytest.mark.parametrize("name", [path.stem for path in PATHS])
def test_every_notebook_makes_a_good_deck(notebooks, name):
    assert any(map(slide_type, notebooks[name].cells)), "not tagged: run python -m tools.slide_tags"
    assert problems(notebooks[name]) == []


@pytest.mark.parametrize("name", [path.stem for path in PATHS])
def test_no_slide_and_no_note_has_code_of_a_worked_answer(notebooks, name):
    solution = read(NOTEBOOKS / "solutions" / f"{name}.ipynb")
    lesson = "\n".join(cell.source for cell in notebooks[name].cells)
    answers = {line.strip() for cell in code_cells(solution)[1:] for line in cell.source.splitlines()}
    telling = [line for line in answers if len(line) >= LONG_LINE and line not in lesson]
    shown = "\n".join(cell.source for cell in deck(notebooks[name]).cells)
    assert [line for line in telling if line in shown] == []
    assert "NotImplementedError" not in shown


def test_every_section_and_every_exercise_has_a_slide(notebooks, decks):
    for name, made in decks.items():
        shown = "\n".join(cell.source for cell in made.cells if is_slide(cell))
        wanted = markdown(notebooks[name]).splitlines()
        wanted = [line for line in wanted if re.match(r"## \d", line) or EXERCISE.match(line)]
        assert [line for line in wanted if line not in shown] == [], name


def test_no_text_is_longer_than_a_slide(decks):
    for name, made in decks.items():
        for cell in made.cells:
            if is_slide(cell) and "<figure>" not in cell.source:
                assert sum(map(lines, blocks(cell.source))) <= ROOM + 2, (
                    name,
                    cell.source,
                )  # 2: label, minutes


def test_the_first_two_slides_have_the_question_and_the_aims(decks):
    for name, made in decks.items():
        title, aims = [cell.source for cell in made.cells if is_slide(cell)][:2]
        assert "New words" not in title + aims, name
        assert re.search(r"\w{3,}[.?](?!\S)", title.split("\n", 1)[1].split("<p")[0]), (
            name
        )  # a whole sentence
        assert aims.startswith("## After this notebook you are able to"), name
        assert aims.count("\n- ") >= 2, name


def test_prose_that_is_not_shown_is_in_the_notes(notebooks):
    made = deck(notebooks["02_convolution"])
    notes = "\n".join(cell.source for cell in made.cells if slide_type(cell) == "notes")
    shown = "\n".join(cell.source for cell in made.cells if slide_type(cell) != "notes")
    assert "Calculate one or two of the other places by hand" in notes
    assert "Calculate one or two of the other places by hand" not in shown


def test_tags_put_a_cell_on_a_slide_and_skip_takes_it_off(notebook):
    cell = next(cell for cell in code_cells(notebook) if pictures(cell) and slide_type(cell) in TYPES)
    alt = next(o for o in cell.outputs if "image/png" in o.get("data", {})).metadata["image/png"]["alt"]
    assert any(alt in one.source for one in deck(notebook).cells)
    cell.metadata["slideshow"] = {"slide_type": "skip"}
    assert not any(alt in one.source for one in deck(notebook).cells)
    tag(notebook)
    assert slide_type(cell) == "skip"  # set by hand, stays


def test_rules_tag_the_same_cells_a_second_time(notebook):
    before = [slide_type(cell) for cell in notebook.cells]
    tag(notebook)
    assert [slide_type(cell) for cell in notebook.cells] == before


def test_a_picture_is_shown_without_its_code_and_a_result_with_it(notebook):
    made = deck(notebook)
    assert 'alt="A strip of pixels' in "".join(cell.source for cell in made.cells)
    assert not any("plt.subplots" in cell.source for cell in made.cells)
    assert all(cell.outputs for cell in code_cells(made))


def show_an_exercise(notebook):
    cell_with(notebook, "raise NotImplementedError").metadata["slideshow"] = {"slide_type": "subslide"}


def lose_the_title(notebook):
    del notebook.cells[0].metadata["slideshow"]


def lose_the_pictures(notebook):
    for cell in code_cells(notebook):
        if pictures(cell):
            cell.metadata.pop("slideshow", None)


def lose_all_but_two(notebook):
    for cell in [cell for cell in notebook.cells if slide_type(cell)][2:]:
        del cell.metadata["slideshow"]


def show_everything(notebook):
    for cell in notebook.cells:
        cell.metadata.setdefault("slideshow", {"slide_type": "slide"})


def misspell(notebook):
    notebook.cells[5].metadata["slideshow"] = {"slide_type": "slides"}


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (show_an_exercise, "belongs to an exercise"),
        (lose_the_title, "must be the title"),
        (lose_the_pictures, "0 pictures are shown"),
        (lose_all_but_two, f"a deck has {FEWEST} to {MOST}"),
        (show_everything, f"a deck has {FEWEST} to {MOST}"),
        (misspell, "'slides' is no type of slide"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_spoils_a_deck_is_found(notebook, spoil, told):
    spoil(notebook)
    assert any(told in problem for problem in problems(notebook))


def test_the_page_asks_nothing_of_the_network(notebook):
    page, _ = exporter().from_notebook_node(deck(notebook), {"metadata": {"name": "Convolution"}})
    head = re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)
    addresses = re.findall(r"<(?:script|link|img|iframe)[^>]*?(?:src|href)=\"([^\"]*)", head)
    assert {address for address in addresses if not address.startswith("data:")} == {
        "parts/reveal/dist/reveal.css", "parts/reveal/dist/theme/white.css", "parts/reveal/dist/reveal.js",
        "parts/reveal/plugin/notes/notes.js", "parts/mathjax/tex-svg-full.js",
    }  # fmt: skip
    assert not re.search(r"""(import|url\()\s*["']?https?:""", page)
    assert page.count("<section") > FEWEST


def test_tags_survive_the_tool_that_strips_notebooks(tmp_path):
    notebook = good_notebook()
    notebook.cells[3].metadata["slideshow"] = {"slide_type": "subslide"}
    nbformat.write(notebook, tmp_path / "one.ipynb")
    command = [sys.executable, "-m", "nbstripout", "--keep-output", "--keep-count", "--keep-id",
               "--extra-keys", " ".join(STRIP), str(tmp_path / "one.ipynb")]  # fmt: skip
    subprocess.run(command, check=True)
    assert slide_type(read(tmp_path / "one.ipynb").cells[3]) == "subslide"


def test_without_a_network_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "empty"))
    with pytest.raises(
        slides_parts.CourseError, match=r"could not be fetched: .* Remedy: run 'make slides' once"
    ):
        slides_parts.fetch_parts(tmp_path / "parts")
    assert not (tmp_path / "parts" / "LICENCES.txt").exists()
