"""Run tests/device_paths.py in a process of its own: torch sees a new device only before its first backward pass."""

import subprocess
import sys

from tools.notebook_parts import ROOT


def test_everything_runs_on_a_second_device():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/device_paths.py"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
