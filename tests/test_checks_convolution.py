"""Checks of notebook 02: right answers pass however they are written, wrong ones get the hint meant for them."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.checks import convolution as checks
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG

MOVE_RIGHT = [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
SIZES = [28, 28, 4, 14, 16, None]


def stub(*arguments):
    raise NotImplementedError


def conv(image, kernel, **settings):
    return F.conv2d(image[None, None], kernel[None, None], **settings)[0, 0]


def flipped_loops(image, kernel):
    """The minus signs of the definition, written out, with numbers in lists."""
    rows, columns = kernel.shape
    height, width = image.shape[0] - rows + 1, image.shape[1] - columns + 1
    return [
        [
            sum(
                kernel[a, b].item() * image[i + rows - 1 - a, j + columns - 1 - b].item()
                for a in range(rows)
                for b in range(columns)
            )
            for j in range(width)
        ]
        for i in range(height)
    ]


def with_numpy(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.numpy().astype(float), tuple(kernel.shape))
    return np.einsum("ijab,ab->ij", windows, kernel.numpy()[::-1, ::-1])


def flipped(image, kernel):
    return conv(image, kernel.flip(0, 1))


def loops(image, kernel, stride, padding, dilation):
    padded = F.pad(image, (padding,) * 4)
    height, width = [
        (n - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(padded.shape, kernel.shape, strict=True)
    ]
    output = torch.zeros(height, width)
    for i in range(height):
        for j in range(width):
            for a in range(kernel.shape[0]):
                for b in range(kernel.shape[1]):
                    output[i, j] += (
                        kernel[a, b] * padded[i * stride + a * dilation, j * stride + b * dilation]
                    )
    return output


def by_torch(image, kernel, stride, padding, dilation):
    return conv(image.double(), kernel.double(), stride=stride, padding=padding, dilation=dilation)


def bank_loops(images, weight, bias):
    return [
        [
            sum(conv(x, w) for x, w in zip(image, filter_, strict=True)) + b
            for filter_, b in zip(weight, bias, strict=True)
        ]
        for image in images
    ]


def bank_stacked(images, weight, bias):
    return torch.stack([torch.stack(maps) for maps in bank_loops(images, weight, bias)])


def bank_lists(images, weight, bias):
    return bank_stacked(images, weight, bias).tolist()


def cost(c_in, c_out, k, size, stride, padding, groups):
    layer = torch.nn.Conv2d(c_in, c_out, k, stride=stride, padding=padding, groups=groups)
    out = layer(torch.zeros(1, c_in, size, size))
    return layer.weight.numel() + layer.bias.numel(), layer.weight.numel() * out[0, 0].numel()


def cost_by_formula(c_in, c_out, k, size, stride, padding, groups):
    out = math.floor((size + 2 * padding - k) / stride) + 1
    return [c_out * (c_in / groups * k * k + 1), out * out * c_out * c_in / groups * k * k]


@pytest.mark.parametrize(
    ("check", "answers"),
    [
        (checks.check_flip, (flipped, MOVE_RIGHT)),
        (checks.check_flip, (flipped_loops, torch.tensor(MOVE_RIGHT))),
        (checks.check_flip, (with_numpy, np.array(MOVE_RIGHT))),
        (checks.check_sizes, (SIZES,)),
        (checks.check_sizes, (tuple(SIZES),)),
        (checks.check_convolve, (loops,)),
        (checks.check_convolve, (by_torch,)),
        (checks.check_filter_bank, (bank_stacked,)),
        (checks.check_filter_bank, (bank_lists,)),
        (checks.check_filter_bank, (F.conv2d,)),
        (checks.check_cost, (cost,)),
        (checks.check_cost, (cost_by_formula,)),
    ],
)
def test_right_answers_are_accepted(check, answers):
    result = check(*answers)
    assert result.status == CORRECT, result


@pytest.mark.parametrize(
    ("check", "answers"),
    [
        (checks.check_flip, (stub, None)),
        (checks.check_sizes, ([...] * 6,)),
        (checks.check_convolve, (stub,)),
        (checks.check_filter_bank, (stub,)),
        (checks.check_cost, (stub,)),
    ],
)
def test_an_untouched_stub_is_not_attempted(check, answers):
    assert check(*answers).status == NOT_ATTEMPTED


def assert_rejected(result, hint):
    assert result.status == WRONG, result
    assert hint in result.message, result


@pytest.mark.parametrize(
    ("move_right", "hint"),
    [
        (MOVE_RIGHT, "move_right is right. Now write"),
        ([[0, 0, 0], [0, 0, 1], [0, 0, 0]], "moves the picture left"),
    ],
)
def test_the_kernel_is_judged_before_the_flip_is_written(move_right, hint):
    assert_rejected(checks.check_flip(stub, move_right), hint)


def test_the_hint_for_the_kernel_does_not_speak_of_shapes():
    assert "shape" not in checks.check_flip(flipped, [[0, 0, 0], [2, 0, 0], [0, 0, 0]]).message


@pytest.mark.parametrize(
    ("true_convolution", "hint"),
    [
        (conv, "nothing is flipped"),
        (lambda x, w: conv(x, w.flip(0)), "Only the rows"),
        (lambda x, w: conv(x, w.flip(1)), "Only the columns"),
        (lambda x, w: conv(x, w.T), "Transposing"),
        (lambda x, w: conv(x.flip(0, 1), w), "You flipped the image"),
        (lambda x, w: conv(x, w.flip(0, 1), padding=2), "no padding is wanted"),
        (lambda x, w: conv(x, w.rot90()), "Flip the kernel along both axes"),
        (lambda x, w: conv(x, w.flip(0, 1))[None], "The shape should be"),
        (lambda x, w: "no", "A tensor is expected"),
        (lambda x, w: None, "return"),
    ],
)
def test_a_wrong_flip_is_recognised(true_convolution, hint):
    assert_rejected(checks.check_flip(true_convolution, MOVE_RIGHT), hint)


@pytest.mark.parametrize(
    ("move_right", "hint"),
    [
        (None, "Now find move_right"),
        ([[0, 0, 0], [0, 0, 1], [0, 0, 0]], "moves the picture left"),
        ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], "moves the picture downwards"),
        ([[0, 0, 0], [0, 0, 0], [0, 1, 0]], "moves the picture upwards"),
        ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "leaves the picture where it is"),
        ([[0, 0, 0], [2, 0, 0], [0, 0, 0]], "one weight of 1"),
        ([0, 0, 0, 1, 0, 0, 0, 0, 0], "three rows of three"),
        ("right", "A tensor is expected"),
    ],
)
def test_a_wrong_shift_is_recognised(move_right, hint):
    assert_rejected(checks.check_flip(flipped, move_right), hint)


@pytest.mark.parametrize(
    ("size_of", "hint"),
    [
        (lambda n, k, s, p, d: math.ceil((n + 2 * p - d * (k - 1) - 1) / s) + 1, "round down"),
        (lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s, "add 1"),
        (lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1, "both sides"),
        (lambda n, k, s, p, d: (n + 2 * p - k) // s + 1, "dilation is ignored"),
        (lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1, "k - 1 gaps"),
        (lambda n, k, s, p, d: (n - d * (k - 1) - 1) // s + 1, "padding is missing"),
        (lambda n, k, s, p, d: n + 2 * p - d * (k - 1), "stride is missing"),
        (lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s + 1, "fits nowhere"),
        (lambda n, k, s, p, d: max(0, (n + 2 * p - d * (k - 1) - 1) // s + 1), "fits nowhere"),
        (lambda n, k, s, p, d: 1000, "How far does the kernel reach"),
    ],
)
def test_a_wrong_size_is_recognised(size_of, hint):
    assert_rejected(checks.check_sizes([size_of(*setting) for setting in checks.SIZES]), hint)


@pytest.mark.parametrize(
    ("number", "answer", "hint"),
    [
        (2, 5, "round down"),
        (2, 11 / 3 + 1, "not whole: round down"),
        (3, 18, "dilation is ignored"),
        (4, 13, "both sides"),
        (4, 14, "k - 1 gaps"),
        (4, 15, "add 1"),
        (4, 17, "round down"),
        (5, 4, "dilation is ignored"),
    ],
)
def test_a_single_wrong_size_is_recognised(number, answer, hint):
    result = checks.check_sizes([*SIZES[:number], answer, *SIZES[number + 1 :]])
    assert_rejected(result, hint)
    assert f"Size {number + 1}" in result.message


@pytest.mark.parametrize(
    ("sizes", "hint"), [([1, 2], "6 sizes"), (28, "6 sizes"), ([28, *[...] * 5], "three dots")]
)
def test_a_list_of_sizes_that_is_not_complete_is_explained(sizes, hint):
    assert_rejected(checks.check_sizes(sizes), hint)


def padded_on_one_side(where):
    def convolve(x, w, s, p, d):
        return conv(F.pad(x, where(p)), w, stride=s, dilation=d)

    return convolve


def one_place_more(x, w, s, p, d):
    rows, columns = by_torch(x, w, s, p, d).shape
    return torch.zeros(rows + 1, columns + 1)


def dilation_only_in_the_size(x, w, s, p, d):
    rows, columns = by_torch(x, w, s, p, d).shape
    return by_torch(x, w, s, p, 1)[:rows, :columns]


def stride_only_in_the_size(x, w, s, p, d):
    rows, columns = by_torch(x, w, s, p, d).shape
    return by_torch(x, w, 1, p, d)[:rows, :columns]


def slice_too_short(x, w, s, p, d):
    padded, output = F.pad(x, (p,) * 4), torch.zeros_like(by_torch(x, w, s, p, d))
    reach = d * (w.shape[0] - 1) + 1  # the height's, for both
    for i in range(output.shape[0]):
        for j in range(output.shape[1]):
            window = padded[s * i : s * i + reach : d, s * j : s * j + reach : d]
            output[i, j] = (window * w).sum()
    return output


@pytest.mark.parametrize(
    ("convolve", "hint"),
    [
        (lambda x, w, s, p, d: by_torch(x, w.flip(0, 1), s, p, d), "The kernel is flipped"),
        (padded_on_one_side(lambda p: (p, 0, p, 0)), "both sides"),
        (padded_on_one_side(lambda p: (0, p, 0, p)), "both sides"),
        (lambda x, w, s, p, d: by_torch(x, w, s, 0, d), "padding is ignored"),
        (lambda x, w, s, p, d: by_torch(x, w, s, p, 1), "dilation is ignored"),
        (dilation_only_in_the_size, "dilation is ignored"),
        (lambda x, w, s, p, d: by_torch(x, w, 1, p, d), "stride is ignored"),
        (stride_only_in_the_size, "stride is ignored"),
        (lambda x, w, s, p, d: by_torch(x, w, (s, 1), p, d), "rows only"),
        (lambda x, w, s, p, d: by_torch(x, w, s, p, d)[:-1, :-1], "one place more than there are steps"),
        (one_place_more, "round down"),
        (slice_too_short, "Kernels may be oblong"),
        (lambda x, w, s, p, d: by_torch(x, w, s, p, d)[None], "Two matrices go in"),
        (lambda x, w, s, p, d: by_torch(x, w, s, p, d)[:1], "formula of section 5"),
        (lambda x, w, s, p, d: 1.1 * by_torch(x, w, s, p, d), "stride 1, padding 0"),
        (lambda x, w, s, p, d: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_convolution_is_recognised(convolve, hint):
    assert_rejected(checks.check_convolve(convolve), hint)


@pytest.mark.parametrize(
    ("filter_bank", "hint"),
    [
        (lambda x, w, b: F.conv2d(x, w), "bias is missing"),
        (lambda x, w, b: F.conv2d(x, w, x.shape[1] * b), "once for each channel"),
        (lambda x, w, b: F.conv2d(x, w / x.shape[1], b), "averaged"),
        (lambda x, w, b: F.conv2d(x[:, :1], w[:, :1], b), "Only the first channel"),
        (lambda x, w, b: F.conv2d(x[:, -1:], w[:, -1:], b), "Only the last channel is left"),
        (lambda x, w, b: F.conv2d(x, w) + b, "give the bias the shape (filters, 1, 1)"),
        (lambda x, w, b: F.conv2d(x, w[:, :1].expand_as(w), b), "kernel of the first one"),
        (lambda x, w, b: F.conv2d(x, w.flip(2, 3), b), "The kernel is flipped"),
        (lambda x, w, b: F.conv2d(x, w, -b), "subtracted"),
        (lambda x, w, b: F.conv2d(x, w, b).sum(dim=1, keepdim=True), "a map of its own"),
        (lambda x, w, b: F.conv2d(x[:1], w, b)[0], "The shape should be"),
        (lambda x, w, b: F.conv2d(x, w, b, padding=1), "The shape should be"),
        (bank_loops, "A tensor is expected"),
    ],
)
def test_a_wrong_filter_bank_is_recognised(filter_bank, hint):
    assert_rejected(checks.check_filter_bank(filter_bank), hint)


def changed_cost(parameters=None, multiply_adds=None):
    """Return a `cost` of which one number comes from another formula."""

    def wrong(*setting):
        right = cost(*setting)
        return (
            parameters(*setting) if parameters else right[0],
            multiply_adds(*setting) if multiply_adds else right[1],
        )

    return wrong


def out(size, k, stride, padding, rounded=math.floor):
    return rounded((size + 2 * padding - k) / stride) + 1


@pytest.mark.parametrize(
    ("wrong_cost", "hint"),
    [
        (changed_cost(lambda i, o, k, n, s, p, g: o * i // g * k * k), "biases are missing"),
        (changed_cost(lambda i, o, k, n, s, p, g: o * i * k * k + o), "groups are ignored"),
        (changed_cost(lambda i, o, k, n, s, p, g: o * k * k + o), "every input channel"),
        (changed_cost(lambda i, o, k, n, s, p, g: o * i // g * k + o), "kernel_size squared"),
        (changed_cost(lambda i, o, k, n, s, p, g: o * i // g * k * k + i), "not for each input channel"),
        (
            changed_cost(lambda i, o, k, n, s, p, g: (o // g) * (i // g) * k * k + o),
            "number of filters stays",
        ),
        (
            changed_cost(None, lambda i, o, k, n, s, p, g: o * i // g * k * k * n * n),
            "not the pixels of the input",
        ),
        (
            changed_cost(None, lambda i, o, k, n, s, p, g: o * (i // g * k * k + 1) * out(n, k, s, p) ** 2),
            "biases are no multiplications",
        ),
        (
            changed_cost(None, lambda i, o, k, n, s, p, g: o * i * k * k * out(n, k, s, p) ** 2),
            "groups are ignored",
        ),
        (
            changed_cost(None, lambda i, o, k, n, s, p, g: o * i // g * k * k * out(n, k, s, p)),
            "height and width",
        ),
        (
            changed_cost(None, lambda i, o, k, n, s, p, g: 2 * o * i // g * k * k * out(n, k, s, p) ** 2),
            "as two",
        ),
        (
            changed_cost(None, lambda i, o, k, n, s, p, g: o * i // g * k * k * (out(n, k, s, p) - 1) ** 2),
            "steps plus 1",
        ),
        (
            changed_cost(
                None, lambda i, o, k, n, s, p, g: o * i // g * k * k * out(n, k, s, p, math.ceil) ** 2
            ),
            "rounded down",
        ),
        (lambda *setting: cost(*setting)[0], "Two numbers are expected"),
        (lambda *setting: cost(*setting)[::-1], "multiply-adds; parameters come first"),
        (lambda *setting: (1, 1), "Count for one output number first"),
    ],
)
def test_a_wrong_cost_is_recognised(wrong_cost, hint):
    assert_rejected(checks.check_cost(wrong_cost), hint)
