"""A small problem and a small model, by which training is tested in a moment."""

import torch
from torch import Tensor, nn

from course_lib.models.classifiers import initialise
from course_lib.training.classifier import ClassifierConfig

CLASSES = 3


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def striped_images(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return noise in which class k has its own bright band of rows: easy to learn, and the same when mirrored."""
    generator = seeded(seed)
    images = torch.randint(0, 100, (count, 1, 8, 8), generator=generator, dtype=torch.uint8)
    labels = torch.randint(0, CLASSES, (count,), generator=generator)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[:, 1 + 2 * label : 3 + 2 * label] += 120
    return images, labels


def small_model(seed: int = 0) -> nn.Module:
    """Return a net with what makes resuming hard: batch statistics, dropout, weights of several input channels."""
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 8, 3, padding=1),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(8 * 4 * 4, CLASSES),
    )
    return initialise(model, seeded(seed))


def small_config(**changes) -> ClassifierConfig:
    values = {"epochs": 3, "batch_size": 16, "learning_rate": 0.1, "mean": (0.3,), "std": (0.25,),
              "crop_padding": 1, "flip": "random", "seed": 3}  # fmt: skip
    return ClassifierConfig(**{**values, **changes})


def copy_of_state(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_same_state(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    """Every weight and buffer is equal to the last bit."""
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), f"{name} differs"
