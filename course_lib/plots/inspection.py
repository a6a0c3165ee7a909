"""Draw where a classifier looks: heat over pictures."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course_lib.plots.images import displayable, draw_image


def draw_overlay(image: Tensor, heat: Tensor, ax: Axes | None = None) -> Axes:
    """Draw a picture darkened, a map over it, and a line around where the map has half its maximum.

    Args:
        image: as `displayable` takes it, `height` × `width` pixels.
        heat: shape (height, width); it is drawn from 0 to its own maximum, so two maps can be compared in
            form, not in size. Negative numbers are drawn as 0. A map without positive numbers adds nothing.

    Raises:
        ValueError: image and map differ in size.
    """
    picture = displayable(image)
    if tuple(heat.shape) != picture.shape[:2]:
        raise ValueError(
            f"the map must have the size of the image, {picture.shape[:2]}, got {tuple(heat.shape)}; "
            "enlarge it first"
        )
    heat = heat.detach().cpu().float().clamp(min=0).numpy()
    ax = ax or plt.figure(figsize=(2, 2)).add_subplot()
    ax.imshow(picture * 0.8, vmin=0, vmax=1, cmap="gray")
    if heat.max() > 0:
        share = heat / heat.max()
        ax.imshow(share, vmin=0, vmax=1, cmap="viridis", alpha=0.25 + 0.5 * share)
        ax.contour(share, levels=[0.5], colors="white", linewidths=1)
    ax.set_axis_off()
    return ax


def map_grid(
    images: Sequence[Tensor] | Tensor,
    rows: Mapping[str, Sequence[Tensor] | Tensor],
    titles: Sequence[str],
    size: float = 1.1,
    maxima: bool = False,
) -> Figure:
    """Return a figure with the pictures in the first row and below it one row for each kind of map.

    Args:
        images: as `displayable` takes them.
        rows: for each name a map for each picture, as `draw_overlay` takes them. The name is written on the left.
        titles: one a picture.
        size: width of a picture in inches.
        maxima: write the largest number of each map in its corner, since the colours do not show it.
    """
    count = len(images)
    figure, axes = plt.subplots(
        1 + len(rows), count, figsize=(size * count + 0.6, size * (1 + len(rows)) + 0.25), squeeze=False
    )
    for ax, image, title in zip(axes[0], images, titles, strict=True):
        draw_image(image, title, ax)
    for line, (name, maps) in zip(axes[1:], rows.items(), strict=True):
        for ax, image, heat in zip(line, images, maps, strict=True):
            draw_overlay(image, heat, ax)
            if maxima:
                place = {"transform": ax.transAxes, "ha": "right", "va": "bottom", "fontsize": 7}
                ax.text(0.97, 0.03, f"{heat.max():.2f}", color="white", **place)
        line[0].text(-0.08, 0.5, name, transform=line[0].transAxes, ha="right", va="center", fontsize=9)
    return figure


def draw_map(
    values: Tensor, label: str, title: str = "", ax: Axes | None = None, *, limit: float | None = None
) -> Axes:
    """Draw a map of any numbers as coloured squares, with a bar that says which colour is which number.

    Args:
        values: shape (rows, columns).
        label: what the numbers are, with their unit.
        limit: for numbers of both signs: the colours go from -limit, orange, over zero, white, to limit, purple.
            Without it they go from the smallest number to the largest.
    """
    ax = ax or plt.figure(figsize=(2.6, 2.2)).add_subplot()
    scale = {"cmap": "cividis"} if limit is None else {"cmap": "PuOr", "vmin": -limit, "vmax": limit}
    shown = ax.imshow(values.detach().cpu().float().numpy(), **scale)
    ax.figure.colorbar(shown, ax=ax, label=label, shrink=0.8)
    ax.set_title(title)
    ax.set_xticks([])
    ax.set_yticks([])
    return ax
