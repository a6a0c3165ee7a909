"""Fetch reveal.js and MathJax once, so that slides open with no network: from the packages that carry them."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from course_lib.errors import CourseError
from tools.notebook_parts import ROOT

REQUIREMENTS = ROOT / "tools" / "slides_requirements.txt"
# where a file lies in its package, and where in the folder of the slides
FOLDERS = {
    "sphinx_revealjs/_static/revealjs/dist/": "reveal/dist/",
    "sphinx_revealjs/_static/revealjs/plugin/notes/": "reveal/plugin/notes/",
    "sphinx_revealjs/_static/revealjs/LICENSE": "reveal/LICENSE",
    "sphinx-mathjax-offline/static/mathjax/tex-svg-full.js": "mathjax/tex-svg-full.js",
}
LEFT_OUT = (".map", ".esm.js", ".eot", ".ttf")
WANTED = ("reveal/dist/reveal.js", "reveal/dist/theme/white.css", "mathjax/tex-svg-full.js", "LICENCES.txt")
LICENCES = """reveal/  reveal.js 5.2.0, MIT licence (reveal/LICENSE); its font Source Sans Pro, SIL Open Font Licence
mathjax/  MathJax 3, Apache licence 2.0 (https://github.com/mathjax/MathJax/blob/3.2.2/LICENSE)
"""


def unpack(package: Path, target: Path) -> None:
    """Copy what slides need from one package (a wheel, which is a zip file) into the folder `target`."""
    with zipfile.ZipFile(package) as archive:
        for name in archive.namelist():
            start = next((start for start in FOLDERS if name.startswith(start)), None)
            if start is None or name.endswith(("/", *LEFT_OUT)):
                continue
            place = target / (FOLDERS[start] + name.removeprefix(start))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(name))


def fetch_parts(target: Path, requirements: Path = REQUIREMENTS) -> None:
    """Fill `target` with reveal.js and MathJax, unless they are there; pip compares the packages' hashes.

    Raises:
        CourseError: pip could not fetch the packages.
    """
    if all((target / name).exists() for name in WANTED):
        return
    print("Fetching reveal.js and MathJax (9 MB), once.", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                   "--only-binary=:all:", "--require-hashes", "-r", str(requirements), "-d", folder]  # fmt: skip
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            reason = (result.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise CourseError(
                f"reveal.js and MathJax could not be fetched: {reason} "
                "Remedy: run 'make slides' once with a network; afterwards it needs none."
            )
        for package in sorted(Path(folder).glob("*.whl")):
            unpack(package, target)
    (target / "LICENCES.txt").write_text(LICENCES, encoding="utf-8")
