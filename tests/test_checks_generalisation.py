"""The checks of notebook 08 on penalties, smoothing, leakage and soundness: right answers and typical wrong ones."""

import math

import pytest
import torch

from course_lib.checks.generalisation import (
    check_leaked,
    check_penalty,
    check_smoothing,
    check_verdicts,
)
from course_lib.checks.leakage import SOUND
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG


def stub(*arguments):
    raise NotImplementedError


def penalty(model, l1, l2, *, axes=1, absolute=torch.abs, square=torch.square, factor=0.5, add=torch.sum):
    """A right answer; the options make typical mistakes."""
    total = 0.0
    for parameter in model.parameters():
        if parameter.ndim > axes:
            total = total + l1 * add(absolute(parameter)) + factor * l2 * add(square(parameter))
    return total


def penalty_by_names(model, l1, l2):
    weights = torch.cat([p.flatten() for name, p in model.named_parameters() if name.endswith("weight")])
    return l1 * weights.abs().sum() + l2 / 2 * (weights @ weights)


def penalty_in_float32(model, l1, l2):
    return penalty(model, l1, l2).float().reshape(1)


@pytest.mark.parametrize("answer", [penalty, penalty_by_names, penalty_in_float32])
def test_a_penalty_is_accepted_however_it_is_written(answer):
    assert check_penalty(answer).status == CORRECT


def identity(tensor):
    return tensor


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda m, a, b: penalty(m, a, b, axes=0), "The biases are counted"),
        (lambda m, a, b: penalty(m, a, b, absolute=identity), "negative weights pay for positive ones"),
        (lambda m, a, b: penalty(m, a, b, square=identity), "not squared"),
        (lambda m, a, b: penalty(m, a, b, square=torch.abs), "these are absolute values"),
        (lambda m, a, b: penalty(m, a, b, factor=1), "The half of the L2 penalty is missing"),
        (lambda m, a, b: penalty(m, a, 0) + b / 2 * penalty(m, 0, 2).sqrt(), "No root is taken"),
        (lambda m, a, b: penalty(m, a, b, add=torch.mean), "mean over each layer"),
        (lambda m, a, b: penalty(m, a, b) / 42, "mean over the weights"),
        (lambda m, a, b: penalty(m, b, a), "exchanged"),
        (lambda m, a, b: penalty(m, a, b).item(), "no derivative"),
        (lambda m, a, b: [p.sum() for p in m.parameters()], "cannot read the answer"),
        (lambda m, a, b: 3 * penalty(m, a, b), "is expected, got"),
        (lambda m, a, b: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_penalty_is_told_its_mistake(answer, hint):
    result = check_penalty(answer)
    assert result.status == WRONG
    assert hint in result.message


def test_the_mean_over_all_weights_divides_by_their_number():
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.Linear(8, 3))
    assert sum(p.numel() for p in model.parameters() if p.ndim > 1) == 42


ENTROPY = -0.76 * math.log(0.76) - 4 * 0.06 * math.log(0.06)


@pytest.mark.parametrize(
    "answers", [(0.76, 0.06, 0.8838), (0.76, 0.06, ENTROPY), (torch.tensor(0.76), 0.06, 0.884)]
)
def test_the_numbers_of_smoothing_are_accepted_exact_and_rounded(answers):
    assert check_smoothing(*answers).status == CORRECT


@pytest.mark.parametrize(
    ("answers", "hint"),
    [
        ((0.7, 0.075, 0.88), "all five get an equal share"),
        ((0.76, 0.06, 0.8856), "minus the sum of t · log t"),
        ((0.76, 0.06, 0.882), "minus the sum of t · log t"),
        ((0.7, 0.06, 0.88), "The right class gets a share"),
        ((0.8, 0.06, 0.88), "must add up to 1"),
        ((0.76, 0.3, 0.88), "Each wrong class gets its share"),
        ((0.76, 0.06, 0.0), "A loss of 0 needs a target of 1"),
        ((0.76, 0.06, -math.log(0.76)), "counts the right class only"),
        ((0.76, 0.06, -0.76 * math.log(0.76)), "Add those of the four wrong classes"),
        ((0.76, 0.06, ENTROPY / math.log(2)), "in bits"),
        ((0.76, 0.06, -ENTROPY), "The sign is wrong"),
        ((0.76, 0.06, 2.0), "minus the sum of"),
        (("a", 0.06, 2.0), "Three numbers"),
    ],
)
def test_wrong_numbers_of_smoothing_are_told_their_mistake(answers, hint):
    result = check_smoothing(*answers)
    assert result.status == WRONG
    assert hint in result.message


def leaked_by_bytes(train, test):
    known = {image.numpy().tobytes() for image in train}
    return torch.tensor([image.numpy().tobytes() in known for image in test])


def leaked_by_broadcasting(train, test):
    return (train[None] == test[:, None]).flatten(2).all(dim=2).any(dim=1)


def leaked_by_loops(train, test):
    return [any(torch.equal(a, b) for a in train) for b in test]


def leaked_by_distance(train, test):
    return torch.cdist(test.flatten(1).double(), train.flatten(1).double()).min(dim=1).values == 0


@pytest.mark.parametrize(
    "answer", [leaked_by_bytes, leaked_by_broadcasting, leaked_by_loops, leaked_by_distance]
)
def test_a_finder_of_leaks_is_accepted_however_it_is_written(answer):
    assert check_leaked(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda a, b: torch.tensor([any(x is y for x in a) for y in b]), "the same object"),
        (lambda a, b: torch.tensor([id(y) in {id(x) for x in a} for y in b]), "the same object"),
        (lambda a, b: leaked_by_bytes(a, b) & torch.tensor([torch.equal(x, y) for x, y in zip(a, b, strict=False)]),
         "position i"),
        (lambda a, b: (a[None] == b[:, None]).flatten(1).any(dim=1), "*all* pixels"),
        (lambda a, b: torch.isin(b.flatten(1).sum(dim=1), a.flatten(1).sum(dim=1)), "forget the order"),
        (lambda a, b: torch.cdist(b.flatten(1).double(), a.flatten(1).double()).min(dim=1).values < 5,
         "compare exactly"),
        (lambda a, b: leaked_by_bytes(b, a), "One answer for each training image"),
        (lambda a, b: leaked_by_bytes(a, b).sum(), "The shape should be (8,)"),
        (lambda a, b: leaked_by_bytes(a[3:], b), "were not found"),
        (lambda a, b: leaked_by_bytes(a, b) | (torch.arange(8) == 3), "in no way copies"),
    ],
)  # fmt: skip
def test_a_wrong_finder_of_leaks_is_told_its_mistake(answer, hint):
    result = check_leaked(answer)
    assert result.status == WRONG
    assert hint in result.message


RIGHT = {letter: sound for letter, (sound, _) in SOUND.items()}


def test_the_right_verdicts_are_accepted():
    assert check_verdicts(RIGHT).status == CORRECT


@pytest.mark.parametrize("letter", SOUND)
def test_each_wrong_verdict_is_given_its_reason(letter):
    result = check_verdicts({**RIGHT, letter: not RIGHT[letter]})
    assert result.status == WRONG
    assert f"({letter})" in result.message
    assert SOUND[letter][1] in result.message


def test_incomplete_verdicts_are_told_apart_from_none():
    assert check_verdicts(dict.fromkeys(SOUND, ...)).status == NOT_ATTEMPTED
    assert "Still three dots: b" in check_verdicts({**RIGHT, "b": ...}).message
    assert "keys a, b" in check_verdicts({"a": True}).message
    assert "True or False" in check_verdicts({**RIGHT, "a": "no"}).message


@pytest.mark.parametrize("check", [check_penalty, check_leaked])
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED


def test_untouched_numbers_are_not_attempted():
    assert check_smoothing(..., ..., ...).status == NOT_ATTEMPTED
