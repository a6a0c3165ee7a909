"""Write a folder from which the course is installed without a network, for a room with bad Wi-Fi or none.

    python -m tools.offline_kit [folder] [--student]      (or `make offline-kit TARGET= EDITION=student`)

It holds the course, all packages of requirements.txt as wheels, and `install.py`, which needs nothing but Python.
Wheels fit one operating system, processor and version of Python: those of the machine that made the kit. (pip can
download for another, but decides by the machine it runs on which packages are needed, so that some would be missing.)
"""

import argparse
import hashlib
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from course_lib.errors import CourseError
from tools.notebook_parts import ROOT
from tools.student_edition import copy_files, files_to_hand_out, write_edition

INSTALLER = Path(__file__).with_name("offline_install.py")
TO_BUILD = ("setuptools>=70", "wheel")  # what `pip install -e .` needs
READ_ME = """The course, to be installed without a network
=============================================

Made on {system} ({machine}) with Python {python}: it installs on such machines and says so on others.
Copy this folder to the disk of the computer (from a USB stick it is slow), open a terminal in it, and say

    python3 install.py          (Windows: py install.py)

It takes a few minutes and 8 GB of disk, and tells how to open the course.
"""


def requirements(text: str) -> list[str]:
    """Return the packages that requirements.txt names, without the course itself."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("-e")]


def fetch_wheels(folder: Path) -> None:
    """Put the wheels of all requirements, and of what they need, into `folder`.

    Raises:
        CourseError: pip could not get them all.
    """
    wanted = requirements((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--disable-pip-version-check",
        "--wheel-dir",
        folder,
    ]
    if subprocess.run([*command, *wanted, *TO_BUILD]).returncode != 0:
        raise CourseError(
            "pip could not fetch all packages; its last lines above say why. Remedy: check network and disk "
            "(4 GB are needed), remove the folder, and repeat."
        )


def describe(wheels: Path) -> dict:
    """Return what install.py checks: Python's version, the system, its processor, and the digest of every wheel."""
    digests = {}
    for file in sorted(wheels.iterdir()):
        with file.open("rb") as content:
            digests[file.name] = hashlib.file_digest(content, "sha256").hexdigest()
    return {
        "python": "{}.{}".format(*sys.version_info),
        "system": sys.platform,
        "machine": platform.machine(),
        "sha256": digests,
    }


def write_course(target: Path, student: bool) -> None:
    """Copy the course, or its edition without solutions, to the new folder `target`.

    Raises:
        CourseError: the notebooks are not as they were committed.
    """
    if student:
        write_edition(target, files_to_hand_out())
    else:
        copy_files(files_to_hand_out(), target)


def write_kit(target: Path, student: bool, fetch=fetch_wheels) -> dict:
    """Write the kit into the new folder `target` and return what describes it.

    Raises:
        CourseError: the folder is not empty, notebooks hold changes, or packages could not be fetched.
    """
    if target.exists() and any(target.iterdir()):
        raise CourseError(f"{target} exists and is not empty. Remedy: remove it, or name another folder.")
    write_course(target / "course", student)
    (target / "wheels").mkdir(parents=True)
    fetch(target / "wheels")
    facts = describe(target / "wheels")
    (target / "kit.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    (target / "INSTALL.txt").write_text(READ_ME.format(**facts), encoding="utf-8")
    shutil.copyfile(INSTALLER, target / "install.py")
    return facts


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="?", type=Path, default=ROOT / "build" / "offline-kit")
    parser.add_argument("--student", action="store_true", help="the edition without solutions")
    options = parser.parse_args(arguments)
    try:
        facts = write_kit(options.target, options.student)
    except CourseError as error:
        sys.exit(str(error))
    size = sum(file.stat().st_size for file in options.target.rglob("*") if file.is_file())
    print(
        f"{options.target}: {len(facts['sha256'])} packages, {size / 1e9:.1f} GB. Try it: see INSTALL.txt there."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
