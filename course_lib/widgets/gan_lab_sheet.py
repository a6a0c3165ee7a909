"""The sheet on which the GAN lab draws: where things are, titles, legends and axes."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from course_lib.plots.canvas import (
    EDGE,
    INK,
    QUIET,
    Panel,
    Range,
    as_small_png,
    colour_map,
    font,
    number_text,
    palette,
)
from course_lib.widgets.gan_lab_curve import Curve

View = tuple[Range, Range]  # coordinates at the edges of the large panels, across and up
SIDE, TOP = 328, 30  # pixels: of the two large panels, and above them
LEFTS = (40, 414, 796)  # pixels: where the panels begin
CURVE_SIZE = (228, 114)
SHEET = (1052, TOP + SIDE + 52)
REAL, GENERATED, FIRST, SECOND, PALE = "#14213d", "#c85200", "#006ba4", "#c85200", "#b9bdc6"
COLOURS = colour_map("cividis", 20, paleness=0.35)
TITLES = ("What the discriminator sees", "What the generator does to its latents")


@lru_cache(maxsize=4)
def empty_sheet(view: View) -> Image.Image:
    """Return what is the same in each picture: titles, axes of the large panels, and legends."""
    sheet = Image.new("RGB", SHEET, "white")
    draw, y = ImageDraw.Draw(sheet), SHEET[1] - 14
    for left, title in zip(LEFTS, TITLES, strict=False):
        draw.text((left + SIDE / 2, TOP - 10), title, INK, font(14), anchor="ms")
        Panel((SIDE, SIDE), *view).draw_axes(sheet, (left, TOP))
    left = LEFTS[0]
    draw.rectangle((left + 1, y - 3, left + 6, y + 2), fill=REAL)
    draw.text((left + 11, y), "real", QUIET, font(11), anchor="lm")
    draw.ellipse((left + 41, y - 4, left + 47, y + 2), fill=GENERATED)
    draw.text((left + 52, y), "generated", QUIET, font(11), anchor="lm")
    for left, colour, width, text in (
        (LEFTS[1] + 30, FIRST, 3, "equal first latent"),
        (LEFTS[1] + 170, SECOND, 2, "equal second latent"),
    ):
        draw.line((left, y, left + 18, y), fill=colour, width=width)
        draw.text((left + 23, y), text, QUIET, font(11), anchor="lm")
    middle = (LEFTS[2] + CURVE_SIZE[0] / 2, y)
    draw.text(middle, "updates of either side", QUIET, font(11), anchor="mm")
    return sheet


def draw_colour_bar(draw: ImageDraw.ImageDraw, limits: Range, level: float | None, name: str) -> None:
    """Draw the colours of the discriminator's surface with their limits, and a line at `level` if there is one."""
    (low, high), y, cell = limits, SHEET[1] - 14, 5
    length = cell * len(COLOURS)
    left = LEFTS[0] + SIDE - 30 - length
    for number, colour in enumerate(COLOURS.tolist()):
        draw.rectangle((left + cell * number, y - 5, left + cell * (number + 1), y + 4), fill=tuple(colour))
    if level is not None and low < level < high:
        x = left + (level - low) / (high - low) * length
        draw.line((x, y - 5, x, y + 4), fill=EDGE)
    draw.text((left - 5, y), f"{name}  {number_text(low)}", QUIET, font(11), anchor="rm")
    draw.text((left + length + 6, y), number_text(high), QUIET, font(11), anchor="lm")


def write_note(draw: ImageDraw.ImageDraw, left: int, text: str) -> None:
    """Write into the lower left corner of the large panel that begins at `left`."""
    corner = (left + 8, TOP + SIDE - 8)
    draw.text(corner, text, INK, font(11), anchor="lb", stroke_width=2, stroke_fill="white")


def draw_curves(
    sheet: Image.Image, panel: Panel, top: int, title: str, curves: dict[str, Curve], texts: dict[str, str]
) -> None:
    """Draw two curves into the panel and lay it on the sheet, under its title and a legend.

    The first curve ends with a square and the second with a disc, as in the legend, which has the last values.

    Args:
        texts: what the legend says after each name, by name; in the order of `curves`.
    """
    draw, left, y = ImageDraw.Draw(sheet), LEFTS[2], top - 10
    draw.text((left, top - 28), title, INK, font(14), anchor="ls")
    for number, (curve, (name, text)) in enumerate(zip(curves.values(), texts.items(), strict=True)):
        square, colour = number == 0, (FIRST, SECOND)[number]
        points = np.array(curve.points).reshape(-1, 2)
        panel.lines([points], colour, 1.5)
        panel.points(points[-1:], colour, 4, square)
        (draw.rectangle if square else draw.ellipse)((left, y - 4, left + 7, y + 3), fill=colour)
        draw.text((left + 12, y), f"{name} {text}", QUIET, font(11), anchor="lm")
        left += 126
    panel.draw_axes(sheet, (LEFTS[2], top), ticks=3)
    sheet.paste(panel.image, (LEFTS[2], top))


def lab_png(picture: Image.Image) -> bytes:
    """Return the picture as the bytes of a PNG file."""
    return as_small_png(picture, palette((REAL, GENERATED, FIRST, PALE), tuple(map(tuple, COLOURS.tolist()))))
