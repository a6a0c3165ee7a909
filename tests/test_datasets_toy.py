"""The distributions in the plane: where their modes are, how wide, in which shares; and what is refused."""

import math

import pytest
import torch

from course_lib.datasets.toy import TOY_DATA, TwoMoons, grid, line, mixture, ring
from tests.helpers import seeded


def test_the_ring_has_all_its_modes_at_equal_distances():
    centres = ring(8, radius=2.0).centres
    assert centres.shape == (8, 2)
    assert torch.unique(centres.round(decimals=4), dim=0).shape == (
        8,
        2,
    )  # linspace with both ends gives seven
    for number, centre in enumerate(centres.tolist()):
        angle = 2 * math.pi * number / 8
        assert centre == pytest.approx([2 * math.cos(angle), 2 * math.sin(angle)], abs=1e-6)


@pytest.mark.parametrize(
    ("data", "count", "centres"),
    [
        (grid(3, spacing=0.5), 9, [[-0.5, -0.5], [-0.5, 0.0], [0.0, 0.5], [0.5, 0.5]]),
        (grid(1), 1, [[0.0, 0.0]]),
        (line(4, spacing=1.0), 4, [[-1.5, 0.0], [-0.5, 0.0], [0.5, 0.0], [1.5, 0.0]]),
    ],
)
def test_grid_and_line(data, count, centres):
    assert data.centres.shape == (count, 2)
    found = data.centres.tolist()
    assert all(centre in found for centre in centres)
    torch.testing.assert_close(data.centres.mean(0), torch.zeros(2))


@pytest.mark.parametrize(
    "data", [ring(8, std=0.05), grid(3, std=0.02), mixture([(0, 0), (3, 1)], 0.2, [1, 4])]
)
def test_samples_have_the_shares_and_the_width_that_were_asked_for(data):
    count = 20_000
    points = data.sample(count, seeded(0))
    assert points.shape == (count, 2)
    assert points.dtype == torch.float32
    nearest = torch.cdist(points, data.centres).argmin(1)
    shares = torch.bincount(nearest, minlength=len(data.centres)) / count
    torch.testing.assert_close(shares, data.weights, rtol=0, atol=0.015)
    spread = (points - data.centres[nearest]).std(0)
    torch.testing.assert_close(spread, torch.full((2,), data.std), rtol=0.03, atol=0)


def test_the_two_moons_are_half_circles_that_reach_into_each_other():
    moons = TwoMoons(radius=2.0, std=0.0)
    points = moons.sample(5000, seeded(0)) / 2
    upper = (points - torch.tensor([-0.5, -0.25])).norm(dim=1)  # distances from the two circles' centres
    lower = (points - torch.tensor([0.5, 0.25])).norm(dim=1)
    on_upper, on_lower = (upper - 1).abs() < 1e-4, (lower - 1).abs() < 1e-4
    assert bool((on_upper | on_lower).all())
    assert 0.47 < on_upper.float().mean() < 0.53
    assert points[on_upper, 1].min() >= -0.2501
    assert points[on_lower, 1].max() <= 0.2501
    assert points.mean(0).abs().max() < 0.03
    assert moons.centres is None
    assert TwoMoons(std=0.1).sample(7, seeded(0)).shape == (7, 2)


@pytest.mark.parametrize("name", TOY_DATA)
def test_only_the_passed_generator_is_drawn_from(name):
    data = TOY_DATA[name]()
    before = torch.get_rng_state()
    first, again, other = data.sample(50, seeded(1)), data.sample(50, seeded(1)), data.sample(50, seeded(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.dtype == torch.float32


def test_the_density_integrates_to_1_and_equals_torch_s():
    data = mixture([(-0.5, 0.0), (0.4, 0.3)], std=0.2, weights=[2, 1])
    axis = torch.linspace(-2, 2, 201, dtype=torch.float64)
    places = torch.cartesian_prod(axis, axis)
    density = data.log_density(places).exp()
    assert (density.sum() * (axis[1] - axis[0]) ** 2).item() == pytest.approx(1, abs=1e-6)
    parts = torch.distributions.Independent(torch.distributions.Normal(data.centres, 0.2), 1)
    theirs = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(data.weights), parts)
    torch.testing.assert_close(
        data.log_density(places).float(), theirs.log_prob(places.float()), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0], 0.1), "centres must be pairs"),
        (([[1.0, 2.0, 3.0]], 0.1), "centres must be pairs"),
        ((torch.zeros(0, 2), 0.1), "at least one"),
        (([[0.0, float("nan")]], 0.1), "finite"),
        (([[0.0, 0.0]], 0.0), "std must be a positive number, got 0"),
        (([[0.0, 0.0]], float("inf")), "std must be a positive number"),
        (([[0.0, 0.0]], 0.1, [0.5, 0.5]), "there are 1 centres"),
        (([[0.0, 0.0], [1.0, 1.0]], 0.1, [1.0, -1.0]), "weights must be at least 0"),
        (([[0.0, 0.0], [1.0, 1.0]], 0.1, [0.0, 0.0]), "not all 0"),
    ],
)
def test_a_mixture_that_is_none_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        mixture(*arguments)
