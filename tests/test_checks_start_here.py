"""The checks of notebook 00 accept right answers and tell typical wrong ones what is wrong."""

import pytest
import torch

from course_lib.checks import start_here
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG


def untouched(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize(
    "check", [start_here.check_brightness, start_here.check_negative, start_here.check_count_per_class]
)
def test_an_untouched_stub_is_not_attempted(check):
    assert check(untouched).status == NOT_ATTEMPTED


def test_an_unanswered_number_is_not_attempted():
    assert start_here.check_megabytes(...).status == NOT_ATTEMPTED


@pytest.mark.parametrize(
    "answer",
    [
        lambda image: image.float().mean() / 255,
        lambda image: (image.double() / 255).mean().item(),
        lambda image: sum(image.flatten().tolist()) / image.numel() / 255,
    ],
)
def test_brightness_accepts(answer):
    assert start_here.check_brightness(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda image: image.float().mean(), "255 times too large"),
        (lambda image: image.float() / 255, "One number"),
        (lambda image: image.float().max() / 255, "mean over all pixels"),
        (lambda image: image.mean(), "could not infer output dtype"),
        (lambda image: None, "'return'"),
    ],
)
def test_brightness_rejects(answer, hint):
    result = start_here.check_brightness(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize(
    "answer",
    [lambda image: 255 - image, lambda image: ~image, lambda image: (255 - image.int()).to(torch.uint8)],
)
def test_negative_accepts(answer):
    assert start_here.check_negative(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda image: -image, "wraps around"),
        (lambda image: 1 - image.float() / 255, "still be uint8"),
        (lambda image: 256 - image, "wraps around"),
        (lambda image: image, "Black (0) must become white"),
        (lambda image: (255.0 * (1 - image / 255)).to(torch.uint8), "cuts off"),
    ],
)
def test_negative_rejects(answer, hint):
    result = start_here.check_negative(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda labels, count: torch.bincount(labels, minlength=count),
        lambda labels, count: [labels.tolist().count(k) for k in range(count)],
        lambda labels, count: torch.stack([(labels == k).sum() for k in range(count)]),
    ],
)
def test_count_per_class_accepts(answer):
    assert start_here.check_count_per_class(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda labels, count: torch.bincount(labels), "must not be left out"),
        (lambda labels, count: labels.unique(return_counts=True)[1], "must not be left out"),
        (lambda labels, count: torch.bincount(labels, minlength=count) / len(labels), "count the 0s"),
        (lambda labels, count: torch.full((count,), len(labels)), "count the 0s"),
        (lambda labels, count: {0: 2}, "cannot read the answer"),
    ],
)
def test_count_per_class_rejects(answer, hint):
    result = start_here.check_count_per_class(answer)
    assert result.status == WRONG
    assert hint in result.message


def test_megabytes():
    assert start_here.check_megabytes(47.04).status == CORRECT
    assert start_here.check_megabytes(47).status == CORRECT
    for wrong, hint in ((188.16, "four bytes"), (47_040_000, "divide by a million"), ("47", "A number")):
        result = start_here.check_megabytes(wrong)
        assert result.status == WRONG
        assert hint in result.message
