"""Re-execute notebooks, normalise what they store, and write the measured times where readers look.

python -m tools.execute_notebooks [notebook ...]      (default: all)
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from tools.glossary import with_words, words_line
from tools.nbval import CELL_TIMEOUT
from tools.notebook_parts import (
    NOTEBOOKS,
    ROOT,
    SETUP_METADATA,
    TIME_LINE,
    badge,
    exercise_minutes,
    notebook_paths,
    read,
    reading_minutes,
    rounded_seconds,
    setup_cell,
    time_line,
)  # fmt: skip

NOTEBOOK_TIMEOUT = 3600  # seconds; nbconvert was seen to hang once, so there is a limit around that of a cell
SECONDS_FILE = ROOT / "tools" / "measured_seconds.json"
STRIP = ("metadata.widgets", "cell.metadata.execution", "metadata.language_info.version")


def refresh_common_parts(path: Path) -> None:
    """Write the badge and the set-up cell as pyproject.toml's setting makes them, and the line of new words."""
    notebook = read(path)
    title, *rest = notebook.cells[0].source.split("\n")
    rest = [line for line in rest if not line.startswith("[![Open In Colab]")]
    while rest and not rest[0].strip():
        rest.pop(0)
    first = "\n".join([title, "", badge(path), "", *rest]).rstrip()
    notebook.cells[0].source = with_words(first, words_line(path))
    notebook.cells[1].source = setup_cell()
    notebook.cells[1].metadata.update(SETUP_METADATA)
    nbformat.write(notebook, path)


def execute(path: Path) -> float:
    """Run a notebook from a fresh kernel in its folder, store its outputs, and return the seconds it took."""
    environment = {**os.environ, "TQDM_DISABLE": "1"}  # a stored progress bar would stay at 0 % for ever
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace",
         f"--ExecutePreprocessor.timeout={CELL_TIMEOUT}", "--log-level=WARN", str(path)],
        check=True, timeout=NOTEBOOK_TIMEOUT, env=environment,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    subprocess.run(
        [sys.executable, "-m", "nbstripout", "--keep-output", "--keep-count", "--keep-id",
         "--extra-keys", " ".join(STRIP), str(path)],
        check=True,
    )  # fmt: skip
    return seconds


def record_time(path: Path, seconds: float) -> None:
    """Keep the measured seconds, and put them into the notebook's first cell and README.md."""
    measured = json.loads(SECONDS_FILE.read_text(encoding="utf-8")) if SECONDS_FILE.exists() else {}
    measured[path.relative_to(NOTEBOOKS).as_posix()] = rounded_seconds(seconds)
    SECONDS_FILE.write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    if path.parent == NOTEBOOKS:
        notebook = read(path)
        notebook.cells[0].source = TIME_LINE.sub(time_line(notebook, seconds), notebook.cells[0].source)
        nbformat.write(notebook, path)


def readme_with_times(text: str) -> str:
    """Return README.md's text with the three time columns of its course map filled, for every notebook that exists."""
    measured = json.loads(SECONDS_FILE.read_text(encoding="utf-8"))
    lines = text.splitlines()
    for number, line in enumerate(lines):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            if len(cells) == 6 and f"(notebooks/{path.name})" in cells[1]:
                notebook = read(path)
                minutes = [f"{reading_minutes(notebook)} min", f"{exercise_minutes(notebook)} min"]
                cells[3:] = [*minutes, f"{measured.get(path.name, '?')} s"]
                lines[number] = "| " + " | ".join(cells) + " |"
    return "\n".join(lines) + "\n"


def write_readme_times() -> None:
    """Write the measured times into README.md."""
    readme = ROOT / "README.md"
    readme.write_text(readme_with_times(readme.read_text(encoding="utf-8")), encoding="utf-8")


def main(arguments: list[str]) -> None:
    for path in [Path(argument).resolve() for argument in arguments] or notebook_paths():
        refresh_common_parts(path)
        seconds = execute(path)
        record_time(path, seconds)
        print(f"{path.relative_to(ROOT)}: {seconds:.0f} s", flush=True)
    write_readme_times()


if __name__ == "__main__":
    main(sys.argv[1:])
