"""Start the first convolution from the images themselves: filters that make neighbouring pixels uncorrelated."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def patch_whitening_filters(images: Tensor, kernel_size: int, epsilon: float = 5e-2) -> Tensor:
    """Return filters whose responses on `images` are uncorrelated, each with a variance of almost one.

    They are the eigenvectors of the covariance of all patches, each divided by the square root of its eigenvalue
    plus `epsilon`, so that directions which hardly occur are not blown up. The commonest direction comes first.

    Args:
        images: normalised, shape (count, channels, height, width); some thousand are enough.
        kernel_size: height and width of a patch in pixels.
        epsilon: variance, in the images' units, below which a direction counts as noise.

    Returns:
        shape (channels · kernel_size², channels, kernel_size, kernel_size).

    Reference: the first layer of Jordan 2024, arXiv:2404.00498.
    """
    channels = images.shape[1]
    patches = F.unfold(images, kernel_size)  # (count, numbers a patch, positions)
    patches = patches.transpose(1, 2).flatten(0, 1).double()  # (count · positions, numbers a patch)
    eigenvalues, eigenvectors = torch.linalg.eigh(patches.T.cov())
    filters = (eigenvectors / (eigenvalues + epsilon).sqrt()).T.flip(0)  # ascending before, descending now
    return filters.reshape(-1, channels, kernel_size, kernel_size).to(images.dtype)


@torch.no_grad()
def whiten_first_convolution(model: nn.Module, images: Tensor, epsilon: float = 5e-2) -> nn.Module:
    """Set the first convolution of `model` to whitening filters and their negatives, in place; return the model.

    With the negatives, ReLU keeps both signs of each response. Filters beyond twice the number of patch directions
    stay as they were; so does a bias.

    Args:
        images: normalised, shape (count, channels, height, width), training images only.
    """
    first = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
    filters = patch_whitening_filters(images, first.kernel_size[0], epsilon)
    filters = filters[: first.out_channels // 2].to(first.weight.device)
    first.weight[: len(filters)] = filters
    first.weight[len(filters) : 2 * len(filters)] = -filters
    return model
