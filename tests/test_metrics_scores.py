"""Precision, recall, F1 and their averages against torchmetrics, absent classes included."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional import classification as torchmetrics

from course_lib.metrics.classification import accuracy, confusion_matrix
from course_lib.metrics.scores import averaged_scores, f1, outcomes, precision, recall

THEIRS = {
    precision: torchmetrics.multiclass_precision,
    recall: torchmetrics.multiclass_recall,
    f1: torchmetrics.multiclass_f1_score,
}


@st.composite
def answers(draw):
    """Return predictions, labels and the number of classes; few images, so that classes are often absent."""
    class_count = draw(st.integers(2, 6))
    numbers = st.integers(0, class_count - 1)
    pairs = draw(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=30))
    predictions, labels = torch.tensor(pairs).T
    return predictions, labels, class_count


@given(answers())
def test_scores_of_each_class_equal_torchmetrics(case):
    for ours, theirs in THEIRS.items():
        found = ours(confusion_matrix(*case))
        torch.testing.assert_close(found.float(), theirs(*case, average="none"), atol=1e-6, rtol=0)


@given(answers(), st.sampled_from(["macro", "micro", "weighted"]))
def test_averages_equal_torchmetrics(case, average):
    found = averaged_scores(confusion_matrix(*case), average)
    for ours, theirs in THEIRS.items():
        assert found[ours.__name__] == pytest.approx(theirs(*case, average=average).item(), abs=1e-6)


@given(answers())
def test_micro_averages_are_the_accuracy(case):
    assert averaged_scores(confusion_matrix(*case), "micro") == pytest.approx(
        dict.fromkeys(("precision", "recall", "f1"), accuracy(*case)), abs=1e-6
    )


@given(answers())
def test_f1_is_the_harmonic_mean_where_that_is_defined(case):
    confusion = confusion_matrix(*case)
    p, r = precision(confusion), recall(confusion)
    defined = (p > 0) & (r > 0)
    torch.testing.assert_close(f1(confusion)[defined], (2 / (1 / p + 1 / r))[defined])
    assert (f1(confusion)[~defined] == 0).all()


@given(answers())
def test_the_four_outcomes_are_those_of_counting_one_by_one(case):
    predictions, labels, class_count = case
    for number, found in enumerate(
        zip(*(each.tolist() for each in outcomes(confusion_matrix(*case))), strict=True)
    ):
        said, is_so = predictions == number, labels == number
        expected = [(said & is_so), (said & ~is_so), (~said & is_so), (~said & ~is_so)]
        assert list(found) == [each.sum().item() for each in expected]
    assert number == class_count - 1


def test_what_is_no_confusion_matrix_is_refused():
    with pytest.raises(ValueError, match="is square"):
        precision(torch.ones(2, 3, dtype=torch.int64))
    with pytest.raises(ValueError, match="smallest entry -1"):
        f1(torch.tensor([[1, -1], [0, 2]]))
    with pytest.raises(ValueError, match="average must be one of"):
        averaged_scores(torch.eye(2), "mean")
    with pytest.raises(ValueError, match="holds no image"):
        averaged_scores(torch.zeros(2, 2), "macro")
