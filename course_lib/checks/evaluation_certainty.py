"""Checks for notebook 07: the bootstrap, McNemar's test and the calibration error."""

import math

import torch

from course_lib.checks import evaluation_certainty_mistakes as mistakes
from course_lib.checks.evaluation import compare, parts
from course_lib.checks.pooling import as_tensor
from course_lib.checks.report import attempt, exercise, require


@exercise("7.4")
def check_bootstrap(bootstrap_interval) -> str:
    """Check `bootstrap_interval(right, resamples, generator)`, the central 95 % of resampled accuracies."""
    count, resamples = 2000, 5000
    order = torch.randperm(count, generator=torch.Generator().manual_seed(0))
    right = order < 0.8 * count  # 80 % right, at random places
    draws = []  # ten resamples are few, so that two seeds do not give the same ends by chance
    for seed, number in ((0, resamples), (0, 10), (0, 10), (1, 10)):
        result = attempt(bootstrap_interval, right, number, torch.Generator().manual_seed(seed))
        draws.append(parts(result, 2, "two numbers, the lower and the upper end"))
    (low, high), few, again, other = ([end.item() for end in ends] for ends in draws)
    require(low <= high, "The lower end comes first.")
    require(
        high - low > 1e-6,
        "The interval has no width: every resample has the same accuracy. Draw with replacement, so that "
        "some images come twice and others not at all (torch.randint, not torch.randperm).",
    )
    require(
        few == again,
        "Two calls with the same seed differ: draw everything from the generator that is given.",
    )
    require(few != other, "Another seed gives the same interval: draw from the generator that is given.")
    standard_error = math.sqrt(0.8 * 0.2 / count)
    width = (high - low) / standard_error  # in standard errors: 2 · 1.96 is right
    half_hints = {
        2.0: "That is one standard error to each side, about 68 %. Cut off 2.5 % on each side.",
        3.92
        * math.sqrt(count / resamples): "Each resample has as many images as there are, not as many as there "
        "are resamples.",
        2 * 1.645: "That is about 90 %: 5 % are cut off on each side. For 95 % cut off 2.5 % on each side.",
    }
    for wrong, hint in half_hints.items():
        require(abs(width / wrong - 1) > 0.06, hint)
    require(
        width < 6,
        "The interval is too wide. Each resample has as many images as there are, and the ends are quantiles "
        "of the resampled accuracies, not the smallest and the largest.",
    )
    require(
        abs(width / 3.92 - 1) < 0.08 and abs((low + high) / 2 - 0.8) < 0.003,
        f"On 2,000 images with 80 % right, [{low:.4f}, {high:.4f}] came out; about [0.7825, 0.8175] is expected: "
        "the quantiles 0.025 and 0.975 of the accuracies of the resamples.",
    )
    _require_quantiles_of_whole_samples(bootstrap_interval)
    return "Drawn with replacement, from the given generator, and 2.5 % cut off on each side."


def _require_quantiles_of_whole_samples(bootstrap_interval) -> None:
    """Try few images, where a bell curve or a forgotten last image shows."""
    generator = torch.Generator().manual_seed(0)
    nearly_all = torch.arange(12) > 0  # 11 of 12 are right
    high = parts(attempt(bootstrap_interval, nearly_all, 2000, generator), 2, "two numbers")[1].item()
    require(
        high <= 1 + 1e-9,
        f"With 11 of 12 right the upper end is {high:.3f}, more than 1. Take quantiles of the resampled accuracies, "
        "not mean and standard deviation.",
    )
    last_only = torch.arange(5) == 4
    high = parts(attempt(bootstrap_interval, last_only, 2000, generator), 2, "two numbers")[1].item()
    require(high > 0, "The last image is never drawn: torch.randint(n, ...) gives 0 to n - 1.")


@exercise("7.5")
def check_mcnemar_p(mcnemar_p) -> str:
    """Check `mcnemar_p(first_right, second_right)`, the exact two-sided p-value."""
    for both, first_only, second_only, neither in (
        (50, 9, 2, 20),
        (10, 3, 12, 4),
        (80, 7, 7, 5),
        (30, 21, 17, 9),
    ):
        first = torch.tensor([True] * (both + first_only) + [False] * (second_only + neither))
        second = torch.tensor([True] * both + [False] * first_only + [True] * second_only + [False] * neither)
        order = torch.randperm(len(first), generator=torch.Generator().manual_seed(both))
        first, second = first[order], second[order]
        result = as_tensor(attempt(mcnemar_p, first, second))
        expected = torch.tensor(mistakes.mcnemar_p(first_only, second_only), dtype=torch.float64)
        name = f"{first_only} images only the first gets right, {second_only} only the second"
        wrong = [
            (hint, torch.tensor(p, dtype=torch.float64)) for hint, p in mistakes.of_mcnemar(first, second)
        ]
        compare(result, expected, wrong, name, f"the p-value is {expected:.4f}.")
    return "Only the images on which the models differ count, and both sides."


@exercise("7.6")
def check_calibration_error(calibration_error) -> str:
    """Check `calibration_error(logits, labels, bin_count)`."""
    generator = torch.Generator().manual_seed(0)
    for count, classes, bin_count, sharpness in ((400, 4, 10, 1.5), (300, 3, 5, 2.5), (50, 5, 15, 3.0)):
        logits = torch.randn(count, classes, generator=generator, dtype=torch.float64) * sharpness
        labels = (
            (logits / 2).softmax(dim=1).multinomial(1, generator=generator)[:, 0]
        )  # an over-confident model
        result = as_tensor(attempt(calibration_error, logits, labels, bin_count))
        require(bool(result.isfinite().all()), "NaN: an empty bin has no mean. Leave it out.")
        confidence, guess = logits.softmax(dim=1).max(dim=1)
        expected = mistakes.calibration_error(confidence, guess == labels, bin_count)
        wrong = mistakes.of_calibration_error(logits, labels, bin_count)
        hint = "in each bin |accuracy - mean confidence|, weighted by the bin's share of the images."
        compare(result, expected, wrong, f"{count} images, {bin_count} bins", hint)
    return "All the faults are mended."
