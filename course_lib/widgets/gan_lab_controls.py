"""The GAN lab's controls: their numbers and their sizes."""

from collections.abc import Iterable

import ipywidgets as widgets

RATES = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 1.0)
WEIGHTS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
COUNTS = tuple(range(1, 11))  # updates of one side in a step
STEPS = (1, 2, 5, 10, 20, 50)
COLUMN = "232px"  # four columns fit beside each other in JupyterLab


def wide(width: str) -> widgets.Layout:
    """Return the layout of a control that is as wide as that."""
    return widgets.Layout(width=width)


def menu(options: Iterable[str], value: str, description: str) -> widgets.Dropdown:
    """Return a menu of words."""
    return widgets.Dropdown(options=list(options), value=value, **_looks(description))


def number_menu(numbers: Iterable[float], value: float, description: str, unit: str = "") -> widgets.Dropdown:
    """Return a menu of these numbers and `value`, with `unit` behind each: "1 step", "2 steps"."""
    plural = {number: unit + "s" * (unit != "" and number != 1) for number in sorted({*numbers, value})}
    options = [(f"{number:g} {name}".rstrip(), number) for number, name in plural.items()]
    return widgets.Dropdown(options=options, value=value, **_looks(description))


def text(value: str, description: str, width: str = COLUMN) -> widgets.Text:
    """Return a line of text that is read when the learner has finished it."""
    return widgets.Text(value, continuous_update=False, **_looks(description, width))


def _looks(description: str, width: str = COLUMN) -> dict:
    return {
        "description": description,
        "style": {"description_width": "90px"},
        "layout": wide(width),
    }
