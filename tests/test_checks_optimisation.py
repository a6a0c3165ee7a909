"""The checks of notebook 06 against right answers, written in several ways, and against typical wrong ones."""

import math

import pytest
import torch

from course_lib.checks.optimisation import (
    check_adamw,
    check_losses,
    check_nesterov_step,
    check_warmup_cosine,
)
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.training.schedules import warmup_cosine
from course_lib.training.update_rules import AdamState, adamw_step, sgd_step

RIGHT = ["mse", "cross-entropy", "bce", "bce", "cross-entropy", "mse"]


def stub(*arguments):
    raise NotImplementedError


def rejected(result, hint):
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize(
    "answer", [RIGHT, tuple(RIGHT), ["MSE", "cross_entropy", "BCE", "bce", "Cross entropy", "mse "]]
)
def test_the_right_losses_are_accepted_however_they_are_spelled(answer):
    assert check_losses(answer).status == CORRECT


@pytest.mark.parametrize(
    ("number", "answer", "hint"),
    [
        (1, "cross-entropy", "a middle between two ages"),
        (2, "bce", "classes compete"),
        (2, "mse", "classes compete"),
        (3, "cross-entropy", "Several findings"),
        (4, "mse", "one logit is enough"),
        (5, "bce", "exactly one of 21"),
        (6, "cross-entropy", "A distance is a number"),
        (3, "hinge", "choose"),
        (3, ..., "still three dots"),
    ],
)
def test_a_wrong_loss_is_told_why(number, answer, hint):
    losses = [*RIGHT[: number - 1], answer, *RIGHT[number:]]
    rejected(check_losses(losses), hint)


def test_too_few_losses_are_told():
    rejected(check_losses(RIGHT[:5]), "A list of 6 names")


def test_untouched_losses_are_not_attempted():
    assert check_losses([...] * 6).status == NOT_ATTEMPTED


def nesterov(weight, gradient, velocity, lr, momentum, decay):
    gradient = gradient + decay * weight
    velocity = momentum * velocity + gradient
    return weight - lr * (gradient + momentum * velocity), velocity


def nesterov_in_place(weight, gradient, velocity, lr, momentum, decay):
    gradient += decay * weight
    velocity *= momentum
    velocity += gradient
    weight -= lr * gradient
    weight -= lr * momentum * velocity
    return [weight, velocity]


def nesterov_of_the_library(weight, gradient, velocity, lr, momentum, decay):
    return sgd_step(weight, gradient, velocity, lr=lr, momentum=momentum, nesterov=True, weight_decay=decay)


def nesterov_in_float32(*arguments):
    return nesterov(*[a.float() if isinstance(a, torch.Tensor) else a for a in arguments])


@pytest.mark.parametrize(
    "answer", [nesterov, nesterov_in_place, nesterov_of_the_library, nesterov_in_float32]
)
def test_nesterov_is_accepted_however_it_is_written(answer):
    assert check_nesterov_step(answer).status == CORRECT


def plain_momentum(w, g, v, lr, b, decay):
    v = b * v + g + decay * w
    return w - lr * v, v


def averaged(w, g, v, lr, b, decay):
    g = (1 - b) * (g + decay * w)
    v = b * v + g
    return w - lr * (g + b * v), v


def averaged_in_velocity(w, g, v, lr, b, decay):
    g = g + decay * w
    v = b * v + (1 - b) * g
    return w - lr * (g + b * v), v


def decay_twice(w, g, v, lr, b, decay):
    new, v = nesterov(w, g, v, lr, b, decay)
    return new - lr * decay * w, v


def forgets_to_keep(w, g, v, lr, b, decay):
    return nesterov(w, g, v, lr, b, decay)[0], v


def wrong_in_the_first_step(w, g, v, lr, b, decay):
    new, after = nesterov(w, g, v, lr, b, decay)
    return (new, after) if v.any() else (w - lr * g, g)


def decay_outside(w, g, v, lr, b, decay):
    v = b * v + g
    return w - lr * (g + decay * w + b * v), v


def old_velocity(w, g, v, lr, b, decay):
    g = g + decay * w
    return w - lr * (g + b * v), b * v + g


def velocity_alone(w, g, v, lr, b, decay):
    v = b * v + g + decay * w
    return w - lr * b * v, v


def uphill(w, g, v, lr, b, decay):
    new, v = nesterov(w, g, v, lr, b, decay)
    return 2 * w - new, v


def lr_in_velocity(w, g, v, lr, b, decay):
    g = g + decay * w
    v = b * v + lr * g
    return w - (lr * g + b * v), v


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (plain_momentum, "plain momentum"),
        (averaged, "not 1 - momentum"),
        (averaged_in_velocity, "not 1 - momentum"),
        (decay_twice, "decay is there twice"),
        (lambda w, g, v, lr, b, d: nesterov(w, g, v, lr, b, 2 * d), "decay is there twice"),
        (forgets_to_keep, "Look at the velocity"),
        (wrong_in_the_first_step, "(step 1,"),
        (lambda w, g, v, lr, b, d: nesterov(w, g, v, lr, b, -d), "sign of the weight decay"),
        (lambda w, g, v, lr, b, d: nesterov(w, g, v, lr, b, 0), "weight decay is missing"),
        (decay_outside, "belongs into the velocity"),
        (old_velocity, "with the old velocity in its place"),
        (velocity_alone, "add the gradient"),
        (uphill, "against the gradient"),
        (lr_in_velocity, "learning rate is in the velocity"),
        (lambda *a: nesterov(*a)[::-1], "Return the new weight first"),
        (lambda *a: nesterov(*a)[0], "Return 2 things"),
        (lambda w, g, v, lr, b, d: nesterov(w, g, v, 2 * lr, b, d), "Look at the weight"),
        (lambda *a: None, "returns None"),
    ],
)
def test_a_wrong_nesterov_step_is_told_its_mistake(answer, hint):
    rejected(check_nesterov_step(answer), hint)


def adamw(weight, gradient, m, s, step, lr, betas, eps, decay):
    new, state = adamw_step(
        weight, gradient, AdamState(step - 1, m, s), lr=lr, betas=betas, eps=eps, weight_decay=decay
    )
    return new, state.mean, state.square


def adamw_as_torch_writes_it(w, g, m, s, step, lr, betas, eps, decay):
    w.mul_(1 - lr * decay)
    m.lerp_(g, 1 - betas[0])
    s.mul_(betas[1]).addcmul_(g, g, value=1 - betas[1])
    size = s.sqrt() / math.sqrt(1 - betas[1] ** step) + eps
    return w.addcdiv_(m, size, value=-lr / (1 - betas[0] ** step)), m, s


def adamw_in_one_line_at_the_end(w, g, m, s, step, lr, betas, eps, decay):
    m, s = betas[0] * m + (1 - betas[0]) * g, betas[1] * s + (1 - betas[1]) * g * g
    adam = (m / (1 - betas[0] ** step)) / ((s / (1 - betas[1] ** step)).sqrt() + eps)
    return w - lr * (adam + decay * w), m, s


@pytest.mark.parametrize("answer", [adamw, adamw_as_torch_writes_it, adamw_in_one_line_at_the_end])
def test_adamw_is_accepted_however_it_is_written(answer):
    assert check_adamw(answer).status == CORRECT


def adam_variant(
    w, g, m, s, step, lr, betas, eps, decay, *, l2=False, keep=True, unbiased_m=True, unbiased_s=True, shift=0,
    inside=False, root=True, sign=-1, rate=True,
):  # fmt: skip
    """Adam in plain steps, with typical mistakes as options."""
    if l2:
        g = g + decay * w
    m = betas[0] * m + (1 - betas[0]) * g
    s = betas[1] * s + (1 - betas[1]) * g**2
    mean = m / (1 - betas[0] ** (step + shift)) if unbiased_m else m
    square = s / (1 - betas[1] ** (step + shift)) if unbiased_s else s
    size = torch.sqrt(square + eps) if inside else (torch.sqrt(square) if root else square) + eps
    kept = (1 + sign * (lr if rate else 1) * decay) if keep else 1
    return kept * w - lr * mean / size, m, s


def with_options(**options):
    return lambda *arguments: adam_variant(*arguments, **options)


def decay_afterwards(w, g, m, s, step, lr, betas, eps, decay):
    w, m, s = adam_variant(w, g, m, s, step, lr, betas, eps, decay, keep=False)
    return (1 - lr * decay) * w, m, s


def swapped_betas(w, g, m, s, step, lr, betas, eps, decay):
    return adam_variant(w, g, m, s, step, lr, (1 - betas[0], 1 - betas[1]), eps, decay)


def corrected_handed_on(w, g, m, s, step, lr, betas, eps, decay):
    w, m, s = adam_variant(w, g, m, s, step, lr, betas, eps, decay)
    return w, m / (1 - betas[0] ** step), s / (1 - betas[1] ** step)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (with_options(l2=True, keep=False), "Adam with an L2 penalty"),
        (with_options(l2=True), "decay is there twice"),
        (with_options(keep=False), "weight decay is missing"),
        (with_options(sign=1), "sign of the weight decay"),
        (with_options(rate=False), "lacks the learning rate"),
        (with_options(unbiased_m=False, unbiased_s=False), "bias correction is missing"),
        (with_options(unbiased_m=False), "bias correction of m"),
        (with_options(unbiased_s=False), "bias correction of s"),
        (with_options(shift=1), "one step late"),
        (lambda *a: adam_variant(*a, shift=-1 if a[4] > 1 else 0), "one step early"),
        (with_options(inside=True), "outside the root"),
        (with_options(root=False), "root is missing"),
        (lambda w, g, *a: adam_variant(w, g, *a[:3], -a[3], a[4], a[5], -a[6]), "moves the wrong way"),
        (swapped_betas, "*old* average keeps"),
        (corrected_handed_on, "corrected averages are handed on"),
        (lambda *a: adam_variant(*a)[0], "Return 3 things"),
        (lambda *a: (a[0], a[2], a[3]), "Look at the m"),
        (lambda *a: (a[0], *adam_variant(*a)[1:]), "Look at the weight"),
        (decay_afterwards, "decay comes first"),
    ],
)
def test_a_wrong_adamw_is_told_its_mistake(answer, hint):
    rejected(check_adamw(answer), hint)


def cosine_by_hand(step, total, peak, warmup):
    if step < warmup:
        return (step + 1) * peak / warmup
    return peak * math.cos(math.pi / 2 * (step - warmup) / (total - warmup)) ** 2  # half-angle formula


def cosine_as_tensor(step, total, peak, warmup):
    return torch.tensor(cosine_by_hand(step, total, peak, warmup))


def of_the_library(step, total, peak, warmup):
    return warmup_cosine(step, total, peak=peak, warmup=warmup)


@pytest.mark.parametrize("answer", [cosine_by_hand, cosine_as_tensor, of_the_library])
def test_a_schedule_is_accepted_however_it_is_written(answer):
    assert check_warmup_cosine(answer).status == CORRECT


def schedule(step, total, peak, warmup, *, rise=None, angle=None, wave=None):
    """The schedule with its parts exchanged for wrong ones."""
    if step < warmup:
        return (rise or (lambda t, w: (t + 1) / w))(step, warmup) * peak
    done = (angle or (lambda t, w, total: math.pi * (t - w) / (total - w)))(step, warmup, total)
    return peak * (wave or (lambda a: (1 + math.cos(a)) / 2))(done)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"rise": lambda t, w: t / w}, "not 0"),
        ({"rise": lambda t, w: (t + 1) / (w + 1)}, "reaches the peak at step warmup - 1"),
        ({"angle": lambda t, w, n: 2 * math.pi * (t - w) / (n - w)}, "full period"),
        ({"angle": lambda t, w, n: math.pi * t / n}, "begins where the warm-up ends"),
        ({"angle": lambda t, w, n: math.pi * (t - w) / n}, "the length of the cosine"),
        ({"angle": lambda t, w, n: math.pi * (t - w + 1) / (n - w)}, "off by one step: it is at the peak"),
        ({"angle": lambda t, w, n: math.pi * (t - w) / (n - w - 1)}, "not one earlier"),
        ({"angle": lambda t, w, n: 180 * (t - w) / (n - w)}, "radians"),
        ({"wave": math.cos}, "add 1 and halve it"),
        ({"wave": lambda a: 1 + math.cos(a)}, "one half is missing"),
        ({"wave": lambda a: (1 - math.cos(a)) / 2}, "rises where it should fall"),
    ],
)
def test_a_wrong_schedule_is_told_its_mistake(wrong, hint):
    rejected(check_warmup_cosine(lambda *arguments: schedule(*arguments, **wrong)), hint)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda step, total, peak, warmup: schedule(step, total, 1, warmup), "peak is not used"),
        (lambda step, total, peak, warmup: (step + 1) / warmup, "ZeroDivisionError"),
        (lambda *a: (a[0] / a[3], cosine_by_hand(*a))[1], "divide by it only inside"),
        (lambda *arguments: "fast", "One number"),
        (lambda *arguments: math.nan, "nan, expected"),
    ],
)
def test_other_wrong_schedules_are_told(answer, hint):
    result = check_warmup_cosine(answer)
    assert result.status == WRONG
    if hint != "ZeroDivisionError":  # found before a division by zero can happen
        assert hint in result.message


@pytest.mark.parametrize("check", [check_nesterov_step, check_adamw, check_warmup_cosine])
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED
