"""Neighbours, precision and recall, density and coverage agree with a loop over pairs and with cases by hand."""

import math

import pytest
import torch

from course_lib.metrics import neighbours as module
from course_lib.metrics.neighbours import (
    ball_counts,
    density_coverage,
    nearest_neighbours,
    neighbour_radii,
    precision_recall,
)
from tests.helpers import seeded


def some(count, seed, shift=0.0, width=3):
    return torch.randn(count, width, generator=seeded(seed), dtype=torch.float64) + shift


def radius_by_loop(points, i, k):
    return sorted(math.dist(points[i], p) for j, p in enumerate(points) if j != i)[k - 1]


def precision_by_loop(real, fake, k):
    radii = [radius_by_loop(real, i, k) for i in range(len(real))]
    return sum(
        any(math.dist(f, r) <= radius for r, radius in zip(real, radii, strict=True)) for f in fake
    ) / len(fake)


def density_coverage_by_loop(real, fake, k):
    radii = [radius_by_loop(real, i, k) for i in range(len(real))]
    inside = [[math.dist(f, r) <= radius for f in fake] for r, radius in zip(real, radii, strict=True)]
    return sum(map(sum, inside)) / (k * len(fake)), sum(map(any, inside)) / len(real)


@pytest.mark.parametrize("chunk", [1, 100, 2**24])
@pytest.mark.parametrize(("k", "shift"), [(1, 0.0), (3, 0.7), (5, 1.5)])
def test_a_loop_over_pairs_agrees_however_the_work_is_cut(monkeypatch, chunk, k, shift):
    monkeypatch.setattr(module, "CHUNK", chunk)
    real, fake = some(23, 0), some(17, 1, shift)
    lists = real.tolist(), fake.tolist()
    precision, recall = precision_recall(real, fake, k)
    assert precision == pytest.approx(precision_by_loop(*lists, k))
    assert recall == pytest.approx(precision_by_loop(*lists[::-1], k))
    assert density_coverage(real, fake, k) == pytest.approx(density_coverage_by_loop(*lists, k))


@pytest.mark.parametrize("chunk", [1, 50, 2**24])
def test_neighbours_are_those_of_cdist(monkeypatch, chunk):
    monkeypatch.setattr(module, "CHUNK", chunk)
    queries, references = some(12, 0), some(20, 1)
    distances, numbers = nearest_neighbours(queries, references, 4)
    expected = torch.cdist(queries, references, compute_mode="donot_use_mm_for_euclid_dist").sort(dim=1)
    torch.testing.assert_close(distances, expected.values[:, :4])
    assert torch.equal(numbers, expected.indices[:, :4])
    own = torch.cdist(queries, queries).sort(dim=1).values[:, 3]  # column 0 is the distance to itself
    torch.testing.assert_close(neighbour_radii(queries, 3), own)


def test_a_copy_is_at_almost_no_distance_though_features_are_large_and_far_from_zero():
    features = some(50, 0).float() + 1000
    distances, numbers = nearest_neighbours(features[10:20], features)
    assert distances.max() < 1e-5
    assert numbers.flatten().tolist() == list(range(10, 20))


def test_a_sample_is_not_its_own_neighbour_even_where_there_are_copies():
    points = torch.tensor([[0.0], [0.0], [5.0]])
    assert neighbour_radii(points, 1).tolist() == pytest.approx([0, 0, 5])
    assert neighbour_radii(points, 2).tolist() == pytest.approx([5, 5, 5])


def test_equal_distributions():
    real, fake = some(1500, 0, width=6), some(1500, 1, width=6)
    density, coverage = density_coverage(real, fake)
    assert density == pytest.approx(1, abs=0.05)
    assert coverage == pytest.approx(1 - 2**-5, abs=0.02)


def test_a_generator_that_found_one_mode_of_two_is_precise_with_half_of_the_recall():
    real = torch.cat([some(200, 0), some(200, 1, shift=50)])
    fake = some(400, 2)
    precision, recall = precision_recall(real, fake)
    assert precision > 0.9
    assert 0.4 < recall <= 0.5
    density, coverage = density_coverage(real, fake)
    assert density > 0.7
    assert 0.4 < coverage <= 0.5


def test_one_far_real_sample_spoils_precision_and_not_density():
    """Its ball covers half of the plane; generated samples there count as precise, but lie in one ball only."""
    real = torch.cat([some(300, 0, width=2), torch.tensor([[100.0, 0.0]])])
    fake = some(300, 1, width=2) + torch.tensor([60.0, 0.0])
    assert precision_recall(real, fake)[0] == 1
    density, coverage = density_coverage(real, fake)
    assert density == pytest.approx(1 / 5)
    assert coverage == pytest.approx(1 / 301)


def test_the_rim_of_a_ball_belongs_to_it():
    counts = ball_counts(torch.tensor([[1.0], [1.5]]), torch.tensor([[0.0], [2.0]]), torch.tensor([1.0, 1.0]))
    assert counts.tolist() == [2, 1]


@pytest.mark.parametrize("score", [precision_recall, density_coverage])
def test_too_few_samples_wrong_shapes_and_broken_features_are_refused(score):
    with pytest.raises(ValueError, match=r"3 generated samples are too few: more than 3 are needed"):
        score(some(10, 0), some(3, 1), 3)
    with pytest.raises(ValueError, match="need features of shape"):
        score(some(10, 0), some(10, 1, width=2), 3)
    with pytest.raises(ValueError, match="1 of 10 real samples"):
        score(some(10, 0).index_fill(0, torch.tensor([2]), torch.nan), some(10, 1), 3)
    with pytest.raises(ValueError, match="neighbours must be at least 1"):
        score(some(10, 0), some(10, 1), 0)


def test_neighbours_refuse_what_they_cannot_answer():
    with pytest.raises(ValueError, match="5 references are too few for 5 neighbours"):
        nearest_neighbours(some(5, 0), some(5, 0), 5, same_set=True)
    with pytest.raises(ValueError, match="the same rows"):
        nearest_neighbours(some(5, 0), some(6, 0), same_set=True)
    with pytest.raises(ValueError, match="too few"):
        nearest_neighbours(some(5, 0), some(0, 0))
