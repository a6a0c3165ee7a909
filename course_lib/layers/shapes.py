"""How sizes change: one dimension at a time, in whole numbers.

Reference: Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, arXiv:1603.07285.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral

IntOrPair = int | Sequence[int]


def pair(value: IntOrPair, name: str = "value") -> tuple[int, int]:
    """Return (for rows, for columns): two whole numbers as they are, one whole number twice.

    >>> pair(3), pair((1, 2))
    ((3, 3), (1, 2))
    """
    numbers = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value, value)
    if len(numbers) != 2 or not all(isinstance(number, Integral) for number in numbers):
        raise ValueError(f"{name} must be a whole number or two of them, got {value!r}")
    return numbers


def spaced(first: int, step: int, count: int) -> slice:
    """Return the slice first, first + step, first + 2·step, … of `count` positions.

    With the dilation as step these are the pixels under a kernel in one place; with the stride as
    step, the pixels that one weight of the kernel meets in all its places.

    >>> list(range(10))[spaced(1, 3, 3)]
    [1, 4, 7]
    """
    return slice(first, first + step * (count - 1) + 1, step)


def channels_of_group(group: int, width: int) -> slice:
    """Return the slice of the `width` channels of one group, counted from group 0."""
    return slice(group * width, (group + 1) * width)


def kernel_span(kernel_size: int, dilation: int = 1) -> int:
    """Return how many pixels a kernel reaches over: its weights and the gaps of `dilation - 1` between them.

    >>> kernel_span(3), kernel_span(3, dilation=2)
    (3, 5)
    """
    _at_least(1, kernel_size=kernel_size, dilation=dilation)
    return dilation * (kernel_size - 1) + 1


def output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return in how many places a kernel fits: the output size of a convolution or a pooling.

    Args:
        size: pixels of the input in this dimension, at least 1.
        kernel_size: weights of the kernel in this dimension, at least 1.
        stride: pixels from one place to the next, at least 1.
        padding: pixels added on each side, at least 0.
        dilation: pixels from one weight of the kernel to the next, at least 1.

    Raises:
        ValueError: a number is too small, or the kernel fits nowhere.

    >>> output_size(28, kernel_size=3), output_size(28, kernel_size=3, stride=2, padding=1)
    (26, 14)
    """
    _at_least(1, size=size, stride=stride)
    _at_least(0, padding=padding)
    span, room = kernel_span(kernel_size, dilation), size + 2 * padding
    if span > room:
        raise ValueError(
            f"a kernel of size {kernel_size} with dilation {dilation} spans {span} pixels and does not fit "
            f"into {room}: an input of {size} with padding {padding} on each side"
        )
    return (room - span) // stride + 1  # the last step may not be a whole one, and is not taken


def transposed_output_size(
    size: int,
    kernel_size: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    output_padding: int = 0,
) -> int:
    """Return the output size of a transposed convolution: the input size of the convolution it transposes.

    With a stride, several input sizes of a convolution share one output size;
    `output_padding` says which of them is meant, by adding pixels at the end.

    Args:
        size, kernel_size, stride, padding, dilation: as in `output_size`; padding is taken away here.
        output_padding: pixels to add at the end, smaller than the stride or smaller than the dilation.

    Raises:
        ValueError: a number is too small, the output padding too large, or no pixel is left.

    >>> transposed_output_size(14, kernel_size=4, stride=2, padding=1)
    28
    """
    _at_least(1, size=size, stride=stride)
    _at_least(0, padding=padding, output_padding=output_padding)
    span = kernel_span(kernel_size, dilation)
    if output_padding >= max(stride, dilation):
        raise ValueError(
            f"output_padding {output_padding} must be smaller than stride {stride} or dilation {dilation}"
        )
    full = stride * (size - 1) + span + output_padding
    if full <= 2 * padding:
        raise ValueError(
            f"an input of {size} spreads over {full} pixels (kernel_size {kernel_size}, stride {stride}, dilation "
            f"{dilation}, output_padding {output_padding}); padding {padding} takes all of them away"
        )
    return full - 2 * padding


def same_padding(kernel_size: int, dilation: int = 1) -> tuple[int, int]:
    """Return the padding (before, after) with which stride 1 keeps the size.

    An even kernel needs an odd number of pixels; as in torch, the odd one goes after.

    >>> same_padding(3), same_padding(4)
    ((1, 1), (1, 2))
    """
    total = kernel_span(kernel_size, dilation) - 1
    return total // 2, total - total // 2


@dataclass(frozen=True)
class ReceptiveField:
    """Which input pixels an output pixel depends on, in one dimension.

    Attributes:
        size: from the first such pixel to the last, both counted.
        jump: input pixels from one output pixel's window to the next one's.
        start: first pixel of output pixel 0; negative when it lies in the padding.
    """

    size: int
    jump: int
    start: int

    def window(self, index: int) -> tuple[int, int]:
        """Return the first and last input pixel of the output pixel `index`; they may lie in the padding."""
        first = self.start + index * self.jump
        return first, first + self.size - 1


def receptive_field(layers: Iterable[Sequence[int]]) -> ReceptiveField:
    """Return the receptive field of the last of several convolutions or poolings in a row.

    Args:
        layers: first layer first, each as (kernel_size, stride, padding) or
            (kernel_size, stride, padding, dilation). No layer at all is the identity.

    Raises:
        ValueError: a layer has too few or too many numbers, or one that is too small.

    Reference: Araujo, Norris and Sim 2019, Computing receptive fields of convolutional neural
    networks, Distill, doi:10.23915/distill.00021.

    >>> receptive_field([(3, 1, 1), (2, 2, 0), (3, 1, 1)])
    ReceptiveField(size=8, jump=2, start=-3)
    """
    size, jump, start = 1, 1, 0
    for layer in layers:
        if len(layer) not in (3, 4):
            raise ValueError(f"a layer is (kernel_size, stride, padding[, dilation]), got {tuple(layer)}")
        kernel_size, stride, padding, dilation = (*layer, 1)[:4]
        _at_least(1, stride=stride)
        _at_least(0, padding=padding)
        # one step in this layer's input is `jump` pixels of the image
        size += (kernel_span(kernel_size, dilation) - 1) * jump
        start -= padding * jump
        jump *= stride
    return ReceptiveField(size, jump, start)


def _at_least(minimum: int, **numbers: int) -> None:
    for name, number in numbers.items():
        if not isinstance(number, Integral) or number < minimum:
            raise ValueError(f"{name} must be a whole number of at least {minimum}, got {number!r}")
