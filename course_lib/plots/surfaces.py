"""Draw a loss over two directions, and the way an optimiser takes across it."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor


def draw_surface(
    across: Tensor, up: Tensor, losses: Tensor, levels: Sequence[float] | int = 10, ax: Axes | None = None
) -> Axes:
    """Draw lines of equal loss, with the loss written on them, over a shaded ground: the lighter, the higher.

    Args:
        across, up: coordinates, shapes (columns,) and (rows,).
        losses: shape (rows, columns).
        levels: the losses at which to draw a line, or how many of them.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    if tuple(losses.shape) != (len(up), len(across)):
        raise ValueError(
            f"losses must have shape (rows, columns) = {(len(up), len(across))}, got {tuple(losses.shape)}"
        )
    ax = ax or plt.figure(figsize=(4.5, 3.6)).add_subplot()
    grid = [values.detach().cpu().numpy() for values in (across, up, losses)]
    ax.contourf(*grid, levels=levels, cmap="cividis", alpha=0.3, extend="both")
    lines = ax.contour(*grid, levels=levels, colors="0.35", linewidths=0.7)
    ax.clabel(lines, fontsize=7, fmt="%g")
    return ax


def draw_path(
    points: Tensor, label: str, marker: str, ax: Axes, every: int = 1, color: str | None = None
) -> Axes:
    """Draw the way through `points`, shape (steps, 2), with a marker at each `every`-th of them."""
    across, up = points.detach().cpu().numpy().T
    ax.plot(across, up, marker=marker, markevery=every, markersize=4, linewidth=1.4, label=label, color=color)
    return ax
