"""Divergences by quadrature against closed forms and the values of the literature, to 1e-5."""

import math

import numpy as np
import pytest
import torch

from course_lib.metrics.divergences import (
    game_value,
    generator_criterion,
    jensen_shannon_divergence,
    kl_divergence,
    normal_density,
    normal_kl_divergence,
    optimal_discriminator,
)

X = torch.linspace(-16, 20, 7201, dtype=torch.float64)


@pytest.mark.parametrize(("mean", "jsd", "criterion"), [(1, 0.111421, -1.163451), (4, 0.632720, -0.120854)])
def test_two_normal_distributions_of_width_1(mean, jsd, criterion):
    p, q = normal_density(X, 0), normal_density(X, mean)
    assert jensen_shannon_divergence(p, q, X).item() == pytest.approx(jsd, abs=1e-6)
    assert generator_criterion(p, q, X).item() == pytest.approx(criterion, abs=1e-6)


def test_the_same_integral_by_another_road():
    """Gauss-Hermite quadrature of E_p[log(p/m)], which knows nothing of the grid."""
    places, weights = map(torch.from_numpy, np.polynomial.hermite_e.hermegauss(80))
    inner = -torch.log((1 + torch.exp(places - 0.5)) / 2)  # log(p/m) where q/p = exp(x - ½)
    expected = (weights * inner).sum() / weights.sum()  # by symmetry the same for q
    found = jensen_shannon_divergence(normal_density(X, 0), normal_density(X, 1), X)
    assert found.item() == pytest.approx(expected.item(), abs=1e-6)


@pytest.mark.parametrize(
    ("means", "stds"), [((0, 1), (1, 1)), ((0, 2), (1.5, 0.8)), ((1, -1), (0.5, 2)), ((0, 0), (1, 2))]
)
def test_kl_of_normal_distributions_in_both_directions(means, stds):
    p, q = (normal_density(X, mean, std) for mean, std in zip(means, stds, strict=True))
    there, back = kl_divergence(p, q, X), kl_divergence(q, p, X)
    assert there.item() == pytest.approx(normal_kl_divergence(means[0], stds[0], means[1], stds[1]), abs=1e-5)
    assert back.item() == pytest.approx(normal_kl_divergence(means[1], stds[1], means[0], stds[0]), abs=1e-5)
    torch_p, torch_q = (
        torch.distributions.Normal(float(m), float(s)) for m, s in zip(means, stds, strict=True)
    )
    assert there.item() == pytest.approx(torch.distributions.kl_divergence(torch_p, torch_q).item(), abs=1e-5)


def test_equal_densities_are_at_distance_0_and_disjoint_ones_at_log_2():
    p = normal_density(X, 0, 0.5)
    assert kl_divergence(p, p, X).item() == 0
    assert jensen_shannon_divergence(p, p, X).item() == 0
    assert generator_criterion(p, p, X).item() == pytest.approx(-math.log(4), abs=1e-12)
    for gap in (3.0, 5.0, 8.0):  # triangles of half width 1: no common place
        first, second = ((1 - (X - centre).abs()).clamp(min=0) for centre in (-gap, gap))
        assert jensen_shannon_divergence(first, second, X).item() == pytest.approx(math.log(2), abs=1e-5)
        assert generator_criterion(first, second, X).item() == pytest.approx(0, abs=1e-5)
        assert kl_divergence(first, second, X).item() == math.inf


def test_the_jensen_shannon_divergence_is_symmetric_and_at_most_log_2():
    p = 0.3 * normal_density(X, -3, 0.5) + 0.7 * normal_density(X, 2, 1.3)
    q = normal_density(X, 6, 0.4)
    there, back = jensen_shannon_divergence(p, q, X).item(), jensen_shannon_divergence(q, p, X).item()
    assert there == pytest.approx(back, abs=1e-14)
    assert 0 < there < math.log(2)


def test_the_best_discriminator_attains_the_criterion_and_no_other_does():
    p, q = normal_density(X, 0), normal_density(X, 1)
    best = optimal_discriminator(p, q)
    criterion = generator_criterion(p, q, X).item()
    assert game_value(p, q, best, X).item() == pytest.approx(criterion, abs=1e-10)
    assert best[(X - 0.5).abs().argmin()].item() == pytest.approx(0.5)
    for other in (torch.full_like(X, 0.5), best * 0.98, torch.sigmoid(0.4 - X)):
        assert game_value(p, q, other, X).item() < criterion - 1e-4


def test_it_can_be_minimised():
    mean = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    grid = torch.linspace(-12, 15, 2001, dtype=torch.float64)
    kl_divergence(normal_density(grid, 1.0), normal_density(grid, mean), grid).backward()
    assert mean.grad.item() == pytest.approx(2.0, abs=1e-6)  # of ½(mean - 1)²


@pytest.mark.parametrize(
    ("p", "message"),
    [
        (normal_density(X, 0)[:-1], "must have one shape"),
        (normal_density(X, 0).log(), "p is negative somewhere"),
        (normal_density(X, 0) * 2, "p integrates to 2.0000 on this grid"),
        (normal_density(X, 20), "p integrates to 0.5000 on this grid, not to 1: widen"),
    ],
)
def test_what_is_no_density_is_refused(p, message):
    with pytest.raises(ValueError, match=message):
        jensen_shannon_divergence(p, normal_density(X, 0), X)
