"""Rules that move a weight against its gradient, each a pure function: `weight, state = rule(weight, gradient, state)`.

They do what `torch.optim` does, one tensor at a time, and are meant to be read. A state of None is the
state before the first step.
"""

from typing import NamedTuple

from torch import Tensor


class AdamState(NamedTuple):
    """What Adam remembers of a weight: the steps so far, and running averages of the gradient and of its square."""

    steps: int
    mean: Tensor
    square: Tensor


def _check(weight: Tensor, gradient: Tensor, lr: float, **factors: float) -> None:
    if weight.shape != gradient.shape:
        raise ValueError(
            f"weight and gradient must have one shape, got {tuple(weight.shape)} and {tuple(gradient.shape)}"
        )
    if lr < 0:
        raise ValueError(f"lr must be at least 0, got {lr}")
    for name, value in factors.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name} must be in [0, 1), got {value}")


def sgd_step(
    weight: Tensor,
    gradient: Tensor,
    velocity: Tensor | None = None,
    *,
    lr: float,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Return the weight after one step of gradient descent, and the new velocity.

    Args:
        weight, gradient: of one shape, any.
        velocity: of the same shape, as the step before returned it; None at the start.
        lr: the learning rate, at least 0.
        momentum: the share of the velocity that is kept, in [0, 1).
        nesterov: step along gradient + momentum · velocity, not along the velocity.
        weight_decay: factor of the L2 penalty, whose gradient is weight_decay · weight.

    Raises:
        ValueError: shapes that differ, or a number out of its range.

    References: Polyak 1964, USSR Computational Mathematics 4(5); Nesterov 1983, Doklady 27(2); in this
    form Sutskever, Martens, Dahl and Hinton 2013, ICML.

    >>> import torch
    >>> weight, velocity = sgd_step(torch.tensor(1.0), torch.tensor(2.0), lr=0.1, momentum=0.9)
    >>> sgd_step(weight, torch.tensor(2.0), velocity, lr=0.1, momentum=0.9)
    (tensor(0.4200), tensor(3.8000))
    """
    _check(weight, gradient, lr, momentum=momentum)
    gradient = gradient + weight_decay * weight
    velocity = gradient if velocity is None else momentum * velocity + gradient
    move = gradient + momentum * velocity if nesterov else velocity
    return weight - lr * move, velocity


def adam_step(
    weight: Tensor,
    gradient: Tensor,
    state: AdamState | None = None,
    *,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Tensor, AdamState]:
    """Return the weight after one step of Adam, and the new state.

    Args:
        weight, gradient: of one shape, any.
        state: as the step before returned it; None at the start.
        lr: the learning rate, at least 0; about how far a weight moves in a step.
        betas: shares that the averages of the gradient and of its square keep, each in [0, 1).
        eps: added to the root of the average square, so that nothing is divided by zero.
        weight_decay: factor of the L2 penalty. Its gradient is divided by the root like any other; see `adamw_step`.

    Raises:
        ValueError: shapes that differ, or a number out of its range.

    Reference: Kingma and Ba 2014, arXiv:1412.6980.
    """
    _check(weight, gradient, lr, beta_1=betas[0], beta_2=betas[1])
    gradient = gradient + weight_decay * weight
    steps, mean, square = state or (0, 0 * gradient, 0 * gradient)
    steps += 1
    mean = betas[0] * mean + (1 - betas[0]) * gradient
    square = betas[1] * square + (1 - betas[1]) * gradient**2
    # both averages began at 0: divide by the weight that the gradients have in them
    unbiased_mean = mean / (1 - betas[0] ** steps)
    unbiased_square = square / (1 - betas[1] ** steps)
    return weight - lr * unbiased_mean / (unbiased_square.sqrt() + eps), AdamState(steps, mean, square)


def adamw_step(
    weight: Tensor,
    gradient: Tensor,
    state: AdamState | None = None,
    *,
    lr: float,
    weight_decay: float = 0.01,
    **options,
) -> tuple[Tensor, AdamState]:
    """Return the weight after one step of AdamW, and the new state: shrink the weight, then step as Adam does.

    Args:
        weight_decay: the weight is multiplied by 1 - lr · weight_decay, whatever its gradient is.
        weight, gradient, state, lr, options: as for `adam_step`.

    Reference: Loshchilov and Hutter 2017, arXiv:1711.05101.
    """
    return adam_step((1 - lr * weight_decay) * weight, gradient, state, lr=lr, **options)
