"""Read the pages of `instructor/`, and the notebooks they speak of.

A plan's timetable has one row a block: from, to, what, teach, run, exercises. A block that works on a notebook links
to it and names its sections; its minutes are minutes of the class.
"""

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.notebook_parts import EXERCISE, NOTEBOOKS, ROOT, WORDS_PER_MINUTE, markdown, read

INSTRUCTOR = ROOT / "instructor"
ROW = re.compile(r"^\| (\d\d:\d\d) \| (\d\d:\d\d) \| (.*?) \| (\d*) ?\| (\d*) ?\| (.*?) ?\|$", re.MULTILINE)
LINK = re.compile(r"\]\(\.\./notebooks/(\w+\.ipynb)\)")
SECTIONS = re.compile(r"\b[Ss]ections? (\d+(?:(?:, | and | to )\d+)*)")
ELSEWHERE = re.compile(r"\b[Nn]otebook (\d\d), sections? (\d+(?:(?:, | and | to )\d+)*)")
NAMED_EXERCISES = re.compile(r"\b[Ee]xercises? (\d+\.\d+(?:(?:, | and )\d+\.\d+)*)")


@dataclass(frozen=True)
class Block:
    """One row of a timetable; times in minutes since midnight, `notebook` is a file name or empty."""

    start: int
    end: int
    what: str
    notebook: str
    teach: int
    run: int
    exercises: tuple[str, ...]
    exercise_minutes: int

    @property
    def is_pause(self) -> bool:
        return self.what in ("Break", "Lunch")


def expand(text: str) -> list[int]:
    """Return the numbers that a phrase names.

    >>> expand("1, 3 to 5 and 8")
    [1, 3, 4, 5, 8]
    """
    numbers: list[int] = []
    for part in re.split(r", | and ", text):
        first, _, last = part.partition(" to ")
        numbers.extend(range(int(first), int(last or first) + 1))
    return numbers


@functools.cache
def section_minutes(path: Path) -> dict[int, float]:
    """Return the minutes to read each numbered section, its exercises' texts included, at README.md's pace.

    They are not rounded up, so that the plans, which were made with rounded ones, bear some more words in a notebook.
    """
    parts = re.split(r"^## (.*)$", markdown(read(path)), flags=re.MULTILINE)
    minutes = {}
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        if match := re.match(r"(\d+)\. ", heading):
            minutes[int(match.group(1))] = len(text.split()) / WORDS_PER_MINUTE
    return minutes


@functools.cache
def exercise_minutes(path: Path) -> dict[str, int]:
    """Return the minutes that each exercise's heading gives, by its number such as '2.1'."""
    return {number: int(minutes) for number, _, minutes in EXERCISE.findall(markdown(read(path)))}


@functools.cache
def exercise_sections(path: Path) -> dict[str, int]:
    """Return the number of the section in which each exercise stands."""
    parts = re.split(r"^## (.*)$", markdown(read(path)), flags=re.MULTILINE)
    places = zip(parts[1::2], parts[2::2], strict=True)
    numbered = ((re.match(r"(\d+)\. ", heading), text) for heading, text in places)
    return {
        exercise: int(m.group(1)) for m, text in numbered if m for exercise, _, _ in EXERCISE.findall(text)
    }


def measured_seconds() -> dict[str, int]:
    return json.loads((ROOT / "tools" / "measured_seconds.json").read_text(encoding="utf-8"))


def _clock(text: str) -> int:
    hours, minutes = text.split(":")
    return 60 * int(hours) + int(minutes)


def blocks(day: str) -> list[Block]:
    """Return the rows of one day's timetable."""
    found = []
    for start, end, what, teach, run, exercises in ROW.findall(day):
        minutes, _, numbers = exercises.partition(":")
        link = LINK.search(what)
        found.append(
            Block(
                _clock(start), _clock(end), what, link.group(1) if link else "", int(teach or 0), int(run or 0),
                tuple(re.findall(r"\d+\.\d+", numbers)), int(minutes.strip() or 0),
            )
        )  # fmt: skip
    return found


def days(plan: str) -> dict[str, str]:
    """Return the text below each heading `## Day …` of a plan."""
    parts = re.split(r"^## (.*)$", plan, flags=re.MULTILINE)
    return {
        heading: text
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
        if heading.startswith("Day")
    }


@functools.cache
def notebooks() -> dict[str, Path]:
    """Return the lessons by their two digits."""
    return {path.name[:2]: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}


def links(text: str, folder: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not (folder / target).exists():
            yield f"the link {target} leads nowhere"


def names(text: str) -> Iterator[str]:
    """Exercises, notebooks, other notebooks' sections and make targets that are named exist."""
    known = {number for path in notebooks().values() for number in exercise_minutes(path)}
    for phrase in NAMED_EXERCISES.findall(text):
        yield from (f"there is no exercise {n}" for n in re.findall(r"\d+\.\d+", phrase) if n not in known)
    for digits in re.findall(r"\b[Nn]otebooks? (\d\d)\b", text):
        if digits not in notebooks():
            yield f"there is no notebook {digits}"
    for digits, phrase in ELSEWHERE.findall(text):
        there = section_minutes(notebooks()[digits]) if digits in notebooks() else {}
        yield from (f"notebook {digits} has no section {n}" for n in expand(phrase) if n not in there)
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for target in re.findall(r"`make ([a-z-]+)", text):
        if target not in targets:
            yield f"the Makefile has no target {target}"
