"""Checks for notebook 08: penalties and label smoothing; the others have files of their own."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_lib.checks.dropout import check_dropout  # noqa: F401  (for the notebook)
from course_lib.checks.early_stopping import check_early_stopping  # noqa: F401  (for the notebook)
from course_lib.checks.leakage import check_leaked, check_verdicts  # noqa: F401  (for the notebook)
from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require, require_close


def _network(seed: int) -> nn.Module:
    """Return a small network whose biases are not zero, so that it shows if they are counted."""
    generator = torch.Generator().manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return model


def _total(model: nn.Module, of: Callable[[Tensor], Tensor], *, biases: bool = False) -> float:
    return sum(of(p.detach()).item() for p in model.parameters() if biases or p.ndim > 1)


def _penalty_mistakes(model: nn.Module, l1: float, l2: float) -> list[tuple[str, float]]:
    """Return wrong answers to exercise 8.1: a hint, and the value that the mistake leads to."""

    def absolute(w):
        return w.abs().sum()

    def squares(w):
        return w.square().sum()

    a, s = _total(model, absolute), _total(model, squares)
    plain = _total(model, torch.sum)
    with_biases = l1 * _total(model, absolute, biases=True) + l2 / 2 * _total(model, squares, biases=True)
    count = sum(p.numel() for p in model.parameters() if p.ndim > 1)
    absolute_missing = (
        "The L1 penalty adds absolute values; without them, negative weights pay for positive ones."
    )
    return [
        ("The biases are counted. Only parameters with more than one axis are weights here.", with_biases),
        (absolute_missing, l1 * plain + l2 / 2 * s),
        (absolute_missing, l1 * plain),
        ("The L2 penalty adds squares; these weights are not squared.", l1 * a + l2 / 2 * plain),
        ("The L2 penalty adds squares; these are absolute values.", l1 * a + l2 / 2 * a),
        ("The half of the L2 penalty is missing. With it, the derivative is l2 · w.", l1 * a + l2 * s),
        (
            "That is the length of the weights, the root of the sum of squares. No root is taken here.",
            l1 * a + l2 / 2 * _total(model, lambda w: w.norm()),
        ),
        (
            "That is the length of the weights, the root of the sum of squares. No root is taken here.",
            l1 * a + l2 / 2 * math.sqrt(s),
        ),
        ("That is a mean over the weights. A sum is asked for.", (l1 * a + l2 / 2 * s) / count),
        (
            "That is a mean over each layer's weights. A sum is asked for.",
            l1 * _total(model, lambda w: w.abs().mean()) + l2 / 2 * _total(model, lambda w: w.square().mean()),
        ),
        ("The two strengths are exchanged.", l2 * a + l1 / 2 * s),
    ]  # fmt: skip


@exercise("8.1")
def check_penalty(penalty) -> str:
    """Check `penalty(model, l1, l2)`: l1 · Σ|w| + l2/2 · Σw² over the weights, biases left out."""
    for seed, l1, l2 in ((0, 0.0, 0.5), (1, 0.3, 0.0), (2, 0.2, 0.7)):
        model = _network(seed)
        result = torch.as_tensor(attempt(penalty, model, l1, l2))
        require(result.numel() == 1, f"One number is expected, got {describe(result)}.")
        expected = l1 * _total(model, lambda w: w.abs().sum()) + l2 / 2 * _total(
            model, lambda w: w.square().sum()
        )
        value, setting = result.item(), f"(l1 = {l1}, l2 = {l2})"
        for hint, wrong in _penalty_mistakes(model, l1, l2):
            require(abs(wrong - expected) < 1e-3 or abs(value - wrong) > 1e-4, f"{setting} {hint}")
        require(
            abs(value - expected) < 1e-4,
            f"{setting} {expected:.4f} is expected, got {value:.4f}. Add over all parameters with more than one axis.",
        )
        require(
            result.requires_grad,
            "The value is right, but it has no derivative: stay with tensors, without .item() or .detach().",
        )
        weight = model[0].weight
        (gradient,) = torch.autograd.grad(result.sum(), weight)
        require_close(
            gradient, (l1 * weight.sign() + l2 * weight).detach(), "The derivative is l1 · sign(w) + l2 · w."
        )
    return "Values and derivatives are right, and the biases are free."


@exercise("8.4")
def check_smoothing(right, wrong, least_loss) -> str:
    """Check three numbers for 5 classes and smoothing 0.3: two targets, and the smallest cross-entropy."""
    smoothing, classes = 0.3, 5
    try:
        right, wrong, least_loss = (float(answer) for answer in (right, wrong, least_loss))
    except (TypeError, ValueError):
        raise WrongAnswer("Three numbers are expected.") from None
    spread = smoothing / classes
    target = 1 - smoothing + spread
    loss = -target * math.log(target) - (classes - 1) * spread * math.log(spread)
    require(
        abs(wrong - smoothing / (classes - 1)) > 5e-4,
        "You spread 0.3 over the four wrong classes. In torch, and here, all five get an equal share of it.",
    )
    require(abs(wrong - spread) < 5e-4, f"Each wrong class gets its share of 0.3, which is not {wrong:g}.")
    require(
        abs(right - (1 - smoothing)) > 5e-4,
        "The right class gets a share of the 0.3, too. Do your five targets add up to 1?",
    )
    require(
        abs(right - target) < 5e-4,
        f"The five targets must add up to 1; with yours it is {right + 4 * wrong:g}.",
    )
    hints = {
        0.0: "A loss of 0 needs a target of 1. What is left when the probabilities equal the targets?",
        -math.log(target): "That counts the right class only. The wrong ones have targets as well.",
        -target
        * math.log(target): "That is the right class's term only. Add those of the four wrong classes.",
        loss / math.log(2): "That is in bits, with the logarithm to base 2. The natural one is asked for.",
        -loss: "The sign is wrong: a cross-entropy is positive.",
    }
    for value, hint in hints.items():
        require(abs(least_loss - value) > 2e-3, f"The targets are right. {hint}")
    require(
        abs(least_loss - loss) < 1e-3,
        "The targets are right. The loss is smallest where the probabilities equal the targets: minus the sum of "
        "t · log t over all five.",
    )
    return "No network can get below this loss: it is the entropy of the targets."
