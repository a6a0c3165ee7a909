"""Ways between latents: straight ones, and ones that keep to the sphere on which most latents lie."""

from collections.abc import Callable

import torch
from torch import Tensor

SAME = (
    1e-6  # radians: nearer than this, both ways agree to twelve digits, and the formula divides by almost 0
)
OPPOSITE = 1e-3  # radians: nearer to half a turn than this, rounding would decide which way to go


def linear_interpolation(start: Tensor, end: Tensor, position: Tensor | float) -> Tensor:
    """Return the points on the straight line from `start` (position 0) to `end` (position 1).

    Halfway between two independent normal latents the squared length is half of theirs on average: so short a latent
    hardly ever occurs in training. `spherical_interpolation` avoids this.

    Args:
        start, end: shape (…, latent_dim); shapes are broadcast.
        position: a number, or shape (…). Positions of shape (steps,) between two latents of shape (latent_dim,) give
            a walk of shape (steps, latent_dim).

    Raises:
        ValueError: start and end have different latent_dim.

    >>> linear_interpolation(torch.tensor([0.0, 2.0]), torch.tensor([4.0, 0.0]), torch.tensor([0.0, 0.5, 1.0]))
    tensor([[0., 2.],
            [2., 1.],
            [4., 0.]])
    """
    position = _checked_position(start, end, position)
    return (1 - position) * start + position * end


def spherical_interpolation(start: Tensor, end: Tensor, position: Tensor | float) -> Tensor:
    """Return the points on the way from `start` (position 0) to `end` (position 1) that turns evenly.

    The direction moves on the great circle between both directions, at constant speed, and the length changes in a
    straight line, so that latents of equal length stay that long. With θ the angle between the unit vectors a and b,

        direction(t) = (sin((1 - t)θ) · a + sin(tθ) · b) / sin θ

    If start and end have the same direction, or one of them is zero and has none, that is the straight line.

    Args:
        start, end: shape (…, latent_dim); shapes are broadcast.
        position: a number, or shape (…).

    Raises:
        ValueError: start and end have different latent_dim, or point in opposite directions: then there are many
            great circles through both, and no way is shorter than the others.

    References: Shoemake 1985 (doi 10.1145/325334.325242); White 2016, arXiv:1609.04468, who applies the formula to
    the latents themselves and not to their directions, which is the same if both are equally long.

    >>> spherical_interpolation(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0]), 0.5)
    tensor([1.4142, 1.4142])
    """
    position = _checked_position(start, end, position)
    first, second = start.double(), end.double()
    first_length, second_length = first.norm(dim=-1, keepdim=True), second.norm(dim=-1, keepdim=True)
    a, b = first / first_length.clamp(min=1e-300), second / second_length.clamp(min=1e-300)
    angle = (a * b).sum(dim=-1, keepdim=True).clamp(-1, 1).acos()  # rounding may lead beyond 1
    straight = (first_length == 0) | (second_length == 0) | (angle < SAME)
    if bool((torch.pi - angle < OPPOSITE).any()):
        raise ValueError(
            "two latents point in opposite directions, so there is no shortest way between their directions; "
            "draw one of them anew, or walk straight with linear_interpolation"
        )
    safe = torch.where(straight, torch.ones_like(angle), angle)
    turned = (((1 - position) * safe).sin() * a + (position * safe).sin() * b) / safe.sin()
    length = (1 - position) * first_length + position * second_length
    walk = torch.where(straight, (1 - position) * first + position * second, length * turned)
    return walk.to(start.dtype)


def between_corners(
    corners: Tensor,
    across: Tensor | float,
    down: Tensor | float,
    interpolation: Callable[[Tensor, Tensor, Tensor | float], Tensor] = spherical_interpolation,
) -> Tensor:
    """Return latents inside the square whose corners are four latents: down both sides first, then across.

    Args:
        corners: shape (4, latent_dim): upper left, upper right, lower left, lower right.
        across, down: positions in [0, 1] from the left, and from the top; numbers, or shape (…). Numbers give one
            latent of shape (latent_dim,).

    Raises:
        ValueError: there are not four corners, or no way between two of them.

    >>> corners = torch.tensor([[0.0, 0], [2, 0], [0, 2], [2, 2]])
    >>> between_corners(corners, 0.5, 0.25, linear_interpolation)
    tensor([1.0000, 0.5000])
    """
    if corners.ndim != 2 or len(corners) != 4:
        raise ValueError(f"corners must have shape (4, latent_dim), got {tuple(corners.shape)}")
    upper_left, upper_right, lower_left, lower_right = corners
    left = interpolation(upper_left, lower_left, down)
    right = interpolation(upper_right, lower_right, down)
    return interpolation(left, right, across)


def latent_grid(
    corners: Tensor,
    rows: int,
    columns: int,
    interpolation: Callable[[Tensor, Tensor, Tensor | float], Tensor] = spherical_interpolation,
) -> Tensor:
    """Return latents at equal steps between four corners, shape (rows, columns, latent_dim); see `between_corners`.

    >>> latent_grid(torch.randn(4, 16), rows=3, columns=5).shape
    torch.Size([3, 5, 16])
    """
    down, across = torch.linspace(0, 1, rows), torch.linspace(0, 1, columns)
    down, across = torch.meshgrid(down, across, indexing="ij")  # (rows, columns) each
    return between_corners(corners, across, down, interpolation)


def _checked_position(start: Tensor, end: Tensor, position: Tensor | float) -> Tensor:
    if start.ndim == 0 or end.ndim == 0 or start.shape[-1] != end.shape[-1]:
        raise ValueError(f"latents must have one latent_dim, got {tuple(start.shape)} and {tuple(end.shape)}")
    return torch.as_tensor(position, dtype=start.dtype, device=start.device)[..., None]
