"""What every threshold would give: the ROC and the precision-recall curve, and the areas under them.

An image counts as positive where its score is at least the threshold. Images with equal scores get the same
answer at every threshold, so they move a curve together: a curve has one point for each *distinct* score.
"""

import torch
from torch import Tensor


def counts_by_threshold(scores: Tensor, positive: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return each distinct score as a threshold, highest first, with the true and false positives that it gives.

    Args:
        scores: floating point, shape (count,); the higher, the more likely positive.
        positive: bool, shape (count,): which images are positive.

    Returns:
        thresholds of the type of `scores`, true positives and false positives (int64); all of the same length.

    Raises:
        ValueError: no images, shapes that differ, scores that are not numbers, or labels that are not bool.

    >>> counts_by_threshold(torch.tensor([0.9, 0.4, 0.4]), torch.tensor([True, False, True]))
    (tensor([0.9000, 0.4000]), tensor([1, 2]), tensor([0, 1]))
    """
    if scores.ndim != 1 or scores.shape != positive.shape or len(scores) == 0:
        raise ValueError(
            f"need one score and one label an image, got {tuple(scores.shape)} and {tuple(positive.shape)}"
        )
    if positive.dtype != torch.bool:
        raise ValueError(f"labels must be bool, true for a positive image, got {positive.dtype}")
    if not scores.is_floating_point() or scores.isnan().any():
        raise ValueError("scores must be floating-point numbers, and none of them NaN")
    thresholds, which = scores.unique(return_inverse=True)  # lowest first
    true = torch.bincount(which[positive], minlength=len(thresholds))
    false = torch.bincount(which[~positive], minlength=len(thresholds))
    return thresholds.flip(0), true.flip(0).cumsum(0), false.flip(0).cumsum(0)


def roc_curve(scores: Tensor, positive: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return false positive rate, true positive rate and threshold, from (0, 0) to (1, 1).

    Arguments and errors as for `counts_by_threshold`. The first threshold is infinite: nothing is positive.

    Returns:
        Three tensors of length 1 + number of distinct scores; both rates float64, in [0, 1], and rising.

    Raises:
        ValueError: also where all images are positive, or none: one of the rates is undefined then.
    """
    thresholds, true, false = counts_by_threshold(scores, positive)
    if true[-1] == 0 or false[-1] == 0:
        raise ValueError("a ROC curve needs positive and negative images")
    start, infinite = torch.zeros(1, dtype=torch.float64), thresholds.new_full((1,), torch.inf)
    rates = [torch.cat([start.to(n.device), n.double() / n[-1]]) for n in (false, true)]
    return rates[0], rates[1], torch.cat([infinite, thresholds])


def precision_recall_curve(scores: Tensor, positive: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return precision, recall and threshold for each distinct score, highest first, so recall rises.

    No point is made up for recall 0, where precision would be 0 / 0.

    Returns:
        Three tensors whose length is the number of distinct scores; precision and recall float64, in [0, 1].

    Raises:
        ValueError: as for `counts_by_threshold`, and where no image is positive.
    """
    thresholds, true, false = counts_by_threshold(scores, positive)
    if true[-1] == 0:
        raise ValueError("a precision-recall curve needs positive images")
    return true.double() / (true + false), true.double() / true[-1], thresholds


def trapezoid(x: Tensor, y: Tensor) -> float:
    """Return the area under the straight lines that join the points (x, y); x must not fall.

    >>> trapezoid(torch.tensor([0.0, 0.5, 1.0]), torch.tensor([0.0, 1.0, 1.0]))
    0.75
    """
    if x.shape != y.shape or x.ndim != 1 or (x.diff() < 0).any():
        raise ValueError("the area needs as many x as y, and x that do not fall")
    return torch.trapezoid(y, x).item()


def roc_auc(scores: Tensor, positive: Tensor) -> float:
    """Return the area under the ROC curve, in [0, 1].

    It is the probability that a random positive image has a higher score than a random negative one,
    where a tie counts one half.

    Reference: Hanley and McNeil 1982, The meaning and use of the area under a ROC curve, Radiology 143(1).

    >>> roc_auc(torch.tensor([0.9, 0.4, 0.4]), torch.tensor([True, False, True]))
    0.75
    """
    false_positive_rate, true_positive_rate, _ = roc_curve(scores, positive)
    return trapezoid(false_positive_rate, true_positive_rate)


def average_precision(scores: Tensor, positive: Tensor) -> float:
    """Return the precision averaged over the steps of recall: sum of (R_n - R_{n-1}) P_n, in [0, 1].

    Steps and not straight lines: between two points precision does not change linearly with recall, and the
    trapezoid would promise more than any threshold gives.

    Reference: Davis and Goadrich 2006, The relationship between precision-recall and ROC curves, ICML.

    >>> average_precision(torch.tensor([0.9, 0.4, 0.4]), torch.tensor([True, False, True]))  # 1/2 · 1 + 1/2 · 2/3
    0.8333333333333333
    """
    precision, recall, _ = precision_recall_curve(scores, positive)
    return (recall.diff(prepend=recall.new_zeros(1)) * precision).sum().item()
