"""What the course's loop and batches cost and gain.

1. `fit_classifier` against a bare loop, inlined, on the same tensors and with the same arithmetic.
2. `batches` against a `DataLoader` that applies torchvision's transforms image by image.

    python -m benchmarks.loop
"""

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision.datasets import FashionMNIST
from torchvision.transforms import v2

from benchmarks.measure import alternate, print_machine, print_table, torchvision_root
from course_lib import runtime
from course_lib.datasets.batches import batches, flip_where, hold_out, normalise
from course_lib.datasets.images import load_fashion_mnist
from course_lib.models.classifiers import CourseCNN, initialise
from course_lib.training.classifier import ClassifierConfig, fit_classifier, learning_rate_at, make_optimizer

CONFIG = ClassifierConfig(epochs=1)
IMAGES = 20_000  # of the training set: a run of about five seconds
ROUNDS = 7


def new_model():
    return initialise(CourseCNN(), torch.Generator().manual_seed(0)).to(runtime.device())


def bare_loop(train, validation):
    """Train and evaluate for one epoch with everything written out and nothing checked, kept or shown."""
    device, dtype = runtime.device(), runtime.training_dtype()
    model = new_model().to(memory_format=torch.channels_last)
    optimizer = make_optimizer(model, CONFIG)
    images, labels = train
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0)).split(CONFIG.batch_size)
    loss_sum = torch.zeros((), device=device)
    model.train()
    for step, chosen in enumerate(order):
        batch = flip_where(images[chosen.to(device)], chosen % 2 == 1)
        batch = normalise(batch, CONFIG.mean, CONFIG.std).contiguous(memory_format=torch.channels_last)
        targets = labels[chosen.to(device)]
        optimizer.param_groups[0]["lr"] = learning_rate_at(step, len(order), CONFIG)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            logits = model(batch)
        loss = F.cross_entropy(logits.float(), targets, label_smoothing=CONFIG.label_smoothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_sum += loss.detach() * len(targets)
    model.eval()
    with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
        correct = 0
        for batch, targets in zip(validation[0].split(1000), validation[1].split(1000), strict=True):
            batch = normalise(batch, CONFIG.mean, CONFIG.std).contiguous(memory_format=torch.channels_last)
            correct += (model(batch).argmax(dim=1) == targets).sum()
    return loss_sum.item(), correct.item()


def loader(train_images_root):
    """Return the usual way: a DataLoader with torchvision's transforms, as most tutorials have it."""
    transforms = v2.Compose(
        [
            v2.ToImage(),
            v2.RandomCrop(28, padding=2),
            v2.RandomHorizontalFlip(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(CONFIG.mean, CONFIG.std),
        ]
    )
    dataset = FashionMNIST(train_images_root, train=True, download=True, transform=transforms)
    return DataLoader(dataset, batch_size=CONFIG.batch_size, shuffle=True)


def drain(iterator, count):
    """Take batches until `count` images have come out."""
    for images, _ in iterator:
        count -= len(images)
        if count <= 0:
            return


def compare_loops(data) -> None:
    train, validation = hold_out(data.train_images, data.train_labels, 5000, torch.Generator().manual_seed(0))
    train = (train[0][:IMAGES], train[1][:IMAGES])
    times = alternate(
        {
            "bare loop": lambda: bare_loop(train, validation),
            "fit_classifier": lambda: fit_classifier(new_model(), train, validation, CONFIG, progress=False),
        },
        ROUNDS,
    )
    bare = times["bare loop"]
    rows = [[name, f"{value:.3f}", f"{value / bare:.3f}"] for name, value in times.items()]
    print_table(
        f"One epoch of {IMAGES:,} images, median of {ROUNDS}", ["loop", "seconds", "ratio to bare"], rows
    )


def compare_batches(data, root) -> None:
    def ours(count):
        augmentation = {"crop_padding": 2, "flip": "random", "generator": torch.Generator().manual_seed(0)}
        epoch = batches(
            data.train_images,
            data.train_labels,
            CONFIG.batch_size,
            mean=CONFIG.mean,
            std=CONFIG.std,
            **augmentation,
        )
        drain(epoch, count)

    data_loader = loader(root)
    counts = {"DataLoader with transforms": 2560, "batches": 60_000}
    times = alternate(
        {
            "DataLoader with transforms": lambda: drain(data_loader, counts["DataLoader with transforms"]),
            "batches": lambda: ours(counts["batches"]),
        },
        ROUNDS,
    )
    rate = {name: counts[name] / value for name, value in times.items()}
    slow = rate["DataLoader with transforms"]
    rows = [[name, f"{value:,.0f}", f"{value / slow:.1f}"] for name, value in rate.items()]
    title = f"Shuffle, crop, flip, normalise in batches of 256, median of {ROUNDS}"
    print_table(title, ["way", "images/s", "ratio"], rows)


def main() -> None:
    runtime.set_threads()
    print_machine()
    data = load_fashion_mnist()
    with torchvision_root() as root:
        compare_batches(data, root)
    compare_loops(data.to(runtime.device()))


if __name__ == "__main__":
    main()
