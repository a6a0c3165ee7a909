"""Transposed convolution without a loop over pixels: by scattering and by gathering, and where its stamps overlap.

Arguments and results are those of torch.nn.functional.conv_transpose2d, and both forms return the same numbers. The
definition in loops is `convolution.conv_transpose2d_loops`, the size formula `shapes.transposed_output_size`.

Reference: Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, arXiv:1603.07285.
"""

import torch.nn.functional as F
from torch import Tensor

from course_lib.layers.arguments import (
    check_bias,
    check_images,
    check_transposed_weight,
    pairs,
    transposed_image_size,
)
from course_lib.layers.padding import crop_image
from course_lib.layers.shapes import IntOrPair, kernel_span, spaced, transposed_output_size
from course_lib.layers.unfolding import conv2d_unfold


def conv_transpose2d_scatter(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    groups: int = 1,
    dilation: IntOrPair = 1,
) -> Tensor:
    """Let every input pixel stamp its multiple of the kernel onto the output; stamps that overlap are added.

    It goes by the weights of the kernel, of which there are few, and not by the pixels: what one weight writes,
    for all input pixels at once, is a slice of the output.

    Args:
        input: shape (batch, in_channels, height, width).
        weight: shape (in_channels, out_channels / groups, kernel_height, kernel_width).
        bias: added to each output channel, shape (out_channels,).
        stride: pixels from one stamp to the next, in the output; like padding, output_padding and dilation one
            whole number or (rows, columns).
        padding: pixels that are taken off each side of the output.
        output_padding: pixels that are added to the output below and on the right.
        groups: into how many the channels are divided; an input channel writes to its own group only.
        dilation: pixels from one weight of the kernel to the next.

    Returns:
        Shape (batch, out_channels, out_height, out_width); see `shapes.transposed_output_size`.

    Raises:
        ValueError: the shapes do not fit together, or no pixel is left.

    >>> import torch
    >>> conv_transpose2d_scatter(torch.tensor([[[[1.0, 10.0]]]]), torch.tensor([[[[1.0, 2.0, 3.0]]]]), stride=(1, 2))
    tensor([[[[ 1.,  2., 13., 20., 30.]]]])
    """
    stride, padding, output_padding, dilation, out_size = _checked(
        input, weight, bias, stride, padding, output_padding, groups, dilation
    )
    height, width = input.shape[2:]
    kernels = weight.unflatten(0, (groups, -1)).movedim(1, 2)  # (groups, filters, in_channels / groups, k, k)
    maps = input.unflatten(1, (groups, -1)).flatten(3)  # (batch, groups, in_channels / groups, pixels)
    whole = [size + 2 * margin for size, margin in zip(out_size, padding, strict=True)]
    padded = input.new_zeros(len(input), weight.shape[1] * groups, *whole)
    for a in range(weight.shape[2]):
        rows = spaced(a * dilation[0], stride[0], height)
        for b in range(weight.shape[3]):
            columns = spaced(b * dilation[1], stride[1], width)
            stamps = kernels[..., a, b] @ maps  # (batch, groups, filters, pixels)
            padded[:, :, rows, columns] += stamps.flatten(1, 2).unflatten(2, (height, width))
    output = crop_image(padded, padding)
    return output if bias is None else output + bias.view(-1, 1, 1)


def insert_zeros(maps: Tensor, stride: IntOrPair) -> Tensor:
    """Put `stride - 1` zeros between neighbouring pixels, and none around them.

    Args:
        maps: shape (batch, channels, height, width).
        stride: one whole number, or (rows, columns); at least 1.

    Returns:
        Shape (batch, channels, stride · (height - 1) + 1, stride · (width - 1) + 1).

    Raises:
        ValueError: the stride is smaller than 1, or the maps have another number of dimensions.

    >>> import torch
    >>> insert_zeros(torch.tensor([[[[1.0, 2.0, 3.0]]]]), stride=2)
    tensor([[[[1., 0., 2., 0., 3.]]]])
    """
    check_images(maps, "maps")
    (stride,) = pairs(stride=stride)
    height, width = transposed_image_size(maps.shape[2:], (1, 1), stride)  # as for a kernel of one weight
    spread = maps.new_zeros(*maps.shape[:2], height, width)
    spread[:, :, :: stride[0], :: stride[1]] = maps
    return spread


def conv_transpose2d_gather(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    groups: int = 1,
    dilation: IntOrPair = 1,
) -> Tensor:
    """Insert zeros between the input pixels, and convolve with the flipped kernel at stride 1.

    Arguments, result and errors are those of `conv_transpose2d_scatter`. With a stride, most of what is multiplied
    here is a zero: this form explains, and is not meant to be fast.
    """
    stride, padding, output_padding, dilation, _ = _checked(
        input, weight, bias, stride, padding, output_padding, groups, dilation
    )
    # a frame as wide as the kernel reaches lets even its outermost weight meet the outermost pixel
    reach = [kernel_span(size, step) - 1 for size, step in zip(weight.shape[2:], dilation, strict=True)]
    frame = (reach[1], reach[1] + output_padding[1], reach[0], reach[0] + output_padding[0])
    spread = F.pad(insert_zeros(input, stride), frame)  # F.pad: left, right, above, below
    kernels = weight.unflatten(0, (groups, -1)).transpose(1, 2).flatten(0, 1)  # (out, in / groups, k, k)
    whole = conv2d_unfold(spread, kernels.flip(2, 3), dilation=dilation, groups=groups)
    output = crop_image(whole, padding)
    return output if bias is None else output + bias.view(-1, 1, 1)


def overlap_counts(
    size: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0
) -> list[int]:
    """Return how many weights of the kernel reach each output pixel, in one dimension.

    In two dimensions the counts of row and column multiply. Away from the ends they are equal exactly if
    `kernel_size` is a multiple of `stride`; else they form a pattern of period `stride`, the checkerboard.

    Args:
        size: pixels of the input; the other arguments are those of `shapes.transposed_output_size`.

    Returns:
        One count for each pixel of the output.

    Raises:
        ValueError: as `shapes.transposed_output_size`.

    Reference: Odena, Dumoulin and Olah 2016, Deconvolution and checkerboard artifacts, Distill,
    doi:10.23915/distill.00003.

    >>> overlap_counts(4, kernel_size=3, stride=2), overlap_counts(4, kernel_size=4, stride=2)
    ([1, 1, 2, 1, 2, 1, 2, 1, 1], [1, 1, 2, 2, 2, 2, 2, 2, 1, 1])
    """
    out_size = transposed_output_size(size, kernel_size, stride, padding, 1, output_padding)
    counts = [0] * (out_size + 2 * padding)
    for first in range(0, stride * size, stride):
        for pixel in range(first, first + kernel_size):
            counts[pixel] += 1
    return counts[padding : padding + out_size]


def _checked(input, weight, bias, stride, padding, output_padding, groups, dilation) -> list[tuple[int, int]]:
    """Return stride, padding, output_padding and dilation as pairs, and the output's (height, width)."""
    check_images(input)
    check_transposed_weight(weight, input.shape[1], groups)
    check_bias(bias, weight.shape[1] * groups)
    settings = pairs(stride=stride, padding=padding, output_padding=output_padding, dilation=dilation)
    stride, padding, output_padding, dilation = settings
    kernel_size = weight.shape[2:]
    out_size = transposed_image_size(input.shape[2:], kernel_size, stride, padding, dilation, output_padding)
    return [*settings, out_size]
