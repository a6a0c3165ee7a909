"""The Dirac-GAN: eigenvalues to 1e-6 against the paper's formulas, and where each method is after 500 steps."""

import cmath
import math

import numpy as np
import pytest
import torch

from course_lib.training.dirac import (
    DiracGAN,
    alternating_update,
    eigenvalues,
    simultaneous_update,
    trajectory,
)

STEP = 0.2


def assert_eigenvalues(found, expected):
    """Compare two sets of complex numbers to 1e-6."""
    found = sorted(map(complex, found.tolist()), key=lambda value: (value.imag, value.real))
    expected = sorted(map(complex, expected), key=lambda value: (value.imag, value.real))
    assert [value.real for value in found] == pytest.approx([value.real for value in expected], abs=1e-6)
    assert [value.imag for value in found] == pytest.approx([value.imag for value in expected], abs=1e-6)


def distances(update, game, steps=500, step_size=STEP, **options):
    """Return how far from the equilibrium each state is, beginning with √2."""
    return trajectory(lambda state: update(game, state, step_size, **options), (1.0, 1.0), steps).norm(dim=1)


GENERATOR_LOSSES = ("saturating", "non-saturating")


@pytest.mark.parametrize("generator_loss", GENERATOR_LOSSES)
def test_the_field_turns_around_the_equilibrium(generator_loss):
    """f'(0) = ½, so the eigenvalues are ± i/2; a Wasserstein GAN turns twice as fast."""
    assert_eigenvalues(eigenvalues(DiracGAN(generator_loss=generator_loss).field), [0.5j, -0.5j])
    game = DiracGAN("wasserstein", generator_loss)
    assert_eigenvalues(eigenvalues(game.field), [1j, -1j])


@pytest.mark.parametrize("generator_loss", GENERATOR_LOSSES)
@pytest.mark.parametrize("step_size", [0.01, 0.2, 1.0, 3.0])
def test_a_simultaneous_step_leads_away(generator_loss, step_size):
    game = DiracGAN(generator_loss=generator_loss)
    found = eigenvalues(lambda state: simultaneous_update(game, state, step_size))
    assert_eigenvalues(found, [1 + 0.5j * step_size, 1 - 0.5j * step_size])
    assert found.abs().tolist() == pytest.approx([math.sqrt(1 + step_size**2 / 4)] * 2, abs=1e-6)


@pytest.mark.parametrize("generator_loss", GENERATOR_LOSSES)
@pytest.mark.parametrize("step_size", [0.01, 0.2, 1.0, 3.9])
def test_an_alternating_step_leads_around(generator_loss, step_size):
    """det = 1 and trace 2 - h²/4: a pair on the unit circle as long as h ≤ 4."""
    game = DiracGAN(generator_loss=generator_loss)
    found = eigenvalues(lambda state: alternating_update(game, state, step_size))
    half_trace = 1 - step_size**2 / 8
    root = cmath.sqrt(half_trace**2 - 1)
    assert_eigenvalues(found, [half_trace + root, half_trace - root])
    assert found.abs().tolist() == pytest.approx([1, 1], abs=1e-6)


def test_an_alternating_step_that_is_too_long_leads_away():
    found = eigenvalues(lambda state: alternating_update(DiracGAN(), state, 4.5))
    assert found.abs().max() > 1.5


@pytest.mark.parametrize("weight", [0.1, 0.5, 1.0, 3.0])
def test_r1_pulls_towards_the_equilibrium(weight):
    """Mescheder et al. 2018: -γ/2 ± √(γ²/4 - f'(0)²)."""
    root = cmath.sqrt(weight**2 / 4 - 0.25)
    game = DiracGAN(penalty="r1", penalty_weight=weight)
    assert_eigenvalues(eigenvalues(game.field), [-weight / 2 + root, -weight / 2 - root])


@pytest.mark.parametrize("noise", [0.1, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("generator_loss", GENERATOR_LOSSES)
def test_instance_noise_pulls_towards_the_equilibrium(noise, generator_loss):
    """Mescheder et al. 2018: f''(0)σ² ± √(f''(0)²σ⁴ - f'(0)²), with f''(0) = -¼."""
    pull = -0.25 * noise**2
    root = cmath.sqrt(pull**2 - 0.25)
    game = DiracGAN(generator_loss=generator_loss, noise=noise)
    assert_eigenvalues(eigenvalues(game.field), [pull + root, pull - root])


def test_the_field_is_the_gradient_of_the_game():
    """Against autograd on V, with the noise's mean taken over a fine grid instead of a quadrature."""
    noise, state = 0.7, torch.tensor([0.8, -1.3], dtype=torch.float64, requires_grad=True)
    x = torch.linspace(-9 * noise, 9 * noise, 4001, dtype=torch.float64)
    density = torch.exp(-((x / noise) ** 2) / 2) / (noise * math.sqrt(2 * math.pi))
    theta, psi = state
    log_sigmoid = torch.nn.functional.logsigmoid
    integrand = log_sigmoid(psi * (theta + x)) + log_sigmoid(-psi * x)
    value = torch.trapezoid(density * integrand, x) - 0.4 / 2 * psi**2
    (gradient,) = torch.autograd.grad(value, state)
    found = DiracGAN(noise=noise, penalty="r1", penalty_weight=0.4).field(state.detach())
    torch.testing.assert_close(found, gradient * torch.tensor([-1.0, 1.0]), rtol=0, atol=1e-8)


def test_jensen_shannon_simultaneous_leaves():
    path = distances(simultaneous_update, DiracGAN())
    assert path[-1] > 3.0
    assert (path[1:] > path[:-1]).all()  # in every step


def test_jensen_shannon_alternating_stays_on_a_circle():
    path = distances(alternating_update, DiracGAN(), steps=5000)
    assert path.min() > 1.35
    assert path.max() < 1.55
    angles = np.unwrap(np.arctan2(*trajectory(lambda s: alternating_update(DiracGAN(), s, STEP)).T.numpy()))
    assert abs(angles[-1] - angles[0]) > 4 * math.pi  # and goes around


def test_the_non_saturating_generator_converges_no_better():
    """From (1, 1) it comes nearer at first, but near the equilibrium it is the same game: it never arrives."""
    game = DiracGAN(generator_loss="non-saturating")
    assert distances(simultaneous_update, game, steps=3000).min() > 0.3
    near = trajectory(lambda state: simultaneous_update(game, state, STEP), (0.01, 0.0), 500).norm(dim=1)
    assert near[-1] > 5 * near[0]


@pytest.mark.parametrize("update", [simultaneous_update, alternating_update])
def test_r1_arrives(update):
    assert distances(update, DiracGAN(penalty="r1", penalty_weight=1.0))[-1] < 1e-12


@pytest.mark.parametrize("update", [simultaneous_update, alternating_update])
def test_instance_noise_arrives_if_there_is_enough(update):
    assert distances(update, DiracGAN(noise=1.0))[-1] < 1e-9


def test_wasserstein_simultaneous_leaves_and_alternating_stays():
    assert distances(simultaneous_update, DiracGAN("wasserstein"))[-1] > 1e4
    path = distances(alternating_update, DiracGAN("wasserstein"))
    assert path.min() > 1.3
    assert path.max() < 1.6


@pytest.mark.parametrize("update", [simultaneous_update, alternating_update])
def test_wgan_gp_with_one_discriminator_step_does_not_converge(update):
    path = distances(update, DiracGAN("wasserstein", penalty="wgan-gp", penalty_weight=1.0), steps=2000)
    assert path[-500:].min() > 0.5
    assert path.max() < 3


@pytest.mark.parametrize("update", [simultaneous_update, alternating_update])
def test_weight_clipping_keeps_psi_bounded_and_does_not_converge(update):
    game = DiracGAN("wasserstein", clip=0.5)
    states = trajectory(lambda state: update(game, state, STEP), (1.0, 1.0), 2000)
    assert states[1:, 1].abs().max() <= 0.5
    assert states[-500:].norm(dim=1).min() > 0.3


def test_several_discriminator_steps_are_taken_before_the_generator_s():
    game, state = DiracGAN(), torch.tensor([1.0, 1.0], dtype=torch.float64)
    theta = psi = 1.0
    for _ in range(3):
        psi += STEP / (1 + math.exp(psi * theta)) * theta
    theta -= STEP / (1 + math.exp(psi * theta)) * psi
    found = alternating_update(game, state, STEP, discriminator_steps=3)
    assert found.tolist() == pytest.approx([theta, psi], abs=1e-12)


def test_a_whole_grid_of_states_at_once():
    states = torch.randn(4, 5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for game in (DiracGAN(), DiracGAN(noise=0.5), DiracGAN("wasserstein", penalty="wgan-gp")):
        field = game.field(states)
        assert field.shape == (4, 5, 2)
        torch.testing.assert_close(field[2, 3], game.field(states[2, 3]))


@pytest.mark.parametrize("wrong", [{"divergence": "js"}, {"generator_loss": "minimax"}, {"penalty": "r2"}])
def test_unknown_names_are_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be one of"):
        DiracGAN(**wrong)
