"""Calibration error against torchmetrics, the temperature against known ones and against a search."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional.classification import multiclass_calibration_error

from course_lib.metrics.calibration import expected_calibration_error, fit_temperature, reliability_bins
from tests.helpers import seeded


def random_logits(count, classes, seed, scale=2.0):
    """Return logits, and labels drawn from softmax(logits): the temperature 1 is right."""
    generator = seeded(seed)
    logits = scale * torch.randn(count, classes, generator=generator, dtype=torch.float64)
    return logits, logits.softmax(dim=1).multinomial(1, generator=generator)[:, 0]


@given(
    count=st.integers(1, 200), classes=st.integers(2, 6), bins=st.integers(1, 20), seed=st.integers(0, 999)
)
def test_the_error_equals_torchmetrics(count, classes, bins, seed):
    logits, labels = random_logits(count, classes, seed)
    probabilities = (1.7 * logits).softmax(dim=1).float()
    theirs = multiclass_calibration_error(probabilities, labels, classes, n_bins=bins, norm="l1")
    assert expected_calibration_error(probabilities, labels, bins) == pytest.approx(theirs.item(), abs=1e-5)


@given(count=st.integers(1, 100), bins=st.integers(1, 12), seed=st.integers(0, 999))
def test_bins_hold_what_lies_between_their_edges(count, bins, seed):
    logits, labels = random_logits(count, 3, seed)
    probabilities = logits.softmax(dim=1)
    found = reliability_bins(probabilities, labels, bins)
    confidence, guess = probabilities.max(dim=1)
    for number in range(bins):
        inside = (confidence >= found.edges[number]) & (confidence < found.edges[number + 1])
        assert found.count[number] == inside.sum()
        if inside.any():
            assert found.accuracy[number].item() == pytest.approx(
                (guess == labels)[inside].double().mean().item()
            )
            assert found.confidence[number].item() == pytest.approx(confidence[inside].mean().item())
        else:
            assert found.accuracy[number] == found.confidence[number] == 0
    assert found.count.sum() == count


def test_certainty_belongs_to_the_last_bin():
    found = reliability_bins(torch.tensor([[1.0, 0.0], [0.5, 0.5]]), torch.tensor([0, 0]), 4)
    assert found.count.tolist() == [0, 0, 1, 1]
    assert found.error() == pytest.approx(0.25)


@given(temperature=st.floats(0.3, 5), seed=st.integers(0, 99))
def test_a_known_temperature_is_found_again(temperature, seed):
    logits, labels = random_logits(5000, 5, seed)
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.1)


@given(seed=st.integers(0, 99))
def test_no_other_temperature_has_a_lower_cross_entropy(seed):
    logits, labels = random_logits(300, 4, seed)
    best = fit_temperature(3 * logits, labels)
    losses = [F.cross_entropy(3 * logits / (best * factor), labels) for factor in (0.999, 1, 1.001)]
    assert losses[1] < losses[0]
    assert losses[1] < losses[2]


def test_a_perfect_model_gets_the_lowest_temperature_and_a_useless_one_the_highest():
    labels = torch.arange(4)
    assert fit_temperature(F.one_hot(labels).double(), labels) == pytest.approx(0.01)
    assert fit_temperature(-F.one_hot(labels).double(), labels, highest=50) == pytest.approx(50)


def test_a_perfectly_calibrated_model_has_a_small_error_that_is_not_zero():
    logits, labels = random_logits(5000, 10, seed=0)
    assert 0.001 < expected_calibration_error(logits.softmax(dim=1), labels) < 0.03


@pytest.mark.parametrize(
    ("values", "labels", "message"),
    [
        ([[0.2, 0.2]], [0], "add up to 1"),
        ([[2.0, -1.0]], [0], "add up to 1"),
        ([[0.5, 0.5]], [0, 1], "need values of shape"),
        ([0.5, 0.5], [0, 1], "need values of shape"),
        ([[float("nan"), 0.5]], [0], "infinite or not a number"),
    ],
)
def test_what_has_no_calibration_is_refused(values, labels, message):
    with pytest.raises(ValueError, match=message):
        reliability_bins(torch.tensor(values), torch.tensor(labels))


def test_impossible_settings_are_refused():
    one = torch.tensor([[0.5, 0.5]]), torch.tensor([0])
    with pytest.raises(ValueError, match="bin_count"):
        reliability_bins(*one, 0)
    with pytest.raises(ValueError, match="0 < lowest < highest"):
        fit_temperature(*one, lowest=2, highest=1)
    with pytest.raises(ValueError, match="infinite or not a number"):
        fit_temperature(one[0] * torch.inf, one[1])
