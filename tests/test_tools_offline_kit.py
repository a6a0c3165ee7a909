"""The offline kit with a fake wheel in place of gigabytes: what is written, and what install.py refuses."""

import hashlib
import importlib.util
import json

import pytest

from course_lib.errors import CourseError
from tools import offline_kit


def fake_wheels(folder):
    (folder / "fake-1.0-py3-none-any.whl").write_bytes(b"a wheel")


@pytest.fixture
def kit(tmp_path, monkeypatch):
    monkeypatch.setattr(offline_kit, "files_to_hand_out", lambda: ["README.md", "requirements.txt"])
    offline_kit.write_kit(tmp_path / "kit", student=False, fetch=fake_wheels)
    return tmp_path / "kit"


def installer(kit):
    """Return the kit's own install.py as a module."""
    spec = importlib.util.spec_from_file_location("kit_install", kit / "install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_kit_holds_course_wheels_and_instructions(kit):
    assert (kit / "course" / "README.md").exists()
    assert "python3 install.py" in (kit / "INSTALL.txt").read_text()
    assert installer(kit).problems() == []


def test_the_students_edition_can_be_asked_for(tmp_path, monkeypatch):
    chosen = []
    monkeypatch.setattr(offline_kit, "files_to_hand_out", lambda: ["README.md"])
    monkeypatch.setattr(offline_kit, "write_edition", lambda target, files: chosen.append(target))
    offline_kit.write_kit(tmp_path / "kit", student=True, fetch=fake_wheels)
    assert chosen == [tmp_path / "kit" / "course"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda file: file.unlink(), "is missing"),
        (lambda file: file.write_bytes(b"a whee"), "is damaged"),
        (lambda file: file.write_bytes(b"A wheel"), "is damaged"),
    ],
)
def test_a_wheel_that_is_missing_or_damaged_is_named(kit, spoil, said):
    spoil(kit / "wheels" / "fake-1.0-py3-none-any.whl")
    (found,) = installer(kit).problems()
    assert "wheels/fake-1.0-py3-none-any.whl" in found
    assert said in found


@pytest.mark.parametrize(("name", "value"), [("python", "3.10"), ("system", "amiga"), ("machine", "abacus")])
def test_another_python_or_system_is_refused_before_anything_is_installed(kit, monkeypatch, name, value):
    monkeypatch.delattr(hashlib, "file_digest")  # Python 3.10 has none
    facts = json.loads((kit / "kit.json").read_text())
    (kit / "kit.json").write_text(json.dumps(facts | {name: value}))
    with pytest.raises(SystemExit, match=value):
        installer(kit).main()
    assert not (kit / "course" / ".venv").exists()


@pytest.mark.parametrize("spoil", [lambda file: file.unlink(), lambda file: file.write_text('{"python": "3')])
def test_a_kit_without_its_description_is_refused_in_one_line(kit, spoil):
    spoil(kit / "kit.json")
    assert installer(kit).problems() == ["kit.json is missing or damaged. Copy the kit again."]


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(CourseError, match="not empty"):
        offline_kit.write_kit(tmp_path, student=False, fetch=fake_wheels)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_requirements_are_taken_without_comments_and_without_the_course_itself():
    assert offline_kit.requirements("# a\ntorch==2.0  # b\n\n-e .\n") == ["torch==2.0"]
    assert "torch" in "".join(offline_kit.requirements((offline_kit.ROOT / "requirements.txt").read_text()))


def test_packages_that_cannot_be_fetched_end_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(offline_kit, "requirements", lambda text: ["/no/such/package"])
    with pytest.raises(CourseError, match="could not fetch"):
        offline_kit.fetch_wheels(tmp_path)
