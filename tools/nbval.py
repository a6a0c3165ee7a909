"""Re-execute notebooks with nbval and compare what comes out with their stored outputs.

python -m tools.nbval [notebook or folder ...]      (default: all)

The one place where nbval's flags are written: `make notebooks-test`, the soak and the device test take them from here.
"""

import subprocess
import sys
from collections.abc import Sequence

from tools.notebook_parts import ROOT

# Seconds after which a cell counts as hanging. The longest takes about 70 on two idle cores; on a busy or an old
# machine it may well take ten times as long, and being slow is no failure.
CELL_TIMEOUT = 1800
FLAGS = (
    "-p", "tests.nbval_plugin", "--nbval", "--nbval-current-env",
    "--nbval-sanitize-with", str(ROOT / "tests" / "nbval_sanitize.cfg"),
    f"--nbval-cell-timeout={CELL_TIMEOUT}", "--nbval-kernel-startup-timeout=300", "-p", "no:cacheprovider",
)  # fmt: skip


def command(paths: Sequence[str], *extra: str) -> list[str]:
    """Return the command, to be run in the repository's folder, that tests these notebooks or folders."""
    return [sys.executable, "-m", "pytest", *FLAGS, *extra, *paths]


def main(arguments: list[str]) -> int:
    try:
        return subprocess.run(command(arguments or ["notebooks"]), cwd=ROOT).returncode
    except KeyboardInterrupt:
        return 130  # pytest has said where it stopped


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
