"""How a classifier is trained: the settings, the schedule of the learning rate, and the optimiser."""

from dataclasses import dataclass

import torch
from torch import nn

from course_lib.training.muon import Muon


@dataclass(frozen=True)
class ClassifierConfig:
    """How to train.

    Attributes:
        epochs: passes over the training images.
        batch_size: images a step.
        learning_rate: at its peak; it rises from 0 to there and falls to 0 again, in straight lines.
        rise: the share of all steps, in (0, 1), over which it rises.
        optimizer: "sgd", or "muon", which turns whole filters, see `course_lib.training.muon`.
        filter_learning_rate: of Muon's filters at its peak; it rises and falls with the other.
        momentum: of Nesterov's stochastic gradient descent, in [0, 1).
        weight_decay: L2 penalty's factor, added to the gradient.
        label_smoothing: share of the target, in [0, 1), that is spread over all classes.
        crop_padding, flip: augmentation, see `batches`.
        mean, std: of the training images' channels, where white is 1.
        seed: draws the order and the augmentation.
    """

    epochs: int = 5
    batch_size: int = 256
    learning_rate: float = 0.3
    rise: float = 0.3
    optimizer: str = "sgd"
    filter_learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    crop_padding: int = 0
    flip: str = "alternating"
    mean: tuple[float, ...] = (0.2860,)  # Fashion-MNIST's
    std: tuple[float, ...] = (0.3530,)
    seed: int = 0


def learning_rate_at(step: int, total_steps: int, config: ClassifierConfig) -> float:
    """Return the learning rate of step `step`, counted from 0: a triangle of height `config.learning_rate`.

    >>> config = ClassifierConfig(learning_rate=1.0, rise=0.5)
    >>> [learning_rate_at(step, 4, config) for step in range(4)]
    [0.5, 1.0, 1.0, 0.5]
    """
    rising = (step + 1) / (config.rise * total_steps)
    falling = (total_steps - step) / ((1 - config.rise) * total_steps)
    return config.learning_rate * min(rising, falling, 1.0)


def make_optimizer(
    model: nn.Module, config: ClassifierConfig, *, fused: bool = True
) -> torch.optim.Optimizer:
    """Return what `config.optimizer` names: gradient descent with Nesterov's momentum, or Muon."""
    if config.optimizer == "muon":
        return Muon(
            model,
            lr=config.learning_rate,
            filter_lr=config.filter_learning_rate,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
        )
    if config.optimizer != "sgd":
        raise ValueError(f"optimizer must be 'sgd' or 'muon', got {config.optimizer!r}")
    return torch.optim.SGD(
        model.parameters(),
        lr=config.learning_rate,
        momentum=config.momentum,
        nesterov=config.momentum > 0,
        weight_decay=config.weight_decay,
        fused=fused,  # one pass over all weights instead of several small operations for each
    )
