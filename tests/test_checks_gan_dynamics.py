"""The checks of notebook 12 on the Dirac-GAN and distances accept right answers and tell wrong ones their mistake."""

import math

import numpy as np
import pytest
import torch

from course_lib.checks.gan_dynamics import check_alternating_step, check_step_eigenvalues, check_wasserstein
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.training.dirac import DiracGAN, eigenvalues, simultaneous_update


def stub(*arguments):
    raise NotImplementedError


def by_matrix(slope, step_size):
    jacobian = torch.tensor([[0, -slope], [slope, 0]])
    return torch.linalg.eigvals(torch.eye(2) + step_size * jacobian)


def by_numpy(slope, step_size):
    return np.linalg.eigvals(np.array([[1, -step_size * slope], [step_size * slope, 1]]))


def by_hand(slope, step_size):
    return 1 - 1j * step_size * slope, 1 + 1j * step_size * slope


@pytest.mark.parametrize("answer", [by_matrix, by_numpy, by_hand])
def test_right_eigenvalues_are_accepted_however_they_are_found(answer):
    assert check_step_eigenvalues(answer).status == CORRECT


def test_the_right_eigenvalues_are_those_of_the_library():
    found = eigenvalues(lambda state: simultaneous_update(DiracGAN(), state, 0.2))
    assert torch.allclose(found.imag.abs(), by_matrix(0.5, 0.2).imag.abs().double())


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s, h: [1j * s, -1j * s], "belong to the field"),
        (lambda s, h: [1j * s * h, -1j * s * h], "The identity is missing"),
        (lambda s, h: [1 + h * s, 1 - h * s], "are imaginary"),
        (lambda s, h: torch.tensor([s, -s], dtype=torch.complex64), "are imaginary"),
        (lambda s, h: [math.sqrt(1 + (h * s) ** 2)] * 2, "the size |λ|"),
        (lambda s, h: [1 + (h * s) ** 2] * 2, "the square of the size"),
        (lambda s, h: [1 + 0.5j * h, 1 - 0.5j * h], "The slope is an argument"),
        (lambda s, h: [1 + 1j * s, 1 - 1j * s], "The step size is not used"),
        (lambda s, h: [1 + 1j * h * s] * 2, "its conjugate"),
        (lambda s, h: np.roots([1, (h * s) ** 2 - 2, 1]), "the alternating step"),
        (lambda s, h: [1 + 1j * h * s], "has two eigenvalues"),
        (lambda s, h: math.sqrt(1 + (h * s) ** 2), "Two complex numbers are expected"),
        (lambda s, h: [2j, -2j], "solve its characteristic equation"),
    ],
)
def test_wrong_eigenvalues_are_told_their_mistake(answer, hint):
    result = check_step_eigenvalues(answer)
    assert result.status == WRONG
    assert hint in result.message


def alternating(theta, psi, slope, step_size):
    psi = psi + step_size * slope(psi * theta) * theta
    theta = theta - step_size * slope(psi * theta) * psi
    return theta, psi


def alternating_as_tensor(theta, psi, slope, step_size):
    state = torch.tensor([theta, psi], dtype=torch.float64)
    state[1] += step_size * slope(state.prod()) * state[0]
    state[0] -= step_size * slope(state.prod()) * state[1]
    return state


@pytest.mark.parametrize("answer", [alternating, alternating_as_tensor, lambda *a: list(alternating(*a))])
def test_a_right_alternating_step_is_accepted_however_it_is_written(answer):
    assert check_alternating_step(answer).status == CORRECT


def simultaneous(theta, psi, slope, h):
    return theta - h * slope(psi * theta) * psi, psi + h * slope(psi * theta) * theta


def generator_first(theta, psi, slope, h):
    theta = theta - h * slope(psi * theta) * psi
    return theta, psi + h * slope(psi * theta) * theta


def old_inside(theta, psi, slope, h):
    new = psi + h * slope(psi * theta) * theta
    return theta - h * slope(psi * theta) * new, new


def old_outside(theta, psi, slope, h):
    new = psi + h * slope(psi * theta) * theta
    return theta - h * slope(new * theta) * psi, new


def both_climb(theta, psi, slope, h):
    psi = psi + h * slope(psi * theta) * theta
    return theta + h * slope(psi * theta) * psi, psi


def both_descend(theta, psi, slope, h):
    psi = psi - h * slope(psi * theta) * theta
    return theta - h * slope(psi * theta) * psi, psi


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (simultaneous, "simultaneous steps"),
        (generator_first, "The discriminator begins"),
        (old_inside, "also inside f'"),
        (old_outside, "also outside f'"),
        (both_climb, "against the slope of V"),
        (both_descend, "along the slope of V"),
        (lambda *a: alternating(*a)[::-1], "θ comes first"),
        (lambda t, p, s, h: alternating(t, p, lambda _: 0.5, h), "call slope(t)"),
        (lambda t, p, s, h: alternating(t, p, s, 1.0), "The step size is missing"),
        (lambda t, p, s, h: (simultaneous(t, p, s, h)[0], p), "The discriminator has not moved"),
        (lambda t, p, s, h: (t, alternating(t, p, s, h)[1]), "The generator has not moved"),
        (lambda *a: alternating(*a)[0], "Two numbers are expected"),
        (lambda t, p, s, h: (t, p, h), "Two numbers are expected"),
        (lambda t, p, s, h: (t + 5, p), "Expected θ ="),
    ],
)
def test_a_wrong_alternating_step_is_told_its_mistake(answer, hint):
    result = check_alternating_step(answer)
    assert result.status == WRONG
    assert hint in result.message


def by_distribution_functions(x, y):
    """∫ |F - G|, place by place."""
    places = torch.cat([x, y]).sort().values
    below = [(sample[:, None] <= places[:-1]).double().mean(dim=0) for sample in (x, y)]
    return ((below[0] - below[1]).abs() * places.diff()).sum()


def by_sorted_lists(x, y):
    pairs = zip(sorted(x.tolist()), sorted(y.tolist()), strict=True)
    return sum(abs(a - b) for a, b in pairs) / len(x)


def by_tensors(x, y):
    return (x.sort().values - y.sort().values).abs().mean()


@pytest.mark.parametrize("answer", [by_distribution_functions, by_sorted_lists, by_tensors])
def test_a_right_distance_is_accepted_however_it_is_written(answer):
    assert check_wasserstein(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x, y: (x - y).abs().mean(), "Sort both first"),
        (lambda x, y: (x.sort().values - y).abs().mean(), "Only one of the two"),
        (lambda x, y: (x - y.sort().values).abs().mean(), "Only one of the two"),
        (lambda x, y: (x.mean() - y.mean()).abs(), "Ways to the left pay"),
        (lambda x, y: (y.sort().values - x.sort().values).mean(), "Ways to the left pay"),
        (lambda x, y: (x.sort().values - y.sort().values).abs().sum(), "That is the sum"),
        (lambda x, y: (x.sort().values - y.sort().values).square().mean().sqrt(), "The ways are squared"),
        (lambda x, y: (x[:, None] - y).abs().mean(), "mean over all pairs"),
        (lambda x, y: (x[:, None] - y).abs().amin(dim=1).mean(), "nearest neighbour"),
        (lambda x, y: (x.sort().values - y.sort(descending=True).values).abs().mean(), "sorted upwards"),
        (lambda x, y: x.sort().values - y.sort().values, "A single number is expected"),
        (lambda x, y: "far", "A number is expected"),
        (lambda x, y: 7.0, "Expected"),
    ],
)
def test_a_wrong_distance_is_told_its_mistake(answer, hint):
    result = check_wasserstein(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize("check", [check_step_eigenvalues, check_alternating_step, check_wasserstein])
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED
