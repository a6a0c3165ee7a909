"""Intervals against closed forms, coverage and the definition of the p-value."""

import itertools
import math
from statistics import NormalDist

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.metrics.uncertainty import (
    bootstrap_interval,
    bootstrap_values,
    mcnemar,
    paired_bootstrap_interval,
    wilson_interval,
)
from tests.helpers import seeded


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_the_ends_of_wilsons_interval_are_just_z_standard_errors_away(case, confidence):
    right, count = case
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    low, high = wilson_interval(right, count, confidence)
    assert 0 <= low < high <= 1
    assert low - 1e-12 <= right / count <= high + 1e-12
    for end in (low, high):  # the definition: the observed share lies z standard errors of THAT share away
        if 1e-9 < end < 1 - 1e-9:
            distance = abs(right / count - end) / math.sqrt(end * (1 - end) / count)
            assert distance == pytest.approx(z, rel=1e-6)


@pytest.mark.parametrize("true_share", [0.5, 0.9, 0.94])
def test_wilsons_interval_holds_the_truth_about_as_often_as_it_says(true_share):
    for count in (50, 200):
        coverage = 0.0
        for right in range(count + 1):
            low, high = wilson_interval(right, count)
            if low <= true_share <= high:
                coverage += math.comb(count, right) * true_share**right * (1 - true_share) ** (count - right)
        assert 0.92 < coverage < 0.98


@pytest.mark.parametrize("case", [(5, 4, 0.95), (-1, 4, 0.95), (0, 0, 0.95), (1, 2, 0.0), (1, 2, 1.0)])
def test_numbers_out_of_range_are_refused(case):
    with pytest.raises(ValueError, match="need 0 <= right|confidence must be"):
        wilson_interval(*case)


def test_the_bootstrap_of_a_mean_has_the_closed_forms_width():
    right = (torch.arange(1000) < 900).double()
    values = bootstrap_values(torch.mean, right, resamples=4000, generator=seeded(0))
    assert values.dtype == torch.float64
    assert values.shape == (4000,)
    standard_error = math.sqrt(0.9 * 0.1 / 1000)
    assert values.std().item() == pytest.approx(standard_error, rel=0.05)
    low, high = bootstrap_interval(torch.mean, right, resamples=4000, generator=seeded(0))
    assert (high - low) == pytest.approx(2 * 1.96 * standard_error, rel=0.07)
    narrow = bootstrap_interval(torch.mean, right, resamples=4000, generator=seeded(0), confidence=0.68)
    assert (narrow[1] - narrow[0]) == pytest.approx(2 * 0.994 * standard_error, rel=0.07)


def test_columns_are_resampled_together_and_with_replacement():
    first = torch.arange(50)
    seen = []

    def keep(x, y):
        assert torch.equal(y, 2 * x)
        seen.append(len(x.unique()))
        return 0.0

    bootstrap_values(keep, first, 2 * first, resamples=200, generator=seeded(0))
    assert sum(seen) / 200 == pytest.approx(50 * (1 - (1 - 1 / 50) ** 50), abs=0.5)  # about 63 %


def test_the_bootstrap_draws_from_its_generator_only():
    before = torch.get_rng_state()
    values = [
        bootstrap_values(torch.mean, torch.arange(9.0), resamples=5, generator=seeded(s)) for s in (0, 0, 1)
    ]
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(values[0], values[1])
    assert not torch.equal(values[0], values[2])


@pytest.mark.parametrize("columns", [(torch.ones(3), torch.ones(4)), (torch.ones(0),), ()])
def test_columns_that_do_not_fit_are_refused(columns):
    with pytest.raises(ValueError, match="need columns of one length"):
        bootstrap_values(torch.mean, *columns, resamples=3, generator=seeded(0))


def test_a_paired_interval_is_narrower_than_two_intervals_apart():
    first = torch.arange(1000) % 10 != 0  # right on nine of ten
    second = first & (torch.arange(1000) % 20 != 1)  # the same, and 50 more mistakes
    low, high = paired_bootstrap_interval(first, second, resamples=2000, generator=seeded(0))
    assert low < 0.05 < high
    half = 1.96 * math.sqrt((0.05 - 0.05**2) / 1000)  # of a variable that is 1 with probability 0.05, else 0
    assert (high - low) == pytest.approx(2 * half, rel=0.1)
    flipped = paired_bootstrap_interval(second, first, resamples=2000, generator=seeded(0))
    assert flipped == pytest.approx((-high, -low), abs=2e-3)


@given(st.integers(0, 7), st.integers(0, 7), st.integers(0, 5))
def test_mcnemars_p_value_is_the_share_of_coin_tosses_at_least_as_uneven(first_only, second_only, same):
    first = torch.tensor([True] * first_only + [False] * second_only + [True] * same + [False])
    second = torch.tensor([False] * first_only + [True] * second_only + [True] * same + [False])
    found = mcnemar(first, second)
    assert (found.first_only, found.second_only) == (first_only, second_only)
    tosses = list(itertools.product((1, -1), repeat=first_only + second_only))
    as_uneven = [abs(sum(toss)) >= abs(first_only - second_only) for toss in tosses]
    assert found.p_value == pytest.approx(sum(as_uneven) / len(tosses), abs=1e-12)


def test_many_images_are_no_obstacle():
    first, second = torch.zeros(10_000, dtype=torch.bool), torch.ones(10_000, dtype=torch.bool)
    first[:4900] = True
    second[:4900] = False
    found = mcnemar(first, second)
    z = (5100 - 4900 - 1) / math.sqrt(10_000)  # normal approximation with continuity correction
    assert found.p_value == pytest.approx(2 * (1 - NormalDist().cdf(z)), rel=0.01)


@pytest.mark.parametrize(
    "function", [mcnemar, lambda a, b: paired_bootstrap_interval(a, b, resamples=2, generator=seeded(0))]
)
@pytest.mark.parametrize(
    ("first", "second", "message"),
    [([True], [True, False], "the same images"), ([], [], "and some"), ([1, 0], [1, 1], "right or wrong")],
)
def test_answers_that_cannot_be_compared_are_refused(function, first, second, message):
    with pytest.raises(ValueError, match=message):
        function(torch.tensor(first), torch.tensor(second))
