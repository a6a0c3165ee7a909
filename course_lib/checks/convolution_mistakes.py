"""Typical wrong answers to the exercises of notebook 02, each with the hint that meets it."""

from collections.abc import Callable
from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks.report import WrongAnswer, attempt, require

ONE_SIDE = "Padding goes on both sides, so there are 2·padding pixels more."
NO_DILATION = "The dilation is ignored: with dilation d the weights lie d pixels apart."
NOT_SPAN = "Between k weights there are k - 1 gaps, so the kernel spans d·(k - 1) + 1 pixels and not d·k."
FLIPPED = "The kernel is flipped. Here the first weight lies on the first pixel of the window."
GROUPS = "The groups are ignored: a filter sees the channels of its own group only."


def attempt_with_hint(hint: str, function: Callable, *arguments):
    """Call the learner's function as `attempt` does; where sizes do not fit together, add a hint to torch's words."""
    try:
        return attempt(function, *arguments)
    except WrongAnswer as wrong:
        unfit = any(word in str(wrong) for word in ("must match", "equal size", "broadcast"))
        raise WrongAnswer(f"{wrong} {hint}".rstrip() if unfit else str(wrong)) from wrong


def recognise(result: Tensor, expected: Tensor, mistakes: list[tuple[str, Tensor]]) -> None:
    """Raise `WrongAnswer` with its hint if the result is that of a mistake, and that mistake shows here."""
    for hint, wrong in mistakes:
        shows = wrong.shape != expected.shape or not torch.allclose(wrong, expected, atol=1e-4)
        if shows and result.shape == wrong.shape:
            require(not torch.allclose(result, wrong.double(), atol=1e-4), hint)


def correlate(image: Tensor, kernel: Tensor, **settings) -> Tensor:
    """Return torch's conv2d of two matrices."""
    return F.conv2d(image[None, None], kernel[None, None], **settings)[0, 0]


def of_flip(image: Tensor, kernel: Tensor) -> list[tuple[str, Tensor]]:
    """Return wrong answers to exercise 2.1, first part."""
    return [
        ("That is the cross-correlation: nothing is flipped.", correlate(image, kernel)),
        ("Only the rows are exchanged. Flip along both axes.", correlate(image, kernel.flip(0))),
        ("Only the columns are exchanged. Flip along both axes.", correlate(image, kernel.flip(1))),
        (
            "Transposing exchanges rows and columns; it does not flip. Try flip(0, 1).",
            correlate(image, kernel.T),
        ),
        (
            "You flipped the image, so the output is upside down. Flip the kernel.",
            correlate(image.flip(0, 1), kernel),
        ),
        (
            "In your outermost places the kernel hangs over the border: no padding is wanted here.",
            correlate(image, kernel.flip(0, 1), padding=(kernel.shape[0] - 1, kernel.shape[1] - 1)),
        ),
    ]


def of_move_right(picture: Tensor) -> list[tuple[str, Tensor]]:
    """Return wrong answers to exercise 2.1, second part."""
    mistakes = []
    for name, (row, column) in {"left": (1, 2), "downwards": (0, 1), "upwards": (2, 1)}.items():
        wrong = torch.zeros(3, 3)
        wrong[row, column] = 1
        hint = f"move_right moves the picture {name}. Output pixel (i, j) should be the pixel to its left, (i, j - 1)."
        mistakes.append((hint, correlate(picture, wrong, padding=1)))
    mistakes.append(
        ("move_right leaves the picture where it is. Which neighbour should each pixel copy?", picture)
    )
    return mistakes


def of_size(n: int, k: int, s: int, p: int, d: int) -> list[tuple[str, int]]:
    """Return wrong answers to exercise 2.2."""
    span, room = d * (k - 1) + 1, n + 2 * p
    return [
        ("A step that leads outside is not taken: round down.", ceil((room - span) / s) + 1),
        ("The first place needs no step: add 1.", (room - span) // s),
        (ONE_SIDE, (n + p - span) // s + 1),
        (NO_DILATION, (room - k) // s + 1),
        (NOT_SPAN, (room - d * k) // s + 1),
        ("The padding is missing.", (n - span) // s + 1),
        ("The stride is missing.", room - span + 1),
    ]


def of_convolve(image: Tensor, kernel: Tensor, s: int, p: int, d: int) -> list[tuple[str, Tensor]]:
    """Return wrong answers to exercise 2.3."""
    right = correlate(image, kernel, stride=s, padding=p, dilation=d)
    upper_left, lower_right = F.pad(image, (p, 0, p, 0)), F.pad(image, (0, p, 0, p))
    return [
        (FLIPPED, correlate(image, kernel.flip(0, 1), stride=s, padding=p, dilation=d)),
        (ONE_SIDE, correlate(upper_left, kernel, stride=s, dilation=d)),
        (ONE_SIDE, correlate(lower_right, kernel, stride=s, dilation=d)),
        ("The padding is ignored.", correlate(image, kernel, stride=s, dilation=d)),
        (NO_DILATION, correlate(image, kernel, stride=s, padding=p)),
        (NO_DILATION, correlate(image, kernel, stride=s, padding=p)[: right.shape[0], : right.shape[1]]),
        ("The stride is ignored.", correlate(image, kernel, padding=p, dilation=d)),
        (
            "The stride is ignored when the window moves.",
            correlate(image, kernel, padding=p, dilation=d)[: right.shape[0], : right.shape[1]],
        ),
        (
            "The stride holds for rows only; columns need it, too.",
            correlate(image, kernel, stride=(s, 1), padding=p, dilation=d),
        ),
        (
            "The last row and column of places are missing: there is one place more than there are steps.",
            right[:-1, :-1],
        ),
    ]


def shape_hint(found: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """Return what may be behind an output of exercise 2.3 of another shape; empty if it has the right one."""
    if found == expected:
        return ""
    if len(found) != 2:
        return "Two matrices go in, and one comes out: (height, width)."
    if all(0 <= a - b <= 1 for a, b in zip(found, expected, strict=True)):
        return "That is one place too many: round down, a step that leads outside is not taken."
    if all(-1 <= a - b <= 0 for a, b in zip(found, expected, strict=True)):
        return "That is one place too few: there is one place more than there are steps."
    return "How many places are there? See the formula of section 5."


def of_filter_bank(images: Tensor, weight: Tensor, bias: Tensor) -> list[tuple[str, Tensor]]:
    """Return wrong answers to exercise 2.4."""
    plain, offset, channels = F.conv2d(images, weight), bias.view(1, -1, 1, 1), images.shape[1]
    return [
        ("The bias is missing: one number for each filter, added everywhere in its map.", plain),
        ("The bias is added once for each channel. It is added once, to the sum.", plain + channels * offset),
        ("The channels are averaged. They are added up.", plain / channels + offset),
        (
            "Only the first channel is used. Each filter has a kernel for every channel.",
            F.conv2d(images[:, :1], weight[:, :1], bias),
        ),
        (
            "Only the last channel is left: each one has overwritten the one before. Add them up.",
            F.conv2d(images[:, -1:], weight[:, -1:], bias),
        ),
        (
            "All channels get the kernel of the first one. weight[filter, channel] is the kernel of a channel.",
            F.conv2d(images.sum(dim=1, keepdim=True), weight[:, :1], bias),
        ),
        (FLIPPED, F.conv2d(images, weight.flip(2, 3), bias)),
        ("The bias is subtracted.", plain - offset),
        (
            "The filters are added up. Each filter gives a map of its own.",
            (plain + offset).sum(dim=1, keepdim=True),
        ),
    ]


def of_parameters(c_in: int, c_out: int, k: int, groups: int) -> list[tuple[str, int]]:
    """Return wrong answers to exercise 2.5, first number."""
    weights = c_out * (c_in // groups) * k**2
    return [
        ("The biases are missing, one for each filter.", weights),
        (GROUPS, c_out * c_in * k**2 + c_out),
        ("Each filter has a kernel for every input channel of its group.", c_out * k**2 + c_out),
        ("A kernel has height and width: kernel_size squared.", c_out * (c_in // groups) * k + c_out),
        ("There is one bias for each filter, not for each input channel.", weights + c_in),
        (
            "Only the input channels are divided by the groups; the number of filters stays.",
            (c_out // groups) * (c_in // groups) * k**2 + c_out,
        ),
    ]


def of_multiply_adds(
    weights: int, c_out: int, size: int, out_size: int, groups: int
) -> list[tuple[str, int]]:
    """Return wrong answers to exercise 2.5, second number."""
    return [
        ("Count the places of the output, not the pixels of the input.", weights * size**2),
        ("The biases are no multiplications.", (weights + c_out) * out_size**2),
        (GROUPS, weights * groups * out_size**2),
        ("The output has height and width.", weights * out_size),
        ("That counts a product and its addition as two. A multiply-add is one.", 2 * weights * out_size**2),
        ("The number of places is the number of steps plus 1.", weights * (out_size - 1) ** 2),
        ("The number of places is rounded down.", weights * (out_size + 1) ** 2),
    ]
