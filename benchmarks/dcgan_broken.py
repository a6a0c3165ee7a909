"""Break notebook 14's own training run in five ways and see that no broken run gets into the notebook's bands.

The code is the notebook's: its cells up to the one with the bands are executed (without the figures), once as they
are and once for each fault. A fault is a change to one line, or a broken function in place of the library's.

    python -m benchmarks.dcgan_broken            (seed 0; about ten minutes on two cores)
    python -m benchmarks.dcgan_broken 0 1 2      (three seeds)
"""

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from unittest import mock

import matplotlib
import nbformat
import torch

from benchmarks.measure import print_machine, print_table
from course_lib import runtime
from course_lib.losses import LOSSES, GANLoss
from course_lib.training import gan
from course_lib.training.gan_steps import generator_gradients
from tools.notebook_parts import NOTEBOOKS

NOTEBOOK = NOTEBOOKS / "14_dcgan.ipynb"
JUDGED = "averaged generator"  # the row of the notebook's `scores` and `bands`
RIGHT = LOSSES["non-saturating"]


def step_without_detach(generator, discriminator, optimizer, real, latent, labels=None, *, dtype, **_):
    """Update the discriminator, and leave the gradient of its loss in the generator as well."""
    optimizer.zero_grad()
    generator.zero_grad()
    with runtime.autocast(real.device, dtype):
        real_logits, fake_logits = discriminator(real), discriminator(generator(latent))  # not detached
    loss = RIGHT.discriminator(real_logits.float(), fake_logits.float())
    loss.backward()
    optimizer.step()
    return loss.detach()


def step_without_zero_grad(generator, discriminator, optimizer, latent, labels=None, *, dtype, **_):
    """Update the generator, with what the discriminator's step left in its gradients."""
    loss = generator_gradients(generator, discriminator, latent, dtype=dtype)
    optimizer.step()
    return loss


def labelled_real(real_logits, fake_logits):
    """Return the discriminator's loss with label one for generated images, too."""
    return RIGHT.generator(real_logits) + RIGHT.generator(fake_logits)


def towards_fake(fake_logits):
    """Return what the discriminator minimises on generated images, as if it were the generator's loss."""
    return torch.nn.functional.softplus(fake_logits).mean()


@contextlib.contextmanager
def no_detach() -> Iterator[None]:
    """Have `fit_gan` take the two steps above, which let gradients leak from one side to the other."""
    with (
        mock.patch.object(gan, "discriminator_step", step_without_detach),
        mock.patch.object(gan, "generator_step", step_without_zero_grad),
    ):
        yield


def loss(discriminator: Callable = RIGHT.discriminator, generator: Callable = RIGHT.generator):
    """Have `fit_gan` minimise these two meanwhile."""
    return mock.patch.dict(LOSSES, {RIGHT.name: GANLoss(RIGHT.name, discriminator, generator)})


Fault = tuple[tuple[str, str], Callable]  # (text of the notebook, its replacement), what is patched meanwhile
FAULTS: dict[str, Fault] = {
    "as it is": (("", ""), contextlib.nullcontext),
    "no batch normalisation": (
        ("G, D = start(width)\n", "G, D = start(width, norm=nn.Identity)\n"),
        contextlib.nullcontext,
    ),
    "learning rate × 20": (("rate = 0.002 ", "rate = 0.04 "), contextlib.nullcontext),
    "no detach, gradients left over": (("", ""), no_detach),
    "generated images labelled real": (("", ""), lambda: loss(discriminator=labelled_real)),
    "generator trained towards fake": (("", ""), lambda: loss(generator=towards_fake)),
}


def cells_to_run() -> list[str]:
    """Return the notebook's code up to the scores, and from the next cell the bands, without set-up and figures."""
    sources = [
        cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"
    ]
    end = next(number for number, source in enumerate(sources) if source.startswith("bands = {"))
    bands = sources[end].split("\nfor name, ")[0]
    drawn = ("show(", "show_film(", "checks.check_")
    return [*(source for source in sources[1:end] if not any(word in source for word in drawn)), bands]


def change(sources: list[str], line: tuple[str, str], seed: int) -> list[str]:
    """Return the cells with one line replaced and the seed of the run set.

    Raises:
        ValueError: the notebook does not hold what is to be replaced exactly once: mend this script.
    """
    replacements = [
        ("    seed=0,\n)", f"    seed={seed},\n)"),
        ("G, D = start(width", f"G, D = start(width, seed={seed}"),
    ]
    for old, new in (line, *replacements) if line[0] else replacements:
        count = sum(source.count(old) for source in sources)
        if count != 1:
            raise ValueError(f"{NOTEBOOK.name} holds {old!r} {count} times; mend {__file__}")
        sources = [source.replace(old, new) for source in sources]
    return sources


def train(fault: str, seed: int) -> tuple[float, float, tuple[float, float, float, float]]:
    """Return distance, coverage and the notebook's band for them (distance from, to, coverage from, to)."""
    line, patched = FAULTS[fault]
    names = {"__name__": "notebook"}
    with patched(), contextlib.redirect_stdout(io.StringIO()):
        for source in change(cells_to_run(), line, seed):
            exec(source, names)  # the notebook's own code
    return *names["scores"][JUDGED], names["bands"][JUDGED]


def main(seeds: list[int]) -> None:
    matplotlib.use("agg")
    print_machine()
    rows, wrong = [], []
    for fault in FAULTS:
        for seed in seeds:
            distance, coverage, (low, high, least, most) = train(fault, seed)
            inside = (low <= distance <= high, least <= coverage <= most)
            told = ["yes" if each else "no" for each in inside]
            rows.append([fault, str(seed), f"{distance:.2f}", f"{coverage:.3f}", *told])
            print("  ".join(rows[-1]), flush=True)
            if all(inside) != (fault == "as it is"):
                wrong.append(f"{fault}, seed {seed}")
    bands = [f"in {low:g} to {high:g}", f"in {least:g} to {most:g}"]
    columns = ["run", "seed", "Fréchet distance", "coverage", *bands]
    print_table("Notebook 14's run and broken ones, against its bands", columns, rows)
    if wrong:
        sys.exit("On the wrong side of the bands: " + "; ".join(wrong))
    print("Only the runs without a fault are within both bands.")


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [0])
