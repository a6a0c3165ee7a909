"""How many seconds of training until 90, 92, 93 and 94 % of the 10,000 test images are recognised?

For each target there is a recipe of its own: a network and a number of epochs that reached it on validation
images (benchmarks/README.md tells how they were chosen). The clock runs while training, whitening included, and stops
before the test images are scored, once, at the end of each run; three seeds, and their median.

    python -m benchmarks.time_to_accuracy
"""

import statistics
from dataclasses import dataclass, replace

import torch

from benchmarks.measure import print_machine, print_table, seconds
from course_lib import runtime
from course_lib.datasets.batches import normalise
from course_lib.datasets.images import load_fashion_mnist
from course_lib.models.classifiers import initialise
from course_lib.models.residual import SmallResNet
from course_lib.training import classifier
from course_lib.training.evaluation import evaluate_classifier
from course_lib.training.whitening import whiten_first_convolution

SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Recipe:
    """What is trained to reach a target, a share of the test images in [0, 1]."""

    target: float
    widths: tuple[int, ...]
    config: classifier.ClassifierConfig

    def __str__(self) -> str:
        return f"{'-'.join(map(str, self.widths))}, {self.config.epochs} epochs"


FAST = classifier.ClassifierConfig(optimizer="muon", filter_learning_rate=0.1)
RECIPES = (
    Recipe(0.90, (16, 32, 64), replace(FAST, epochs=1)),
    Recipe(0.92, (16, 32, 64), replace(FAST, epochs=3)),
    Recipe(0.93, (24, 48, 96), replace(FAST, epochs=4)),
    Recipe(0.94, (32, 64, 128), replace(FAST, epochs=16, crop_padding=1)),
)


def train_and_score(recipe: Recipe, seed: int, train, test) -> tuple[float, float]:
    """Return the seconds of training and the test accuracy after it, images and mirror images averaged."""
    device, config = runtime.device(), replace(recipe.config, seed=seed)
    model = initialise(SmallResNet(widths=recipe.widths), torch.Generator().manual_seed(seed))
    model.to(device, memory_format=torch.channels_last)
    some = train[0][:5000].to(device)
    total = seconds(lambda: whiten_first_convolution(model, normalise(some, config.mean, config.std)))
    optimizer, generator = classifier.make_optimizer(model, config), torch.Generator().manual_seed(seed)
    dtype = runtime.training_dtype(device)
    for epoch in range(config.epochs):
        total += seconds(
            lambda: classifier.train_epoch(model, optimizer, train, config, epoch, generator, dtype)  # noqa: B023
        )
    options = {"mean": config.mean, "std": config.std, "flip_average": True, "dtype": dtype}
    return total, evaluate_classifier(model, *test, **options)["accuracy"]


def time_to_accuracy(data, recipes=RECIPES) -> None:
    """Print, for each target, each seed's seconds and accuracy and the median of both."""
    train, test = (data.train_images, data.train_labels), (data.test_images, data.test_labels)
    warm_up = (data.train_images[:1024], data.train_labels[:1024])
    rows = []
    for recipe in recipes:
        train_and_score(replace(recipe, config=replace(recipe.config, epochs=1)), 0, warm_up, test)
        runs = [train_and_score(recipe, seed, train, test) for seed in SEEDS]
        times, accuracies = zip(*runs, strict=True)
        rows.append(
            [
                f"{recipe.target:.0%}",
                str(recipe),
                " ".join(f"{accuracy:.4f}" for accuracy in accuracies),
                f"{statistics.median(accuracies):.4f}",
                "yes" if statistics.median(accuracies) >= recipe.target else "no",
                f"{statistics.median(times):.1f}",
            ]
        )
        print("  ".join(rows[-1]), flush=True)  # the last recipe takes minutes: show what there is
    columns = ["target", "recipe", "test accuracy, three seeds", "median", "reached", "seconds (median)"]
    print_table("Time to accuracy: SmallResNet with Muon, 60,000 training images", columns, rows)


def main() -> None:
    runtime.set_threads()
    print_machine()
    time_to_accuracy(load_fashion_mnist().to(runtime.device()))


if __name__ == "__main__":
    main()
