"""Kill training at random moments, resume it, and compare with a run that was never interrupted: equal to the last bit?

python -m tools.kill_test [--kills 20] [--seed 0]

Classifier and GAN take turns. A process trains with a checkpoint and is killed with SIGKILL, after which nothing of it
runs any more; another process goes on from the checkpoint to the end. Of each model's kills every second one waits for
its moment, and then for the next write of a checkpoint to begin; the others strike wherever they fall.
"""

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from course_lib.errors import CheckpointError
from course_lib.training.checkpoint import load_checkpoint
from tests import resume_worker

TRAINERS = {"classifier": resume_worker.train, "GAN": resume_worker.train_gan}
PATIENCE = 120  # seconds; a small run takes about one


@dataclass(frozen=True)
class Kill:
    """One killed and resumed run: how many epochs or rows it had saved of how many, and what came of it."""

    what: str
    saved: int
    whole: int
    in_a_write: bool
    equal: bool
    problem: str = ""


def processes():
    """Return how to start processes; where it can be, torch is imported once for all of them."""
    # what is killed cannot clean up; Python's own helper process does, and need not complain of it
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.resume_worker"])
        return context
    return multiprocessing.get_context("spawn")


def ignore(finished: int) -> None:
    """Stand for a hook that does nothing: a process is given a function that it can find by its name."""


def begin(context, train, folder: Path):
    """Start a process that trains, and return it when its first checkpoint is there, or it has ended."""
    worker = context.Process(target=train, args=(folder, ignore))
    worker.start()
    while worker.is_alive() and not (folder / "run").exists():
        time.sleep(0.001)
    return worker


def wait(worker, folder: Path) -> dict[str, Tensor] | str:
    """Return the final weights when a process has trained to the end, or what went wrong."""
    worker.join(PATIENCE)
    if worker.exitcode != 0:
        worker.kill()
        return f"the resumed process ended with status {worker.exitcode}; its message is above"
    return load_checkpoint(folder / "weights")[0]


def rows_saved(folder: Path) -> int:
    return len(load_checkpoint(folder / "run")[1]["history"])


def strike(worker, folder: Path, moment: float, at_a_write: bool) -> bool:
    """Kill a process `moment` seconds from now, or when it next writes; return whether it was training still."""
    end = time.perf_counter() + moment
    part = folder / "run.part"  # what a checkpoint is called while it is written
    while worker.is_alive():
        if time.perf_counter() >= end and (not at_a_write or part.exists()):
            worker.kill()
            break
        if not at_a_write:
            time.sleep(0.0002)
    worker.join()
    return worker.exitcode != 0


def equal(found: dict[str, Tensor], expected: dict[str, Tensor]) -> bool:
    return found.keys() == expected.keys() and all(torch.equal(found[name], expected[name]) for name in found)


@dataclass(frozen=True)
class Reference:
    """A run that was not interrupted: its final weights, its rows, and the seconds after its first checkpoint."""

    weights: dict[str, Tensor]
    rows: int
    seconds: float


def reference(context, what: str) -> Reference:
    with tempfile.TemporaryDirectory(prefix="kill_test_") as name:
        folder = Path(name)
        worker = begin(context, TRAINERS[what], folder)
        start = time.perf_counter()
        weights = wait(worker, folder)
        seconds = time.perf_counter() - start
        if isinstance(weights, str):
            raise SystemExit(
                f"The {what} did not train to its end: {weights}. Remedy: mend what make unit finds."
            )
        return Reference(weights, rows_saved(folder), seconds)


def kill_and_resume(
    context, what: str, expected: Reference, moments: random.Random, at_a_write: bool
) -> Kill:
    """Kill a run at a random moment and resume it; one that had ended before it was killed is tried again."""
    while True:
        with tempfile.TemporaryDirectory(prefix="kill_test_") as name:
            folder = Path(name)
            worker = begin(context, TRAINERS[what], folder)
            if not strike(worker, folder, moments.uniform(0, expected.seconds), at_a_write):
                continue
            in_a_write = (folder / "run.part").exists()  # it was never moved into place
            try:
                saved = rows_saved(folder)
            except CheckpointError as error:
                return Kill(what, 0, expected.rows, in_a_write, False, str(error))
            found = wait(begin(context, TRAINERS[what], folder), folder)
        if isinstance(found, str):
            return Kill(what, saved, expected.rows, in_a_write, False, found)
        return Kill(what, saved, expected.rows, in_a_write, equal(found, expected.weights))


def kill_test(kills: int, seed: int, tell=print) -> list[Kill]:
    """Kill that many runs, tell of each, and return what came of them."""
    context, moments, done = processes(), random.Random(seed), []
    first = context.Process(target=ignore, args=(0,))  # imports torch, so that the next start at once
    first.start()
    first.join()
    references = {what: reference(context, what) for what in TRAINERS}
    for number in range(kills):
        what = list(TRAINERS)[number % len(TRAINERS)]
        at_a_write = number // len(TRAINERS) % 2 == 1
        kill = kill_and_resume(context, what, references[what], moments, at_a_write)
        done.append(kill)
        tell(
            f"{number + 1} of {kills}: {what} killed with {kill.saved} of {kill.whole} checkpoints written"
            f"{', in the write of the next' if kill.in_a_write else ''}; resumed, its weights are "
            f"{'equal' if kill.equal else 'NOT EQUAL'}{kill.problem and ': ' + kill.problem}"
        )
    return done


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make kill-test", description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="draws the moments")
    options = parser.parse_args(given)
    if options.kills < 1:
        parser.error("kills must be at least 1")
    done = kill_test(options.kills, options.seed, tell=lambda line: print(line, flush=True))
    right, in_writes = sum(kill.equal for kill in done), sum(kill.in_a_write for kill in done)
    print(f"{right} of {len(done)} equal; {in_writes} of the kills fell into the write of a checkpoint")
    return int(right < len(done))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
