"""Re-execute the whole course again and again, each time with other threads and roundings; how often does it fail?

python -m tools.soak [--runs 10] [--lanes 1] [--threads 1,2,4] [--arithmetic native,avx …] [--only 05_first_cnn …]

Each notebook runs in a pytest process of its own, as many at a time as have `lanes` threads together (one with more has
all to itself), the longest of a run first. After each, a line is appended to build/soak.jsonl; an interrupted soak,
called again, goes on where it was. What is written down of a notebook holds as long as nothing has changed that its
execution depends on: its code (but for the alternative texts of pictures) and stored text, the library, the data, the
requirements, and how nbval compares.

On one machine a training gives the same numbers again and again, so ten runs there say little about another machine,
where sums are rounded in another order. Each run therefore calculates in another way (`ARITHMETIC`): torch's libraries
choose their code by the processor's instructions, and can be told to use that of an older one.

Under load everything takes longer, and no cell asserts an absolute time. What remains are limits for what hangs: half
an hour for a cell, two minutes for an output to arrive after its cell has ended, five for a kernel to start. What
exceeds one has failed, and is marked "timeout" (a kernel that did not start: "broken") in the log, so that it can be
told from a wrong output.
"""

import argparse
import ast
import hashlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path

from tools.notebook_parts import ROOT, code_cells, notebook_paths, outputs_text, read
from tools.soak_arithmetic import ARITHMETIC
from tools.soak_lane import Lane, Room, expected_seconds
from tools.soak_report import Log, report

LOG = ROOT / "build" / "soak.jsonl"
EXECUTED = (  # what an outcome depends on, beside the code and the stored text of the notebooks
    "course_lib", "data", "requirements.txt", "pyproject.toml", "tools/nbval.py", "tests/nbval_plugin.py",
    "tests/nbval_sanitize.cfg",
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One execution: which run, counted from 1, of which notebook, with how many threads, by which arithmetic."""

    run: int
    notebook: str
    threads: int
    arithmetic: str = "native"


def tasks(notebooks: list[str], runs: int, threads: list[int], arithmetic: list[str]) -> list[Task]:
    """Return all executions in the order in which they start: run by run, in each the longest notebook first.

    Every run has its number of threads and its arithmetic; after the last in a list the first comes again.
    """
    ordered = sorted(notebooks, key=expected_seconds, reverse=True)
    return [
        Task(run + 1, notebook, threads[run % len(threads)], arithmetic[run % len(arithmetic)])
        for run in range(runs)
        for notebook in ordered
    ]


def version(notebook: str, root: Path = ROOT) -> str:
    """Return a fingerprint of what is executed and compared with a notebook, or "no commit" outside a repository.

    It is of the notebook's code and stored text, so that its prose and the alternative texts of its pictures may be
    mended, and of the rest as last committed.
    """
    trees = subprocess.run(
        ["git", "rev-parse", *(f"HEAD:{path}" for path in EXECUTED)], cwd=root, capture_output=True, text=True
    )
    if trees.returncode != 0:
        return "no commit"
    fingerprint = hashlib.sha256(trees.stdout.encode())
    for cell in code_cells(read(root / notebook)):
        fingerprint.update(f"{without_alt(cell.source)}\n{outputs_text(cell)}\n".encode())
    return fingerprint.hexdigest()[:12]


def without_alt(source: str) -> str:
    """Return a cell's code with empty alternative texts: nothing depends on them, and nothing compares them."""
    try:
        keywords = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.keyword)]
    except SyntaxError:  # a cell may hold what only IPython understands
        return source
    for keyword in keywords:
        if keyword.arg == "alt" and isinstance(keyword.value, ast.Constant):
            source = source.replace(ast.get_source_segment(source, keyword.value), '""')
    return source


def soak(planned: list[Task], log: Log, lane: Lane, lanes: int, tell=print, version=version) -> None:
    """Execute what the log does not hold yet, as many at a time as have `lanes` threads together; write down outcomes.

    Raises:
        SystemExit: something else was checked out meanwhile, so that the executions would not be of one course.
    """
    begun = {notebook: version(notebook) for notebook in {task.notebook for task in planned}}
    torch, done = metadata.version("torch"), {entry_task(entry) for entry in log.of(begun)}
    left = [task for task in planned if task not in done]
    if len(left) < len(planned):
        tell(f"Going on: {len(planned) - len(left)} of {len(planned)} executions are in {log.path} already.")
    stop, room, finished = threading.Event(), Room(lanes), len(planned) - len(left)

    def execute(task: Task) -> None:
        nonlocal finished
        if stop.is_set():
            return
        if version(task.notebook) != begun[task.notebook]:
            stop.set()
            return
        with room.taken(task.threads):
            if stop.is_set():
                return
            outcome = lane(task.notebook, task.threads, ARITHMETIC[task.arithmetic])
        if stop.is_set():  # interrupted: what was killed has no outcome
            return
        entry = {"version": begun[task.notebook], **asdict(task), "torch": torch, **outcome}
        with log.lock:
            log.append(entry)
            finished += 1
            tell(
                f"{finished} of {len(planned)}: run {task.run}, {task.threads} thread(s), {task.arithmetic}, "
                f"{task.notebook}: {entry['outcome']} after {entry['seconds']:.0f} s"
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
            "The course that is checked out is no longer the one that the soak began with: the executions would not be "
            "of one course. Remedy: soak in a clone of its own (git clone . ../soak, and make soak there)."
        )


def entry_task(entry: dict) -> Task:
    """Return which execution an entry of the log tells of."""
    return Task(*(entry[field.name] for field in fields(Task)))


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=10, help="times that every notebook is executed")
    parser.add_argument("--lanes", type=int, default=1, help="threads at a time, of all notebooks together")
    parser.add_argument("--threads", default="1,2,4", help="threads of torch, by run, as 1,2,4")
    parser.add_argument(
        "--arithmetic", default=",".join(ARITHMETIC), help="code of torch's libraries, by run, as native,avx"
    )
    parser.add_argument(
        "--only", nargs="+", default=[], help="parts of names: only these notebooks and solutions"
    )
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier call has written down")
    parser.add_argument("--log", type=Path, default=LOG, help="default build/soak.jsonl")
    options = parser.parse_args(given)
    options.threads = [int(number) for number in options.threads.split(",") if number.strip().isdigit()]
    if min(options.runs, options.lanes, *(options.threads or [0])) < 1:
        parser.error("runs, lanes and each number of threads must be at least 1")
    options.arithmetic = options.arithmetic.split(",")
    if unknown := [name for name in options.arithmetic if name not in ARITHMETIC]:
        parser.error(f"no arithmetic is called {', '.join(unknown)}; there are {', '.join(ARITHMETIC)}")
    return options


def main(given: list[str]) -> int:
    options = arguments(given)
    names = [path.relative_to(ROOT).as_posix() for path in notebook_paths()]
    chosen = [name for name in names if not options.only or any(part in name for part in options.only)]
    if not chosen:
        raise SystemExit(
            f"No notebook's name contains {' or '.join(options.only)}. Remedy: see notebooks/ for the names."
        )
    log, planned = Log(options.log), tasks(chosen, options.runs, options.threads, options.arithmetic)
    if options.fresh:
        log.path.unlink(missing_ok=True)
    try:
        soak(planned, log, Lane(), options.lanes, tell=lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        print("Interrupted. The same command goes on where it was.")
        return 130
    current = {notebook: version(notebook) for notebook in chosen}
    entries = [entry for entry in log.of(current) if entry_task(entry) in set(planned)]
    print(report(entries))
    return int(any(entry["outcome"] != "passed" for entry in entries))


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
