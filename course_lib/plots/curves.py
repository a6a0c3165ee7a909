"""Draw what a training loop recorded."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_lib.history import History
from course_lib.plots.style import MARKERS


def draw_series(history: History, names: list[str], ylabel: str, ax: Axes | None = None) -> Axes:
    """Draw recorded series over the epochs 1, 2, …, each with a colour and a marker of its own."""
    ax = ax or plt.figure(figsize=(4, 3)).add_subplot()
    epochs = range(1, len(history) + 1)
    for name, marker in zip(names, MARKERS, strict=False):
        ax.plot(epochs, history[name], marker=marker, label=name.replace("_", " "))
    ax.set_xlabel("epoch")
    ax.set_ylabel(ylabel)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    return ax


def learning_curves(history: History) -> Figure:
    """Return a figure of the losses and of the validation accuracy that `fit_classifier` recorded."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3))
    draw_series(history, ["train_loss", "validation_loss"], "loss (nats per image)", left)
    draw_series(history, ["validation_accuracy"], "fraction correct", right)
    return figure
