"""Typical wrong answers to exercises 12.1 to 12.4, each with the hint that meets it."""

import itertools
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_lib.checks.report import WrongAnswer, describe, require

Mistakes = list[tuple[str, Tensor]]  # a hint, and the outcome of the mistake

SLOPES = {
    "σ(-t)": lambda t: 1 / (1 + math.exp(float(t))),
    "1": lambda t: 1.0,
    "1/(1 + t²)": lambda t: 1 / (1 + float(t) ** 2),
}


def recognise(result: Tensor, expected: Tensor, mistakes: Mistakes, setting: str = "") -> None:
    """Raise `WrongAnswer` with the hint of the first mistake whose outcome `result` is, and `expected` is not."""
    for hint, wrong in mistakes:
        differs = not torch.allclose(wrong, expected, atol=1e-4)
        require(not (differs and torch.allclose(result, wrong, atol=1e-6, rtol=1e-5)), setting + hint)


def as_number(result) -> Tensor:
    """Return a learner's number as a float64 tensor without axes."""
    try:
        value = torch.as_tensor(result, dtype=torch.float64).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(f"A number is expected, got {describe(result)}.") from None
    require(value.numel() == 1, f"A single number is expected, got {describe(result)}. Is the mean missing?")
    return value.reshape(())


def same_numbers(some: list[complex], others: list[complex]) -> bool:
    """Return whether these are the same two complex numbers, in any order."""
    pairs = (zip(some, order, strict=True) for order in itertools.permutations(others))
    return any(all(abs(a - b) < 1e-6 for a, b in each) for each in pairs)


def of_step_eigenvalues(
    slope: float, step_size: float
) -> tuple[list[complex], list[tuple[str, list[complex]]]]:
    """Return the right answer to exercise 12.1, and wrong ones."""
    turn = slope * step_size
    size = math.sqrt(1 + turn**2)
    half_trace = 1 - turn**2 / 2
    root = complex(half_trace**2 - 1) ** 0.5
    identity = (
        "The identity is missing: a step is the state plus h times the velocity, so its matrix is I + h·J."
    )
    real = "The eigenvalues of J are imaginary: its characteristic equation is λ² = -slope², with a minus."
    return [1 + 1j * turn, 1 - 1j * turn], [
        (f"These belong to the field, not to a step. {identity}", [1j * slope, -1j * slope]),
        (identity, [1j * turn, -1j * turn]),
        (real, [1 + turn, 1 - turn]),
        (real, [slope, -slope]),
        (
            "That is the size |λ|. The eigenvalues themselves are asked for, two complex numbers.",
            [size, size],
        ),
        ("That is the square of the size.", [size**2, size**2]),
        (
            "The slope is an argument; f'(0) = ½ holds for one game only.",
            [1 + 0.5j * step_size, 1 - 0.5j * step_size],
        ),
        ("The step size is not used.", [1 + 1j * slope, 1 - 1j * slope]),
        (
            "Both are the same number; the second one is its conjugate, 1 - i·h·slope.",
            [1 + 1j * turn, 1 + 1j * turn],
        ),
        ("That is the alternating step. Here both move at once.", [half_trace + root, half_trace - root]),
    ]


def of_alternating_step(
    theta: float, psi: float, slope: Callable, step_size: float
) -> tuple[Tensor, Mistakes]:
    """Return the right answer to exercise 12.2, and wrong ones."""

    def pair(new_theta: float, new_psi: float) -> Tensor:
        return torch.tensor([new_theta, new_psi], dtype=torch.float64)

    old = slope(psi * theta)
    psi_new = psi + step_size * old * theta
    new = slope(psi_new * theta)
    theta_new = theta - step_size * new * psi_new
    theta_first = theta - step_size * old * psi
    meets = "The generator must meet the discriminator as it is after its move, "
    right = pair(theta_new, psi_new)
    return right, [
        ("These are simultaneous steps. " + meets + "not as it was.", pair(theta_first, psi_new)),
        (
            "The generator has moved first. The discriminator begins.",
            pair(theta_first, psi + step_size * slope(psi * theta_first) * theta_first),
        ),
        (meets + "also inside f'.", pair(theta - step_size * old * psi_new, psi_new)),
        (meets + "also outside f'.", pair(theta - step_size * new * psi, psi_new)),
        ("The generator makes V small, so it goes against the slope of V: a minus.",
         pair(theta + step_size * new * psi_new, psi_new)),
        ("The discriminator makes V large, so it goes along the slope of V: a plus.",
         _with_descending_discriminator(theta, psi, slope, step_size, pair)),
        ("Right numbers, wrong order: θ comes first.", pair(psi_new, theta_new)),
        ("f' is an argument of the function: call slope(t) instead of taking ½.",
         _with_slope_half(theta, psi, step_size, pair)),
        ("The step size is missing.", _with_step_one(theta, psi, slope, pair)),
        ("The discriminator has not moved.", pair(theta_first, psi)),
        ("The generator has not moved.", pair(theta, psi_new)),
    ]  # fmt: skip


def _with_descending_discriminator(theta, psi, slope, step_size, pair) -> Tensor:
    psi_new = psi - step_size * slope(psi * theta) * theta
    return pair(theta - step_size * slope(psi_new * theta) * psi_new, psi_new)


def _with_slope_half(theta, psi, step_size, pair) -> Tensor:
    psi_new = psi + step_size / 2 * theta
    return pair(theta - step_size / 2 * psi_new, psi_new)


def _with_step_one(theta, psi, slope, pair) -> Tensor:
    psi_new = psi + slope(psi * theta) * theta
    return pair(theta - slope(psi_new * theta) * psi_new, psi_new)


def of_wasserstein(x: Tensor, y: Tensor) -> tuple[Tensor, Mistakes]:
    """Return the right answer to exercise 12.3, and wrong ones."""
    x, y = x.double(), y.double()
    sorted_x, sorted_y = x.sort().values, y.sort().values
    gaps = (sorted_x - sorted_y).abs()
    signs = "Ways to the left pay for ways to the right: what is left is the distance of the means. Take abs() of each."
    one = "Only one of the two samples is sorted. Both must be, so that the i-th smallest meets the i-th smallest."
    return gaps.mean(), [
        ("The pairs are those of the samples' order, which means nothing. Sort both first.", (x - y).abs().mean()),
        (one, (sorted_x - y).abs().mean()),
        (one, (x - sorted_y).abs().mean()),
        (signs, x.mean() - y.mean()),
        (signs, y.mean() - x.mean()),
        ("That is the sum. Each point carries a share of 1/n, so take the mean.", gaps.sum()),
        ("The ways are squared. The price is the distance itself.", gaps.square().mean()),
        ("The ways are squared. The price is the distance itself.", gaps.square().mean().sqrt()),
        ("That is the mean over all pairs. Each point goes to one place only.", (x[:, None] - y).abs().mean()),
        ("Each point goes to its nearest neighbour, and several may choose the same one. One goes to each.",
         (x[:, None] - y).abs().min(dim=1).values.mean()),
        ("One is sorted upwards, the other downwards.", (sorted_x - sorted_y.flip(0)).abs().mean()),
    ]  # fmt: skip


def smooth_discriminator(features: int, random: torch.Generator) -> nn.Module:
    """Return a small smooth discriminator, float64, whose slopes are partly below and partly above 1."""
    model = nn.Sequential(nn.Linear(features, 4), nn.Tanh(), nn.Linear(4, 1), nn.Flatten(0)).double()
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn(weight.shape, generator=random, dtype=torch.float64))
    return model


def slopes_at(discriminator: nn.Module, points: Tensor) -> Tensor:
    """Return each point's gradient, shape (batch, features), on the graph."""
    points = points.detach().requires_grad_()
    return torch.autograd.grad(discriminator(points).sum(), points, create_graph=True)[0]


def of_one_sided_penalty(
    discriminator: nn.Module, real: Tensor, fake: Tensor, position: Tensor
) -> tuple[Tensor, Mistakes]:
    """Return the right answer to exercise 12.4, on the graph, and wrong ones."""

    def at(points: Tensor) -> Tensor:
        return (slopes_at(discriminator, points).norm(dim=1) - 1).relu().square().mean()

    between = real + position * (fake - real)
    gradient = slopes_at(discriminator, between)
    norms = gradient.norm(dim=1)
    excess = (norms - 1).relu()
    wrong = [
        ("That is the two-sided penalty of WGAN-GP. Slopes below 1 are free here.", (norms - 1).square().mean()),
        ("The other side: slopes below 1 are punished here, and steeper ones are free.",
         (1 - norms).relu().square().mean()),
        ("The excess is not squared.", excess.mean()),
        ("That is the sum. Take the mean over the batch.", excess.square().sum()),
        ("The slope is taken at the real points, not between real and fake.", at(real)),
        ("The slope is taken at the fake points, not between real and fake.", at(fake)),
        ("position = 0 is the real point and 1 the fake one; here it is the other way round.",
         at(fake + position * (real - fake))),
        ("The slope is taken in the middle of each pair, not at `position`.", at((real + fake) / 2)),
        ("The root is missing: that is the square of the slope minus 1.", (norms.square() - 1).relu().square().mean()),
        ("That is the norm of the whole batch's gradient. Each point has a slope of its own: norm(dim=1).",
         (gradient.norm() - 1).relu().square()),
        ("The axes are mixed up: that is a norm over the batch. Each point has a slope of its own: norm(dim=1).",
         (gradient.norm(dim=0) - 1).relu().square().mean()),
        ("Each coordinate is punished by itself. A slope is the norm of a point's whole gradient.",
         (gradient.abs() - 1).relu().square().mean()),
        ("No slope lies above 1. Is the gradient that of the mean logit? Then each is smaller by the batch's size. "
         "Differentiate the sum.", (norms / len(real) - 1).relu().square().mean()),
        ("That is the mean slope, and then its excess. Take the excess of each slope first.",
         (norms.mean() - 1).relu().square()),
        ("That is R1, the mean squared slope. Only what lies above 1 costs here.", norms.square().mean()),
    ]  # fmt: skip
    return excess.square().mean(), [(hint, value.detach()) for hint, value in wrong]
