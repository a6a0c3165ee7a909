"""Execute one notebook in a process of its own, and tell how it went."""

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from tools import kernel_start, nbval
from tools.execute_notebooks import SECONDS_FILE
from tools.notebook_parts import ROOT
from tools.soak_arithmetic import WITHOUT_BFLOAT16

LONGEST_NOTEBOOK = 3600  # seconds; a process that hangs must not stop the others for ever
LONGEST_MESSAGE = 2000  # characters of a failing cell that are kept
# A kernel begins with this. What a notebook measures is written down, so that the report can tell how near a band's
# end it lies. The probes are those that course_lib.runtime.training_dtype asks.
START = """
import json, math, os
import course_lib  # before torch
import torch
if os.environ.get({without_bfloat16!r}):
    for probe in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        setattr(torch.cpu, probe, lambda: False)
from course_lib.checks import report
_measured = report.measured
def _written_down(name, value, *, at_least=-math.inf, at_most=math.inf, unit=""):
    with open({path!r}, "a", encoding="utf-8") as file:
        bounds = [None if math.isinf(bound) else bound for bound in (at_least, at_most)]
        file.write(json.dumps([name, float(value), *bounds]) + "\\n")
    return _measured(name, value, at_least=at_least, at_most=at_most, unit=unit)
report.measured = _written_down
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*m|#x1B\[[0-9;]*m")


def expected_seconds(notebook: str) -> float:
    """Return what a notebook was last measured to take; 30 seconds if it never was."""
    measured = json.loads(SECONDS_FILE.read_text(encoding="utf-8"))
    return measured.get(notebook.removeprefix("notebooks/"), 30)


class Room:
    """Lets in what has at most `threads` threads together, and what has more when nothing else is there.

    More threads than cores wait for each other at every step: notebook 14 with two, beside another notebook with two on
    two cores, was seen to take more than seven times as long.
    """

    def __init__(self, threads: int):
        self._all = self._free = threads
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def taken(self, threads: int):
        """Wait for room for so many threads, and hold it."""
        needed = min(threads, self._all)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= needed)
            self._free -= needed
        try:
            yield
        finally:
            with self._changed:
                self._free += needed
                self._changed.notify_all()


class Lane:
    """Runs nbval on notebooks, in as many threads as call it, and can kill what is running.

    >>> Lane()("notebooks/00_start_here.ipynb", threads=1)  # doctest: +SKIP
    {'outcome': 'passed', 'seconds': 8.1, 'failures': []}
    """

    def __init__(self):
        self._running: set[subprocess.Popen] = set()
        self._lock = threading.Lock()

    def __call__(self, notebook: str, threads: int, settings: dict[str, str] | None = None) -> dict:
        """Return how it went with `settings` added to the environment.

        Returns:
            `outcome`: passed, failed, timeout or broken; `seconds`; `failures`, a message for each cell; and
            `measured`, [name, value, at_least or None, at_most or None] for each number that was measured.
        """
        count = str(threads)
        path = os.pathsep.join(
            [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        )  # this clone's library
        environment = {**os.environ, "PYTHONPATH": path, "COURSE_THREADS": count, "OMP_NUM_THREADS": count}
        environment |= settings or {}
        with tempfile.TemporaryDirectory(prefix="soak_") as folder:
            results, measured = Path(folder) / "results.xml", Path(folder) / "measured.jsonl"
            measured.touch()
            environment |= kernel_start.settings(
                Path(folder), START.format(path=str(measured), without_bfloat16=WITHOUT_BFLOAT16)
            )
            command = nbval.command([notebook], "-q", f"--junitxml={results}")
            start = time.perf_counter()
            code, output = self._finish(command, environment)
            seconds = time.perf_counter() - start
            failures = failing_cells(results)
            numbers = [json.loads(line) for line in measured.read_text(encoding="utf-8").splitlines()]
        if code not in (0, 1) or (code == 1 and not failures):
            failures.append(output[-LONGEST_MESSAGE:])
        return {"outcome": outcome(code, failures), "seconds": round(seconds, 1), "failures": failures,
                "measured": numbers}  # fmt: skip

    def _finish(self, command: list[str], environment: dict[str, str]) -> tuple[int, str]:
        """Return the exit status, and what was printed; a process that is killed takes its kernel with it."""
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        with self._lock:
            self._running.add(process)
        try:
            output, _ = process.communicate(timeout=LONGEST_NOTEBOOK)
        except subprocess.TimeoutExpired:
            _kill_group(process)
            output = f"killed after {LONGEST_NOTEBOOK} s\n" + process.communicate()[0]
        finally:
            with self._lock:
                self._running.discard(process)
        return process.returncode, output

    def kill(self) -> None:
        """Kill all that is running."""
        with self._lock:
            for process in self._running:
                _kill_group(process)


def _kill_group(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def outcome(code: int, failures: list[str]) -> str:
    """Return what an exit status of pytest means; "broken" is what is no test's failure: no kernel, no memory."""
    if code == 0:
        return "passed"
    if code != 1:
        return "broken"
    return "timeout" if any("Timeout of" in message for message in failures) else "failed"


def failing_cells(results: Path) -> list[str]:
    """Return "name of the cell: message" for each that failed, from pytest's file in JUnit's format."""
    if not results.exists():
        return []
    found = []
    for case in ElementTree.parse(results).iter("testcase"):
        for failure in [*case.findall("failure"), *case.findall("error")]:
            message = COLOUR.sub("", failure.text or failure.get("message", "")).strip()
            found.append(f"{case.get('name')}: {message}"[:LONGEST_MESSAGE])
    return found
