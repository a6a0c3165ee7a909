"""Ways between latents against closed forms, and at their edges: equal, opposite and zero vectors."""

import math

import pytest
import torch

from course_lib.inspection.latents import (
    between_corners,
    latent_grid,
    linear_interpolation,
    spherical_interpolation,
)

WAYS = [linear_interpolation, spherical_interpolation]
POSITIONS = torch.linspace(0, 1, 9)


def random_latents(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("way", WAYS)
def test_a_walk_begins_and_ends_where_it_should(way):
    start, end = random_latents(2, 64)
    walk = way(start, end, POSITIONS)
    assert walk.shape == (9, 64)
    assert walk.dtype == torch.float32
    torch.testing.assert_close(walk[[0, -1]], torch.stack([start, end]))


@pytest.mark.parametrize("way", WAYS)
def test_the_way_back_is_the_same(way):
    start, end = random_latents(2, 64)
    torch.testing.assert_close(way(start, end, POSITIONS), way(end, start, 1 - POSITIONS))


@pytest.mark.parametrize("degrees", [1e-5, 0.1, 30, 90, 150, 179.9])
def test_in_the_plane_the_spherical_way_turns_evenly(degrees):
    """From the first axis by an angle: position t is (cos tθ, sin tθ), here in double precision."""
    angle = math.radians(degrees)
    start = torch.tensor([1.0, 0.0], dtype=torch.float64)
    end = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)
    t = POSITIONS.double()
    expected = torch.stack([(t * angle).cos(), (t * angle).sin()], dim=1)
    torch.testing.assert_close(spherical_interpolation(start, end, t), expected, rtol=0, atol=1e-9)


def test_of_equally_long_latents_it_is_the_usual_formula_and_stays_as_long():
    start, end = random_latents(2, 64)
    end = end * start.norm() / end.norm()
    angle = torch.dot(start, end).div(start.norm() * end.norm()).acos()
    t = POSITIONS[:, None]
    usual = (((1 - t) * angle).sin() * start + (t * angle).sin() * end) / angle.sin()
    walk = spherical_interpolation(start, end, POSITIONS)
    torch.testing.assert_close(walk, usual, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(walk.norm(dim=1), start.norm().expand(9))


def test_the_length_changes_in_a_straight_line():
    start, end = random_latents(2, 16)
    end = 3 * end
    lengths = spherical_interpolation(start, end, POSITIONS).norm(dim=1)
    torch.testing.assert_close(lengths, (1 - POSITIONS) * start.norm() + POSITIONS * end.norm())


def test_halfway_the_straight_line_is_too_short_and_the_spherical_way_is_not():
    start, end = random_latents(2, 2000, 256)
    middle = linear_interpolation(start, end, 0.5)
    assert middle.square().sum(dim=1).mean().item() == pytest.approx(128, rel=0.01)
    assert spherical_interpolation(start, end, 0.5).square().sum(dim=1).mean().item() == pytest.approx(
        256, rel=0.01
    )


@pytest.mark.parametrize("way", WAYS)
def test_equal_latents_make_no_way(way):
    start = random_latents(16)
    torch.testing.assert_close(way(start, start, POSITIONS), start.expand(9, 16))
    many = random_latents(500, 16)  # the cosine of some with themselves is rounded to more than 1
    torch.testing.assert_close(way(many, many, 0.5), many)
    longer = way(start, 2 * start, POSITIONS)  # the same direction
    torch.testing.assert_close(longer, (1 + POSITIONS[:, None]) * start)


@pytest.mark.parametrize("way", WAYS)
def test_from_zero_the_way_is_straight(way):
    zero, end = torch.zeros(16), random_latents(16)
    torch.testing.assert_close(way(zero, end, POSITIONS), POSITIONS[:, None] * end)
    torch.testing.assert_close(way(end, zero, POSITIONS), (1 - POSITIONS[:, None]) * end)
    assert torch.equal(way(zero, zero, POSITIONS), torch.zeros(9, 16))


def test_opposite_latents_have_no_shortest_way_and_it_is_said():
    start = random_latents(16)
    for end in (-start, -3 * start):
        with pytest.raises(ValueError, match="opposite directions.*linear_interpolation"):
            spherical_interpolation(start, end, 0.5)
    assert torch.equal(linear_interpolation(start, -start, 0.5), torch.zeros(16))
    both = torch.stack([random_latents(16, seed=1), -start])
    with pytest.raises(ValueError, match="opposite"):  # one pair of several
        spherical_interpolation(start, both, 0.5)


def test_small_numbers_are_no_zero_vectors():
    start, end = torch.tensor([1e-20, 0.0]), torch.tensor([0.0, 1e-20])
    middle = spherical_interpolation(start, end, 0.5)
    torch.testing.assert_close(middle / 1e-20, torch.full((2,), 0.5**0.5))


@pytest.mark.parametrize("way", WAYS)
def test_batches_of_walks_are_the_walks_one_by_one(way):
    start, end = random_latents(3, 16), random_latents(3, 16, seed=1)
    walks = way(start[:, None], end[:, None], POSITIONS)  # (3, 9, 16)
    for number in range(3):
        torch.testing.assert_close(walks[number], way(start[number], end[number], POSITIONS))


@pytest.mark.parametrize("way", WAYS)
def test_latents_of_different_length_are_refused(way):
    with pytest.raises(ValueError, match=r"got \(4,\) and \(5,\)"):
        way(torch.zeros(4), torch.zeros(5), 0.5)


@pytest.mark.parametrize("way", WAYS)
def test_the_corners_of_a_grid_are_the_corners_and_its_sides_are_walks(way):
    corners = random_latents(4, 16)
    grid = latent_grid(corners, 5, 9, way)
    assert grid.shape == (5, 9, 16)
    torch.testing.assert_close(grid[[0, 0, -1, -1], [0, -1, 0, -1]], corners)
    torch.testing.assert_close(grid[0], way(corners[0], corners[1], POSITIONS))
    torch.testing.assert_close(grid[:, 0], way(corners[0], corners[2], torch.linspace(0, 1, 5)))
    torch.testing.assert_close(grid[1, 6], between_corners(corners, 0.75, 0.25, way))


@pytest.mark.parametrize("shape", [(3, 16), (5, 16), (4,), (4, 2, 2)])
def test_other_than_four_corners_are_refused(shape):
    with pytest.raises(ValueError, match="corners must have shape"):
        between_corners(torch.zeros(shape), 0.5, 0.5)
