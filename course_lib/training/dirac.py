"""The Dirac-GAN: the smallest game that shows why GANs need not converge.

The data sit at the point 0, the generator at the point θ, and the discriminator is the line D(x) = ψ·x. With
f(t) = -log(1 + exp(-t)) for the Jensen-Shannon GAN, or f(t) = t for the Wasserstein GAN, the two play for

    V(θ, ψ) = f(ψ·θ) + f(0),

which the generator makes small and the discriminator large. (The sign of ψ is turned with respect to "large logits
mean real", as in the paper; nothing depends on it.) The only equilibrium is θ = ψ = 0.

A state is a tensor (θ, ψ), float64, shape (2,); a field is its velocity (-∂V/∂θ, ∂V/∂ψ).

Reference: Mescheder, Geiger and Nowozin 2018, Which training methods for GANs do actually converge?, arXiv:1801.04406.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

QUADRATURE_PLACES = 40


@dataclass(frozen=True)
class DiracGAN:
    """Which game is played.

    Attributes:
        divergence: "jensen-shannon" or "wasserstein".
        generator_loss: "saturating", the generator descends V; or "non-saturating", it descends -f(-ψ·θ).
        penalty: "none"; "r1", γ/2 · ψ²; or "wgan-gp", γ/2 · (|ψ| - 1)², since the slope of D is ψ everywhere.
        penalty_weight: γ. (Gulrajani et al. write λ · (|ψ| - 1)²: their λ is γ/2.)
        noise: standard deviation of normal noise on data and generated point.
        clip: after each update |ψ| is cut to this; 0 for never.
    """

    divergence: str = "jensen-shannon"
    generator_loss: str = "saturating"
    penalty: str = "none"
    penalty_weight: float = 1.0
    noise: float = 0.0
    clip: float = 0.0

    def __post_init__(self):
        for name, names in (
            ("divergence", ("jensen-shannon", "wasserstein")),
            ("generator_loss", ("saturating", "non-saturating")),
            ("penalty", ("none", "r1", "wgan-gp")),
        ):
            if getattr(self, name) not in names:
                raise ValueError(f"{name} must be one of {', '.join(names)}, got {getattr(self, name)!r}")

    def slope(self, t: Tensor) -> Tensor:
        """Return f'(t): σ(-t) for the Jensen-Shannon GAN, 1 for the Wasserstein GAN."""
        return torch.sigmoid(-t) if self.divergence == "jensen-shannon" else torch.ones_like(t)

    def field(self, state: Tensor) -> Tensor:
        """Return the velocities of θ and ψ, shape (…, 2), at states of shape (…, 2)."""
        theta, psi = state.unbind(-1)
        places, weights = _normal_quadrature(self.noise, state)  # (places,)
        fake = theta[..., None] + places  # (…, places): where the noise carries the generated point
        logits = psi[..., None] * fake
        towards_generator = self.slope(logits if self.generator_loss == "saturating" else -logits)
        velocity_theta = -(weights * towards_generator * psi[..., None]).sum(-1)
        from_fake = (weights * self.slope(logits) * fake).sum(-1)
        from_real = -(weights * self.slope(-psi[..., None] * places) * places).sum(-1)  # 0 without noise
        return torch.stack([velocity_theta, from_fake + from_real - self._penalty_slope(psi)], dim=-1)

    def _penalty_slope(self, psi: Tensor) -> Tensor:
        if self.penalty == "r1":
            return self.penalty_weight * psi
        if self.penalty == "wgan-gp":
            return self.penalty_weight * (psi.abs() - 1) * psi.sign()
        return torch.zeros_like(psi)

    def clipped(self, state: Tensor) -> Tensor:
        """Return the state with ψ cut to ± `clip`."""
        if self.clip == 0:
            return state
        theta, psi = state.unbind(-1)
        return torch.stack([theta, psi.clamp(-self.clip, self.clip)], dim=-1)


def _normal_quadrature(std: float, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return places and weights by which Σ weight · g(place) is the mean of g(x) for x ~ N(0, std²)."""
    if std == 0:
        return torch.zeros(1).to(like), torch.ones(1).to(like)
    places, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE_PLACES)
    return std * torch.from_numpy(places).to(like), torch.from_numpy(weights / weights.sum()).to(like)


def simultaneous_update(game: DiracGAN, state: Tensor, step_size: float) -> Tensor:
    """Return the state after both moved by `step_size` times their velocities at `state`."""
    return game.clipped(state + step_size * game.field(state))


def alternating_update(
    game: DiracGAN, state: Tensor, step_size: float, discriminator_steps: int = 1
) -> Tensor:
    """Return the state after the discriminator moved, `discriminator_steps` times, and then the generator."""
    for _ in range(discriminator_steps):
        velocity = game.field(state)
        state = game.clipped(state + step_size * velocity * velocity.new_tensor([0.0, 1.0]))
    velocity = game.field(state)
    return state + step_size * velocity * velocity.new_tensor([1.0, 0.0])


def trajectory(
    update: Callable[[Tensor], Tensor], start: tuple[float, float] = (1.0, 1.0), steps: int = 500
) -> Tensor:
    """Return the states from `start` on, float64, shape (steps + 1, 2).

    >>> path = trajectory(lambda state: simultaneous_update(DiracGAN(penalty="r1"), state, 0.2))
    >>> bool(path[-1].norm() < 1e-12)
    True
    """
    states = [torch.tensor(start, dtype=torch.float64)]
    for _ in range(steps):
        states.append(update(states[-1]))
    return torch.stack(states)


def eigenvalues(function: Callable[[Tensor], Tensor], at: tuple[float, float] = (0.0, 0.0)) -> Tensor:
    """Return the eigenvalues of the Jacobian of a field or an update at a state, complex128, shape (2,).

    A field's flow returns to the equilibrium from nearby if both have negative real parts; an update's steps do if both
    are smaller than 1 in size.

    >>> eigenvalues(DiracGAN().field).imag.abs()  # ± f'(0)·i: around, and not nearer
    tensor([0.5000, 0.5000], dtype=torch.float64)
    """
    state = torch.tensor(at, dtype=torch.float64)
    return torch.linalg.eigvals(torch.autograd.functional.jacobian(function, state))
