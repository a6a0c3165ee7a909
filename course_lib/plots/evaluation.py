"""Draw a confusion matrix, and confidence against accuracy."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor


def draw_confusion(confusion: Tensor, class_names: Sequence[str], ax: Axes | None = None) -> Axes:
    """Draw a confusion matrix with its counts; a square is the darker, the larger its share of the row.

    Args:
        confusion: int64, shape (classes, classes): row = true class, column = predicted class.
        class_names: one for each class.

    Raises:
        ValueError: a matrix that is not square, or another number of names.
    """
    if tuple(confusion.shape) != (len(class_names),) * 2:
        raise ValueError(
            f"need a square matrix and a name for each class, got {tuple(confusion.shape)} and {len(class_names)} names"
        )
    counts = confusion.detach().cpu().double()
    shares = (counts / counts.sum(dim=1, keepdim=True).clamp(min=1)).numpy()
    size = 0.48 * len(class_names) + 1.6
    ax = ax or plt.figure(figsize=(size + 0.6, size)).add_subplot()
    # the square root lets rare mistakes be seen beside the large numbers of the diagonal
    ax.imshow(shares**0.5, cmap="Blues", vmin=0, vmax=1.15)
    for row, entries in enumerate(counts.long().tolist()):
        for column, count in enumerate(entries):
            if count:
                colour = "white" if shares[row, column] > 0.35 else "black"
                weight = "bold" if row == column else "normal"  # a second cue beside the shade
                ax.text(column, row, count, ha="center", va="center", color=colour, fontsize=8, weight=weight)
    ticks = range(len(class_names))
    ax.set_xticks(ticks, class_names, rotation=45, ha="right", fontsize=8)
    ax.set_yticks(ticks, class_names, fontsize=8)
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    return ax


def draw_reliability(
    confidence: Tensor, accuracy: Tensor, count: Tensor, title: str = "", ax: Axes | None = None
) -> Axes:
    """Draw the accuracy of each bin over its mean confidence, and the gap to the diagonal where both are equal.

    Args:
        confidence, accuracy: of each bin, shape (bins,), in [0, 1].
        count: images in each bin; empty bins are left out, and a point is the larger, the more images it has.
    """
    ax = ax or plt.figure(figsize=(3.6, 3.4)).add_subplot()
    filled = count > 0
    x, y, n = (each[filled].detach().cpu().double().numpy() for each in (confidence, accuracy, count))
    ax.plot([0, 1], [0, 1], "--", color="0.4", linewidth=1, label="as often right as it says")
    ax.vlines(x, x, y, color="C1", linewidth=2, label="gap")
    ax.scatter(x, y, s=8 + 150 * (n / n.sum()) ** 0.5, color="C0", zorder=3, label="images of one bin")
    ax.set_xlim(0, 1.03)
    ax.set_ylim(0, 1.03)
    ax.set_xlabel("mean confidence of the bin")
    ax.set_ylabel("share of right answers")
    ax.set_title(title)
    return ax
