"""Typical wrong answers to the exercises of notebook 06, each with the hint that meets it."""

import math
from collections.abc import Iterator

from torch import Tensor

# For questions 1 to 6 of exercise 6.1: the right loss, and why the others are not.
LOSSES = (
    ("mse", "An age is a number, and there is a middle between two ages."),
    ("cross-entropy", "Exactly one of ten is right, and the classes compete."),
    ("bce", "Several findings can be right at once, or none: each is a question of its own."),
    ("bce", "There are two answers only, and one logit is enough for them."),
    (
        "cross-entropy",
        "At each pixel, exactly one of 21 classes is right; the loss is averaged over the pixels.",
    ),
    ("mse", "A distance is a number, at each pixel."),
)

Numbers = tuple[float, ...]
Outcomes = Iterator[tuple[str, tuple[Tensor, ...]]]


def of_nesterov(
    weight: Tensor, gradient: Tensor, velocity: Tensor, lr: float, momentum: float, decay: float
) -> Outcomes:
    """Yield (hint, (weight, velocity)) of wrong answers to exercise 6.2."""

    def step(g, factor=1.0, look_ahead=True, scale=1.0):
        v = momentum * velocity + factor * g
        return weight - scale * lr * (factor * g + momentum * v if look_ahead else v), v

    total = gradient + decay * weight
    new_weight, new_velocity = step(total)
    yield (
        "That is plain momentum. Nesterov's step goes along g + momentum · (new velocity); with the old "
        "velocity in its place nothing is gained.",
        step(total, look_ahead=False),
    )
    yield (
        "The gradient enters the velocity with the factor 1, not 1 - momentum (that is Adam's average).",
        step(total, factor=1 - momentum),
    )
    averaged = momentum * velocity + (1 - momentum) * total
    yield (
        "The gradient enters the velocity with the factor 1, not 1 - momentum (that is Adam's average).",
        (weight - lr * (total + momentum * averaged), averaged),
    )
    decay_twice = "The weight decay is there twice: add it to the gradient once, and leave the weight alone."
    yield decay_twice, (new_weight - lr * decay * weight, new_velocity)
    yield decay_twice, step(total + decay * weight)
    yield (
        "The sign of the weight decay: its gradient λ·w is added to g, so that the weight shrinks.",
        step(gradient - decay * weight),
    )
    yield "The weight decay is missing: add weight_decay · weight to the gradient first.", step(gradient)
    yield (
        "Weight decay belongs into the velocity as well: add it to the gradient before anything else.",
        (weight - lr * (total + momentum * (momentum * velocity + gradient)), momentum * velocity + gradient),
    )
    yield (
        "The velocity is right, but the weight moves along momentum · velocity alone: add the gradient.",
        (weight - lr * momentum * new_velocity, new_velocity),
    )
    yield (
        "The weight should move against the gradient: subtract the step.",
        (2 * weight - new_weight, new_velocity),
    )
    yield (
        "The learning rate is in the velocity. In torch's form lr multiplies the step only.",
        (
            weight - (lr * total + momentum * (momentum * velocity + lr * total)),
            momentum * velocity + lr * total,
        ),
    )
    yield "The learning rate is missing, or squared.", step(total, scale=1 / lr)
    yield "Return the new weight first, then the velocity.", (new_velocity, new_weight)


def adamw_by_definition(
    weight: Tensor, gradient: Tensor, m: Tensor, s: Tensor, step: int, lr: float, betas: Numbers, eps: float,
    decay: float, *, l2: float = 0.0, unbiased: str = "both", shift: int = 0, inside: bool = False, root: bool = True,
    shrink: float | None = None,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Return weight, m and s after one step of AdamW; the options behind the star make typical mistakes."""
    gradient = gradient + l2 * weight
    m = betas[0] * m + (1 - betas[0]) * gradient
    s = betas[1] * s + (1 - betas[1]) * gradient**2
    t = step + shift
    m_hat = m / (1 - betas[0] ** t) if unbiased in ("both", "m") else m
    s_hat = s / (1 - betas[1] ** t) if unbiased in ("both", "s") else s
    size = (s_hat + eps).sqrt() if inside else (s_hat.sqrt() if root else s_hat) + eps
    weight = (1 - lr * decay if shrink is None else shrink) * weight
    return weight - lr * m_hat / size, m, s


def of_adamw(*arguments) -> Outcomes:
    """Yield (hint, (weight, m, s)) of wrong answers to exercise 6.3."""
    weight, gradient, m, s, step, lr, betas, eps, decay = arguments

    def wrong(**options):
        return adamw_by_definition(*arguments, **options)

    right = wrong()
    l2 = "That is Adam with an L2 penalty, in the gradient. AdamW multiplies the weight by 1 - lr · weight_decay."
    yield l2, wrong(l2=decay, shrink=1.0)
    yield (
        "The decay is there twice: in the gradient and on the weight. AdamW has the second only.",
        wrong(l2=decay),
    )
    yield "The weight decay is missing: multiply the weight by 1 - lr · weight_decay.", wrong(shrink=1.0)
    yield (
        "The sign of the weight decay: the weight should shrink, by 1 - lr · weight_decay.",
        wrong(shrink=1 + lr * decay),
    )
    yield "The decay lacks the learning rate: the factor is 1 - lr · weight_decay.", wrong(shrink=1 - decay)
    yield (
        "The decay comes first: multiply the weight by 1 - lr · weight_decay, then subtract Adam's step.",
        ((1 - lr * decay) * (right[0] + lr * decay * weight), *right[1:]),
    )
    yield (
        "The bias correction is missing: divide m by 1 - β₁^step and s by 1 - β₂^step.",
        wrong(unbiased="none"),
    )
    yield "The bias correction of s is missing: divide it by 1 - β₂^step.", wrong(unbiased="m")
    yield "The bias correction of m is missing: divide it by 1 - β₁^step.", wrong(unbiased="s")
    yield "The bias correction is one step late: `step` is 1 in the first step already.", wrong(shift=1)
    if step > 1:
        yield "The bias correction is one step early: `step` is 1 in the first step already.", wrong(shift=-1)
    yield "ε belongs outside the root: √ŝ + ε, not √(ŝ + ε).", wrong(inside=True)
    yield "The root is missing: divide by √ŝ + ε.", wrong(root=False)
    yield (
        "The weight moves the wrong way: subtract the step.",
        (2 * (1 - lr * decay) * weight - right[0], *right[1:]),
    )
    swapped = adamw_by_definition(weight, gradient, m, s, step, lr, (1 - betas[0], 1 - betas[1]), eps, decay)
    yield "β is the share that the *old* average keeps; the gradient enters with 1 - β.", swapped
    m_hat, s_hat = right[1] / (1 - betas[0] ** step), right[2] / (1 - betas[1] ** step)
    yield (
        "The corrected averages are handed on. Return m and s themselves; the correction is for the step only.",
        (right[0], m_hat, s_hat),
    )


def warmup_cosine_by_definition(step: int, total: int, peak: float, warmup: int) -> float:
    """Return the answer to exercise 6.4."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 + math.cos(math.pi * (step - warmup) / (total - warmup))) / 2


def of_warmup_cosine(step: int, total: int, peak: float, warmup: int) -> Iterator[tuple[str, float]]:
    """Yield (hint, rate) of wrong answers to exercise 6.4, for a step in the warm-up or behind it."""
    if step < warmup:
        yield "the rise is off by one: the first step has the rate peak / warmup, not 0", peak * step / warmup
        yield (
            "the rise is off by one: it reaches the peak at step warmup - 1",
            peak * (step + 1) / (warmup + 1),
        )
        yield "the warm-up is missing", peak * (1 + math.cos(math.pi * step / total)) / 2
        yield "the peak is not used", (step + 1) / warmup
        return
    done, rest = step - warmup, total - warmup
    yield (
        "half a wave is asked for, π · t / T; you have a full period, which comes back to the peak",
        peak * (1 + math.cos(2 * math.pi * done / rest)) / 2,
    )
    yield (
        "the cosine begins where the warm-up ends: count its steps from warmup, and its length is T - warmup",
        peak * (1 + math.cos(math.pi * step / total)) / 2,
    )
    yield (
        "the length of the cosine is total_steps - warmup, since the warm-up took the rest",
        peak * (1 + math.cos(math.pi * done / total)) / 2,
    )
    yield (
        "the cosine is off by one step: it is at the peak when step is warmup",
        peak * (1 + math.cos(math.pi * (done + 1) / rest)) / 2,
    )
    yield (
        "the cosine is off by one step: it reaches 0 at step total_steps, not one earlier",
        peak * (1 + math.cos(math.pi * done / (rest - 1))) / 2 if rest > 1 else math.nan,
    )
    yield "a cosine goes from 1 to -1: add 1 and halve it", peak * math.cos(math.pi * done / rest)
    yield "the factor one half is missing: 1 + cos goes up to 2", peak * (1 + math.cos(math.pi * done / rest))
    yield "it rises where it should fall", peak * (1 - math.cos(math.pi * done / rest)) / 2
    yield "the angle is in radians: half a wave is π, not 180", peak * (1 + math.cos(180 * done / rest)) / 2
    yield "the peak is not used", (1 + math.cos(math.pi * done / rest)) / 2
