"""Draw points, lines and coloured surfaces over a part of the plane, fast enough for an animation: with Pillow.

Matplotlib takes a tenth of a second for a figure with several axes, what is in here a few thousandths.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

Range = tuple[float, float]  # lowest and highest coordinate
INK, QUIET, FRAME, EDGE = (
    "#222222",
    "#595959",
    "#8c8c8c",
    "#5a5a5a",
)  # text, small text, axes, a surface's middle


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font that matplotlib brings along, so that it is there on every machine."""
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), size)


@cache
def colour_map(name: str, steps: int, paleness: float = 0.0) -> np.ndarray:
    """Return the colours of a matplotlib map in equal steps, uint8 of shape (steps, 3).

    Args:
        paleness: share of white that is mixed in, in [0, 1], so that marks on top stay visible.
    """
    colours = matplotlib.colormaps[name]((np.arange(steps) + 0.5) / steps)[:, :3]
    return np.uint8(np.round(255 * (colours + paleness * (1 - colours))))


def nice_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return round numbers between low and high at equal distances of 1, 2 or 5 times a power of ten.

    >>> nice_ticks(-1.6, 1.6), nice_ticks(0, 0.9, about=2)
    ([-1.0, 0.0, 1.0], [0.0, 0.5])
    """
    power = 10.0 ** np.floor(np.log10((high - low) / about))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor * about >= 0.999 * (high - low))
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return [float(number) for number in np.round(step * np.arange(first, last + 1), 12) + 0.0]


class Panel:
    """A picture of a rectangle of the plane. Marks are antialiased, and what lies outside is cut off.

    Args:
        size: width and height in pixels.
        across, up: the coordinates at the left and right edge, and at the lower and upper edge.

    Attributes:
        image: what has been drawn so far.
    """

    def __init__(self, size: tuple[int, int], across: Range, up: Range):
        self.across, self.up = across, up
        self.image = Image.new("RGB", size, "white")

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Return where points of shape (points, 2) lie, in pixels from the upper left corner, same shape.

        What is far outside is moved nearer; it is not seen there either. Points that are not finite are left out.
        """
        points = np.asarray(points, dtype=float)
        points = points[np.isfinite(points).all(axis=1)]
        width, height = self.image.size
        column = (points[:, 0] - self.across[0]) / (self.across[1] - self.across[0]) * width
        row = (self.up[1] - points[:, 1]) / (self.up[1] - self.up[0]) * height
        return np.clip(np.stack([column, row], axis=1), -4 * max(width, height), 5 * max(width, height))

    def surface(self, values: np.ndarray, limits: Range, colours: np.ndarray) -> None:
        """Fill the panel with bands of colour, and draw a line where the values pass the middle of the limits.

        Args:
            values: shape (rows, columns), on a grid from the lower left corner to the upper right one.
            limits: the values of the first and the last colour; what lies beyond gets these.
            colours: uint8, shape (colours, 3).
        """
        low, high = limits
        shares = Image.fromarray(np.float32((np.nan_to_num(values[::-1]) - low) / (high - low)))
        shares = np.asarray(shares.resize(self.image.size, Image.Resampling.BILINEAR))  # (height, width)
        bands = np.clip(shares * len(colours), 0, len(colours) - 1).astype(np.intp)
        filled = colours[bands]
        upper = shares > 0.5
        edge = np.zeros_like(upper)
        edge[1:] |= upper[1:] != upper[:-1]
        edge[:, 1:] |= upper[:, 1:] != upper[:, :-1]
        filled[edge] = ImageColor.getrgb(EDGE)
        self.image = Image.fromarray(filled)

    def points(self, points: np.ndarray, colour: str, radius: float = 2.0, square: bool = False) -> None:
        """Draw round or square marks with these centres, shape (points, 2); `radius` in pixels."""
        width, height = self.image.size
        centres = self.pixels(points)[:, None, None]  # (points, 1, 1, 2)
        reach = np.arange(-int(radius + 1.5), int(radius + 1.5) + 1)
        columns = np.floor(centres[..., 0]) + reach[None, None, :]  # (points, 1, reach)
        rows = np.floor(centres[..., 1]) + reach[None, :, None]  # (points, reach, 1)
        right, down = np.abs(columns + 0.5 - centres[..., 0]), np.abs(rows + 0.5 - centres[..., 1])
        distance = np.maximum(right, down) if square else np.hypot(right, down)  # (points, reach, reach)
        cover = np.clip(radius + 0.5 - distance, 0, 1)
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        mask = np.zeros(width * height)
        np.maximum.at(mask, (rows * width + columns)[inside].astype(np.intp), cover[inside])
        mask = np.uint8(255 * mask.reshape(height, width))
        self.image.paste(colour, (0, 0), Image.fromarray(mask))

    def lines(self, lines: Iterable[np.ndarray], colour: str, width: float = 1.0) -> None:
        """Draw a line through each array of points, shape (points, 2); `width` in pixels, in halves."""
        double = (2 * self.image.width, 2 * self.image.height)
        mask = Image.new("L", double)
        draw = ImageDraw.Draw(mask)
        for line in lines:
            if len(line) > 1:
                draw.line((2 * self.pixels(line)).ravel().tolist(), fill=255, width=round(2 * width))
        self.image.paste(colour, (0, 0), mask.reduce(2))

    def paste_on(self, sheet: Image.Image, corner: tuple[int, int], ticks: int = 4) -> None:
        """Lay the panel on a sheet, upper left corner at `corner`, with a frame, and its ticks left and below."""
        draw, (left, top) = ImageDraw.Draw(sheet), corner
        width, height = self.image.size
        sheet.paste(self.image, corner)
        draw.rectangle((left - 1, top - 1, left + width, top + height), outline=FRAME)
        for number in nice_ticks(*self.across, ticks):
            x = left + (number - self.across[0]) / (self.across[1] - self.across[0]) * width
            draw.line((x, top + height, x, top + height + 3), fill=FRAME)
            draw.text((x, top + height + 4), _number(number), QUIET, font(11), anchor="mt")
        for number in nice_ticks(*self.up, ticks if height > 200 else 2):
            y = top + (self.up[1] - number) / (self.up[1] - self.up[0]) * height
            draw.line((left - 4, y, left - 1, y), fill=FRAME)
            draw.text((left - 6, y), _number(number), QUIET, font(11), anchor="rm")


def _number(value: float) -> str:
    """Return a tick's number: 1500 is 1,500, and minus is as long as plus."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"
    return text.replace("-", "−")
