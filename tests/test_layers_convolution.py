"""Convolutions forward: every form agrees with torch in float64, and what torch refuses is refused."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_lib.layers.convolution import conv2d_loops, conv_transpose2d_loops, convolution_matrix
from course_lib.layers.shapes import kernel_span
from course_lib.layers.unfolding import conv2d_unfold, fold, unfold
from tests.convolution_cases import (
    arbitrary_cases,
    assert_close,
    assert_same_or_both_refuse,
    exact,
    possible_cases,
)

FORMS = pytest.mark.parametrize("convolve", [conv2d_loops, conv2d_unfold])


@FORMS
@exact
@given(case=possible_cases())
def test_convolution_is_torchs(convolve, case):
    tensors, options = case.convolved(), case.convolution
    assert_close(convolve(*tensors, **options), F.conv2d(*tensors, **options))


@exact
@given(case=possible_cases(), data=st.data())
def test_transposed_convolution_is_torchs(case, data):
    def extra(dimension: int) -> int:
        return data.draw(st.integers(0, max(case.stride[dimension], case.dilation[dimension]) - 1))

    def left(dimension: int) -> int:
        """Pixels of the output before padding takes some away."""
        span = kernel_span(case.kernel_size[dimension], case.dilation[dimension])
        return case.stride[dimension] * (case.image_size[dimension] - 1) + span

    options = case.convolution
    options["padding"] = tuple(min(case.padding[d], (left(d) - 1) // 2) for d in (0, 1))
    options["output_padding"] = (extra(0), extra(1))
    tensors = case.convolved(transposed=True)
    assert_close(conv_transpose2d_loops(*tensors, **options), F.conv_transpose2d(*tensors, **options))


def test_transposed_convolution_takes_torchs_order_of_arguments():
    image, weight = torch.randn(2, 2, 3, 3), torch.randn(2, 1, 2, 2)
    positional = (image, weight, torch.ones(2), 2, 1, 1, 2, 3)
    torch.testing.assert_close(conv_transpose2d_loops(*positional), F.conv_transpose2d(*positional))


@exact
@given(case=possible_cases())
def test_unfold_is_torchs(case):
    image = case.image()
    assert_close(unfold(image, **case.unfolding), F.unfold(image, **case.unfolding))


@exact
@given(case=possible_cases())
def test_fold_is_torchs_and_the_adjoint_of_unfold(case):
    image = case.image()
    columns = unfold(image, **case.unfolding)
    (random_columns,) = case.tensors(columns.shape)
    folded = fold(random_columns, case.image_size, **case.unfolding)
    assert_close(folded, F.fold(random_columns, case.image_size, **case.unfolding))
    assert (columns * random_columns).sum().item() == pytest.approx((image * folded).sum().item(), abs=1e-9)


@exact
@given(case=possible_cases())
def test_matrix_convolves_and_its_transpose_convolves_transposed(case):
    (image, weight, _), options = case.convolved(), case.convolution
    matrix = convolution_matrix(weight, case.image_size, **options)
    output = F.conv2d(image, weight, **options)
    assert_close(image.flatten(1) @ matrix.T, output.flatten(1))

    # the steps that the convolution could not take are pixels that the transposed one must add
    options["output_padding"] = tuple(
        (case.image_size[d] + 2 * case.padding[d] - kernel_span(case.kernel_size[d], case.dilation[d]))
        % case.stride[d]
        for d in (0, 1)
    )
    back = (output.flatten(1) @ matrix).view(image.shape)
    assert_close(back, F.conv_transpose2d(output, weight, **options))
    assert_close(back, conv_transpose2d_loops(output, weight, **options))


@FORMS
@exact
@given(case=arbitrary_cases)
def test_convolution_refuses_what_torch_refuses(convolve, case):
    tensors, options = case_that_may_not_fit(case, transposed=False)
    assert_same_or_both_refuse(lambda: convolve(*tensors, **options), lambda: F.conv2d(*tensors, **options))


@exact
@given(case=arbitrary_cases, output_padding=st.integers(-1, 2))
def test_transposed_convolution_refuses_what_torch_refuses(case, output_padding):
    tensors, options = case_that_may_not_fit(case, transposed=True)
    options["output_padding"] = output_padding
    assert_same_or_both_refuse(
        lambda: conv_transpose2d_loops(*tensors, **options),
        lambda: F.conv_transpose2d(*tensors, **options),
    )


@exact
@given(case=arbitrary_cases)
def test_unfold_refuses_what_torch_refuses(case):
    image = case.image()
    assert_same_or_both_refuse(
        lambda: unfold(image, **case.unfolding), lambda: F.unfold(image, **case.unfolding)
    )


def case_that_may_not_fit(case, transposed):
    """Return tensors whose channels may not fit the groups, with a number too many in some."""
    groups = max(1, case.groups)
    if transposed:
        channels = (case.in_channels + (case.seed % 7 == 0), max(1, case.out_channels // groups))
        bias_size = channels[1] * groups
    else:
        channels = (case.out_channels, max(1, case.in_channels // groups))
        bias_size = case.out_channels
    image, weight, bias = case.tensors(
        (case.batch, case.in_channels, *case.image_size),
        (*channels, *case.kernel_size),
        (bias_size + (case.seed % 5 == 0),),
    )
    return (image, weight, bias if case.has_bias else None), case.convolution


@pytest.mark.parametrize("convolve", [conv2d_loops, conv2d_unfold, conv_transpose2d_loops])
def test_an_empty_batch_stays_empty(convolve):
    assert convolve(torch.zeros(0, 2, 3, 4), torch.zeros(2, 2, 2, 2)).shape[0] == 0


IMAGE, WEIGHT = torch.zeros(1, 4, 5, 5), torch.zeros(6, 4, 3, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: f(IMAGE[0], WEIGHT), r"input must have shape \(batch, .* got \(4, 5, 5\)"),
        (lambda f: f(IMAGE[:, :3], WEIGHT), r"shape \(6, 4, 3, 3\) with 1 groups takes 4·1 = 4 .* got 3"),
        (lambda f: f(IMAGE, WEIGHT, groups=4), "4 groups cannot share the 6 channels"),
        (lambda f: f(IMAGE, WEIGHT, groups=0), "groups must be a whole number of at least 1, got 0"),
        (lambda f: f(IMAGE, WEIGHT[0]), r"weight must have four dimensions.* got \(4, 3, 3\)"),
        (lambda f: f(IMAGE, WEIGHT, torch.zeros(5)), r"bias must have shape \(6,\), got \(5,\)"),
        (lambda f: f(IMAGE[:, :, :2], WEIGHT), "height: a kernel of size 3 .* does not fit into 2"),
        (lambda f: f(IMAGE, WEIGHT, dilation=(1, 3)), "width: a kernel of size 3 with dilation 3 spans 7"),
        (lambda f: f(IMAGE, WEIGHT, stride=(1, 0)), "width: stride .* at least 1, got 0"),
        (lambda f: f(IMAGE, WEIGHT, padding=-1), "height: padding .* at least 0, got -1"),
        (lambda f: f(IMAGE, WEIGHT, stride=0.5), "stride must be a whole number or two of them, got 0.5"),
    ],
)
@FORMS
def test_what_does_not_fit_is_named(convolve, call, message):
    with pytest.raises(ValueError, match=message):
        call(convolve)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conv_transpose2d_loops(IMAGE, WEIGHT), r"\(6, 4, 3, 3\) takes 6 input channels, got 4"),
        (lambda: conv_transpose2d_loops(IMAGE, torch.zeros(4, 1, 1, 1), padding=3), "height: .* padding 3 takes"),
        (lambda: conv_transpose2d_loops(IMAGE, torch.zeros(4, 1, 1, 1), output_padding=(0, 1)), "width: output_pad"),
        (lambda: conv_transpose2d_loops(IMAGE, torch.zeros(4, 1, 1, 1), torch.zeros(2)), r"bias .* \(1,\), got \(2,\)"),
        (lambda: convolution_matrix(WEIGHT, (5, 2)), "width: a kernel of size 3 .* does not fit into 2"),
        (lambda: fold(torch.zeros(1, 9, 8), 5, 3), r"\(batch, channels · 9, 9\), got \(1, 9, 8\)"),
        (lambda: fold(torch.zeros(1, 8, 9), 5, 3), r"\(batch, channels · 9, 9\), got \(1, 8, 9\)"),
        (lambda: unfold(IMAGE, 6), "height: a kernel of size 6 .* does not fit into 5"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_other_forms_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
