"""The course as a picture: four parts, eighteen notebooks, and where recognition and generation meet."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

PARTS = {
    "I  Images and convolution": (
        "01 images as tensors", "02 convolution", "03 convolution gradients", "04 pooling",
    ),
    "II  Recognition  p(y | x)": (
        "05 first CNN", "06 optimisation", "07 evaluation", "08 generalisation", "09 inside a CNN",
        "10 deeper and faster",
    ),
    "III  The adversarial game": ("11 adversarial game", "12 GAN dynamics"),
    "IV  Generation  p(x | z)": (
        "13 transposed convolution", "14 DCGAN", "15 evaluating generators", "16 better GANs", "17 clinic",
    ),
}  # fmt: skip


def draw_course_map(ax: Axes | None = None, here: str = "") -> Axes:
    """Draw the four parts as columns; the notebook whose number is `here` is outlined."""
    ax = ax or plt.figure(figsize=(10.5, 4)).add_subplot()
    colours = [plt.rcParams["axes.prop_cycle"].by_key()["color"][number] for number in (0, 1, 3, 5)]
    for column, (part, notebooks) in enumerate(PARTS.items()):
        ax.text(column + 0.45, 0.3, part, ha="center", weight="bold", fontsize=10)
        for row, notebook in enumerate(notebooks):
            chosen = notebook[:2] == here
            box = FancyBboxPatch(
                (column, -row - 0.75), 0.9, 0.62, boxstyle="round,pad=0,rounding_size=0.08",
                facecolor=colours[column], alpha=0.9 if chosen else 0.28,
                edgecolor="black", linewidth=2 if chosen else 0,
            )  # fmt: skip
            ax.add_patch(box)
            ax.text(column + 0.45, -row - 0.44, notebook, ha="center", va="center", fontsize=9)
        if column:  # one part leads to the next
            ax.annotate(
                "",
                (column - 0.01, -0.44),
                (column - 0.09, -0.44),
                arrowprops={"arrowstyle": "-|>", "color": "0.3"},
            )
    ax.set_xlim(-0.05, 3.95)
    ax.set_ylim(-6.1, 0.7)
    ax.set_axis_off()
    return ax
