"""Which remedies keep a GAN from losing modes? The ring of eight Gaussians (radius 1, σ 0.01), ten seeds a recipe.

All recipes share one harness: the same networks, initial weights, data, batch, number of steps, learning rate
and its decay. The ten seeds of a recipe train at once, as stacked models. Scored are the generator's
averaged weights on 10,000 points. A mode is captured if 1 % of all points lie within 3σ of it; the high-quality share
is that of the points within 3σ of any mode.

    python -m benchmarks.ring [part of a recipe's name …]
"""

import sys
import time
from dataclasses import dataclass, replace

import torch

from benchmarks.measure import print_machine, print_table
from course_lib import runtime
from course_lib.datasets.toy import ring
from course_lib.metrics.modes import high_quality_share, mode_kl, modes_captured
from course_lib.models.gans import PointDiscriminator, PointGenerator, initialise_points
from course_lib.models.many import ManyRuns
from course_lib.training.averaging import WeightAverage
from course_lib.training.gan import GANConfig, fit_gan

RUNS = 10
BATCH_SIZE = 128  # of each run
HIDDEN = (48, 48, 48)
HARNESS = GANConfig(
    steps=1500,
    discriminator_learning_rate=5e-3,
    generator_learning_rate=5e-3,
    betas=(0.5, 0.99),
    constant_share=0.5,
    record_every=250,
)


@dataclass(frozen=True)
class Recipe:
    """What is trained: settings, and what is not a setting of the loop."""

    name: str
    config: GANConfig
    spectral_norm: bool = False
    scale: float = 1.0
    average_decay: float = 0.99


def recipe(
    name: str, spectral_norm: bool = False, scale: float = 1.0, average_decay: float = 0.99, **changes
) -> Recipe:
    return Recipe(name, replace(HARNESS, **changes), spectral_norm, scale, average_decay)


WASSERSTEIN_GP = {"loss": "wasserstein", "penalty": "wgan-gp"}
RECIPES = (
    recipe("naive: simultaneous, rate stays, no average", average_decay=0.0, updates="simultaneous",
           constant_share=1.0, betas=(0.9, 0.999)),
    recipe("rate stays, no average", average_decay=0.0, constant_share=1.0),
    recipe("no remedy"),
    recipe("saturating, no remedy", loss="saturating"),
    recipe("least squares, no remedy", loss="least-squares"),
    recipe("instance noise 0.1", instance_noise=0.1, noise_share=0.7),
    recipe("spectral norm", spectral_norm=True),
    recipe("spectral norm, slope up to 100", spectral_norm=True, scale=100.0),
    recipe("Wasserstein, weights clipped to 0.1", loss="wasserstein", weight_clip=0.1),
    recipe("R1, γ = 1", penalty="r1", penalty_weight=1.0),
    recipe("R1, γ = 0.5, and instance noise", penalty="r1", penalty_weight=0.5, instance_noise=0.1, noise_share=0.7),
    recipe("non-saturating with WGAN-GP, λ = 0.3", penalty="wgan-gp", penalty_weight=0.3),
    recipe("recommended: WGAN-GP, λ = 0.3", **WASSERSTEIN_GP, penalty_weight=0.3),
    recipe("recommended, other samples", **WASSERSTEIN_GP, penalty_weight=0.3, seed=1),
    recipe("recommended, yet other samples", **WASSERSTEIN_GP, penalty_weight=0.3, seed=2),
)  # fmt: skip


def build(recipe: Recipe, runs: int = RUNS) -> tuple[ManyRuns, ManyRuns]:
    """Return the generators and the discriminators of all runs; run number i starts from seed i in each recipe."""
    random = [torch.Generator().manual_seed(seed) for seed in range(runs)]
    generators = [initialise_points(PointGenerator(hidden=HIDDEN), random[seed]) for seed in range(runs)]
    discriminators = [
        initialise_points(PointDiscriminator(HIDDEN, recipe.spectral_norm, recipe.scale), random[seed])
        for seed in range(runs)
    ]
    return ManyRuns(generators).to(runtime.device()), ManyRuns(discriminators).to(runtime.device())


def train(recipe: Recipe, runs: int = RUNS) -> ManyRuns:
    """Train all runs of a recipe at once and return the generators with averaged weights."""
    generators, discriminators = build(recipe, runs)
    average = WeightAverage(generators, recipe.average_decay)
    config = replace(recipe.config, batch_size=runs * BATCH_SIZE)
    fit_gan(generators, discriminators, ring().sample, config, average=average, progress=False)
    return average.model


@torch.no_grad()
def score(generators: ManyRuns, count: int = 10_000) -> list[tuple[int, float, float]]:
    """Return for each run the modes captured, the high-quality share and the KL of the modes' shares."""
    data, random = ring(), torch.Generator().manual_seed(1)
    latent = torch.randn(count, generators.latent_dim, generator=random).to(runtime.device())
    points = generators(latent.repeat(generators.runs, 1)).cpu().unflatten(0, (generators.runs, count))
    return [
        (
            modes_captured(each, data.centres, data.std),
            high_quality_share(each, data.centres, data.std),
            mode_kl(each, data.centres),
        )
        for each in points
    ]


def main() -> None:
    runtime.set_threads()
    torch.set_flush_denormal(
        True
    )  # a saturated loss has gradients of 1e-39, which are slow to calculate with
    print_machine()
    rows, wanted = [], sys.argv[1:]
    for each in RECIPES:
        if wanted and not any(word in each.name for word in wanted):
            continue
        start, cpu_start = time.perf_counter(), time.process_time()
        modes, quality, divergence = zip(*score(train(each)), strict=True)
        rows.append(
            [
                each.name,
                " ".join(map(str, modes)),
                f"{sum(count == 8 for count in modes)}",
                f"{min(quality):.2f} {sorted(quality)[RUNS // 2]:.2f} {max(quality):.2f}",
                f"{sorted(divergence)[RUNS // 2]:.3f}",
                f"{time.perf_counter() - start:.0f}",
                f"{time.process_time() - cpu_start:.0f}",
            ]
        )
        print("  ".join(rows[-1]), flush=True)
    columns = ["recipe", "modes of each seed", "all 8", "high quality: least, median, most", "median KL of the modes",
               "seconds", "CPU seconds"]  # fmt: skip
    print_table(f"Ring of eight Gaussians, {RUNS} seeds, {HARNESS.steps} steps", columns, rows)


if __name__ == "__main__":
    main()
