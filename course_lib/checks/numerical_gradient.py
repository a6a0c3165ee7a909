"""Check of the numerical gradient, for notebook 03."""

import torch
from torch import Tensor

from course_lib.checks.convolution_gradient_mistakes import compare
from course_lib.checks.report import attempt, exercise


def random_tensor(shape: tuple[int, ...], seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@exercise("3.1")
def check_numerical_gradient(numerical_gradient) -> str:
    """Check `numerical_gradient(function, x, step)`: the central difference for each entry of x."""
    step = 0.1  # so large that central, forward and exact are told apart with certainty
    for shape in ((3,), (2, 3), (2, 1, 2, 2)):
        x, cubic, linear = (random_tensor(shape, seed) for seed in (0, 1, 2))

        def function(z, cubic=cubic, linear=linear):
            return (cubic * z**3).sum() + (linear * z).sum() ** 2

        result = attempt(numerical_gradient, function, x, step)
        exact = 3 * cubic * x**2 + 2 * (linear * x).sum() * linear
        central = exact + cubic * step**2  # the third derivative is 6·cubic
        second = 6 * cubic * x + 2 * linear**2
        compare(
            result,
            central,
            {
                "All slopes are zero. Are x plus and x minus the same tensor? Nudge a copy: x.clone().": 0 * exact,
                "That is the forward difference, f(x + h) - f(x) over h. Its error shrinks with h, that of the central "
                "one with h²: nudge in both directions.": central + step / 2 * second,
                "That is the backward difference. Nudge in both directions.": central - step / 2 * second,
                "Twice too large: from x - h to x + h it is 2h. Divide by 2 * step.": 2 * central,
                "That is the change of the function, not its slope. Divide by 2 * step.": 2 * step * central,
                "The sign is wrong: f(x + h) comes first, minus f(x - h).": -central,
                "That is the exact derivative, with no error in h². Autograd cannot be its own judge: use values of "
                "the function only.": exact,
                "An entry stays nudged while the next ones are measured. Put it back, or begin with a fresh copy.":
                    _without_restoring(function, x, step),
                "All entries are nudged at once. Nudge one at a time; the result has one slope for each.":
                    torch.full_like(x, _slope(function, x, torch.ones_like(x), step).item()),
            },
            "For each entry: f with this entry larger by the step, minus f with it smaller, divided by 2 * step.",
        )  # fmt: skip
    return "Every entry has its slope, with an error that shrinks with the square of the step."


def _slope(function, x: Tensor, direction: Tensor, step: float) -> Tensor:
    return (function(x + step * direction) - function(x - step * direction)) / (2 * step)


def _without_restoring(function, x: Tensor, step: float) -> Tensor:
    nudged, slopes = x.flatten().clone(), []
    for entry in range(len(nudged)):
        nudged[entry] += step
        larger = function(nudged.view_as(x))
        nudged[entry] -= 2 * step
        slopes.append((larger - function(nudged.view_as(x))) / (2 * step))
    return torch.stack(slopes).view_as(x)
