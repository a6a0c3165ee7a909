"""ROC and precision-recall curves against torchmetrics and against their definitions, with many ties."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional import classification as torchmetrics

from course_lib.metrics.curves import (
    average_precision,
    counts_by_threshold,
    precision_recall_curve,
    roc_auc,
    roc_curve,
    trapezoid,
)


@st.composite
def scored(draw):
    """Return scores in [0, 1] and labels with both kinds of images; few levels make ties."""
    steps = draw(st.sampled_from([1, 3, 8, 1000]))
    pairs = draw(st.lists(st.tuples(st.integers(0, steps), st.booleans()), min_size=2, max_size=40))
    scores = torch.tensor([level / steps for level, _ in pairs])
    positive = torch.tensor([is_positive for _, is_positive in pairs])
    positive[0], positive[1] = True, False
    return scores, positive


@given(scored())
def test_the_roc_curve_equals_torchmetrics(case):
    scores, positive = case
    found = roc_curve(scores, positive)
    theirs = torchmetrics.binary_roc(scores, positive.long())
    for ours, other in zip(found[:2], theirs[:2], strict=True):
        torch.testing.assert_close(ours.float(), other)
    torch.testing.assert_close(found[2][1:], theirs[2][1:])  # the first is infinite here, 1 there
    assert roc_auc(scores, positive) == pytest.approx(
        torchmetrics.binary_auroc(scores, positive.long()).item(), abs=1e-6
    )


@given(scored())
def test_the_area_is_the_share_of_pairs_in_the_right_order(case):
    scores, positive = case
    above = scores[positive][:, None] - scores[~positive][None]
    expected = (above > 0).double().mean() + (above == 0).double().mean() / 2
    assert roc_auc(scores, positive) == pytest.approx(expected.item(), abs=1e-12)


@given(scored(), st.integers(0, 99))
def test_the_order_of_the_images_makes_no_difference_even_with_ties(case, seed):
    scores, positive = case
    order = torch.randperm(len(scores), generator=torch.Generator().manual_seed(seed))
    assert roc_auc(scores[order], positive[order]) == roc_auc(scores, positive)
    assert average_precision(scores[order], positive[order]) == average_precision(scores, positive)


@given(scored())
def test_precision_and_recall_equal_torchmetrics(case):
    scores, positive = case
    precision, recall, thresholds = precision_recall_curve(scores, positive)
    theirs = torchmetrics.binary_precision_recall_curve(scores, positive.long())
    # theirs begins at the lowest threshold, and ends in a point (1, 0) that no threshold gives
    torch.testing.assert_close(precision.float(), theirs[0][:-1].flip(0))
    torch.testing.assert_close(recall.float(), theirs[1][:-1].flip(0))
    torch.testing.assert_close(thresholds, theirs[2].flip(0))
    assert average_precision(scores, positive) == pytest.approx(
        torchmetrics.binary_average_precision(scores, positive.long()).item(), abs=1e-6
    )


@given(scored())
def test_every_point_is_what_its_threshold_gives(case):
    scores, positive = case
    false_rate, true_rate, thresholds = roc_curve(scores, positive)
    for f, t, threshold in zip(false_rate, true_rate, thresholds, strict=True):
        flagged = scores >= threshold
        assert t.item() == pytest.approx(flagged[positive].double().mean().item(), abs=1e-12)
        assert f.item() == pytest.approx(flagged[~positive].double().mean().item(), abs=1e-12)
    assert (thresholds.diff() < 0).all()


def test_a_score_that_knows_nothing():
    positive = torch.tensor([True] * 2 + [False] * 8)
    constant = torch.full((10,), 0.7)
    assert roc_auc(constant, positive) == 0.5
    assert average_precision(constant, positive) == pytest.approx(0.2)


def test_infinite_scores_have_a_place():
    scores = torch.tensor([torch.inf, 0.0, -torch.inf])
    assert roc_auc(scores, torch.tensor([True, False, False])) == 1.0


@pytest.mark.parametrize(
    ("function", "scores", "positive", "message"),
    [
        (roc_curve, [0.1, 0.2], [True, True], "needs positive and negative images"),
        (roc_curve, [0.1, 0.2], [False, False], "needs positive and negative images"),
        (precision_recall_curve, [0.1, 0.2], [False, False], "needs positive images"),
        (counts_by_threshold, [0.1], [True, False], "one score and one label an image"),
        (counts_by_threshold, [], [], "one score and one label an image"),
        (counts_by_threshold, [0.1, 0.2], [0, 1], "labels must be bool"),
        (counts_by_threshold, [float("nan"), 0.2], [True, False], "none of them NaN"),
        (counts_by_threshold, [1, 2], [True, False], "floating-point"),
    ],
)
def test_what_gives_no_curve_is_refused(function, scores, positive, message):
    with pytest.raises(ValueError, match=message):
        function(torch.tensor(scores), torch.tensor(positive))


def test_only_positives_have_precision_1():
    precision, recall, _ = precision_recall_curve(torch.tensor([0.3, 0.1]), torch.tensor([True, True]))
    assert precision.tolist() == [1, 1]
    assert recall.tolist() == [0.5, 1]


def test_an_area_needs_x_that_do_not_fall():
    with pytest.raises(ValueError, match="do not fall"):
        trapezoid(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))
