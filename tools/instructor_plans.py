"""What a plan of `instructor/` must satisfy. Each rule yields the problems it finds."""

import re
from collections.abc import Iterator
from itertools import pairwise

from tools.instructor_pages import (
    INSTRUCTOR,
    SECTIONS,
    Block,
    blocks,
    days,
    exercise_minutes,
    exercise_sections,
    expand,
    links,
    measured_seconds,
    names,
    notebooks,
    section_minutes,
)
from tools.notebook_parts import NOTEBOOKS

ASIDE = re.compile(
    r"^\| \[.*?\]\(\.\./notebooks/(\w+\.ipynb)\) \| (skipped|shown) \| (.+?) \|$", re.MULTILINE
)
TALKING = 1.5  # a class takes at least this many times as long as a reader
LAPTOPS = 1.5  # a laptop of the class may take this many times as long as the two cores of README.md
LONGEST_STRETCH, SHORTEST_LUNCH = 100, 45  # minutes


def block_times(day: list[Block]) -> Iterator[str]:
    """Times follow each other and are the sums of their parts; pauses come in time."""
    since_pause = 0
    for block in day:
        if block.is_pause != (block.teach + block.run + block.exercise_minutes == 0):
            yield f"a pause has no minutes of work, and all else has: {block.what}"
        if not block.is_pause and block.end - block.start != block.teach + block.run + block.exercise_minutes:
            parts = f"{block.teach} + {block.run} + {block.exercise_minutes}"
            yield f"{block.end - block.start} minutes, but {parts}: {block.what}"
        if block.what == "Lunch" and block.end - block.start < SHORTEST_LUNCH:
            yield f"lunch is shorter than {SHORTEST_LUNCH} minutes"
        since_pause = 0 if block.is_pause else since_pause + block.end - block.start
        if since_pause > LONGEST_STRETCH:
            yield f"{since_pause} minutes without a break: {block.what}"
    for before, after in pairwise(day):
        if before.end != after.start:
            yield f"a gap or an overlap in front of: {after.what}"
    if sum(block.what == "Lunch" for block in day) != 1:
        yield "a day has one lunch"


def block_content(block: Block) -> Iterator[str]:
    """The sections and exercises of a block exist, and their minutes are kept."""
    notebook = NOTEBOOKS / block.notebook
    if not notebook.exists():
        yield f"there is no notebook {block.notebook}"
        return
    here, minutes = section_minutes(notebook), exercise_minutes(notebook)
    named = [n for phrase in SECTIONS.findall(block.what) for n in expand(phrase)]
    if not named or set(named) - set(here):
        yield f"sections are missing or do not exist: {block.what}"
    elif block.teach < TALKING * (reading := sum(here[n] for n in named)):
        yield f"{block.teach} minutes to teach, {TALKING} × {reading:.1f} are needed: {block.what}"
    places = exercise_sections(notebook)
    if set(block.exercises) - {exercise for exercise, place in places.items() if place in named}:
        yield f"not all of {block.exercises} stand in these sections: {block.what}"
    elif block.exercise_minutes != sum(minutes[n] for n in block.exercises):
        yield f"the exercises take {sum(minutes[n] for n in block.exercises)} minutes: {block.what}"


def total_line(heading: str, day: list[Block]) -> str:
    """Return the line that sums up one day."""
    pauses = sum(block.end - block.start for block in day if block.is_pause)
    teach, run, exercises = (
        sum(getattr(b, part) for b in day) for part in ("teach", "run", "exercise_minutes")
    )
    hours = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (day[0].start, day[-1].end)]
    return (
        f"**{heading}:** {hours[0]} to {hours[1]}, {day[-1].end - day[0].start} minutes: {teach} teaching, "
        f"{run} running, {exercises} exercises, {pauses} breaks and lunch."
    )


def coverage(plan: str, all_blocks: list[Block]) -> Iterator[str]:
    """Every notebook is worked through, shown with a reason, or skipped with a reason; runs get their time."""
    aside = {name: how for name, how, _ in ASIDE.findall(plan)}
    for path in notebooks().values():
        mine = [block for block in all_blocks if block.notebook == path.name]
        how = aside.get(path.name, "worked")
        if (how == "skipped") != (not mine):
            yield f"{path.name} is neither in the timetable nor skipped with a reason, or both"
        if mine and (how == "shown") == any(block.exercises for block in mine):
            yield f"{path.name} has no exercises, so say why it is only shown (or the reverse)"
        if mine and 60 * sum(block.run for block in mine) < LAPTOPS * measured_seconds()[path.name]:
            yield f"{path.name} took {measured_seconds()[path.name]} s on two cores; plan {LAPTOPS} times that"


def plan_problems(plan: str) -> list[str]:
    """Return what is wrong with a plan."""
    found, all_blocks = [], []
    for heading, text in days(plan).items():
        day = blocks(text)
        if len(day) != len(re.findall(r"^\| \d\d?:", text, re.MULTILINE)) or not day:
            found.append(f"{heading}: a row of the timetable cannot be read")
            continue
        found.extend(block_times(day))
        if total_line(heading, day) not in text:
            found.append(f"the total should read: {total_line(heading, day)}")
        for block in day:
            if block.notebook:
                found.extend(block_content(block))
        all_blocks += day
    if not all_blocks:
        return [*found, "there is no day with a timetable"]
    return [*found, *coverage(plan, all_blocks), *names(plan), *links(plan, INSTRUCTOR)]
