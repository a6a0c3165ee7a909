"""The GAN lab's controls: their numbers and their sizes."""

from collections.abc import Iterable

import ipywidgets as widgets

RATES = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 1.0)
WEIGHTS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
STEPS = (1, 2, 5, 10, 20, 50)


def wide(width: str) -> widgets.Layout:
    """Return the layout of a control that is as wide as that."""
    return widgets.Layout(width=width)


def dropdown(options: Iterable[str], value: str, description: str) -> widgets.Dropdown:
    """Return a menu."""
    return widgets.Dropdown(options=list(options), value=value, **_looks(description, "70px", "240px"))


def scale(numbers: Iterable[float], value: float, description: str) -> widgets.SelectionSlider:
    """Return a slider over these numbers and `value`."""
    options = [(f"{number:g}", number) for number in sorted({*numbers, value})]
    return widgets.SelectionSlider(options=options, value=value, **_looks(description, "95px", "250px"))


def count(value: int, description: str) -> widgets.IntSlider:
    """Return a slider from 1 to 10, or to `value` if that is more."""
    return widgets.IntSlider(value, 1, max(10, value), **_looks(description, "95px", "240px"))


def text(value: str, description: str, width: str) -> widgets.Text:
    """Return a line of text that is read when the learner has finished it."""
    return widgets.Text(value, continuous_update=False, **_looks(description, "70px", width))


def _looks(description: str, for_description: str, width: str) -> dict:
    return {
        "description": description,
        "style": {"description_width": for_description},
        "layout": wide(width),
    }
