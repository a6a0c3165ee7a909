"""The checks of notebook 04 on receptive fields and shapes accept right answers and tell typical wrong ones."""

import math

import pytest
import torch
from torch import nn

from course_lib.checks.receptive_fields import check_input_window, check_predict_shapes
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.layers.shapes import receptive_field


def stub(*arguments):
    raise NotImplementedError


def by_recurrence(layers, index):
    size, jump, start = 1, 1, 0
    for kernel_size, stride, padding, dilation in layers:
        size += dilation * (kernel_size - 1) * jump
        start -= padding * jump
        jump *= stride
    return start + index * jump, start + index * jump + size - 1


def backwards(layers, index):
    """From the output back to the image: each layer widens the interval."""
    first = last = index
    for kernel_size, stride, padding, dilation in reversed(layers):
        first, last = (
            first * stride - padding,
            last * stride - padding + dilation * (kernel_size - 1),
        )
    return torch.tensor([first, last])


@pytest.mark.parametrize(
    "answer", [by_recurrence, backwards, lambda layers, index: receptive_field(layers).window(index)]
)
def test_the_window_of_an_output_is_accepted_however_it_is_found(answer):
    assert check_input_window(answer).status == CORRECT


def jump_ignored(layers, index):
    size = 1 + sum(d * (k - 1) for k, _, _, d in layers)
    first = -sum(p for _, _, p, _ in layers) + index * math.prod(s for _, s, _, _ in layers)
    return first, first + size - 1


def jump_too_early(layers, index):
    size, jump, start = 1, 1, 0
    for kernel_size, stride, padding, dilation in layers:
        jump *= stride
        size += dilation * (kernel_size - 1) * jump
        start -= padding * jump
    return start + index * jump, start + index * jump + size - 1


def padding_in_steps(layers, index):
    first, last = by_recurrence([(k, s, 0, d) for k, s, _, d in layers], index)
    shift = sum(p for _, _, p, _ in layers)
    return first - shift, last - shift


def index_in_pixels(layers, index):
    first, last = by_recurrence(layers, 0)
    return first + index, last + index


def off_by_one(layers, index):
    first, last = by_recurrence(layers, index)
    return first, last + 1


def kernels_added_up(layers, index):
    first, last = by_recurrence(layers, index)
    return first, last + len(layers)


def spans_added_up(layers, index):
    first = by_recurrence(layers, index)[0]
    return first, first + sum(d * (k - 1) + 1 for k, _, _, d in layers) - 1


def gap_behind_the_last(layers, index):
    size, jump = 1, 1
    for kernel_size, stride, _, dilation in layers:
        size += (dilation * kernel_size - 1) * jump
        jump *= stride
    first = by_recurrence(layers, index)[0]
    return first, first + size - 1


def padding_cut_off(layers, index):
    first, last = by_recurrence(layers, index)
    return max(first, 0), last


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (jump_ignored, "jump is ignored"),
        (jump_too_early, "first the size grows, then the jump"),
        (lambda layers, index: by_recurrence([(k, s, 0, d) for k, s, _, d in layers], index), "missing"),
        (padding_in_steps, "multiply it by the jump"),
        (
            lambda layers, index: by_recurrence([(k, s, p, 1) for k, s, p, _ in layers], index),
            "dilation is ignored",
        ),
        (index_in_pixels, "start + index · jump"),
        (off_by_one, "one too far"),
        (kernels_added_up, "do not simply add up"),
        (spans_added_up, "each step is as long as the jump"),
        (gap_behind_the_last, "and not dilation · kernel_size"),
        (padding_cut_off, "may be negative"),
        (lambda layers, index: (0, 0), "you get pixels 0 to 0; they should be"),
        (lambda layers, index: 7, "Two whole numbers are expected"),
    ],
)
def test_a_wrong_window_is_told_its_mistake(answer, hint):
    result = check_input_window(answer)
    assert result.status == WRONG
    assert hint in result.message


def by_formula(shape, layers, *, rounding=math.floor, sides_padded=2, extra=1, pool_steps=None, keep=False):
    """Return the shapes as lists; the options make typical mistakes."""
    channels, *sides = shape
    shapes = []
    for name, *numbers in layers:
        if name == "global":
            sides = [1, 1]
        elif name == "conv":
            out_channels, kernel_size, stride, padding = numbers
            channels = channels if keep else out_channels
            sides = [rounding((n + sides_padded * padding - kernel_size) / stride) + extra for n in sides]
        else:
            kernel_size, stride = numbers
            step = stride if pool_steps is None else kernel_size
            sides = [rounding((n - kernel_size) / step) + extra for n in sides]
        shapes.append([channels, *sides])
    return shapes


def by_running(shape, layers):
    maps, shapes = torch.zeros(2, *shape), []
    for name, *numbers in layers:
        if name == "conv":
            maps = nn.LazyConv2d(*numbers)(maps)
        else:
            maps = (nn.AdaptiveMaxPool2d(1) if name == "global" else nn.MaxPool2d(*numbers))(maps)
        shapes.append(maps.shape[1:])
    return shapes


@pytest.mark.parametrize("answer", [by_formula, by_running])
def test_shapes_are_accepted_however_they_are_found(answer):
    assert check_predict_shapes(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda shape, layers: by_formula(shape, layers, rounding=math.ceil), "rounds up"),
        (lambda shape, layers: by_formula(shape, layers, sides_padded=1), "both sides"),
        (
            lambda shape, layers: by_formula(shape, layers, sides_padded=0),
            "padding of a convolution is missing",
        ),
        (lambda shape, layers: by_formula(shape, layers, pool_steps="window"), "moves by the stride"),
        (lambda shape, layers: by_formula(shape, layers, extra=0), "One place is missing"),
        (lambda shape, layers: by_formula(shape, layers, keep=True), "makes out_channels channels"),
        (lambda shape, layers: by_formula(shape, layers)[:-1], "5 shapes are expected"),
        (lambda shape, layers: [shape] * len(layers), "behind layer 1"),
        (lambda shape, layers: 5, "A list of shapes"),
    ],
)
def test_a_wrong_shape_is_told_its_mistake(answer, hint):
    result = check_predict_shapes(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize("check", [check_input_window, check_predict_shapes])
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED
