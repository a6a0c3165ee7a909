"""Batch normalisation written from its definition; its gradient comes from autograd."""

import torch
from torch import Tensor, nn


def batch_norm2d(
    images: Tensor,
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise each channel, then give it a scale and a shift; return the output and the new running averages.

    In training, mean and variance are those of the batch, over images and pixels, and gradients flow through
    them. The variance that normalises divides by the count n; the one that enters the running average by
    n - 1, which estimates that of the whole data without bias. In evaluation, the running averages
    take the place of the batch's statistics, and stay as they are.

    Args:
        images: shape (batch, channels, height, width).
        weight, bias, running_mean, running_var: shape (channels,); the running averages are not changed in place.
        momentum: the share, in [0, 1], that the new batch has in the running averages.
        eps: added to the variance.

    Raises:
        ValueError: images that do not have four dimensions; or, in training, a single number a channel,
            whose variance is zero and says nothing.

    Reference: Ioffe and Szegedy 2015, arXiv:1502.03167.
    """
    if images.ndim != 4:
        raise ValueError(
            f"images must have shape (batch, channels, height, width), got {tuple(images.shape)}"
        )
    if not training:
        mean, var = running_mean, running_var
    else:
        count = images.numel() // images.shape[1]
        if count < 2:
            raise ValueError(
                f"in training, batch normalisation needs more than one number a channel, got {tuple(images.shape)}"
            )
        mean = images.mean(dim=(0, 2, 3))  # (channels,)
        var = (images - _per_channel(mean)).square().mean(dim=(0, 2, 3))  # (channels,)
        with torch.no_grad():  # a memory for later, not part of the loss
            running_mean = (1 - momentum) * running_mean + momentum * mean
            running_var = (1 - momentum) * running_var + momentum * var * count / (count - 1)
    normalised = (images - _per_channel(mean)) / (_per_channel(var) + eps).sqrt()
    return normalised * _per_channel(weight) + _per_channel(bias), running_mean, running_var


def _per_channel(values: Tensor) -> Tensor:
    return values.view(1, -1, 1, 1)


class BatchNorm2d(nn.Module):
    """`batch_norm2d` as a module, with learned scale and shift: what `torch.nn.BatchNorm2d` is, to be read.

    >>> BatchNorm2d(3)(torch.zeros(2, 3, 4, 4)).shape
    torch.Size([2, 3, 4, 4])
    """

    def __init__(self, channels: int, momentum: float = 0.1, eps: float = 1e-5):
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))  # saved with the weights, but not learned
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, images: Tensor) -> Tensor:
        """Return the normalised images, of the same shape; in training mode, update the running averages."""
        output, self.running_mean, self.running_var = batch_norm2d(
            images, self.weight, self.bias, self.running_mean, self.running_var,
            training=self.training, momentum=self.momentum, eps=self.eps,
        )  # fmt: skip
        return output
