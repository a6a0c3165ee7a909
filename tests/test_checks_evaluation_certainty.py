"""The checks of notebook 07 on intervals, comparison and calibration tell typical wrong answers what is wrong."""

import math

import pytest
import torch

from course_lib.checks.evaluation_certainty import check_bootstrap, check_calibration_error, check_mcnemar_p
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.metrics.calibration import expected_calibration_error, reliability_bins
from course_lib.metrics.uncertainty import bootstrap_interval, mcnemar


def stub(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize("check", [check_bootstrap, check_mcnemar_p, check_calibration_error])
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED


def assert_told(result, hint):
    assert result.status == WRONG
    assert hint in result.message, result.message


def resampled(right, resamples, generator, cut=0.025):
    count = len(right)
    accuracies = [
        right[torch.randint(count, (count,), generator=generator)].double().mean() for _ in range(resamples)
    ]
    accuracies = torch.stack(accuracies)
    return accuracies.quantile(cut), accuracies.quantile(1 - cut)


def all_at_once(right, resamples, generator):
    drawn = torch.randint(len(right), (resamples, len(right)), generator=generator)
    low, high = right[drawn].float().mean(dim=1).quantile(torch.tensor([0.025, 0.975]))
    return [low.item(), high.item()]


def without_replacement(right, resamples, generator):
    accuracies = torch.stack(
        [right[torch.randperm(len(right), generator=generator)].double().mean() for _ in range(resamples)]
    )
    return accuracies.quantile(0.025), accuracies.quantile(0.975)


def one_standard_error(right, resamples, generator):
    count = len(right)
    drawn = torch.randint(count, (resamples, count), generator=generator)
    accuracies = right[drawn].double().mean(dim=1)
    return accuracies.mean() - accuracies.std(), accuracies.mean() + accuracies.std()


def two_standard_errors(right, resamples, generator):
    low, high = one_standard_error(right, resamples, generator)
    middle, half = (low + high) / 2, (high - low) / 2
    return middle - 1.96 * half, middle + 1.96 * half


def of_accuracies(right, drawn):
    accuracies = right[drawn].double().mean(dim=1)
    return accuracies.quantile(0.025), accuracies.quantile(0.975)


def without_the_last(right, resamples, generator):
    count = len(right)
    return of_accuracies(right, torch.randint(count - 1, (resamples, count), generator=generator))


def samples_of_another_size(right, resamples, generator):
    return of_accuracies(right, torch.randint(len(right), (resamples, resamples), generator=generator))


@pytest.mark.parametrize(
    "answer",
    [
        resampled,
        all_at_once,
        lambda right, n, g: bootstrap_interval(torch.mean, right.double(), resamples=n, generator=g),
    ],
)
def test_a_bootstrap_is_accepted_however_it_is_written(answer):
    assert check_bootstrap(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (without_replacement, "Draw with replacement"),
        (one_standard_error, "about 68 %"),
        (two_standard_errors, "not mean and standard deviation"),
        (without_the_last, "The last image is never drawn"),
        (samples_of_another_size, "not as many as there are resamples"),
        (lambda right, n, g: resampled(right, n, g, cut=0.05), "about 90 %"),
        (lambda right, n, g: resampled(right, n, g)[::-1], "The lower end comes first"),
        (lambda right, n, g: resampled(right[:400], n, g), "The interval is too wide"),
        (
            lambda right, n, g: resampled(right, n, torch.Generator().manual_seed(5)),
            "Another seed gives the same",
        ),
        (lambda right, n, g: all_at_once(right, n, None), "Two calls with the same seed differ"),
        (lambda right, n, g: resampled(right, n, g)[0], "Return two numbers"),
    ],
)
def test_a_wrong_bootstrap_is_told_its_mistake(answer, hint):
    with torch.random.fork_rng():  # one of the wrong answers draws from the global generator
        assert_told(check_bootstrap(answer), hint)


def discordant(first, second):
    return (first & ~second).sum().item(), (second & ~first).sum().item()


def tail(successes, total):
    return sum(math.comb(total, k) for k in range(successes + 1)) / 2**total


def p_by_formula(first, second):
    only = discordant(first, second)
    return min(1.0, 2 * tail(min(only), sum(only)))


def p_by_pascal(first, second):
    """Build the binomial distribution coin by coin, and add up what is at least as far from the middle."""
    b, c = discordant(first, second)
    chances = [1.0]
    for _ in range(b + c):
        chances = [(x + y) / 2 for x, y in zip([0.0, *chances], [*chances, 0.0], strict=True)]
    return torch.tensor(sum(p for k, p in enumerate(chances) if abs(2 * k - b - c) >= abs(b - c)))


@pytest.mark.parametrize("answer", [p_by_formula, p_by_pascal, lambda a, b: mcnemar(a, b).p_value])
def test_a_p_value_is_accepted_however_it_is_written(answer):
    assert check_mcnemar_p(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda a, b: tail(min(discordant(a, b)), sum(discordant(a, b))), "That is one side only"),
        (lambda a, b: min(1.0, 2 * tail(min(discordant(a, b)), len(a))), "tosses the coin for all images"),
        (
            lambda a, b: min(1.0, 2 * tail(min(a.sum(), b.sum()).item(), (a.sum() + b.sum()).item())),
            "tosses the coin for all images",
        ),
        (
            lambda a, b: min(1.0, 2 * tail(min(discordant(a, b)) - 1, sum(discordant(a, b)))),
            "includes the split that was observed",
        ),
        (lambda a, b: 2 * tail(min(discordant(a, b)), sum(discordant(a, b))), "A probability is at most 1"),
        (lambda a, b: 0.5, "the p-value is"),
    ],
)
def test_a_wrong_p_value_is_told_its_mistake(answer, hint):
    assert_told(check_mcnemar_p(answer), hint)


def by_library(logits, labels, bin_count):
    return expected_calibration_error(logits.softmax(1), labels, bin_count)


def by_loops(logits, labels, bin_count):
    confidence, guess = logits.softmax(1).max(1)
    error = 0.0
    for number in range(bin_count):
        low, high = number / bin_count, (number + 1) / bin_count
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            gap = (guess[inside] == labels[inside]).float().mean() - confidence[inside].mean()
            error += inside.float().mean() * gap.abs()
    return error


def spoiled(combine):
    """Return an answer that combines the bins as told."""

    def answer(logits, labels, bin_count):
        bins = reliability_bins(logits.softmax(1), labels, bin_count)
        return combine(bins, bins.count / bins.count.sum())

    return answer


def largest_logit(logits, labels, bin_count):
    confidence, guess = logits.max(1)
    which = (confidence * bin_count).long().clamp(0, bin_count - 1)
    error = torch.tensor(0.0)
    for number in which.unique():
        inside = which == number
        gap = (guess[inside] == labels[inside]).double().mean() - confidence[inside].mean()
        error = error + inside.double().mean() * gap.abs()
    return error


def largest_logit_in_bins(logits, labels, bin_count):
    confidence, guess = logits.max(1)
    error = 0.0
    for number in range(bin_count):
        inside = (confidence > number / bin_count) & (confidence <= (number + 1) / bin_count)
        if inside.any():
            gap = (guess[inside] == labels[inside]).double().mean() - confidence[inside].mean()
            error += inside.double().mean() * gap.abs()
    return error


def of_the_label(logits, labels, bin_count):
    probabilities = logits.softmax(1)
    of_label = probabilities.gather(1, labels[:, None])[:, 0]
    right = logits.argmax(1) == labels
    which = (of_label * bin_count).long()
    return sum(
        (which == n).double().mean() * (right[which == n].double().mean() - of_label[which == n].mean()).abs()
        for n in which.unique()
    )


@pytest.mark.parametrize("answer", [by_library, by_loops])
def test_a_calibration_error_is_accepted_however_it_is_written(answer):
    assert check_calibration_error(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (
            spoiled(lambda b, w: (b.accuracy - b.confidence).abs()[b.count > 0].mean()),
            "Each bin counts the same",
        ),
        (spoiled(lambda b, w: (b.accuracy - b.confidence).abs().mean()), "Each bin counts the same"),
        (spoiled(lambda b, w: (w * (b.accuracy - b.confidence)).sum()), "cancel"),
        (spoiled(lambda b, w: (w * (b.confidence - b.accuracy)).sum()), "cancel"),
        (spoiled(lambda b, w: (w * (b.accuracy - b.confidence) ** 2).sum()), "not its square"),
        (spoiled(lambda b, w: float("nan")), "an empty bin has no mean"),
        (largest_logit, "largest logit for the confidence"),
        (largest_logit_in_bins, "largest logit for the confidence"),
        (of_the_label, "of the class that is predicted"),
        (lambda logits, labels, n: 0.03, "weighted by the bin's share"),
    ],
)
def test_a_wrong_calibration_error_is_told_its_mistake(answer, hint):
    assert_told(check_calibration_error(answer), hint)
