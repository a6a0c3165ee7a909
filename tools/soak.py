"""Re-execute the whole course again and again, with different numbers of threads, and say how often it fails.

python -m tools.soak [--runs 10] [--lanes 1] [--threads 1,2,4] [--only 05_first_cnn …] [--fresh]

Each notebook runs in a pytest process of its own, `lanes` of them at a time, the longest of a run first. After each, a
line is appended to build/soak.jsonl; an interrupted soak, called again, goes on where it was, as long as nothing that
is executed has changed: code of the notebooks, library, data, requirements, and how nbval compares.

Under load everything takes longer, and no cell asserts an absolute time. What remains are limits for what hangs: half
an hour for a cell, two minutes for an output to arrive after its cell has ended, five for a kernel to start. What
exceeds one has failed, and is marked "timeout" (a kernel that did not start: "broken") in the log, so that it can be
told from a wrong output.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from tools.notebook_parts import ROOT, code_cells, notebook_paths, outputs_text, read
from tools.soak_lane import Lane, expected_seconds
from tools.soak_report import Log, report

LOG = ROOT / "build" / "soak.jsonl"
EXECUTED = (  # what an outcome depends on, beside the code and the stored text of the notebooks
    "course_lib", "data", "requirements.txt", "pyproject.toml", "tools/nbval.py", "tests/nbval_plugin.py",
    "tests/nbval_sanitize.cfg",
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One execution: which run, counted from 1, of which notebook, with how many threads."""

    run: int
    notebook: str
    threads: int


def tasks(notebooks: list[str], runs: int, threads: list[int]) -> list[Task]:
    """Return all executions in the order in which they start: run by run, in each the longest notebook first.

    Every run has its number of threads; after the last in the list the first comes again.
    """
    ordered = sorted(notebooks, key=expected_seconds, reverse=True)
    return [
        Task(run, notebook, threads[(run - 1) % len(threads)])
        for run in range(1, runs + 1)
        for notebook in ordered
    ]


def version(root: Path = ROOT) -> str:
    """Return a fingerprint of what is executed and compared, or "no commit" outside a repository.

    It is of the notebooks' code and stored text, so that their prose may be mended, and of the rest as last committed.
    """
    trees = subprocess.run(
        ["git", "rev-parse", *(f"HEAD:{path}" for path in EXECUTED)], cwd=root, capture_output=True, text=True
    )
    if trees.returncode != 0:
        return "no commit"
    fingerprint = hashlib.sha256(trees.stdout.encode())
    for path in [*sorted(root.glob("notebooks/*.ipynb")), *sorted(root.glob("notebooks/solutions/*.ipynb"))]:
        for cell in code_cells(read(path)):
            fingerprint.update(f"{path.name}\n{cell.source}\n{outputs_text(cell)}\n".encode())
    return fingerprint.hexdigest()[:12]


def soak(planned: list[Task], log: Log, lane: Lane, lanes: int, tell=print, version=version) -> None:
    """Execute what the log does not hold yet, `lanes` at a time, and write down each outcome.

    Raises:
        SystemExit: something else was checked out meanwhile, so that the executions would not be of one course.
    """
    begun, torch = version(), metadata.version("torch")
    done = {(entry["run"], entry["notebook"], entry["threads"]) for entry in log.of(begun)}
    left = [task for task in planned if (task.run, task.notebook, task.threads) not in done]
    if len(left) < len(planned):
        tell(f"Going on: {len(planned) - len(left)} of {len(planned)} executions are in {log.path} already.")
    stop, finished = threading.Event(), len(planned) - len(left)

    def execute(task: Task) -> None:
        nonlocal finished
        if stop.is_set():
            return
        if version() != begun:
            stop.set()
            return
        outcome = lane(task.notebook, task.threads)
        if stop.is_set():  # interrupted: what was killed has no outcome
            return
        entry = {"version": begun, "run": task.run, "notebook": task.notebook, "threads": task.threads,
                 "torch": torch, **outcome}  # fmt: skip
        with log.lock:
            log.append(entry)
            finished += 1
            tell(
                f"{finished} of {len(planned)}: run {task.run}, {task.threads} thread(s), {task.notebook}: "
                f"{entry['outcome']} after {entry['seconds']:.0f} s"
            )

    with ThreadPoolExecutor(lanes) as pool:
        futures = [pool.submit(execute, task) for task in left]
        try:
            for future in futures:
                future.result()
        except BaseException:
            stop.set()
            lane.kill()
            raise
    if stop.is_set():
        raise SystemExit(
            f"The soak began with version {begun} of the course, and now {version()} is checked out: the executions "
            "would not be of one course. Remedy: soak in a clone of its own (git clone . ../soak, and make soak there)."
        )


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=10, help="times that every notebook is executed")
    parser.add_argument(
        "--lanes", type=int, default=1, help="notebooks at a time; cores / threads is a good choice"
    )
    parser.add_argument("--threads", default="1,2,4", help="threads of torch, by run, as 1,2,4")
    parser.add_argument(
        "--only", nargs="+", default=[], help="parts of names: only these notebooks and solutions"
    )
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier call has written down")
    parser.add_argument("--log", type=Path, default=LOG, help="default build/soak.jsonl")
    options = parser.parse_args(given)
    options.threads = [int(number) for number in options.threads.split(",") if number.strip().isdigit()]
    if min(options.runs, options.lanes, *(options.threads or [0])) < 1:
        parser.error("runs, lanes and each number of threads must be at least 1")
    return options


def main(given: list[str]) -> int:
    options = arguments(given)
    names = [path.relative_to(ROOT).as_posix() for path in notebook_paths()]
    chosen = [name for name in names if not options.only or any(part in name for part in options.only)]
    if not chosen:
        raise SystemExit(
            f"No notebook's name contains {' or '.join(options.only)}. Remedy: see notebooks/ for the names."
        )
    log, planned = Log(options.log), tasks(chosen, options.runs, options.threads)
    if options.fresh:
        log.path.unlink(missing_ok=True)
    try:
        soak(planned, log, Lane(), options.lanes, tell=lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        print("Interrupted. The same command goes on where it was.")
        return 130
    wanted = {(task.run, task.notebook, task.threads) for task in planned}
    entries = [e for e in log.of(version()) if (e["run"], e["notebook"], e["threads"]) in wanted]
    print(report(entries))
    return int(any(entry["outcome"] != "passed" for entry in entries))


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
