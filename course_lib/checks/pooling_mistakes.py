"""Typical wrong answers to the exercises of notebook 04 on pooling, each with the hint that meets it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks.report import require

Mistakes = list[tuple[str, Tensor]]  # a hint, and the outcome of the mistake

OVERLAP = (
    "Where windows overlap, a pixel can be the largest of several. Add its gradients with +=; with = the last one "
    "overwrites the others."
)


def recognise(result: Tensor, expected: Tensor, mistakes: Mistakes) -> None:
    """Raise `WrongAnswer` with the hint of the first mistake whose outcome `result` is, and `expected` is not."""
    for hint, wrong in mistakes:
        differs = wrong.shape != expected.shape or not torch.allclose(wrong, expected, atol=1e-5)
        require(
            not (differs and result.shape == wrong.shape and torch.allclose(result, wrong, atol=1e-5)), hint
        )


def pooled(image: Tensor, kernel_size: int, stride: int, kind: str, **options) -> Tensor:
    """Return torch's pooling of one image, shape (height, width); `kind` is "max" or "average"."""
    pool = F.max_pool2d if kind == "max" else F.avg_pool2d
    return pool(image[None, None], kernel_size, stride, **options)[0, 0]


def of_pool(image: Tensor, kernel_size: int, stride: int, kind: str) -> Mistakes:
    """Return wrong answers to exercise 4.1."""
    expected = pooled(image, kernel_size, stride, kind)
    mean = pooled(image, kernel_size, stride, "average")
    too_small = pooled(image, stride, stride, kind)
    narrow = "The windows are stride pixels wide; they should be kernel_size pixels wide, and move by stride."
    return [
        (
            "That rounds up: a window that does not fit wholly into the image is left out.",
            pooled(image, kernel_size, stride, kind, ceil_mode=True),
        ),
        (
            "One row and one column are missing: a window that fits exactly has no room to move, and still one place.",
            expected[:-1, :-1],
        ),
        (
            "The windows move by kernel_size; they should move by stride.",
            pooled(image, kernel_size, kernel_size, kind),
        ),
        (narrow, too_small),
        (narrow, too_small[: expected.shape[0], : expected.shape[1]]),  # only the number of windows is right
        (
            "Maximum and average are exchanged, or `kind` is not looked at.",
            pooled(image, kernel_size, stride, "average" if kind == "max" else "max"),
        ),
        (
            "A window of negative numbers has a negative maximum: start at minus infinity, not at 0.",
            expected.clamp(min=0),
        ),
        ("The sum is not divided yet: divide by the number of pixels in a window.", mean * kernel_size**2),
        ("The sum is divided by kernel_size. A window has kernel_size · kernel_size pixels.", mean * kernel_size),
        (
            "The sum is divided by stride². A window has kernel_size² pixels, however far it moves.",
            mean * kernel_size**2 / stride**2,
        ),
    ]  # fmt: skip


def backward(
    grad_output: Tensor, image: Tensor, kernel_size: int, stride: int, to: str = "first", how: str = "add"
) -> Tensor:
    """Return the gradient of max pooling by loops; `to` and `how` choose the rule, or a typical mistake."""
    grad = torch.zeros_like(image)
    for row in range(grad_output.shape[0]):
        for column in range(grad_output.shape[1]):
            rows = slice(row * stride, row * stride + kernel_size)
            columns = slice(column * stride, column * stride + kernel_size)
            share = grad_output[row, column] * _receivers(image[rows, columns], to)
            if how == "add":
                grad[rows, columns] += share
            elif how == "assign window":
                grad[rows, columns] = share
            else:  # only the place of the largest pixel is assigned to
                grad[rows, columns] = torch.where(share > 0, share, grad[rows, columns])
    return grad


def _receivers(window: Tensor, to: str) -> Tensor:
    """Return which part of its gradient a window gives to each of its pixels, by the rule `to`."""
    largest = (window == window.max()).double()
    if to == "all largest":
        return largest
    if to == "shared":
        return largest / largest.sum()
    if to in ("everywhere", "mean"):
        return torch.full_like(window, 1 if to == "everywhere" else 1 / window.numel())
    places = {
        "first": largest.flatten().nonzero()[0],
        "last": largest.flatten().nonzero()[-1],
        "smallest": window.flatten().argmin(),
    }
    chosen = torch.zeros_like(window)
    chosen.view(-1)[places[to]] = 1
    return chosen


def of_backward(grad_output: Tensor, image: Tensor, kernel_size: int, stride: int) -> Mistakes:
    """Return wrong answers to exercise 4.2."""
    setting = (grad_output, image, kernel_size, stride)
    mistakes = [
        (
            "Every pixel of a window gets the gradient. Only the largest one influences the output.",
            backward(*setting, to="everywhere"),
        ),
        (
            "That is the gradient of average pooling: equal shares for all. Only the largest pixel counts here.",
            backward(*setting, to="mean"),
        ),
        (
            "Each window hands on 1. It should hand on its own number of grad_output.",
            backward(torch.ones_like(grad_output), image, kernel_size, stride),
        ),
        ("The gradient goes to the smallest pixel of each window.", backward(*setting, to="smallest")),
        (
            "Two pixels are equally large and the last gets the gradient. By the rule it is the first, row by row.",
            backward(*setting, to="last"),
        ),
        (
            "Several pixels are equally large and all get the full gradient: it has become more. The first gets it.",
            backward(*setting, to="all largest"),
        ),
        (
            "Equally large pixels share the gradient. A possible rule, but here, as in torch, the first gets it.",
            backward(*setting, to="shared"),
        ),
        (OVERLAP, backward(*setting, how="assign place")),
        (
            OVERLAP + " And add to the largest pixel only; the zeros of a window overwrite others, too.",
            backward(*setting, how="assign window"),
        ),
        ("The gradient has the size of the output; it needs one number for each pixel of the image.", grad_output),
    ]  # fmt: skip
    sizes = zip(grad_output.shape, image.shape, strict=True)
    if all(size * kernel_size <= side for size, side in sizes):  # else such windows do not fit
        mistakes.append(
            (
                "The windows move by kernel_size; they should move by stride.",
                backward(grad_output, image, kernel_size, kernel_size),
            )
        )
    return mistakes


def of_global_average(maps: Tensor) -> Mistakes:
    """Return wrong answers to exercise 4.3, first part."""
    return [
        (
            "That averages over the channels as well. Each channel keeps a number of its own.",
            maps.mean(dim=(1, 2, 3)),
        ),
        ("That averages over the batch as well. Each image keeps its own numbers.", maps.mean(dim=(0, 2, 3))),
        ("That averages over the channels. Average over height and width.", maps.mean(dim=1)),
        ("That is the maximum. The average is asked for.", maps.amax(dim=(2, 3))),
        ("That is the sum. Divide by height · width.", maps.sum(dim=(2, 3))),
        (
            "The two axes of length 1 should be gone: the shape is (batch, channels).",
            maps.mean(dim=(2, 3), keepdim=True),
        ),
    ]


def of_global_average_backward(grad_output: Tensor, height: int, width: int) -> Mistakes:
    """Return wrong answers to exercise 4.3, second part."""
    batch, channels = grad_output.shape
    full = grad_output[:, :, None, None].expand(batch, channels, height, width)
    right = full / (height * width)
    one_side = "Divided by one side only. A map has height · width pixels."
    return [
        ("The gradient is handed on whole. Each pixel is one of height · width in the mean.", full),
        (
            "Divided by too much: the channels are averaged separately, so they do not count.",
            right / channels,
        ),
        ("Divided by too much: the images of a batch are averaged separately.", right / batch),
        (one_side, full / height),
        (one_side, full / width),
        (
            "One number for each map is right, and each pixel of the map needs a copy of it: use expand.",
            right[:, :, :1, :1],
        ),
    ]
