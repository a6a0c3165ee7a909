"""What typical wrong answers to notebook 16's exercises look like from outside."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks.report import require


def _near(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-3 * max(1.0, abs(b))


def recognise_norm(found: float, weight: Tensor, singular_values: Tensor) -> str:
    """Return what to say of a wrong largest singular value."""
    largest, smallest = singular_values[0].item(), singular_values[-1].item()
    matrix = weight.flatten(1)
    if _near(found, largest**2):
        return "That is the square of the singular value: WᵀW v has length σ², W v has length σ."
    if _near(found, matrix.norm().item()):
        return "That is the root of the sum of all σ² (the Frobenius norm). Only the largest counts."
    if _near(found, smallest):
        return "That is the smallest singular value."
    if _near(found, matrix.abs().max().item()):
        return "That is the largest weight, not the largest singular value."
    if _near(found, 1.0):
        return "It is 1, the length of a vector that was normalised. Return the length of W v for a v of length 1."
    if not found < 1e6:
        return (
            "It grows without bound, or is not a number: divide v by its length in each round, and do not start from "
            "a v of zeros."
        )
    if weight.ndim > 2:
        return (
            f"For a kernel of shape {tuple(weight.shape)} it is {found:.4g}, it should be {largest:.4g}. "
            "Turn the kernel into a matrix first, one row an output channel: weight.flatten(1)."
        )
    return (
        f"It is {found:.4g}, it should be {largest:.4g}. Multiply v by W and by Wᵀ in turn, divide by the length each "
        "time, as many rounds as are asked for, and do not start from a v of zeros."
    )


def recognise_losses(results: dict[str, float], real: Tensor, fake: Tensor) -> None:
    """Raise WrongAnswer, with a hint, unless both are the hinge losses of these logits."""
    discriminator, generator = results["discriminator"], results["generator"]
    right = (F.relu(1 - real).mean() + F.relu(1 + fake).mean()).item()
    wrong = {
        "Real and generated are exchanged: real logits are to be large.": (
            F.relu(1 + real).mean() + F.relu(1 - fake).mean()
        ),
        "The cut at zero is missing, or comes after the mean: each logit beyond the margin counts no more.": (
            (1 - real).mean() + (1 + fake).mean()
        ),
        "The sign of the generated logits: 1 + logit is cut at zero.": (
            F.relu(1 - real).mean() + F.relu(1 - fake).mean()
        ),
        "The margin of 1 is missing.": F.relu(-real).mean() + F.relu(fake).mean(),
        "The sum over the batch is taken, the mean is asked for.": F.relu(1 - real).sum() + F.relu(1 + fake).sum(),
        "The sign: it is to be minimised, and zero beyond the margin.": torch.tensor(-right),
        "Only the real logits are in it.": F.relu(1 - real).mean(),
        "Only the generated logits are in it.": F.relu(1 + fake).mean(),
        "It is half of what it should be: the two means are added.": torch.tensor(right / 2),
        "That is the logistic loss.": F.softplus(-real).mean() + F.softplus(fake).mean(),
    }  # fmt: skip
    for hint, value in wrong.items():
        require(
            not _near(discriminator, value.item()) or _near(discriminator, right),
            f"The discriminator's loss: {hint}",
        )
    require(
        _near(discriminator, right),
        f"The discriminator's loss is {discriminator:.4f}, it should be {right:.4f}.",
    )
    expected = -fake.mean().item()
    wrong = {
        "The sign: the generator wants its logits to be large.": fake.mean(),
        "The generator's side has no margin: its logits may always grow.": F.relu(1 - fake).mean(),
        "The sum over the batch is taken, the mean is asked for.": -fake.sum(),
        "That is the non-saturating loss.": F.softplus(-fake).mean(),
    }  # fmt: skip
    for hint, value in wrong.items():
        require(
            not _near(generator, value.item()) or _near(generator, expected), f"The generator's loss: {hint}"
        )
    require(
        _near(generator, expected), f"The generator's loss is {generator:.4f}, it should be {expected:.4f}."
    )


def recognise_interpolation(found: Tensor, start: Tensor, end: Tensor, position: float) -> None:
    """Raise WrongAnswer, with a hint, unless `found` is on the great circle, at this position."""
    angle = torch.arccos((start @ end / (start.norm() * end.norm())).clamp(-1, 1))
    right = (((1 - position) * angle).sin() * start + (position * angle).sin() * end) / angle.sin()

    def is_(other: Tensor) -> bool:
        return torch.allclose(found.double(), other, atol=1e-4) and not torch.allclose(
            right, other, atol=1e-3
        )

    straight = (1 - position) * start + position * end
    backwards = ((position * angle).sin() * start + ((1 - position) * angle).sin() * end) / angle.sin()
    require(
        found.isfinite().all(),
        "Some number is infinite or not a number. The arccosine takes numbers in [-1, 1] only, and sin θ must not be "
        "0: θ comes from the product of the directions, each latent divided by its length.",
    )
    require(not is_(backwards), "It runs backwards: at position 0 it is at the end.")
    require(
        not is_(straight),
        f"That is the straight line: at position {position} its length is {straight.norm():.3f}, "
        f"that of both ends {start.norm():.3f}.",
    )
    require(
        not is_(straight / straight.norm() * start.norm()),
        "The length is right, but it does not turn evenly: the straight line was stretched. Use the sines.",
    )
    require(
        not is_(right / right.norm()),
        "The result has length 1. Take the angle from the directions, but put the latents themselves into the formula.",
    )
    require(not is_(right * angle.sin()), "The division by sin θ is missing.")
    require(
        torch.allclose(found.double(), right, atol=1e-4),
        f"At position {position} a number is off by {(found.double() - right).abs().max():.3g}. θ is the angle between "
        "the latents: the arccosine of the product of their directions.",
    )
