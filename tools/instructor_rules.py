"""What the pages of `instructor/` must satisfy. Each rule yields the problems it finds.

python -m tools.instructor_rules            (each section's minutes, then what is wrong with the pages)
"""

import ast
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.instructor_pages import (
    ELSEWHERE,
    INSTRUCTOR,
    SECTIONS,
    exercise_minutes,
    expand,
    links,
    names,
    notebooks,
    section_minutes,
)
from tools.instructor_plans import plan_problems
from tools.notebook_parts import ROOT, code_cells, read

CHECKS = ROOT / "course_lib" / "checks"
HEADINGS = (
    "Aim", "Before it", "On the board", "Misconceptions", "Where learners get stuck", "When late", "For discussion",
)  # fmt: skip
QUOTE = re.compile(r"“([^”]+)”")


@functools.cache
def hints(module: str) -> frozenset[str]:
    """Return every text in a module of `course_lib/checks` and those it imports from there, white space made single."""
    tree = ast.parse((CHECKS / f"{module}.py").read_text(encoding="utf-8"))
    texts, imported = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(" ".join(node.value.split()))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_lib.checks."):
            imported.add(node.module.removeprefix("course_lib.checks."))
        elif isinstance(node, ast.ImportFrom) and node.module == "course_lib.checks":
            imported.update(alias.name for alias in node.names)
    return frozenset(texts).union(*(hints(other) for other in imported))


@functools.cache
def hints_of(notebook: Path) -> frozenset[str]:
    """Return all that the checks of a notebook can say."""
    code = "\n".join(cell.source for cell in code_cells(read(notebook)))
    return frozenset().union(
        *(hints(module) for module in re.findall(r"from course_lib\.checks import (\w+)", code))
    )


def parts(text: str) -> dict[str, str]:
    """Return the text below each heading of the second level."""
    pieces = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def own_sections(text: str, notebook: Path) -> Iterator[str]:
    for phrase in SECTIONS.findall(ELSEWHERE.sub("", text)):
        yield from (f"there is no section {n}" for n in expand(phrase) if n not in section_minutes(notebook))


def page_form(text: str, notebook: Path) -> Iterator[str]:
    found = parts(text)
    if tuple(found) != HEADINGS:
        yield f"the headings are {list(found)}, not {list(HEADINGS)}"
        return
    if f"](../../notebooks/{notebook.name})" not in text.splitlines()[0]:
        yield "the first line must link to the notebook"
    if f"](../../notebooks/solutions/{notebook.name})" not in found["Where learners get stuck"]:
        yield "there is no link to the worked answers"
    if len(re.split(r"(?<=[.?]) (?=[A-Z])", " ".join(found["Aim"].split()))) != 2:
        yield "the aim must be two sentences"
    if found["For discussion"].count("**Answer:**") < 2:
        yield "at least two questions for discussion need an answer"
    for heading in ("On the board", "When late"):
        if not re.search(r"^- ", found[heading], re.MULTILINE):
            yield f"'{heading}' must be a list"


def misconceptions(text: str, notebook: Path) -> Iterator[str]:
    each = parts(text).get("Misconceptions", "").split("\n### ")[1:]
    if not 3 <= len(each) <= 5:
        yield f"{len(each)} misconceptions; 3 to 5 are wanted"
    for entry in each:
        if "**Ask:**" not in entry or "**Answer:**" not in entry:
            yield f"no question or no answer: {entry.splitlines()[0]}"
        elif not SECTIONS.search(entry.split("**Answer:**")[1]):
            yield f"the answer names no section: {entry.splitlines()[0]}"


def stuck(text: str, notebook: Path) -> Iterator[str]:
    """Each exercise has a row, with a hint quoted from its check to the letter."""
    rows = dict(
        re.findall(
            r"^\| (\d+\.\d+) \| (.*) \|$", parts(text).get("Where learners get stuck", ""), re.MULTILINE
        )
    )
    if list(rows) != list(exercise_minutes(notebook)):
        yield f"rows for the exercises {list(rows)}, not for {list(exercise_minutes(notebook))}"
    for number, row in rows.items():
        quotes = QUOTE.findall(row)
        if not quotes:
            yield f"exercise {number}: no hint of its check is quoted"
        for quote in quotes:
            if not any(quote in hint for hint in hints_of(notebook)):
                yield f"exercise {number}: no check of this notebook says “{quote}”"


def page_problems(text: str, notebook: Path) -> list[str]:
    """Return what is wrong with the page on one notebook."""
    found = [
        problem
        for rule in (page_form, misconceptions, stuck, own_sections)
        for problem in rule(text, notebook)
    ]
    return [*found, *names(text), *links(text, INSTRUCTOR / "notebooks")]


def all_problems() -> list[str]:
    """Return what is wrong with the folder, each with the file's name in front."""
    found = []
    for name in ("README.md", "one_day.md", "two_days.md"):
        text = (INSTRUCTOR / name).read_text(encoding="utf-8")
        problems = plan_problems(text) if name != "README.md" else [*names(text), *links(text, INSTRUCTOR)]
        found.extend(f"{name}: {problem}" for problem in problems)
    pages = {path.stem: path for path in (INSTRUCTOR / "notebooks").glob("*.md")}
    for notebook in notebooks().values():
        if page := pages.pop(notebook.stem, None):
            text = page.read_text(encoding="utf-8")
            found.extend(f"{page.name}: {problem}" for problem in page_problems(text, notebook))
        else:
            found.append(f"instructor/notebooks/{notebook.stem}.md is missing")
    return [*found, *(f"{name}.md belongs to no notebook" for name in pages)]


def main() -> None:
    for path in notebooks().values():
        row = ", ".join(f"{number}: {minutes:.1f}" for number, minutes in section_minutes(path).items())
        print(f"{path.stem}: minutes to read section {row}")
    if found := all_problems():
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
