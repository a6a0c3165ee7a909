"""The checks of notebook 07 on scores and ROC accept right answers and tell typical wrong ones what is wrong."""

import pytest
import torch

from course_lib.checks.evaluation import check_f1_scores, check_precision_and_recall, check_roc_point
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.metrics import scores as library


def stub(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize("check", [check_precision_and_recall, check_f1_scores, check_roc_point])
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED


def assert_told(result, hint):
    assert result.status == WRONG
    assert hint in result.message, result.message


def ratio(part, whole):
    return torch.nan_to_num(part / whole)


def with_tensors(confusion):
    hits = confusion.diagonal()
    return ratio(hits, confusion.sum(0)), ratio(hits, confusion.sum(1))


def with_loops(confusion):
    table = confusion.tolist()
    precision, recall = [], []
    for k in range(len(table)):
        column, row = sum(row[k] for row in table), sum(table[k])
        precision.append(table[k][k] / column if column else 0)
        recall.append(table[k][k] / row if row else 0)
    return [precision, recall]


def one_against_rest_accuracy(confusion):
    return (
        confusion.sum() - confusion.sum(0) - confusion.sum(1) + 2 * confusion.diagonal()
    ) / confusion.sum()


@pytest.mark.parametrize(
    "answer",
    [
        with_tensors,
        with_loops,
        lambda c: (library.precision(c), library.recall(c)),
        lambda c: torch.stack(with_tensors(c)).float(),
    ],
)
def test_precision_and_recall_are_accepted_however_they_are_written(answer):
    assert check_precision_and_recall(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda c: with_tensors(c)[::-1], "precision: Precision and recall are exchanged"),
        (lambda c: with_tensors(c.T), "precision: Precision and recall are exchanged"),
        (lambda c: (with_tensors(c)[0],) * 2, "recall: Precision and recall are exchanged"),
        (lambda c: (c.diagonal() / c.sum(0), c.diagonal() / c.sum(1)), "0 / 0 gives NaN"),
        (lambda c: (with_tensors(c)[0], c.diagonal() / c.sum()), "recall: That divides by all images"),
        (lambda c: (with_tensors(c)[0], one_against_rest_accuracy(c)), "counts the true negatives"),
        (lambda c: with_tensors(c)[0], "Return two tensors, precision and recall"),
        (lambda c: 0.5, "Return two tensors"),
        (lambda c: (torch.zeros(9), torch.zeros(9)), "The shape should be (4,)"),
        (lambda c: (with_tensors(c)[0] + 0.01, with_tensors(c)[1]), "The diagonal holds the hits"),
    ],
)
def test_wrong_precision_or_recall_is_told_its_mistake(answer, hint):
    assert_told(check_precision_and_recall(answer), hint)


def f1_with_tensors(c):
    f1 = 2 * c.diagonal() / (c.sum(0) + c.sum(1))
    return f1, f1.mean(), c.trace() / c.sum()


def f1_from_precision_and_recall(c):
    precision, recall = with_loops(c)
    f1 = [2 * p * r / (p + r) if p + r else 0.0 for p, r in zip(precision, recall, strict=True)]
    tp, fp = c.trace().item(), (c.sum() - c.trace()).item()
    return f1, sum(f1) / len(f1), 2 * tp / (2 * tp + 2 * fp)


def changed(place, value):
    """Return an answer that is right but for one of its three parts."""

    def answer(c):
        found = list(f1_with_tensors(c))
        found[place] = value(c)
        return found

    return answer


def harmonic_of_means(c):
    precision, recall = (part.mean() for part in with_tensors(c))
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(
    "answer",
    [
        f1_with_tensors,
        f1_from_precision_and_recall,
        lambda c: [part.float()[None] for part in f1_with_tensors(c)],
    ],
)
def test_f1_is_accepted_however_it_is_written(answer):
    assert check_f1_scores(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (changed(0, lambda c: sum(with_tensors(c)) / 2), "F1 of each class: That is the arithmetic mean"),
        (changed(0, lambda c: (with_tensors(c)[0] * with_tensors(c)[1]).sqrt()), "geometric mean"),
        (changed(0, lambda c: f1_with_tensors(c)[0] / 2), "The factor 2 is missing"),
        (changed(0, lambda c: 2 * c.diagonal() / (c.sum(0) + c.sum(1) - c.diagonal())), "count twice"),
        (
            changed(0, lambda c: 2 / (1 / with_tensors(c)[0] + 1 / with_tensors(c)[1]) * float("nan")),
            "0 / 0 gives NaN",
        ),
        (changed(1, harmonic_of_means), "macro-F1: That is the harmonic mean of the averaged precision"),
        (changed(1, lambda c: (f1_with_tensors(c)[0] * c.sum(1) / c.sum()).sum()), "weights each class"),
        (changed(1, lambda c: c.trace() / c.sum()), "That is the accuracy, which is the micro average"),
        (changed(1, lambda c: sum(with_tensors(c)).mean() / 2), "averages arithmetic means"),
        (changed(2, lambda c: f1_with_tensors(c)[0].mean()), "micro-F1: That is the macro average"),
        (changed(2, lambda c: with_tensors(c)[1].mean()), "macro-recall. Add up"),
        (changed(2, lambda c: with_tensors(c)[0].mean()), "macro-precision. Add up"),
        (changed(2, lambda c: 2 * c.trace() / (c.trace() + c.sum())), "Each mistake counts twice"),
        (lambda c: f1_with_tensors(c)[0], "Return three things"),
        (changed(2, lambda c: with_tensors(c)[1]), "The shape should be ()"),
    ],
)
def test_a_wrong_f1_is_told_its_mistake(answer, hint):
    assert_told(check_f1_scores(answer), hint)


def rates(scores, positive, threshold):
    flagged = scores >= threshold
    return flagged[~positive].float().mean(), flagged[positive].float().mean()


def rates_by_counting(scores, positive, threshold):
    counts = {True: [0, 0], False: [0, 0]}
    for score, is_positive in zip(scores.tolist(), positive.tolist(), strict=True):
        counts[is_positive][score >= threshold] += 1
    return [alarms / (quiet + alarms) for quiet, alarms in (counts[False], counts[True])]


@pytest.mark.parametrize("answer", [rates, rates_by_counting])
def test_a_point_of_the_roc_curve_is_accepted_however_it_is_written(answer):
    assert check_roc_point(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s, p, t: rates(s, p, t + 1e-6), "false positive rate: A score equal to the threshold"),
        (lambda s, p, t: rates(s, p, t)[::-1], "The two are exchanged"),
        (
            lambda s, p, t: (((s >= t) & ~p).sum() / (s >= t).sum().clamp(min=1), rates(s, p, t)[1]),
            "1 - precision",
        ),
        (lambda s, p, t: (((s >= t) & ~p).float().mean(), rates(s, p, t)[1]), "by all images"),
        (lambda s, p, t: (1 - rates(s, p, t)[0], rates(s, p, t)[1]), "the specificity"),
        (lambda s, p, t: rates(-s, p, -t + 1e-6), "below the threshold, the specificity"),
        (lambda s, p, t: (rates(s, p, t)[0], 1 - rates(s, p, t)[1]), "not those below it"),
        (
            lambda s, p, t: (rates(s, p, t)[0], ((s >= t) & p).sum() / (s >= t).sum().clamp(min=1)),
            "which is the precision",
        ),
        (lambda s, p, t: (rates(s, p, t)[0], 0.123), "true positive rate: (threshold 0.125)"),
    ],
)
def test_a_wrong_point_is_told_its_mistake(answer, hint):
    assert_told(check_roc_point(answer), hint)
