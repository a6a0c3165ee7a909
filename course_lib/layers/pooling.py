"""Maximum and average pooling in two dimensions written from their definitions, forward and backward.

Arguments and results are those of torch.nn.functional, without `ceil_mode`. Pooling treats every image
and every channel alike, so the loops go over the output pixels only.
"""

from collections.abc import Iterator

from torch import Tensor
from torch.nn.functional import one_hot

from course_lib.layers.arguments import check_pooling, check_shape, image_output_size, pairs
from course_lib.layers.shapes import IntOrPair


def max_pool2d_loops(
    input: Tensor,
    kernel_size: IntOrPair,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Tensor:
    """Return the largest number in each window.

    Args:
        input: floating point, shape (batch, channels, height, width).
        kernel_size: of the window; like the next three, one whole number or (rows, columns).
        stride: pixels from one window to the next; default the kernel size, so that they touch.
        padding: pixels of minus infinity on each side, which are never the largest; at most half the kernel size.
        dilation: pixels from one pixel of a window to the next.

    Returns:
        Shape (batch, channels, out_height, out_width); see `shapes.output_size`.

    Raises:
        ValueError: the window fits nowhere, the padding is too large, or the input has another shape or type.
    """
    windows = _Windows(input, kernel_size, stride, padding, dilation)
    output = input.new_full(windows.output_shape, float("-inf"))
    for row, column, rows, columns in windows:
        window = input[:, :, rows, columns]  # (batch, channels, window height, window width)
        output[:, :, row, column] = window.flatten(2).max(dim=2).values
    return output


def avg_pool2d_loops(
    input: Tensor,
    kernel_size: IntOrPair,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the mean of each window.

    Args:
        input, kernel_size, stride: as in `max_pool2d_loops`.
        padding: pixels of zero on each side, at most half the kernel size.
        count_include_pad: whether the padding counts in the mean, which darkens the border.

    Returns:
        Shape (batch, channels, out_height, out_width).

    Raises:
        ValueError: as `max_pool2d_loops`.
    """
    windows = _Windows(input, kernel_size, stride, padding)
    output = input.new_zeros(windows.output_shape)
    for row, column, rows, columns in windows:
        window = input[:, :, rows, columns]  # (batch, channels, window height, window width)
        count = windows.full_count if count_include_pad else _pixel_count(window)
        output[:, :, row, column] = window.sum(dim=(2, 3)) / count
    return output


def max_pool2d_backward(
    grad_output: Tensor,
    input: Tensor,
    kernel_size: IntOrPair,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Tensor:
    """Return the gradient for the input: each window hands its gradient to its largest pixel.

    Of several that are equally large the first receives it, row by row, as in torch.

    Args:
        grad_output: shape (batch, channels, out_height, out_width).
        input, kernel_size, stride, padding, dilation: as in `max_pool2d_loops`.

    Returns:
        Shape (batch, channels, height, width).

    Raises:
        ValueError: as `max_pool2d_loops`, or `grad_output` has not the shape of the output.
    """
    windows = _Windows(input, kernel_size, stride, padding, dilation)
    check_shape(grad_output, windows.output_shape, "grad_output")
    grad_input = input.new_zeros(input.shape)
    for row, column, rows, columns in windows:
        window = input[:, :, rows, columns]  # (batch, channels, window height, window width)
        first_largest = window.flatten(2).argmax(dim=2)  # (batch, channels)
        winner = one_hot(first_largest, _pixel_count(window)).view(window.shape)  # one 1 in each window
        grad_input[:, :, rows, columns] += winner * grad_output[:, :, row, column, None, None]
    return grad_input


def avg_pool2d_backward(
    grad_output: Tensor,
    input: Tensor,
    kernel_size: IntOrPair,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the gradient for the input: each window shares its gradient equally among its pixels.

    Args:
        grad_output: shape (batch, channels, out_height, out_width).
        input: only its shape and type matter.
        kernel_size, stride, padding, count_include_pad: as in `avg_pool2d_loops`.

    Returns:
        Shape (batch, channels, height, width).

    Raises:
        ValueError: as `avg_pool2d_loops`, or `grad_output` has not the shape of the output.
    """
    windows = _Windows(input, kernel_size, stride, padding)
    check_shape(grad_output, windows.output_shape, "grad_output")
    grad_input = input.new_zeros(input.shape)
    for row, column, rows, columns in windows:
        window = grad_input[:, :, rows, columns]  # a view: what is added to it is added to grad_input
        count = windows.full_count if count_include_pad else _pixel_count(window)
        window += grad_output[:, :, row, column, None, None] / count
    return grad_input


def _pixel_count(window: Tensor) -> int:
    return window.shape[2] * window.shape[3]


class _Windows:
    """The windows of a pooling: for each output pixel, the pixels of the image it looks at.

    Iterating yields (row, column, rows, columns): an output pixel and two slices of the image.
    """

    def __init__(self, input: Tensor, kernel_size, stride, padding, dilation=1):
        stride = kernel_size if stride is None else stride
        self.kernel_size, self.stride, self.padding, self.dilation = pairs(
            kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
        )
        check_pooling(input, self.kernel_size, self.padding)
        self.image_size = input.shape[2:]
        out_size = image_output_size(
            self.image_size, self.kernel_size, self.stride, self.padding, self.dilation
        )
        self.output_shape = (*input.shape[:2], *out_size)
        self.full_count = self.kernel_size[0] * self.kernel_size[1]  # pixels of a window, padding included

    def __iter__(self) -> Iterator[tuple[int, int, slice, slice]]:
        for row in range(self.output_shape[2]):
            rows = self._inside(0, row)
            for column in range(self.output_shape[3]):
                columns = self._inside(1, column)
                # a dilated window can have all its pixels in the padding: nothing to look at
                if rows.start < rows.stop and columns.start < columns.stop:
                    yield row, column, rows, columns

    def _inside(self, dimension: int, index: int) -> slice:
        """Return the pixels of a window that lie in the image, in one dimension."""
        step, size = self.dilation[dimension], self.image_size[dimension]
        first = index * self.stride[dimension] - self.padding[dimension]
        stop = first + step * (self.kernel_size[dimension] - 1) + 1
        if first < 0:
            first %= step  # the first of first, first + step, ... that is not negative
        return slice(first, min(stop, size), step)
