"""The checks of notebook 11 on densities and losses accept right answers and tell wrong ones their mistake."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks.adversarial_game import (
    check_balance,
    check_best_logit,
    check_criterion,
    check_divergences,
    check_generator_losses,
)
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.losses import non_saturating_generator_loss, saturating_generator_loss
from course_lib.metrics.divergences import generator_criterion, normal_density


def stub(*arguments):
    raise NotImplementedError


def told(check, answer, hint):
    result = check(answer)
    assert result.status == WRONG
    assert hint in result.message


def log_normal(x, mean, std):
    return -(((x - mean) / std) ** 2) / 2 - math.log(std)


def logit(x, mean_p, std_p, mean_q, std_q):
    return log_normal(x, mean_p, std_p) - log_normal(x, mean_q, std_q)


def logit_by_torch(x, mean_p, std_p, mean_q, std_q):
    p, q = torch.distributions.Normal(mean_p, std_p), torch.distributions.Normal(mean_q, std_q)
    return (p.log_prob(x) - q.log_prob(x)).tolist()


@pytest.mark.parametrize("answer", [logit, logit_by_torch])
def test_the_best_logit_is_accepted_however_it_is_written(answer):
    assert check_best_logit(answer).status == CORRECT


def from_densities(finish):
    def answer(x, mean_p, std_p, mean_q, std_q):
        p, q = normal_density(x, mean_p, std_p), normal_density(x, mean_q, std_q)
        return finish(p, q)

    return answer


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda *a: -logit(*a), "The sign is reversed"),
        (lambda *a: logit(*a).sigmoid(), "That is the probability"),
        (from_densities(lambda p, q: p / (p + q)), "That is the probability"),
        (lambda *a: F.logsigmoid(logit(*a)), "That is log D*"),
        (lambda *a: logit(*a).exp(), "That is the ratio"),
        (lambda x, m, s, n, t: logit(x, m, s, n, t) - math.log(t / s), "is missing"),
        (lambda x, m, s, n, t: logit(x, m, s, n, t) - 2 * math.log(t / s), "has the wrong sign"),
        (lambda x, m, s, n, t: ((x - n) / t) ** 2 - ((x - m) / s) ** 2 + math.log(t / s), "the 2 is missing"),
        (lambda x, m, s, n, t: ((x - n) ** 2 / t - (x - m) ** 2 / s) / 2 + math.log(t / s), "The variance is σ²"),
        (from_densities(lambda p, q: (p / q).log()), "not a finite number at ±60"),
        (from_densities(lambda p, q: (p.clamp(min=1e-30) / q.clamp(min=1e-30)).log()), "wrong at ±60"),
        (lambda *a: 3 * logit(*a), "log p - log q"),
        (lambda *a: "large", "Numbers are expected"),
    ],
)  # fmt: skip
def test_a_wrong_best_logit_is_told_its_mistake(answer, hint):
    told(check_best_logit, answer, hint)


def value(p, q, x, *, log=torch.log, best=lambda p, q: p / (p + q), integrate=torch.trapezoid):
    d = best(p, q)
    real = torch.where(p > 0, p * log(d.clamp(min=1e-300)), 0.0)
    fake = torch.where(q > 0, q * log((1 - d).clamp(min=1e-300)), 0.0)
    return integrate(real + fake, x)


def value_by_halves(p, q, x):
    total = p + q + 1e-300
    return torch.trapezoid(torch.xlogy(p, p / total), x) + torch.trapezoid(torch.xlogy(q, q / total), x)


def value_by_riemann(p, q, x):
    return float(value(p, q, x, integrate=lambda values, x: values.sum() * (x[1] - x[0])))


@pytest.mark.parametrize("answer", [value, value_by_halves, value_by_riemann, generator_criterion])
def test_the_criterion_is_accepted_however_it_is_written(answer):
    assert check_criterion(answer).status == CORRECT


def twice_jsd(p, q, x):
    return generator_criterion(p, q, x) + math.log(4)


def naive(p, q, x):
    return torch.trapezoid(p * (p / (p + q)).log() + q * (q / (p + q)).log(), x)


def by_subtraction(p, q, x):
    d = torch.where(p > 0, p / (p + q), 0.0)
    return torch.trapezoid(torch.xlogy(p, d) + torch.xlogy(q, 1 - d), x)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda *a: -value(*a), "the sign is reversed"),
        (lambda p, q, x: value(p, q, x, best=lambda p, q: torch.full_like(p, 0.5)), "D = 1/2 everywhere"),
        (twice_jsd, "the -log 4 is missing"),
        (lambda *a: twice_jsd(*a) / 2, "That is the JSD alone"),
        (lambda *a: twice_jsd(*a) / 2 - math.log(4), "JSD counts twice"),
        (lambda *a: twice_jsd(*a) - math.log(2), "Only log 2 is subtracted"),
        (lambda p, q, x: value(p, q, x, log=torch.log2), "in bits"),
        (lambda p, q, x: value(p, q, x, integrate=lambda v, x: v.sum()), "without dx"),
        (lambda p, q, x: value(p, q, x, integrate=lambda v, x: v.mean()), "the mean over the grid"),
        (lambda p, q, x: torch.trapezoid((p - q) * (p / q).log(), x) - math.log(4), "compares p with q directly"),
        (lambda p, q, x: torch.trapezoid(p * (p / (p + q)).log(), x), "Only p's half"),
        (lambda p, q, x: torch.trapezoid(q * (q / (p + q)).log(), x), "Only q's half"),
        (lambda p, q, x: value(p, q, x, best=lambda p, q: q / (p + q)), "p and q are exchanged"),
        (naive, "0 · log 0 is NaN"),
        (by_subtraction, "Write 1 - D* as q / (p + q)"),
        (lambda p, q, x: value(p, q, x, integrate=lambda v, x: v), "One number is expected"),
        (lambda *a: 3 * value(*a), "integral of p log D*"),
    ],
)  # fmt: skip
def test_a_wrong_criterion_is_told_its_mistake(answer, hint):
    told(check_criterion, answer, hint)


def gaps(n, k):
    return (
        math.inf if k < n else 0.0,
        math.log(n / k),
        (math.log(2 * n / (n + k)) + k / n * math.log(2 * k / (n + k)) + (n - k) / n * math.log(2)) / 2,
    )


def gaps_by_sums(n, k):
    p, q = torch.full((n,), 1 / n, dtype=torch.float64), torch.zeros(n, dtype=torch.float64)
    q[:k] = 1 / k
    middle = (p + q) / 2

    def kl(a, b):
        return (torch.xlogy(a, a) - torch.xlogy(a, b)).sum()

    return kl(p, q), kl(q, p), (kl(p, middle) + kl(q, middle)) / 2


@pytest.mark.parametrize("answer", [gaps, gaps_by_sums])
def test_divergences_of_dropped_modes_are_accepted_however_they_are_found(answer):
    assert check_divergences(answer).status == CORRECT


def with_shannon(change):
    return lambda n, k: (*gaps(n, k)[:2], change(gaps(n, k)[2], n, k))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda n, k: (gaps(n, k)[1], gaps(n, k)[0], gaps(n, k)[2]), "The two KL are exchanged"),
        (lambda n, k: (k / n * math.log(k / n), *gaps(n, k)[1:]), "over the common bumps only"),
        (lambda n, k: (gaps(n, k)[0], math.log(k / n), gaps(n, k)[2]), "has the wrong sign"),
        (lambda n, k: (gaps(n, k)[0], math.log2(n / k), gaps(n, k)[2]), "KL(q ‖ p) in bits"),
        (lambda n, k: (gaps(n, k)[0], k / n * math.log(n / k), gaps(n, k)[2]), "weighted by p's share"),
        (with_shannon(lambda s, n, k: 2 * s), "That is 2·JSD"),
        (with_shannon(lambda s, n, k: 2 * s - math.log(4)), "That is C(G)"),
        (with_shannon(lambda s, n, k: s - (1 - k / n) * math.log(2) / 2), "the missed bumps are forgotten"),
        (with_shannon(lambda s, n, k: s / math.log(2)), "JSD in bits"),
        (with_shannon(lambda s, n, k: (1 - k / n) * math.log(2)), "share of missed bumps times log 2"),
        (with_shannon(lambda s, n, k: s + 0.1), "the middle is their mean"),
        (lambda n, k: (math.inf, *gaps(n, k)[1:]), "(n = 4, k = 4) For k = n no bump is missed"),
        (lambda n, k: (5.0, *gaps(n, k)[1:]), "where q has no mass"),
        (lambda n, k: (gaps(n, k)[0], 5.0, gaps(n, k)[2]), "On every bump of q"),
        (lambda n, k: gaps(n, k)[:2], "Three numbers are expected"),
    ],
)  # fmt: skip
def test_wrong_divergences_are_told_their_mistake(answer, hint):
    told(check_divergences, answer, hint)


def by_logsigmoid(fake_logits):
    return F.logsigmoid(-fake_logits).mean(), -F.logsigmoid(fake_logits).mean()


def by_library(fake_logits):
    return saturating_generator_loss(fake_logits), non_saturating_generator_loss(fake_logits)


def by_cross_entropy(fake_logits):
    bce = F.binary_cross_entropy_with_logits
    zeros, ones = torch.zeros_like(fake_logits), torch.ones_like(fake_logits)
    return -bce(fake_logits, zeros), bce(fake_logits, ones)


@pytest.mark.parametrize("answer", [by_logsigmoid, by_library, by_cross_entropy])
def test_generator_losses_are_accepted_however_they_are_written(answer):
    assert check_generator_losses(answer).status == CORRECT


def clamped(fake_logits):
    d = fake_logits.sigmoid()
    return (1 - d).clamp(min=1e-30).log().mean(), -d.clamp(min=1e-30).log().mean()


def with_a_small_number(fake_logits):
    d = fake_logits.sigmoid()
    return (1 - d + 1e-8).log().mean(), -(d + 1e-8).log().mean()


def capped(fake_logits):
    return by_library(fake_logits)[0], -F.logsigmoid(fake_logits).mean().detach() + 0 * fake_logits.sum()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda v: by_library(v)[::-1], "The two losses are exchanged"),
        (lambda v: (F.softplus(v).mean(), F.softplus(-v).mean()), "minimised as it is"),
        (lambda v: (-F.softplus(v).mean(), F.softplus(v).mean()), "what the discriminator pays"),
        (lambda v: (-F.softplus(v).mean(), -F.softplus(-v).mean()), "It is -log σ(l) = softplus(-l)"),
        (lambda v: (-F.softplus(v).sum(), F.softplus(-v).sum()), "the sum over the batch"),
        (lambda v: (-F.softplus(v), F.softplus(-v)), "Take the mean"),
        (lambda v: ((1 - v.sigmoid()).log().mean(), -v.sigmoid().log().mean()), "The sigmoid rounds to 0 or 1"),
        (clamped, "saturating, logits of ±40"),
        (with_a_small_number, "a small number in the logarithm bounds the loss"),
        (capped, "Was a probability clamped"),
        (lambda v: by_library(v.detach()), "no gradient"),
        (lambda v: tuple(loss.item() for loss in by_library(v)), "a tensor is expected"),
        (lambda v: by_library(v)[0], "Two losses are expected"),
        (lambda v: tuple(3 * loss for loss in by_library(v)), "term by term"),
    ],
)  # fmt: skip
def test_wrong_generator_losses_are_told_their_mistake(answer, hint):
    told(check_generator_losses, answer, hint)


RIGHT = [2 * math.log(2), math.log(2), -math.log(2), math.log(2), 0]


@pytest.mark.parametrize("answer", [RIGHT, torch.tensor(RIGHT).tolist(), tuple(RIGHT)])
def test_the_losses_at_balance_are_accepted(answer):
    assert check_balance(answer).status == CORRECT


@pytest.mark.parametrize(
    ("place", "number", "hint"),
    [
        (0, math.log(2), "a sum of two means"),
        (0, -math.log(4), "minus the value of the game"),
        (0, 0.5, "That is the probability"),
        (1, math.log(4), "one term only"),
        (1, -math.log(2), "That is the saturating loss"),
        (2, math.log(2), "without a minus"),
        (2, 0, "every generated sample is caught"),
        (3, math.log(4), "half the sum"),
        (4, math.log(4), "That is the balance"),
        (4, math.log(2), "That is the JSD"),
        (4, 17.0, "into the formula"),
    ],
)
def test_a_wrong_loss_at_balance_is_told_its_mistake(place, number, hint):
    told(check_balance, [*RIGHT[:place], number, *RIGHT[place + 1 :]], hint)


def test_half_filled_answers_and_untouched_ones():
    assert check_balance([...] * 5).status == NOT_ATTEMPTED
    told(check_balance, [math.log(4), ..., ..., ..., ...], "still three dots")
    told(check_balance, [math.log(4)], "A list of 5 numbers")


@pytest.mark.parametrize(
    "check", [check_best_logit, check_criterion, check_divergences, check_generator_losses]
)
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED
