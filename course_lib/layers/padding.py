"""The border around an image: put on and taken off."""

import torch.nn.functional as F
from torch import Tensor


def pad_image(image: Tensor, padding: tuple[int, int], value: float = 0.0) -> Tensor:
    """Add `padding[0]` rows above and below and `padding[1]` columns left and right, filled with `value`."""
    return F.pad(image, (padding[1], padding[1], padding[0], padding[0]), value=value)


def crop_image(padded: Tensor, padding: tuple[int, int]) -> Tensor:
    """Take off what `pad_image` added; shape (..., height + 2·padding[0], width + 2·padding[1])."""
    height, width = padded.shape[-2:]
    return padded[..., padding[0] : height - padding[0], padding[1] : width - padding[1]]
