"""Play notebook 14's section 8 with many seeds: which guideline of the DCGAN paper can be told from luck in 300 steps?

The code is the notebook's: the cells that section 8 needs are executed, and then each pair of networks is played with
every seed, and scored as the notebook scores it. The pair that all others are compared with plays twice as many games.

    python -m benchmarks.dcgan_guidelines          (five seeds; about seven minutes on two cores)
    python -m benchmarks.dcgan_guidelines 3        (seeds 0, 1 and 2)
"""

import contextlib
import io
import json
import statistics
import sys
import time

import nbformat

from benchmarks.measure import print_machine, print_table
from tools.notebook_parts import NOTEBOOKS

NOTEBOOK = NOTEBOOKS / "14_dcgan.ipynb"
NEEDED = (  # how the cells begin that section 8 needs
    "import ", "from course_lib import", "runtime.set_threads()", "def seeded(", "sample_real = ", "def print_layers(",
    "latent_dim, width = ", "leaky = ", "@torch.no_grad()\ndef initialise(", "rate = ", "def is_real(", "def play(",
    "def start(", "net = FeatureNet()", "def score(", "short = ", "def pool(", "def hide_linear_layers(",
    "variants = ", "def removed(",
)  # fmt: skip
ALL = "all guidelines"


def cells_to_run() -> list[str]:
    """Return the notebook's code that defines the games of section 8, without training, figures and exercises."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return [source for source in sources if source.startswith(NEEDED)]


def play_all(seeds: int) -> dict[str, list[float]]:
    """Return the Fréchet distances of each pair of networks, by the name that the notebook gives it."""
    names = {"__name__": "notebook"}
    with contextlib.redirect_stdout(io.StringIO()):
        for source in cells_to_run():
            exec(source, names)  # the notebook's own code
    distances = {name: [] for name in names["variants"]}
    for name, settings in names["variants"].items():
        start, count = time.perf_counter(), 2 * seeds if name == ALL else seeds
        found = names["side_by_side"](lambda seed: names["removed"](seed, **settings), range(count))  # noqa: B023
        distances[name] = [frechet for frechet, _ in found]
        told = " ".join(f"{distance:.2f}" for distance in distances[name])
        print(f"{name}: {told} ({time.perf_counter() - start:.0f} s)", flush=True)
    return distances


def row(name: str, distances: list[float], baseline: list[float]) -> list[str]:
    """Return a row of the table: median, range, and how many of all pairs of games it loses to the baseline."""
    lost = [mine > theirs for mine in distances for theirs in baseline]
    return [
        name,
        f"{statistics.median(distances):.2f}",
        f"{min(distances):.2f} to {max(distances):.2f}",
        f"{statistics.median(distances) / statistics.median(baseline):.2f}",
        "" if name == ALL else f"{sum(lost) / len(lost):.2f}",
    ]


def main(seeds: int) -> None:
    print_machine()
    distances = play_all(seeds)
    columns = ["pair", "median", "range", "median / all guidelines", "share of pairs of games that it loses"]
    rows = [row(name, of_seeds, distances[ALL]) for name, of_seeds in distances.items()]
    print_table(
        f"Fréchet distance after 300 steps, {seeds} seeds, twice as many for the first pair", columns, rows
    )
    print(json.dumps(distances))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
