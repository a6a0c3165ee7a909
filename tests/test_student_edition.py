"""The edition for a class has everything but the answers, and its README speaks of nothing that is not there."""

import re

import pytest

from course_lib.errors import CourseError
from tools.notebook_parts import ROOT
from tools.student_edition import SENTENCES, for_students, tracked_files, write_edition


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
        "Makefile",
        "requirements.txt",
        "pyproject.toml",
        "environment.yml",
        "LICENSE",
        "course_lib/runtime.py",
    ):
        assert (edition / name).read_bytes() == (ROOT / name).read_bytes()


def test_the_readme_links_only_to_files_that_are_there(edition):
    readme = (edition / "README.md").read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", readme) if "://" not in link]
    assert len(links) > 5
    assert [link for link in links if not (edition / link).exists()] == []
    assert "solutions" not in readme
    assert "make test" not in readme


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in SENTENCES], ids=lambda p: p.pattern[:25])
def test_a_readme_that_has_changed_is_noticed(pattern):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="mend tools/student_edition.py"):
        for_students(pattern.sub("", readme))


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(CourseError, match="not empty. Remedy"):
        write_edition(tmp_path, ["README.md"])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
