"""The edition for a class has everything but the answers, and its README speaks of nothing that is not there."""

import re
import subprocess

import pytest

from course_lib.errors import CourseError
from tools.notebook_parts import ROOT, markdown, read
from tools.student_edition import (
    SENTENCES,
    SENTENCES_OF_NOTEBOOKS,
    files_to_hand_out,
    for_students,
    makefile_for_students,
    notebook_for_students,
    tracked_files,
    write_edition,
)  # fmt: skip

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)  # what looks like a link there is none


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "student"
    write_edition(folder, [name for name in tracked_files() if not name.endswith((".gz", ".safetensors"))])
    return folder


def test_every_lesson_is_there_and_no_answer(edition):
    lessons = {path.name for path in (edition / "notebooks").glob("*.ipynb")}
    assert lessons == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert not (edition / "notebooks" / "solutions").exists()
    assert not (edition / "tests").exists()


def test_what_make_lab_needs_is_there(edition):
    for name in (
        "requirements.txt",
        "pyproject.toml",
        "environment.yml",
        "LICENSE",
        "CITATION.cff",
        "course_lib/runtime.py",
    ):
        assert (edition / name).read_bytes() == (ROOT / name).read_bytes()


def test_make_help_lists_what_works_and_nothing_else(edition):
    told = subprocess.run(["make", "help"], cwd=edition, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\S+)", told, re.MULTILINE) == ["help", "lab", "clean"]
    makefile = (edition / "Makefile").read_text(encoding="utf-8")
    for absent in ("tools", "tests", "-m pytest", "NBVAL", "solutions"):
        assert absent not in makefile


def test_make_lab_sets_up_and_starts_jupyterlab(edition):
    planned = subprocess.run(
        ["make", "-n", "lab"], cwd=edition, capture_output=True, text=True, check=True
    ).stdout
    assert "pip install $quiet --disable-pip-version-check -r requirements.txt" in planned
    assert "jupyter lab --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in planned


def test_commands_that_the_readme_names_are_there(edition):
    readme = (edition / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\bmake ([a-z-]+)", readme)) == {"lab", "help"}


def texts(edition):
    """Yield each page and each notebook of the edition with its text."""
    for path in sorted(edition.rglob("*.md")):
        yield path, path.read_text(encoding="utf-8")
    for path in sorted(edition.rglob("*.ipynb")):
        yield path, markdown(read(path))


def anchors(page):
    """Return the names that links into a page may end with: of its headings, and of its own anchors."""
    text = page.read_text(encoding="utf-8")
    headings = [re.sub(r"[^\w -]", "", line).strip() for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE)]
    return {heading.lower().replace(" ", "-") for heading in headings} | set(
        re.findall(r'id="([^"]+)"', text)
    )


def dead_links(edition):
    """Return (page, link) of each relative link to a file, or to a name in a page, that is not there."""
    dead = []
    for path, text in texts(edition):
        for link in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", text)):
            address, _, anchor = link.partition("#")
            target = path.parent / address if address else path
            if "://" in link:
                continue
            if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
                dead.append((path.name, link))
    return dead


def test_no_link_is_dead(edition):
    links = [
        link for _, text in texts(edition) for link in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", text))
    ]
    assert len([link for link in links if "://" not in link]) > 50
    assert dead_links(edition) == []


def test_a_dead_link_would_be_found(edition):
    page = edition / "extra.md"
    page.write_text("[answers](notebooks/solutions/02_convolution.ipynb) [word](GLOSSARY.md#no-such-word)\n")
    found = {link for _, link in dead_links(edition)}
    page.unlink()
    assert found == {
        "notebooks/solutions/02_convolution.ipynb", "GLOSSARY.md#no-such-word"
    }  # fmt: skip


def test_a_benchmark_is_named_as_one_of_the_full_course(edition):
    for path, text in texts(edition):
        for named in re.findall(r"`benchmarks/[^`]*`.{0,20}", text, re.DOTALL):
            assert "of the full course" in named, path.name


def test_nothing_speaks_of_the_answers(edition):
    for path, text in texts(edition):
        assert "notebooks/solutions" not in text, path.name
        assert "make test" not in text, path.name


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in SENTENCES], ids=lambda p: p.pattern[:25])
def test_a_readme_that_has_changed_is_noticed(pattern):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="mend tools/student_edition.py"):
        for_students(pattern.sub("", readme))


@pytest.mark.parametrize("name", SENTENCES_OF_NOTEBOOKS)
def test_a_notebook_that_has_changed_is_noticed(name):
    with pytest.raises(ValueError, match="mend tools/student_edition.py"):
        notebook_for_students(name, "{}")


def test_a_makefile_that_has_changed_is_noticed():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\nlab:", "\nlaboratory:")
    with pytest.raises(ValueError, match=r"\['lab'\]; mend tools/student_edition.py"):
        makefile_for_students(makefile)


def test_answers_in_the_notebooks_are_not_handed_out(tmp_path):
    def git(*words):
        author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *author, *words], cwd=tmp_path, check=True, capture_output=True)

    with pytest.raises(CourseError, match="by git clone instead of the ZIP"):
        files_to_hand_out(tmp_path)
    notebook = tmp_path / "notebooks" / "02.ipynb"
    notebook.parent.mkdir()
    notebook.write_text("an exercise", encoding="utf-8")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "the course")
    (tmp_path / "notebooks" / "notes.txt").touch()  # not git's: it is not handed out
    assert files_to_hand_out(tmp_path) == ["notebooks/02.ipynb"]
    notebook.write_text("an exercise and its answer", encoding="utf-8")
    with pytest.raises(CourseError, match=r"^notebooks/02.ipynb is not as it was committed"):
        files_to_hand_out(tmp_path)
    git("commit", "-qam", "a better exercise")
    assert files_to_hand_out(tmp_path) == ["notebooks/02.ipynb"]


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(CourseError, match="not empty. Remedy"):
        write_edition(tmp_path, ["README.md"])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
