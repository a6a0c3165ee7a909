"""The look of all figures, and the one way to show them."""

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")  # a second cue beside colour, for lines and points


def use_course_style() -> None:
    """Set matplotlib's defaults: colours that colour-blind readers can tell apart, quiet axes, readable text."""
    plt.style.use("tableau-colorblind10")
    plt.rcParams.update(
        {
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 10,
            "axes.grid": False,
            "image.cmap": "gray",
            "image.interpolation": "nearest",
            "legend.frameon": False,
            "lines.markersize": 5,
        }
    )


def show(figure: Figure, *, caption: str, alt: str) -> None:
    """Show a figure in a notebook with its caption below, and close it.

    Args:
        caption: one line for the reader, which says what to see.
        alt: what the picture shows, in words, for those who cannot see it. It is stored with the
            picture and printed with the caption's text only in pages that support it.
    """
    if not caption.strip() or not alt.strip() or "\n" in caption:
        raise ValueError("a figure needs a caption of one line and an alternative text")
    display(figure, metadata={"image/png": {"alt": alt}})
    print(f"Figure: {caption}")
    plt.close(figure)
