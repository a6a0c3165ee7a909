"""What a generator of points has found of a mixture: how many of its modes, in which shares, how exactly.

A generated point is of high quality if it lies within three standard deviations of a mode's centre. A mode is
captured if at least one hundredth of all generated points lie that near to it. The first definition is that of
Srivastava et al. 2017 (VEEGAN, arXiv:1705.07761), who count a mode from the first such point on; with a share
instead of a single point the count does not grow with the number of points that are drawn.

Of a two-dimensional Gaussian itself, 1 - exp(-9/2) = 98.9 % lies within three standard deviations.
"""

import torch
from torch import Tensor


def nearest_modes(points: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """Return for each point the number of the nearest centre, int64, and the distance to it, both of shape (points,).

    Args:
        points: shape (points, 2).
        centres: shape (modes, 2).

    Raises:
        ValueError: other shapes, no points, or points that are not finite.
    """
    if points.ndim != 2 or centres.ndim != 2 or points.shape[1] != centres.shape[1] or 0 in points.shape:
        raise ValueError(
            f"need points of shape (points, 2) and centres of shape (modes, 2), got {tuple(points.shape)} "
            f"and {tuple(centres.shape)}"
        )
    if not points.isfinite().all():
        raise ValueError("some points are infinite or not a number; the generator that made them is broken")
    distances = (points[:, None] - centres.to(points)).norm(dim=2)  # (points, modes)
    nearest = distances.min(dim=1)
    return nearest.indices, nearest.values


def mode_shares(points: Tensor, centres: Tensor, std: float, within: float = 3.0) -> Tensor:
    """Return the share of all points, in [0, 1], that lies within `within`·`std` of each mode; shape (modes,).

    >>> mode_shares(torch.tensor([[0.0, 0], [0.1, 0], [5, 5], [1, 0]]), torch.tensor([[0.0, 0], [1, 0]]), std=0.1)
    tensor([0.5000, 0.2500])
    """
    mode, distance = nearest_modes(points, centres)
    counts = torch.bincount(mode[distance <= within * std], minlength=len(centres))
    return counts / len(points)


def high_quality_share(points: Tensor, centres: Tensor, std: float, within: float = 3.0) -> float:
    """Return the share of points, in [0, 1], that lies within `within`·`std` of any mode.

    Reference: Srivastava et al. 2017, arXiv:1705.07761, with `within` = 3.
    """
    return (nearest_modes(points, centres)[1] <= within * std).double().mean().item()


def modes_captured(
    points: Tensor, centres: Tensor, std: float, within: float = 3.0, least_share: float = 0.01
) -> int:
    """Return how many modes have at least `least_share` of all points within `within`·`std` of their centre.

    >>> points = torch.tensor([[0.0, 0], [0.1, 0], [5, 5], [1, 0]])
    >>> modes_captured(points, torch.tensor([[0.0, 0], [1, 0], [2, 0]]), std=0.1)
    2
    """
    return int((mode_shares(points, centres, std, within) >= least_share).sum())


def mode_histogram(points: Tensor, centres: Tensor) -> Tensor:
    """Return the share of points whose nearest centre is each mode, however far; float64, shape (modes,), sum 1."""
    mode, _ = nearest_modes(points, centres)
    return torch.bincount(mode, minlength=len(centres)).double() / len(points)


def mode_kl(points: Tensor, centres: Tensor, weights: Tensor | None = None) -> float:
    """Return KL(generated ‖ true) between the shares of the modes, in nats: 0 if all are right.

    For equal weights it is log(modes) if a single mode gets everything. A mode of weight 0 that gets points
    makes it infinite.

    Args:
        weights: true share of each mode, shape (modes,); equal by default.

    Reference: Lin et al. 2017 (PacGAN), arXiv:1712.04086, report it as reverse KL.
    """
    generated = mode_histogram(points, centres)
    true = _shares(weights, len(centres)).to(generated)
    return (torch.xlogy(generated, generated) - torch.xlogy(generated, true)).sum().item()


def mode_total_variation(points: Tensor, centres: Tensor, weights: Tensor | None = None) -> float:
    """Return ½ Σ |generated - true| over the shares of the modes, in [0, 1]: the share that is in the wrong place."""
    generated = mode_histogram(points, centres)
    return (generated - _shares(weights, len(centres)).to(generated)).abs().sum().item() / 2


def _shares(weights: Tensor | None, count: int) -> Tensor:
    return (
        torch.full((count,), 1 / count, dtype=torch.float64) if weights is None else weights / weights.sum()
    )
