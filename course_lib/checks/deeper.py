"""Checks for notebook 10: residual blocks, counting work, and finding where the time goes."""

import torch
from torch import nn

from course_lib.checks import deeper_mistakes as mistakes
from course_lib.checks.report import (
    WrongAnswer,
    attempt,
    describe,
    exercise,
    require,
    require_close,
)


def as_number(result) -> float:
    """Return a learner's number, be it Python's, NumPy's or a tensor of one element."""
    try:
        return float(result)
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(f"A number is expected, got {describe(result)}.") from None


@exercise("10.1")
@torch.no_grad()
def check_residual_block(residual_block) -> str:
    """Check `residual_block(x, branch, projection)`; projection is None where the shapes agree."""
    generator = torch.Generator().manual_seed(0)
    for channels, stride in ((4, 1), (6, 2), (4, 2)):
        x = torch.randn(3, 4, 6, 6, generator=generator, dtype=torch.float64)
        branch = nn.Conv2d(4, channels, 3, stride=stride, padding=1, dtype=torch.float64)
        projection = None
        if stride > 1:
            projection = nn.Conv2d(4, channels, 1, stride=stride, dtype=torch.float64)
        for parameter in [p for module in (branch, projection) if module for p in module.parameters()]:
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
        result = attempt(residual_block, x, branch, projection)
        shortcut = x if projection is None else projection(x)
        expected = torch.relu(shortcut + branch(x))
        where = (
            f"(x {tuple(x.shape)}, output {tuple(expected.shape)}, {'a' if projection else 'no'} projection) "
        )
        mistakes.recognise(
            result, expected, mistakes.of_residual_block(x, branch(x), shortcut, projection), where
        )
        require_close(
            result, expected, f"{where}Shortcut plus branch, then ReLU; the shortcut is x or projection(x)."
        )
    return "The shortcut is added before the ReLU, and projected where the shapes differ."


@exercise("10.2")
def check_multiply_adds(multiply_adds) -> str:
    """Check `multiply_adds(in_channels, out_channels, height, width, kernel_size, stride, padding, groups)`."""
    for setting in (
        (1, 16, 28, 28, 3, 1, 1, 1), (16, 32, 14, 14, 3, 1, 1, 1), (3, 8, 32, 20, 5, 2, 0, 1),
        (8, 12, 9, 11, 3, 2, 1, 4), (6, 6, 7, 7, 3, 1, 1, 6), (10, 4, 5, 5, 1, 1, 0, 1),
    ):  # fmt: skip
        result = as_number(attempt(multiply_adds, *setting))
        expected, wrong = mistakes.of_multiply_adds(*setting)
        where = "(in {}, out {}, {} × {} pixels, kernel_size {}, stride {}, padding {}, groups {}) ".format(
            *setting
        )
        for hint, value in wrong:
            require(result != value or value == expected, where + hint)
        require(
            result == expected,
            f"{where}{result:,.0f} is not right. How many outputs are there, and how many products go into each?",
        )
    return "As many products for each output as its window has weights, in its own group of channels."


@exercise("10.3")
def check_fair_seconds(fair_seconds) -> str:
    """Check `fair_seconds(function, wait, clock, repeats)` on a machine that is made up, and so has no noise."""
    for asynchronous in (True, False):
        for repeats in (1, 5, 4, 9):
            machine = mistakes.Machine(repeats, asynchronous)
            result = as_number(
                attempt(fair_seconds, machine.function, machine.wait, machine.clock, repeats=repeats)
            )
            machine.examine(result)
    return "Warmed up, waited before and behind each call, and one slow repeat does not count."


@exercise("10.4")
def check_amdahl(amdahl) -> str:
    """Check `amdahl(share, factor)`: how many times as fast the whole gets."""
    for share, factor in ((0.3, 5.0), (0.4, 10.0), (0.9, 3.0), (1.0, 4.0), (0.25, 0.5), (0.0, 7.0)):
        result = as_number(attempt(amdahl, share, factor))
        expected = 1 / (1 - share + share / factor)
        where = f"(share {share}, factor {factor}) "
        for hint, value in mistakes.of_amdahl(share, factor):
            require(abs(result - value) > 1e-5 or abs(value - expected) <= 1e-5, where + hint)
        require(
            abs(result - expected) <= 1e-5,
            f"{where}{result:.4g} is not right. Let the whole take 1 before. How long does it take afterwards?",
        )
    return "What is not sped up sets the limit."


@exercise("10.5")
def check_ranking(ranking) -> str:
    """Check the order of the offers "A", "B" and "C", best first; see the exercise."""
    require(
        isinstance(ranking, str | list | tuple),
        f'The three letters are expected, best first, as in ["A", "B", "C"]; got {describe(ranking)}.',
    )
    letters = [str(letter).strip().upper() for letter in ranking]
    require(
        sorted(letters) == ["A", "B", "C"],
        f"Each of A, B and C has to stand there once; got {describe(ranking)}.",
    )
    hints = {
        "A": "A makes data nearly free, but more than 0.7 of the time is something else. Compute all three sums.",
        "C": "C makes the optimiser free, which saves a tenth. Compute what is left of the time with A and with B.",
    }
    require(letters[0] == "B", hints.get(letters[0], ""))
    require(
        letters == ["B", "A", "C"], "The best is right. C can save no more than a tenth; what does A save?"
    )
    return "After B 0.7 of the time is left, after A 0.71 and after C 0.9: the share counts more than the factor."
