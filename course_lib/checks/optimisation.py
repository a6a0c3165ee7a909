"""Checks for notebook 06: losses, Nesterov's step, AdamW, a schedule. Batch normalisation is in `batch_norm.py`."""

import math

import torch
from torch import Tensor

from course_lib.checks import optimisation_mistakes as mistakes
from course_lib.checks.batch_norm import check_batch_norm  # noqa: F401  (for the notebook)
from course_lib.checks.report import (
    NotAttempted,
    WrongAnswer,
    attempt,
    describe,
    exercise,
    require,
    require_close,
)

SPELLINGS = {"mse": "mse", "cross-entropy": "cross-entropy", "cross entropy": "cross-entropy", "bce": "bce"}


@exercise("6.1")
def check_losses(losses) -> str:
    """Check a list of six names, one for each question of the exercise."""
    require(
        isinstance(losses, list | tuple) and len(losses) == len(mistakes.LOSSES),
        f"A list of {len(mistakes.LOSSES)} names is expected, got {describe(losses)}.",
    )
    if any(loss is ... for loss in losses):
        require(all(loss is ... for loss in losses), "Some of the answers are still three dots.")
        raise NotAttempted
    for number, (loss, (expected, reason)) in enumerate(zip(losses, mistakes.LOSSES, strict=True), start=1):
        name = SPELLINGS.get(str(loss).strip().lower().replace("_", "-"))
        require(
            name is not None,
            f'Answer {number} is {describe(loss)}; choose "mse", "cross-entropy" or "bce".',
        )
        require(name == expected, f"Question {number}: not {name}. {reason}")
    return "The kind of answer decides: a number, one of many, or yes and no."


def tensors(result, count: int, names: str) -> list[Tensor]:
    """Return a learner's tuple of `count` tensors as float64."""
    require(
        isinstance(result, tuple | list) and len(result) == count,
        f"Return {count} things, {names}, in this order; got {describe(result)}.",
    )
    require(not any(part is None for part in result), f"One of {names} is None.")
    return [torch.as_tensor(part).detach().cpu().double() for part in result]


def compare(result: list[Tensor], expected, wrong, names: tuple[str, ...], setting: str) -> None:
    """Raise `WrongAnswer` if a tensor is off, with the hint of the first mistake that has the same outcome."""
    expected = [part.double() for part in expected]
    if not all(_close(a, b) for a, b in zip(result, expected, strict=True)):
        for hint, outcome in wrong:
            differs = not all(_close(a, b.double()) for b, a in zip(outcome, expected, strict=True))
            if differs and all(_close(a, b.double()) for a, b in zip(result, outcome, strict=True)):
                require(False, f"({setting}) {hint}")
    parts = list(zip(result, expected, names, strict=True))
    for part, right, name in parts[1:] + parts[:1]:  # the weight last: it follows from the others
        require_close(
            part, right, f"({setting}) Look at the {name}, line by line beside the formula.", tolerance=1e-6
        )


def _close(first: Tensor, second: Tensor) -> bool:
    return first.shape == second.shape and torch.allclose(first, second, rtol=1e-6, atol=1e-7)


@exercise("6.2")
def check_nesterov_step(nesterov_step) -> str:
    """Check `nesterov_step(weight, gradient, velocity, lr, momentum, weight_decay)` against `torch.optim.SGD`."""
    generator = torch.Generator().manual_seed(0)
    for lr, momentum, decay in ((0.1, 0.9, 0.0), (0.1, 0.9, 0.2), (0.5, 0.5, 0.1)):
        parameter = torch.randn(3, 4, generator=generator, dtype=torch.float64).requires_grad_()
        velocity = torch.zeros_like(parameter).detach()
        options = {"lr": lr, "momentum": momentum, "weight_decay": decay}
        optimizer = torch.optim.SGD([parameter], nesterov=True, **options)
        steps = []
        for step in range(1, 6):
            gradient = torch.randn(3, 4, generator=generator, dtype=torch.float64)
            arguments = (parameter.detach().clone(), gradient, velocity, lr, momentum, decay)
            parameter.grad = gradient.clone()
            optimizer.step()
            velocity = optimizer.state[parameter]["momentum_buffer"].clone()
            steps.append((step, arguments, (parameter.detach().clone(), velocity)))
        for step, arguments, expected in (
            steps[1:] + steps[:1]
        ):  # in the first step several mistakes look alike
            result = tensors(attempt(nesterov_step, *arguments), 2, "weight and velocity")
            setting = f"step {step}, lr {lr}, momentum {momentum}, weight_decay {decay}"
            wrong = mistakes.of_nesterov(*arguments)
            compare(result, expected, wrong, ("weight", "velocity"), setting)
    return "Fifteen steps, equal to those of torch.optim.SGD with nesterov=True."


@exercise("6.3")
def check_adamw(adamw) -> str:
    """Check `adamw(weight, gradient, m, s, step, lr, betas, eps, weight_decay)` against `torch.optim.AdamW`."""
    generator = torch.Generator().manual_seed(0)
    for lr, betas, eps, decay in (
        (0.01, (0.9, 0.999), 1e-3, 0.1),
        (0.1, (0.5, 0.9), 1e-2, 0.5),
        (0.1, (0.9, 0.99), 0.1, 0.2),
    ):
        parameter = (1 + torch.rand(3, 4, generator=generator, dtype=torch.float64)).requires_grad_()
        m = s = torch.zeros_like(parameter).detach()
        optimizer = torch.optim.AdamW([parameter], lr=lr, betas=betas, eps=eps, weight_decay=decay)
        for step in range(1, 5):
            gradient = torch.randn(3, 4, generator=generator, dtype=torch.float64) / step
            arguments = (parameter.detach().clone(), gradient, m, s, step, lr, betas, eps, decay)
            result = tensors(attempt(adamw, *arguments), 3, "weight, m and s")
            parameter.grad = gradient.clone()
            optimizer.step()
            state = optimizer.state[parameter]
            m, s = state["exp_avg"].clone(), state["exp_avg_sq"].clone()
            setting = f"step {step}, lr {lr}, betas {betas}, eps {eps}, weight_decay {decay}"
            compare(
                result,
                (parameter.detach(), m, s),
                mistakes.of_adamw(*arguments),
                ("weight", "m", "s"),
                setting,
            )
    return "Twelve steps, equal to those of torch.optim.AdamW."


@exercise("6.4")
def check_warmup_cosine(warmup_cosine) -> str:
    """Check `warmup_cosine(step, total_steps, peak, warmup)` at every step of four schedules."""
    for total, peak, warmup in ((20, 0.1, 5), (7, 2.0, 3), (12, 0.5, 0), (30, 3.0, 1)):
        for step in range(total + 1):
            expected = mistakes.warmup_cosine_by_definition(step, total, peak, warmup)
            try:
                result = attempt(warmup_cosine, step, total, peak, warmup)
            except WrongAnswer as wrong:
                hint = "`warmup` may be 0: divide by it only inside the branch for step < warmup."
                require(warmup > 0 or "ZeroDivisionError" not in str(wrong), f"{wrong}. {hint}")
                raise
            try:
                rate = float(result)
            except (TypeError, ValueError):
                require(False, f"One number is expected, got {describe(result)}.")
            if math.isclose(rate, expected, rel_tol=1e-5, abs_tol=1e-6 * peak):
                continue
            hints = [
                hint
                for hint, wrong in mistakes.of_warmup_cosine(step, total, peak, warmup)
                if math.isclose(rate, wrong, rel_tol=1e-5, abs_tol=1e-6 * peak)
            ]
            hint = hints[0] if hints else "compare with the formula by hand"
            where = f"Step {step} of {total}, peak {peak}, warmup {warmup}"
            require(False, f"{where}: {rate:.4g}, expected {expected:.4g}; {hint}.")
    return "Up in a straight line, down along half a wave."
