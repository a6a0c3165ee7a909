"""Distributions in the plane, to train GANs on and to see with the naked eye what they learned.

Each has `sample(count, generator)` and `centres`: the modes, shape (modes, 2), or None where there are none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """Round Gaussians of one width, each with a share of the points.

    Attributes:
        centres: the modes, float32, shape (modes, 2).
        std: standard deviation of each Gaussian in each direction.
        weights: share of each mode, float32, shape (modes,), sums to 1.
    """

    centres: Tensor
    std: float
    weights: Tensor

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Return `count` points, float32, shape (count, 2), drawn from the CPU `generator`.

        >>> ring(8).sample(3, torch.Generator().manual_seed(0)).shape
        torch.Size([3, 2])
        """
        mode = torch.multinomial(self.weights, count, replacement=True, generator=generator)  # (count,)
        return self.centres[mode] + self.std * torch.randn(count, 2, generator=generator)

    def log_density(self, points: Tensor) -> Tensor:
        """Return the logarithm of the density, shape (…), at points of shape (…, 2)."""
        squares = (points[..., None, :] - self.centres.to(points)).square().sum(-1)  # (…, modes)
        exponents = self.weights.to(points).log() - squares / (2 * self.std**2)
        return exponents.logsumexp(-1) - math.log(2 * math.pi * self.std**2)


def mixture(
    centres: Sequence[Sequence[float]] | Tensor,
    std: float,
    weights: Sequence[float] | Tensor | None = None,
) -> GaussianMixture:
    """Return the mixture with these centres; `weights` in any scale, equal by default.

    Raises:
        ValueError: centres that are no pairs, a width that is not positive, weights that do not fit or of which
            one is negative, or numbers that are not finite.

    >>> mixture([(-1, 0), (1, 0)], std=0.1, weights=[3, 1]).weights
    tensor([0.7500, 0.2500])
    """
    centres = torch.as_tensor(centres, dtype=torch.float32)
    if centres.ndim != 2 or centres.shape[1] != 2 or len(centres) == 0 or not centres.isfinite().all():
        raise ValueError(f"centres must be pairs of finite numbers, at least one; got {centres.tolist()}")
    if not (math.isfinite(std) and std > 0):
        raise ValueError(f"std must be a positive number, got {std}")
    weights = torch.ones(len(centres)) if weights is None else torch.as_tensor(weights, dtype=torch.float32)
    if weights.shape != centres.shape[:1]:
        raise ValueError(
            f"there are {len(centres)} centres, so there must be as many weights, got {weights.tolist()}"
        )
    if not weights.isfinite().all() or weights.min() < 0 or weights.sum() == 0:
        raise ValueError(f"weights must be at least 0 and not all 0, got {weights.tolist()}")
    return GaussianMixture(centres, float(std), weights / weights.sum())


def ring(count: int = 8, radius: float = 1.0, std: float = 0.01) -> GaussianMixture:
    """Return `count` Gaussians at equal distances on a circle around the origin.

    The angles are 2πi/count for i = 0 … count - 1. `linspace(0, 2π, count)` would include both ends, which are
    the same point: one mode twice as heavy, and one missing.

    >>> ring(4).centres.round(decimals=3).abs()
    tensor([[1., 0.], [0., 1.], [1., 0.], [0., 1.]])
    """
    angles = torch.arange(count, dtype=torch.float64) * (2 * math.pi / count)
    return mixture(radius * torch.stack([angles.cos(), angles.sin()], dim=1), std)


def grid(side: int = 5, spacing: float = 0.5, std: float = 0.02) -> GaussianMixture:
    """Return `side` × `side` Gaussians on a square grid around the origin, row by row.

    >>> len(grid(5).centres)
    25
    """
    steps = spacing * (torch.arange(side) - (side - 1) / 2)
    return mixture(torch.cartesian_prod(steps, steps).reshape(-1, 2), std)


def line(count: int = 5, spacing: float = 0.5, std: float = 0.02) -> GaussianMixture:
    """Return `count` Gaussians on the horizontal axis, centred at the origin.

    >>> line(3, spacing=0.5).centres[:, 0]
    tensor([-0.5000,  0.0000,  0.5000])
    """
    steps = spacing * (torch.arange(count) - (count - 1) / 2)
    return mixture(torch.stack([steps, torch.zeros(count)], dim=1), std)


@dataclass(frozen=True)
class TwoMoons:
    """Two half circles that reach into each other: one connected curve each, and no modes.

    Attributes:
        radius: of both half circles.
        std: standard deviation of the noise around them, in each direction.
    """

    radius: float = 0.7
    std: float = 0.03
    centres: None = None

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Return `count` points, float32, shape (count, 2), drawn from the CPU `generator`."""
        angle = math.pi * torch.rand(count, generator=generator)
        side = 1.0 - 2.0 * torch.randint(2, (count,), generator=generator)  # 1: upper moon, -1: lower moon
        moons = torch.stack([angle.cos() - side / 2, side * (angle.sin() - 0.25)], dim=1)
        return self.radius * moons + self.std * torch.randn(count, 2, generator=generator)


TOY_DATA = {"ring": ring, "grid": grid, "line": line, "two moons": TwoMoons}
