"""Write an edition of the course without the solutions, for a class: a folder that is complete otherwise.

    python -m tools.student_edition build/student            (or `make student`)

It holds the files that git tracks, less `notebooks/solutions`, the tests and the tools of authors. README, Makefile and
notebooks of the edition do not speak of what is not there.
"""

import re
import shutil
import subprocess
import sys
from functools import partial
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
    "requirements-browser.txt",
    "requirements-colab.txt",
)
SENTENCES = (
    (re.compile(r"^<!-- get the course.*?<!-- end -->\n\n", re.MULTILINE | re.DOTALL), ""),
    (re.compile(r"^```\nmake test .*?(?=^\*\*Without `make`\*\*)", re.MULTILINE | re.DOTALL), ""),
    (re.compile(r"`git checkout -- notebooks/.*?answers\. ", re.DOTALL), ""),
    (re.compile(r"^Worked answers to all exercises are in \[.*?\]\(.*?\)\. ", re.MULTILINE), ""),
    (re.compile(r"^\| `(tests|tools|benchmarks|instructor)/` .*\n", re.MULTILINE), ""),
    (re.compile(r"^Do you teach it\? .*\n\n", re.MULTILINE), ""),
    (re.compile(r"; `notebooks/solutions/` the answers"), ""),
    (re.compile(r"^## How fast, and how do you know\?\n.*?(?=^## )", re.MULTILINE | re.DOTALL), ""),
    (re.compile(r" To contribute, read \[CONTRIBUTING.md\]\(CONTRIBUTING.md\)\."), ""),
    (re.compile(r"; `git checkout -- data` restores it\."), "; copy it anew from where you got the course."),
)
TARGETS = ("help", "$(VENV)/.installed", "lab", "clean")  # what a student's Makefile can do
RULE = re.compile(r"^([^\s:#=]+):(?!=)", re.MULTILINE)
CHECKPOINTS = "`make checkpoints`"
SENTENCES_OF_NOTEBOOKS = {
    "00_start_here.ipynb": {
        "read what its check tells you, and find the worked answer;": "and read what its check tells you;",
        " There is a [worked answer](solutions/00_start_here.ipynb) to each exercise, in `notebooks/solutions`.": "",
        "Try first, then look: what you": "What you",
        "which explains what is wrong; answers are in `notebooks/solutions`.": "which explains what is wrong.",
    },
    "05_first_cnn.ipynb": {"`benchmarks/README.md`": "`benchmarks/README.md` of the full course"},
    "06_optimisation.ipynb": {"`benchmarks/README.md`": "`benchmarks/README.md` of the full course"},
    "12_gan_dynamics.ipynb": {"`benchmarks/ring.py` has": "`benchmarks/ring.py` of the full course has"},
    "14_dcgan.ipynb": {
        "`benchmarks/README.md`": "`benchmarks/README.md` of the full course",
        "`benchmarks/dcgan_guidelines.py` has": "`benchmarks/dcgan_guidelines.py` of the full course has",
    },
    "16_better_gans.ipynb": {CHECKPOINTS: f"{CHECKPOINTS} of the full course"},
}


def ask_git(*question: str, root: Path = ROOT) -> list[str]:
    """Return what git answers with `-z`: a list of lines.

    Raises:
        CourseError: there is no git, or the folder is not a clone.
    """
    try:
        told = subprocess.run(
            ["git", question[0], "-z", *question[1:]], cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        raise CourseError(
            f"Which files belong to the course is asked of git, and it does not answer in {root}. "
            "Remedy: install git, and get the course by git clone instead of the ZIP."
        ) from None
    return [line for line in told.stdout.split("\0") if line]


def tracked_files(root: Path = ROOT) -> list[str]:
    """Return the paths of all files that git tracks, relative to the root of the course.

    Raises:
        CourseError: git cannot tell.
    """
    return ask_git("ls-files", root=root)


def files_to_hand_out(root: Path = ROOT) -> list[str]:
    """Return `tracked_files`, if the notebooks are as they were committed: answers in them would go to the class.

    Raises:
        CourseError: a notebook has been changed, or git cannot tell.
    """
    if changed := ask_git("status", "--porcelain", "--untracked-files=no", "--", "notebooks", root=root):
        raise CourseError(
            f"{changed[0][3:]} is not as it was committed; answers in it would be handed out. Remedy: commit what "
            "belongs to the course, and do the exercises in another clone."
        )
    return tracked_files(root)


def copy_files(names: list[str], target: Path) -> None:
    """Copy these files of the course to the same places in the folder `target`, which is made if it is missing."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target / name)


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


def makefile_for_students(makefile: str) -> str:
    """Return the Makefile without the commands that need tests or authors' tools; `make help` lists what is left.

    Raises:
        ValueError: a command that students need is not there.
    """
    makefile = re.sub(r"^NBVAL .*\\\n.*\n", "", makefile, flags=re.MULTILINE)
    makefile = re.sub(r"^\.PHONY:.*", ".PHONY: lab clean help", makefile, flags=re.MULTILINE)
    kept, found = [], set()
    for paragraph in makefile.strip().split("\n\n"):
        targets = {target for target in RULE.findall(paragraph) if not target.startswith(".PHONY")}
        if targets <= set(TARGETS):
            kept.append(paragraph)
            found |= targets
    if missing := set(TARGETS) - found:
        raise ValueError(f"Makefile has no rule for {sorted(missing)}; mend tools/student_edition.py")
    return "\n\n".join(kept) + "\n"


def data_for_students(readme: str) -> str:
    """Return data/README.md with the one command that students do not have named as the full course's."""
    if CHECKPOINTS not in readme:
        raise ValueError(f"data/README.md has no {CHECKPOINTS}; mend tools/student_edition.py")
    return readme.replace(CHECKPOINTS, f"{CHECKPOINTS} of the full course")


def notebook_for_students(name: str, text: str) -> str:
    """Return a notebook's file without what speaks of answers; `name` is its file name, `text` the .ipynb as stored.

    Raises:
        ValueError: a sentence that is to be changed is not there.
    """
    for sentence, replacement in SENTENCES_OF_NOTEBOOKS.get(name, {}).items():
        if sentence not in text:
            raise ValueError(f"{name} has no {sentence!r}; mend tools/student_edition.py")
        text = text.replace(sentence, replacement)
    return text


def write_edition(target: Path, files: list[str]) -> int:
    """Copy `files`, less those left out, to the new folder `target`; return how many there are.

    Raises:
        CourseError: the folder exists already and is not empty.
    """
    if target.exists() and any(target.iterdir()):
        raise CourseError(f"{target} exists and is not empty. Remedy: remove it, or name another folder.")
    kept = [name for name in files if not name.startswith(LEFT_OUT)]
    copy_files(kept, target)
    changes = {
        "README.md": for_students,
        "Makefile": makefile_for_students,
        "data/README.md": data_for_students,
    }
    for notebook in SENTENCES_OF_NOTEBOOKS:
        changes[f"notebooks/{notebook}"] = partial(notebook_for_students, notebook)
    for name in changes.keys() & set(kept):
        text = (ROOT / name).read_text(encoding="utf-8")
        (target / name).write_text(changes[name](text), encoding="utf-8")
    return len(kept)


def main(arguments: list[str]) -> None:
    target = Path(arguments[0] if arguments else ROOT / "build" / "student")
    try:
        count = write_edition(target, files_to_hand_out())
    except CourseError as error:
        sys.exit(str(error))
    lessons = len(list((target / NOTEBOOKS.name).glob("*.ipynb")))
    print(f"{target}: {count} files, {lessons} notebooks, no solutions.")


if __name__ == "__main__":
    main(sys.argv[1:])
