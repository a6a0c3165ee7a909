"""Small games on which the two steps of notebook 14 are examined."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_lib.checks.report import WrongAnswer, attempt, describe, require

LEARNING_RATE = 0.1


class Game:
    """A generator and a discriminator of 4×4 images, float64, with gradients left over from an earlier step."""

    def __init__(self, seed: int, batch: int):
        random = torch.Generator().manual_seed(seed)
        self.generator = nn.Sequential(
            nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 16), nn.Unflatten(1, (1, 4, 4)), nn.Tanh()
        ).double()  # fmt: skip
        self.discriminator = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(64, 1),
            nn.Flatten(0),
        ).double()  # fmt: skip
        with torch.no_grad():
            for model in (self.generator, self.discriminator):
                for parameter in model.parameters():
                    parameter.copy_(0.5 * torch.randn(parameter.shape, generator=random, dtype=torch.float64))
                    parameter.grad = torch.randn(parameter.shape, generator=random, dtype=torch.float64)
        self.real = torch.rand(batch, 1, 4, 4, generator=random, dtype=torch.float64) * 2 - 1
        self.latent = torch.randn(batch, 3, generator=random, dtype=torch.float64)

    def __deepcopy__(self, memo) -> "Game":
        twin = copy.copy(self)
        for name in ("generator", "discriminator"):
            original = getattr(self, name)
            model = copy.deepcopy(original)
            for mine, theirs in zip(model.parameters(), original.parameters(), strict=True):
                mine.grad = theirs.grad.clone()
            setattr(twin, name, model)
        return twin


@dataclass(frozen=True)
class Outcome:
    """What a step leaves behind: the weights of the side that learns, in one row, and the loss before the step."""

    weights: Tensor
    loss: Tensor


def weights(model: nn.Module) -> Tensor:
    """Return a copy of all weights in one row."""
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def gradients(model: nn.Module) -> Tensor:
    """Return a copy of all gradients in one row; one that is missing counts as zeros."""
    return torch.cat(
        [
            (torch.zeros_like(p) if p.grad is None else p.grad.detach().clone()).flatten()
            for p in model.parameters()
        ]
    )


def optimizer_of(model: nn.Module) -> torch.optim.Optimizer:
    """Return plain gradient descent: its steps are proportional to the gradient, so mistakes show in size."""
    return torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)


def attempt_with_graph(function: Callable, *arguments):
    """Call the learner's generator step; say what it means if no gradient could reach the generator."""
    try:
        return attempt(function, *arguments)
    except WrongAnswer as wrong:
        if "does not require grad" in str(wrong):
            raise WrongAnswer(
                "backward() finds no way back to any weight. In this step the gradient has to pass through the "
                "discriminator and the images: no detach() and no torch.no_grad()."
            ) from wrong
        raise


def require_loss(loss, expected: Tensor) -> None:
    """Raise `WrongAnswer` unless the returned loss is a detached scalar, or a number, of the expected value."""
    if isinstance(loss, Tensor):
        require(loss.numel() == 1, f"The loss is one number, got {describe(loss)}.")
        require(
            not loss.requires_grad,
            "The returned loss still hangs on the graph, and whoever collects losses keeps every graph in memory. "
            "Return loss.detach().",
        )
        loss = loss.item()
    require(isinstance(loss, int | float), f"Return the loss, one number; got {describe(loss)}.")
    require(
        abs(loss - expected.item()) < 1e-6,
        f"The weights are right, but the loss that is returned is {loss:.4f} and should be {expected.item():.4f}: the "
        "sum of what was minimised, before the step.",
    )
