"""Checks of notebook 16 on formulas: spectral norm, hinge losses, ways between latents."""

import torch
from torch import Tensor

from course_lib.checks.better_gans_mistakes import recognise_interpolation, recognise_losses, recognise_norm
from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require


def _number(value, what: str) -> float:
    """Return a scalar tensor or a number as a float."""
    require(
        isinstance(value, (Tensor, int, float)) and (not isinstance(value, Tensor) or value.numel() == 1),
        f"{what} should be one number, got {describe(value)}.",
    )
    return float(value)


@exercise("16.1")
def check_largest_singular_value(largest_singular_value) -> str:
    """Check `largest_singular_value(weight, rounds)` against the singular value decomposition."""
    random = torch.Generator().manual_seed(0)
    for shape in ((6, 4), (5, 3, 4, 4), (3, 9)):
        weight = torch.randn(shape, generator=random, dtype=torch.float64)
        singular_values = torch.linalg.svdvals(weight.flatten(1))  # falling
        found = _number(attempt(largest_singular_value, weight, 200), "The singular value")
        if (
            not abs(found - singular_values[0].item()) <= 1e-3 * singular_values[0].item()
        ):  # so NaN is wrong, too
            raise WrongAnswer(recognise_norm(found, weight, singular_values))
    weight = torch.diag(torch.tensor([1.0, 0.9], dtype=torch.float64))
    once = _number(attempt(largest_singular_value, 3 * weight, 100), "The singular value")
    require(abs(once - 3) < 1e-3, f"For a diagonal matrix with 3 and 2.7 it gives {once:.4g}, not 3.")
    return "It finds the largest singular value of matrices and of convolution kernels."


@exercise("16.2")
def check_hinge(discriminator_loss, generator_loss) -> str:
    """Check `discriminator_loss(real_logits, fake_logits)` and `generator_loss(fake_logits)`."""
    random = torch.Generator().manual_seed(1)
    for count in (7, 40):
        real, fake = 2 * torch.randn(2, count, generator=random, dtype=torch.float64)
        results = {
            "discriminator": _number(attempt(discriminator_loss, real, fake), "The discriminator's loss"),
            "generator": _number(attempt(generator_loss, fake), "The generator's loss"),
        }
        recognise_losses(results, real, fake)
    return "Both losses are those of the hinge objective."


@exercise("16.5")
def check_spherical(spherical) -> str:
    """Check `spherical(start, end, position)` for latents of equal length, in 2 and 64 dimensions."""
    random = torch.Generator().manual_seed(5)
    for dimensions in (2, 64):
        start, end = torch.randn(2, dimensions, generator=random, dtype=torch.float64)
        end = end * start.norm() / end.norm()
        for position in (0.0, 0.25, 0.5, 1.0):
            found = attempt(spherical, start, end, position)
            require(isinstance(found, Tensor), f"A tensor is expected, got {describe(found)}.")
            require(
                found.shape == start.shape,
                f"The result should be a latent of shape {tuple(start.shape)}, it is {tuple(found.shape)}.",
            )
            recognise_interpolation(found, start, end, position)
    return "It keeps the length, turns evenly, and starts and ends where it should."
