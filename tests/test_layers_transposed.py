"""Transposed convolutions without loops agree with torch in float64, refuse what it refuses, and overlap as counted."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_lib.layers.convolution import conv_transpose2d_loops
from course_lib.layers.shapes import kernel_span, transposed_output_size
from course_lib.layers.transposed import (
    conv_transpose2d_gather,
    conv_transpose2d_scatter,
    insert_zeros,
    overlap_counts,
)
from tests.convolution_cases import (
    arbitrary_cases,
    assert_close,
    assert_same_or_both_refuse,
    exact,
    possible_cases,
)

FORMS = pytest.mark.parametrize("transposed", [conv_transpose2d_scatter, conv_transpose2d_gather])


@FORMS
@exact
@given(case=possible_cases(), data=st.data())
def test_transposed_convolution_is_torchs(transposed, case, data):
    options = case.convolution
    options["output_padding"] = tuple(
        data.draw(st.integers(0, max(case.stride[d], case.dilation[d]) - 1)) for d in (0, 1)
    )
    options["padding"] = tuple(min(case.padding[d], (pixels_of_all_stamps(case, d) - 1) // 2) for d in (0, 1))
    tensors = case.convolved(transposed=True)
    expected = F.conv_transpose2d(*tensors, **options)
    assert_close(transposed(*tensors, **options), expected)
    assert_close(conv_transpose2d_loops(*tensors, **options), expected)


def pixels_of_all_stamps(case, dimension):
    span = kernel_span(case.kernel_size[dimension], case.dilation[dimension])
    return case.stride[dimension] * (case.image_size[dimension] - 1) + span


@FORMS
@exact
@given(case=arbitrary_cases, output_padding=st.integers(-1, 2))
def test_transposed_convolution_refuses_what_torch_refuses(transposed, case, output_padding):
    groups = max(1, case.groups)
    filters = max(1, case.out_channels // groups)
    image, weight, bias = case.tensors(
        (case.batch, case.in_channels, *case.image_size),
        (case.in_channels + (case.seed % 7 == 0), filters, *case.kernel_size),
        (filters * groups + (case.seed % 5 == 0),),
    )
    tensors = (image, weight, bias if case.has_bias else None)
    options = case.convolution | {"output_padding": output_padding}
    assert_same_or_both_refuse(
        lambda: transposed(*tensors, **options), lambda: F.conv_transpose2d(*tensors, **options)
    )


@FORMS
def test_the_order_of_arguments_is_torchs(transposed):
    image, weight = torch.randn(2, 2, 3, 3).double(), torch.randn(2, 1, 2, 2).double()
    positional = (image, weight, torch.ones(2).double(), 2, 1, 1, 2, 3)
    assert_close(transposed(*positional), F.conv_transpose2d(*positional))


@FORMS
@exact
@given(case=possible_cases())
def test_it_is_the_adjoint_of_convolution(transposed, case):
    """<conv(x), z> = <x, transposed(z)>, with the pixels that the stride left over as output padding."""
    (image, weight, _), options = case.convolved(), case.convolution
    output = F.conv2d(image, weight, **options)
    (other,) = case.tensors(output.shape)
    other = other.flip(3)  # the same seed drew the image
    left_over = tuple(
        (case.image_size[d] + 2 * case.padding[d] - kernel_span(case.kernel_size[d], case.dilation[d]))
        % case.stride[d]
        for d in (0, 1)
    )
    back = transposed(other, weight, output_padding=left_over, **options)
    assert back.shape == image.shape
    assert (output * other).sum().item() == pytest.approx((image * back).sum().item(), abs=1e-9)


@FORMS
def test_gradients_flow_to_input_and_weight(transposed):
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(2, 2, 3, 4, generator=generator, dtype=torch.float64).requires_grad_()
    weight = torch.randn(2, 3, 3, 2, generator=generator, dtype=torch.float64).requires_grad_()
    output, expected = (f(image, weight, None, 2, 1) for f in (transposed, F.conv_transpose2d))
    factors = torch.randn(output.shape, generator=generator, dtype=torch.float64)
    ours, theirs = (torch.autograd.grad(y, (image, weight), factors) for y in (output, expected))
    for gradient, wanted in zip(ours, theirs, strict=True):
        assert_close(gradient, wanted)


@FORMS
def test_an_empty_batch_stays_empty_and_the_type_is_kept(transposed):
    result = transposed(torch.zeros(0, 2, 3, 4), torch.zeros(2, 5, 2, 2), stride=2)
    assert result.shape == (0, 5, 6, 8)
    assert result.dtype == torch.float32


IMAGE = torch.zeros(1, 4, 5, 5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: f(IMAGE[0], torch.zeros(4, 1, 1, 1)), r"input must have shape \(batch, .* got \(4, 5, 5\)"),
        (lambda f: f(IMAGE, torch.zeros(6, 4, 3, 3)), r"\(6, 4, 3, 3\) takes 6 input channels, got 4"),
        (lambda f: f(IMAGE, torch.zeros(4, 1, 1, 1), padding=3), "height: .* padding 3 takes"),
        (lambda f: f(IMAGE, torch.zeros(4, 1, 1, 1), output_padding=(0, 1)), "width: output_padding 1 must be"),
        (lambda f: f(IMAGE, torch.zeros(4, 1, 1, 1), torch.zeros(2)), r"bias .* \(1,\), got \(2,\)"),
        (lambda f: f(IMAGE, torch.zeros(4, 1, 1, 1), groups=3), "3 groups cannot share the 4 channels"),
        (lambda f: f(IMAGE, torch.zeros(4, 1, 1, 1), stride=0.5), "stride must be a whole number or two of them"),
    ],
)  # fmt: skip
@FORMS
def test_what_does_not_fit_is_named(transposed, call, message):
    with pytest.raises(ValueError, match=message):
        call(transposed)


def test_zeros_are_inserted_between_and_not_around():
    maps = torch.arange(1.0, 13).view(1, 2, 2, 3)
    spread = insert_zeros(maps, (3, 2))
    assert spread.shape == (1, 2, 4, 5)
    assert torch.equal(spread[:, :, ::3, ::2], maps)
    assert spread.count_nonzero() == 12
    assert torch.equal(insert_zeros(maps, 1), maps)
    with pytest.raises(ValueError, match="stride must be a whole number of at least 1, got 0"):
        insert_zeros(maps, (1, 0))
    with pytest.raises(ValueError, match=r"maps must have shape .* got \(2, 2, 3\)"):
        insert_zeros(maps[0], 2)


COUNTED = {
    "size": st.integers(1, 8),
    "kernel_size": st.integers(1, 7),
    "stride": st.integers(1, 4),
    "padding": st.integers(0, 3),
    "data": st.data(),
}


@exact
@given(**COUNTED)
def test_overlap_is_what_ones_add_up_to(size, kernel_size, stride, padding, data):
    """With an input and a kernel of ones, each output pixel counts the weights that reach it."""
    output_padding = data.draw(st.integers(0, stride - 1))
    numbers = (size, kernel_size, stride, padding)
    try:
        expected_size = transposed_output_size(*numbers, 1, output_padding)
    except ValueError:
        with pytest.raises(ValueError, match="takes all of them away"):
            overlap_counts(*numbers, output_padding)
        return
    ones = torch.ones(1, 1, size), torch.ones(1, 1, kernel_size)
    expected = F.conv_transpose1d(*ones, None, stride, padding, output_padding)[0, 0]
    counts = overlap_counts(*numbers, output_padding)
    assert len(counts) == expected_size
    assert counts == expected.int().tolist()


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("kernel_size", range(1, 13))
def test_the_overlap_is_even_exactly_if_the_stride_divides_the_kernel(kernel_size, stride):
    inside = overlap_counts(20, kernel_size, stride)[kernel_size - 1 : -(kernel_size - 1) or None]
    if kernel_size < stride:  # gaps between the stamps, and zeros at the ends of this slice
        inside = inside[stride:-stride]
    assert (len(set(inside)) == 1) == (kernel_size % stride == 0)
