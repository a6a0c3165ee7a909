"""Images that a classifier gets wrong because of a change too small to matter to us."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.inspection.features import evaluation_mode


def fast_gradient_sign(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: float,
    *,
    mean: Sequence[float] | Tensor,
    std: Sequence[float] | Tensor,
    targeted: bool = False,
) -> Tensor:
    """Return the images moved by `epsilon` per pixel, each pixel in the direction that raises the loss.

    The model's mode, gradients and `requires_grad` flags stay as they were.

    Args:
        images: normalised, (pixel - mean) / std, shape (batch, channels, height, width), on the model's device.
        labels: int64, shape (batch,): the true classes; if targeted, the classes to be mistaken for.
        epsilon: largest change of a pixel where black is 0 and white is 1.
        mean, std: of each channel, by which the images were normalised.
        targeted: lower the loss of `labels` instead of raising it.

    Returns:
        normalised images of the same shape; every pixel stays within [0, 1] and within `epsilon` of where it was.

    Raises:
        ValueError: epsilon is negative.

    Reference: Goodfellow, Shlens and Szegedy 2014, arXiv:1412.6572.
    """
    if epsilon < 0:
        raise ValueError(f"epsilon is the size of a change and must not be negative, got {epsilon}")
    mean, std = (
        torch.as_tensor(v, dtype=images.dtype, device=images.device).view(-1, 1, 1) for v in (mean, std)
    )
    images = images.detach().clone().requires_grad_()
    with evaluation_mode(model), torch.enable_grad():
        loss = F.cross_entropy(
            model(images), labels, reduction="sum"
        )  # a sum: the images do not share a mean
        (gradient,) = torch.autograd.grad(loss, images)
    step = -gradient.sign() if targeted else gradient.sign()
    moved = (
        images.detach() + epsilon / std * step
    )  # epsilon in pixel values is epsilon / std in normalised units
    return moved.clamp(min=-mean / std, max=(1 - mean) / std)  # black and white in normalised units
