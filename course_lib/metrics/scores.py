"""Precision, recall and F1 of each class and their averages, read off a confusion matrix.

The rule for 0 / 0 is torchmetrics': a precision of a class that was never predicted, a recall of a class
that never occurs, and an F1 without any true positive are 0; a macro average leaves out a class that
neither occurs nor is predicted.
"""

import torch
from torch import Tensor

AVERAGES = ("macro", "micro", "weighted")


def outcomes(confusion: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return true positives, false positives, false negatives and true negatives of each class against the rest.

    Args:
        confusion: counts, shape (classes, classes): row = true class, column = predicted class.

    Returns:
        Four tensors of shape (classes,), of the type of `confusion`. They add up to the number of images.

    Raises:
        ValueError: the matrix is not square, or a count is negative.

    >>> outcomes(torch.tensor([[5, 2], [1, 9]]))
    (tensor([5, 9]), tensor([1, 2]), tensor([2, 1]), tensor([9, 5]))
    """
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1] or (confusion < 0).any():
        raise ValueError(
            f"a confusion matrix is square and holds counts, got shape {tuple(confusion.shape)} with smallest "
            f"entry {confusion.min().item() if confusion.numel() else 'none'}"
        )
    true_positive = confusion.diagonal()
    false_positive = confusion.sum(dim=0) - true_positive  # the rest of the column
    false_negative = confusion.sum(dim=1) - true_positive  # the rest of the row
    return (
        true_positive,
        false_positive,
        false_negative,
        confusion.sum() - true_positive - false_positive - false_negative,
    )


def share(part: Tensor, whole: Tensor) -> Tensor:
    """Return part / whole in float64, and 0 where both are 0."""
    return torch.where(whole == 0, 0.0, part.double() / whole.clamp(min=1).double())


def precision(confusion: Tensor) -> Tensor:
    """Return, for each class, the share of its predictions that are right: shape (classes,), in [0, 1], float64.

    >>> precision(torch.tensor([[5, 2], [1, 9]]))
    tensor([0.8333, 0.8182], dtype=torch.float64)
    """
    true_positive, false_positive, _, _ = outcomes(confusion)
    return share(true_positive, true_positive + false_positive)


def recall(confusion: Tensor) -> Tensor:
    """Return, for each class, the share of its images that are found: shape (classes,), in [0, 1], float64.

    >>> recall(torch.tensor([[5, 2], [1, 9]]))
    tensor([0.7143, 0.9000], dtype=torch.float64)
    """
    true_positive, _, false_negative, _ = outcomes(confusion)
    return share(true_positive, true_positive + false_negative)


def f1(confusion: Tensor) -> Tensor:
    """Return the harmonic mean of precision and recall of each class: shape (classes,), in [0, 1], float64.

    >>> f1(torch.tensor([[5, 2], [1, 9]]))
    tensor([0.7692, 0.8571], dtype=torch.float64)
    """
    true_positive, false_positive, false_negative, _ = outcomes(confusion)
    return share(2 * true_positive, 2 * true_positive + false_positive + false_negative)


def averaged_scores(confusion: Tensor, average: str) -> dict[str, float]:
    """Return "precision", "recall" and "f1" over all classes, in [0, 1].

    Args:
        confusion: counts, shape (classes, classes): row = true class, column = predicted class.
        average: "macro", the mean over the classes that occur or are predicted, each counting the same;
            "weighted", the mean in which a class counts by how often it occurs; or "micro", from the
            outcomes summed over the classes, which makes all three equal to the accuracy.

    Raises:
        ValueError: another average, or a matrix without any image.

    >>> {name: round(value, 4) for name, value in averaged_scores(torch.tensor([[5, 2], [1, 9]]), "macro").items()}
    {'precision': 0.8258, 'recall': 0.8071, 'f1': 0.8132}
    """
    if average not in AVERAGES:
        raise ValueError(f"average must be one of {AVERAGES}, got {average!r}")
    true_positive, false_positive, false_negative, _ = outcomes(confusion)
    if confusion.sum() == 0:
        raise ValueError("the confusion matrix holds no image, so there is nothing to average")
    if average == "micro":
        tp, fp, fn = (each.sum() for each in (true_positive, false_positive, false_negative))
        shares = share(tp, tp + fp), share(tp, tp + fn), share(2 * tp, 2 * tp + fp + fn)
        return {name: value.item() for name, value in zip(("precision", "recall", "f1"), shares, strict=True)}
    occurrences = true_positive + false_negative
    weights = occurrences if average == "weighted" else (occurrences + false_positive > 0)
    weights = weights.double() / weights.sum()
    return {score.__name__: (weights * score(confusion)).sum().item() for score in (precision, recall, f1)}
