"""Draw points, lines and coloured surfaces over a part of the plane, fast enough for an animation: with Pillow.

Matplotlib takes a tenth of a second for a figure with several axes, what is in here a few thousandths.
"""

from collections.abc import Iterable
from functools import cache
from io import BytesIO
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


def number_text(value: float) -> str:
    """Return a number as it is written beside an axis.

    >>> number_text(1500), number_text(-0.5)
    ('1,500', '−0.5')
    """
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value + 0.0:g}"
    return text.replace("-", "−")  # as long as a plus


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

    def surface(
        self, values: np.ndarray, limits: Range, colours: np.ndarray, level: float | None = None
    ) -> None:
        """Fill the panel with bands of colour, and draw a line where the values pass `level`.

        Args:
            values: shape (rows, columns), on a grid from the lower left corner to the upper right one.
            limits: the values of the first and the last colour; what lies beyond gets these.
            colours: uint8, shape (colours, 3).
        """
        low, high = limits
        shares = np.clip(np.nan_to_num((values[::-1] - low) / (high - low)), -1e6, 1e6)
        shares = Image.fromarray(np.float32(shares))
        shares = np.asarray(shares.resize(self.image.size, Image.Resampling.BILINEAR))  # (height, width)
        bands = np.clip(shares * len(colours), 0, len(colours) - 1).astype(np.intp)
        filled = colours[bands]
        if level is not None:
            upper = shares > (level - low) / (high - low)
            edge = np.zeros_like(upper)
            edge[1:] |= upper[1:] != upper[:-1]
            edge[:, 1:] |= upper[:, 1:] != upper[:, :-1]
            filled[edge] = ImageColor.getrgb(EDGE)
        self.image = Image.fromarray(filled)

    def points(
        self, points: np.ndarray, colour: str, radius: float = 2.0, square: bool = False, rim: float = 0.0
    ) -> None:
        """Draw round or square marks with these centres, shape (points, 2), on a white rim; sizes in pixels."""
        width, height = self.image.size
        centres = self.pixels(points)[:, None, None]  # (points, 1, 1, 2)
        reach = int(radius + rim + 1.5)
        steps = np.arange(-reach, reach + 1)
        columns = np.floor(centres[..., 0]) + steps[None, None, :]  # (points, 1, steps)
        rows = np.floor(centres[..., 1]) + steps[None, :, None]  # (points, steps, 1)
        right, down = np.abs(columns + 0.5 - centres[..., 0]), np.abs(rows + 0.5 - centres[..., 1])
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)  # (points, steps, steps)
        distance = (np.maximum(right, down) if square else np.hypot(right, down))[inside]
        where = (rows * width + columns)[inside].astype(np.intp)
        for reached, shade in ((radius + rim, "white"), (radius, colour))[rim == 0 :]:
            mask = np.zeros(width * height)
            np.maximum.at(mask, where, np.clip(reached + 0.5 - distance, 0, 1))
            self.image.paste(shade, (0, 0), Image.fromarray(np.uint8(255 * mask).reshape(height, width)))

    def lines(self, lines: Iterable[np.ndarray], colour: str, width: float = 1.0) -> None:
        """Draw a line through each array of points, shape (points, 2); `width` in pixels, in halves."""
        mask = Image.new("L", (2 * self.image.width, 2 * self.image.height))
        draw, double = ImageDraw.Draw(mask), round(2 * width)
        middle = 0.5 * (double % 2 == 0)  # Pillow counts from a pixel's middle
        for line in lines:
            if len(line) > 1:
                draw.line((2 * self.pixels(line) - middle).ravel().tolist(), fill=255, width=double)
        self.image.paste(colour, (0, 0), mask.reduce(2))

    def draw_axes(self, sheet: Image.Image, corner: tuple[int, int], ticks: int = 4) -> None:
        """Draw a frame and ticks on a sheet for a panel whose upper left corner will lie at `corner`."""
        draw, (left, top) = ImageDraw.Draw(sheet), corner
        width, height = self.image.size
        draw.rectangle((left - 1, top - 1, left + width, top + height), outline=FRAME)
        for number in nice_ticks(*self.across, ticks):
            x = left + (number - self.across[0]) / (self.across[1] - self.across[0]) * width
            draw.line((x, top + height, x, top + height + 3), fill=FRAME)
            draw.text((x, top + height + 4), number_text(number), QUIET, font(11), anchor="mt")
        for number in nice_ticks(*self.up, ticks):
            y = top + (self.up[1] - number) / (self.up[1] - self.up[0]) * height
            draw.line((left - 4, y, left - 1, y), fill=FRAME)
            draw.text((left - 6, y), number_text(number), QUIET, font(11), anchor="rm")


@cache
def palette(shades: tuple[str, ...], grounds: tuple[tuple[int, int, int], ...]) -> Image.Image:
    """Return a palette for `as_small_png`: the grounds, greys, and the shades mixed with white and with some grounds.

    Args:
        shades: names of the colours of marks and text.
        grounds: colours that large areas are filled with.
    """
    inks = np.array([ImageColor.getrgb(shade) for shade in shades])[:, None, None]  # (shades, 1, 1, 3)
    some = np.array([(255, 255, 255), *grounds[:: max(1, len(grounds) // 4)]])[
        None, :, None
    ]  # (1, some, 1, 3)
    mixed = some + np.linspace(0, 1, 9)[1:, None] * (inks - some)  # (shades, some, 8, 3)
    greys = np.linspace(0, 255, 32)[:, None].repeat(3, axis=1)
    colours = np.concatenate([np.array(grounds), greys, mixed.reshape(-1, 3)])[:256]
    image = Image.new("P", (1, 1))
    image.putpalette(np.uint8(np.round(colours)).ravel().tolist())
    return image


def as_small_png(picture: Image.Image, colours: Image.Image) -> bytes:
    """Return a PNG file of at most 256 colours: it takes a third of the time, and half of the bytes, of a full one."""
    file = BytesIO()
    picture.quantize(palette=colours, dither=Image.Dither.NONE).save(file, format="png", compress_level=1)
    return file.getvalue()
