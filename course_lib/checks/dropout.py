"""Check of dropout, for notebook 08."""

import torch
from torch import Tensor

from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require


def _dropped(dropout, activations: Tensor, p: float, training: bool) -> Tensor:
    """Return what the learner's function makes of the activations, as float64 of the same shape."""
    result = attempt(dropout, activations, p, training)
    require(isinstance(result, Tensor), f"A tensor is expected, got {describe(result)}.")
    require(
        result.shape == activations.shape,
        f"The shape should stay {tuple(activations.shape)}, it is {tuple(result.shape)}.",
    )
    return result.detach().double()


@exercise("8.2")
def check_dropout(dropout) -> str:
    """Check `dropout(activations, p, training)`, whatever masks it draws: inverted dropout, off in evaluation."""
    with torch.random.fork_rng(devices=[]):  # the learner draws from the global generator
        torch.manual_seed(0)
        generator = torch.Generator().manual_seed(1)
        for p in (0.25, 0.6):
            activations = torch.rand(40, 500, generator=generator) + 0.5  # none is zero
            _check_evaluation(_dropped(dropout, activations, p, False), activations.double(), p)
            ratio = _dropped(dropout, activations, p, True) / activations.double()
            _check_training(ratio, p)
            again = _dropped(dropout, activations, p, True) / activations.double()
            require(
                not torch.equal(ratio, again),
                "Two calls drop the same activations. Draw anew in each call; set no seed inside.",
            )
        whole = _dropped(dropout, activations, 0.0, True)
        require(
            torch.allclose(whole, activations.double()), "With p = 0 nothing is dropped, and nothing changes."
        )
    return "It drops with probability p, keeps the mean, and is silent in evaluation."


def _check_evaluation(result: Tensor, activations: Tensor, p: float) -> None:
    if torch.allclose(result, activations):
        return
    require(
        not (result == 0).any(),
        "In evaluation, too, something is dropped. With training=False the activations pass as they are.",
    )
    require(
        not torch.allclose(result, activations * (1 - p)),
        "In evaluation you scale by 1 - p. That is dropout's first form; here the scaling belongs into training.",
    )
    raise WrongAnswer("With training=False the activations pass as they are; yours are changed.")


def _check_training(ratio: Tensor, p: float) -> None:
    """Examine output divided by input: 0 where dropped, else 1 / (1 - p)."""
    kept = ratio != 0
    require(not kept.all(), "With training=True nothing is dropped.")
    require(kept.any(), f"With p = {p} everything is dropped.")
    require(
        not (kept == kept[:1]).all(),
        "All images of the batch lose the same activations. Each image draws a mask of its own: the mask needs the "
        "shape of the activations, the batch included.",
    )
    require(
        not (kept == kept[:, :1]).all(),
        "Of an image, either all activations are dropped or none. Each activation is drawn by itself.",
    )
    share = 1 - kept.double().mean().item()
    require(
        abs(share - (1 - p)) > 0.03 or abs(1 - 2 * p) < 0.06,
        f"With p = {p}, {share:.2f} of the activations are dropped. p is the probability to drop, not to keep.",
    )
    require(abs(share - p) < 0.03, f"With p = {p}, {share:.2f} of the activations are dropped.")
    factors = ratio[kept]
    factor = factors.mean().item()
    require(
        (factors - factor).abs().max() < 1e-4,
        "The activations that stay are enlarged by different factors. Dropout multiplies all of them by the same.",
    )
    require(
        abs(factor - 1) > 1e-3,
        "The activations that stay are not enlarged, so the mean shrinks. Divide by 1 - p.",
    )
    require(
        abs(factor - (1 - p)) > 1e-3,
        "You multiply by 1 - p in training, so the mean shrinks twice. Divide by it.",
    )
    require(
        abs(factor - 1 / p) > 1e-3,
        "You divide by p, the probability to drop. Divide by that of staying, 1 - p.",
    )
    require(
        abs(factor - 1 / (1 - p)) < 1e-3,
        f"With p = {p} what stays is multiplied by {factor:.3f}; 1 / (1 - p) keeps the mean.",
    )
