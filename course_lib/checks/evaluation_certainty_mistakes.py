"""Typical wrong answers to exercises 7.5 and 7.6, each with the hint that meets it."""

import math

import torch
from torch import Tensor

from course_lib.checks.pooling_mistakes import Mistakes


def mcnemar_p(first_only: int, second_only: int) -> float:
    """Return the exact two-sided p-value."""
    total = first_only + second_only
    tail = sum(math.comb(total, k) for k in range(min(first_only, second_only) + 1))
    return min(1.0, 2 * tail / 2**total)


def _tail(successes: int, total: int) -> float:
    return sum(math.comb(total, k) for k in range(successes + 1)) / 2**total


def of_mcnemar(first: Tensor, second: Tensor) -> list[tuple[str, float]]:
    """Return wrong answers to exercise 7.5."""
    first_only, second_only = (first & ~second).sum().item(), (second & ~first).sum().item()
    smaller, total = min(first_only, second_only), first_only + second_only
    right = sorted((first.sum().item(), second.sum().item()))
    both_sides = 2 * _tail(smaller, total)
    everything = (
        "That tosses the coin for all images. Images that both models get right, or both wrong, say nothing about "
        "which is better: count only those that exactly one of them gets right."
    )
    return [
        ("That is one side only. We did not say beforehand which model is better, so count both sides.",
         both_sides / 2),
        (everything, min(1.0, 2 * _tail(smaller, len(first)))),
        (everything, min(1.0, 2 * _tail(right[0], sum(right)))),
        ("The p-value includes the split that was observed, not only those that are more uneven.",
         min(1.0, 2 * _tail(smaller - 1, total))),
        ("A probability is at most 1. Where the split is even, the two sides overlap: take min(1, ...).",
         both_sides if both_sides > 1 else -1.0),
    ]  # fmt: skip


def calibration_error(confidence: Tensor, right: Tensor, bin_count: int, kind: str = "weighted") -> Tensor:
    """Return the calibration error; `kind` other than "weighted" makes a mistake."""
    which = (
        (confidence * bin_count).floor().clamp(0, bin_count - 1)
    )  # what is no probability ends up at the rim
    gaps, counts = [], []
    for number in range(bin_count):
        inside = which == number
        if inside.any():
            gaps.append(right[inside].double().mean() - confidence[inside].double().mean())
            counts.append(inside.sum())
    gaps, counts = torch.stack(gaps), torch.stack(counts).double()
    if kind == "unweighted":
        return gaps.abs().mean()
    if kind == "over all bins":
        return gaps.abs().sum() / bin_count
    weights = counts / counts.sum()
    if kind == "signed":
        return (weights * gaps).sum()
    return (weights * (gaps**2 if kind == "squared" else gaps.abs())).sum()


def of_calibration_error(logits: Tensor, labels: Tensor, bin_count: int) -> Mistakes:
    """Return wrong answers to exercise 7.6."""
    probabilities = logits.softmax(dim=1)
    confidence, guess = probabilities.max(dim=1)
    right = guess == labels
    largest = logits.max(dim=1).values
    inside = (largest > 0) & (largest <= 1)  # bins from 0 to 1 leave out all other logits
    of_label = probabilities.gather(1, labels[:, None])[:, 0]
    unweighted = (
        "Each bin counts the same. A bin of three images should count for three: weight it by its share."
    )
    error = calibration_error
    return [
        ("That takes the largest logit for the confidence. A logit is no probability: softmax first.",
         error(largest, right, bin_count)),
        ("That takes the largest logit for the confidence, and does not weight the bins by their images.",
         error(largest, right, bin_count, "unweighted")),
        ("That takes the largest logit for the confidence, and so most images are in no bin. Softmax first.",
         error(largest[inside], right[inside], bin_count) * inside.double().mean()),
        (unweighted, error(confidence, right, bin_count, "unweighted")),
        (unweighted, error(confidence, right, bin_count, "over all bins")),
        ("Bins above and below the diagonal cancel. Take the size of each gap, abs().",
         error(confidence, right, bin_count, "signed")),
        ("Bins above and below the diagonal cancel. Take the size of each gap, abs().",
         -error(confidence, right, bin_count, "signed")),
        ("Take the size of each gap, not its square.", error(confidence, right, bin_count, "squared")),
        ("Confidence is the probability of the class that is predicted, not of the label.",
         error(of_label, right, bin_count)),
    ]  # fmt: skip
