"""The checks of notebook 16: right answers and typical wrong ones."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks.better_gans import check_hinge, check_largest_singular_value, check_spherical
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.inspection.latents import spherical_interpolation


def stub(*arguments):
    raise NotImplementedError


def power_iteration(weight, rounds, last=lambda matrix, v: (matrix @ v).norm(), flat=lambda w: w.flatten(1)):
    """A right answer; the options make typical mistakes."""
    matrix = flat(weight)
    v = torch.ones(matrix.shape[1], dtype=weight.dtype)
    for _ in range(rounds):
        v = F.normalize(matrix.T @ (matrix @ v), dim=0)
    return last(matrix, v)


def by_two_vectors(weight, rounds):
    matrix = weight.reshape(len(weight), -1)
    left = torch.randn(len(matrix), generator=torch.Generator().manual_seed(9), dtype=weight.dtype)
    for _ in range(rounds):
        right = F.normalize(matrix.T @ left, dim=0)
        left = F.normalize(matrix @ right, dim=0)
    return (left @ matrix @ right).item()


@pytest.mark.parametrize("answer", [power_iteration, by_two_vectors])
def test_power_iteration_is_accepted_however_it_is_written(answer):
    assert check_largest_singular_value(answer).status == CORRECT


def without_lengths(weight, rounds):
    matrix = weight.flatten(1)
    v = torch.ones(matrix.shape[1], dtype=weight.dtype)
    for _ in range(rounds):
        v = matrix.T @ (matrix @ v)
    return (matrix @ v).norm()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda w, r: power_iteration(w, r, last=lambda m, v: (m.T @ (m @ v)).norm()), "the square of"),
        (lambda w, r: w.norm(), "Frobenius"),
        (lambda w, r: w.abs().max(), "the largest weight"),
        (lambda w, r: torch.linalg.svdvals(w.flatten(1))[-1], "the smallest"),
        (lambda w, r: power_iteration(w, r, last=lambda m, v: v.norm()), "It is 1"),
        (without_lengths, "grows without bound"),
        (lambda w, r: power_iteration(w, r) * math.nan, "a v of zeros"),
        (lambda w, r: power_iteration(w, r, flat=lambda x: x.flatten(1) if x.ndim == 2 else x[0, 0]), "weight.flatten"),
        (lambda w, r: power_iteration(w, min(r, 1)), "as many rounds"),
        (lambda w, r: power_iteration(w, r, last=lambda m, v: m @ v), "should be one number"),
    ],
)  # fmt: skip
def test_wrong_singular_values_are_told_apart(answer, hint):
    result = check_largest_singular_value(answer)
    assert result.status == WRONG
    assert hint in result.message


def d_loss(real, fake):
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def g_loss(fake):
    return -fake.mean()


@pytest.mark.parametrize(
    ("discriminator", "generator"),
    [
        (d_loss, g_loss),
        (lambda r, f: (1 - r).clamp(min=0).mean() - (-1 - f).clamp(max=0).mean(), lambda f: (-f).mean()),
        (lambda r, f: d_loss(r, f).item(), lambda f: g_loss(f).reshape(1)),
    ],
)  # fmt: skip
def test_hinge_losses_are_accepted_however_they_are_written(discriminator, generator):
    assert check_hinge(discriminator, generator).status == CORRECT


@pytest.mark.parametrize(
    ("discriminator", "generator", "hint"),
    [
        (lambda r, f: d_loss(f, r), g_loss, "exchanged"),
        (lambda r, f: (1 - r).mean() + (1 + f).mean(), g_loss, "The cut at zero"),
        (lambda r, f: F.relu(1 - r).mean() + F.relu(1 - f).mean(), g_loss, "The sign of the generated"),
        (lambda r, f: F.relu(1 - r.mean()) + F.relu(1 + f.mean()), g_loss, "comes after the mean"),
        (lambda r, f: F.relu(-r).mean() + F.relu(f).mean(), g_loss, "The margin of 1"),
        (lambda r, f: F.relu(1 - r).sum() + F.relu(1 + f).sum(), g_loss, "the mean is asked for"),
        (lambda r, f: d_loss(r, f) / 2, g_loss, "half of what"),
        (lambda r, f: -d_loss(r, f), g_loss, "The sign: it is to be minimised"),
        (lambda r, f: F.relu(1 - r).mean(), g_loss, "Only the real"),
        (lambda r, f: F.relu(1 + f).mean(), g_loss, "Only the generated"),
        (lambda r, f: F.softplus(-r).mean() + F.softplus(f).mean(), g_loss, "logistic"),
        (d_loss, lambda f: f.mean(), "The sign"),
        (d_loss, lambda f: F.relu(1 - f).mean(), "has no margin"),
        (d_loss, lambda f: F.softplus(-f).mean(), "non-saturating"),
        (d_loss, lambda f: -f.sum(), "the mean is asked for"),
        (d_loss, lambda f: -f, "should be one number"),
    ],
)
def test_wrong_hinge_losses_are_told_apart(discriminator, generator, hint):
    result = check_hinge(discriminator, generator)
    assert result.status == WRONG
    assert hint in result.message


def spherical(start, end, position, *, swap=False, divide=True, unit=False, directions=True):
    a, b = (start / start.norm(), end / end.norm()) if directions else (start, end)
    angle = (a @ b).clamp(-1, 1).arccos()
    if unit:
        start, end = a, b
    if swap:
        start, end = end, start
    result = ((1 - position) * angle).sin() * start + (position * angle).sin() * end
    return result / angle.sin() if divide else result


def turning_step_by_step(start, end, position):
    a, b = start / start.norm(), end / end.norm()
    across = F.normalize(b - (a @ b) * a, dim=0)  # the part of b that is orthogonal to a
    angle = math.acos(float(a @ b)) * position
    return start.norm() * (math.cos(angle) * a + math.sin(angle) * across)


@pytest.mark.parametrize("answer", [spherical, turning_step_by_step, spherical_interpolation])
def test_spherical_ways_are_accepted_however_they_are_written(answer):
    assert check_spherical(answer).status == CORRECT


def stretched(start, end, position):
    straight = (1 - position) * start + position * end
    return straight / straight.norm() * start.norm()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s, e, p: (1 - p) * s + p * e, "straight line"),
        (stretched, "does not turn evenly"),
        (lambda s, e, p: spherical(s, e, p, swap=True), "backwards"),
        (lambda s, e, p: spherical(s, e, p, divide=False), "sin θ is missing"),
        (lambda s, e, p: spherical(s, e, p, unit=True), "length 1"),
        (lambda s, e, p: spherical(s, e, p, directions=False), "directions"),
        (lambda s, e, p: spherical(s, e, p)[None], "shape"),
    ],
)
def test_wrong_ways_are_told_apart(answer, hint):
    result = check_spherical(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize(
    "result",
    [
        lambda: check_largest_singular_value(stub),
        lambda: check_hinge(stub, stub),
        lambda: check_hinge(stub, g_loss),
        lambda: check_spherical(stub),
    ],
)
def test_a_stub_is_not_attempted(result):
    assert result().status == NOT_ATTEMPTED
