"""Checks for notebook 15: how good is a generator?"""

import torch
from torch import Tensor

from course_lib.checks import evaluating_generators_mistakes as mistakes
from course_lib.checks import evaluating_generators_pair_mistakes as pair_mistakes
from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require, require_close


@exercise("15.1")
def check_frechet_on_a_line(frechet_on_a_line) -> str:
    """Check `frechet_on_a_line(mean_a, variance_a, mean_b, variance_b)` on several pairs of Gaussians."""
    for numbers in (
        (1.0, 9.0, -0.8, 0.25),
        (0.0, 4.0, 0.0, 4.0),
        (-0.3, 0.0, 0.4, 2.25),
        (0.2, 0.36, 0.0, 6.25),
    ):
        expected, wrong = mistakes.on_a_line(*numbers)
        result = mistakes.as_numbers(attempt(frechet_on_a_line, *numbers))
        setting = "For means {0:g} and {2:g} and variances {1:g} and {3:g}:".format(*numbers)
        _examine(
            result, expected, wrong, f"{setting} the squared shift plus the squared difference of the σ."
        )
    return "Shift and spread, both squared."


NEGATIVE = (
    "Where two features say the same, an eigenvalue is 0; round-off can push it below, and its root is no number. Cut "
    "off at 0 with clamp(min=0) before taking roots."
)


@exercise("15.2")
def check_frechet(frechet) -> str:
    """Check `frechet(features_a, features_b)` on correlated features, and on a feature that is always 0."""
    for seed, (count_a, count_b, width), copies in (
        (0, (40, 25, 3), False),
        (1, (30, 50, 5), False),
        (2, (60, 60, 4), True),
    ):
        features = _features(seed, count_a, count_b, width)
        if copies:  # two features say the same: an eigenvalue is 0, and round-off may push it below
            for part in features:
                part[:, 1] = part[:, 0]
        expected, wrong = mistakes.frechet(*features)
        try:
            result = mistakes.as_numbers(attempt(frechet, *features))
        except WrongAnswer as error:  # of a NaN, eigh raises an error of its own
            require(not (copies and "linalg" in str(error)), f"{NEGATIVE} ({error})")
            raise
        require(bool(result.isfinite().all()), f"The result is not a number. {NEGATIVE}")
        _examine(
            result, expected, wrong, "In float64: ‖μ_a - μ_b‖² + tr Σ_a + tr Σ_b - 2 tr (√Σ_a Σ_b √Σ_a)^½"
        )
    return "Means and covariances are right, and so is the root, even where two features say the same."


def _features(seed: int, count_a: int, count_b: int, width: int) -> tuple[Tensor, Tensor]:
    """Return two sets of correlated features with different axes, float64."""
    random = torch.Generator().manual_seed(seed)
    sets = []
    for count, shift in ((count_a, 0.4), (count_b, -0.5)):
        mix = torch.randn(width, width, generator=random, dtype=torch.float64)
        sets.append(torch.randn(count, width, generator=random, dtype=torch.float64) @ mix + shift)
    return tuple(sets)


@exercise("15.3")
def check_kernel_distance(kernel_distance) -> str:
    """Check `kernel_distance(real, fake, kernel)` with two kernels and sets of unequal size."""
    cases = ((2, (12, 12), "cubic"), (1, (5, 9), "bell"), (0, (6, 4), "cubic"))  # one of them lies below 0
    for seed, counts, name in cases:
        kernel = getattr(pair_mistakes, name)
        real, fake = _features(seed, *counts, 3)
        expected, wrong = pair_mistakes.kernel_distance(real, fake, kernel)
        result = mistakes.as_numbers(attempt(kernel_distance, real, fake, kernel))
        hint = "Mean over pairs within the real, plus within the generated, minus twice that between."
        _examine(result, expected, wrong, hint)
    return "No sample is paired with itself, and an estimate below 0 stays below 0."


@exercise("15.4")
def check_density_coverage(density_coverage) -> str:
    """Check `density_coverage(real_to_real, fake_to_real, neighbours)` on distances of random points."""
    for seed, (real_count, fake_count), k in ((0, (12, 9), 2), (1, (20, 30), 3), (2, (15, 15), 1)):
        random = torch.Generator().manual_seed(seed)
        real = torch.randn(real_count, 2, generator=random, dtype=torch.float64)
        fake = 0.6 * torch.randn(fake_count, 2, generator=random, dtype=torch.float64)
        real_to_real, fake_to_real = torch.cdist(real, real), torch.cdist(fake, real)
        real_to_real.fill_diagonal_(0)
        expected, wrong = pair_mistakes.density_coverage(real_to_real, fake_to_real, k)
        answer = attempt(density_coverage, real_to_real, fake_to_real, k)
        if mistakes.as_numbers(answer).shape != (2,):
            raise WrongAnswer(f"A pair is expected, density and coverage, got {describe(answer)}.")
        hint = "Ball i reaches from real sample i to its k-th nearest other real sample."
        _examine(mistakes.as_numbers(answer), expected, wrong, hint)
    return "Balls around the real samples only, and both averages over the right set."


STATEMENTS = {
    "a": (
        False,
        "The counts differ: 2,000 samples give a higher distance than 10,000 of the same generator.",
    ),
    "b": (
        False,
        "An estimate that is right on average for equal distributions must lie below 0 now and then.",
    ),
    "c": (True, "Of what it draws nearly all lies among the real images; of the real ones it reaches few."),
    "d": (False, "A generator that hands out training images gets the same four numbers."),
    "e": (False, "Distances on other features have another scale; they cannot be compared at all."),
    "f": (
        True,
        "Test images are new; who comes much closer to the training set copies, or draws only what is common.",
    ),
    "g": (False, "The accuracy counts real images recognised, not generated images with a right label."),
    "h": (
        True,
        "At the floor, two sets of real images are as far apart. What these features do not see is open.",
    ),
}


@exercise("15.5")
def check_statements(supported) -> str:
    """Check which of the statements a to h are supported, a set, list or string of letters."""
    if isinstance(supported, str):
        supported = supported.replace(",", " ").replace(" ", "")
    require(
        isinstance(supported, str | set | frozenset | list | tuple | dict),
        f'Give the letters of the supported statements, such as {{"a", "b"}}; got {describe(supported)}.',
    )
    letters = {str(letter).strip().lower() for letter in supported}
    unknown = sorted(letters - STATEMENTS.keys())
    require(not unknown, f"There is no statement {', '.join(unknown)}; the letters are a to h.")
    for letter, (holds, reason) in STATEMENTS.items():
        if holds != (letter in letters):
            missing = "is supported" if holds else "is not supported"
            raise WrongAnswer(f"Look at ({letter}) again: it {missing}. {reason}")
    return "Each number says what it says, and no more."


def _examine(result: Tensor, expected: Tensor, wrong: mistakes.Mistakes, hint: str) -> None:
    mistakes.recognise(result, expected, wrong)
    require_close(result, expected, hint)
