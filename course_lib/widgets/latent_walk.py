"""The latent walk: two sliders move through the square between four latents, and the generator draws what is there."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from html import escape

import ipywidgets as widgets
import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from course_lib.inspection.features import evaluation_mode
from course_lib.inspection.latents import (
    between_corners,
    latent_grid,
    linear_interpolation,
    spherical_interpolation,
)
from course_lib.plots.animation import tile
from course_lib.plots.canvas import INK, font
from course_lib.plots.convolution import FRAME
from course_lib.widgets.convolution_step import as_png

WAYS = {"spherical": spherical_interpolation, "linear": linear_interpolation}
STOPS, SIDE, MARGIN, TOP = 5, 280, 24, 28  # images along the map, its pixels, around and above both pictures
Generator = Callable[..., Tensor]


def latent_walk(
    generator: Generator, corners: Tensor, class_names: Sequence[str] | None = None
) -> "LatentWalk":
    """Return the latent walk through what a generator makes of four latents and all between them.

    Args:
        generator: latents of shape (batch, latent_dim) → images of shape (batch, 1 or 3, height, width) in [-1, 1].
            With `class_names` it is called with latents and labels, int64 of shape (batch,). A module is evaluated in
            evaluation mode, and left in the mode it was in.
        corners: shape (4, latent_dim), on the generator's device: upper left, upper right, lower left, lower right.
        class_names: what the labels 0, 1, … mean, for a conditional generator.

    Raises:
        ValueError: there are not four corners, the generator's images are no images, or it wants labels.
    """
    return LatentWalk(generator, corners, class_names)


class LatentWalk(widgets.VBox):
    """Sliders and menus; each change calls `update`, which draws the map of the square and the image at one place.

    Arguments as for `latent_walk`.
    """

    def __init__(self, generator: Generator, corners: Tensor, class_names: Sequence[str] | None):
        self.generator, self.corners = generator, corners.detach()
        self._maps: dict[tuple, Image.Image] = {}  # by class and way: they are drawn once
        wide = widgets.Layout(width="400px")
        position = {"min": 0.0, "max": 1.0, "step": 0.02, "layout": wide}
        self.across = widgets.FloatSlider(0.5, description="across", **position)
        self.down = widgets.FloatSlider(0.5, description="down", **position)
        self.way = widgets.ToggleButtons(options=list(WAYS))
        options = [(name, label) for label, name in enumerate(class_names or [])]
        self.label = widgets.Dropdown(
            options=options, description="class", layout=widgets.Layout(width="270px")
        )
        self.message = widgets.HTML()
        self.picture = widgets.Image(
            format="png", layout=widgets.Layout(max_width="100%", align_self="flex-start")
        )
        choices = widgets.HBox([self.label, self.way] if options else [self.way])
        super().__init__([choices, self.across, self.down, self.message, self.picture])
        for control in (self.across, self.down, self.way, self.label):
            control.observe(self.update, names="value")
        self._draw()  # a generator that does not fit is told now, with an error

    def update(self, change=None) -> None:
        """Draw the present place, or say why there is nothing to draw."""
        try:
            self._draw()
        except ValueError as error:
            self.message.value = f"<b>Not possible.</b> {escape(str(error))}"

    def latent(self) -> Tensor:
        """Return the latent at the present place, shape (latent_dim,)."""
        return between_corners(self.corners, self.across.value, self.down.value, WAYS[self.way.value])

    @torch.no_grad()
    def images(self, latents: Tensor) -> Tensor:
        """Return the generator's images of latents of shape (batch, latent_dim), in the class that is chosen."""
        labels = []
        if self.label.value is not None:
            labels = [torch.full((len(latents),), self.label.value, device=latents.device)]
        is_module = isinstance(self.generator, nn.Module)
        with evaluation_mode(self.generator) if is_module else nullcontext():
            images = self.generator(latents, *labels)
        if images.ndim != 4 or len(images) != len(latents):
            raise ValueError(
                f"expected images of shape ({len(latents)}, channels, height, width), got {tuple(images.shape)}"
            )
        return images

    def _draw(self) -> None:
        latent = self.latent()
        image = _enlarged(self.images(latent[None])[:, None], SIDE)
        sheet = Image.new("RGB", (2 * SIDE + 3 * MARGIN, SIDE + TOP + 8), "white")
        draw = ImageDraw.Draw(sheet)
        titles = {"the square between the corners": self._map(), "the image at this place": image}
        for number, (title, picture) in enumerate(titles.items()):
            left = MARGIN + number * (SIDE + MARGIN)
            draw.text((left + SIDE / 2, TOP - 10), title, INK, font(13), anchor="ms")
            sheet.paste(picture, (left, TOP))
        cell = SIDE / STOPS
        x = MARGIN + cell * (0.5 + (STOPS - 1) * self.across.value)
        y = TOP + cell * (0.5 + (STOPS - 1) * self.down.value)
        for half, colour, width in ((cell / 2 + 2, "white", 7), (cell / 2, FRAME, 3)):
            draw.rectangle((x - half, y - half, x + half, y + half), outline=colour, width=width)
        self.picture.value = as_png(sheet)
        lengths = ", ".join(f"{length:.1f}" for length in self.corners.norm(dim=1).tolist())
        self.message.value = f"Length of this latent: {latent.norm().item():.1f}. Of the corners: {lengths}."

    def _map(self) -> Image.Image:
        key = (self.label.value, self.way.value)
        if key not in self._maps:
            latents = latent_grid(
                self.corners, STOPS, STOPS, WAYS[self.way.value]
            )  # (STOPS, STOPS, latent_dim)
            images = self.images(latents.flatten(0, 1))
            self._maps[key] = _enlarged(images.unflatten(0, (STOPS, STOPS)), SIDE)
        return self._maps[key]


def _enlarged(images: Tensor, side: int) -> Image.Image:
    """Return images of shape (rows, columns, channels, height, width) in [-1, 1] as a square picture in colour."""
    array = tile((images.detach().cpu().float().flatten(0, 1) + 1) / 2, images.shape[1])
    picture = Image.fromarray(np.ascontiguousarray(array)).convert("RGB")
    return picture.resize((side, side), Image.Resampling.NEAREST)
