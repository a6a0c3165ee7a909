"""Dropout written from its definition, with a generator passed in; its gradient comes from autograd."""

import torch
from torch import Tensor, nn


def dropout_mask(shape: tuple[int, ...], p: float, generator: torch.Generator | None = None) -> Tensor:
    """Return what dropout multiplies with: 0 with probability `p`, else 1 / (1 - p).

    Its mean is 1 and its variance p / (1 - p).

    Args:
        shape: of the activations, the batch included, so that each image gets a mask of its own.
        p: the probability, in [0, 1), with which an activation is dropped.
        generator: a CPU generator that draws the mask; None draws from torch's global one.

    Raises:
        ValueError: `p` outside [0, 1).

    >>> dropout_mask((2, 3), 0.5, torch.Generator().manual_seed(0)).unique()
    tensor([0., 2.])
    """
    if not 0 <= p < 1:
        raise ValueError(f"p is the probability to drop, at least 0 and below 1, got {p}")
    kept = torch.rand(shape, generator=generator) >= p
    return kept.float() / (1 - p)


def dropout(
    activations: Tensor, p: float, *, training: bool, generator: torch.Generator | None = None
) -> Tensor:
    """Drop each activation with probability `p` and enlarge the others by 1 / (1 - p); in evaluation change nothing.

    The enlarging keeps the mean of what the next layer gets (*inverted* dropout), so that nothing
    has to be scaled when the network is used.

    Args:
        activations: any shape, floating point.
        p, generator: as in `dropout_mask`.
        training: whether to drop at all.

    Raises:
        ValueError: `p` outside [0, 1).

    Reference: Srivastava et al. 2014, Journal of Machine Learning Research 15.
    """
    active = training and p > 0
    mask = dropout_mask(tuple(activations.shape) if active else (0,), p, generator)  # examines p always
    return activations * mask.to(activations) if active else activations


class Dropout(nn.Module):
    """`dropout` as a module; `train()` and `eval()` switch it on and off.

    >>> Dropout(0.5).eval()(torch.ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, generator: torch.Generator | None = None):
        super().__init__()
        dropout_mask((0,), p)  # a wrong p is told here, not in the first batch
        self.p, self.generator = p, generator

    def forward(self, activations: Tensor) -> Tensor:
        """Return the activations, of the same shape, with some of them dropped in training mode."""
        return dropout(activations, self.p, training=self.training, generator=self.generator)
