"""Penalties on large weights: their values, and the step that makes weights exactly zero."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


def penalised_weights(model: nn.Module) -> list[nn.Parameter]:
    """Return the weights of the model's linear and convolution layers, in order.

    Biases and the scales and shifts of normalisation layers are left out. They are few, they
    multiply no input, and pulling a scale towards zero would silence its whole channel.

    >>> [tuple(weight.shape) for weight in penalised_weights(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)))]
    [(2, 3)]
    """
    return [parameter for parameter in model.parameters() if parameter.ndim > 1]


def l2_penalty(weights: Iterable[Tensor]) -> Tensor:
    """Return half the sum of the squared weights, a scalar; its derivative by a weight is that weight.

    Because of the half, a loss with `strength * l2_penalty(weights)` added has the same gradient as
    `torch.optim.SGD(..., weight_decay=strength)` makes from the loss alone.

    >>> l2_penalty([torch.tensor([3.0, -4.0])])
    tensor(12.5000)
    """
    return sum((weight.square().sum() for weight in weights), torch.zeros(())) / 2


def l1_penalty(weights: Iterable[Tensor]) -> Tensor:
    """Return the sum of the weights' absolute values, a scalar; its derivative by a weight is that weight's sign.

    >>> l1_penalty([torch.tensor([3.0, -4.0])])
    tensor(7.)
    """
    return sum((weight.abs().sum() for weight in weights), torch.zeros(()))


def soft_threshold(weights: Tensor, amount: float) -> Tensor:
    """Move each weight towards zero by `amount`, and no further than zero.

    This is the proximal operator of the L1 penalty: the x that makes
    `(x - weight)² / 2 + amount · |x|` smallest, weight by weight.

    Args:
        weights: any shape.
        amount: at least 0; after a gradient step, the learning rate times the penalty's strength.

    Raises:
        ValueError: a negative amount.

    Reference: Daubechies, Defrise and De Mol 2004, arXiv:math/0307152.

    >>> soft_threshold(torch.tensor([2.0, 0.5, -2.0]), 1.0)
    tensor([ 1.,  0., -1.])
    """
    if amount < 0:
        raise ValueError(f"amount is a distance, at least 0, got {amount}")
    return weights.sign() * (weights.abs() - amount).clamp(min=0)


@torch.no_grad()
def shrink_(weights: Iterable[Tensor], amount: float) -> None:
    """Apply `soft_threshold` to each tensor in place, as the second half of a step with an L1 penalty."""
    for weight in weights:
        weight.copy_(soft_threshold(weight, amount))


def share_of_zeros(weights: Iterable[Tensor]) -> float:
    """Return the fraction, in [0, 1], of all weights that are exactly zero.

    >>> share_of_zeros([torch.tensor([0.0, 1.0]), torch.tensor([0.0, 2.0])])
    0.5
    """
    weights = list(weights)
    return sum(int((weight == 0).sum()) for weight in weights) / sum(weight.numel() for weight in weights)
