"""Convolution in two dimensions written from its definition: forward, transposed, and as a matrix.

Arguments and results are those of torch.nn.functional, so that the two can be compared number by
number. As in every framework it is a cross-correlation that is computed: the kernel is not flipped.
The fast form and the gradients are in `unfolding.py`.
"""

from torch import Tensor

from course_lib.layers.arguments import (
    check_bias,
    check_images,
    check_transposed_weight,
    check_weight,
    image_output_size,
    pairs,
    transposed_image_size,
)
from course_lib.layers.padding import crop_image, pad_image
from course_lib.layers.shapes import IntOrPair, channels_of_group, spaced


def conv2d_loops(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve by the definition: each output pixel is the sum of a patch times a kernel.

    Args:
        input: shape (batch, in_channels, height, width).
        weight: one kernel for each output channel, shape
            (out_channels, in_channels / groups, kernel_height, kernel_width).
        bias: added to each output channel, shape (out_channels,).
        stride: pixels from one patch to the next; like the next two, one whole number or (rows, columns).
        padding: pixels of zeros on each side.
        dilation: pixels from one weight of the kernel to the next.
        groups: into how many the channels are divided; an output channel sees its own group only.

    Returns:
        Shape (batch, out_channels, out_height, out_width); see `shapes.output_size`.

    Raises:
        ValueError: the shapes do not fit together, or the kernel fits nowhere.

    >>> import torch
    >>> image, edge = torch.tensor([[[[0.0, 0.0, 5.0, 5.0]]]]), torch.tensor([[[[-1.0, 1.0]]]])
    >>> conv2d_loops(image, edge)
    tensor([[[[0., 5., 0.]]]])
    """
    check_images(input)
    check_weight(weight, input.shape[1], groups)
    check_bias(bias, len(weight))
    stride, padding, dilation = pairs(stride=stride, padding=padding, dilation=dilation)
    out_channels, group_channels, *kernel_size = weight.shape
    out_height, out_width = image_output_size(input.shape[2:], kernel_size, stride, padding, dilation)

    padded = pad_image(input, padding)
    output = input.new_zeros(len(input), out_channels, out_height, out_width)
    for image in range(len(input)):
        for out_channel in range(out_channels):
            channels = channels_of_group(out_channel * groups // out_channels, group_channels)
            for row in range(out_height):
                for column in range(out_width):
                    rows = spaced(row * stride[0], dilation[0], kernel_size[0])
                    columns = spaced(column * stride[1], dilation[1], kernel_size[1])
                    patch = padded[image, channels, rows, columns]  # the shape of one kernel
                    output[image, out_channel, row, column] = (patch * weight[out_channel]).sum()
    return output if bias is None else output + bias.view(-1, 1, 1)


def conv_transpose2d_loops(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    groups: int = 1,
    dilation: IntOrPair = 1,
) -> Tensor:
    """Convolve transposed: each input pixel stamps its multiple of a kernel onto the output.

    Where `conv2d_loops` gathers a patch into a pixel, this spreads a pixel over a patch; stamps that
    overlap are added. The order of the arguments is torch's.

    Args:
        input: shape (batch, in_channels, height, width).
        weight: shape (in_channels, out_channels / groups, kernel_height, kernel_width).
        bias: shape (out_channels,).
        stride: pixels from one stamp to the next, in the output.
        padding: pixels that are taken off each side of the output.
        output_padding: pixels that are added to the output below and on the right.
        groups, dilation: as in `conv2d_loops`.

    Returns:
        Shape (batch, out_channels, out_height, out_width); see `shapes.transposed_output_size`.

    Raises:
        ValueError: the shapes do not fit together, or no pixel is left.
    """
    check_images(input)
    check_transposed_weight(weight, input.shape[1], groups)
    in_channels, group_channels, *kernel_size = weight.shape
    check_bias(bias, group_channels * groups)
    stride, padding, output_padding, dilation = pairs(
        stride=stride, padding=padding, output_padding=output_padding, dilation=dilation
    )
    batch, _, height, width = input.shape
    out_height, out_width = transposed_image_size(
        (height, width), kernel_size, stride, padding, dilation, output_padding
    )

    padded = input.new_zeros(
        batch, group_channels * groups, out_height + 2 * padding[0], out_width + 2 * padding[1]
    )
    for image in range(batch):
        for in_channel in range(in_channels):
            channels = channels_of_group(in_channel * groups // in_channels, group_channels)
            for row in range(height):
                for column in range(width):
                    rows = spaced(row * stride[0], dilation[0], kernel_size[0])
                    columns = spaced(column * stride[1], dilation[1], kernel_size[1])
                    stamp = input[image, in_channel, row, column] * weight[in_channel]
                    padded[image, channels, rows, columns] += stamp
    output = crop_image(padded, padding)
    return output if bias is None else output + bias.view(-1, 1, 1)


def convolution_matrix(
    weight: Tensor,
    image_size: IntOrPair,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Tensor:
    """Return the matrix that does to a flattened image what the convolution does to the image.

    Each row belongs to one output pixel: the kernel, laid where it is applied, and zeros elsewhere.
    For one channel and stride 1 the matrix is Toeplitz in blocks of Toeplitz matrices.

    Args:
        weight: shape (out_channels, in_channels / groups, kernel_height, kernel_width).
        image_size: height and width of the image.
        stride, padding, dilation, groups: as in `conv2d_loops`.

    Returns:
        Shape (out_channels · out_height · out_width, in_channels · height · width), mostly zeros.

    Raises:
        ValueError: as `conv2d_loops`.

    >>> import torch
    >>> convolution_matrix(torch.tensor([[[[-1.0, 1.0]]]]), image_size=(1, 4))
    tensor([[-1.,  1.,  0.,  0.],
            [ 0., -1.,  1.,  0.],
            [ 0.,  0., -1.,  1.]])
    """
    check_weight(weight, weight.shape[1] * groups, groups)
    image_size, stride, padding, dilation = pairs(
        image_size=image_size, stride=stride, padding=padding, dilation=dilation
    )
    out_channels, group_channels, *kernel_size = weight.shape
    out_height, out_width = image_output_size(image_size, kernel_size, stride, padding, dilation)

    # one padded picture for each output pixel: the weights with which it sees the image
    blank = weight.new_zeros(out_channels, out_height, out_width, group_channels * groups, *image_size)
    seen = pad_image(blank, padding)
    for out_channel in range(out_channels):
        channels = channels_of_group(out_channel * groups // out_channels, group_channels)
        for row in range(out_height):
            for column in range(out_width):
                rows = spaced(row * stride[0], dilation[0], kernel_size[0])
                columns = spaced(column * stride[1], dilation[1], kernel_size[1])
                seen[out_channel, row, column, channels, rows, columns] = weight[out_channel]
    return crop_image(seen, padding).flatten(3).flatten(0, 2)
