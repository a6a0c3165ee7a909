"""The checks of notebook 17 on silent weights and on charts accept right answers and tell wrong ones their mistake."""

import pytest
import torch
from torch import nn

from course_lib.checks.clinic import (
    check_accuracy,
    check_build_classifier,
    check_diagnoses,
    check_gan_step,
    check_silent_weights,
)
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG


def stub(*arguments):
    raise NotImplementedError


def silent(model, compute_loss, *, clear=True, ask=True, is_silent=lambda g: g is None or not g.any()):
    if clear:
        model.zero_grad()
    loss = compute_loss()
    if loss.requires_grad or not ask:
        loss.backward()
    return [name for name, parameter in model.named_parameters() if is_silent(parameter.grad)]


def by_autograd(model, compute_loss):
    names, parameters = zip(*model.named_parameters(), strict=True)
    loss = compute_loss()
    if not loss.requires_grad:
        return set(names)
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    return {n for n, g in zip(names, gradients, strict=True) if g is None or g.abs().sum() == 0}


def by_zeros(model, compute_loss):
    model.zero_grad(set_to_none=False)
    return tuple(silent(model, compute_loss, clear=False))


@pytest.mark.parametrize("answer", [silent, by_autograd, by_zeros])
def test_silent_weights_are_accepted_however_they_are_found(answer):
    assert check_silent_weights(answer).status == CORRECT


def searching(**options):
    return lambda model, compute_loss: silent(model, compute_loss, **options)


def stepping(model, compute_loss):
    names = silent(model, compute_loss)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= 0.1
    return names


def parameters_instead(model, compute_loss):
    names = silent(model, compute_loss)
    return [parameter for name, parameter in model.named_parameters() if name in names] or [nn.Parameter()]


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (searching(is_silent=lambda g: g is None), "a tensor full of zeros"),
        (searching(is_silent=lambda g: not g.any()), "was not used is None"),
        (searching(is_silent=lambda g: g is not None and not g.any()), "Its .grad is None"),
        (searching(is_silent=lambda g: g is None or (g == 0).any()), "Only some entries"),
        (searching(is_silent=lambda g: g is None or g.sum() == 0), "positive and negative cancel"),
        (searching(clear=False), "those of an earlier step"),
        (searching(ask=False), "grad_fn. Look at loss.requires_grad"),
        (lambda m, c: [*silent(m, c), *silent(m, c)], "twice"),
        (lambda m, c: len(silent(m, c)), "A list of names"),
        (parameters_instead, "The names of the weights are asked for"),
        (stepping, "changed the weights"),
        (lambda m, c: [], "Its .grad is None"),
    ],
)
def test_a_wrong_search_for_silent_weights_is_told_its_mistake(answer, hint):
    result = check_silent_weights(answer)
    assert result.status == WRONG
    assert hint in result.message


RIGHT = ["A", "C", "B", "F", "G", "E", "H", "D"]


@pytest.mark.parametrize("answer", [RIGHT, tuple(RIGHT), [letter.lower() + " " for letter in RIGHT]])
def test_right_diagnoses_are_accepted(answer):
    assert check_diagnoses(answer).status == CORRECT


def with_answer(number, letter):
    return [letter if i == number else right for i, right in enumerate(RIGHT, start=1)]


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (with_answer(1, "E"), "no weight would have a gradient"),
        (with_answer(1, "J"), "the loss stay where it was"),
        (with_answer(3, "A"), "does not fall in ten steps"),
        (with_answer(4, "G"), "negative logits"),
        (with_answer(5, "F"), "positive logits"),
        (with_answer(6, "A"), "they move"),
        (with_answer(7, "B"), "until a single step"),
        (with_answer(2, "D"), "wrong in any order"),
        (with_answer(8, "C"), "not their number"),
        (with_answer(8, "Z"), "choose a letter"),
        (with_answer(8, ...), "still three dots"),
        (RIGHT[:5], "A list of 8 letters"),
    ],
)
def test_wrong_diagnoses_are_told_their_mistake(answer, hint):
    result = check_diagnoses(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize(
    "check", [check_build_classifier, check_accuracy, check_silent_weights, check_gan_step]
)
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED


def test_untouched_diagnoses_are_not_attempted():
    assert check_diagnoses([...] * 8).status == NOT_ATTEMPTED
