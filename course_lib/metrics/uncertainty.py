"""How far a score measured on some images may be from the truth, and whether one model beats another."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import torch
from torch import Tensor


def wilson_interval(right: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of all true shares that `right` of `count` do not contradict.

    Args:
        right: right answers, from 0 to `count`.
        count: independent images, at least 1.
        confidence: in (0, 1); how often such an interval holds the true share, about.

    Raises:
        ValueError: a number out of its range.

    Reference: Wilson 1927, Probable inference, the law of succession, and statistical inference, JASA 22(158).

    >>> [round(end, 4) for end in wilson_interval(20, 20)]
    [0.8389, 1.0]
    """
    _check_confidence(confidence)
    if not 0 <= right <= count or count < 1:
        raise ValueError(f"need 0 <= right <= count and count >= 1, got {right} of {count}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    observed, shrink = right / count, 1 + z**2 / count
    middle = (observed + z**2 / (2 * count)) / shrink
    half = z / shrink * math.sqrt(observed * (1 - observed) / count + z**2 / (4 * count**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap_values(
    statistic: Callable[..., Tensor | float], *columns: Tensor, resamples: int, generator: torch.Generator
) -> Tensor:
    """Return the statistic of `resamples` samples, each drawn from the images with replacement.

    Args:
        statistic: gets the resampled columns and returns one number.
        columns: what is known of each image (a prediction, a label, ...), each of shape (count, ...). All
            are resampled alike, so that what belongs to one image stays together.
        generator: a CPU generator.

    Returns:
        float64, shape (resamples,).

    Raises:
        ValueError: no columns, columns of different lengths or without images, or fewer than 1 resample.

    Reference: Efron 1979, Bootstrap methods: another look at the jackknife, Annals of Statistics 7(1).
    """
    if len({len(column) for column in columns}) != 1 or len(columns[0]) == 0 or resamples < 1:
        raise ValueError(
            f"need columns of one length, with images, and resamples >= 1; got lengths "
            f"{[len(column) for column in columns]} and {resamples} resamples"
        )
    count, values = len(columns[0]), []
    for _ in range(resamples):
        drawn = torch.randint(count, (count,), generator=generator)  # some images twice, some not at all
        values.append(float(statistic(*(column[drawn.to(column.device)] for column in columns))))
    return torch.tensor(values, dtype=torch.float64)


def bootstrap_interval(
    statistic: Callable[..., Tensor | float],
    *columns: Tensor,
    resamples: int,
    generator: torch.Generator,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile interval of `bootstrap_values`; arguments as there, `confidence` in (0, 1)."""
    _check_confidence(confidence)
    values = bootstrap_values(statistic, *columns, resamples=resamples, generator=generator)
    low, high = (values.quantile(q).item() for q in ((1 - confidence) / 2, (1 + confidence) / 2))
    return low, high


def paired_bootstrap_interval(
    first_right: Tensor,
    second_right: Tensor,
    *,
    resamples: int,
    generator: torch.Generator,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return an interval for the accuracy of the first model minus that of the second on the same images.

    Args:
        first_right, second_right: bool, shape (count,): is the model's answer to this image right?
    """
    _check_right(first_right, second_right)
    difference = first_right.double() - second_right.double()  # 1, 0 or -1 for each image
    return bootstrap_interval(
        torch.mean, difference, resamples=resamples, generator=generator, confidence=confidence
    )


@dataclass(frozen=True)
class McNemar:
    """How many images only one of two models gets right, and the p-value of so uneven a split."""

    first_only: int
    second_only: int
    p_value: float


def mcnemar(first_right: Tensor, second_right: Tensor) -> McNemar:
    """Test whether two models are right equally often, on the images that exactly one of them gets right.

    If neither is better, each such image falls to either model like a fair coin. The p-value is the
    probability of a split at least as uneven, to either side; exact, from the binomial distribution.

    Args:
        first_right, second_right: bool, shape (count,): is the model's answer to this image right?

    Raises:
        ValueError: other types, different shapes, or no images.

    Reference: McNemar 1947, Note on the sampling error of the difference between correlated proportions,
    Psychometrika 12(2).

    >>> mcnemar(torch.tensor([True] * 5 + [False]), torch.tensor([False] * 5 + [True]))
    McNemar(first_only=5, second_only=1, p_value=0.21875)
    """
    _check_right(first_right, second_right)
    first_only = (first_right & ~second_right).sum().item()
    second_only = (second_right & ~first_right).sum().item()
    total = first_only + second_only
    tail = ways = 1  # ways to get k heads, and their sum up to k; whole numbers, so nothing is rounded
    for k in range(1, min(first_only, second_only) + 1):
        ways = ways * (total - k + 1) // k
        tail += ways
    return McNemar(first_only, second_only, min(1.0, 2 * tail / 2**total))


def _check_right(first_right: Tensor, second_right: Tensor) -> None:
    if first_right.ndim != 1 or first_right.shape != second_right.shape or len(first_right) == 0:
        raise ValueError(
            "two models are compared on the same images, and some; got shapes "
            f"{tuple(first_right.shape)} and {tuple(second_right.shape)}"
        )
    if first_right.dtype != torch.bool or second_right.dtype != torch.bool:
        raise ValueError(
            "each answer is right or wrong, bool; got "
            f"{first_right.dtype} and {second_right.dtype}: compare predictions with labels first"
        )


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
