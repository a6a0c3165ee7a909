"""One setting of a convolution, and for each output pixel the products it is the sum of. No widget in here."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from io import BytesIO
from math import isfinite

import torch
from PIL import Image
from torch import Tensor

from course_lib.layers.arguments import image_output_size, transposed_image_size
from course_lib.layers.convolution import conv_transpose2d_loops
from course_lib.layers.padding import pad_image
from course_lib.layers.shapes import kernel_span
from course_lib.layers.unfolding import conv2d_unfold
from course_lib.plots.convolution import PANEL, Cell, beside_each_other, draw_matrix, short_number

LARGEST_KERNEL = 5


def parse_kernel(text: str) -> Tensor:
    """Read a kernel from text: numbers separated by blanks, rows by semicolons.

    Raises:
        ValueError: it is no matrix of 1 × 1 to 5 × 5 numbers; the message says what is wrong where.

    >>> parse_kernel("1 0 -1; 1/2 0 -0.5")
    tensor([[ 1.0000,  0.0000, -1.0000],
            [ 0.5000,  0.0000, -0.5000]], dtype=torch.float64)
    """
    rows = [row.replace(",", " ").split() for row in text.strip().rstrip(";").split(";")]
    if not rows[0] and len(rows) == 1:
        raise ValueError(
            "There is no kernel yet. Write numbers, and a semicolon after each row: 0 1 0; 1 -4 1; 0 1 0"
        )
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"Row 1 has {len(rows[0])} numbers and row {number} has {len(row)}. All rows must be equally long."
            )
    if max(len(rows), len(rows[0])) > LARGEST_KERNEL:
        raise ValueError(
            f"The kernel has {len(rows)} × {len(rows[0])} numbers. At most 5 × 5 can be drawn here."
        )
    return torch.tensor([[_number(entry) for entry in row] for row in rows], dtype=torch.float64)


def _number(entry: str) -> float:
    try:
        value = float(Fraction(entry))  # takes 1/9, too
    except (ValueError, ZeroDivisionError, OverflowError):
        raise ValueError(f"'{entry}' is not a number. Write it as 2, -0.5 or 1/9.") from None
    if not (isfinite(value) and abs(value) < 1000):
        raise ValueError(f"{entry} is too large to be drawn. Choose numbers between -1000 and 1000.")
    return value


def _bracketed(number: float) -> str:
    text = short_number(number)
    return f"({text})" if text.startswith("-") else text


@dataclass(frozen=True)
class Term:
    """One product of the sum: an input pixel (it may lie in the padding) times a weight of the kernel."""

    pixel: Cell
    weight: Cell


@dataclass(frozen=True)
class ConvolutionStep:
    """A convolution of one small image by one kernel.

    Attributes:
        image: shape (height, width).
        kernel: shape (kernel_height, kernel_width); None where there is none yet, and only the image is to be drawn.
        stride, padding, dilation: whole numbers, the same for rows and columns.
        transposed: each input pixel stamps its multiple of the kernel onto the output, instead.
    """

    image: Tensor
    kernel: Tensor | None
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    transposed: bool = False

    @cached_property
    def output_size(self) -> Cell:
        """Height and width of the output; raises ValueError, with the numbers, where there is none."""
        size_of = transposed_image_size if self.transposed else image_output_size
        settings = [(number, number) for number in (self.stride, self.padding, self.dilation)]
        if self.transposed:
            settings.append((0, 0))  # output padding
        return size_of(self.image.shape, self.kernel.shape, *settings)

    @cached_property
    def output(self) -> Tensor:
        """The output, shape `output_size`."""
        convolve = conv_transpose2d_loops if self.transposed else conv2d_unfold
        options = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        return convolve(self.image[None, None].double(), self.kernel[None, None].double(), **options)[0, 0]

    def terms(self, place: Cell) -> list[Term]:
        """Return the products that add up to the output pixel `place`, in the order of the kernel's weights."""
        found = []
        for a in range(self.kernel.shape[0]):
            for b in range(self.kernel.shape[1]):
                rows = self._pixel(place[0], a, self.image.shape[0])
                columns = self._pixel(place[1], b, self.image.shape[1])
                if rows is not None and columns is not None:
                    found.append(Term((rows, columns), (a, b)))
        return found

    def _pixel(self, out: int, weight: int, size: int) -> int | None:
        """Return the row (or column) of the input that meets this row of the kernel, None if there is none."""
        if not self.transposed:
            return out * self.stride + weight * self.dilation - self.padding
        pixel, rest = divmod(out + self.padding - weight * self.dilation, self.stride)
        return pixel if rest == 0 and 0 <= pixel < size else None

    def value(self, pixel: Cell) -> float:
        """Return an input pixel; 0 in the padding."""
        height, width = self.image.shape
        return self.image[pixel].item() if 0 <= pixel[0] < height and 0 <= pixel[1] < width else 0.0

    def sum_in_words(self, place: Cell) -> str:
        """Return the sum of one output pixel with its numbers, "output[0, 1] = 3·2 + 0·(-1) = 6"."""
        factors = [(self.kernel[term.weight].item(), self.value(term.pixel)) for term in self.terms(place)]
        total = self.output[place].item()
        exact = all(abs(number - round(number, 2)) < 1e-9 for pair in [*factors, (total,)] for number in pair)
        products = " + ".join(f"{_bracketed(weight)}·{_bracketed(pixel)}" for weight, pixel in factors)
        sum_text = products or "nothing, no weight lands here,"
        return f"output[{place[0]}, {place[1]}] = {sum_text} {'=' if exact else '≈'} {short_number(total)}"

    def size_in_words(self) -> str:
        """Return how the size of the output follows from the settings, and what the stride leaves out."""
        dimensions = zip(
            ("rows", "columns"), self.image.shape, self.kernel.shape, self.output_size, strict=True
        )
        return "; ".join(f"{name}: {self._size_formula(*numbers)}" for name, *numbers in dimensions)

    def _size_formula(self, size: int, kernel_size: int, result: int) -> str:
        span = kernel_span(kernel_size, self.dilation)
        if self.transposed:
            return f"{self.stride}·({size} − 1) + {span} − 2·{self.padding} = {result}"
        left_out = (size + 2 * self.padding - span) % self.stride
        formula = f"⌊({size} + 2·{self.padding} − {span}) / {self.stride}⌋ + 1 = {result}"
        return formula + (f" (the last {left_out} not reached)" if left_out else "")

    def draw(self, place: Cell | None) -> Image.Image:
        """Draw input, kernel and output, with frames around what the output pixel `place` is made of.

        With place None only input and kernel are drawn: there is no output to show.
        """
        margin = 0 if self.transposed else self.padding
        terms = self.terms(place) if place is not None else []
        notes = {}
        for term in terms:
            row, column = term.pixel
            notes[row + margin, column + margin] = f"×{short_number(self.kernel[term.weight].item())}"
        padded = pad_image(self.image[None, None], (margin, margin))[0, 0]
        pictures = {
            "input and its padding" if margin else "input": draw_matrix(padded, 72, margin, notes, notes)
        }
        if self.kernel is not None:
            pictures["kernel"] = draw_matrix(self.kernel, 54, marked=[term.weight for term in terms])
        if place is not None:
            pictures["output"] = draw_matrix(self.output, marked=[place])
        return beside_each_other(list(pictures.values()), list(pictures), PANEL + 1)


def as_png(picture: Image.Image) -> bytes:
    """Return a picture as the bytes of a PNG file."""
    file = BytesIO()
    picture.save(file, format="png", compress_level=1)
    return file.getvalue()
