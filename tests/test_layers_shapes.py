"""Sizes agree with torch's, and a receptive field with the pixels that have a gradient."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_lib.layers.shapes import (
    ReceptiveField,
    kernel_span,
    output_size,
    pair,
    receptive_field,
    same_padding,
    transposed_output_size,
)
from tests.convolution_cases import arbitrary, exact

SETTINGS = {
    "size": arbitrary(-1, 1, 9),
    "kernel_size": arbitrary(-1, 1, 5),
    "stride": arbitrary(-1, 1, 4),
    "padding": arbitrary(-2, 0, 4),
    "dilation": arbitrary(-1, 1, 4),
}


@exact
@given(**SETTINGS)
def test_output_size_is_torchs(size, kernel_size, stride, padding, dilation):
    numbers = (size, kernel_size, stride, padding, dilation)
    try:
        image, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
        expected = F.conv1d(image, weight, None, stride, padding, dilation).shape[2]
    except RuntimeError:
        with pytest.raises(ValueError, match="[0-9]"):
            output_size(*numbers)
    else:
        assert output_size(*numbers) == expected


@exact
@given(**SETTINGS, output_padding=arbitrary(-1, 0, 4))
def test_transposed_output_size_is_torchs(size, kernel_size, stride, padding, dilation, output_padding):
    numbers = (size, kernel_size, stride, padding, dilation, output_padding)
    try:
        image, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
        expected = F.conv_transpose1d(
            image, weight, None, stride, padding, output_padding, 1, dilation
        ).shape[2]
    except RuntimeError:
        with pytest.raises(ValueError, match="[0-9]"):
            transposed_output_size(*numbers)
    else:
        assert transposed_output_size(*numbers) == expected


@exact
@given(
    kernel_size=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 3),
    extra=st.integers(0, 8),
)
def test_transposed_output_size_undoes_output_size(kernel_size, stride, padding, dilation, extra):
    """With the right output padding the transposed convolution returns to the size it came from."""
    span = kernel_span(kernel_size, dilation)
    size = max(1, span - 2 * padding) + extra
    small = output_size(size, kernel_size, stride, padding, dilation)
    left_over = (size + 2 * padding - span) % stride  # the step that was not taken
    assert transposed_output_size(small, kernel_size, stride, padding, dilation, left_over) == size


@exact
@given(kernel_size=st.integers(1, 9), dilation=st.integers(1, 5), size=st.integers(1, 12))
def test_same_padding_is_torchs(kernel_size, dilation, size):
    before, after = same_padding(kernel_size, dilation)
    image = torch.arange(1.0, size + 1, dtype=torch.float64).view(1, 1, -1)
    weight = torch.arange(1.0, kernel_size + 1, dtype=torch.float64).view(1, 1, -1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using padding='same' with even kernel", UserWarning)
        expected = F.conv1d(image, weight, padding="same", dilation=dilation)
    result = F.conv1d(F.pad(image, (before, after)), weight, dilation=dilation)
    assert expected.shape == image.shape
    torch.testing.assert_close(result, expected, rtol=1e-12, atol=0)


LAYERS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 3)), max_size=3
)


@exact
@given(layers=LAYERS)
def test_receptive_field_is_where_the_gradient_is(layers):
    """With positive weights, an output pixel has a gradient exactly where it depends on the input."""
    field = receptive_field(layers)
    # so long that nothing the middle output sees lies in the padding of any layer
    image = torch.ones(1, 1, 3 * (field.size + field.jump - field.start), requires_grad=True)
    output = image
    for kernel_size, stride, padding, dilation in layers:
        output = F.conv1d(output, torch.ones(1, 1, kernel_size), None, stride, padding, dilation)
    middle = output.shape[2] // 2
    for index in (middle, middle + 1):
        (gradient,) = torch.autograd.grad(output[0, 0, index], image, retain_graph=True)
        seen = gradient.flatten().nonzero().flatten()
        assert field.window(index) == (seen[0].item(), seen[-1].item())
        assert field.size == seen[-1].item() - seen[0].item() + 1
        assert field.start == seen[0].item() - index * field.jump


def test_receptive_field_of_known_networks():
    assert receptive_field([]) == ReceptiveField(size=1, jump=1, start=0)
    # two 3×3 convolutions see as much as one of 5×5 (Simonyan and Zisserman 2014, arXiv:1409.1556)
    assert receptive_field([(3, 1, 1)] * 2) == receptive_field([(5, 1, 2)])
    # the convolutions and poolings of VGG-16 up to its last pooling
    vgg16 = sum(([(3, 1, 1)] * count + [(2, 2, 0)] for count in (2, 2, 3, 3, 3)), [])
    assert receptive_field(vgg16) == ReceptiveField(size=212, jump=32, start=-90)


def test_pair_repeats_a_number_and_keeps_two():
    assert pair(3) == (3, 3)
    assert pair([1, 2]) == (1, 2)
    assert pair(torch.Size([4, 5])) == (4, 5)


@pytest.mark.parametrize("value", [1.5, "same", (1, 2, 3), (1,), (1.0, 2), None])
def test_pair_refuses_anything_else(value):
    with pytest.raises(ValueError, match="padding must be a whole number or two of them, got"):
        pair(value, "padding")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: output_size(4, 3, dilation=3), "size 3 with dilation 3 spans 7 .* into 4: .* 4 with padding 0"),
        (lambda: output_size(4, 3, stride=0), "stride must be a whole number of at least 1, got 0"),
        (lambda: output_size(4, 3, padding=-1), "padding .* at least 0, got -1"),
        (lambda: output_size(4.0, 3), "size must be a whole number of at least 1, got 4.0"),
        (lambda: same_padding(0), "kernel_size .* at least 1, got 0"),
        (lambda: transposed_output_size(2, 3, 2, output_padding=2), "output_padding 2 .* stride 2 or dilation 1"),
        (lambda: transposed_output_size(1, 2, padding=1), "input of 1 spreads over 2 .* padding 1 takes all"),
        (lambda: receptive_field([(3, 1)]), r"\(kernel_size, stride, padding\[, dilation\]\), got \(3, 1\)"),
        (lambda: receptive_field([(3, 0, 1)]), "stride .* at least 1, got 0"),
        (lambda: receptive_field([(3, 1, -1)]), "padding .* at least 0, got -1"),
    ],
)  # fmt: skip
def test_impossible_sizes_are_refused_with_their_numbers(call, message):
    with pytest.raises(ValueError, match=message):
        call()
