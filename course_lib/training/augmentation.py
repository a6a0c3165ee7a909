"""Differentiable augmentation: what the discriminator sees of real and generated images is shifted and cut out alike.

A discriminator that meets few images learns them by heart. Augmenting only the real ones would teach the generator
to draw shifted and cut images; augmenting both, in the steps of both sides, does not, and the gradient goes through.

Reference: Zhao, Liu, Lin, Zhu and Han 2020, arXiv:2006.10738.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

BACKGROUND = -1.0  # black


def translate(images: Tensor, random: torch.Generator, share: float = 1 / 8) -> Tensor:
    """Shift each image by a whole number of pixels each way; what moves in is black.

    Args:
        images: shape (batch, channels, height, width), values in [-1, 1].
        random: CPU generator; each shift up to `share` of the height or width, in pixels, is as likely.
        share: in [0, 1).
    """
    count, channels, height, width = images.shape
    moved = images
    for dimension, size in ((2, height), (3, width)):
        reach = int(size * share + 0.5)
        shift = torch.randint(-reach, reach + 1, (count, 1), generator=random)
        source = torch.arange(size) - shift + reach  # (count, size), in the padded image
        padding = (0, 0, reach, reach) if dimension == 2 else (reach, reach)
        index = (
            source.to(images.device)[:, None, :, None]
            if dimension == 2
            else source.to(images.device)[:, None, None]
        )
        moved = F.pad(moved, padding, value=BACKGROUND).gather(
            dimension, index.expand(count, channels, height, width)
        )
    return moved


def cut_out(images: Tensor, random: torch.Generator, share: float = 1 / 2) -> Tensor:
    """Paint a grey square, values 0, into each image; it may reach over the edge.

    Args:
        images: shape (batch, channels, height, width), values in [-1, 1].
        random: CPU generator; the square's centre is uniform over the image.
        share: sides of the square as a share of the height and width, in (0, 1].
    """
    count, _, height, width = images.shape
    inside = []
    for size in (height, width):
        centre = torch.randint(0, size, (count, 1), generator=random)
        half = size * share / 2
        distance = (torch.arange(size) + 0.5 - centre).abs()  # (count, size)
        inside.append((distance < half).to(images.device))
    square = inside[0][:, None, :, None] & inside[1][:, None, None, :]  # (count, 1, height, width)
    return images.masked_fill(square, 0.0)


AUGMENTATIONS = {"translation": translate, "cutout": cut_out}


def make_augmentation(names: Sequence[str], random: torch.Generator) -> Callable[[Tensor], Tensor] | None:
    """Return a function that augments a batch in each of these ways, in this order; None for no names.

    Raises:
        ValueError: there is no augmentation of that name.
    """
    check_augmentations(names)
    if not names:
        return None

    def augment(images: Tensor) -> Tensor:
        for name in names:
            images = AUGMENTATIONS[name](images, random)
        return images

    return augment


def check_augmentations(names: Sequence[str]) -> None:
    """Raise ValueError unless these are names of augmentations.

    >>> check_augmentations(["rotation"])
    Traceback (most recent call last):
    ...
    ValueError: there is no augmentation called 'rotation'; there are translation, cutout
    """
    for name in names:
        if name not in AUGMENTATIONS:
            raise ValueError(
                f"there is no augmentation called {name!r}; there are {', '.join(AUGMENTATIONS)}"
            )
