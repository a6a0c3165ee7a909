"""Checks for notebook 04: what a stack of layers sees, and which shapes it makes."""

from collections.abc import Sequence

import torch
from torch import nn

from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require

Layer = Sequence[int]  # kernel_size, stride, padding, dilation


def _window(layers: Sequence[Layer], index: int, mistake: str = "") -> tuple[int, int]:
    """Return the first and last pixel that the output `index` sees, or what a typical mistake makes of it."""
    size, jump, start = 0 if mistake == "plain sum" else 1, 1, 0
    for kernel_size, stride, padding, dilation in layers:
        dilation = 1 if mistake == "dilation" else dilation
        jump = jump * stride if mistake == "own stride" else jump
        seen = 1 if mistake == "jump" else jump
        gaps = kernel_size - 1
        if mistake == "plain sum":
            size += dilation * gaps + 1
        elif mistake == "span":
            size += (dilation * kernel_size - 1) * seen
        else:
            size += dilation * gaps * seen + (1 if mistake == "sum of kernels" else 0)
        start -= 0 if mistake == "padding" else padding * (1 if mistake == "padding jump" else seen)
        jump = jump if mistake == "own stride" else jump * stride
    first = start + index * (1 if mistake == "index" else jump)
    last = first + size - (0 if mistake == "off by one" else 1)
    return (max(first, 0) if mistake == "cut off" else first), last


WINDOW_HINTS = {
    "jump": "The jump is ignored. Behind a layer with stride 2, one step is two pixels of the image, so a kernel there "
    "reaches twice as far.",
    "own stride": "A layer's own stride does not widen its own window: first the size grows, then the jump.",
    "padding": "The padding is missing: with it, the first window begins before the first pixel.",
    "padding jump": "The padding of a later layer is counted in steps of its input. In pixels of the image, multiply "
    "it by the jump there.",
    "dilation": "The dilation is ignored: a kernel spans dilation · (kernel_size - 1) + 1.",
    "index": "Neighbouring outputs are one jump apart in the image, so output `index` begins at start + index · jump.",
    "off by one": "The last pixel is one too far: size pixels from `first` on end at first + size - 1.",
    "sum of kernels": "The kernel sizes do not simply add up: neighbouring windows overlap, so each layer adds "
    "kernel_size - 1 steps.",
    "plain sum": "The kernel sizes do not simply add up: a layer adds kernel_size - 1 steps to the size, and each step "
    "is as long as the jump of its input.",
    "span": "Between kernel_size weights there are kernel_size - 1 gaps: a kernel spans "
    "dilation · (kernel_size - 1) + 1 pixels and not dilation · kernel_size.",
    "cut off": "Do not cut off what lies in the padding: the first pixel may be negative.",
}  # fmt: skip


@exercise("4.4")
def check_input_window(input_window) -> str:
    """Check `input_window(layers, index)`: first and last input pixel that an output pixel depends on."""
    generator = torch.Generator().manual_seed(0)
    cases = [
        ([(3, 1, 1, 1), (2, 2, 0, 1), (3, 2, 1, 2), (5, 1, 2, 1)], 3),
        ([(3, 2, 1, 1)], 2),
        ([(3, 1, 0, 1), (3, 1, 0, 1)], 0),
    ]
    for _ in range(20):
        layers = [
            [int(torch.randint(low, high, (), generator=generator)) for low, high in ((1, 6), (1, 4), (0, 3), (1, 4))]
            for _ in range(int(torch.randint(1, 6, (), generator=generator)))
        ]  # fmt: skip
        cases.append(([tuple(layer) for layer in layers], int(torch.randint(0, 5, (), generator=generator))))
    for layers, index in cases:
        answer = attempt(input_window, list(layers), index)
        try:
            first, last = (int(number) for number in answer)
        except (TypeError, ValueError):
            raise WrongAnswer(
                f"Two whole numbers are expected, first and last, got {describe(answer)}."
            ) from None
        expected = _window(layers, index)
        if (first, last) == expected:
            continue
        for mistake, hint in WINDOW_HINTS.items():
            require((first, last) != _window(layers, index, mistake), hint)
        raise WrongAnswer(
            f"For {layers} and output {index} you get pixels {first} to {last}; they should be {expected[0]} to "
            f"{expected[1]}. Follow size, jump and start through the layers, first layer first."
        )
    return "You know what every pixel of a deep layer sees."


def _module(layer: tuple, channels: int, height: int, width: int) -> nn.Module:
    """Return the torch layer that a description of exercise 4.5 means."""
    name, *numbers = layer
    if name == "conv":
        out_channels, kernel_size, stride, padding = numbers
        return nn.Conv2d(channels, out_channels, kernel_size, stride, padding)
    if name == "pool":
        kernel_size, stride = numbers
        return nn.MaxPool2d(kernel_size, stride)
    return nn.AdaptiveAvgPool2d(1)


def _shapes(shape: tuple[int, ...], layers: Sequence[tuple], mistake: str = "") -> list[tuple[int, ...]]:
    """Return the shape behind each layer, or what a typical mistake makes of it."""
    channels, *sides = shape
    shapes = []
    for name, *numbers in layers:
        if name == "global":
            sides = [1, 1]
        else:
            kernel_size, stride, padding = numbers[-3:] if name == "conv" else (*numbers, 0)
            if name == "conv" and mistake != "channels":
                channels = numbers[0]
            padded_sides = {"no padding": 0, "one side": 1}.get(mistake, 2)
            rooms = [side + padding * padded_sides - kernel_size for side in sides]
            step = kernel_size if mistake == "pool stride" and name == "pool" else stride
            if mistake == "ceil":
                sides = [-(-room // step) + 1 for room in rooms]
            else:
                sides = [room // step + (0 if mistake == "plus one" else 1) for room in rooms]
        shapes.append((channels, *sides))
    return shapes


SHAPE_HINTS = {
    "ceil": "That rounds up. The last step of a window is taken only if it is a whole one: round down.",
    "no padding": "The padding of a convolution is missing: it adds 2 · padding to the height and to the width.",
    "one side": "The padding is added on both sides: 2 · padding.",
    "pool stride": "The stride of a pooling may differ from its window; the window moves by the stride.",
    "plus one": "One place is missing: a window that fits exactly has room 0 to move, and still one place.",
    "channels": "A convolution makes out_channels channels; pooling keeps them.",
}
NETWORKS = (
    ((3, 33, 47), [("conv", 8, 5, 2, 1), ("pool", 3, 2), ("conv", 16, 3, 1, 1), ("pool", 2, 2), ("global",)]),
    ((1, 28, 28), [("conv", 6, 5, 1, 2), ("pool", 2, 2), ("conv", 16, 5, 1, 0), ("pool", 2, 2)]),
    ((3, 64, 48), [("conv", 12, 7, 3, 0), ("pool", 3, 2), ("conv", 24, 3, 2, 1), ("conv", 24, 1, 1, 0)]),
    ((2, 17, 20), [("pool", 3, 1), ("conv", 5, 4, 1, 1), ("pool", 2, 3), ("global",), ("conv", 7, 1, 1, 0)]),
)  # fmt: skip


@exercise("4.5")
def check_predict_shapes(predict_shapes) -> str:
    """Check `predict_shapes(shape, layers)` against the shapes of real networks."""
    for shape, layers in NETWORKS:
        answer = attempt(predict_shapes, shape, list(layers))
        maps, expected = torch.zeros(1, *shape), []
        for layer in layers:
            maps = _module(layer, *maps.shape[1:])(maps)
            expected.append(tuple(maps.shape[1:]))
        try:
            predicted = [tuple(int(number) for number in each) for each in answer]
        except (TypeError, ValueError):
            raise WrongAnswer(
                f"A list of shapes (channels, height, width) is expected, got {describe(answer)}."
            ) from None
        require(
            len(predicted) == len(layers),
            f"There are {len(layers)} layers, so {len(layers)} shapes are expected, one behind each; "
            f"you return {len(predicted)}.",
        )
        if predicted == expected:
            continue
        for mistake, hint in SHAPE_HINTS.items():
            require(predicted != _shapes(shape, layers, mistake), hint)
        number = next(i for i in range(len(layers)) if predicted[i] != expected[i])
        raise WrongAnswer(
            f"Images of shape {shape}: behind layer {number + 1}, {layers[number]}, you predict {predicted[number]}; "
            f"torch makes {expected[number]}."
        )
    return "You know every shape before the network runs."
