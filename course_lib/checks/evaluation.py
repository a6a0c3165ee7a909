"""Checks for notebook 07: scores from counts, and one point of a ROC curve. More in `evaluation_certainty.py`."""

import torch
from torch import Tensor

from course_lib.checks import evaluation_mistakes as mistakes
from course_lib.checks.pooling import as_tensor
from course_lib.checks.pooling_mistakes import recognise
from course_lib.checks.report import attempt, describe, exercise, require, require_close

UNDEFINED = "0 / 0 gives NaN, which spoils every average. Return 0 there, as the exercise says."


def parts(result, count: int, names: str) -> list[Tensor]:
    """Return what a learner returned, `count` things, as finite float64 tensors."""
    is_list = isinstance(result, tuple | list) or (isinstance(result, Tensor) and result.ndim > 0)
    require(is_list and len(result) == count, f"Return {names}, got {describe(result)}.")
    found = [as_tensor(part) for part in result]
    for part in found:
        require(bool(part.isfinite().all()), UNDEFINED)
    return found


def compare(result: Tensor, expected: Tensor, wrong: mistakes.Mistakes, name: str, hint: str) -> None:
    """Hold one part of an answer against typical mistakes, then against what is right."""
    result = result.reshape(expected.shape) if result.numel() == expected.numel() else result
    recognise(result, expected, [(f"{name}: {told}", outcome.double()) for told, outcome in wrong])
    require_close(result, expected, f"{name}: {hint}", tolerance=1e-4)


def random_confusion(class_count: int, generator: torch.Generator) -> Tensor:
    """Return counts, float64, with more on the diagonal and classes of different size."""
    confusion = torch.randint(0, 9, (class_count, class_count), generator=generator)
    confusion += torch.diag(torch.randint(5, 60, (class_count,), generator=generator))
    return confusion


def confusions(generator: torch.Generator) -> list[Tensor]:
    """Return confusion matrices, int64; in the last, class 0 occurs and is never predicted."""
    found = [random_confusion(class_count, generator) for class_count in (4, 3, 2, 5)]
    found[-1][:, 0] = 0
    return found


@exercise("7.1")
def check_precision_and_recall(precision_and_recall) -> str:
    """Check `precision_and_recall(confusion)`, two tensors of shape (classes,)."""
    generator = torch.Generator().manual_seed(0)
    never_predicted = confusions(generator)
    never_occurs = random_confusion(3, generator)
    never_occurs[1] = 0
    for confusion in (*never_predicted, never_occurs):
        result = attempt(precision_and_recall, confusion)
        found = parts(result, 2, "two tensors, precision and recall")
        confusion = confusion.double()
        expected = mistakes.precision_and_recall(confusion)
        wrong = mistakes.of_precision_and_recall(confusion)
        for name, *each in zip(("precision", "recall"), found, expected, wrong, strict=True):
            compare(
                *each, name, "The diagonal holds the hits, rows are true classes, columns predicted ones."
            )
    return "Columns for precision, rows for recall, and no NaN where a class is never predicted."


@exercise("7.2")
def check_f1_scores(f1_scores) -> str:
    """Check `f1_scores(confusion)`: F1 of each class, macro-F1 and micro-F1."""
    for confusion in confusions(torch.Generator().manual_seed(1)):
        result = attempt(f1_scores, confusion)
        found = parts(result, 3, "three things: the F1 of each class, macro-F1 and micro-F1")
        confusion = confusion.double()
        f1 = mistakes.f1(confusion)
        expected = f1, f1.mean(), confusion.trace() / confusion.sum()
        wrong = mistakes.of_f1(confusion), mistakes.of_macro(confusion), mistakes.of_micro(confusion)
        hints = (
            "2TP / (2TP + FP + FN) of each class, and 0 where there is no true positive.",
            "the mean of the classes' F1.",
            "2TP / (2TP + FP + FN) with TP, FP and FN summed over the classes.",
        )
        names = ("F1 of each class", "macro-F1", "micro-F1")
        for name, hint, *each in zip(names, hints, found, expected, wrong, strict=True):
            compare(*each, name, hint)
    return "Harmonic means, averaged over classes for macro and over images for micro."


@exercise("7.3")
def check_roc_point(roc_point) -> str:
    """Check `roc_point(scores, positive, threshold)`: false positive rate, true positive rate."""
    generator = torch.Generator().manual_seed(0)
    for count in (60, 200):
        positive = torch.rand(count, generator=generator) < 0.3
        scores = (torch.rand(count, generator=generator) + 0.4 * positive).mul(10).round() / 16  # with ties
        for threshold in (0.125, 0.375, 0.5, 0.6, 2.0):
            result = attempt(roc_point, scores, positive, threshold)
            found = parts(result, 2, "two numbers, the false and the true positive rate")
            flagged = scores >= threshold
            expected = flagged[~positive].double().mean(), flagged[positive].double().mean()
            wrong = mistakes.of_roc_point(scores, positive, threshold)
            names = ("false positive rate", "true positive rate")
            for name, *each in zip(names, found, expected, wrong, strict=True):
                compare(
                    *each, name, f"(threshold {threshold}) the share of such images with score >= threshold."
                )
    return "Alarms among the negative images first, alarms among the positive ones second, ties included."
