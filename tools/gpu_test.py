"""On a machine with a CUDA GPU: run every notebook there, compare with the same stored outputs, then the benchmarks.

python -m tools.gpu_test [notebook ...]      (default: all)

All that is printed goes to build/gpu.log as well, whose first lines name the card and the versions. The unit tests
come first. One step that fails does not stop the others.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from course_lib import runtime
from tools import nbval
from tools.notebook_parts import ROOT

LOG = ROOT / "build" / "gpu.log"
BENCHMARKS = ("convolution", "loop", "classifier", "time_to_accuracy", "ring", "dcgan")


def steps(notebooks: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield what is done, by name: (name, command)."""
    yield "unit tests", [sys.executable, "-m", "pytest", "-q"]
    yield "notebooks", nbval.command(notebooks or ["notebooks"])
    for name in BENCHMARKS:
        yield f"benchmarks.{name}", [sys.executable, "-m", f"benchmarks.{name}"]


def run(command: list[str], log) -> int:
    """Run a command, print what it prints and write it to the log, and return its exit status."""
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=ROOT, text=True, **piped) as process:
        for line in process.stdout:
            for stream in (sys.stdout, log):
                stream.write(line)
                stream.flush()
    return process.returncode


def gpu_test(commands, path: Path) -> int:
    """Run all commands, whatever comes of those before, and return how many failed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    outcomes = {}
    with open(path, "w", encoding="utf-8") as log:
        log.write("".join(f"{name}: {value}\n" for name, value in runtime.describe().items()))
        for name, command in commands:
            print(f"== {name}", flush=True)
            log.write(f"== {name}\n")
            outcomes[name] = run(command, log)
        summary = "".join(f"{name}: {'failed' if code else 'passed'}\n" for name, code in outcomes.items())
        log.write(summary)
    print(f"{summary}Written to {path}")
    return sum(code != 0 for code in outcomes.values())


def main(notebooks: list[str]) -> int:
    if not torch.cuda.is_available():
        raise SystemExit(
            f"No CUDA GPU was found by torch {torch.__version__}. Remedy: run this on a machine that has one, with its "
            "driver and a CUDA build of torch; without one, make device-test runs the notebooks on a pretend device."
        )
    if runtime.device().type != "cuda":
        raise SystemExit(f"COURSE_DEVICE chooses {runtime.device()}. Remedy: unset it, or set it to cuda.")
    return int(gpu_test(steps(notebooks), LOG) > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
