"""Checks for notebook 13."""

from numbers import Integral

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks import transposed_convolution_mistakes as mistakes
from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require, require_close
from course_lib.layers.transposed import insert_zeros, overlap_counts


def _random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _tensor(result) -> Tensor:
    """Return what a learner's function gave as a float64 tensor; lists and arrays are welcome, too."""
    try:
        return torch.as_tensor(result).detach().cpu().double()
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(f"A tensor is expected, got {describe(result)}.") from None


@exercise("13.1")
def check_scatter(scatter) -> str:
    """Check `scatter(maps, kernel, stride, padding)` for two matrices of several sizes."""
    for stride, padding in ((1, 0), (2, 0), (3, 0), (2, 1), (1, 2), (3, 1)):
        for size, kernel_size in (((3, 4), (3, 3)), ((4, 3), (5, 4))):
            maps, kernel = _random(*size), _random(*kernel_size, seed=1)
            result = _tensor(attempt(scatter, maps, kernel, stride, padding))
            expected = mistakes.stamped(maps, kernel, stride, padding)
            mistakes.recognise(result, expected, mistakes.of_scatter(maps, kernel, stride, padding))
            setting = f"{size} pixels, kernel {kernel_size}, stride {stride}, padding {padding}."
            require_close(result, expected, f"Here: {setting} Pixel (i, j) stamps from (s·i, s·j) on.")
    return "Every pixel stamps, stamps add up, and padding takes the frame away."


@exercise("13.2")
def check_insert_zeros(insert) -> str:
    """Check `insert_zeros(maps, stride)` on maps with batch and channels."""
    for stride, shape in ((2, (1, 1, 3, 3)), (3, (2, 3, 2, 4)), (1, (1, 2, 3, 2)), (2, (3, 2, 1, 5))):
        maps = _random(*shape)
        result = _tensor(attempt(insert, maps, stride))
        expected = insert_zeros(maps, stride)
        mistakes.recognise(result, expected, mistakes.of_insert_zeros(maps, stride))
        hint = f"Stride {stride}, maps of {shape[2]} × {shape[3]}: s - 1 zeros between neighbours, none at the ends."
        require_close(result, expected, hint)
    return "The pixels lie `stride` apart, with zeros between them and none around them."


PADDING_CASES = (  # small, large, kernel_size, stride, padding
    (7, 14, 4, 2, 1), (7, 14, 3, 2, 1), (7, 13, 3, 2, 1), (7, 15, 3, 2, 1), (7, 14, 5, 2, 2), (4, 12, 5, 3, 1),
    (5, 16, 3, 3, 0), (5, 10, 3, 2, 0), (1, 7, 7, 1, 0), (6, 6, 3, 1, 1), (6, 7, 3, 1, 1), (7, 14, 4, 2, 0),
    (7, 17, 3, 2, 1),
)  # fmt: skip


@exercise("13.3")
def check_output_padding(output_padding_for) -> str:
    """Check `output_padding_for(small, large, kernel_size, stride, padding)`; None where there is none."""
    given = []
    for case in PADDING_CASES:
        try:
            answer = attempt(output_padding_for, *case)
        except WrongAnswer as wrong:
            if "returns None" not in str(wrong):
                raise
            answer = None
        whole = isinstance(answer, float | Tensor) and float(answer).is_integer()
        given.append(int(answer) if whole else answer)
    require(
        any(answer is not None for answer in given),
        "It returns None for every setting. Is a 'return' missing?",
    )
    for answer in given:
        require(
            answer is None or isinstance(answer, Integral),
            f"A whole number or None is expected, got {describe(answer)}.",
        )
    expected = [mistakes.output_padding(*case) for case in PADDING_CASES]
    if given != expected:
        for hint, wrong in mistakes.OF_OUTPUT_PADDING:
            require(given != [wrong(*case) for case in PADDING_CASES], hint)
    for case, answer, wanted in zip(PADDING_CASES, given, expected, strict=True):
        small, large, k, s, p = case
        require(
            answer == wanted,
            f"From {small} to {large} with kernel {k}, stride {s}, padding {p} you say {answer}. Without it the size "
            f"is s·(n - 1) + k - 2p = {s * (small - 1) + k - 2 * p}; what is missing must be from 0 to s - 1, "
            "else the answer is None.",
        )
    return "You found the missing pixels, and the sizes that no output padding reaches."


@exercise("13.4")
def check_overlap(overlap) -> str:
    """Check `overlap(size, kernel_size, stride, padding)`, a list of counts, in one dimension."""
    for case in (
        (4, 3, 2, 0),
        (4, 4, 2, 0),
        (5, 5, 3, 0),
        (5, 3, 2, 1),
        (4, 6, 3, 2),
        (3, 2, 3, 0),
        (6, 5, 1, 2),
    ):
        size, kernel_size, stride, padding = case
        counts = _tensor(attempt(overlap, *case))
        expected = torch.tensor(overlap_counts(*case)).double()
        mistakes.recognise(counts, expected, mistakes.of_overlap(*case))
        setting = f"size {size}, kernel {kernel_size}, stride {stride}, padding {padding}"
        hint = f"({setting}) Input i reaches the output pixels s·i to s·i + k - 1, before padding takes p off each end."
        require_close(counts, expected, hint)
    return "Each pixel knows how many stamps it gets, and a divisible kernel makes the numbers equal inside."


@exercise("13.5")
def check_pixel_shuffle(shuffle) -> str:
    """Check `shuffle(maps, factor)` against torch's pixel shuffle."""
    for factor, channels, shape in ((2, 1, (3, 4)), (2, 3, (2, 5)), (3, 2, (4, 3))):
        maps = _random(2, channels * factor**2, *shape)
        result = _tensor(attempt(shuffle, maps, factor))
        expected = F.pixel_shuffle(maps, factor)
        mistakes.recognise(result, expected, mistakes.of_pixel_shuffle(maps, factor))
        hint = f"Factor {factor}: channel c·r² + r·i + j of pixel (y, x) goes to channel c, pixel (r·y + i, r·x + j)."
        require_close(result, expected, hint)
    return "Channels have become pixels, each in its place."
