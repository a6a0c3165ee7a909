"""Install the course from this folder, with no network: python install.py

It makes course/.venv, installs the packages in wheels/, checks that the course starts, and says how to open it.
"""

from __future__ import annotations  # so that Python 3.8 too can say that it is too old

import hashlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

KIT = Path(__file__).resolve().parent
COURSE, WHEELS = KIT / "course", KIT / "wheels"
CHECK = """
import torchvision
from course_lib.datasets.images import load_fashion_mnist
print(len(load_fashion_mnist().train_images), "training images found")
"""


def problems() -> list[str]:
    """Return what is wrong with this Python or with the files of the kit, one line each."""
    try:
        facts = json.loads((KIT / "kit.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ["kit.json is missing or damaged. Copy the kit again."]
    here = {
        "python": "{}.{}".format(*sys.version_info),
        "system": sys.platform,
        "machine": platform.machine(),
    }
    found = [
        f"The kit was made for {name} {facts[name]}, this is {value}: make one on such a machine."
        for name, value in here.items()
        if value != facts[name]
    ]
    if found:
        return found  # an older Python could not even read the digests
    for name, digest in facts["sha256"].items():
        file = WHEELS / name
        if not file.exists():
            found.append(f"wheels/{name} is missing. Copy the kit again.")
        else:
            with file.open("rb") as content:
                actual = hashlib.file_digest(content, "sha256").hexdigest()
            if actual != digest:
                found.append(f"wheels/{name} is damaged. Copy the kit again.")
    return found


DISK = "Most often the disk is full (8 GB are needed)."
VENV = "On Debian and Ubuntu most often the package python3-venv is missing; else the disk is full (8 GB are needed)."


def run(*command: object, cause: str = DISK) -> None:
    """Run a command in the course's folder and end with one line, with the usual cause, if it fails."""
    if subprocess.run([str(part) for part in command], cwd=COURSE).returncode != 0:
        sys.exit(f"Installing failed; the last lines above say why. {cause} Mend it and repeat the command.")


def main() -> None:
    if found := problems():
        sys.exit("\n".join(found))
    venv = COURSE / ".venv"
    run(sys.executable, "-m", "venv", venv, cause=VENV)
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = (
        python,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--no-index",
        "--find-links",
        WHEELS,
    )
    run(*pip, "--upgrade", "setuptools", "wheel")  # a fresh environment may bring an old one
    run(*pip, "--no-build-isolation", "-r", "requirements.txt")
    run(python, "-c", CHECK)
    (venv / ".installed").touch()  # so that `make lab` installs nothing
    print(f"The course is installed. Open it from {COURSE} with")
    print("    make lab")
    print("or, without make,")
    print(f"    {python} -m jupyterlab --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb")


if __name__ == "__main__":
    main()
