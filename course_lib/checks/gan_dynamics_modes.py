"""Checks for notebook 12 on the ring of Gaussians: where its centres lie, and how many of them were captured."""

import math

import torch
from torch import Tensor

from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require


@exercise("12.5")
def check_ring_centres(ring_centres) -> str:
    """Check `ring_centres(count, radius)`: points at equal distances on a circle, the first at angle 0."""
    for count, radius in ((8, 1.0), (5, 2.0), (1, 0.5)):
        answer = attempt(ring_centres, count, radius)
        try:
            result = torch.as_tensor(answer, dtype=torch.float64)
        except (TypeError, ValueError, RuntimeError):
            raise WrongAnswer(f"A tensor is expected, got {describe(answer)}.") from None
        setting = f"({count} on a circle of radius {radius}) "
        require(
            result.shape == (count, 2),
            f"{setting}The shape should be {(count, 2)}, one row a centre; it is {tuple(result.shape)}.",
        )
        right = _circle(torch.arange(count) / count, radius)
        for hint, wrong in _wrong_rings(count, radius):
            differs = not torch.allclose(wrong, right, atol=1e-4)
            require(not (differs and torch.allclose(result, wrong, atol=1e-5)), setting + hint)
        require(
            torch.allclose(result, right, atol=1e-5),
            f"{setting}Centre number i, counted from 0, lies at angle 2πi/count: (radius · cos, radius · sin).",
        )
    return "All at equal distances, and no two are the same."


def _circle(turns: Tensor, radius: float) -> Tensor:
    """Return points on a circle, float64, shape (count, 2), for angles in turns."""
    angles = 2 * math.pi * turns.double()
    return radius * torch.stack([angles.cos(), angles.sin()], dim=1)


def _wrong_rings(count: int, radius: float) -> list[tuple[str, Tensor]]:
    turns = torch.arange(count, dtype=torch.float64) / count
    both_ends = (
        "The last centre is the first one once more: linspace includes both ends, and 0 and 2π are the same place. "
        f"So there are {count - 1} modes, one of them twice as heavy."
    )
    return [
        (both_ends, _circle(torch.linspace(0, 1, count, dtype=torch.float64), radius)),
        ("cos and sin want radians; these angles are degrees.", _circle(turns * 360 / (2 * math.pi), radius)),
        ("The radius is not used.", _circle(turns, 1.0)),
        ("That is the circle of this diameter. The radius is twice as large.", _circle(turns, radius / 2)),
        (
            "Sine and cosine are exchanged: x = radius · cos, y = radius · sin.",
            _circle(turns, radius).flip(1),
        ),
        ("They run clockwise. The second one lies at the angle +2π/count.", _circle(-turns, radius)),
        ("They fill half a circle: a whole turn is 2π, not π.", _circle(turns / 2, radius)),
        (
            "They begin with number 1, at 2π/count. The first lies at angle 0.",
            _circle(turns + 1 / count, radius),
        ),
    ]


@exercise("12.6")
def check_count_modes(count_modes) -> str:
    """Check `count_modes(points, centres, std)` on clouds made to tell the typical mistakes apart."""
    results, right, wrong = [], [], {}
    for points, centres, std in _clouds():
        answer = attempt(count_modes, points, centres, std)
        try:
            number = float(answer)
        except (TypeError, ValueError, RuntimeError):
            raise WrongAnswer(f"A whole number is expected, got {describe(answer)}.") from None
        require(number == int(number), f"A number of modes is a whole number, got {describe(answer)}.")
        results.append(int(number))
        right.append(_modes(points, centres, std))
        for hint, value in _wrong_counts(points, centres, std):
            wrong.setdefault(hint, []).append(value)
    for hint, values in wrong.items():
        require(results == right or results != values, hint)
    require(
        results == right,
        f"For {len(right)} clouds of points {right} modes are expected, got {results}. Count, for each centre, the "
        "points within 3·std; a mode counts from one hundredth of all points on.",
    )
    return "Three standard deviations, and at least one hundredth of all points."


def _clouds() -> list[tuple[Tensor, Tensor, float]]:
    """Return (points, centres, std): each centre has a cloud of its own, and other points lie between."""
    centres, std = _circle(torch.arange(6) / 6, 1.0), 0.05
    clouds = []
    for seed, counts, far in (
        (0, (300, 200, 11, 9, 1, 0), 479),  # 9 of 1000 are too few
        (1, (10, 10, 10, 0, 0, 0), 970),  # exactly one hundredth each
        (2, (30, 0, 2, 1, 1, 0), 966),  # a hundredth of the near ones is less than one of them
    ):
        random = torch.Generator().manual_seed(seed)
        parts = [c + std * 1.2 * _directions(n, random) for c, n in zip(centres, counts, strict=True)]
        parts.append(centres[1] + std * 4 * _directions(far, random))  # near in some other sense
        clouds.append((torch.cat(parts), centres, std))
    circle = 0.25 * _directions(200, torch.Generator().manual_seed(4))
    clouds.append((centres[0] + circle, centres, 0.1))  # beyond two standard deviations
    clouds.append((circle, centres, std))  # around the middle of the ring, near to none
    return clouds


def _directions(count: int, random: torch.Generator) -> Tensor:
    return _circle(torch.rand(count, generator=random), 1.0)


def _modes(points: Tensor, centres: Tensor, std: float, within: float = 3.0, least: float = 0.01) -> int:
    near = torch.cdist(points, centres) <= within * std  # (points, modes)
    return int((near.double().mean(dim=0) >= least).sum())


def _wrong_counts(points: Tensor, centres: Tensor, std: float) -> list[tuple[str, int]]:
    distances = torch.cdist(points, centres)  # (points, modes)
    near = distances <= 3 * std
    shares = near.double().mean(dim=0)
    nearest = torch.bincount(distances.argmin(dim=1), minlength=len(centres)) / len(points)
    of_near = near.sum(dim=0) / near.any(dim=1).sum().clamp(min=1)
    return [
        ("One point is enough for you. A mode counts from one hundredth of all points on.", int(near.any(dim=0).sum())),
        ("Each point is given to its nearest centre, however far. Only those within 3·std count.",
         int((nearest >= 0.01).sum())),
        ("The hundredth is one of the points near some mode. It should be one of all points.",
         int((of_near >= 0.01).sum())),
        ("The reach is one standard deviation; it should be three.", _modes(points, centres, std, 1.0)),
        ("The reach is two standard deviations; it should be three.", _modes(points, centres, std, 2.0)),
        ("Squared distances are compared with 3·std. Take the root, or square both.",
         int(((distances.square() <= 3 * std).double().mean(dim=0) >= 0.01).sum())),
        ("Exactly one hundredth is enough: at least, not more than. (With >= in place, it is rounding: a float32 share "
         "of 10 in 1000, taken out by item(), is a little below 0.01. Use double(), or compare counts.)",
         int((shares > 0.01).sum())),
        ("That is the number of points near a mode, not of modes.", int(near.any(dim=1).sum())),
        ("That is how many modes there are to capture.", len(centres)),
        ("A tenth of the points is asked for here; it should be a hundredth.", _modes(points, centres, std, least=0.1)),
    ]  # fmt: skip
