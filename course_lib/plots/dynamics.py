"""Draw what a GAN does in the plane: velocities, real and generated points, and scores of many seeds."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor

from course_lib.plots.style import MARKERS


def draw_velocities(states: Tensor, velocities: Tensor, ax: Axes | None = None) -> Axes:
    """Draw an arrow at each state in the direction of its velocity; all arrows are equally long.

    Args:
        states, velocities: pairs (θ, ψ), shape (…, 2); a velocity of 0 gets no arrow.

    Raises:
        ValueError: shapes that differ or do not end in 2.
    """
    if states.shape != velocities.shape or states.shape[-1] != 2:
        raise ValueError(
            f"states and velocities must both have shape (…, 2), got {tuple(states.shape)} and "
            f"{tuple(velocities.shape)}"
        )
    ax = ax or plt.figure(figsize=(3.6, 3.6)).add_subplot()
    lengths = velocities.norm(dim=-1, keepdim=True)
    moving = lengths.squeeze(-1) > 0
    places = states[moving].detach().cpu().numpy()
    directions = (velocities / lengths)[moving].detach().cpu().numpy()
    ax.quiver(*places.T, *directions.T, color="0.6", pivot="middle", angles="xy", width=0.004)
    ax.set_aspect("equal")
    ax.set_xlabel("generator θ")
    ax.set_ylabel("discriminator ψ")
    return ax


def draw_points(
    generated: Tensor, centres: Tensor | None = None, limit: float = 1.5, ax: Axes | None = None
) -> Axes:
    """Draw generated points as dots and the centres of the data's modes as rings.

    Args:
        generated: shape (points, 2); those outside the picture are counted in its lower corner.
        centres: shape (modes, 2).
        limit: the picture shows the square from -limit to limit.
    """
    ax = ax or plt.figure(figsize=(2.4, 2.4)).add_subplot()
    if centres is not None:
        ax.scatter(
            *centres.cpu().numpy().T, s=70, facecolors="none", edgecolors="C1", linewidths=1.2, zorder=1
        )
    points = generated.detach().cpu()
    ax.scatter(*points.numpy().T, s=2, color="C0", alpha=0.6, linewidths=0, zorder=2)
    outside = int((points.abs() > limit).any(dim=1).sum())
    if outside:
        ax.text(0.03, 0.03, f"{outside} outside", transform=ax.transAxes, fontsize=7)
    ax.set_xlim(-limit, limit)
    ax.set_ylim(-limit, limit)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def draw_seeds(scores: Mapping[str, Sequence[float]], xlabel: str, ax: Axes | None = None) -> Axes:
    """Draw a row for each method with a mark for each seed's score and a line at the median.

    Equal scores are spread upwards, so that each seed can be seen. The first method is the uppermost.
    """
    ax = ax or plt.figure(figsize=(5, 0.5 + 0.4 * len(scores))).add_subplot()
    for row, (values, marker) in enumerate(zip(scores.values(), MARKERS * 3, strict=False)):
        seen: dict[float, int] = {}
        for value in values:
            place = round(value, 2)
            height = row - 0.075 * seen.get(place, 0)
            seen[place] = seen.get(place, 0) + 1
            ax.plot(value, height, marker, color=f"C{row % 8}", markersize=3.2)
        ordered = sorted(values)
        middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
        ax.plot([middle, middle], [row - 0.75, row + 0.15], color="0.3", linewidth=1.5)
    ax.set_yticks(range(len(scores)), list(scores))
    ax.set_ylim(len(scores) - 0.7, -0.9)
    ax.set_xlabel(xlabel)
    return ax
