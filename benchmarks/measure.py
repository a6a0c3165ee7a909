"""What the benchmarks share: a clock and a table."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from course_lib import runtime
from course_lib.datasets.images import data_root


def seconds(function: Callable[[], object]) -> float:
    """Return how long one call takes; on a GPU, until its work is done."""
    wait()
    start = time.perf_counter()
    function()
    wait()
    return time.perf_counter() - start


def wait() -> None:
    """Wait until the device has finished what it was given."""
    if runtime.device().type == "cuda":
        torch.cuda.synchronize()


def alternate(functions: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each function, called in turn so that a noisy minute hits all of them."""
    for function in functions.values():
        function()  # warm up
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(seconds(function))
    return {name: statistics.median(values) for name, values in times.items()}


def print_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Print an aligned table under a title."""
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    print(f"\n{title}")
    for row in [columns, ["-" * width for width in widths], *rows]:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), flush=True
        )


def print_machine() -> None:
    """Print what the figures were measured on."""
    print(", ".join(f"{name} {value}" for name, value in runtime.describe().items()))


@contextmanager
def torchvision_root() -> Iterator[str]:
    """Lend a folder with copies of Fashion-MNIST's files: torchvision unpacks beside what it reads."""
    with tempfile.TemporaryDirectory() as root:
        raw = Path(root) / "FashionMNIST" / "raw"
        raw.mkdir(parents=True)
        for file in (data_root() / "FashionMNIST" / "raw").glob("*.gz"):
            (raw / file.name).write_bytes(file.read_bytes())
        yield root
