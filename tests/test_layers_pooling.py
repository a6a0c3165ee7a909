"""Pooling, forward and backward, agrees with torch in float64, and what torch refuses is refused."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_lib.layers.pooling import (
    avg_pool2d_backward,
    avg_pool2d_loops,
    max_pool2d_backward,
    max_pool2d_loops,
)
from course_lib.layers.shapes import output_size
from tests.convolution_cases import (
    arbitrary_cases,
    assert_close,
    assert_same_or_both_refuse,
    central_difference,
    exact,
    possible_cases,
)

MAXIMUM = ("kernel_size", "stride", "padding", "dilation")
AVERAGE = ("kernel_size", "stride", "padding")  # an average has no dilation


def sees_the_image(case) -> bool:
    """Return whether no window has all its pixels in the padding, where torch's backward writes astray."""
    for size, kernel, stride, padding, dilation in zip(
        case.image_size, case.kernel_size, case.stride, case.padding, case.dilation, strict=True
    ):
        for index in range(output_size(size, kernel, stride, padding, dilation)):
            first = index * stride - padding
            if not any(0 <= first + k * dilation < size for k in range(kernel)):
                return False
    return True


@exact
@given(case=possible_cases(pooling=True), touching=st.booleans())
def test_max_pooling_is_torchs(case, touching):
    options = case.options(*MAXIMUM) | ({"stride": None} if touching else {})
    assert_close(max_pool2d_loops(case.image(), **options), F.max_pool2d(case.image(), **options))


@exact
@given(case=possible_cases(pooling=True), count_include_pad=st.booleans(), touching=st.booleans())
def test_average_pooling_is_torchs(case, count_include_pad, touching):
    options = case.options(*AVERAGE) | {"count_include_pad": count_include_pad}
    options |= {"stride": None} if touching else {}
    assert_close(avg_pool2d_loops(case.image(), **options), F.avg_pool2d(case.image(), **options))


def autograd_gradient(pool, image, grad_output, options):
    image = image.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(pool(image, **options), image, grad_output)
    return gradient


@exact
@given(case=possible_cases(pooling=True).filter(sees_the_image), with_ties=st.booleans())
def test_max_pooling_gradient_is_autograds(case, with_ties):
    """With ties too: of equal numbers torch hands the gradient to the first."""
    image, options = case.image(), case.options(*MAXIMUM)
    if with_ties:
        image = image.round()  # mostly -1, 0 and 1
    (grad_output,) = case.tensors(F.max_pool2d(image, **options).shape)
    expected = autograd_gradient(F.max_pool2d, image, grad_output, options)
    assert_close(max_pool2d_backward(grad_output, image, **options), expected)
    assert_close(autograd_gradient(max_pool2d_loops, image, grad_output, options), expected)


@exact
@given(case=possible_cases(pooling=True), count_include_pad=st.booleans())
def test_average_pooling_gradient_is_autograds(case, count_include_pad):
    image, options = case.image(), case.options(*AVERAGE) | {"count_include_pad": count_include_pad}
    (grad_output,) = case.tensors(F.avg_pool2d(image, **options).shape)
    expected = autograd_gradient(F.avg_pool2d, image, grad_output, options)
    assert_close(avg_pool2d_backward(grad_output, image, **options), expected)
    assert_close(autograd_gradient(avg_pool2d_loops, image, grad_output, options), expected)


def test_of_equal_numbers_the_first_receives_the_gradient():
    image = torch.ones(1, 1, 4, 4)
    gradient = max_pool2d_backward(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), image, 2)
    assert gradient[0, 0].tolist() == [[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]


def test_minus_infinity_in_the_image_is_not_mistaken_for_padding():
    image, grad_output = torch.full((1, 1, 3, 3), -math.inf), torch.arange(16.0).view(1, 1, 4, 4)
    options = {"kernel_size": 2, "stride": 1, "padding": 1}
    expected = autograd_gradient(F.max_pool2d, image, grad_output, options)
    assert torch.equal(max_pool2d_backward(grad_output, image, **options), expected)


def test_a_dilated_window_wholly_in_the_padding():
    """It is minus infinity, as in torch, and its gradient goes nowhere."""
    options = {"kernel_size": 2, "stride": 1, "padding": 1, "dilation": 4}
    image = torch.ones(1, 1, 3, 3)
    assert max_pool2d_loops(image, **options).item() == -math.inf
    assert not max_pool2d_backward(torch.ones(1, 1, 1, 1), image, **options).any()


@pytest.mark.parametrize("stride", [(1, 2), (3, 1)])
def test_gradients_are_measured_by_central_differences(stride):
    generator = torch.Generator().manual_seed(6)
    image = torch.randn(2, 2, 5, 6, generator=generator, dtype=torch.float64)
    for forward, backward, options in (
        (max_pool2d_loops, max_pool2d_backward, {"padding": 1, "dilation": (2, 1)}),
        (avg_pool2d_loops, avg_pool2d_backward, {"padding": 1}),
        (avg_pool2d_loops, avg_pool2d_backward, {"padding": 1, "count_include_pad": False}),
    ):
        output = forward(image, (2, 3), stride, **options)
        grad_output = torch.randn(output.shape, generator=generator, dtype=torch.float64)
        measured = central_difference(
            lambda moved, f=forward, o=options, g=grad_output: (f(moved, (2, 3), stride, **o) * g).sum(),
            image,
        )
        gradient = backward(grad_output, image, (2, 3), stride, **options)
        torch.testing.assert_close(gradient, measured, rtol=1e-7, atol=1e-7)


@exact
@given(case=arbitrary_cases)
def test_max_pooling_refuses_what_torch_refuses(case):
    image, options = case.image(), case.options(*MAXIMUM)
    assert_same_or_both_refuse(
        lambda: max_pool2d_loops(image, **options), lambda: F.max_pool2d(image, **options)
    )


@exact
@given(case=arbitrary_cases)
def test_average_pooling_refuses_what_torch_refuses(case):
    image, options = case.image(), case.options(*AVERAGE)
    assert_same_or_both_refuse(
        lambda: avg_pool2d_loops(image, **options), lambda: F.avg_pool2d(image, **options)
    )


@pytest.mark.parametrize("count_include_pad", [True, False])
def test_an_empty_batch_stays_empty(count_include_pad):
    image, grad_output = torch.zeros(0, 2, 4, 4), torch.zeros(0, 2, 2, 2)
    assert max_pool2d_loops(image, 2).shape == grad_output.shape
    assert avg_pool2d_loops(image, 2, None, 0, count_include_pad).shape == grad_output.shape
    assert max_pool2d_backward(grad_output, image, 2).shape == image.shape
    assert avg_pool2d_backward(grad_output, image, 2, None, 0, count_include_pad).shape == image.shape


IMAGE = torch.zeros(1, 2, 5, 5)


@pytest.mark.parametrize("pool", [max_pool2d_loops, avg_pool2d_loops])
@pytest.mark.parametrize(
    ("image", "arguments", "message"),
    [
        (IMAGE, ((6, 2),), "height: a kernel of size 6 .* does not fit into 5"),
        (IMAGE, (3, 1, (1, 2)), "width: padding 2 is more than half of kernel_size 3"),
        (IMAGE, (2, 0), "height: stride must be a whole number of at least 1, got 0"),
        (IMAGE, (2, 1, -1), "height: padding .* at least 0, got -1"),
        (IMAGE, (0,), "at least 1, got 0"),
        (IMAGE[0], (2,), r"input must have shape .* got \(2, 5, 5\)"),
        (IMAGE.int(), (2,), r"floating-point numbers, got torch.int32; use input.float\(\)"),
    ],
)
def test_what_does_not_fit_is_named(pool, image, arguments, message):
    with pytest.raises(ValueError, match=message):
        pool(image, *arguments)


@pytest.mark.parametrize("backward", [max_pool2d_backward, avg_pool2d_backward])
def test_a_gradient_of_another_shape_is_refused(backward):
    with pytest.raises(ValueError, match=r"grad_output must have shape \(1, 2, 2, 2\) .* \(1, 2, 3, 3\)"):
        backward(torch.zeros(1, 2, 3, 3), IMAGE, 2)
