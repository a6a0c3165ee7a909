"""Checks for notebook 02."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks import convolution_mistakes as mistakes
from course_lib.checks.report import (
    NotAttempted,
    WrongAnswer,
    attempt,
    describe,
    exercise,
    require,
    require_close,
)


def _random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def _tensor(result) -> Tensor:
    """Return what a learner's function gave as a tensor; lists and arrays are welcome, too."""
    try:
        return torch.as_tensor(result).detach().double()
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(f"A tensor is expected, got {describe(result)}.") from None


@exercise("2.1")
def check_flip(true_convolution, move_right) -> str:
    """Check `true_convolution(image, kernel)` and the kernel that moves a picture to the right."""
    try:
        _require_flip(true_convolution)
    except NotAttempted:
        if move_right is None:
            raise
        _require_move_right(move_right)
        raise WrongAnswer("move_right is right. Now write true_convolution.") from None
    require(
        move_right is not None, "true_convolution is right. Now find move_right, three rows of three numbers."
    )
    _require_move_right(move_right)
    return "The flip is along both axes, and the picture moves against the 1 in the kernel."


def _require_flip(true_convolution) -> None:
    for kernel_size in ((3, 3), (2, 2), (2, 3)):
        image, kernel = _random(6, 7), _random(*kernel_size, seed=1)
        result = _tensor(attempt(true_convolution, image, kernel))
        expected = mistakes.correlate(image, kernel.flip(0, 1))
        mistakes.recognise(result, expected, mistakes.of_flip(image, kernel))
        require_close(
            result, expected, "Flip the kernel along both axes, then do what slide does, no padding."
        )


def _require_move_right(move_right) -> None:
    kernel, picture = _tensor(move_right).float(), _random(6, 7)
    require(kernel.shape == (3, 3), f"move_right should be three rows of three, got {describe(move_right)}.")
    moved = mistakes.correlate(picture, kernel, padding=1).double()
    expected = F.pad(picture, (1, 0))[:, :-1]
    mistakes.recognise(moved, expected, mistakes.of_move_right(picture))
    hint = "move_right has one weight of 1 and eight of 0: each pixel copies one neighbour."
    require(torch.allclose(moved, expected.double(), atol=1e-5), hint)


SIZES = (
    (32, 5, 1, 0, 1),
    (28, 5, 1, 2, 1),
    (15, 4, 3, 0, 1),
    (20, 3, 1, 0, 3),
    (30, 3, 2, 6, 5),
    (6, 3, 1, 0, 3),
)


@exercise("2.2")
def check_sizes(sizes) -> str:
    """Check the six output sizes, each of (n, k, stride, padding, dilation); None where the kernel fits nowhere."""
    require(
        isinstance(sizes, list | tuple) and len(sizes) == len(SIZES),
        f"A list of {len(SIZES)} sizes is expected, got {describe(sizes)}.",
    )
    if any(size is ... for size in sizes):
        require(all(size is ... for size in sizes), "Some of the sizes are still three dots.")
        raise NotAttempted
    for number, (answer, (n, k, s, p, d)) in enumerate(zip(sizes, SIZES, strict=True), start=1):
        span, room = d * (k - 1) + 1, n + 2 * p
        expected = (room - span) // s + 1 if span <= room else None
        hints = [hint for hint, wrong in mistakes.of_size(n, k, s, p, d) if wrong == answer]
        if isinstance(answer, float) and not answer.is_integer():
            hints = ["It is not whole: round down, a step that leads outside is not taken."]
        if expected is None and mistakes.NO_DILATION not in hints:
            hints = [f"The kernel spans {span} pixels and there are {room}. It fits nowhere."]
        hints.append("How far does the kernel reach, where may it begin, how many steps fit in?")
        require(answer == expected, f"Size {number}, {describe(answer)}, is not right. {hints[0]}")
    return "All sizes are right, and you saw which kernel fits nowhere."


@exercise("2.3")
def check_convolve(convolve) -> str:
    """Check `convolve(image, kernel, stride, padding, dilation)` for one channel."""
    cases = ((1, 0, 1), (2, 0, 1), (3, 0, 1), (1, 2, 1), (1, 0, 2), (2, 1, 1), (2, 3, 2), (3, 2, 3))
    for stride, padding, dilation in cases:
        for image_size, kernel_size in (((9, 11), (3, 3)), ((10, 8), (2, 3))):
            image, kernel = _random(*image_size), _random(*kernel_size, seed=1)
            expected = mistakes.correlate(image, kernel, stride=stride, padding=padding, dilation=dilation)
            end = "Does the slice end at beginning + d·(k − 1) + 1? Kernels may be oblong."
            result = _tensor(
                mistakes.attempt_with_hint(end, convolve, image, kernel, stride, padding, dilation)
            )
            wrong = mistakes.of_convolve(image, kernel, stride, padding, dilation)
            mistakes.recognise(result, expected, wrong)
            setting = f"stride {stride}, padding {padding}, dilation {dilation}"
            hint = f"Image {image_size}, kernel {kernel_size}, {setting}. "
            hint += mistakes.shape_hint(tuple(result.shape), tuple(expected.shape))
            require_close(result, expected, hint)
    return "Stride, padding and dilation are right, also all together."


@exercise("2.4")
def check_filter_bank(filter_bank) -> str:
    """Check `filter_bank(images, weight, bias)`: several channels, several filters, a bias."""
    for batch, channels, filters, kernel_size in ((1, 3, 4, (3, 3)), (2, 3, 3, (2, 3)), (3, 2, 5, (1, 1))):
        images, bias = _random(batch, channels, 6, 7), _random(filters, seed=2)
        weight = _random(filters, channels, *kernel_size, seed=1)
        shape = "If it is the bias that does not fit: give the bias the shape (filters, 1, 1)."
        result = _tensor(mistakes.attempt_with_hint(shape, filter_bank, images, weight, bias))
        expected = F.conv2d(images, weight, bias)
        mistakes.recognise(result, expected, mistakes.of_filter_bank(images, weight, bias))
        hint = "For each filter add the answers over the channels, then the bias; the shape is (batch, filters, ...)."
        require_close(result, expected, hint)
    return "Channels are added, filters are stacked, and the bias comes once."


@exercise("2.5")
def check_cost(cost) -> str:
    """Check `cost(in_channels, out_channels, kernel_size, size, stride, padding, groups)`."""
    for setting in (
        (1, 16, 3, 28, 1, 0, 1),
        (3, 8, 5, 32, 1, 2, 1),
        (16, 32, 3, 28, 2, 1, 1),
        (8, 12, 3, 15, 2, 0, 4),
    ):
        answer = attempt(cost, *setting)
        require(
            isinstance(answer, list | tuple) and len(answer) == 2,
            f"Two numbers are expected, parameters and multiply-adds, got {describe(answer)}.",
        )
        c_in, c_out, k, size, stride, padding, groups = setting
        layer = nn.Conv2d(c_in, c_out, k, stride=stride, padding=padding, groups=groups, device="meta")
        parameters = sum(parameter.numel() for parameter in layer.parameters())
        out_size = layer(torch.empty(1, c_in, size, size, device="meta")).shape[-1]
        weights = parameters - c_out
        wrong = mistakes.of_parameters(c_in, c_out, k, groups)
        wrong.append(("That is the number of multiply-adds; parameters come first.", weights * out_size**2))
        _require_count("Parameters", answer[0], parameters, setting, wrong)
        wrong = mistakes.of_multiply_adds(weights, c_out, size, out_size, groups)
        _require_count("Multiply-adds", answer[1], weights * out_size**2, setting, wrong)
    return "Few parameters, many multiply-adds: each weight works at every place."


def _require_count(
    name: str, found, expected: int, setting: tuple[int, ...], wrong: list[tuple[str, int]]
) -> None:
    hints = [hint for hint, count in wrong if count == found] + [
        "Count for one output number first, then for all."
    ]
    where = "{} → {} channels, kernel {}, image {}, stride {}, padding {}, groups {}".format(*setting)
    require(found == expected, f"{name} for {where}: you get {describe(found)}. {hints[0]}")
