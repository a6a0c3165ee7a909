"""Which part of an image does a classifier's answer depend on? Three ways to ask.

None of them changes the model: its mode, its gradients and its `requires_grad` flags stay as they were.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.inspection.features import evaluation_mode, recorded


@torch.no_grad()
def occlusion_map(
    model: nn.Module,
    image: Tensor,
    label: int,
    *,
    patch_size: int,
    stride: int = 1,
    value: float,
    batch_size: int = 500,
) -> Tensor:
    """Return by how much the probability of class `label` falls when a square patch of the image is covered.

    Args:
        image: normalised, shape (channels, height, width), on the model's device.
        patch_size: side of the patch in pixels.
        stride: pixels from one place of the patch to the next.
        value: what the patch is filled with, in normalised units: black is -mean / std, the mean is 0.

    Returns:
        shape (rows, columns), one number in [-1, 1] for each place where the patch fits wholly into the image;
        positive where covering lowers the probability. Entry (i, j) belongs to the patch whose upper left
        pixel is (i · stride, j · stride).

    Raises:
        ValueError: no image of this shape, or a patch that does not fit into it.

    Reference: Zeiler and Fergus 2013, arXiv:1311.2901.
    """
    if image.ndim != 3 or not 1 <= patch_size <= min(image.shape[1:]) or stride < 1:
        raise ValueError(
            f"one image (channels, height, width) and a patch that fits into it are needed, got shape "
            f"{tuple(image.shape)}, patch_size {patch_size}, stride {stride}"
        )
    tops, lefts = (range(0, side - patch_size + 1, stride) for side in image.shape[1:])
    covered = image.repeat(len(tops) * len(lefts), 1, 1, 1)  # (places, channels, height, width)
    for number, copy in enumerate(covered):
        top, left = tops[number // len(lefts)], lefts[number % len(lefts)]
        copy[:, top : top + patch_size, left : left + patch_size] = value
    with evaluation_mode(model):
        before = model(image[None]).softmax(dim=1)[0, label]
        after = torch.cat([model(batch).softmax(dim=1)[:, label] for batch in covered.split(batch_size)])
    return (before - after).view(len(tops), len(lefts))


def over_pixels(places: Tensor, patch_size: int, stride: int, height: int, width: int) -> Tensor:
    """Return for each pixel the mean over the patches that cover it; zero where no patch has been.

    Args:
        places: a map as `occlusion_map` returns it, shape (rows, columns).

    >>> over_pixels(torch.tensor([[1.0, 3.0]]), patch_size=2, stride=1, height=2, width=3)
    tensor([[1., 2., 3.],
            [1., 2., 3.]])
    """
    patch = torch.ones(1, 1, patch_size, patch_size, dtype=places.dtype, device=places.device)
    both = torch.stack([places, torch.ones_like(places)])[:, None]  # (2, 1, rows, columns)
    sums, counts = F.conv_transpose2d(both, patch, stride=stride)[:, 0]
    missing = (0, width - sums.shape[1], 0, height - sums.shape[0])  # what the last stride did not reach
    return F.pad(sums / counts.clamp(min=1), missing)


def chosen_logits(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the logit of its own label for each image, shape (batch,)."""
    return logits.gather(1, labels[:, None])[:, 0]


def saliency(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return how strongly the logit of its label reacts to each pixel: the size of the derivative.

    Args:
        images: normalised, shape (batch, channels, height, width), on the model's device.
        labels: int64, shape (batch,): the class whose logit is differentiated, for each image.

    Returns:
        shape (batch, height, width), at least 0, in logits per normalised unit; of several channels the largest.

    Reference: Simonyan, Vedaldi and Zisserman 2013, arXiv:1312.6034.
    """
    images = images.detach().clone().requires_grad_()
    with evaluation_mode(model), torch.enable_grad():
        # one sum serves all images: in evaluation mode a logit depends on its own image only
        total = chosen_logits(model(images), labels).sum()
        (gradient,) = torch.autograd.grad(total, images)
    return gradient.abs().amax(dim=1)


def grad_cam(model: nn.Module, layer: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return where the feature maps of `layer` speak for the class: gradient-weighted class activation maps.

    With the maps A_k of the layer and the logit y, the weight of a map is the mean of ∂y/∂A_k over its
    places, and the result is ReLU(Σ_k weight_k · A_k).

    Args:
        layer: a part of the model that returns feature maps, (batch, channels, height, width).
        images: normalised, shape (batch, channels, height, width), on the model's device.
        labels: int64, shape (batch,): the class that is explained, for each image.

    Returns:
        shape (batch, height, width) of the layer's maps, at least 0, not normalised.

    Raises:
        ValueError: the model does not call the layer once, or what it returns are no feature maps.

    Reference: Selvaraju et al. 2016, arXiv:1610.02391.
    """
    images = images.detach().clone().requires_grad_()  # so there is a graph even if all weights are frozen
    with evaluation_mode(model), torch.enable_grad(), recorded(layer, attached=True) as outputs:
        total = chosen_logits(model(images), labels).sum()
        if len(outputs) != 1 or outputs[0].ndim != 4:
            raise ValueError("grad_cam needs a layer that the model calls once and that returns feature maps")
        (gradient,) = torch.autograd.grad(total, outputs[0])  # (batch, channels, height, width)
    weights = gradient.mean(dim=(2, 3), keepdim=True)  # (batch, channels, 1, 1)
    return (weights * outputs[0].detach()).sum(dim=1).relu()


def enlarge(maps: Tensor, height: int, width: int) -> Tensor:
    """Return maps of shape (batch, rows, columns) at the size of the image, bilinearly interpolated."""
    return F.interpolate(maps[:, None], size=(height, width), mode="bilinear", align_corners=False)[:, 0]
