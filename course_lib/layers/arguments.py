"""The arguments of convolution and pooling: as pairs, and refused with their numbers when they do not fit."""

from collections.abc import Sequence
from numbers import Integral

from torch import Tensor

from course_lib.layers.shapes import IntOrPair, output_size, pair, transposed_output_size


def pairs(**values: IntOrPair) -> list[tuple[int, int]]:
    """Return each value as a pair (for rows, for columns), in the order given.

    >>> pairs(stride=2, padding=(0, 1))
    [(2, 2), (0, 1)]
    """
    return [pair(value, name) for name, value in values.items()]


def image_output_size(image_size: Sequence[int], *settings: Sequence[int]) -> tuple[int, int]:
    """Return `output_size` of (height, width), where each of its further arguments is a pair."""
    return _each_dimension(output_size, image_size, *settings)


def transposed_image_size(image_size: Sequence[int], *settings: Sequence[int]) -> tuple[int, int]:
    """Return `transposed_output_size` of (height, width), where each of its further arguments is a pair."""
    return _each_dimension(transposed_output_size, image_size, *settings)


def _each_dimension(size_of, *pairs_of_numbers: Sequence[int]) -> tuple[int, int]:
    sizes = []
    for name, *numbers in zip(("height", "width"), *pairs_of_numbers, strict=True):
        try:
            sizes.append(size_of(*numbers))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return tuple(sizes)


def check_images(images: Tensor, name: str = "input") -> None:
    """Raise ValueError unless `images` has the four dimensions (batch, channels, height, width)."""
    if images.ndim != 4 or 0 in images.shape[1:]:
        raise ValueError(
            f"{name} must have shape (batch, channels, height, width), only batch may be 0, got {tuple(images.shape)}"
        )


def check_weight(weight: Tensor, channels: int, groups: int) -> None:
    """Raise ValueError unless `weight` is that of a convolution of `channels` input channels.

    Args:
        weight: shape (out_channels, channels / groups, kernel_height, kernel_width).
    """
    _check_groups(weight, groups)
    if weight.shape[1] * groups != channels:
        raise ValueError(
            f"a weight of shape {tuple(weight.shape)} with {groups} groups takes {weight.shape[1]}·{groups} = "
            f"{weight.shape[1] * groups} input channels, got {channels}"
        )


def check_transposed_weight(weight: Tensor, channels: int, groups: int) -> None:
    """Raise ValueError unless `weight` is that of a transposed convolution of `channels` input channels.

    Args:
        weight: shape (channels, out_channels / groups, kernel_height, kernel_width).
    """
    _check_groups(weight, groups)
    if weight.shape[0] != channels:
        raise ValueError(
            f"a transposed weight of shape {tuple(weight.shape)} takes {weight.shape[0]} input channels, got {channels}"
        )


def _check_groups(weight: Tensor, groups: int) -> None:
    if weight.ndim != 4 or 0 in weight.shape:
        raise ValueError(
            f"weight must have four dimensions, channels, channels, height and width, got {tuple(weight.shape)}"
        )
    if not isinstance(groups, Integral) or groups < 1:
        raise ValueError(f"groups must be a whole number of at least 1, got {groups!r}")
    if weight.shape[0] % groups:
        raise ValueError(
            f"{groups} groups cannot share the {weight.shape[0]} channels of weight's first dimension equally"
        )


def check_bias(bias: Tensor | None, out_channels: int) -> None:
    """Raise ValueError unless there is no bias or one number for each output channel."""
    if bias is not None and tuple(bias.shape) != (out_channels,):
        raise ValueError(f"bias must have shape ({out_channels},), got {tuple(bias.shape)}")


def check_shape(tensor: Tensor, shape: tuple[int, ...], name: str) -> None:
    """Raise ValueError unless `tensor` has exactly this shape."""
    if tuple(tensor.shape) != shape:
        raise ValueError(f"{name} must have shape {shape} here, got {tuple(tensor.shape)}")


def check_pooling(input: Tensor, kernel_size: tuple[int, int], padding: tuple[int, int]) -> None:
    """Raise ValueError unless `input` can be pooled so: a window must be at least half inside the image.

    torch has the same rule, and applies it to `kernel_size`, not to the span of a dilated window.
    """
    check_images(input)
    if not input.is_floating_point():
        raise ValueError(f"pooling takes floating-point numbers, got {input.dtype}; use input.float()")
    for name, size, margin in zip(("height", "width"), kernel_size, padding, strict=True):
        if 2 * margin > size:
            raise ValueError(f"{name}: padding {margin} is more than half of kernel_size {size}")
