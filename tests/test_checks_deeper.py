"""The checks of notebook 10 accept right answers and tell typical wrong ones what is wrong."""

import statistics

import numpy as np
import pytest
import torch

from course_lib.checks.deeper import (
    check_amdahl,
    check_fair_seconds,
    check_multiply_adds,
    check_ranking,
    check_residual_block,
)
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG


def stub(*arguments, **options):
    raise NotImplementedError


@pytest.mark.parametrize(
    "check", [check_residual_block, check_multiply_adds, check_fair_seconds, check_amdahl]
)
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED


def test_an_untouched_ranking_is_not_attempted():
    assert check_ranking(...).status == NOT_ATTEMPTED


def block(combine, project=True):
    def residual_block(x, branch, projection):
        shortcut = projection(x) if projection is not None and project else x
        return combine(shortcut, branch(x))

    return residual_block


def in_place(x, branch, projection):
    out = branch(x)
    out += x if projection is None else projection(x)
    return out.clamp_(min=0)


@pytest.mark.parametrize("answer", [block(lambda x, b: torch.relu(x + b)), in_place])
def test_a_right_block_is_accepted(answer):
    assert check_residual_block(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (block(lambda x, b: b.relu()), "The shortcut is missing"),
        (block(lambda x, b: x.relu()), "The branch is missing"),
        (block(lambda x, b: x + b), "The ReLU is missing"),
        (block(lambda x, b: x + b.relu()), "in front of the addition"),
        (block(lambda x, b: (x * b).relu()), "multiplied"),
        (block(lambda x, b: (b - x).relu()), "Subtracted"),
        (block(lambda x, b: torch.cat([b, x], dim=1).relu()), "side by side"),
        (block(lambda x, b: (x + b).relu(), project=False), "raised RuntimeError"),
        (block(lambda x, b: 2 * (x + b).relu()), "Shortcut plus branch, then ReLU"),
        (block(lambda x, b: None), "returns None"),
    ],
)
def test_a_wrong_block_is_told_its_mistake(answer, hint):
    result = check_residual_block(answer)
    assert result.status == WRONG
    assert hint in result.message


def count(c_in, c_out, height, width, k, s, p, groups):
    out = [(n + 2 * p - k) // s + 1 for n in (height, width)]
    return c_out * out[0] * out[1] * k * k * c_in // groups


def count_by_loops(c_in, c_out, height, width, k, s, p, groups):
    total = 0
    for _ in range(c_out):
        for _ in range(-p, height + p - k + 1, s):
            for _ in range(-p, width + p - k + 1, s):
                total += c_in / groups * k**2
    return torch.tensor(total)


@pytest.mark.parametrize("answer", [count, count_by_loops, lambda *a: np.int64(count(*a))])
def test_a_right_count_is_accepted(answer):
    assert check_multiply_adds(answer).status == CORRECT


def outputs(c_out, h, w, k, s, p):
    return c_out * ((h + 2 * p - k) // s + 1) * ((w + 2 * p - k) // s + 1)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda i, o, h, w, k, s, p, g: i * o * h * w * k * k // g, "not of the input"),
        (lambda i, o, h, w, k, s, p, g: count(i, o, h, w, k, s, p, 1), "in_channels / groups"),
        (lambda i, o, h, w, k, s, p, g: count(i, o, h, w, k, s, p, g) // g, "divided by twice"),
        (lambda *a: 2 * count(*a), "counted as two"),
        (lambda i, o, h, w, k, s, p, g: count(i, o, h, w, k, s, p, g) // k, "one factor is missing"),
        (lambda i, o, h, w, k, s, p, g: outputs(o, h, w, k, s, p) * k * k, "runs over the input channels"),
        (
            lambda i, o, h, w, k, s, p, g: outputs(1, h, w, k, s, p) * k * k * i // g,
            "number of output channels",
        ),
        (lambda i, o, h, w, k, s, p, g: o * i * k * k // g, "number of weights"),
        (
            lambda i, o, h, w, k, s, p, g: count(i, o, h, w, k, s, p, g) + outputs(o, h, w, k, s, p),
            "The bias adds",
        ),
        (lambda *a: -1, "How many outputs are there"),
        (lambda *a: "many", "A number is expected"),
    ],
)
def test_a_wrong_count_is_told_its_mistake(answer, hint):
    result = check_multiply_adds(answer)
    assert result.status == WRONG
    assert hint in result.message


def timed(
    function, wait, clock, repeats, *, warm_up=1, before=True, after=True, reduce=statistics.median, skip=0
):
    for _ in range(warm_up):
        function()
    times = []
    for _ in range(repeats):
        if before:
            wait()
        start = clock()
        function()
        if after:
            wait()
        times.append(clock() - start)
    return reduce(times[skip:])


def as_one_list(function, wait, clock, repeats):
    def once():
        wait()
        start = clock()
        function()
        wait()
        return clock() - start

    return np.median([once() for _ in range(repeats + 1)][1:])


@pytest.mark.parametrize(
    "answer", [timed, as_one_list, lambda f, w, c, repeats: timed(f, w, c, repeats, warm_up=3)]
)
def test_a_fair_clock_is_accepted(answer):
    assert check_fair_seconds(answer).status == CORRECT


def all_at_once(function, wait, clock, repeats):
    function()
    wait()
    start = clock()
    for _ in range(repeats):
        function()
    wait()
    return (clock() - start) / repeats


def mean_of_all(function, wait, clock, repeats):
    return timed(function, wait, clock, repeats + 1, warm_up=0, reduce=statistics.mean)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda f, w, c, repeats: timed(f, w, c, repeats, warm_up=0), "The first call is slow"),
        (lambda f, w, c, repeats: timed(f, w, c, repeats, reduce=statistics.mean), "That is the mean"),
        (lambda f, w, c, repeats: timed(f, w, c, repeats, reduce=min), "smallest time"),
        (lambda f, w, c, repeats: timed(f, w, c, repeats, reduce=sum), "all repeats together"),
        (
            lambda f, w, c, repeats: timed(f, w, c, repeats, before=False, after=False),
            "Only the handing over",
        ),
        (lambda f, w, c, repeats: timed(f, w, c, repeats, after=False), "Only the handing over"),
        (lambda f, w, c, repeats: timed(f, w, c, repeats, before=False), "wait() before the clock starts"),
        (all_at_once, "That is the mean: one repeat"),
        (mean_of_all, "the slow first call is in it"),
        (lambda f, w, c, repeats: "soon", "A number is expected"),
        (lambda f, w, c: 1.0, "raised TypeError"),
    ],
)
def test_an_unfair_clock_is_told_its_mistake(answer, hint):
    result = check_fair_seconds(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda share, factor: 1 / (1 - share + share / factor),
        lambda share, factor: torch.tensor(factor / (factor * (1 - share) + share)),
        lambda share, factor: np.float64(100) / (100 * (1 - share) + 100 * share / factor),
    ],
)
def test_amdahls_law_is_accepted_however_it_is_written(answer):
    assert check_amdahl(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda p, s: 1 - p + p / s, "its reciprocal"),
        (lambda p, s: p - p / s, "time saved"),
        (lambda p, s: 1 - p + p * s, "speeds do not"),
        (lambda p, s: s, "The rest takes as long"),
        (lambda p, s: 1 / (1 - p + p * s), "takes share / factor"),
        (lambda p, s: 1 / (p + (1 - p) / s), "exchanged"),
        (lambda p, s: 1 / (1 - p) if p < 1 else s, "a factor without end"),
        (lambda p, s: s / p if p else 1, "leaves the rest out"),
        (lambda p, s: 17, "How long does it take afterwards"),
        (lambda p, s: [1, 2], "A number is expected"),
    ],
)
def test_a_wrong_law_is_told_its_mistake(answer, hint):
    result = check_amdahl(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize("answer", [["B", "A", "C"], "bac", ("b", "a", "c")])
def test_a_right_ranking_is_accepted(answer):
    assert check_ranking(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (["A", "B", "C"], "more than 0.7 of the time is something else"),
        (["C", "B", "A"], "saves a tenth"),
        (["B", "C", "A"], "The best is right"),
        (["A", "B"], "has to stand there once"),
        (3, "The three letters are expected"),
    ],
)
def test_a_wrong_ranking_is_told_its_mistake(answer, hint):
    result = check_ranking(answer)
    assert result.status == WRONG
    assert hint in result.message
