"""Write an edition of the course without the solutions, for a class: a folder that is complete otherwise.

    python -m tools.student_edition build/student            (or `make student`)

It holds the files that git tracks, less `notebooks/solutions`, the tests and the tools of authors, and its README
does not speak of them.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from course_lib.errors import CourseError
from tools.notebook_parts import NOTEBOOKS, ROOT

LEFT_OUT = (
    "notebooks/solutions/",
    "tests/",
    "tools/",
    "benchmarks/",
    "instructor/",
    ".ci/",
    ".github/",
    "CONTRIBUTING.md",
)
SENTENCES = (
    (re.compile(r"^make test .*\n", re.MULTILINE), ""),
    (re.compile(r"^Worked answers to all exercises are in \[.*?\]\(.*?\)\. ", re.MULTILINE), ""),
    (re.compile(r"^\| `(tests|tools|benchmarks|instructor)/` .*\n", re.MULTILINE), ""),
    (re.compile(r"^Do you teach it\? .*\n\n", re.MULTILINE), ""),
    (re.compile(r"; `notebooks/solutions/` the answers"), ""),
    (re.compile(r"^## How fast, and how do you know\?\n.*?(?=^## )", re.MULTILINE | re.DOTALL), ""),
    (re.compile(r" To contribute, read \[CONTRIBUTING.md\]\(CONTRIBUTING.md\)\."), ""),
)


def tracked_files() -> list[str]:
    """Return the paths of all files that git tracks, relative to the root of the course."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [name for name in listed.split("\0") if name]


def for_students(readme: str) -> str:
    """Return README.md without what speaks of files that students do not get.

    Raises:
        ValueError: a sentence that is to be left out is not there, so that this module no longer fits the README.
    """
    for pattern, replacement in SENTENCES:
        readme, count = pattern.subn(replacement, readme)
        if count == 0:
            raise ValueError(
                f"README.md has nothing that matches {pattern.pattern!r}; mend tools/student_edition.py"
            )
    return readme


def write_edition(target: Path, files: list[str]) -> int:
    """Copy `files`, less those left out, to the new folder `target`; return how many there are.

    Raises:
        CourseError: the folder exists already and is not empty.
    """
    if target.exists() and any(target.iterdir()):
        raise CourseError(f"{target} exists and is not empty. Remedy: remove it, or name another folder.")
    kept = [name for name in files if not name.startswith(LEFT_OUT)]
    for name in kept:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target / name)
    readme = target / "README.md"
    readme.write_text(for_students(readme.read_text(encoding="utf-8")), encoding="utf-8")
    return len(kept)


def main(arguments: list[str]) -> None:
    target = Path(arguments[0] if arguments else ROOT / "build" / "student")
    try:
        count = write_edition(target, tracked_files())
    except CourseError as error:
        sys.exit(str(error))
    lessons = len(list((target / NOTEBOOKS.name).glob("*.ipynb")))
    print(f"{target}: {count} files, {lessons} notebooks, no solutions.")


if __name__ == "__main__":
    main(sys.argv[1:])
