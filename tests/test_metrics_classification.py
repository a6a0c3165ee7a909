"""Confusion matrices and what is read off them, against counting one by one."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics import functional

from course_lib.metrics.classification import accuracy, confusion_matrix, most_confused, per_class_accuracy


@st.composite
def answers(draw):
    """Return predictions, labels and the number of classes."""
    class_count = draw(st.integers(2, 6))
    numbers = st.integers(0, class_count - 1)
    pairs = draw(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=40))
    predictions, labels = torch.tensor(pairs).T
    return predictions, labels, class_count


def count_one_by_one(predictions, labels, class_count):
    table = np.zeros((class_count, class_count), dtype=int)
    for prediction, label in zip(predictions.tolist(), labels.tolist(), strict=True):
        table[label, prediction] += 1
    return table


@given(answers())
def test_the_confusion_matrix_counts_true_classes_in_rows(case):
    found = confusion_matrix(*case)
    assert found.dtype == torch.int64
    assert np.array_equal(found.numpy(), count_one_by_one(*case))


@given(answers())
def test_accuracy_is_the_share_of_right_answers(case):
    predictions, labels, class_count = case
    expected = sum(p == y for p, y in zip(predictions.tolist(), labels.tolist(), strict=True)) / len(labels)
    assert accuracy(*case) == pytest.approx(expected, abs=1e-6)
    micro = functional.accuracy(
        predictions, labels, task="multiclass", num_classes=class_count, average="micro"
    )
    assert accuracy(*case) == pytest.approx(micro.item(), abs=1e-6)


@given(answers())
def test_accuracy_of_each_class_is_its_recall(case):
    predictions, labels, class_count = case
    found = per_class_accuracy(confusion_matrix(*case))
    for number in range(class_count):
        of_class = labels == number
        if of_class.any():
            expected = (predictions[of_class] == number).float().mean().item()
            assert found[number].item() == pytest.approx(expected, abs=1e-6)
        else:
            assert found[number].isnan()


@given(answers(), st.integers(1, 8))
def test_the_most_frequent_mistakes_come_first_and_are_mistakes(case, count):
    confusion = confusion_matrix(*case)
    found = most_confused(confusion, count)
    mistakes = [
        (row, column, confusion[row, column].item())
        for row in range(case[2])
        for column in range(case[2])
        if row != column and confusion[row, column] > 0
    ]
    assert len(found) == min(count, len(mistakes))
    assert set(found) <= set(mistakes)
    frequencies = sorted((how_often for _, _, how_often in mistakes), reverse=True)
    assert [how_often for _, _, how_often in found] == frequencies[: len(found)]


def test_reading_off_mistakes_leaves_the_matrix_alone():
    confusion = torch.tensor([[5, 2], [3, 9]])
    assert most_confused(confusion, 2) == [(1, 0, 3), (0, 1, 2)]
    assert confusion.tolist() == [[5, 2], [3, 9]]


def test_logits_count_as_their_largest():
    logits = torch.tensor([[0.1, 2.0, -1.0], [5.0, 4.9, 0.0]])
    assert confusion_matrix(logits, torch.tensor([1, 2]), 3).tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert accuracy(logits, torch.tensor([1, 2]), 3) == 0.5


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_logits_that_are_no_numbers_are_refused(broken):
    with pytest.raises(ValueError, match="some logits are infinite or not a number"):
        confusion_matrix(torch.tensor([[0.0, broken]]), torch.tensor([0]), 2)


@pytest.mark.parametrize(
    ("predictions", "labels", "message"),
    [
        ([0, 1], [0], "need as many predictions as labels"),
        ([], [], "and some"),
        ([0, 2], [0, 1], "predictions must be whole numbers from 0 to 1, got torch.int64 from 0 to 2"),
        ([0, 1], [0, 2], "labels must be whole numbers from 0 to 1"),
        ([0, 1], [-1, 1], "labels must be whole numbers from 0 to 1, got torch.int64 from -1 to 1"),
        ([0.0, 1.0], [0, 1], "predictions must be whole numbers"),
    ],
)
def test_what_cannot_be_counted_is_refused(predictions, labels, message):
    with pytest.raises(ValueError, match=message):
        confusion_matrix(torch.tensor(predictions), torch.tensor(labels), 2)
