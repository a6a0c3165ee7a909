"""Checks for notebook 04: pooling, forward and backward. The last two exercises are in `receptive_fields.py`."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks.report import (
    NotAttempted,
    WrongAnswer,
    attempt,
    describe,
    exercise,
    require,
    require_close,
)


def as_tensor(result) -> Tensor:
    """Return a learner's tensor, array, number or nested list as a float64 tensor."""
    try:
        return torch.as_tensor(result, dtype=torch.float64).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(f"Numbers are expected, got {describe(result)}.") from None


def recognise(result: Tensor, expected: Tensor, mistakes: dict[str, Tensor]) -> None:
    """Raise `WrongAnswer` with the hint of the first mistake whose outcome `result` is, and `expected` is not."""
    for hint, wrong in mistakes.items():
        differs = wrong.shape != expected.shape or not torch.allclose(wrong, expected, atol=1e-5)
        require(
            not (differs and result.shape == wrong.shape and torch.allclose(result, wrong, atol=1e-5)), hint
        )


def _pool(image: Tensor, kernel_size: int, stride: int, kind: str, **options) -> Tensor:
    pool = F.max_pool2d if kind == "max" else F.avg_pool2d
    return pool(image[None, None], kernel_size, stride, **options)[0, 0]


@exercise("4.1")
def check_pool(pool) -> str:
    """Check `pool(image, kernel_size, stride, kind)`: one image (height, width); kind "max" or "average"."""
    generator = torch.Generator().manual_seed(0)
    for height, width, kernel_size, stride in (
        (8, 10, 3, 2), (6, 6, 2, 2), (7, 5, 2, 3), (5, 6, 3, 1), (4, 4, 4, 4),
    ):  # fmt: skip
        image = torch.randn(height, width, generator=generator, dtype=torch.float64) - 0.5
        for kind in ("max", "average"):
            setting = f"{kind}, {height} × {width} pixels, kernel_size {kernel_size}, stride {stride}"
            result = as_tensor(attempt(pool, image, kernel_size, stride, kind))
            expected = _pool(image, kernel_size, stride, kind)
            other = _pool(image, kernel_size, stride, "average" if kind == "max" else "max")
            mean = _pool(image, kernel_size, stride, "average")
            mistakes = {
                "That rounds up: a window that does not fit wholly into the image is left out.": _pool(
                    image, kernel_size, stride, kind, ceil_mode=True
                ),
                "The windows move by kernel_size; they should move by stride.": _pool(
                    image, kernel_size, kernel_size, kind
                ),
                "The windows are stride pixels wide; they should be kernel_size pixels wide, and move by stride.": (
                    _pool(image, stride, stride, kind)
                ),
                "Maximum and average are exchanged, or `kind` is not looked at.": other,
                "A window of negative numbers has a negative maximum: start at minus infinity, not at 0.": (
                    expected.clamp(min=0)
                ),
                "The sum is not divided yet: divide by the number of pixels in a window.": mean * kernel_size**2,
                "The sum is divided by kernel_size. A window has kernel_size · kernel_size pixels.": mean * kernel_size,
                "The sum is divided by stride². A window has kernel_size² pixels, however far it moves.": (
                    mean * kernel_size**2 / stride**2
                ),
            }  # fmt: skip
            recognise(result, expected, {f"({setting}) {hint}": wrong for hint, wrong in mistakes.items()})
            require_close(
                result,
                expected,
                f"({setting}) Row i, column j of the output belongs to the window whose first pixel is "
                "(i · stride, j · stride).",
            )
    return "Your windows have the right size, the right places and the right number."


def _backward(
    grad_output: Tensor, image: Tensor, kernel_size: int, stride: int, to: str = "first", how: str = "add"
) -> Tensor:
    """Return the gradient of max pooling by loops; `to` and `how` choose the rule, or a typical mistake."""
    grad = torch.zeros_like(image)
    for row in range(grad_output.shape[0]):
        for column in range(grad_output.shape[1]):
            rows = slice(row * stride, row * stride + kernel_size)
            columns = slice(column * stride, column * stride + kernel_size)
            window = image[rows, columns].flatten()
            largest = (window == window.max()).double()
            chosen = torch.zeros_like(window)
            if to == "first":
                chosen[largest.nonzero()[0]] = 1
            elif to == "last":
                chosen[largest.nonzero()[-1]] = 1
            elif to == "smallest":
                chosen[window.argmin()] = 1
            else:
                chosen = {
                    "all largest": largest,
                    "shared": largest / largest.sum(),
                    "everywhere": torch.ones_like(window),
                    "mean": torch.full_like(window, 1 / len(window)),
                }[to]
            share = (chosen * grad_output[row, column]).view(kernel_size, kernel_size)
            if how == "add":
                grad[rows, columns] += share
            elif how == "assign window":
                grad[rows, columns] = share
            else:  # only the place of the largest pixel is assigned to
                grad[rows, columns] = torch.where(share > 0, share, grad[rows, columns])
    return grad


OVERLAP = (
    "Where windows overlap, a pixel can be the largest of several. Add its gradients with +=; with = the last one "
    "overwrites the others."
)


@exercise("4.2")
def check_max_pool2d_backward(max_pool2d_backward) -> str:
    """Check `max_pool2d_backward(grad_output, image, kernel_size, stride)` on images with ties and overlaps."""
    generator = torch.Generator().manual_seed(0)
    for height, width, kernel_size, stride, levels in (
        (6, 6, 2, 2, 1000), (4, 6, 2, 2, 2), (6, 7, 3, 1, 1000), (8, 7, 3, 2, 3), (7, 7, 2, 3, 1000),
    ):  # fmt: skip
        # few levels make ties
        image = torch.randint(0, levels, (height, width), generator=generator).double()
        out_size = _pool(image, kernel_size, stride, "max").shape
        grad_output = torch.rand(out_size, generator=generator, dtype=torch.float64) + 0.5
        setting = (grad_output, image, kernel_size, stride)
        result = as_tensor(attempt(max_pool2d_backward, *setting))
        whole = [grad_output, image, kernel_size, kernel_size]
        mistakes = {
            "Every pixel of a window gets the gradient. Only the largest one influences the output.": _backward(
                *setting, to="everywhere"
            ),
            "That is the gradient of average pooling: equal shares for all. Only the largest pixel counts here.": (
                _backward(*setting, to="mean")
            ),
            "The gradient goes to the smallest pixel of each window.": _backward(*setting, to="smallest"),
            "Two pixels are equally large and the last gets the gradient. By the rule it is the first, row by row.": (
                _backward(*setting, to="last")
            ),
            "Several pixels are equally large and all get the full gradient: it has become more. The first gets it.": (
                _backward(*setting, to="all largest")
            ),
            "Equally large pixels share the gradient. A possible rule, but here, as in torch, the first gets it.": (
                _backward(*setting, to="shared")
            ),
            OVERLAP: _backward(*setting, how="assign place"),
            OVERLAP + " And add to the largest pixel only; the zeros of a window overwrite others, too.": _backward(
                *setting, how="assign window"
            ),
            "The gradient has the size of the output; it needs one number for each pixel of the image.": grad_output,
        }  # fmt: skip
        if stride != kernel_size and all(
            (size - 1) * kernel_size + kernel_size <= side
            for size, side in zip(out_size, image.shape, strict=True)
        ):
            mistakes["The windows move by kernel_size; they should move by stride."] = _backward(*whole)
        recognise(result, _backward(*setting), mistakes)
        require_close(
            result,
            _backward(*setting),
            f"({height} × {width} pixels, kernel_size {kernel_size}, stride {stride}) Each window adds its gradient "
            "to the place of its first largest pixel.",
        )
    return "Each gradient arrives where its maximum came from, and overlapping windows add up."


@exercise("4.3")
def check_global_average(global_average, global_average_backward) -> str:
    """Check `global_average(maps)` and `global_average_backward(grad_output, height, width)`."""
    generator = torch.Generator().manual_seed(0)
    batch, channels, height, width = 3, 4, 5, 6
    maps = torch.randn(batch, channels, height, width, generator=generator, dtype=torch.float64)
    result = as_tensor(attempt(global_average, maps))
    expected = maps.mean(dim=(2, 3))
    mistakes = {
        "That averages over the channels as well. Each channel keeps a number of its own.": maps.mean(
            dim=(1, 2, 3)
        ),
        "That averages over the batch as well. Each image keeps its own numbers.": maps.mean(dim=(0, 2, 3)),
        "That averages over the channels. Average over height and width.": maps.mean(dim=1),
        "That is the maximum. The average is asked for.": maps.amax(dim=(2, 3)),
        "That is the sum. Divide by height · width.": maps.sum(dim=(2, 3)),
        "The two axes of length 1 should be gone: the shape is (batch, channels).": expected[..., None, None],
    }
    recognise(result, expected, mistakes)
    require_close(result, expected, "Average over height and width, for each image and channel.")

    grad_output = torch.randn(batch, channels, generator=generator, dtype=torch.float64)
    try:
        result = as_tensor(attempt(global_average_backward, grad_output, height, width))
    except NotAttempted:
        raise WrongAnswer(
            "global_average is right; global_average_backward is still to be written."
        ) from None
    full = grad_output[:, :, None, None].expand(batch, channels, height, width)
    expected = full / (height * width)
    mistakes = {
        "The gradient is handed on whole. Each pixel is one of height · width in the mean.": full,
        "Divided by too much: the channels are averaged separately, so they do not count.": expected
        / channels,
        "Divided by too much: the images of a batch are averaged separately.": expected / batch,
        "Divided by one side only. A map has height · width pixels.": full / height,
        "Divided by one side only: a map has height · width pixels.": full / width,
    }
    recognise(
        result, expected, {f"global_average is right. {hint}": wrong for hint, wrong in mistakes.items()}
    )
    require_close(
        result,
        expected,
        "global_average is right. Its gradient has the shape (batch, channels, height, width), and each pixel of a "
        "map gets an equal share.",
    )
    return "One number for each channel, and every pixel gets an equal share of its gradient."
