"""Run the notebooks on a pretend second device, and compare with the same stored outputs.

python -m tools.device_test [notebook ...]      (default: all)

The device computes on the CPU but refuses what a GPU refuses (`tests/pretend_device.py`): a tensor that a notebook
leaves on the CPU, or hands to NumPy without fetching it, is found on a machine that has no GPU. It shows nothing of a
GPU's rounding and speed. It is slow where networks are tiny (notebook 12 takes ten minutes), so a cell has an hour.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import kernel_start, nbval
from tools.notebook_parts import ROOT

CELL_TIMEOUT = 3600  # seconds
START = """
from course_lib import runtime
from tests.pretend_device import register
register()
runtime.pick = lambda cpu, gpu: cpu  # the device is a CPU, with a CPU's speed
"""


def environment(folder: Path) -> dict[str, str]:
    """Return the environment in which kernels begin with the device; `folder` gets what IPython reads at its start."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {
        **os.environ,
        **kernel_start.settings(folder, START),
        "PYTHONPATH": path,
        "COURSE_DEVICE": "pretend",
    }


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="device_test_") as folder:
        command = nbval.command(arguments or ["notebooks"], f"--nbval-cell-timeout={CELL_TIMEOUT}")
        return subprocess.run(command, cwd=ROOT, env=environment(Path(folder))).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
