"""Typical wrong answers to exercises 7.1 to 7.3, each with the hint that meets it."""

import torch
from torch import Tensor

from course_lib.checks.pooling_mistakes import Mistakes


def share(part: Tensor, whole: Tensor, undefined: float = 0.0) -> Tensor:
    """Return part / whole in float64, and `undefined` where `whole` is 0."""
    return torch.where(whole == 0, undefined, part.double() / whole.clamp(min=1e-12))


def precision_and_recall(confusion: Tensor) -> tuple[Tensor, Tensor]:
    """Return both for each class of a float64 confusion matrix with the true classes in its rows."""
    hits = confusion.diagonal()
    return share(hits, confusion.sum(dim=0)), share(hits, confusion.sum(dim=1))


def of_precision_and_recall(confusion: Tensor) -> tuple[Mistakes, Mistakes]:
    """Return wrong answers to exercise 7.1, for precision and for recall."""
    hits, total = confusion.diagonal(), confusion.sum()
    predicted, occurring = confusion.sum(dim=0), confusion.sum(dim=1)
    right_about_class = (
        total - predicted - occurring + 2 * hits
    ) / total  # true positives and true negatives
    swapped = "Precision and recall are exchanged: precision divides by the column, predicted; recall by the row, true."
    joint = "That divides by all images. Precision looks at one column only, recall at one row only."
    not_accuracy = (
        "That is the accuracy of 'this class or not', which counts the true negatives, too. Neither precision nor "
        "recall looks at them."
    )
    shared = [(joint, hits / total), (not_accuracy, right_about_class)]
    return (
        [(swapped, share(hits, occurring)), *shared],
        [(swapped, share(hits, predicted)), *shared],
    )


def f1(confusion: Tensor) -> Tensor:
    """Return the F1 of each class of a float64 confusion matrix."""
    return share(2 * confusion.diagonal(), confusion.sum(dim=0) + confusion.sum(dim=1))


def harmonic(a: Tensor, b: Tensor) -> Tensor:
    return share(2 * a * b, a + b)


def of_f1(confusion: Tensor) -> Mistakes:
    """Return wrong answers to the first part of exercise 7.2."""
    precision, recall = precision_and_recall(confusion)
    hits = confusion.diagonal()
    return [
        ("That is the arithmetic mean of precision and recall. F1 is their harmonic mean.", (precision + recall) / 2),
        ("That is the geometric mean of precision and recall. F1 is their harmonic mean.", (precision * recall).sqrt()),
        ("The factor 2 is missing: where precision and recall are equal, F1 equals both.",
         harmonic(precision, recall) / 2),
        ("True positives count twice below the fraction line, too: 2TP / (2TP + FP + FN).",
         share(2 * hits, confusion.sum(dim=0) + confusion.sum(dim=1) - hits)),
        ("That is the precision alone.", precision),
        ("That is the recall alone.", recall),
    ]  # fmt: skip


def of_macro(confusion: Tensor) -> Mistakes:
    """Return wrong answers to the second part of exercise 7.2."""
    precision, recall = precision_and_recall(confusion)
    occurring = confusion.sum(dim=1)
    return [
        ("That is the harmonic mean of the averaged precision and the averaged recall. Macro-F1 averages the F1 of the "
         "classes.", harmonic(precision.mean(), recall.mean())),
        ("That weights each class by how often it occurs. In the macro average each class counts the same.",
         (f1(confusion) * occurring / confusion.sum()).sum()),
        ("That is the accuracy, which is the micro average.", confusion.trace() / confusion.sum()),
        ("That averages arithmetic means of precision and recall.", (precision + recall).mean() / 2),
    ]  # fmt: skip


def of_micro(confusion: Tensor) -> Mistakes:
    """Return wrong answers to the third part of exercise 7.2."""
    precision, recall = precision_and_recall(confusion)
    hits, total = confusion.trace(), confusion.sum()
    return [
        ("That is the macro average. For the micro average, add up TP, FP and FN over the classes first.",
         f1(confusion).mean()),
        ("That averages the recall of the classes: macro-recall. Add up TP, FP and FN over the classes, then "
         "divide once.", recall.mean()),
        ("That averages the precision of the classes: macro-precision. Add up TP, FP and FN over the classes, then "
         "divide once.", precision.mean()),
        ("Each mistake counts twice, as a false positive of one class and a false negative of another: "
         "2TP / (2TP + FP + FN) with both of them.", 2 * hits / (hits + total)),
    ]  # fmt: skip


def of_roc_point(scores: Tensor, positive: Tensor, threshold: float) -> tuple[Mistakes, Mistakes]:
    """Return wrong answers to exercise 7.3, for the false positive rate and for the true positive rate."""
    flagged, above = scores >= threshold, scores > threshold
    false_rate, true_rate = (flagged[~positive].double().mean(), flagged[positive].double().mean())
    wrong_alarms = (flagged & ~positive).sum().double()
    strict = "A score equal to the threshold counts as positive: >=, not >."
    swapped = "The two are exchanged: return the false positive rate first, then the true positive rate."
    below = "Positive are the images with a score of at least the threshold, not those below it."
    return (
        [
            (strict, above[~positive].double().mean()),
            (swapped, true_rate),
            ("That divides the false positives by all alarms, which is 1 - precision. The false positive rate "
             "divides by all negative images.", wrong_alarms / flagged.sum().clamp(min=1)),
            ("That divides the false positives by all images. The false positive rate divides by the negative ones.",
             wrong_alarms / len(scores)),
            ("That is the share of negative images below the threshold, the specificity: 1 - false positive rate.",
             1 - false_rate),
        ],
        [
            (strict, above[positive].double().mean()),
            (swapped, false_rate),
            ("That divides by all alarms, which is the precision. The true positive rate divides by all positive "
             "images.", (flagged & positive).sum() / flagged.sum().clamp(min=1)),
            (below, (scores < threshold)[positive].double().mean()),
        ],
    )  # fmt: skip
