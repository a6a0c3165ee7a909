"""Train a DCGAN as its paper does and as the course does, for equal seconds, and score both.

(a) the recipe of Radford, Metz and Chintala 2015 (arXiv:1511.06434), as tutorials hand it on: width 64, batch 128, 100
    latents, Adam with a learning rate of 2e-4 and beta1 of 0.5, float32, a DataLoader, and the last weights are used.
(b) ours: the settings below, bfloat16 where the processor has it, images in memory, averaged weights.

Both train the same kind of network, `course_lib.models.dcgan`, without labels, on all training images. Scored are
10,000 generated images against the 10,000 test images, on the features of the bundled classifier: the numbers are no
FIDs. The floor is what the first 10,000 training images score in place of generated ones. The clock runs while networks
train, and stops while they are scored. No choice is made by these scores: the recipe of (b) was chosen on 5,000
training images that the search held out, as benchmarks/README.md tells.

    python -m benchmarks.dcgan
"""

import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision.datasets import FashionMNIST
from torchvision.transforms import v2

from benchmarks.measure import print_machine, print_table, torchvision_root, wait
from course_lib import runtime
from course_lib.datasets.images import load_fashion_mnist
from course_lib.metrics.features import extract_features
from course_lib.metrics.frechet import frechet_distance
from course_lib.metrics.neighbours import density_coverage
from course_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator, initialise_dcgan
from course_lib.models.features import FeatureNet
from course_lib.training.averaging import WeightAverage
from course_lib.training.bundled import load_bundled
from course_lib.training.gan import GANConfig, train_steps
from course_lib.training.gan_configuration import make_adam
from course_lib.training.sampling import generate_images, image_sampler, renewed_statistics

MARKS = runtime.pick(cpu=(30, 60, 120), gpu=(7.5, 15, 30))  # seconds of training at which is scored
SEEDS = (0, 1, 2)
COUNT = 10_000  # images of each side
CHUNK = 5  # steps between two looks at the clock


@dataclass(frozen=True)
class Recipe:
    """What is trained; the number of steps is what the seconds allow."""

    name: str
    generator: dict
    discriminator: dict
    config: GANConfig
    average_decay: float | None
    fast: bool  # bfloat16 and channels_last, images in memory


PAPER = Recipe(
    "(a) paper",
    {"latent_dim": 100, "width": 64},
    {"width": 64},
    GANConfig(batch_size=128, discriminator_learning_rate=2e-4, generator_learning_rate=2e-4),
    average_decay=None,
    fast=False,
)
OURS = Recipe(
    "(b) ours",
    {"latent_dim": 64, "width": 32},
    {"width": 32},
    GANConfig(batch_size=32, discriminator_learning_rate=1e-3, generator_learning_rate=2e-3),
    average_decay=0.998,
    fast=True,
)


def through_loader(root: str, batch_size: int) -> Callable[[int, torch.Generator], Tensor]:
    """Return a sampler of real images that reads them as tutorials do, epoch after epoch."""
    scale = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize((0.5,), (0.5,))]
    dataset = FashionMNIST(root, train=True, download=True, transform=v2.Compose(scale))
    loader = DataLoader(dataset, batch_size=batch_size, shuffle=True, drop_last=True)
    images = itertools.chain.from_iterable(loader for _ in itertools.count())
    return lambda count, random: next(images)[0]


def train_for(
    recipe: Recipe, seed: int, sample_real, marks, score: Callable[[nn.Module], tuple]
) -> list[tuple]:
    """Train for the seconds of the last mark and return, for each mark, (seconds, steps, *scores)."""
    torch.manual_seed(seed)  # the DataLoader shuffles with the global generator
    random, device = torch.Generator().manual_seed(seed), runtime.device()
    memory_format = torch.channels_last if recipe.fast else torch.contiguous_format
    generator = initialise_dcgan(DCGANGenerator(**recipe.generator), random)
    discriminator = initialise_dcgan(DCGANDiscriminator(**recipe.discriminator), random)
    for model in (generator, discriminator):
        model.to(device, memory_format=memory_format)
    config = replace(recipe.config, steps=10**9, seed=seed)
    average = WeightAverage(generator, recipe.average_decay) if recipe.average_decay is not None else None
    optimizers = [
        make_adam(discriminator, config.discriminator_learning_rate, config.betas),
        make_adam(generator, config.generator_learning_rate, config.betas),
    ]
    dtype = runtime.training_dtype() if recipe.fast else torch.float32
    rows, seconds, step = [], 0.0, 0
    for mark in marks:
        while seconds < mark:
            start = time.perf_counter()
            train_steps(
                generator, discriminator, *optimizers, sample_real, config, range(step, step + CHUNK), random,
                average=average, dtype=dtype,
            )  # fmt: skip
            wait()
            step += CHUNK
            seconds += time.perf_counter() - start
        start = time.perf_counter()
        judged = generator
        if average is not None:  # part of the recipe, so the clock runs
            judged = renewed_statistics(average.model, torch.Generator().manual_seed(0))
            wait()
        seconds += time.perf_counter() - start
        rows.append((seconds, step, *score(judged)))
    return rows


def make_score(net: nn.Module, real: Tensor) -> Callable[[Tensor], tuple[float, float, float]]:
    """Return a function: images → Fréchet distance, density and coverage against `real` on the features of `net`."""
    real_features = extract_features(net, real)

    def score(images: Tensor) -> tuple[float, float, float]:
        features = extract_features(net, images)
        return frechet_distance(real_features, features), *density_coverage(real_features, features)

    return score


def compare(data, root: str, marks=MARKS, seeds=SEEDS) -> None:
    """Train both recipes with all seeds in turn and print the tables."""
    net = FeatureNet().to(runtime.device())
    load_bundled("fashion_features", net)
    score = make_score(net, data.test_images[:COUNT])
    floor = score(data.train_images[:COUNT])
    samplers = {
        PAPER.name: through_loader(root, PAPER.config.batch_size),
        OURS.name: image_sampler(data.train_images),
    }
    rows, distances = [], {}
    for seed in seeds:  # in turn, so that a slow minute hits both
        for recipe in (PAPER, OURS):
            found = train_for(
                recipe, seed, samplers[recipe.name], marks,
                lambda generator: score(generate_images(generator, COUNT, torch.Generator().manual_seed(1))),
            )  # fmt: skip
            for mark, (seconds, steps, *scores) in zip(marks, found, strict=True):
                distances.setdefault(mark, {}).setdefault(recipe.name, []).append(scores[0])
                scores = [f"{value:.3f}" for value in scores]
                rows.append([recipe.name, str(seed), f"{seconds:.1f}", str(steps), *scores])
                print("  ".join(rows[-1]), flush=True)
    rows.append(["floor: training images", "", "", "", *(f"{value:.3f}" for value in floor)])
    print_table(
        f"{COUNT} generated images against {COUNT} test images",
        ["recipe", "seed", "seconds", "steps", "Fréchet distance", "density", "coverage"],
        rows,
    )
    print_summary(distances, floor[0])


def print_summary(distances: dict[float, dict[str, list[float]]], floor: float) -> None:
    """Print each recipe's mean distance, least and most over the seeds, and how they compare."""
    rows = []
    for mark, found in distances.items():
        paper, ours = (statistics.mean(found[recipe.name]) for recipe in (PAPER, OURS))
        each = [
            f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"
            for values in found.values()
        ]
        rows.append([f"{mark:g}", *each, f"{ours / paper:.3f}", f"{ours / floor:.1f}"])
    print_table(
        "Mean Fréchet distance over the seeds, least and most",
        ["seconds", PAPER.name, OURS.name, "(b) / (a)", "(b) / floor"],
        rows,
    )


def main() -> None:
    runtime.set_threads()
    print_machine()
    data = load_fashion_mnist().to(runtime.device())
    with torchvision_root() as root:
        compare(data, root)


if __name__ == "__main__":
    main()
