"""Checks for notebook 11: the best discriminator, the value of the game, both generator losses."""

import torch
from torch import Tensor

from course_lib.checks import adversarial_game_mistakes as mistakes
from course_lib.checks.adversarial_game_balance import check_balance  # noqa: F401  (for the notebook)
from course_lib.checks.adversarial_game_update import check_update  # noqa: F401  (for the notebook)
from course_lib.checks.report import (
    WrongAnswer,
    attempt,
    describe,
    exercise,
    require,
    require_close,
)


@exercise("11.1")
def check_best_logit(best_logit) -> str:
    """Check `best_logit(x, mean_p, std_p, mean_q, std_q)`: log p(x) - log q(x) of two normal densities."""
    x = torch.linspace(-4, 4, 33, dtype=torch.float64)
    for setting in ((0.0, 1.0, 1.0, 1.0), (0.0, 1.0, 2.0, 0.7), (-1.0, 0.6, 0.5, 2.0)):
        wanted = mistakes.log_ratio(x, *setting)
        text = "p = N({:g}, {:g}²), q = N({:g}, {:g}²): ".format(*setting)
        result = mistakes.as_tensor(attempt(best_logit, x, *setting))
        mistakes.recognise(result, wanted, mistakes.of_best_logit(x, *setting), text)
        require_close(
            result, wanted, f"{text}The logit of p/(p + q) is log p - log q: write both out.", tolerance=1e-6
        )
    far = torch.tensor(
        [-60.0, -40.0, 50.0, 60.0], dtype=torch.float64
    )  # where float64 holds no density any more
    result, wanted = mistakes.as_tensor(attempt(best_logit, far, 0.0, 1.0, 2.0, 0.7)), mistakes.log_ratio(
        far, 0.0, 1.0, 2.0, 0.7
    )  # fmt: skip
    require(
        bool(result.isfinite().all()),
        "Right near the means, but not a finite number at ±60, where both densities round to 0. Subtract the "
        "logarithms as formulas, so that no exponential is left.",
    )
    require_close(
        result,
        wanted,
        "Right near the means and wrong at ±60. Does something clip, or round to 0?",
        tolerance=1e-6,
    )
    return (
        "The best discriminator's logit is the logarithm of the density ratio, and finite wherever you look."
    )


@exercise("11.2")
def check_criterion(criterion) -> str:
    """Check `criterion(p, q, x)`, C(G) by quadrature, on densities of which some are 0 in places."""
    x = torch.linspace(-14, 14, 5601, dtype=torch.float64)
    for name, p, q in mistakes.pairs_of_densities(x):
        wanted = mistakes.value_of_the_best(p, q, x)
        result = mistakes.as_tensor(attempt(criterion, p, q, x))
        require(
            result.ndim == 0, f"One number is expected, got {describe(result)}. Integrate over x, trapezoid."
        )
        require(
            not result.isnan(),
            f"({name}) The result is not a number. Where a density is 0, its term counts 0, but 0 · log 0 is NaN on a "
            "computer: use torch.xlogy, or leave those places out.",
        )
        require(
            not result.isinf(),
            f"({name}) The result is infinite. Where p is far larger than q, D* rounds to 1, and log(1 - D*) is -inf "
            "although q is not quite 0. Write 1 - D* as q / (p + q), in which nothing is subtracted.",
        )
        mistakes.recognise(result, wanted, mistakes.of_criterion(p, q, x), f"({name}) ", tolerance=2e-4)
        require_close(
            result, wanted, f"({name}) It is the integral of p log D* + q log(1 - D*).", tolerance=2e-4
        )
    return "From -log 4, for equal densities, to 0, for densities that never meet."


@exercise("11.3")
def check_divergences(divergences) -> str:
    """Check `divergences(n, k)`: KL(p ‖ q), KL(q ‖ p) and JSD when q has k of the n separate bumps of p."""
    for n, k in ((2, 1), (8, 5), (25, 1), (4, 4)):
        text = f"(n = {n}, k = {k}) "
        answer = attempt(divergences, n, k)
        require(
            isinstance(answer, list | tuple) and len(answer) == 3,
            f"Three numbers are expected, KL(p ‖ q), KL(q ‖ p) and JSD; got {describe(answer)}.",
        )
        forward, backward, shannon = (mistakes.as_tensor(value).item() for value in answer)
        right = mistakes.dropped_modes(n, k)
        for hint, wrong in mistakes.of_dropped_modes(n, k):
            if any(
                mistakes.near(a, b) and not mistakes.near(b, c)
                for a, b, c in zip((forward, backward, shannon), wrong, right, strict=True)
            ):
                raise WrongAnswer(text + hint)
        require_near(forward, right[0], text, "KL(p ‖ q)", "What is log(p/q) where q has no mass and p has?")
        require_near(
            backward,
            right[1],
            text,
            "KL(q ‖ p)",
            "It is the mean under q of log(q/p). On every bump of q that ratio is the same.",
        )
        require_near(
            shannon,
            right[2],
            text,
            "JSD",
            "On a common bump p = 1/n and q = 1/k, on a missed one q = 0; the middle is their mean in each case.",
        )
    return (
        "One divergence is infinite, one mild, and the third in between: they disagree on how bad a gap is."
    )


def require_near(value: float, right: float, setting: str, name: str, hint: str) -> None:
    """Raise `WrongAnswer` unless the number called `name` is right, infinity included."""
    require(mistakes.near(value, right), f"{setting}{name} is {value:.4g}, which it is not. {hint}")


@exercise("11.4")
def check_generator_losses(generator_losses) -> str:
    """Check `generator_losses(fake_logits)` → (saturating, non-saturating), values and gradients, to ±1e4."""
    random = torch.Generator().manual_seed(11)
    for name, logits in (
        ("moderate logits", 2 * torch.randn(7, generator=random)),
        ("moderate logits", torch.randn(3, generator=random) - 1),
        ("logits of ±40", torch.tensor([-40.0, 40.0])),
        ("logits of ±10,000", torch.tensor([-1e4, 1e4, 0.0])),
    ):
        logits.requires_grad_()
        answer = attempt(lambda values: generator_losses(values), logits)
        require(
            isinstance(answer, list | tuple) and len(answer) == 2,
            f"Two losses are expected, saturating and non-saturating; got {describe(answer)}.",
        )
        for kind, loss in zip(("saturating", "non-saturating"), answer, strict=True):
            where = f"{kind}, {name}: "
            require(isinstance(loss, Tensor), f"{where}a tensor is expected, got {describe(loss)}.")
            require(loss.ndim == 0, f"{where}the shape is {tuple(loss.shape)}. Take the mean over the batch.")
            wanted, wrong = mistakes.of_generator_loss(kind, logits.detach())
            require(
                bool(loss.isfinite()),
                f"{where}the loss is {loss.item()}. The sigmoid rounds to 0 or 1 there; express the logarithm by "
                "F.softplus or F.logsigmoid of the logit.",
            )
            mistakes.recognise(loss.detach().double(), wanted, wrong, where)
            hint = "Write it with softplus, term by term: a clamp or a small number in the logarithm bounds the loss."
            require_close(loss, wanted, f"{where}{hint}", tolerance=1e-5)
            require(loss.requires_grad, f"{where}the loss has no gradient. Is the logit detached?")
            (slope,) = torch.autograd.grad(loss, logits, retain_graph=True)
            right = -(logits if kind == "saturating" else -logits).detach().sigmoid() / len(logits)
            hint = f"{where}the value is right and the gradient is not. Was a probability clamped, or a small number "
            hint += "added to it? That keeps the loss finite and loses the gradient."
            require(bool(slope.isfinite().all()), hint)
            require_close(slope, right, hint, tolerance=1e-5)
    return "Values and gradients are right at every logit, from -10,000 to 10,000."
