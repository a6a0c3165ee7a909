"""Checks for notebook 12 on the Dirac-GAN, the Wasserstein distance and the one-sided gradient penalty."""

import torch
from torch import Tensor, nn

from course_lib.checks import gan_dynamics_mistakes as mistakes
from course_lib.checks.gan_dynamics_modes import check_count_modes, check_ring_centres  # noqa: F401
from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require


@exercise("12.1")
def check_step_eigenvalues(step_eigenvalues) -> str:
    """Check `step_eigenvalues(slope, step_size)`: the two eigenvalues of a simultaneous step, in any order."""
    for slope, step_size in ((0.5, 0.2), (1.0, 0.3), (0.7, 1.5)):
        result = _two_complex_numbers(attempt(step_eigenvalues, slope, step_size))
        right, wrong = mistakes.of_step_eigenvalues(slope, step_size)
        setting = f"(slope {slope}, step size {step_size}) "
        for hint, values in wrong:
            require(
                mistakes.same_numbers(right, values) or not mistakes.same_numbers(result, values),
                setting + hint,
            )
        require(
            mistakes.same_numbers(result, right),
            f"{setting}Write the matrix of the step, I + h·J, and solve its characteristic equation.",
        )
    return "A pair, and both are larger than 1 in size, whatever the step."


def _two_complex_numbers(result) -> list[complex]:
    try:
        values = [complex(value) for value in (result.tolist() if hasattr(result, "tolist") else result)]
    except TypeError:
        raise WrongAnswer(f"Two complex numbers are expected, got {describe(result)}.") from None
    require(len(values) == 2, f"A matrix of two rows has two eigenvalues, got {len(values)}.")
    return values


@exercise("12.2")
def check_alternating_step(alternating_step) -> str:
    """Check `alternating_step(theta, psi, slope, step_size)`: the new (theta, psi), for several functions f'."""
    for name, slope in mistakes.SLOPES.items():
        for theta, psi, step_size in ((1.0, 1.0, 0.2), (-0.7, 1.3, 0.5), (0.4, -2.0, 1.1)):
            result = _two_numbers(attempt(alternating_step, theta, psi, slope, step_size))
            right, wrong = mistakes.of_alternating_step(theta, psi, slope, step_size)
            setting = f"(f' = {name}, θ = {theta}, ψ = {psi}, h = {step_size}) "
            mistakes.recognise(result, right, wrong, setting)
            require(
                torch.allclose(result, right, atol=1e-6),
                f"{setting}Expected θ = {right[0]:.4f} and ψ = {right[1]:.4f}, "
                f"got {result[0]:.4f} and {result[1]:.4f}.",
            )
    return "The discriminator moves first, and the generator answers what it sees then."


def _two_numbers(result) -> Tensor:
    try:
        values = torch.tensor([float(value) for value in result], dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(f"Two numbers are expected, θ and ψ, got {describe(result)}.") from None
    require(len(values) == 2, f"Two numbers are expected, θ and ψ, got {len(values)}.")
    return values


@exercise("12.3")
def check_wasserstein(wasserstein) -> str:
    """Check `wasserstein(x, y)`: the distance between two samples of one size on a line."""
    random = torch.Generator().manual_seed(0)
    cases = [
        (torch.tensor([2.0]), torch.tensor([-1.5])),
        (torch.tensor([0.0, 3.0]), torch.tensor([1.0, 0.0])),
    ]
    for count in (5, 40):
        x = torch.randn(count, generator=random)
        cases.append((x, 1 + 2 * torch.randn(count, generator=random)))
    for x, y in reversed(cases):  # the case with the most points tells the mistakes apart best
        result = mistakes.as_number(attempt(wasserstein, x, y))
        right, wrong = mistakes.of_wasserstein(x, y)
        setting = f"({len(x)} points each) "
        mistakes.recognise(result, right, wrong, setting)
        require(
            torch.allclose(result, right, atol=1e-5),
            f"{setting}Expected {right:.4f}, got {result:.4f}. Sort both, and take the mean distance within the pairs.",
        )
    return "The i-th smallest goes with the i-th smallest, and no plan is cheaper."


@exercise("12.4")
def check_one_sided_penalty(one_sided_penalty) -> str:
    """Check `one_sided_penalty(discriminator, real, fake, position)`: its value, and that it can be trained through."""
    for seed, features, count in ((6, 2, 12), (6, 3, 10), (3, 1, 8)):
        random = torch.Generator().manual_seed(seed)
        discriminator = mistakes.smooth_discriminator(features, random)
        real, fake = (torch.randn(count, features, generator=random, dtype=torch.float64) for _ in range(2))
        position = torch.rand(count, 1, generator=random, dtype=torch.float64)
        answer = attempt(one_sided_penalty, discriminator, real, fake, position)
        right, wrong = mistakes.of_one_sided_penalty(discriminator, real, fake, position)
        mistakes.recognise(mistakes.as_number(answer), right.detach(), wrong)
        require(
            torch.allclose(mistakes.as_number(answer), right.detach(), atol=1e-6),
            f"Expected {right:.4f}, got {mistakes.as_number(answer):.4f}. A slope is the root of the sum of squares "
            "of one point's gradient; what it has above 1 is squared; then the mean over the points.",
        )
        _require_trainable(discriminator, answer, right)
    return "Slopes up to 1 are free, steeper ones cost, and the penalty can be trained through."


def _require_trainable(discriminator: nn.Module, answer: Tensor, right: Tensor) -> None:
    """Compare the answer's gradients by the discriminator's weights with those of the right answer."""
    require(
        all(weight.grad is None for weight in discriminator.parameters()),
        "backward() has written into the weights' .grad. Use torch.autograd.grad, which returns the gradient.",
    )
    cut = (
        "The value is right, but no gradient leads back to the discriminator's weights: the penalty would teach it "
        "nothing. The slope must stay on the graph: create_graph=True, and no detach() or item() behind it."
    )
    require(isinstance(answer, Tensor) and answer.requires_grad, cut)
    weights = list(discriminator.parameters())
    found, expected = (
        torch.autograd.grad(value, weights, retain_graph=True, allow_unused=True) for value in (answer, right)
    )
    for gradient, other in zip(found, expected, strict=True):
        if other is not None and other.abs().max() > 1e-9:
            require(gradient is not None, cut)
            require(torch.allclose(gradient, other, atol=1e-6), cut)
