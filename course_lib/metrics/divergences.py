"""Divergences between two densities on a line, by quadrature. In nats: all logarithms are natural.

Densities come as their values on a grid of places x: float64, shape (places,). The integral is the trapezoid
rule, whose error for a smooth density that has died away at both ends of the grid falls faster than any
power of the spacing. So a grid that reaches ten standard deviations beyond both means, with a hundred places
to each, is exact to rounding. At a jump, such as a uniform density's ends, the error is of the order of the spacing.
"""

import math

import torch
from torch import Tensor


def integral(values: Tensor, x: Tensor) -> Tensor:
    """Return ∫ values dx by the trapezoid rule, a scalar; infinite if a value is."""
    return torch.trapezoid(values, x)


def kl_divergence(p: Tensor, q: Tensor, x: Tensor) -> Tensor:
    """Return KL(p ‖ q) = ∫ p log(p/q) dx, a scalar: infinite where p has mass and q has none, 0 where p has none.

    The reverse divergence is `kl_divergence(q, p, x)`. Differentiable where both densities are positive.

    Raises:
        ValueError: shapes that differ, negative densities, or a density that does not integrate to 1 on the grid.

    >>> x = torch.linspace(-12, 13, 2501, dtype=torch.float64)
    >>> kl_divergence(normal_density(x, 0), normal_density(x, 1), x).item()  # ½ for means one σ apart
    0.5000...
    """
    _check(p, q, x)
    return integral(torch.xlogy(p, p) - torch.xlogy(p, q), x)


def jensen_shannon_divergence(p: Tensor, q: Tensor, x: Tensor) -> Tensor:
    """Return ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q)/2: between 0, for p = q, and log 2, for disjoint supports.

    Raises:
        ValueError: as `kl_divergence`.

    Reference: Lin 1991, Divergence measures based on the Shannon entropy, IEEE Transactions on
    Information Theory 37(1).
    """
    _check(p, q, x)
    middle = (p + q) / 2
    return (kl_divergence(p, middle, x) + kl_divergence(q, middle, x)) / 2


def generator_criterion(p: Tensor, q: Tensor, x: Tensor) -> Tensor:
    """Return C(G) = -log 4 + 2·JSD(p, q), the value of the game for data p, generated q and the best discriminator.

    Raises:
        ValueError: as `kl_divergence`.

    Reference: Goodfellow et al. 2014, arXiv:1406.2661, theorem 1.
    """
    return -math.log(4) + 2 * jensen_shannon_divergence(p, q, x)


def game_value(p: Tensor, q: Tensor, discriminator: Tensor, x: Tensor) -> Tensor:
    """Return V = ∫ p log D + q log(1 - D) dx for a discriminator's probabilities D on the grid, shape (places,).

    Reference: Goodfellow et al. 2014, arXiv:1406.2661, equation 1.
    """
    _check(p, q, x)
    return integral(torch.xlogy(p, discriminator) + torch.xlogy(q, 1 - discriminator), x)


def optimal_discriminator(p: Tensor, q: Tensor) -> Tensor:
    """Return D* = p / (p + q) at each place, in [0, 1]; NaN where neither has any mass, since any value is best there.

    Reference: Goodfellow et al. 2014, arXiv:1406.2661, proposition 1.
    """
    return p / (p + q)


def normal_density(x: Tensor, mean: float | Tensor, std: float | Tensor = 1.0) -> Tensor:
    """Return the density of N(mean, std²) at x."""
    return torch.exp(-(((x - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))


def normal_kl_divergence(mean_p: float, std_p: float, mean_q: float, std_q: float) -> float:
    """Return KL between two normal distributions in closed form: log(σq/σp) + (σp² + (μp - μq)²)/(2σq²) - ½.

    >>> normal_kl_divergence(0, 1, 1, 1)
    0.5
    """
    return math.log(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5


def _check(p: Tensor, q: Tensor, x: Tensor) -> None:
    """Raise ValueError unless p and q are densities on the grid x."""
    if not p.shape == q.shape == x.shape or x.ndim != 1 or len(x) < 2:
        raise ValueError(
            f"p, q and x must have one shape (places,), got {tuple(p.shape)}, {tuple(q.shape)}, {tuple(x.shape)}"
        )
    for name, density in (("p", p), ("q", q)):
        if density.min() < 0:
            raise ValueError(
                f"{name} is negative somewhere, so it is no density; logarithms of densities are not meant"
            )
        mass = integral(density.detach(), x).item()
        if not abs(mass - 1) < 0.01:
            raise ValueError(
                f"{name} integrates to {mass:.4f} on this grid, not to 1: widen or refine the grid"
            )
