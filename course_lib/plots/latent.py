"""Draw what a generator makes of latents in between: a square of images, and walks in rows."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from course_lib.plots.animation import tile

FRAME = "#ff800e"


def draw_generated(images: Tensor, ax: Axes | None = None) -> Axes:
    """Draw images as one, edge to edge, and return where; the middle of image (row, column) is at (column, row).

    Args:
        images: shape (rows, columns, 1 or 3, height, width), values in [-1, 1], as a generator makes them.

    Raises:
        ValueError: another shape, or values out of range.
    """
    if images.ndim != 5:
        raise ValueError(
            f"need images of shape (rows, columns, channels, height, width), got {tuple(images.shape)}"
        )
    rows, columns = images.shape[:2]
    ax = ax or plt.figure(figsize=(0.62 * columns + 0.4, 0.62 * rows + 0.4)).add_subplot()
    whole = tile((images.detach().cpu().float().flatten(0, 1) + 1) / 2, columns)
    ax.imshow(whole, cmap="gray", vmin=0, vmax=255, extent=(-0.5, columns - 0.5, rows - 0.5, -0.5))
    ax.spines[:].set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.tick_params(length=0)
    return ax


def corner_grid(images: Tensor, title: str = "") -> Figure:
    """Return a figure with images between four corners; the corners, which were not interpolated, are framed.

    Args:
        images: shape (rows, columns, 1 or 3, height, width), values in [-1, 1].
    """
    ax = draw_generated(images)
    rows, columns = images.shape[:2]
    for row in (0, rows - 1):
        for column in (0, columns - 1):
            ax.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, fill=False, color=FRAME, lw=2))
    ax.set_xlabel("position across →", fontsize=9)
    ax.set_ylabel("← position down", fontsize=9)
    ax.set_title(title)
    return ax.figure


def interpolation_rows(images: Tensor, names: Sequence[str], title: str = "") -> Figure:
    """Return a figure with a walk in each row, from its start at position 0 to its end at position 1.

    Args:
        images: shape (walks, steps, 1 or 3, height, width), values in [-1, 1], at equal steps.
        names: one a walk.

    Raises:
        ValueError: not as many names as walks.
    """
    if len(names) != len(images):
        raise ValueError(f"there are {len(images)} walks and {len(names)} names")
    ax = draw_generated(images)
    steps = images.shape[1]
    shown = sorted({0, (steps - 1) // 2, steps - 1}) if steps % 2 else [0, steps - 1]
    ax.set_xticks(shown, [f"{number:g}" for number in np.array(shown) / max(1, steps - 1)], fontsize=9)
    ax.set_yticks(range(len(names)), names, fontsize=9)
    ax.set_xlabel("position", fontsize=9)
    ax.set_title(title)
    return ax.figure
