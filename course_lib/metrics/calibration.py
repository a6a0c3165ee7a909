"""Does a classifier know how often it is right? Reliability, expected calibration error, and the temperature."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ReliabilityBins:
    """Images sorted into bins of equal width by confidence, the probability of the predicted class.

    Attributes:
        edges: of the bins, shape (bins + 1,), from 0 to 1.
        count: images in each bin, int64, shape (bins,).
        confidence: mean confidence in each bin, float64, shape (bins,); 0 where a bin is empty.
        accuracy: share of right answers in each bin, float64, shape (bins,); 0 where a bin is empty.
    """

    edges: Tensor
    count: Tensor
    confidence: Tensor
    accuracy: Tensor

    def error(self) -> float:
        """Return the expected calibration error: |accuracy - confidence| of the bins, weighted by their images."""
        share = self.count.double() / self.count.sum()
        return (share * (self.accuracy - self.confidence).abs()).sum().item()


def reliability_bins(probabilities: Tensor, labels: Tensor, bin_count: int = 15) -> ReliabilityBins:
    """Sort images by the confidence of their prediction and return what each bin holds.

    A bin holds its lower edge and not its upper one, except the last, which holds both.

    Args:
        probabilities: shape (count, classes), rows that add up to 1. No logits.
        labels: int64, shape (count,).

    Raises:
        ValueError: rows that do not add up to 1 or leave [0, 1], shapes that differ, no images, or no bins.
    """
    _check(probabilities, labels)
    if (probabilities < 0).any() or ((probabilities.double().sum(dim=1) - 1).abs() > 1e-3).any():
        raise ValueError(
            "each row must hold probabilities that add up to 1; put logits through softmax first"
        )
    if bin_count < 1:
        raise ValueError(f"bin_count must be at least 1, got {bin_count}")
    confidence, guess = probabilities.double().max(dim=1)
    edges = torch.linspace(0, 1, bin_count + 1, dtype=torch.float64, device=confidence.device)
    which = torch.bucketize(confidence, edges[1:-1], right=True)  # 0 to bin_count - 1
    count = torch.bincount(which, minlength=bin_count)
    right = (guess == labels.to(guess.device)).double()
    sums = [torch.bincount(which, weights=each, minlength=bin_count) for each in (confidence, right)]
    means = [each / count.clamp(min=1) for each in sums]
    return ReliabilityBins(edges, count, *means)


def expected_calibration_error(probabilities: Tensor, labels: Tensor, bin_count: int = 15) -> float:
    """Return by how much confidence and accuracy differ, in [0, 1]; arguments as for `reliability_bins`.

    Even a perfectly calibrated classifier gets more than 0 on a finite number of images, as the accuracy
    in each bin is subject to chance.

    Reference: Guo, Pleiss, Sun and Weinberger 2017, arXiv:1706.04599.

    >>> sure = torch.tensor([[0.75, 0.25]] * 4)
    >>> expected_calibration_error(sure, torch.tensor([0, 0, 0, 1])), expected_calibration_error(sure, torch.zeros(4))
    (0.0, 0.25)
    """
    return reliability_bins(probabilities, labels, bin_count).error()


def fit_temperature(logits: Tensor, labels: Tensor, *, lowest: float = 0.01, highest: float = 100.0) -> float:
    """Return the temperature T for which softmax(logits / T) gives the labels the highest likelihood.

    In b = 1 / T the mean cross-entropy is convex, with the slope mean(sum_k p_k l_k - l_label). The zero of that
    rising slope is found by halving an interval.

    Args:
        logits: shape (count, classes), of images that the model was NOT trained on.
        labels: int64, shape (count,).
        lowest, highest: limits of T. Where every label has the largest logit the likelihood rises without
            end as T falls, and `lowest` is returned.

    Raises:
        ValueError: shapes that differ, no images, or limits that are not 0 < lowest < highest.

    Reference: Guo, Pleiss, Sun and Weinberger 2017, arXiv:1706.04599.
    """
    _check(logits, labels)
    if not 0 < lowest < highest:
        raise ValueError(f"need 0 < lowest < highest, got {lowest} and {highest}")
    logits, labels = logits.double(), labels.to(logits.device)
    of_label = logits.gather(1, labels[:, None]).mean()

    def slope(inverse: float) -> float:
        expected = ((inverse * logits).softmax(dim=1) * logits).sum(dim=1).mean()
        return (expected - of_label).item()

    low, high = 1 / highest, 1 / lowest
    for _ in range(60):  # each halves the interval; 60 exhaust float64
        middle = (low * high) ** 0.5  # in the logarithm, as temperatures are compared by ratio
        low, high = (middle, high) if slope(middle) <= 0 else (low, middle)
    return 1 / high


def _check(values: Tensor, labels: Tensor) -> None:
    if values.ndim != 2 or labels.shape != values.shape[:1] or len(labels) == 0:
        raise ValueError(
            "need values of shape (count, classes) and labels of shape (count,), got "
            f"{tuple(values.shape)} and {tuple(labels.shape)}"
        )
    if not values.isfinite().all():
        raise ValueError("some values are infinite or not a number; the model that made them is broken")
