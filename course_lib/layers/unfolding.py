"""Convolution as one matrix product, and its gradients: patches laid out as columns, and added back.

Arguments and results are those of torch.nn.functional.
"""

from torch import Tensor

from course_lib.layers.arguments import (
    check_bias,
    check_images,
    check_shape,
    check_weight,
    image_output_size,
    pairs,
)
from course_lib.layers.padding import crop_image, pad_image
from course_lib.layers.shapes import IntOrPair, spaced


def unfold(
    input: Tensor,
    kernel_size: IntOrPair,
    dilation: IntOrPair = 1,
    padding: IntOrPair = 0,
    stride: IntOrPair = 1,
) -> Tensor:
    """Lay the patch under each place of the kernel out as one column ("im2col").

    It goes by the weights of the kernel, of which there are few, and not by its places: a slice of
    the image holds the pixels that one weight meets in all places. The order of the arguments is torch's.

    Args:
        input: shape (batch, channels, height, width).
        kernel_size, dilation, padding, stride: one whole number, or (rows, columns).

    Returns:
        Shape (batch, channels · kernel_height · kernel_width, out_height · out_width).

    Raises:
        ValueError: the kernel fits nowhere.

    Reference: Chellapilla, Puri and Simard 2006, High performance convolutional neural networks for
    document processing.

    >>> import torch
    >>> unfold(torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]]), kernel_size=(1, 2))
    tensor([[[1., 2., 3.],
             [2., 3., 4.]]])
    """
    check_images(input)
    kernel_size, dilation, padding, stride = pairs(
        kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    out_height, out_width = image_output_size(input.shape[2:], kernel_size, stride, padding, dilation)
    padded = pad_image(input, padding)
    patches = input.new_zeros(*input.shape[:2], *kernel_size, out_height, out_width)
    for i in range(kernel_size[0]):
        rows = spaced(i * dilation[0], stride[0], out_height)
        for j in range(kernel_size[1]):
            columns = spaced(j * dilation[1], stride[1], out_width)
            patches[:, :, i, j] = padded[:, :, rows, columns]  # (batch, channels, out_height, out_width)
    return patches.flatten(4).flatten(1, 3)


def fold(
    columns: Tensor,
    image_size: IntOrPair,
    kernel_size: IntOrPair,
    dilation: IntOrPair = 1,
    padding: IntOrPair = 0,
    stride: IntOrPair = 1,
) -> Tensor:
    """Add each column back onto the patch it was taken from: the adjoint of `unfold`, not its inverse.

    A pixel that lies in three patches receives the sum of three numbers.

    Args:
        columns: shape (batch, channels · kernel_height · kernel_width, out_height · out_width).
        image_size: height and width of the image to return.
        kernel_size, dilation, padding, stride: as in `unfold`.

    Returns:
        Shape (batch, channels, height, width).

    Raises:
        ValueError: the kernel fits nowhere, or the columns are not those of such an image.

    >>> import torch
    >>> fold(torch.ones(1, 2, 3), image_size=(1, 4), kernel_size=(1, 2))
    tensor([[[[1., 2., 2., 1.]]]])
    """
    image_size, kernel_size, dilation, padding, stride = pairs(
        image_size=image_size, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    out_height, out_width = image_output_size(image_size, kernel_size, stride, padding, dilation)
    weights, places = kernel_size[0] * kernel_size[1], out_height * out_width
    if columns.ndim != 3 or columns.shape[1] % weights or columns.shape[2] != places:
        raise ValueError(
            f"columns must have shape (batch, channels · {weights}, {places}), got {tuple(columns.shape)}"
        )
    channels = columns.shape[1] // weights
    patches = columns.reshape(len(columns), channels, *kernel_size, out_height, out_width)
    padded = pad_image(columns.new_zeros(len(columns), channels, *image_size), padding)
    for i in range(kernel_size[0]):
        rows = spaced(i * dilation[0], stride[0], out_height)
        for j in range(kernel_size[1]):
            padded[:, :, rows, spaced(j * dilation[1], stride[1], out_width)] += patches[:, :, i, j]
    return crop_image(padded, padding)


def conv2d_unfold(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve by one matrix product of kernels and unfolded patches; otherwise as `conv2d_loops`.

    In the comments, `filters` are the output channels of one group, `weights` the numbers in one kernel,
    and `places` the output pixels of one channel.
    """
    check_images(input)
    check_weight(weight, input.shape[1], groups)
    check_bias(bias, len(weight))
    stride, padding, dilation = pairs(stride=stride, padding=padding, dilation=dilation)
    kernel_size = weight.shape[2:]
    out_size = image_output_size(input.shape[2:], kernel_size, stride, padding, dilation)

    columns = unfold(input, kernel_size, dilation, padding, stride)
    columns = columns.unflatten(1, (groups, -1))  # (batch, groups, weights, places)
    kernels = weight.flatten(1).unflatten(0, (groups, -1))  # (groups, filters, weights)
    product = kernels @ columns  # (batch, groups, filters, places)
    output = product.flatten(1, 2).unflatten(2, out_size)  # (batch, out_channels, out_height, out_width)
    return output if bias is None else output + bias.view(-1, 1, 1)


def conv2d_backward(
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of a loss for input, weight and bias, given its gradient for the output.

    With the output Y = W X, where X holds the unfolded patches: the gradient for W is that for Y times
    X transposed, the gradient for X is W transposed times that for Y, and `fold` takes it to the input.

    Args:
        grad_output: shape (batch, out_channels, out_height, out_width).
        input, weight, stride, padding, dilation, groups: as in `conv2d_loops`.

    Returns:
        (grad_input, grad_weight, grad_bias), of the shapes of input, weight and (out_channels,).

    Raises:
        ValueError: as `conv2d_loops`, or `grad_output` has not the shape of the output.
    """
    check_images(input)
    check_weight(weight, input.shape[1], groups)
    stride, padding, dilation = pairs(stride=stride, padding=padding, dilation=dilation)
    image_size, kernel_size = input.shape[2:], weight.shape[2:]
    out_size = image_output_size(image_size, kernel_size, stride, padding, dilation)
    check_shape(grad_output, (len(input), len(weight), *out_size), "grad_output")

    columns = unfold(input, kernel_size, dilation, padding, stride)
    columns = columns.unflatten(1, (groups, -1))  # (batch, groups, weights, places)
    kernels = weight.flatten(1).unflatten(0, (groups, -1))  # (groups, filters, weights)
    grad_product = grad_output.flatten(2).unflatten(1, (groups, -1))  # (batch, groups, filters, places)

    grad_kernels = (grad_product @ columns.mT).sum(dim=0)  # every image of the batch uses the same weight
    grad_columns = kernels.mT @ grad_product  # (batch, groups, weights, places)
    grad_input = fold(grad_columns.flatten(1, 2), image_size, kernel_size, dilation, padding, stride)
    return grad_input, grad_kernels.reshape(weight.shape), grad_output.sum(dim=(0, 2, 3))
