"""Draw small matrices as squares with numbers, fast enough for a slider: with Pillow, in a few milliseconds."""

from collections.abc import Iterable, Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from torch import Tensor

from course_lib.plots.canvas import font

Cell = tuple[int, int]  # row, column
MOST_NUMBERS = 13  # in a row; with more of them nobody could read them
FRAME, PADDING, HATCH, GRID = "#ff800e", "#d4e3f0", "#a2c0d8", "#9a9a9a"  # orange, two blues, grey
PANEL, GAP, TITLE = 377, 26, 30  # pixels: the side of a panel, between panels, and above them for the title
DPI = 110


def short_number(value: float) -> str:
    """Return a number with at most two decimals.

    >>> short_number(3.0), short_number(1 / 9), short_number(-0.001)
    ('3', '0.11', '0')
    """
    return f"{round(value, 2) + 0.0:g}"


def draw_matrix(
    values: Tensor,
    largest_cell: int = 72,
    margin: int = 0,
    marked: Iterable[Cell] = (),
    notes: dict[Cell, str] | None = None,
) -> Image.Image:
    """Return a picture of a matrix: a grey square for each number, with the number in it.

    Args:
        values: shape (height, width); black is the smallest number and white the largest.
        largest_cell: pixels of a square, if there is room for them.
        margin: rows and columns on each side that are padding, and are drawn hatched.
        marked: (row, column) of squares to put a frame around.
        notes: a second line of text for some squares, by (row, column).
    """
    height, width = values.shape
    cell, notes = min(largest_cell, PANEL // max(height, width)), notes or {}
    numbers = values.detach().cpu().double()
    low, high = numbers.min().item(), numbers.max().item()
    picture = Image.new("RGB", (width * cell + 1, height * cell + 1), PADDING)  # 1 for the last line
    draw = ImageDraw.Draw(picture)
    if margin:
        _hatch(draw, *picture.size)
    for row, entries in enumerate(numbers.tolist()):
        for column, value in enumerate(entries):
            inside = margin <= row < height - margin and margin <= column < width - margin
            brightness = round(255 * (value - low) / (high - low)) if high > low else 128
            x, y = column * cell, row * cell
            if inside:
                draw.rectangle((x, y, x + cell, y + cell), fill=(brightness,) * 3, outline=GRID)
            if max(height, width) <= MOST_NUMBERS:
                text = "\n".join(
                    [short_number(value), *([notes[row, column]] if (row, column) in notes else [])]
                )
                colour = "white" if inside and brightness < 128 else "black"
                _write(draw, (x + cell / 2, y + cell / 2), text, colour, cell)
    for row, column in marked:
        draw.rectangle(
            (column * cell + 1, row * cell + 1, (column + 1) * cell - 2, (row + 1) * cell - 2),
            outline=FRAME,
            width=3,
        )
    return picture


def _hatch(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    for offset in range(0, width + height, 8):
        draw.line((offset, 0, offset - height, height), fill=HATCH)


def _write(
    draw: ImageDraw.ImageDraw, middle: tuple[float, float], text: str, colour: str, room: float
) -> None:
    lines = text.split("\n")
    widest = max(2, *(len(line) for line in lines))
    size = max(8, min(14, int(1.4 * room / widest), int(0.72 * room / len(lines))))
    draw.multiline_text(middle, text, colour, font(size), anchor="mm", align="center", spacing=0)


def beside_each_other(
    pictures: Sequence[Image.Image], titles: Sequence[str], height: int | None = None
) -> Image.Image:
    """Return one picture with the given ones in a row, each under its title.

    Args:
        height: pixels to keep for the pictures, so that sheets of different pictures are equally high;
            default that of the highest.
    """
    height = height or max(picture.height for picture in pictures)
    widths = [max(picture.width, 130) for picture in pictures]
    size = (sum(widths) + GAP * (len(pictures) + 1), TITLE + height + 8)
    sheet = Image.new("RGB", size, "white")
    draw, left = ImageDraw.Draw(sheet), GAP
    for picture, title, width in zip(pictures, titles, widths, strict=True):
        top = TITLE + (height - picture.height) // 2
        draw.text((left + width / 2, top - 6), title, "black", font(14), anchor="mb")
        sheet.paste(picture, (left + (width - picture.width) // 2, top))
        left += width + GAP
    return sheet


def as_figure(picture: Image.Image) -> Figure:
    """Return a figure that shows a picture pixel by pixel."""
    figure = plt.figure(figsize=(picture.width / DPI, picture.height / DPI), dpi=DPI, layout="none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.imshow(picture)
    ax.set_axis_off()
    return figure
