"""Gradients of a convolution: autograd's, and those that central differences measure."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given

from course_lib.layers.convolution import conv2d_loops, conv_transpose2d_loops
from course_lib.layers.unfolding import conv2d_backward, conv2d_unfold
from tests.convolution_cases import assert_close, central_difference, exact, possible_cases

NAMES = ("grad_input", "grad_weight", "grad_bias")


def autograd_gradients(convolve, image, weight, bias, grad_output, options):
    """Return the gradients of the sum of output · grad_output, as torch differentiates `convolve`."""
    inputs = [tensor.clone().requires_grad_() for tensor in (image, weight, bias)]
    return torch.autograd.grad(convolve(*inputs, **options), inputs, grad_output)


@exact
@given(case=possible_cases())
def test_gradients_are_autograds(case):
    (image, weight, _), options = case.convolved(), case.convolution
    bias, grad_output = case.tensors((len(weight),), F.conv2d(image, weight, **options).shape)
    expected = autograd_gradients(F.conv2d, image, weight, bias, grad_output, options)
    gradients = conv2d_backward(grad_output, image, weight, **options)
    assert len(gradients) == 3
    for gradient, wanted in zip(gradients, expected, strict=True):
        assert_close(gradient, wanted)


CONFIGURATIONS = pytest.mark.parametrize(
    ("image_size", "kernel_size", "options"),
    [
        ((4, 5), (3, 2), {}),
        ((5, 4), (3, 3), {"stride": (2, 1), "padding": (1, 2)}),
        ((5, 6), (2, 3), {"dilation": 2, "padding": 1, "groups": 2}),
        ((5, 5), (2, 2), {"stride": 3}),  # the last row and column are never seen
    ],
)


@CONFIGURATIONS
def test_gradients_are_measured_by_central_differences(image_size, kernel_size, options):
    generator = torch.Generator().manual_seed(3)
    shapes = [(2, 2, *image_size), (4, 2 // options.get("groups", 1), *kernel_size), (4,)]
    image, weight, bias = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    output = conv2d_loops(image, weight, bias, **options)
    grad_output = torch.randn(output.shape, generator=generator, dtype=torch.float64)

    def loss(image=image, weight=weight, bias=bias):
        return (conv2d_unfold(image, weight, bias, **options) * grad_output).sum()

    gradients = dict(zip(NAMES, conv2d_backward(grad_output, image, weight, **options), strict=True))
    # a step of 1e-5 loses about ten of the sixteen digits in the subtraction
    for name, tensor in (("image", image), ("weight", weight), ("bias", bias)):
        measured = central_difference(lambda moved, name=name: loss(**{name: moved}), tensor)
        gradient = gradients[f"grad_{name.replace('image', 'input')}"]
        torch.testing.assert_close(gradient, measured, rtol=1e-7, atol=1e-7)


@CONFIGURATIONS
@pytest.mark.parametrize("convolve", [conv2d_loops, conv2d_unfold])
def test_autograd_goes_through_our_own_forms(convolve, image_size, kernel_size, options):
    generator = torch.Generator().manual_seed(4)
    shapes = [(2, 2, *image_size), (4, 2 // options.get("groups", 1), *kernel_size), (4,)]
    tensors = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    grad_output = torch.randn_like(F.conv2d(*tensors, **options))
    gradients = autograd_gradients(convolve, *tensors, grad_output, options)
    for gradient, wanted in zip(
        gradients, conv2d_backward(grad_output, *tensors[:2], **options), strict=True
    ):
        assert_close(gradient, wanted)


def test_gradient_for_the_input_is_a_transposed_convolution():
    generator = torch.Generator().manual_seed(5)
    image, weight, grad_output = (
        torch.randn(shape, generator=generator, dtype=torch.float64)
        for shape in ((2, 3, 7, 7), (4, 3, 3, 3), (2, 4, 4, 4))
    )
    grad_input, _, _ = conv2d_backward(grad_output, image, weight, stride=2, padding=1)
    assert_close(grad_input, conv_transpose2d_loops(grad_output, weight, stride=2, padding=1))


def test_an_empty_batch_has_no_gradient():
    image, weight = torch.zeros(0, 2, 4, 4), torch.zeros(4, 1, 3, 3)
    grad_input, grad_weight, grad_bias = conv2d_backward(torch.zeros(0, 4, 2, 2), image, weight, groups=2)
    assert grad_input.shape == image.shape
    assert torch.equal(grad_weight, torch.zeros_like(weight))
    assert torch.equal(grad_bias, torch.zeros(4))


@pytest.mark.parametrize(
    ("grad_shape", "options", "message"),
    [
        ((2, 4, 5, 5), {}, r"grad_output must have shape \(2, 4, 3, 3\) here, got \(2, 4, 5, 5\)"),
        ((1, 4, 3, 3), {}, r"grad_output must have shape \(2, 4, 3, 3\) here, got \(1, 4, 3, 3\)"),
        ((2, 4, 3, 3), {"dilation": 3}, "height: a kernel of size 3 with dilation 3 spans 7"),
        ((2, 4, 3, 3), {"groups": 3}, "3 groups cannot share the 4 channels"),
        ((2, 4, 3, 3), {"groups": 2}, r"2 groups takes 2·2 = 4 input channels, got 2"),
    ],
)
def test_what_does_not_fit_is_named(grad_shape, options, message):
    with pytest.raises(ValueError, match=message):
        conv2d_backward(torch.zeros(grad_shape), torch.zeros(2, 2, 5, 5), torch.zeros(4, 2, 3, 3), **options)
