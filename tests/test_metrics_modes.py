"""Modes captured and its relatives, counted by hand and on samples of the true distribution."""

import math

import pytest
import torch

from course_lib.datasets.toy import mixture, ring
from course_lib.metrics.modes import (
    high_quality_share,
    mode_histogram,
    mode_kl,
    mode_shares,
    mode_total_variation,
    modes_captured,
    nearest_modes,
)
from tests.helpers import seeded

CENTRES = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
# four points at the first mode, two at the second of which one is beyond 3σ = 0.3, none at the third
POINTS = torch.tensor([[0.0, 0.0], [0.1, 0.0], [0.0, -0.29], [0.2, 0.2], [1.0, 0.05], [1.0, 0.31]])


def test_by_hand():
    mode, distance = nearest_modes(POINTS, CENTRES)
    assert mode.tolist() == [0, 0, 0, 0, 1, 1]
    assert distance.tolist() == pytest.approx([0, 0.1, 0.29, 0.2828, 0.05, 0.31], abs=1e-4)
    assert mode_shares(POINTS, CENTRES, std=0.1).tolist() == pytest.approx([4 / 6, 1 / 6, 0])
    assert high_quality_share(POINTS, CENTRES, std=0.1) == pytest.approx(5 / 6)
    assert modes_captured(POINTS, CENTRES, std=0.1) == 2
    assert mode_histogram(POINTS, CENTRES).tolist() == pytest.approx([4 / 6, 2 / 6, 0])
    assert mode_total_variation(POINTS, CENTRES) == pytest.approx(1 / 3)
    kl = 4 / 6 * math.log(2) + 2 / 6 * math.log(1)
    assert mode_kl(POINTS, CENTRES) == pytest.approx(kl)


def test_the_limits_are_arguments_and_belong_to_the_inside():
    assert high_quality_share(POINTS, CENTRES, std=0.1, within=1.01) == pytest.approx(3 / 6)
    assert modes_captured(POINTS, CENTRES, std=0.1, least_share=1 / 6) == 2
    assert modes_captured(POINTS, CENTRES, std=0.1, least_share=0.17) == 1
    on_the_edge = torch.tensor([[0.75, 0.0]])
    assert high_quality_share(on_the_edge, torch.zeros(1, 2), std=0.25) == 1.0


def test_one_stray_point_among_many_captures_no_mode():
    points = torch.cat([torch.zeros(999, 2), torch.tensor([[1.0, 0.0]])])
    assert modes_captured(points, CENTRES, std=0.1) == 1
    assert modes_captured(points, CENTRES, std=0.1, least_share=1e-4) == 2


def test_the_true_distribution_gets_full_marks():
    data = ring(8)
    points = data.sample(20_000, seeded(0))
    assert modes_captured(points, data.centres, data.std) == 8
    # of a two-dimensional Gaussian, exp(-9/2) = 1.1 % lies beyond 3σ
    assert high_quality_share(points, data.centres, data.std) == pytest.approx(1 - math.exp(-4.5), abs=0.003)
    assert mode_kl(points, data.centres) < 1e-3
    assert mode_total_variation(points, data.centres) < 0.02


def test_a_single_mode_gets_the_worst():
    data = ring(8)
    points = data.centres[3] + 0.01 * torch.randn(1000, 2, generator=seeded(0))
    assert modes_captured(points, data.centres, data.std) == 1
    assert mode_kl(points, data.centres) == pytest.approx(math.log(8))
    assert mode_total_variation(points, data.centres) == pytest.approx(7 / 8)


def test_unequal_weights_are_compared_with_themselves():
    data = mixture([(-1, 0), (1, 0)], std=0.1, weights=[9, 1])
    points = data.sample(20_000, seeded(0))
    assert mode_kl(points, data.centres, data.weights) < 1e-3
    assert mode_kl(points, data.centres) == pytest.approx(
        math.log(2) - 0.325, abs=0.02
    )  # log 2 - entropy(0.9, 0.1)
    assert mode_total_variation(points, data.centres, data.weights) < 0.01
    assert mode_total_variation(points, data.centres) == pytest.approx(0.4, abs=0.01)
    assert mode_kl(points, data.centres, torch.tensor([1.0, 0.0])) == math.inf


def test_points_far_from_everything_count_for_nothing_but_the_histogram():
    far = torch.full((10, 2), 50.0)
    assert modes_captured(far, CENTRES, std=0.1) == 0
    assert high_quality_share(far, CENTRES, std=0.1) == 0.0
    assert mode_histogram(far, CENTRES).sum() == 1


@pytest.mark.parametrize("points", [torch.zeros(0, 2), torch.zeros(4), torch.zeros(4, 3)])
def test_other_shapes_are_refused(points):
    with pytest.raises(ValueError, match="need points of shape"):
        modes_captured(points, CENTRES, std=0.1)


def test_points_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="the generator that made them is broken"):
        modes_captured(torch.tensor([[0.0, float("nan")]]), CENTRES, std=0.1)
