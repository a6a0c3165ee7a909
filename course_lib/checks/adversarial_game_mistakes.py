"""What typical wrong answers to the exercises of notebook 11 return, each with the hint meant for it."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks.report import WrongAnswer, describe, require

Mistakes = list[tuple[str, Tensor]]


def as_tensor(result) -> Tensor:
    """Return a learner's numbers as a float64 tensor without a graph."""
    try:
        return torch.as_tensor(result, dtype=torch.float64).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(f"Numbers are expected, got {describe(result)}.") from None


def recognise(
    result: Tensor, expected: Tensor, wrong: Mistakes, setting: str, tolerance: float = 1e-6
) -> None:
    """Raise `WrongAnswer` with the hint of the first mistake whose outcome `result` is, and `expected` is not."""
    for hint, outcome in wrong:
        outcome = torch.as_tensor(outcome, dtype=torch.float64)
        differs = outcome.shape != expected.shape or not _close(outcome, expected, 2 * tolerance)
        require(
            not (differs and result.shape == outcome.shape and _close(result, outcome, tolerance)),
            setting + hint,
        )


def _close(first: Tensor, second: Tensor, tolerance: float) -> bool:
    return torch.allclose(first.double(), second.double(), rtol=tolerance, atol=tolerance)


def log_ratio(
    x: Tensor, mean_p: float, std_p: float, mean_q: float, std_q: float, half: float = 0.5
) -> Tensor:
    """Return log p(x) - log q(x) of two normal densities; `half` other than ½ is a mistake."""
    return half * (((x - mean_q) / std_q) ** 2 - ((x - mean_p) / std_p) ** 2) + math.log(std_q / std_p)


def of_best_logit(x: Tensor, mean_p: float, std_p: float, mean_q: float, std_q: float) -> Mistakes:
    """Return wrong answers to exercise 11.1."""
    right, widths = log_ratio(x, mean_p, std_p, mean_q, std_q), math.log(std_q / std_p)
    unsquared = ((x - mean_q) ** 2 / std_q - (x - mean_p) ** 2 / std_p) / 2 + widths
    return [
        ("The sign is reversed: the logit is positive where p is larger. Real is p, so log p comes first.", -right),
        ("That is the probability D*. Its logit is asked for, log(D* / (1 - D*)).", right.sigmoid()),
        ("That is log D*. The logit is log D* - log(1 - D*), and p + q cancels.", F.logsigmoid(right)),
        ("That is the ratio p / q. Its logarithm is asked for.", right.exp()),
        ("The factors 1/σ in front of the densities do not cancel: log(σ_q / σ_p) is missing.", right - widths),
        ("log(σ_q / σ_p) has the wrong sign: p has 1/σ_p in front, so log p has -log σ_p.", right - 2 * widths),
        ("The exponent of a normal density is -(x - mean)² / (2σ²): the 2 is missing.",
         log_ratio(x, mean_p, std_p, mean_q, std_q, half=1.0)),
        ("The variance is σ²: the distance is divided by σ before it is squared.", unsquared),
    ]  # fmt: skip


def pairs_of_densities(x: Tensor) -> list[tuple[str, Tensor, Tensor]]:
    """Return pairs to compare, with their names: equal, near, wide, with gaps, apart."""

    def normal(mean: float, std: float) -> Tensor:
        return torch.exp(-(((x - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))

    def triangle(centre: float) -> Tensor:
        return (1 - (x - centre).abs()).clamp(min=0)

    two = (normal(-2, 0.5) + normal(2, 0.5)) / 2
    return [
        ("N(0, 1²) and N(1, 0.7²)", normal(0, 1), normal(1, 0.7)),
        ("two bumps and one of them", two, normal(2, 0.5)),
        ("N(0, 1) and a triangle", normal(0, 1), triangle(0.5)),
        ("two triangles that overlap", triangle(0), triangle(1)),
        ("two triangles that do not", triangle(-3), triangle(3)),
        ("twice the same", normal(0, 2), normal(0, 2)),
    ]


def kl(p: Tensor, q: Tensor, x: Tensor) -> Tensor:
    """Return KL(p ‖ q) by the trapezoid rule."""
    return torch.trapezoid(torch.xlogy(p, p) - torch.xlogy(p, q), x)


def value_of_the_best(p: Tensor, q: Tensor, x: Tensor) -> Tensor:
    """Return C(G) by the formula with the Jensen–Shannon divergence, which the exercise does not use."""
    middle = (p + q) / 2
    return -math.log(4) + kl(p, middle, x) + kl(q, middle, x)


def of_criterion(p: Tensor, q: Tensor, x: Tensor) -> Mistakes:
    """Return wrong answers to exercise 11.2."""
    right = value_of_the_best(p, q, x)
    twice = right + math.log(4)  # 2 JSD
    middle, total = (p + q) / 2, p + q
    width = (x[1] - x[0]).item()
    best, rest = ((part / total.clamp(min=1e-300)).clamp(min=1e-300) for part in (p, q))  # D* and 1 - D*
    mean_value = (torch.xlogy(p, best) + torch.xlogy(q, rest)).mean()
    return [
        ("That is -V: the sign is reversed. C is at most 0.", -right),
        ("That is the value for D = 1/2 everywhere. Put the best discriminator in.", torch.tensor(-math.log(4))),
        ("That is 2·JSD: the -log 4 is missing.", twice),
        ("That is the JSD alone. C = -log 4 + 2·JSD.", twice / 2),
        ("JSD counts twice: C = -log 4 + 2·JSD.", twice / 2 - math.log(4)),
        ("Only log 2 is subtracted; both terms have one, together log 4.", twice - math.log(2)),
        ("That is in bits: the logarithm is the natural one.", right / math.log(2)),
        ("That is the sum over the grid without dx: torch.trapezoid(values, x) integrates.", right / width),
        ("That is the mean over the grid. Integrate: torch.trapezoid(values, x).", mean_value),
        ("That compares p with q directly. Both are compared with the middle, (p + q)/2.",
         -math.log(4) + kl(p, q, x) + kl(q, p, x)),
        ("Only p's half is there; q log(1 - D*) is missing.", kl(p, middle, x) - math.log(2)),
        ("Only q's half is there; p log D* is missing.", kl(q, middle, x) - math.log(2)),
        ("p and q are exchanged in D*: it is p / (p + q).",
         torch.trapezoid(torch.xlogy(p, rest) + torch.xlogy(q, best), x)),
    ]  # fmt: skip


def dropped_modes(n: int, k: int) -> tuple[float, float, float]:
    """Return KL(p ‖ q), KL(q ‖ p) and JSD for p with n separate equal bumps and q with k of them."""
    criterion = k / n * math.log(k / (n + k)) + math.log(n / (n + k))  # a missed bump counts log 1
    return (math.inf if k < n else 0.0), math.log(n / k), (math.log(4) + criterion) / 2


def of_dropped_modes(n: int, k: int) -> list[tuple[str, tuple[float, float, float]]]:
    """Return wrong answers to exercise 11.3; NaN where a mistake has nothing to say about a number."""
    forward, backward, shannon = dropped_modes(n, k)
    none, missed = math.nan, 1 - k / n
    return [
        ("For k = n no bump is missed: q is p, and every divergence is 0.", (math.inf if k == n else none, none, none)),
        ("The two KL are exchanged: KL(p ‖ q) is the mean under p.", (backward, forward, none)),
        ("KL(p ‖ q) is taken over the common bumps only. On a missed bump p has mass and q has none.",
         (k / n * math.log(k / n), none, none)),
        ("KL(q ‖ p) has the wrong sign: the ratio is (1/k) / (1/n).", (none, -backward, none)),
        ("KL(q ‖ p) in bits: the natural logarithm is meant.", (none, backward / math.log(2), none)),
        ("KL(q ‖ p) is weighted by p's share of those bumps. The mean is under q, which has all its mass there.",
         (none, k / n * backward, none)),
        ("That is 2·JSD: each of the two halves counts ½.", (none, none, 2 * shannon)),
        ("That is C(G), not the JSD.", (none, none, 2 * shannon - math.log(4))),
        ("JSD: the missed bumps are forgotten. There the middle is p/2, so they give log 2 each time p falls on one.",
         (none, none, shannon - missed * math.log(2) / 2)),
        ("JSD in bits: the natural logarithm is meant.", (none, none, shannon / math.log(2))),
        ("JSD: that is the share of missed bumps times log 2. The common bumps differ too: 1/n against 1/k.",
         (none, none, missed * math.log(2))),
        ("JSD: that is half the share of missed bumps times log 2. The common bumps differ too: 1/n against 1/k.",
         (none, none, missed * math.log(2) / 2)),
    ]  # fmt: skip


def near(first: float, second: float) -> bool:
    """Return whether two numbers, infinite ones among them, are the same."""
    return math.isclose(first, second, rel_tol=1e-5, abs_tol=1e-7)


def of_generator_loss(kind: str, logits: Tensor) -> tuple[Tensor, Mistakes]:
    """Return the right value of a loss of exercise 11.4, and wrong ones."""
    logits = logits.double()
    terms = {"saturating": -F.softplus(logits), "non-saturating": F.softplus(-logits)}
    other = terms["saturating" if kind == "non-saturating" else "non-saturating"]
    own = terms[kind]
    raises = "Minimising this trains the generator to be caught. "
    sign = {
        "saturating": raises + "It is log(1 - σ(l)) = -softplus(l), and it is minimised as it is.",
        "non-saturating": raises + "It is -log σ(l) = softplus(-l).",
    }[kind]
    reversed_labels = raises + "softplus(l) is what the discriminator pays for a generated sample."
    return own.mean(), [
        ("The two losses are exchanged: the saturating one, log(1 - σ(l)), comes first.", other.mean()),
        (reversed_labels if kind == "non-saturating" else sign, F.softplus(logits).mean()),
        (sign, -own.mean()),
        ("That is the sum over the batch. Take the mean.", own.sum()),
    ]
