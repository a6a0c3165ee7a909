"""Draw images: one, a grid of many, and the numbers that a picture is made of."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor


def displayable(image: Tensor) -> np.ndarray:
    """Return an image as matplotlib wants it: (height, width), or (height, width, 3) for colour.

    Args:
        image: uint8 with values 0 to 255, or floating point with values in [0, 1]; shape
            (channels, height, width) with 1 or 3 channels, or (height, width).

    Raises:
        ValueError: another shape, or values out of range. Matplotlib would rescale or clip them,
            and the picture would lie.
    """
    image = image.detach().cpu()
    if image.ndim == 2:
        image = image[None]
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise ValueError(
            f"an image has shape (1 or 3, height, width) or (height, width), got {tuple(image.shape)}"
        )
    if image.dtype == torch.uint8:
        image = image.float() / 255
    image = image.float()
    low, high = image.min().item(), image.max().item()
    if not (low >= -1e-6 and high <= 1 + 1e-6):  # NaN fails this too
        raise ValueError(
            f"floating-point images must lie in [0, 1] to be shown, got {low:.3g} to {high:.3g}; "
            "undo the normalisation first"
        )
    image = image.clamp(0, 1).numpy()
    return image[0] if image.shape[0] == 1 else image.transpose(1, 2, 0)


def draw_image(image: Tensor, title: str = "", ax: Axes | None = None) -> Axes:
    """Draw one image without axes, black 0 and white 1, and return where it was drawn."""
    values = displayable(image)  # first, so that an image that is refused leaves no empty figure behind
    ax = ax or plt.figure(figsize=(2, 2)).add_subplot()
    ax.imshow(values, vmin=0, vmax=1, cmap="gray")
    ax.set_title(title, fontsize=9)
    ax.set_axis_off()
    return ax


def draw_pixel_values(
    image: Tensor, ax: Axes | None = None, number_format: str = "{:.0f}", first: tuple[int, int] = (0, 0)
) -> Axes:
    """Draw a small single-channel array as coloured squares with its numbers written in them.

    Args:
        image: shape (height, width), any values; the darkest square is the smallest.
        number_format: how a number is written.
        first: row and column of the upper left square, where the array is a part of an image.
    """
    values = image.detach().cpu().float().numpy()
    ax = ax or plt.figure(figsize=(0.45 * values.shape[1], 0.45 * values.shape[0])).add_subplot()
    low, high = values.min(), values.max()
    high = high if high > low else low + 1  # a constant array is black all over
    ax.imshow(values, vmin=low, vmax=high, cmap="gray")
    for (row, column), value in np.ndenumerate(values):
        shade = "black" if (value - low) / (high - low) > 0.5 else "white"
        ax.text(column, row, number_format.format(value), ha="center", va="center", color=shade, fontsize=7)
    height, width = values.shape
    ax.set_yticks(range(height), range(first[0], first[0] + height), fontsize=8)
    ax.set_xticks(range(width), range(first[1], first[1] + width), fontsize=8)
    ax.set_xlabel("column")
    ax.set_ylabel("row")
    return ax


def image_grid(
    images: Sequence[Tensor] | Tensor,
    titles: Sequence[str] | None = None,
    columns: int = 8,
    size: float = 1.1,
) -> Figure:
    """Return a figure with one small axis for each image, in reading order.

    Args:
        images: as `displayable` takes them, one after the other.
        titles: one a picture, or none.
        columns: pictures in a row.
        size: width of a picture in inches.
    """
    rows = -(-len(images) // columns)
    columns = min(columns, len(images))
    room = 0.25 if titles else 0.05
    figure, axes = plt.subplots(rows, columns, figsize=(size * columns, (size + room) * rows), squeeze=False)
    for number, ax in enumerate(axes.flat):
        if number < len(images):
            draw_image(images[number], titles[number] if titles else "", ax)
        else:
            ax.set_axis_off()
    return figure
