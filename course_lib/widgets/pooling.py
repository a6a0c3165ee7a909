"""The pooling explorer: windows over a small picture, what comes out, and where the gradient goes."""

from dataclasses import dataclass
from functools import cached_property
from html import escape

import ipywidgets as widgets
import torch
from PIL import Image
from torch import Tensor

from course_lib.layers.pooling import (
    avg_pool2d_backward,
    avg_pool2d_loops,
    max_pool2d_backward,
    max_pool2d_loops,
)
from course_lib.plots.convolution import Cell, beside_each_other, draw_matrix, short_number
from course_lib.widgets.convolution_step import as_png

PATCH, LARGEST_SHIFT = 8, 4  # pixels


@dataclass(frozen=True)
class PoolingStep:
    """A pooling of one small image.

    Attributes:
        image: shape (height, width).
        window, stride: whole numbers, the same for rows and columns.
        kind: "maximum" or "average".
    """

    image: Tensor
    window: int
    stride: int
    kind: str = "maximum"

    def impossible(self) -> str:
        """Return why there is no output, in words; empty if there is one."""
        smallest = min(self.image.shape)
        if self.window <= smallest:
            return ""
        return (
            f"A window of {self.window} × {self.window} pixels does not fit into a picture that is {smallest} pixels "
            f"wide, not even once, so there is nothing to pool. Choose a window of at most {smallest}."
        )

    @cached_property
    def output(self) -> Tensor:
        """The pooled image, shape (out_height, out_width)."""
        pool = max_pool2d_loops if self.kind == "maximum" else avg_pool2d_loops
        return pool(self.image[None, None], self.window, self.stride)[0, 0]

    @cached_property
    def gradient(self) -> Tensor:
        """What each pixel of the image receives if the gradient of every output is 1."""
        backward = max_pool2d_backward if self.kind == "maximum" else avg_pool2d_backward
        ones = torch.ones_like(self.output)
        return backward(ones[None, None], self.image[None, None], self.window, self.stride)[0, 0]

    def cells(self, place: Cell) -> list[Cell]:
        """Return the pixels in the window of the output `place`, row by row."""
        top, left = (number * self.stride for number in place)
        return [(top + i, left + j) for i in range(self.window) for j in range(self.window)]

    def receivers(self, place: Cell) -> list[Cell]:
        """Return the pixels to which the gradient of the output `place` goes."""
        cells = self.cells(place)
        return [max(cells, key=lambda cell: self.image[cell].item())] if self.kind == "maximum" else cells

    def in_words(self, place: Cell) -> str:
        """Return how one output comes about, and where its gradient goes."""
        values = [self.image[cell].item() for cell in self.cells(place)]
        exact, count = self.output[place].item(), len(values)
        result, equals = short_number(exact), "=" if abs(round(exact, 2) - exact) < 1e-9 else "≈"
        listed = [short_number(value) for value in (values if count <= 16 else values[:14])]
        listed += ["…"] * (count > 16)
        if self.kind == "average":
            return (
                f"output[{place[0]}, {place[1]}] = ({' + '.join(listed)}) / {count} {equals} {result}. "
                f"Of its gradient, each of the {count} pixels gets 1/{count}."
            )
        row, column = self.receivers(place)[0]
        ties = values.count(max(values))
        among = f", the first of {ties} that are equally large" if ties > 1 else ""
        return (
            f"output[{place[0]}, {place[1]}] = max({', '.join(listed)}) = {result}. "
            f"Its gradient goes to the pixel in row {row}, column {column}{among}."
        )

    def size_in_words(self) -> str:
        """Return how the size of the output follows, and what is left out."""
        size = self.image.shape[0]
        rest, unseen = (size - self.window) % self.stride, int((~self._looked_at()).sum())
        formula = f"⌊({size} − {self.window}) / {self.stride}⌋ + 1 = {self.output.shape[0]} rows and columns"
        formula += f"; {rest} at the end not reached" if rest else ""
        return formula + (f". {unseen} of {size * size} pixels lie in no window." if unseen else ".")

    def _looked_at(self) -> Tensor:
        ones = torch.ones_like(self.output)[None, None]
        return avg_pool2d_backward(ones, self.image[None, None], self.window, self.stride)[0, 0] > 0

    def draw(self, place: Cell | None) -> Image.Image:
        """Draw image, output and gradient, with frames around the window of the output `place` and its receivers.

        With place None only the image is drawn.
        """
        if place is None:
            return beside_each_other([draw_matrix(self.image)], ["input"])
        pictures = {
            "input: the window": draw_matrix(self.image, marked=self.cells(place)),
            "output": draw_matrix(self.output, marked=[place]),
            "gradient that arrives": draw_matrix(self.gradient, marked=self.receivers(place)),
        }
        return beside_each_other(list(pictures.values()), list(pictures))


def shift_in_words(shifted: PoolingStep, unshifted: PoolingStep, shift: int) -> str:
    """Return how many outputs a shift of the picture has changed, and whether they have only moved."""
    if shift == 0:
        return "Shift the picture, and see how many outputs change."
    changed = int((shifted.output != unshifted.output).sum())
    text = f"Of {shifted.output.numel()} outputs, {changed} have changed by the shift of {shift}. "
    steps, rest = divmod(shift, shifted.stride)
    if rest == 0:
        return text + f"It is a multiple of the stride: the numbers have moved by {steps} to the right."
    return text + "It is no multiple of the stride: the windows now cut the picture elsewhere."


class PoolingExplorer(widgets.VBox):
    """Sliders for one pooling; each change calls `update`, which draws everything anew.

    Settings that cannot be are explained in `message` and never raised.

    Args:
        picture: shape (height, width), at least 8 × 12. The explorer shows 8 × 8 pixels of it; shifting the
            picture to the right by up to 4 pixels brings in those on the left.

    Raises:
        ValueError: the picture has another shape.
    """

    def __init__(self, picture: Tensor):
        if picture.ndim != 2 or picture.shape[0] < PATCH or picture.shape[1] < PATCH + LARGEST_SHIFT:
            raise ValueError(
                f"the picture must be a matrix of at least {PATCH} × {PATCH + LARGEST_SHIFT} numbers, "
                f"got shape {tuple(picture.shape)}"
            )
        self._source = picture.detach().cpu().double()
        narrow, wide = widgets.Layout(width="270px"), widgets.Layout(width="560px")
        self.kind = widgets.ToggleButtons(options=["maximum", "average"])
        self.window = widgets.IntSlider(2, 1, PATCH + 1, description="window", layout=narrow)
        self.stride = widgets.IntSlider(2, 1, 4, description="stride", layout=narrow)
        self.shift = widgets.IntSlider(0, 0, LARGEST_SHIFT, description="shift", layout=narrow)
        self.position = widgets.IntSlider(0, 0, 0, description="place", readout=False, layout=wide)
        natural_size = widgets.Layout(max_width="100%", align_self="flex-start")
        self.message, self.picture = widgets.HTML(), widgets.Image(format="png", layout=natural_size)
        sliders = widgets.HBox([self.window, self.stride, self.shift])
        super().__init__([self.kind, sliders, self.position, self.message, self.picture])
        self._busy = False  # true while `update` itself moves a control
        for control in (self.kind, self.window, self.stride, self.shift, self.position):
            control.observe(self.update, names="value")
        self.update()

    def step(self, shift: int) -> PoolingStep:
        """Return the pooling that the sliders describe, of the picture moved to the right by `shift` pixels."""
        left = LARGEST_SHIFT - shift
        image = self._source[:PATCH, left : left + PATCH]
        return PoolingStep(image, self.window.value, self.stride.value, self.kind.value)

    def update(self, change=None) -> None:
        """Draw the present settings, or explain why they cannot be."""
        if self._busy:
            return
        self._busy = True
        try:
            lines, picture = self._lines_and_picture()
            text = "<br>".join(escape(line) for line in lines)
            self.message.value = f'<div style="line-height:1.5">{text}</div>'
            self.picture.value = as_png(picture)
        finally:
            self._busy = False

    def _lines_and_picture(self) -> tuple[list[str], Image.Image]:
        step = self.step(self.shift.value)
        problem = step.impossible()
        self.position.disabled = bool(problem)
        if problem:
            return [f"Not possible. {problem}"], step.draw(None)
        height, width = step.output.shape
        self.position.max = height * width - 1  # moves the place, if it is behind the end
        place = divmod(self.position.value, width)
        shift = self.shift.value
        lines = [step.in_words(place), step.size_in_words(), shift_in_words(step, self.step(0), shift)]
        return lines, step.draw(place)
