"""The checks of notebook 03 on differences, matrices and unfolding: right passes, mistakes are told apart."""

import pytest
import torch

from course_lib.checks import convolution_gradients as checks
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.layers.unfolding import unfold


def stub(*arguments):
    raise NotImplementedError  # replace this line


@pytest.mark.parametrize(
    "check",
    [
        checks.check_numerical_gradient,
        checks.check_bias_and_weight_gradients,
        checks.check_im2col,
        checks.check_conv2d_gradients,
    ],
)
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED


def test_untouched_answers_are_not_attempted():
    assert checks.check_matrices([..., ..., ...]).status == NOT_ATTEMPTED


def assert_refused(check, answer, hint):
    result = check(answer)
    assert result.status == WRONG
    assert hint in result.message


# 3.1 the numerical gradient


def differences(measure):
    """Return a numerical gradient whose entries are measure(f(x + h), f(x), f(x - h), h)."""

    def numerical_gradient(function, x, step):
        result = torch.zeros_like(x)
        for index in range(x.numel()):
            nudge = torch.zeros_like(x)
            nudge.view(-1)[index] = step
            result.view(-1)[index] = measure(function(x + nudge), function(x), function(x - nudge), step)
        return result

    return numerical_gradient


central = differences(lambda above, at, below, step: (above - below) / (2 * step))


def numerical_gradient_in_place(function, x, step):
    slopes = []
    entries = x.flatten()
    for index in range(len(entries)):
        before = entries[index].item()
        entries[index] = before + step
        larger = float(function(entries.view_as(x)))
        entries[index] = before - step
        slopes.append((larger - float(function(entries.view_as(x)))) / (2 * step))
        entries[index] = before
    return torch.tensor(slopes, dtype=torch.float32).view_as(x)


def exact_gradient(function, x, step):
    tracked = x.clone().requires_grad_()
    return torch.autograd.grad(function(tracked), tracked)[0]


def never_put_back(function, x, step):
    result, x = torch.zeros_like(x), x.clone()
    for index in range(x.numel()):
        x.view(-1)[index] += step
        larger = function(x)
        x.view(-1)[index] -= 2 * step
        result.view(-1)[index] = (larger - function(x)) / (2 * step)
    return result


def all_at_once(function, x, step):
    return torch.full_like(x, ((function(x + step) - function(x - step)) / (2 * step)).item())


def same_tensor_twice(function, x, step):
    result = torch.zeros_like(x)
    for index in range(x.numel()):
        plus = minus = x
        plus.view(-1)[index] += step
        minus.view(-1)[index] -= step
        result.view(-1)[index] = (function(plus) - function(minus)) / (2 * step)
    return result


@pytest.mark.parametrize("answer", [central, numerical_gradient_in_place])
def test_numerical_gradient_accepts(answer):
    assert checks.check_numerical_gradient(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (differences(lambda above, at, below, step: (above - at) / step), "forward difference"),
        (differences(lambda above, at, below, step: (at - below) / step), "backward difference"),
        (differences(lambda above, at, below, step: (above - below) / step), "Twice too large"),
        (differences(lambda above, at, below, step: above - below), "not its slope"),
        (differences(lambda above, at, below, step: (below - above) / (2 * step)), "sign"),
        (exact_gradient, "Autograd cannot be its own judge"),
        (never_put_back, "stays nudged"),
        (all_at_once, "nudged at once"),
        (same_tensor_twice, "the same tensor"),
        (lambda function, x, step: central(function, x, step).flatten()[0], "The shape should be"),
        (lambda function, x, step: central(function, x, step) + 0.01, "a value is off"),
    ],
)
def test_numerical_gradient_refuses(answer, hint):
    assert_refused(checks.check_numerical_gradient, answer, hint)


# 3.2 the matrices

MATRICES = [(16, 36, 144), (36, 36, 256), (27, 98, 486)]


@pytest.mark.parametrize("answer", [MATRICES, tuple(list(matrix) for matrix in MATRICES)])
def test_matrices_accepts(answer):
    assert checks.check_matrices(answer).status == CORRECT


def with_answer(number, answer):
    return [*MATRICES[: number - 1], answer, *MATRICES[number:]]


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (with_answer(1, (36, 16, 144)), "exchanged"),
        (with_answer(1, (16, 36, 576)), "counts all entries"),
        (with_answer(1, (16, 36, 9)), "nine different numbers"),
        (with_answer(2, (16, 36, 144)), "Rows: with this stride and padding"),
        (with_answer(2, (36, 64, 324)), "zeros of the padding are no inputs"),
        (with_answer(2, (36, 36, 324)), "lie in the padding"),
        (with_answer(3, (75, 98, 1350)), "Rows: with this stride and padding"),
        (with_answer(3, (9, 98, 162)), "every output channel"),
        (with_answer(3, (27, 49, 243)), "every input channel"),
        (with_answer(3, (27, 98, 243)), "all input channels"),
        (with_answer(3, (27, 98, 54)), "written once for each place"),
        (with_answer(3, (27, 98, 487)), "that lie on the image"),
        (with_answer(3, (27, 98)), "three numbers are expected"),
        (with_answer(3, ...), "still three dots"),
        (144, "A list of three answers"),
    ],
)
def test_matrices_refuses(answer, hint):
    assert_refused(checks.check_matrices, answer, hint)


# 3.4 unfold


def windows(x, size, stride=1):
    return x.unfold(2, size, stride).unfold(3, size, stride)  # (batch, channels, places…, size, size)


def im2col_by_places(images, kernel_size, stride):
    rows, columns = ((length - kernel_size) // stride + 1 for length in images.shape[2:])
    patches = [
        images[:, :, stride * i : stride * i + kernel_size, stride * j : stride * j + kernel_size].flatten(1)
        for i in range(rows)
        for j in range(columns)
    ]
    return torch.stack(patches, dim=2).float()


def arranged(order):
    """Return an im2col that puts (batch, channels, rows, columns, u, v) into another order."""

    def im2col(images, kernel_size, stride):
        patches = windows(images, kernel_size, stride)
        places = patches.shape[2] * patches.shape[3]
        return patches.permute(*order).reshape(len(images), -1, places)

    return im2col


def patches_turned(images, k, s):
    return unfold(images, k, stride=s).unflatten(1, (-1, k * k)).flip(2).flatten(1, 2)


def slices_without_end(images, k, s):
    height, width = images.shape[2] - k + 1, images.shape[3] - k + 1
    met = [images[:, :, a : a + height : s, b : b + width : s] for a in range(k) for b in range(k)]
    if s > 1:
        met = [images[:, :, a::s, b::s] for a in range(k) for b in range(k)]
    return torch.stack(met, dim=2).flatten(3).flatten(1, 2)


def slices_without_end_into_zeros(images, k, s):
    patches = torch.zeros(*images.shape[:2], k, k, *((size - k) // s + 1 for size in images.shape[2:]))
    for a in range(k):
        for b in range(k):
            patches[:, :, a, b] = images[:, :, a::s, b::s]
    return patches.flatten(4).flatten(1, 3)


@pytest.mark.parametrize(
    "answer",
    [
        im2col_by_places,
        lambda images, kernel_size, stride: unfold(images, kernel_size, stride=stride),
        arranged((0, 1, 4, 5, 2, 3)),
    ],
)
def test_im2col_accepts(answer):
    assert checks.check_im2col(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda images, k, s: unfold(images, k, stride=s).mT, "Patches and places are exchanged"),
        (arranged((0, 4, 5, 1, 2, 3)), "Channels come first"),
        (arranged((0, 1, 4, 5, 3, 2)), "column by column"),
        (arranged((0, 1, 5, 4, 2, 3)), "Rows and columns of the kernel"),
        (patches_turned, "turned by 180 degrees"),
        (lambda images, k, s: unfold(images, k), "The stride is ignored"),
        (lambda images, k, s: unfold(images, k, dilation=s), "stride was used within the patch"),
        (slices_without_end, "Does every slice end at a + stride · rows"),
        (slices_without_end_into_zeros, "Does every slice end at a + stride · rows"),
        (lambda images, k, s: unfold(images[:, :1], k, stride=s), "The shape should be"),
        (lambda images, k, s: unfold(images, k, stride=s) + 1, "holds the pixels that this weight meets"),
    ],
)
def test_im2col_refuses(answer, hint):
    assert_refused(checks.check_im2col, answer, hint)


def test_the_default_type_does_not_matter():
    torch.set_default_dtype(torch.float64)  # notebook 03 does so
    try:
        assert checks.check_numerical_gradient(central).status == CORRECT
        assert checks.check_matrices(MATRICES).status == CORRECT
        assert checks.check_im2col(im2col_by_places).status == CORRECT
    finally:
        torch.set_default_dtype(torch.float32)
