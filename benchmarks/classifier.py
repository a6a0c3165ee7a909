"""Train our recipe beside two that are widely taught: seconds and test accuracy, one run, one clock.

(a) LeNet with sigmoid and average pooling, as in Dive into Deep Learning (d2l.ai): SGD, learning rate 0.9,
    batch 256, ten epochs.
(b) a 32-64-128 network with a head of 1,000 units: SGD 0.001 with momentum 0.9, batch 32, three epochs.
(c) ours: CourseCNN with `fit_classifier`, three seeds.

(a) and (b) read their data as usual, through a DataLoader. The clock runs while training and stops
while the 10,000 test images are scored. No choice is made by these scores: the recipe of (c) was
chosen on a validation set, as benchmarks/README.md tells.

    python -m benchmarks.classifier
"""

import statistics
import time
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import FashionMNIST
from torchvision.transforms import v2

from benchmarks.measure import alternate, print_machine, print_table, torchvision_root, wait
from course_lib import runtime
from course_lib.datasets.images import load_fashion_mnist
from course_lib.models.classifiers import CourseCNN, LeNet5, initialise
from course_lib.training import classifier
from course_lib.training.evaluation import evaluate_classifier

OURS = classifier.ClassifierConfig(epochs=8)
SEEDS = (0, 1, 2)
SCORING = {"mean": OURS.mean, "std": OURS.std}


@dataclass
class Run:
    """Training seconds and test accuracy after each epoch."""

    name: str
    seconds: list[float]
    accuracy: list[float]

    def time_to(self, target: float) -> float:
        """Return the seconds after the first epoch that reached `target`, or infinity."""
        return next(
            (s for s, a in zip(self.seconds, self.accuracy, strict=True) if a >= target), float("inf")
        )


def wide_network() -> nn.Module:
    """Return (b): convolutions of 32, 64 and 128 channels and a fully connected head of 1,000 units."""
    blocks = []
    for in_channels, out_channels in ((1, 32), (32, 64), (64, 128)):
        blocks += [nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(128 * 3 * 3, 1000), nn.ReLU(), nn.Linear(1000, 10))


def through_loader(
    name, model, root, test, *, batch_size, learning_rate, momentum, epochs, transforms, scoring
) -> Run:
    """Train as tutorials do: a DataLoader, float32, plain SGD."""
    device, run = runtime.device(), Run(name, [], [])
    model.to(device)
    dataset = FashionMNIST(root, train=True, download=True, transform=v2.Compose(transforms))
    data = DataLoader(dataset, batch_size=batch_size, shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum)
    total = 0.0
    for _ in range(epochs):
        wait()
        start = time.perf_counter()
        model.train()
        for images, labels in data:
            loss = F.cross_entropy(model(images.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        wait()
        total += time.perf_counter() - start
        run.seconds.append(total)
        run.accuracy.append(evaluate_classifier(model, *test, **scoring)["accuracy"])
    return run


def new_model(seed: int, memory_format: torch.memory_format = torch.channels_last) -> nn.Module:
    model = initialise(CourseCNN(), torch.Generator().manual_seed(seed))
    return model.to(runtime.device(), memory_format=memory_format)


def ours(seed: int, train, test, config=OURS) -> Run:
    """Train (c), one epoch at a time so that the clock can stop for scoring."""
    device, run = runtime.device(), Run(f"(c) ours, seed {seed}", [], [])
    model = new_model(seed)
    config = replace(config, seed=seed)
    optimizer, generator = classifier.make_optimizer(model, config), torch.Generator().manual_seed(seed)
    dtype, total = runtime.training_dtype(device), 0.0
    for epoch in range(config.epochs):
        wait()
        start = time.perf_counter()
        classifier.train_epoch(model, optimizer, train, config, epoch, generator, dtype)
        wait()
        total += time.perf_counter() - start
        run.seconds.append(total)
        scores = evaluate_classifier(model, *test, flip_average=True, dtype=dtype, **SCORING)
        run.accuracy.append(scores["accuracy"])
    return run


def compare_recipes(data, root) -> None:
    train, test = (data.train_images, data.train_labels), (data.test_images, data.test_labels)
    scale = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
    torch.manual_seed(0)
    lenet = LeNet5()
    for (
        layer
    ) in lenet.modules():  # with sigmoids the recipe needs Glorot's initialisation, which it prescribes
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
    runs = [
        through_loader(
            "(a) LeNet, sigmoid", lenet, root, test, batch_size=256, learning_rate=0.9, momentum=0.0, epochs=10,
            transforms=scale, scoring={"mean": (0.0,), "std": (1.0,)},
        ),
        through_loader(
            "(b) 32-64-128-1000", wide_network(), root, test, batch_size=32, learning_rate=0.001, momentum=0.9,
            epochs=3, transforms=[*scale, v2.Normalize((0.5,), (0.5,))], scoring={"mean": (0.5,), "std": (0.5,)},
        ),
        *(ours(seed, train, test) for seed in SEEDS),
    ]  # fmt: skip
    rows = [
        [run.name, str(epoch), f"{s:.1f}", f"{a:.4f}"]
        for run in runs
        for epoch, (s, a) in enumerate(zip(run.seconds, run.accuracy, strict=True), start=1)
    ]
    print_table("After each epoch", ["recipe", "epoch", "seconds", "test accuracy"], rows)
    compare_times(runs[:2], runs[2:])


def compare_times(peers: list[Run], our_runs: list[Run]) -> None:
    rows = []
    for peer in peers:
        target = peer.accuracy[-1]
        mean = statistics.mean(run.time_to(target) for run in our_runs)
        rows.append(
            [
                peer.name,
                f"{target:.4f}",
                f"{peer.seconds[-1]:.1f}",
                f"{mean:.1f}",
                f"{peer.seconds[-1] / mean:.1f}",
            ]
        )
    columns = ["peer", "its accuracy", "its seconds", "ours to there (mean)", "times faster"]
    print_table("Time to each peer's final accuracy", columns, rows)
    to_92 = [run.time_to(0.92) for run in our_runs]
    print(f"\n92 % after {', '.join(f'{s:.1f}' for s in to_92)} s, mean {statistics.mean(to_92):.1f} s; "
          f"(a) needs {peers[0].seconds[-1]:.1f} s for its ten epochs")  # fmt: skip


def images_per_second(data, root: str) -> None:
    """Print the speed of (c) with each of its speed-ups switched off in turn."""
    count = 10_240
    dtype = runtime.training_dtype()
    train = (data.train_images[:count], data.train_labels[:count])

    def epoch(dtype=dtype, memory_format=torch.channels_last, fused=True):
        model = new_model(0, memory_format)
        optimizer = classifier.make_optimizer(model, OURS, fused=fused)
        generator = torch.Generator().manual_seed(0)
        config = replace(OURS, epochs=1)
        return lambda: classifier.train_epoch(
            model, optimizer, train, config, 0, generator, dtype, memory_format=memory_format
        )

    def loader_epoch():
        model = new_model(0)
        optimizer = classifier.make_optimizer(model, OURS)
        transforms = v2.Compose([
            v2.ToImage(), v2.RandomHorizontalFlip(), v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(OURS.mean, OURS.std),
        ])  # fmt: skip
        dataset = torch.utils.data.Subset(
            FashionMNIST(root, train=True, download=True, transform=transforms), range(count)
        )

        def run():
            for images, labels in DataLoader(dataset, batch_size=OURS.batch_size, shuffle=True):
                images = images.to(runtime.device(), memory_format=torch.channels_last)
                classifier.train_step(model, optimizer, images, labels.to(runtime.device()), dtype=dtype)

        return run

    times = alternate(
        {
            "all on": epoch(),
            f"without {str(dtype).removeprefix('torch.')} (float32)": epoch(dtype=torch.float32),
            "without channels_last": epoch(memory_format=torch.contiguous_format),
            "without the fused optimiser": epoch(fused=False),
            "without batches in memory (DataLoader)": loader_epoch(),
        },
        rounds=5,
    )
    rows = [[name, f"{count / s:,.0f}", f"{times['all on'] / s:.2f}"] for name, s in times.items()]
    print_table("Training speed of ours, one speed-up off at a time", ["", "images/s", "ratio"], rows)


def main() -> None:
    runtime.set_threads()
    print_machine()
    data = load_fashion_mnist().to(runtime.device())
    with torchvision_root() as root:
        images_per_second(data, root)
        compare_recipes(data, root)


if __name__ == "__main__":
    main()
